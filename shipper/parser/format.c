/*
 * format.c - an access log's format, compiled once into steps, walked per line.
 */
#include "shipper/parser/format.h"

#include <arpa/inet.h>

#include "common/json_text.h"

#define METHOD_MAX 32

bool format_literal(struct format *format, const char *text, size_t len)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;
    char *target = last ? last->end : format->start;
    unsigned char *used = last ? &last->end_len : &format->start_len;

    if (*used + len > FORMAT_LITERAL_MAX)
        return false;
    memcpy(target + *used, text, len);
    *used = (unsigned char)(*used + len);
    return true;
}

bool format_step(struct format *format, format_setter *set, enum record_field field,
                 const char *label)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;
    const char *before = last ? last->end : format->start;
    unsigned before_len = last ? last->end_len : format->start_len;

    if (format->count == FORMAT_STEPS_MAX)
        return false;
    format->steps[format->count++] =
        (struct format_step){.set = set,
                             .field = field,
                             .label = label,
                             .quoted = before_len && before[before_len - 1] == '"'};
    return true;
}

/* The closing quote: the first that no backslash protects and that the literal begins with. */
static const char *find_quoted_end(const struct format_step *step, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"' && (size_t)(end - p) >= step->end_len &&
                 memcmp(p, step->end, step->end_len) == 0)
            return p;
    }
    return NULL;
}

static const char *find_end(const struct format_step *step, const char *p, const char *end)
{
    if (step->end_len == 0) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));

        return blank ? blank : end;
    }
    if (step->quoted && step->end[0] == '"')
        return find_quoted_end(step, p, end);
    if (step->end_len == 1)
        return memchr(p, step->end[0], (size_t)(end - p));
    return memmem(p, (size_t)(end - p), step->end, step->end_len);
}

static void set_outcome(struct record *record)
{
    int64_t status;

    if (!record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        return;
    record_set_json(record, FIELD_EVENT_OUTCOME,
                    status < 400 ? SLICE("\"success\"") : SLICE("\"failure\""));
    record_set_json(record, FIELD_LOG_LEVEL,
                    status < 400   ? SLICE("\"info\"")
                    : status < 500 ? SLICE("\"warn\"")
                                   : SLICE("\"error\""));
}

const char *format_parse(struct format *format, struct slice line, struct record *record)
{
    const char *p = line.data, *end = line.data + line.len, *stop, *problem;

    if (line.len < format->start_len || memcmp(p, format->start, format->start_len) != 0)
        return "the line does not begin as the format does";
    p += format->start_len;
    for (unsigned i = 0; i < format->count; i++) {
        const struct format_step *step = &format->steps[i];

        stop = find_end(step, p, end);
        if (!stop)
            return "the line ends before the format does";
        problem = step->set(format, step, (struct slice){p, (size_t)(stop - p)}, record);
        if (problem)
            return problem;
        p = stop + step->end_len;
    }
    while (p < end && *p == ' ')
        p++;
    if (p < end && !record_label(record, SLICE("extra"), (struct slice){p, (size_t)(end - p)}))
        return "the line is too long";
    set_outcome(record);
    return NULL;
}

static bool is_absent(struct slice text)
{
    return text.len == 0 || (text.len == 1 && text.data[0] == '-');
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of a run of \xHH at `s`; *read says how much text that was. */
static size_t decode_hex_run(const char *s, const char *end, char *out, size_t *read)
{
    const char *start = s;
    size_t n = 0;

    while (end - s >= 4 && s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0 &&
           hex_digit(s[3]) >= 0) {
        out[n++] = (char)(hex_digit(s[2]) * 16 + hex_digit(s[3]));
        s += 4;
    }
    *read = (size_t)(s - start);
    return n;
}

static bool is_utf8(const char *p, const char *end)
{
    for (size_t n; p < end; p += n) {
        n = utf8_sequence(p, end);
        if (n == 0)
            return false;
    }
    return true;
}

/*
 * Resolves the escapes of httpd (ap_escape_logitem: \" \\ \b \n \r \t \v \xHH)
 * and nginx (\xHH). A run of \xHH that is no UTF-8 stays as it is: the text
 * says more than replacement characters would.
 */
static struct slice unescape(struct record *record, struct slice text)
{
    const char *s = text.data, *end = text.data + text.len;
    char *start, *p;
    size_t n, read;

    if (!memchr(text.data, '\\', text.len))
        return text;
    start = p = arena_bytes(record->arena, text.len);
    if (!start)
        return text;
    while (s < end) {
        static const char short_forms[] = "\"\\bnrtv", short_bytes[] = "\"\\\b\n\r\t\v";
        const char *form;

        if (*s != '\\' || end - s < 2) {
            *p++ = *s++;
            continue;
        }
        n = decode_hex_run(s, end, p, &read);
        if (n) {
            if (is_utf8(p, p + n)) {
                p += n;
            } else {
                memcpy(p, s, read);
                p += read;
            }
            s += read;
            continue;
        }
        form = s[1] ? strchr(short_forms, s[1]) : NULL;
        if (form) {
            *p++ = short_bytes[form - short_forms];
            s += 2;
        } else {
            *p++ = *s++;
        }
    }
    arena_trim(record->arena, start, (size_t)(p - start));
    return (struct slice){start, (size_t)(p - start)};
}

/* Four decimal numbers up to 255, without leading zeros. */
static bool is_ipv4(struct slice text)
{
    const char *p = text.data, *end = text.data + text.len;
    int parts = 0;

    if (text.len < 7 || text.len > 15)
        return false;
    for (;;) {
        const char *start = p;
        unsigned value = 0;

        for (; p < end && *p >= '0' && *p <= '9'; p++)
            value = value * 10 + (unsigned)(*p - '0');
        if (p == start || p - start > 3 || value > 255 || (*start == '0' && p - start > 1))
            return false;
        parts++;
        if (p == end)
            return parts == 4;
        if (*p++ != '.' || parts == 4)
            return false;
    }
}

static bool is_ipv6(struct slice text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (text.len < 2 || text.len >= sizeof(copy) || !memchr(text.data, ':', text.len))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

const char *format_set_address(struct format *format, const struct format_step *step,
                               struct slice text, struct record *record)
{
    struct slice mapped;

    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    if (memchr(text.data, ' ', text.len))
        return "the client's address holds a blank";
    record_set_text(record, FIELD_SOURCE_ADDRESS, text);
    if (is_ipv4(text)) {
        record_set_text(record, FIELD_SOURCE_IP, text);
    } else if (is_ipv6(text)) {
        /* ::ffff:10.1.2.3 is 10.1.2.3: Elasticsearch stores it so, and queries must agree. */
        mapped = (struct slice){text.data + 7, text.len > 7 ? text.len - 7 : 0};
        if (text.len > 7 && strncasecmp(text.data, "::ffff:", 7) == 0 && is_ipv4(mapped))
            text = mapped;
        record_set_text(record, FIELD_SOURCE_IP, text);
    }
    return NULL;
}

const char *format_set_text(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    (void)format;
    if (is_absent(text) || slice_is(text, "\"\"")) /* httpd writes "" for an empty user */
        return NULL;
    record_set_text(record, step->field, unescape(record, text));
    return NULL;
}

const char *format_set_label(struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    (void)format;
    if (!is_absent(text) && !record_label(record, slice_of(step->label), unescape(record, text)))
        return "the line is too long";
    return NULL;
}

const char *format_set_time_clf(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    (void)step;
    if (text.len == 0 || text.len != format->time_len ||
        memcmp(text.data, format->time_text, text.len) != 0) {
        if (text.len > FORMAT_TIME_MAX || !timestamp_parse_clf(text, &format->time)) {
            format->time_len = 0;
            return "no such time";
        }
        memcpy(format->time_text, text.data, text.len);
        format->time_len = text.len;
    }
    record_set_time(record, FIELD_TIMESTAMP, format->time);
    return NULL;
}

static bool is_method(struct slice text)
{
    if (text.len == 0 || text.len > METHOD_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static struct slice slice_from(const char *start, const char *end)
{
    return (struct slice){start, (size_t)(end - start)};
}

/* host[:port], the port only when it is a number. */
static void set_authority(struct record *record, struct slice authority)
{
    const char *colon = memrchr(authority.data, ':', authority.len);
    int64_t port;

    if (colon && json_integer(slice_from(colon + 1, authority.data + authority.len), &port) &&
        port >= 0 && port <= 65535) {
        record_set_long(record, FIELD_URL_PORT, port);
        authority.len = (size_t)(colon - authority.data);
    }
    if (authority.len)
        record_set_text(record, FIELD_URL_DOMAIN, authority);
}

/* RFC 3986, 3.1. */
static bool is_scheme(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)(text.data[i] | 0x20); /* lower case; digits and + - . have that bit */

        if (!((c >= 'a' && c <= 'z') || (i > 0 && ((text.data[i] >= '0' && text.data[i] <= '9') ||
                                                   (text.data[i] && strchr("+-.", text.data[i]))))))
            return false;
    }
    return text.len > 0;
}

/* Up to where path, query or fragment begin. */
static struct slice authority_of(struct slice text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != '/' && text.data[len] != '?' &&
           text.data[len] != '#')
        len++;
    return (struct slice){text.data, len};
}

/* RFC 9112, 3.2: origin, absolute, authority and asterisk form. */
static void set_target(struct record *record, struct slice target, struct slice method)
{
    const char *end = target.data + target.len, *colon, *question;
    struct slice rest = target, authority;

    record_set_text(record, FIELD_URL_ORIGINAL, target);
    if (slice_is(method, "CONNECT") && target.len && target.data[0] != '/') {
        set_authority(record, target);
        return;
    }
    colon = memmem(target.data, target.len, "://", 3);
    if (colon && is_scheme(slice_from(target.data, colon))) {
        record_set_text(record, FIELD_URL_SCHEME, slice_from(target.data, colon));
        authority = authority_of(slice_from(colon + 3, end));
        set_authority(record, authority);
        rest = slice_from(authority.data + authority.len, end);
    }
    question = rest.len ? memchr(rest.data, '?', rest.len) : NULL;
    if (question && question + 1 < end)
        record_set_text(record, FIELD_URL_QUERY, slice_from(question + 1, end));
    if (question)
        rest = slice_from(rest.data, question);
    if (rest.len)
        record_set_text(record, FIELD_URL_PATH, rest);
}

const char *format_set_request(struct format *format, const struct format_step *step,
                               struct slice text, struct record *record)
{
    const char *end, *blank, *last;
    struct slice method;

    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    text = unescape(record, text);
    record_set_text(record, FIELD_MESSAGE, text);
    end = text.data + text.len;
    blank = memchr(text.data, ' ', text.len);
    if (!blank)
        return NULL; /* no request line, but it did come: message keeps it */
    method = slice_from(text.data, blank);
    if (!is_method(method))
        return NULL;
    last = memrchr(text.data, ' ', text.len);
    if (last != blank && end - last > 6 && memcmp(last + 1, "HTTP/", 5) == 0)
        record_set_text(record, FIELD_HTTP_VERSION, slice_from(last + 6, end));
    else
        last = end; /* HTTP/0.9, or a target with blanks */
    record_set_text(record, FIELD_HTTP_REQUEST_METHOD, method);
    if (blank + 1 < last)
        set_target(record, slice_from(blank + 1, last), method);
    return NULL;
}

const char *format_set_status(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    int64_t status;

    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    if (text.len != 3 || !json_integer(text, &status) || status < 0)
        return "the status is no number of three digits";
    if (status != 0) /* nginx writes 000 when it has sent none */
        record_set_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
    return NULL;
}

const char *format_set_number(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    int64_t number;

    (void)format;
    if (is_absent(text))
        return NULL;
    if (!json_integer(text, &number) || number < 0)
        return "a number is expected where there is none";
    record_set_long(record, step->field, number);
    return NULL;
}
