/*
 * apache_directive.c - one % directive of a LogFormat: reading it, and what it becomes.
 */
#include "shipper/parser/apache_directive.h"

#include "common/scope.h"
#include "shipper/parser/format_set.h"

#define SECOND      1000000000
#define MILLISECOND 1000000
#define MICROSECOND 1000

static bool is_word(struct slice text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

/* ---- reading ---- */

/* %{sec}t, %{begin:usec_frac}t, %{%d/%b}t, … */
static void read_time(struct apache_directive *directive)
{
    static const struct {
        const char *word;
        enum apache_time time;
        int64_t unit_ns;
    } words[] = {
        {"", APACHE_TIME_CLF, 0},
        {"sec", APACHE_TIME_EPOCH, SECOND},
        {"msec", APACHE_TIME_EPOCH, MILLISECOND},
        {"usec", APACHE_TIME_EPOCH, MICROSECOND},
        {"msec_frac", APACHE_TIME_FRACTION, MILLISECOND},
        {"usec_frac", APACHE_TIME_FRACTION, MICROSECOND},
    };
    struct slice rest = directive->argument;

    directive->time_field = FIELD_TIMESTAMP;
    if (is_word(rest, "end") || (rest.len > 3 && memcmp(rest.data, "end:", 4) == 0)) {
        directive->time_field = FIELD_EVENT_END;
        rest = (struct slice){rest.data + 3, rest.len - 3};
    } else if (is_word(rest, "begin") || (rest.len > 5 && memcmp(rest.data, "begin:", 6) == 0)) {
        rest = (struct slice){rest.data + 5, rest.len - 5};
    }
    if (rest.len && rest.data[0] == ':' && rest.data != directive->argument.data)
        rest = (struct slice){rest.data + 1, rest.len - 1};
    directive->time = APACHE_TIME_PATTERN;
    directive->pattern = rest;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (is_word(rest, words[i].word)) {
            directive->time = words[i].time;
            directive->unit_ns = words[i].unit_ns;
        }
}

/* mod_log_config takes modifiers and the argument in any order. False: the format ends before. */
static bool read_modifiers(struct slice text, size_t *at, struct apache_directive *out)
{
    const char *brace;

    for (; *at < text.len; ++*at) {
        char c = text.data[*at];

        if (c >= '0' && c <= '9') {
            out->conditional = true;
        } else if (c == '>' || c == '<') {
            out->final = c == '>';
            out->origin = c == '<';
        } else if (c == '{') {
            brace = memchr(text.data + *at, '}', text.len - *at);
            if (!brace)
                return false;
            out->has_argument = true;
            out->argument =
                (struct slice){text.data + *at + 1, (size_t)(brace - text.data) - *at - 1};
            *at = (size_t)(brace - text.data);
        } else if (c != '!' && c != ',') {
            return true;
        }
    }
    return false;
}

enum status apache_directive_read(struct slice text, size_t *at, struct apache_directive *out,
                                  struct error *err)
{
    *out = (struct apache_directive){.argument = SLICE(""), .at = (*at)++};
    if (!read_modifiers(text, at, out))
        return error_set(err, REJECT, "the directive at character %zu of the format has no end",
                         out->at + 1);
    out->letter = text.data[(*at)++];
    if (out->letter == '^') { /* two letters follow: %^ti, %^to, %^FB */
        if (text.len - *at < 2)
            return error_set(err, REJECT, "the directive at character %zu of the format has no end",
                             out->at + 1);
        if (!out->has_argument)
            out->argument = (struct slice){text.data + *at, 2};
        out->origin = text.data[*at + 1]; /* which table of trailers */
        *at += 2;
    }
    if (out->letter == 't')
        read_time(out);
    return OK;
}

static int64_t duration_unit(const struct apache_directive *directive)
{
    if (directive->letter == 'D')
        return MICROSECOND;
    if (directive->letter != 'T')
        return 0;
    return is_word(directive->argument, "us")   ? MICROSECOND
           : is_word(directive->argument, "ms") ? MILLISECOND
                                                : SECOND;
}

enum status apache_facts_find(struct slice text, struct apache_facts *out, struct error *err)
{
    struct apache_directive directive;
    int64_t unit_ns;
    size_t at = 0;

    while (at < text.len) {
        if (text.data[at] != '%') {
            at++;
            continue;
        }
        if (apache_directive_read(text, &at, &directive, err))
            return err->status;
        unit_ns = duration_unit(&directive);
        if (unit_ns && (out->unit_ns == 0 || unit_ns < out->unit_ns))
            out->unit_ns = unit_ns;
        out->has_client |=
            (directive.letter == 'h' || directive.letter == 'a') && !directive.has_argument;
        out->has_request |= directive.letter == 'r';
        out->has_final |= directive.letter == 's' && directive.final;
        out->has_status |= directive.letter == 's' && !directive.origin;
        out->has_host |= directive.letter == 'i' && is_word(directive.argument, "host");
        out->has_epoch |= directive.letter == 't' && directive.time == APACHE_TIME_EPOCH &&
                          directive.time_field == FIELD_TIMESTAMP && directive.unit_ns < SECOND;
    }
    return OK;
}

/* ---- what they become ---- */

static const struct plain {
    const char *letter, *argument; /* "": none; in any case */
    struct format_item item;
} plain[] = {
    {"a", "", {format_set_ip, SHAPE_WORD, FIELD_SOURCE_IP, NULL, 0, 0}},
    {"A", "", {format_set_destination, SHAPE_WORD, FIELD_DESTINATION_ADDRESS, NULL, 0, 0}},
    {"b", "", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_RESPONSE_BODY_BYTES, NULL, 0, 0}},
    {"B", "", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_RESPONSE_BODY_BYTES, NULL, 0, 0}},
    {"f", "", {format_set_label, SHAPE_TEXT, FIELD_LABELS, "filename", 0, 0}},
    {"h", "", {format_set_host, SHAPE_WORD, FIELD_SOURCE_ADDRESS, NULL, 0, 0}},
    {"H", "", {format_set_protocol, SHAPE_WORD, FIELD_HTTP_VERSION, NULL, 0, 0}},
    {"I", "", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_REQUEST_BYTES, NULL, 0, 0}},
    {"k", "", {format_set_label, SHAPE_NUMBER, FIELD_LABELS, "connection_requests", 0, 0}},
    {"l", "", {format_set_label, SHAPE_WORD, FIELD_LABELS, "ident", 0, 0}},
    {"L", "", {format_set_label, SHAPE_WORD, FIELD_LABELS, "log_id", 0, 0}},
    {"L", "c", {format_set_label, SHAPE_WORD, FIELD_LABELS, "connection_log_id", 0, 0}},
    {"m", "", {format_set_fill, SHAPE_WORD, FIELD_HTTP_REQUEST_METHOD, NULL, 0, 0}},
    {"O", "", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_RESPONSE_BYTES, NULL, 0, 0}},
    {"p", "", {format_set_port, SHAPE_NUMBER, FIELD_URL_PORT, NULL, 0, 0}},
    {"p", "canonical", {format_set_port, SHAPE_NUMBER, FIELD_URL_PORT, NULL, 0, 0}},
    {"p", "local", {format_set_number, SHAPE_NUMBER, FIELD_DESTINATION_PORT, NULL, 0, 0}},
    {"p", "remote", {format_set_number, SHAPE_NUMBER, FIELD_SOURCE_PORT, NULL, 0, 0}},
    {"P", "", {format_set_number, SHAPE_NUMBER, FIELD_PROCESS_PID, NULL, 0, 0}},
    {"P", "pid", {format_set_number, SHAPE_NUMBER, FIELD_PROCESS_PID, NULL, 0, 0}},
    {"P", "tid", {format_set_number, SHAPE_NUMBER, FIELD_PROCESS_THREAD_ID, NULL, 0, 0}},
    {"P", "hextid", {format_set_hex, SHAPE_WORD, FIELD_PROCESS_THREAD_ID, NULL, 0, 0}},
    {"q", "", {format_set_query, SHAPE_QUERY, FIELD_URL_QUERY, "args", 0, 0}},
    {"r", "", {format_set_request, SHAPE_TEXT, FIELD_MESSAGE, NULL, 0, 0}},
    {"R", "", {format_set_label, SHAPE_TEXT, FIELD_LABELS, "handler", 0, 0}},
    {"s", "", {format_set_status, SHAPE_STATUS, FIELD_HTTP_RESPONSE_STATUS_CODE, NULL, 0, 0}},
    {"S", "", {format_set_label, SHAPE_NUMBER, FIELD_LABELS, "bytes_transferred", 0, 0}},
    {"u", "", {format_set_text, SHAPE_TEXT, FIELD_USER_NAME, NULL, 0, 0}},
    {"U", "", {format_set_path, SHAPE_PATH, FIELD_URL_PATH, "uri", 0, 0}},
    {"v", "", {format_set_domain, SHAPE_HOST, FIELD_URL_DOMAIN, "server_name", 0, 0}},
    {"V", "", {format_set_domain, SHAPE_HOST, FIELD_URL_DOMAIN, "server_name", 0, 0}},
    {"X", "", {format_set_flag, SHAPE_WORD, FIELD_LABELS, "connection_status", 0, 1}},
    {"^", "FB", {format_set_label, SHAPE_NUMBER, FIELD_LABELS, "first_byte_us", 0, 0}},
};

/* Directives whose argument is a name: what begins their label. */
static const struct {
    char letter;
    const char *prefix;
} tables[] = {
    {'C', "cookie_"},    {'e', "env_"}, {'i', "http_"}, {'n', "note_"},
    {'o', "sent_http_"}, {'x', ""},     {'c', "ssl_"},  {'^', "trailer_"},
};

static const struct plain *find_plain(const struct apache_directive *directive)
{
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (plain[i].letter[0] == directive->letter &&
            is_word(directive->argument, plain[i].argument))
            return &plain[i];
    return NULL;
}

static enum status unknown(const struct apache_directive *directive, struct error *err)
{
    if (directive->has_argument)
        return error_set(err, REJECT,
                         "unknown directive '%%{%.*s}%c' at character %zu of the format",
                         SLICE_FMT(directive->argument), directive->letter, directive->at + 1);
    return error_set(err, REJECT, "unknown directive '%%%c' at character %zu of the format",
                     directive->letter, directive->at + 1);
}

/* %{Name}i and its kind: a known name, or a label. */
static bool find_named(const struct apache_directive *directive, const struct apache_facts *facts,
                       struct format_item *out, char label[FORMAT_NAME_MAX], const char **name)
{
    const struct format_item *item = NULL;
    char letter = directive->letter;

    if (letter == 'i')
        item = format_request_header(directive->argument, !facts->has_client);
    else if (letter == 'o')
        item = format_response_header(directive->argument);
    else if (letter == 'x' || letter == 'c' || letter == 'e')
        item = format_tls_variable(directive->argument);
    if (item) {
        *out = *item;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (tables[i].letter == letter &&
            format_label(letter == '^' && directive->origin == 'o' ? "sent_trailer_"
                                                                   : tables[i].prefix,
                         directive->argument, label)) {
            *name = label;
            *out = (struct format_item){format_set_label, SHAPE_TEXT, FIELD_LABELS, NULL, 0, 0};
            return true;
        }
    return false;
}

static void time_item(const struct apache_directive *directive, const struct apache_facts *facts,
                      struct format_item *out)
{
    *out = (struct format_item){.field = directive->time_field, .unit_ns = directive->unit_ns};
    if (directive->time == APACHE_TIME_FRACTION) {
        out->set = format_set_fraction;
        out->shape = SHAPE_NUMBER;
        out->width = directive->unit_ns == MILLISECOND ? 3 : 6;
    } else if (directive->time == APACHE_TIME_EPOCH) {
        out->set = format_set_time_epoch;
        out->shape = SHAPE_NUMBER;
    } else {
        out->set = format_set_none;
        out->shape = directive->time == APACHE_TIME_CLF ? SHAPE_BRACKETS : SHAPE_TEXT;
        out->width =
            directive->time == APACHE_TIME_CLF ? 0 : format_pattern_width(directive->pattern);
    }
    if (facts->has_epoch && directive->time_field == FIELD_TIMESTAMP &&
        (directive->time != APACHE_TIME_EPOCH || directive->unit_ns == SECOND))
        out->set = format_set_none;
}

/* Is it one that is written with or without an argument, and has the wrong one? */
static bool is_peer(const struct apache_directive *directive)
{
    return (directive->letter == 'a' || directive->letter == 'h') &&
           is_word(directive->argument, "c");
}

enum status apache_directive_item(const struct apache_directive *directive,
                                  const struct apache_facts *facts, struct format_item *out,
                                  char label[FORMAT_NAME_MAX], const char **name, struct error *err)
{
    const struct plain *row = find_plain(directive);
    int64_t unit_ns = duration_unit(directive);

    if (unit_ns && (!directive->argument.len || directive->letter == 'T')) {
        *out =
            (struct format_item){unit_ns == facts->unit_ns ? format_set_duration : format_set_none,
                                 SHAPE_DECIMAL,
                                 FIELD_EVENT_DURATION,
                                 "duration",
                                 unit_ns,
                                 0};
    } else if (directive->letter == 't') {
        time_item(directive, facts, out);
    } else if (is_peer(directive)) {
        *out = facts->has_client
                   ? (struct format_item){format_set_label, SHAPE_WORD, FIELD_LABELS,
                                          "peer_address",   0,          0}
                   : (struct format_item){
                         format_set_host, SHAPE_WORD, FIELD_SOURCE_ADDRESS, NULL, 0, 0};
    } else if (row) {
        *out = row->item;
        if (row->item.set == format_set_status &&
            ((directive->origin && facts->has_status) || (!directive->final && facts->has_final)))
            *out = (struct format_item){format_set_label,  SHAPE_WORD, FIELD_LABELS,
                                        "original_status", 0,          0};
        if (row->item.label && strcmp(row->item.label, "server_name") == 0 && facts->has_host)
            *out = (struct format_item){format_set_label, SHAPE_HOST, FIELD_LABELS,
                                        "server_name",    0,          0};
    } else if (!find_named(directive, facts, out, label, name)) {
        return unknown(directive, err);
    }
    return OK;
}
