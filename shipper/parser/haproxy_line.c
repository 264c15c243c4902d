/*
 * haproxy_line.c - a line of HAProxy without the header of syslog.
 */
#include "shipper/parser/haproxy.h"

#include <stdio.h>

#include "common/json_text.h"
#include "shipper/parser/access.h"
#include "shipper/parser/duration.h"
#include "shipper/parser/level.h"
#include "shipper/parser/request.h"
#include "shipper/parser/scan.h"

#define PARTS_MAX 5 /* between slashes */

static const char *const label_names[HAPROXY_LABELS] = {
    [HAPROXY_FRONTEND] = "frontend",
    [HAPROXY_BACKEND] = "backend",
    [HAPROXY_SERVER] = "server",
    [HAPROXY_MODE] = "mode",
    [HAPROXY_REQUEST_MS] = "time_request_ms",
    [HAPROXY_QUEUE_MS] = "time_queue_ms",
    [HAPROXY_CONNECT_MS] = "time_connect_ms",
    [HAPROXY_RESPONSE_MS] = "time_response_ms",
    [HAPROXY_BYTES] = "bytes_read",
    [HAPROXY_REQUEST_COOKIE] = "request_cookie",
    [HAPROXY_RESPONSE_COOKIE] = "response_cookie",
    [HAPROXY_TERMINATION] = "termination_state",
    [HAPROXY_CONNECTIONS] = "connections",
    [HAPROXY_FRONTEND_CONNECTIONS] = "frontend_connections",
    [HAPROXY_BACKEND_CONNECTIONS] = "backend_connections",
    [HAPROXY_SERVER_CONNECTIONS] = "server_connections",
    [HAPROXY_RETRIES] = "retries",
    [HAPROXY_SERVER_QUEUE] = "server_queue",
    [HAPROXY_BACKEND_QUEUE] = "backend_queue",
    [HAPROXY_REQUEST_HEADERS] = "request_headers",
    [HAPROXY_RESPONSE_HEADERS] = "response_headers",
    [HAPROXY_CONNECTION_ERROR] = "connection_error",
    [HAPROXY_TLS_ERROR] = "tls_error",
    [HAPROXY_CERTIFICATE_ERROR] = "certificate_error",
    [HAPROXY_CA_ERROR] = "ca_error",
    [HAPROXY_EXTRA] = "extra",
};

static const char no_traffic[] = "the line is none of HAProxy's formats";

/* A line under way. */
struct reader {
    const struct haproxy_labels *labels;
    const struct line_clock *clock;
    const struct parser_memory *memory;
    struct record *record;
    struct slice rest;
};

void haproxy_labels_init(struct haproxy_labels *labels)
{
    char name[RECORD_NAME_MAX];

    for (int i = 0; i < HAPROXY_LABELS; i++) {
        int len = snprintf(name, sizeof(name), "labels.%s", label_names[i]);

        record_target_init(&labels->targets[i], (struct slice){name, (size_t)len});
    }
}

static void put(struct reader *reader, enum haproxy_label label, struct slice text)
{
    if (!access_is_absent(text))
        record_put(reader->record, &reader->labels->targets[label], text);
}

/* The next word, and the blank behind it. */
static struct slice take_word(struct reader *reader)
{
    struct slice word = scan_until(&reader->rest, ' ');

    scan_char(&reader->rest, ' ');
    return word;
}

/* `a/b/c` into its parts; how many there are, or 0: too many. */
static unsigned split(struct slice text, struct slice parts[PARTS_MAX])
{
    unsigned count = 0;

    for (;;) {
        if (count == PARTS_MAX)
            return 0;
        parts[count++] = scan_until(&text, '/');
        if (!scan_char(&text, '/'))
            return count;
    }
}

/* A number, also `+5` (logged before the end, or with a redispatch) and `-1` (never came to it). */
static bool is_count(struct slice text)
{
    if (text.len && (text.data[0] == '+' || text.data[0] == '-'))
        scan_skip(&text, 1);
    return text.len && scan_digits(text) == text.len;
}

static bool are_counts(const struct slice *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!is_count(parts[i]))
            return false;
    return count > 0;
}

static bool is_never(struct slice text)
{
    return text.len && text.data[0] == '-';
}

static struct slice without_plus(struct slice text)
{
    scan_char(&text, '+');
    return text;
}

static void put_time(struct reader *reader, enum haproxy_label label, struct slice ms)
{
    if (!is_never(ms))
        put(reader, label, without_plus(ms));
}

static void set_duration(struct reader *reader, struct slice ms)
{
    int64_t ns;

    if (!is_never(ms) && duration_scale(without_plus(ms), DURATION_MS, &ns))
        record_set_long(reader->record, FIELD_EVENT_DURATION, ns);
}

/* #HH: a byte that is not printed as it is (8.6). What is no UTF-8 then stays as it was. */
static struct slice unescape(struct arena *arena, struct slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *start, *p;

    if (text.len == 0 || !memchr(text.data, '#', text.len))
        return text;
    start = p = arena_bytes(arena, text.len);
    if (!start)
        return text;
    for (size_t i = 0; i < text.len; i++) {
        const char *high = NULL, *low = NULL;

        if (text.data[i] == '#' && i + 2 < text.len && text.data[i + 1] && text.data[i + 2]) {
            high = strchr(digits, text.data[i + 1]);
            low = strchr(digits, text.data[i + 2]);
        }
        if (high && low) {
            *p++ = (char)((high - digits) * 16 + (low - digits));
            i += 2;
        } else {
            *p++ = text.data[i];
        }
    }
    for (const char *s = start; s < p;) {
        size_t len = utf8_sequence(s, p);

        if (len == 0)
            return text;
        s += len;
    }
    arena_trim(arena, start, (size_t)(p - start));
    return (struct slice){start, (size_t)(p - start)};
}

/* `[06/Feb/2009:12:14:14.655] ` */
static bool take_date(struct reader *reader)
{
    struct slice date = reader->rest;
    struct timestamp time;

    if (!scan_char(&date, '['))
        return false;
    date = scan_until(&date, ']');
    if (!line_time_read(reader->clock, reader->memory, date, 0, &time))
        return false;
    record_set_time(reader->record, FIELD_TIMESTAMP, time);
    scan_skip(&reader->rest, date.len + 1);
    return scan_text(&reader->rest, SLICE("] "));
}

/* `frontend~ backend/server `; ~ says that the client came by TLS. */
static bool take_proxies(struct reader *reader, struct slice frontend)
{
    struct slice backend = take_word(reader), server;

    if (!memchr(backend.data, '/', backend.len))
        return false;
    server = backend;
    backend = scan_until(&server, '/');
    scan_char(&server, '/');
    if (frontend.len > 1 && frontend.data[frontend.len - 1] == '~')
        frontend.len--;
    put(reader, HAPROXY_FRONTEND, frontend);
    put(reader, HAPROXY_BACKEND, backend);
    if (!slice_is(server, "<NOSRV>"))
        put(reader, HAPROXY_SERVER, server);
    return true;
}

/* `termination active/frontend/backend/server/retries server/backend ` */
static bool take_state(struct reader *reader)
{
    struct slice state = take_word(reader), counts[PARTS_MAX], queues[PARTS_MAX];

    if (state.len != 2 && state.len != 4)
        return false;
    if (split(take_word(reader), counts) != 5 || !are_counts(counts, 5) ||
        split(take_word(reader), queues) != 2 || !are_counts(queues, 2))
        return false;
    put(reader, HAPROXY_TERMINATION, state);
    for (unsigned i = 0; i < 5; i++)
        put(reader, (enum haproxy_label)(HAPROXY_CONNECTIONS + i), without_plus(counts[i]));
    put(reader, HAPROXY_SERVER_QUEUE, queues[0]);
    put(reader, HAPROXY_BACKEND_QUEUE, queues[1]);
    return true;
}

/* `{a|b} {c} `: captured headers; the first ones are the request's. */
static void take_headers(struct reader *reader)
{
    enum haproxy_label label = HAPROXY_REQUEST_HEADERS;

    while (scan_peek(reader->rest, 0) == '{' && memchr(reader->rest.data, '}', reader->rest.len)) {
        struct slice headers;

        scan_char(&reader->rest, '{');
        headers = scan_until(&reader->rest, '}');
        scan_char(&reader->rest, '}');
        scan_char(&reader->rest, ' ');
        put(reader, label, unescape(reader->record->arena, headers));
        if (label == HAPROXY_RESPONSE_HEADERS)
            return;
        label = HAPROXY_RESPONSE_HEADERS;
    }
}

/* In quotes, which are escaped inside; a line that syslog cut has no closing one. */
static bool take_request(struct reader *reader)
{
    struct slice text;

    if (!scan_char(&reader->rest, '"'))
        return reader->rest.len == 0;
    text = scan_until(&reader->rest, '"');
    scan_char(&reader->rest, '"');
    scan_char(&reader->rest, ' ');
    if (access_is_absent(text))
        return true;
    text = unescape(reader->record->arena, text);
    record_set_text(reader->record, FIELD_MESSAGE, text);
    request_set_line(reader->record, text);
    return true;
}

/* Of httpslog: `0/0/0/0/0 sni/version/cipher`. Anything else is kept as it is. */
static void take_tls(struct reader *reader)
{
    struct slice rest = reader->rest, errors[PARTS_MAX], tls[PARTS_MAX];
    struct slice first = scan_until(&rest, ' ');

    scan_char(&rest, ' ');
    if (split(first, errors) != 5 || split(rest, tls) != 3) {
        put(reader, HAPROXY_EXTRA, reader->rest);
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        if (!slice_is(errors[i], "0"))
            put(reader, (enum haproxy_label)(HAPROXY_CONNECTION_ERROR + i), errors[i]);
    if (!access_is_absent(errors[4]))
        record_set_bool(reader->record, FIELD_TLS_RESUMED, slice_is(errors[4], "1"));
    if (!access_is_absent(tls[0]))
        record_set_text(reader->record, FIELD_TLS_CLIENT_SERVER_NAME, tls[0]);
    access_set_tls_version(reader->record, tls[1]);
    if (!access_is_absent(tls[2]))
        record_set_text(reader->record, FIELD_TLS_CIPHER, tls[2]);
}

static const char *parse_http(struct reader *reader, const struct slice timers[PARTS_MAX])
{
    struct slice status = take_word(reader), bytes = take_word(reader);
    int64_t number;

    if (slice_is(status, "-1"))
        status.len = 0; /* nothing was sent */
    if (!access_set_status(reader->record, status) || !is_count(bytes))
        return no_traffic;
    if (json_integer(without_plus(bytes), &number) && number >= 0)
        record_set_long(reader->record, FIELD_HTTP_RESPONSE_BYTES, number);
    for (unsigned i = 0; i < 4; i++)
        put_time(reader, (enum haproxy_label)(HAPROXY_REQUEST_MS + i), timers[i]);
    set_duration(reader, timers[4]);
    put(reader, HAPROXY_REQUEST_COOKIE, take_word(reader));
    put(reader, HAPROXY_RESPONSE_COOKIE, take_word(reader));
    if (!take_state(reader))
        return no_traffic;
    take_headers(reader);
    if (!take_request(reader))
        return no_traffic;
    if (reader->rest.len)
        take_tls(reader);
    request_set_outcome(reader->record);
    request_set_level(reader->record);
    return NULL;
}

static const char *parse_tcp(struct reader *reader, struct slice line,
                             const struct slice timers[PARTS_MAX])
{
    struct slice bytes = take_word(reader), state = scan_word(reader->rest);

    if (!is_count(bytes) || !take_state(reader))
        return no_traffic;
    put(reader, HAPROXY_BYTES, without_plus(bytes));
    put_time(reader, HAPROXY_QUEUE_MS, timers[0]);
    put_time(reader, HAPROXY_CONNECT_MS, timers[1]);
    set_duration(reader, timers[2]);
    if (reader->rest.len)
        put(reader, HAPROXY_EXTRA, reader->rest);
    record_set_json(reader->record, FIELD_NETWORK_TRANSPORT, SLICE("\"tcp\""));
    record_set_json(reader->record, FIELD_EVENT_OUTCOME,
                    slice_is(state, "--") ? SLICE("\"success\"") : SLICE("\"failure\""));
    record_set_text(reader->record, FIELD_MESSAGE, line);
    return NULL;
}

/* `frt/f1: Connection error during SSL handshake`; `rest` is behind the date. */
static const char *parse_error(struct reader *reader)
{
    struct slice proxy = take_word(reader), frontend;

    proxy.len--; /* the colon */
    frontend = scan_until(&proxy, '/');
    put(reader, HAPROXY_FRONTEND, frontend);
    if (reader->rest.len == 0)
        return no_traffic;
    record_set_text(reader->record, FIELD_MESSAGE, reader->rest);
    record_set_text(reader->record, FIELD_ERROR_MESSAGE, reader->rest);
    record_set_json(reader->record, FIELD_EVENT_OUTCOME, SLICE("\"failure\""));
    level_set(reader->record, LEVEL_ERROR);
    return NULL;
}

/* `10.0.1.2:33312 to 10.0.3.31:8012 (www/HTTP)` */
static const char *parse_connect(struct reader *reader, struct slice line)
{
    struct slice client = take_word(reader), server, name;

    if (!scan_text(&reader->rest, SLICE("to ")))
        return no_traffic;
    server = take_word(reader);
    if (!scan_char(&reader->rest, '('))
        return no_traffic;
    name = scan_until(&reader->rest, '/');
    put(reader, HAPROXY_FRONTEND, name);
    if (scan_char(&reader->rest, '/'))
        put(reader, HAPROXY_MODE, scan_until(&reader->rest, ')'));
    if (!scan_char(&reader->rest, ')'))
        return no_traffic;
    address_set_with_port(reader->record, &address_source, client);
    address_set_with_port(reader->record, &address_destination, server);
    record_set_text(reader->record, FIELD_MESSAGE, line);
    return NULL;
}

const char *haproxy_parse_body(const struct haproxy_labels *labels, const struct line_clock *clock,
                               const struct parser_memory *memory, struct slice body,
                               struct record *record)
{
    struct reader reader = {labels, clock, memory, record, body};
    struct slice word, timers[PARTS_MAX], client;
    unsigned count;

    if (scan_text(&reader.rest, SLICE("Connect from ")))
        return parse_connect(&reader, body);
    client = take_word(&reader);
    if (client.len == 0 || !memchr(client.data, ':', client.len) || !take_date(&reader))
        return no_traffic;
    address_set_with_port(record, &address_source, client);
    word = scan_word(reader.rest);
    if (word.len > 1 && word.data[word.len - 1] == ':')
        return parse_error(&reader);
    if (word.len == 0)
        return no_traffic;
    take_word(&reader);
    if (!take_proxies(&reader, word))
        return no_traffic;
    count = split(take_word(&reader), timers);
    if (!are_counts(timers, count))
        return no_traffic;
    return count == 5   ? parse_http(&reader, timers)
           : count == 3 ? parse_tcp(&reader, body, timers)
                        : no_traffic;
}
