/*
 * request.c - an HTTP request as logs have it: its line, its target, how it ended.
 */
#include "shipper/parser/request.h"

#include "common/find_byte.h"
#include "common/json_text.h"
#include "shipper/parser/level.h"

#define METHOD_MAX 32

static inline void set_outcome(struct record *record, int64_t status)
{
    record_set_json(record, FIELD_EVENT_OUTCOME,
                    status < 400 ? SLICE("\"success\"") : SLICE("\"failure\""));
}

static inline void set_level(struct record *record, int64_t status)
{
    level_set(record, status < 400 ? LEVEL_INFO : status < 500 ? LEVEL_WARN : LEVEL_ERROR);
}

void request_set_outcome(struct record *record)
{
    int64_t status;

    if (record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        set_outcome(record, status);
}

void request_set_level(struct record *record)
{
    int64_t status;

    if (record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        set_level(record, status);
}

void request_set_result(struct record *record)
{
    int64_t status;

    if (!record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        return;
    set_outcome(record, status);
    set_level(record, status);
}

bool request_is_method(struct slice text)
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

/* user:password@host[:port]; the port only when it is a number. */
static void set_authority(struct record *record, struct slice authority)
{
    const char *end = authority.data + authority.len;
    const char *at = authority.len ? memrchr(authority.data, '@', authority.len) : NULL;
    const char *colon;
    int64_t port;

    if (at)
        authority = slice_from(at + 1, end);
    colon = authority.len ? memrchr(authority.data, ':', authority.len) : NULL;
    if (colon && json_integer(slice_from(colon + 1, end), &port) && port >= 0 && port <= 65535) {
        record_set_long(record, FIELD_URL_PORT, port);
        authority.len = (size_t)(colon - authority.data);
    }
    if (authority.len)
        record_set_text(record, FIELD_URL_DOMAIN, authority);
}

void request_set_domain(struct record *record, struct slice text)
{
    set_authority(record, text);
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

/* What follows the authority. */
static void set_path(struct record *record, struct slice rest, bool plain)
{
    const char *end = rest.data + rest.len;
    const char *path_end = find_either(rest.data, end, '?', '#'), *hash = path_end;

    if (!path_end)
        path_end = end;
    else if (*path_end == '?')
        hash = memchr(path_end, '#', (size_t)(end - path_end));
    if (hash) {
        if (hash + 1 < end)
            record_set_text_as(record, FIELD_URL_FRAGMENT, slice_from(hash + 1, end), plain);
        end = hash;
    }
    if (end - path_end > 1)
        record_set_text_as(record, FIELD_URL_QUERY, slice_from(path_end + 1, end), plain);
    if (path_end > rest.data)
        record_set_text_as(record, FIELD_URL_PATH, slice_from(rest.data, path_end), plain);
}

static void set_target(struct record *record, struct slice target, struct slice method, bool plain)
{
    const char *end = target.data + target.len, *colon;
    struct slice rest = target, authority;

    if (target.len == 0)
        return;
    record_set_text_as(record, FIELD_URL_ORIGINAL, target, plain);
    if (target.data[0] == '/') {
        set_path(record, target, plain);
        return;
    }
    if (slice_is(method, "CONNECT")) {
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
    set_path(record, rest, plain);
}

void request_set_target(struct record *record, struct slice target, struct slice method)
{
    set_target(record, target, method, false);
}

static void set_protocol(struct record *record, struct slice text, bool plain)
{
    if (text.len > 5 && memcmp(text.data, "HTTP/", 5) == 0)
        record_set_text_as(record, FIELD_HTTP_VERSION,
                           slice_from(text.data + 5, text.data + text.len), plain);
}

void request_set_protocol(struct record *record, struct slice text)
{
    set_protocol(record, text, false);
}

/* The last blank of [blank, end), the first one of which is at `blank`. */
static const char *last_blank(const char *blank, const char *end)
{
    /* " HTTP/1.1", as good as always */
    if (end - blank > 9 && end[-9] == ' ' && end[-3] != ' ' && end[-2] != ' ' && end[-1] != ' ' &&
        memcmp(end - 8, "HTTP/", 5) == 0)
        return end - 9;
    return memrchr(blank, ' ', (size_t)(end - blank));
}

bool request_set_line_as(struct record *record, struct slice text, bool plain)
{
    const char *end = text.data + text.len, *last;
    const char *blank = find_byte(text.data, end, ' ');
    struct slice method;

    if (!blank)
        return false;
    method = slice_from(text.data, blank);
    if (!request_is_method(method))
        return false;
    while (end > blank + 1 && end[-1] == ' ')
        end--;
    last = last_blank(blank, end);
    if (last != blank && end - last > 6 && memcmp(last + 1, "HTTP/", 5) == 0)
        set_protocol(record, slice_from(last + 1, end), plain);
    else
        last = end; /* HTTP/0.9, or a target with blanks */
    record_set_plain(record, FIELD_HTTP_REQUEST_METHOD, method);
    if (blank + 1 < last)
        set_target(record, slice_from(blank + 1, last), method, plain);
    return true;
}

bool request_set_line(struct record *record, struct slice text)
{
    return request_set_line_as(record, text, false);
}

void request_set_message(struct record *record)
{
    struct slice method, url, version = {NULL, 0};
    char *text, *p;

    if (!record_text(record, FIELD_HTTP_REQUEST_METHOD, &method) ||
        !record_text(record, FIELD_URL_ORIGINAL, &url))
        return;
    record_text(record, FIELD_HTTP_VERSION, &version);
    text = p = arena_bytes(record->arena, method.len + url.len + version.len + 7);
    if (!text)
        return;
    p = mempcpy(p, method.data, method.len);
    *p++ = ' ';
    p = mempcpy(p, url.data, url.len);
    if (version.len) {
        p = mempcpy(p, " HTTP/", 6);
        p = mempcpy(p, version.data, version.len);
    }
    record_set_text(record, FIELD_MESSAGE, slice_from(text, p));
}
