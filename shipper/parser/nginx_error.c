/*
 * nginx_error.c - nginx's error log.
 *
 *     2026/11/21 12:00:00 [error] 123#456: *789 open() "/srv/x" failed (2: No such file or
 *     directory), client: 192.0.2.1, server: _, request: "GET /x HTTP/1.1", host: "a"
 *
 * Behind the message stand the circumstances, each `, name: value`. They are text
 * as well, and a message or a value may hold such text: the circumstances are the
 * first place from which on the line, to its end, consists of known names in nginx's
 * order. Values are not escaped; a quoted one ends at a quote with the next name
 * or nothing behind it.
 * Sources: ngx_log_error_core, ngx_http_log_error, ngx_http_log_error_handler,
 * ngx_mail_log_error, ngx_stream_log_error.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/address.h"
#include "shipper/parser/level.h"
#include "shipper/parser/line_time.h"
#include "shipper/parser/request.h"
#include "shipper/parser/scan.h"

#define ID_DIGITS    18
#define ERROR_DIGITS 10
#define TRIES_MAX    64 /* places that are looked at for the circumstances */

enum circumstance {
    /* in nginx's order */
    CLIENT,
    SERVER,
    LOGIN,
    REQUEST,
    SUBREQUEST,
    UPSTREAM,
    CLIENT_BYTES,
    UPSTREAM_BYTES,
    HOST,
    REFERRER,
    REQUEST_ID, /* Kong's addition */
    CIRCUMSTANCES
};

static const struct slice names[CIRCUMSTANCES] = {
    [CLIENT] = SLICE("client: "),
    [SERVER] = SLICE("server: "),
    [LOGIN] = SLICE("login: "),
    [REQUEST] = SLICE("request: "),
    [SUBREQUEST] = SLICE("subrequest: "),
    [UPSTREAM] = SLICE("upstream: "),
    [CLIENT_BYTES] = SLICE("bytes from/to client:"),
    [UPSTREAM_BYTES] = SLICE("bytes from/to upstream:"),
    [HOST] = SLICE("host: "),
    [REFERRER] = SLICE("referrer: "),
    [REQUEST_ID] = SLICE("request_id: "),
};

/* Takes `, ` and the name of one that comes behind `last`. CIRCUMSTANCES: there is none. */
static enum circumstance take_name(struct slice *rest, int last)
{
    struct slice p = *rest;

    if (!scan_text(&p, SLICE(", ")))
        return CIRCUMSTANCES;
    for (int i = last + 1; i < CIRCUMSTANCES; i++)
        if (scan_text(&p, names[i])) {
            *rest = p;
            return (enum circumstance)i;
        }
    return CIRCUMSTANCES;
}

static bool ends_here(struct slice rest, int last)
{
    return rest.len == 0 || take_name(&rest, last) != CIRCUMSTANCES;
}

/*
 * "..." up to a quote that ends it. nginx cuts lines at 2048 bytes: then the last value may lack
 * its quote.
 */
static bool take_quoted(struct slice *rest, int last, bool may_be_cut, struct slice *value)
{
    struct slice p = *rest;

    *value = (struct slice){p.data, 0};
    for (;;) {
        scan_until(&p, '"');
        value->len = (size_t)(p.data - value->data);
        if (!scan_char(&p, '"') && !may_be_cut)
            return false;
        if (ends_here(p, last)) {
            *rest = p;
            return true;
        }
    }
}

/* Without quotes it holds neither blanks nor quotes, otherwise it is prose. */
static bool take_value(struct slice *rest, int last, bool may_be_cut, struct slice *value)
{
    if (scan_char(rest, '"'))
        return take_quoted(rest, last, may_be_cut, value);
    *value = scan_until(rest, ',');
    return !value->len ||
           (!memchr(value->data, ' ', value->len) && !memchr(value->data, '"', value->len));
}

/* All of `rest`, from `, client: ` on. */
static bool read_circumstances(struct slice rest, bool may_be_cut,
                               struct slice values[CIRCUMSTANCES])
{
    int last = -1;

    for (int i = 0; i < CIRCUMSTANCES; i++)
        values[i] = (struct slice){NULL, 0};
    while (rest.len) {
        last = take_name(&rest, last);
        if (last == CIRCUMSTANCES || !take_value(&rest, last, may_be_cut, &values[last]))
            return false;
    }
    return values[CLIENT].len > 0;
}

static bool find_circumstances(struct slice *message, bool may_be_cut,
                               struct slice values[CIRCUMSTANCES])
{
    static const char mark[] = ", client: ";
    const char *p = message->data, *end = message->data + message->len;

    for (int tries = 0; tries < TRIES_MAX; tries++, p++) {
        p = memmem(p, (size_t)(end - p), mark, sizeof(mark) - 1);
        if (!p)
            return false;
        if (read_circumstances((struct slice){p, (size_t)(end - p)}, may_be_cut, values)) {
            message->len = (size_t)(p - message->data);
            return true;
        }
    }
    return false;
}

/* Cuts them off `message`. False: there are none. */
static bool take_circumstances(struct slice *message, struct slice values[CIRCUMSTANCES])
{
    return find_circumstances(message, false, values) || find_circumstances(message, true, values);
}

/* host[:port]; the name that the server has in the configuration is a label where it says more. */
static void set_host(struct record *record, struct slice host, struct slice server)
{
    const char *colon = host.len ? memrchr(host.data, ':', host.len) : NULL;
    struct slice digits;
    int64_t port;

    if (colon) {
        digits = (struct slice){colon + 1, host.len - (size_t)(colon + 1 - host.data)};
        if (scan_is_number(digits, 5, &port)) {
            record_set_long(record, FIELD_URL_PORT, port);
            host.len = (size_t)(colon - host.data);
        }
    }
    if (host.len == 0 && server.len && !slice_is(server, "_") &&
        !memchr(server.data, ':', server.len))
        host = server;
    if (host.len)
        record_set_text(record, FIELD_URL_DOMAIN, host);
    if (server.len && !slice_equal(server, host))
        record_label(record, SLICE("server_name"), server);
}

static void set_circumstances(struct record *record, const struct slice values[CIRCUMSTANCES])
{
    static const struct {
        enum circumstance circumstance;
        struct slice label;
    } labels[] = {
        {SUBREQUEST, SLICE("subrequest")},
        {UPSTREAM, SLICE("upstream")},
        {CLIENT_BYTES, SLICE("client_bytes")},
        {UPSTREAM_BYTES, SLICE("upstream_bytes")},
    };

    address_set_with_port(record, &address_source, values[CLIENT]);
    if (values[REQUEST].len && !request_set_line(record, values[REQUEST]))
        record_label(record, SLICE("request"), values[REQUEST]);
    set_host(record, values[HOST], values[SERVER]);
    if (values[LOGIN].len)
        record_set_text(record, FIELD_USER_NAME, values[LOGIN]);
    if (values[REQUEST_ID].len)
        record_set_text(record, FIELD_HTTP_REQUEST_ID, values[REQUEST_ID]);
    if (values[REFERRER].len)
        record_set_text(record, FIELD_HTTP_REQUEST_REFERRER, values[REFERRER]);
    for (size_t i = 0; i < ARRAY_LEN(labels); i++)
        if (values[labels[i].circumstance].len)
            record_label(record, labels[i].label, values[labels[i].circumstance]);
}

/* The last `(2: No such file or directory)` of the message. */
static void find_error(struct slice message, struct record *record)
{
    const char *end = message.data + message.len;

    for (const char *p = end; p > message.data;) {
        struct slice rest, text;
        int64_t code;

        p = memrchr(message.data, '(', (size_t)(p - message.data));
        if (!p)
            return;
        rest = (struct slice){p + 1, (size_t)(end - p - 1)};
        text = rest;
        if (!scan_number(&rest, ERROR_DIGITS, &code) || !scan_text(&rest, SLICE(": ")))
            continue;
        text.len = (size_t)(rest.data - text.data) - 2;
        record_set_text(record, FIELD_ERROR_CODE, text);
        text = scan_until(&rest, ')');
        if (text.len)
            record_set_text(record, FIELD_ERROR_MESSAGE, text);
        return;
    }
}

/* `[error] 123#456: `. False: it is none. */
static bool take_origin(struct slice *rest, struct record *record)
{
    struct slice level;
    int64_t pid, tid;

    if (!scan_char(rest, '['))
        return false;
    level = scan_until(rest, ']');
    if (level_find(level) == LEVEL_NONE || !scan_text(rest, SLICE("] ")))
        return false;
    level_set(record, level_find(level));
    if (!scan_number(rest, ID_DIGITS, &pid) || !scan_char(rest, '#') ||
        !scan_number(rest, ID_DIGITS, &tid) || !scan_char(rest, ':'))
        return false;
    record_set_long(record, FIELD_PROCESS_PID, pid);
    record_set_long(record, FIELD_PROCESS_THREAD_ID, tid);
    return true;
}

/* `*789 ` */
static void take_connection(struct slice *rest, struct record *record)
{
    struct slice p = *rest, digits;

    if (!scan_char(&p, '*') || scan_digits(p) == 0)
        return;
    digits = (struct slice){p.data, scan_digits(p)};
    scan_skip(&p, digits.len);
    if (!scan_at_blank(p))
        return;
    record_label(record, SLICE("connection"), digits);
    scan_blanks(&p);
    *rest = p;
}

static const char *nginx_error_parse(struct parser *parser, struct slice line,
                                     struct parser_memory *memory, struct record *record)
{
    const struct timed_parser *self = (struct timed_parser *)parser;
    struct slice values[CIRCUMSTANCES];

    scan_bom(&line);
    if (line_time_take(&self->clock, memory, &line, record) != TIMESTAMP_FOUND)
        return "the line does not begin with a time";
    scan_blanks(&line);
    if (!take_origin(&line, record))
        return "there is no level and process number behind the time";
    scan_blanks(&line);
    take_connection(&line, record);
    if (take_circumstances(&line, values))
        set_circumstances(record, values);
    find_error(line, record);
    if (line.len)
        record_set_text(record, FIELD_MESSAGE, line);
    return NULL;
}

static const struct parser_format formats[] = {
    {"nginx-error", "nginx.error", "nginx's error log"},
    {0},
};

const struct parser_type parser_nginx_error = {
    .formats = formats,
    .compile = timed_parser_compile,
    .parse = nginx_error_parse,
    .close = timed_parser_close,
};
