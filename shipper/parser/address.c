/*
 * address.c - addresses of clients and servers, as logs have them.
 */
#include "shipper/parser/address.h"

#include <strings.h>

#include "common/json_text.h"

#define PORT_MAX 65535

const struct address_fields address_source = {FIELD_SOURCE_ADDRESS, FIELD_SOURCE_IP,
                                              FIELD_SOURCE_PORT};
const struct address_fields address_client = {FIELD_CLIENT_ADDRESS, FIELD_CLIENT_IP,
                                              FIELD_CLIENT_PORT};
const struct address_fields address_destination = {FIELD_DESTINATION_ADDRESS, FIELD_DESTINATION_IP,
                                                   FIELD_DESTINATION_PORT};

void address_set(struct record *record, const struct address_fields *fields, struct slice text)
{
    struct slice mapped = {NULL, 0};

    if (text.len == 0)
        return;
    if (text.len > 7)
        mapped = (struct slice){text.data + 7, text.len - 7};
    if (address_is_ipv4(text)) {
        record_set_plain(record, fields->address, text);
        record_set_plain(record, fields->ip, text);
        return;
    }
    if (!address_is_ipv6(text)) {
        record_set_text(record, fields->address, text);
        return;
    }
    record_set_plain(record, fields->address, text);
    if (mapped.len && strncasecmp(text.data, "::ffff:", 7) == 0 && address_is_ipv4(mapped))
        text = mapped;
    record_set_plain(record, fields->ip, text);
}

/* The host before `colon` without the brackets of RFC 3986, 3.2.2. */
static struct slice host_before(struct slice text, const char *colon)
{
    struct slice host = {text.data, (size_t)(colon - text.data)};

    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
        host = (struct slice){host.data + 1, host.len - 2};
    return host;
}

void address_set_with_port(struct record *record, const struct address_fields *fields,
                           struct slice text)
{
    const char *end = text.data + text.len;
    const char *colon = text.len ? memrchr(text.data, ':', text.len) : NULL;
    struct slice host;
    int64_t port;

    if (!colon || address_is_ipv6(text) ||
        !json_integer((struct slice){colon + 1, (size_t)(end - colon - 1)}, &port) || port < 0 ||
        port > PORT_MAX || colon[1] == '-') {
        address_set(record, fields, host_before(text, end));
        return;
    }
    host = host_before(text, colon);
    address_set(record, fields, host);
    record_set_long(record, fields->port, port);
}
