/*
 * format_header.c - headers and TLS variables by name, whatever the server calls them.
 */
#include "shipper/parser/format_header.h"

#include "common/scope.h"
#include "shipper/parser/format_set.h"

struct named {
    const char *name; /* lower case, with _ */
    struct format_item item;
};

static const struct named request_headers[] = {
    {"referer", {format_set_text, SHAPE_TEXT, FIELD_HTTP_REQUEST_REFERRER, NULL, 0, 0}},
    {"user_agent", {format_set_text, SHAPE_TEXT, FIELD_USER_AGENT_ORIGINAL, NULL, 0, 0}},
    {"host", {format_set_domain, SHAPE_HOST, FIELD_URL_DOMAIN, "http_host", 0, 0}},
    {"x_request_id",
     {format_set_fill, SHAPE_TEXT, FIELD_HTTP_REQUEST_ID, "http_x_request_id", 0, 0}},
    {"content_type", {format_set_text, SHAPE_TEXT, FIELD_HTTP_REQUEST_MIME_TYPE, NULL, 0, 0}},
};

static const struct named response_headers[] = {
    {"content_type", {format_set_text, SHAPE_TEXT, FIELD_HTTP_RESPONSE_MIME_TYPE, NULL, 0, 0}},
    {"x_request_id",
     {format_set_fill, SHAPE_TEXT, FIELD_HTTP_REQUEST_ID, "sent_http_x_request_id", 0, 0}},
};

/* Headers in which proxies hand on who the client is. */
#define FORWARDED(name, setter)                                                                    \
    {                                                                                              \
        name,                                                                                      \
        {                                                                                          \
            setter, SHAPE_LIST, FIELD_CLIENT_ADDRESS, "http_" name, 0, 0                           \
        }                                                                                          \
    }
#define FORWARDED_BY(setter)                                                                       \
    {                                                                                              \
        FORWARDED("x_forwarded_for", setter), FORWARDED("x_real_ip", setter),                      \
            FORWARDED("x_client_ip", setter), FORWARDED("x_cluster_client_ip", setter),            \
            FORWARDED("cf_connecting_ip", setter), FORWARDED("true_client_ip", setter),            \
            FORWARDED("fastly_client_ip", setter)                                                  \
    }

static const struct named forwarded[] = FORWARDED_BY(format_set_forwarded);
static const struct named forwarded_source[] = FORWARDED_BY(format_set_forwarded_source);

static const struct named tls_variables[] = {
    {"ssl_protocol", {format_set_tls_version, SHAPE_WORD, FIELD_TLS_VERSION, NULL, 0, 0}},
    {"version", {format_set_tls_version, SHAPE_WORD, FIELD_TLS_VERSION, NULL, 0, 0}},
    {"ssl_cipher", {format_set_text, SHAPE_WORD, FIELD_TLS_CIPHER, NULL, 0, 0}},
    {"cipher", {format_set_text, SHAPE_WORD, FIELD_TLS_CIPHER, NULL, 0, 0}},
    {"ssl_tls_sni", {format_set_text, SHAPE_WORD, FIELD_TLS_CLIENT_SERVER_NAME, NULL, 0, 0}},
    {"ssl_server_name", {format_set_text, SHAPE_WORD, FIELD_TLS_CLIENT_SERVER_NAME, NULL, 0, 0}},
    {"ssl_session_resumed", {format_set_tls_resumed, SHAPE_WORD, FIELD_TLS_RESUMED, NULL, 0, 0}},
    {"ssl_session_reused", {format_set_tls_resumed, SHAPE_WORD, FIELD_TLS_RESUMED, NULL, 0, 0}},
};

static char plain(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c == '-' ? '_' : c);
}

static bool is_name(struct slice name, const char *known)
{
    if (strlen(known) != name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (plain(name.data[i]) != known[i])
            return false;
    return true;
}

static const struct format_item *find(const struct named *rows, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (is_name(name, rows[i].name))
            return &rows[i].item;
    return NULL;
}

const struct format_item *format_request_header(struct slice name, bool is_source)
{
    const struct format_item *item = find(request_headers, ARRAY_LEN(request_headers), name);

    if (item)
        return item;
    return is_source ? find(forwarded_source, ARRAY_LEN(forwarded_source), name)
                     : find(forwarded, ARRAY_LEN(forwarded), name);
}

const struct format_item *format_response_header(struct slice name)
{
    return find(response_headers, ARRAY_LEN(response_headers), name);
}

const struct format_item *format_tls_variable(struct slice name)
{
    return find(tls_variables, ARRAY_LEN(tls_variables), name);
}

bool format_label(const char *prefix, struct slice name, char label[FORMAT_NAME_MAX])
{
    size_t len = strlen(prefix);

    if (name.len == 0 || len + name.len >= FORMAT_NAME_MAX)
        return false;
    memcpy(label, prefix, len);
    for (size_t i = 0; i < name.len; i++)
        label[len + i] = plain(name.data[i]);
    label[len + name.len] = '\0';
    return true;
}
