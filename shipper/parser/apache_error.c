/*
 * apache_error.c - httpd's error log, of 2.4 and before.
 *
 *     [Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] (13)Permission
 *     denied: [client 72.15.99.187:1234] AH00035: access to / denied, referer: http://a/
 *
 * ErrorLogFormat puts the parts into any order and leaves some out. So they are
 * recognised by what they look like, one after the other; the message begins with
 * the first thing that is none of them. A line fits when there is one part at least.
 * Sources: core.html#errorlogformat; do_errorlog_default in server/log.c.
 *
 * AH00035 identifies the event: event.code, and error.code as Logstash's patterns have
 * it. `(13)Permission denied:` is the system's error: labels.errno and error.message,
 * and error.code where httpd has no number of its own.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/record.h"
#include "shipper/parser/address.h"
#include "shipper/parser/level.h"
#include "shipper/parser/line_time.h"
#include "shipper/parser/scan.h"

#define ID_DIGITS      18
#define FILE_MAX       64
#define ERROR_CODE_MAX 24
#define MESSAGE_ID_LEN 7 /* AH00035 */
#define MODULE_MAX     64
#define PORT_DIGITS    5

/* What the parts that were read tell about the next ones. */
struct progress {
    bool any;       /* something of the format was there */
    bool has_ports; /* 2.4: an address has a port always */
};

static bool is_absent(struct slice text)
{
    return text.len == 0 || slice_is(text, "-");
}

/* The levels of LogLevel; other words that mean one are not among them: `[info]`, but not `[log]`.
 */
static enum level find_level(struct slice word)
{
    static const char *const words[] = {"emerg", "alert",  "crit", "error",
                                        "warn",  "notice", "info", "debug"};

    if (word.len == 6 && memcmp(word.data, "trace", 5) == 0)
        return level_find(word);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (slice_is(word, words[i]))
            return (enum level)i;
    return LEVEL_NONE;
}

/* `core:error`, `:error`, `-:error`, `error` */
static bool set_level(struct record *record, struct slice text, struct progress *progress)
{
    const char *colon = text.len ? memrchr(text.data, ':', text.len) : NULL;
    struct slice module = {text.data, colon ? (size_t)(colon - text.data) : 0}, word = text;
    enum level level;

    if (colon)
        scan_skip(&word, module.len + 1);
    level = find_level(word);
    if (level == LEVEL_NONE || module.len > MODULE_MAX || memchr(text.data, ' ', text.len))
        return false;
    level_set(record, level);
    if (!is_absent(module))
        record_set_text(record, FIELD_LOG_LOGGER, module);
    progress->has_ports |= colon != NULL;
    return true;
}

/* `pid 12`, `pid 12:tid 34`, `tid 34` */
static bool set_process(struct record *record, struct slice text, struct progress *progress)
{
    int64_t pid = -1, tid = -1;

    if (scan_text(&text, SLICE("pid ")) && !scan_number(&text, ID_DIGITS, &pid))
        return false;
    scan_char(&text, ':');
    if (scan_text(&text, SLICE("tid ")) && !scan_number(&text, ID_DIGITS, &tid))
        return false;
    if (text.len || (pid < 0 && tid < 0))
        return false;
    if (pid >= 0)
        record_set_long(record, FIELD_PROCESS_PID, pid);
    if (tid >= 0)
        record_set_long(record, FIELD_PROCESS_THREAD_ID, tid);
    progress->has_ports = true;
    return true;
}

/*
 * An IPv6 address with a port has no brackets here: `::1:5861`. Where a port is always written,
 * it is behind the last colon.
 */
static void set_peer(struct record *record, const struct address_fields *fields, struct slice text,
                     bool has_port)
{
    const char *colon = memrchr(text.data, ':', text.len);
    struct slice host, digits;
    int64_t port;

    if (has_port && colon) {
        host = (struct slice){text.data, (size_t)(colon - text.data)};
        digits = (struct slice){colon + 1, text.len - host.len - 1};
        if (address_is_ipv6(host) && scan_is_number(digits, PORT_DIGITS, &port)) {
            text = host;
            record_set_long(record, fields->port, port);
        }
    }
    address_set_with_port(record, fields, text);
    /* That of an address which mod_remoteip put in place of the connection's. */
    if (record_long(record, fields->port, &port) && port == 0)
        record_drop(record, fields->port);
}

/* `client 192.0.2.1:1234`; `remote` is the server of a proxied request. */
static bool set_address(struct record *record, struct slice text, const struct progress *progress)
{
    const struct address_fields *fields = &address_source;

    if (scan_text(&text, SLICE("remote ")))
        fields = &address_destination;
    else if (!scan_text(&text, SLICE("client ")))
        return false;
    if (text.len == 0 || memchr(text.data, ' ', text.len))
        return false;
    if (!is_absent(text))
        set_peer(record, fields, text, progress->has_ports);
    return true;
}

/* What the examples of httpd's documentation have beside the rest, `R:` and `C:` with ids. */
static bool set_id(struct record *record, struct slice text)
{
    if (scan_text(&text, SLICE("R:"))) {
        if (!is_absent(text))
            record_set_text(record, FIELD_HTTP_REQUEST_ID, text);
        return true;
    }
    if (scan_text(&text, SLICE("C:")))
        return is_absent(text) || record_label(record, SLICE("connection"), text);
    if (scan_text(&text, SLICE("vhost "))) {
        if (!is_absent(text))
            record_set_text(record, FIELD_URL_DOMAIN, text);
        return true;
    }
    return false;
}

/* `[...]`, when it is something of the format. */
static bool take_group(struct slice *rest, struct record *record, struct progress *progress)
{
    struct slice p = *rest, text;

    if (!scan_char(&p, '['))
        return false;
    text = scan_until(&p, ']');
    if (!scan_char(&p, ']'))
        return false;
    if (!set_level(record, text, progress) && !set_process(record, text, progress) &&
        !set_address(record, text, progress) && !set_id(record, text))
        return false;
    *rest = p;
    return true;
}

/* `mod_ssl.c(123): `: where in httpd's source, at level debug and below. */
static bool take_origin(struct slice *rest, struct record *record)
{
    struct slice p = *rest, file = {rest->data, 0};
    int64_t line;

    while (file.len < p.len && file.len < FILE_MAX &&
           (scan_is_letter(p.data[file.len]) || scan_is_digit(p.data[file.len]) ||
            scan_is_one_of(p.data[file.len], SLICE("_-./\\:"))))
        file.len++;
    scan_skip(&p, file.len);
    if (file.len == 0 || !scan_char(&p, '(') || !scan_number(&p, ID_DIGITS, &line) ||
        !scan_text(&p, SLICE("): ")))
        return false;
    record_set_text(record, FIELD_LOG_ORIGIN_FILE_NAME, file);
    record_set_long(record, FIELD_LOG_ORIGIN_FILE_LINE, line);
    *rest = p;
    return true;
}

/* `(13)Permission denied: `, `(OS 10060)...: `, `(EAI 2)...: ` */
static bool take_error(struct slice *rest, struct record *record)
{
    struct slice p = *rest, code, digits, text;
    const char *end;

    if (!scan_char(&p, '('))
        return false;
    code = scan_until(&p, ')');
    if (code.len == 0 || code.len > ERROR_CODE_MAX || !scan_char(&p, ')'))
        return false;
    scan_text(&code, SLICE("OS "));
    digits = code;
    if (!scan_text(&digits, SLICE("EAI ")) && !scan_text(&digits, SLICE("os ")))
        scan_char(&digits, '-');
    if (digits.len == 0 || (scan_digits(digits) != digits.len && !scan_begins(digits, SLICE("0x"))))
        return false;
    end = memmem(p.data, p.len, ": ", 2);
    if (!end)
        return false;
    text = (struct slice){p.data, (size_t)(end - p.data)};
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    record_set_text(record, FIELD_ERROR_CODE, code);
    record_label(record, SLICE("errno"), code);
    if (text.len)
        record_set_text(record, FIELD_ERROR_MESSAGE, text);
    scan_skip(&p, (size_t)(end - p.data) + 2);
    *rest = p;
    return true;
}

/* `AH00035: ` */
static bool take_message_id(struct slice *rest, struct record *record)
{
    struct slice id = {rest->data, MESSAGE_ID_LEN}, digits = *rest;

    if (!scan_text(&digits, SLICE("AH")) || scan_digits(digits) != MESSAGE_ID_LEN - 2 ||
        scan_peek(*rest, MESSAGE_ID_LEN) != ':')
        return false;
    record_set_text(record, FIELD_EVENT_CODE, id);
    record_set_text(record, FIELD_ERROR_CODE, id);
    scan_skip(rest, MESSAGE_ID_LEN + 1);
    return true;
}

static bool take_part(struct slice *rest, struct record *record, struct progress *progress)
{
    scan_blanks(rest);
    if (take_group(rest, record, progress))
        return true;
    return take_error(rest, record) || (progress->any && take_origin(rest, record));
}

/* `, referer: http://...` ends the line. */
static void take_referrer(struct slice *rest, struct record *record)
{
    static const char mark[] = ", referer: ";
    const char *found = NULL, *p = rest->data, *end = rest->data + rest->len;
    struct slice referrer;

    while (p && (p = memmem(p, (size_t)(end - p), mark, sizeof(mark) - 1)) != NULL)
        found = p++;
    if (!found)
        return;
    referrer = (struct slice){found + sizeof(mark) - 1, (size_t)(end - found) - (sizeof(mark) - 1)};
    if (!is_absent(referrer))
        record_set_text(record, FIELD_HTTP_REQUEST_REFERRER, referrer);
    rest->len = (size_t)(found - rest->data);
}

static const char *apache_error_parse(struct parser *parser, struct slice line,
                                      struct parser_memory *memory, struct record *record)
{
    const struct timed_parser *self = (struct timed_parser *)parser;
    struct progress progress = {0};
    enum timestamp_result time;

    scan_bom(&line);
    time = scan_peek(line, 0) == '[' ? line_time_take(&self->clock, memory, &line, record)
                                     : TIMESTAMP_ABSENT;
    if (time == TIMESTAMP_IMPOSSIBLE)
        return "there is no such time";
    progress.any = time == TIMESTAMP_FOUND;
    while (take_part(&line, record, &progress))
        progress.any = true;
    progress.any |= take_message_id(&line, record);
    if (!progress.any)
        return "nothing of an error log's format is at the beginning of the line";
    scan_blanks(&line);
    take_referrer(&line, record);
    if (line.len)
        record_set_text(record, FIELD_MESSAGE, line);
    return NULL;
}

static const struct parser_format formats[] = {
    {"apache-error", "apache.error", "httpd's error log, of 2.4 and before"},
    {0},
};

const struct parser_type parser_apache_error = {
    .formats = formats,
    .compile = timed_parser_compile,
    .parse = apache_error_parse,
    .close = timed_parser_close,
};
