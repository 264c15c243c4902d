/*
 * nginx_variable.c - one $variable of a log_format: what it becomes.
 */
#include "shipper/parser/nginx_variable.h"

#include "common/scope.h"
#include "shipper/parser/format_set.h"

#define SECOND 1000000000

static const struct variable {
    const char *name;
    struct format_item item;
} variables[] = {
    {"remote_addr", {format_set_host, SHAPE_WORD, FIELD_SOURCE_ADDRESS, NULL, 0, 0}},
    {"remote_port", {format_set_number, SHAPE_NUMBER, FIELD_SOURCE_PORT, NULL, 0, 0}},
    {"remote_user", {format_set_text, SHAPE_TEXT, FIELD_USER_NAME, NULL, 0, 0}},
    {"realip_remote_addr", {format_set_label, SHAPE_WORD, FIELD_LABELS, "peer_address", 0, 0}},
    {"realip_remote_port", {format_set_label, SHAPE_WORD, FIELD_LABELS, "peer_port", 0, 0}},
    {"proxy_protocol_addr",
     {format_set_forwarded, SHAPE_WORD, FIELD_CLIENT_ADDRESS, "proxy_protocol_addr", 0, 0}},
    {"proxy_protocol_port", {format_set_number, SHAPE_NUMBER, FIELD_CLIENT_PORT, NULL, 0, 0}},
    {"proxy_add_x_forwarded_for",
     {format_set_forwarded, SHAPE_LIST, FIELD_CLIENT_ADDRESS, "proxy_add_x_forwarded_for", 0, 0}},
    {"server_addr", {format_set_destination, SHAPE_WORD, FIELD_DESTINATION_ADDRESS, NULL, 0, 0}},
    {"server_port", {format_set_number, SHAPE_NUMBER, FIELD_DESTINATION_PORT, NULL, 0, 0}},
    {"server_name", {format_set_domain, SHAPE_HOST, FIELD_URL_DOMAIN, "server_name", 0, 0}},
    {"server_protocol", {format_set_protocol, SHAPE_WORD, FIELD_HTTP_VERSION, NULL, 0, 0}},
    {"host", {format_set_domain, SHAPE_HOST, FIELD_URL_DOMAIN, "host", 0, 0}},
    {"hostname", {format_set_text, SHAPE_HOST, FIELD_HOST_HOSTNAME, NULL, 0, 0}},
    {"scheme", {format_set_fill, SHAPE_WORD, FIELD_URL_SCHEME, "scheme", 0, 0}},
    {"pid", {format_set_number, SHAPE_NUMBER, FIELD_PROCESS_PID, NULL, 0, 0}},
    {"time_local", {format_set_time_clf, SHAPE_CLF, FIELD_TIMESTAMP, NULL, 0, 26}},
    {"time_iso8601", {format_set_time_iso, SHAPE_WORD, FIELD_TIMESTAMP, NULL, 0, 25}},
    {"msec", {format_set_time_epoch, SHAPE_DECIMAL, FIELD_TIMESTAMP, NULL, SECOND, 0}},
    {"request", {format_set_request, SHAPE_TEXT, FIELD_MESSAGE, NULL, 0, 0}},
    {"request_method",
     {format_set_fill, SHAPE_WORD, FIELD_HTTP_REQUEST_METHOD, "request_method", 0, 0}},
    {"request_uri", {format_set_target, SHAPE_PATH, FIELD_URL_ORIGINAL, NULL, 0, 0}},
    {"uri", {format_set_path, SHAPE_PATH, FIELD_URL_PATH, "uri", 0, 0}},
    {"document_uri", {format_set_path, SHAPE_PATH, FIELD_URL_PATH, "uri", 0, 0}},
    {"args", {format_set_query, SHAPE_TEXT, FIELD_URL_QUERY, "args", 0, 0}},
    {"query_string", {format_set_query, SHAPE_TEXT, FIELD_URL_QUERY, "args", 0, 0}},
    {"is_args", {format_set_none, SHAPE_QUESTION, FIELD_URL_QUERY, NULL, 0, 0}},
    {"request_id", {format_set_text, SHAPE_WORD, FIELD_HTTP_REQUEST_ID, NULL, 0, 0}},
    {"request_length", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_REQUEST_BYTES, NULL, 0, 0}},
    {"request_time",
     {format_set_duration, SHAPE_DECIMAL, FIELD_EVENT_DURATION, "duration", SECOND, 0}},
    {"content_type", {format_set_text, SHAPE_TEXT, FIELD_HTTP_REQUEST_MIME_TYPE, NULL, 0, 0}},
    {"status", {format_set_status, SHAPE_STATUS, FIELD_HTTP_RESPONSE_STATUS_CODE, NULL, 0, 0}},
    {"body_bytes_sent",
     {format_set_number, SHAPE_NUMBER, FIELD_HTTP_RESPONSE_BODY_BYTES, NULL, 0, 0}},
    {"bytes_sent", {format_set_number, SHAPE_NUMBER, FIELD_HTTP_RESPONSE_BYTES, NULL, 0, 0}},
    {"ssl_session_reused", {format_set_tls_resumed, SHAPE_WORD, FIELD_TLS_RESUMED, NULL, 0, 0}},
    {"pipe", {format_set_flag, SHAPE_WORD, FIELD_LABELS, "pipe", 0, 1}},
    {"connection", {format_set_label, SHAPE_NUMBER, FIELD_LABELS, "connection", 0, 0}},
    {"connection_requests",
     {format_set_label, SHAPE_NUMBER, FIELD_LABELS, "connection_requests", 0, 0}},
    {"connection_time", {format_set_label, SHAPE_DECIMAL, FIELD_LABELS, "connection_time", 0, 0}},
    {"gzip_ratio", {format_set_label, SHAPE_DECIMAL, FIELD_LABELS, "gzip_ratio", 0, 0}},
    {"content_length", {format_set_label, SHAPE_WORD, FIELD_LABELS, "content_length", 0, 0}},
};

static bool begins_with(struct slice text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len > len && memcmp(text.data, prefix, len) == 0;
}

void nginx_facts_note(struct nginx_facts *facts, struct slice name)
{
    facts->has_client |= slice_is(name, "remote_addr");
    facts->has_host |= slice_is(name, "host") || slice_is(name, "http_host");
    facts->has_id |= slice_is(name, "request_id");
    facts->has_msec |= slice_is(name, "msec");
    facts->has_iso |= slice_is(name, "time_iso8601");
}

static const struct format_item *find(struct slice name, const struct nginx_facts *facts)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        if (slice_is(name, variables[i].name))
            return &variables[i].item;
    if (begins_with(name, "http_"))
        return format_request_header((struct slice){name.data + 5, name.len - 5},
                                     !facts->has_client);
    if (begins_with(name, "sent_http_"))
        return format_response_header((struct slice){name.data + 10, name.len - 10});
    if (begins_with(name, "ssl_"))
        return format_tls_variable(name);
    return NULL;
}

/* Times that say the same as a finer one, and names that another variable says better. */
static void settle(struct slice name, const struct nginx_facts *facts, struct format_item *item)
{
    if ((slice_is(name, "time_local") && (facts->has_msec || facts->has_iso)) ||
        (slice_is(name, "time_iso8601") && facts->has_msec))
        item->set = format_set_none;
    if (slice_is(name, "server_name") && facts->has_host)
        item->set = format_set_label;
    if (slice_is(name, "http_x_request_id") && facts->has_id)
        item->set = format_set_label;
    if (slice_is(name, "realip_remote_addr") && !facts->has_client)
        *item = (struct format_item){format_set_host, SHAPE_WORD, FIELD_SOURCE_ADDRESS, NULL, 0, 0};
}

bool nginx_variable_item(struct slice name, const struct nginx_facts *facts,
                         struct format_item *out, char label[FORMAT_NAME_MAX],
                         const char **out_name)
{
    const struct format_item *item = find(name, facts);

    *out_name = NULL;
    if (item) {
        *out = *item;
        settle(name, facts, out);
        return true;
    }
    if (!format_label("", name, label))
        return false;
    *out_name = label;
    *out = (struct format_item){format_set_label,
                                begins_with(name, "upstream_") ? SHAPE_LIST : SHAPE_TEXT,
                                FIELD_LABELS,
                                NULL,
                                0,
                                0};
    return true;
}
