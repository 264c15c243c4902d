/*
 * request.c - an HTTP request as logs have it: its line, its target, how it ended.
 */
#include "shipper/parser/request.h"

#include "common/json_text.h"
#include "shipper/parser/level.h"

#define METHOD_MAX 32

void request_set_outcome(struct record *record)
{
    int64_t status;

    if (record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        record_set_json(record, FIELD_EVENT_OUTCOME,
                        status < 400 ? SLICE("\"success\"") : SLICE("\"failure\""));
}

void request_set_level(struct record *record)
{
    int64_t status;

    if (record_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, &status))
        level_set(record, status < 400 ? LEVEL_INFO : status < 500 ? LEVEL_WARN : LEVEL_ERROR);
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

void request_set_target(struct record *record, struct slice target, struct slice method)
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

bool request_set_line(struct record *record, struct slice text)
{
    const char *end = text.data + text.len, *last;
    const char *blank = text.len ? memchr(text.data, ' ', text.len) : NULL;
    struct slice method;

    if (!blank)
        return false;
    method = slice_from(text.data, blank);
    if (!request_is_method(method))
        return false;
    last = memrchr(text.data, ' ', text.len);
    if (last != blank && end - last > 6 && memcmp(last + 1, "HTTP/", 5) == 0)
        record_set_text(record, FIELD_HTTP_VERSION, slice_from(last + 6, end));
    else
        last = end; /* HTTP/0.9, or a target with blanks */
    record_set_text(record, FIELD_HTTP_REQUEST_METHOD, method);
    if (blank + 1 < last)
        request_set_target(record, slice_from(blank + 1, last), method);
    return true;
}
