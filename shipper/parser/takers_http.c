/*
 * takers_http.c - who asked for what, and how it went: what web servers write.
 */
#include "shipper/parser/takers.h"

#include <strings.h>

#include "common/record_extras.h"
#include "common/scope.h"
#include "shipper/parser/address.h"
#include "shipper/parser/duration.h"
#include "shipper/parser/request.h"

#define STATUS_MIN 100
#define STATUS_MAX 599

static bool is_text(const struct member *member)
{
    return member->kind == MEMBER_STRING || member->kind == MEMBER_TEXT;
}

static const struct address_fields *fields_of(enum record_field address)
{
    return address == FIELD_SOURCE_ADDRESS   ? &address_source
           : address == FIELD_CLIENT_ADDRESS ? &address_client
                                             : &address_destination;
}

bool take_address(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct slice text = members_text(members, member);

    if (!is_text(member) || memchr(text.data, ' ', text.len) ||
        !members_claim(members, rule, rule->field, member))
        return false;
    address_set_with_port(members->record, fields_of(rule->field), text);
    return true;
}

bool take_client_late(struct members *members, const struct name_rule *rule,
                      const struct member *member)
{
    struct name_rule as = *rule;

    as.field = record_has(members->record, FIELD_SOURCE_ADDRESS) ? FIELD_CLIENT_ADDRESS
                                                                 : FIELD_SOURCE_ADDRESS;
    return take_address(members, &as, member);
}

bool take_forwarded(struct members *members, const struct name_rule *rule,
                    const struct member *member)
{
    struct slice text = members_text(members, member), first = text;
    const char *comma = memchr(text.data, ',', text.len);

    if (comma)
        first.len = (size_t)(comma - text.data);
    if (!is_text(member) || (!address_is_ipv4(first) && !address_is_ipv6(first)) ||
        !members_claim(members, rule, FIELD_CLIENT_ADDRESS, member))
        return false;
    address_set(members->record, &address_client, first);
    if (comma)
        members_label(members, member); /* the proxies on the way */
    return true;
}

/* What a target or a request line is made of. A part that has a name of its own keeps its value. */
static const enum record_field parts[] = {
    FIELD_URL_PATH, FIELD_URL_QUERY,           FIELD_URL_DOMAIN,  FIELD_URL_SCHEME,
    FIELD_URL_PORT, FIELD_HTTP_REQUEST_METHOD, FIELD_HTTP_VERSION};

struct kept {
    struct value values[ARRAY_LEN(parts)];
    bool has[ARRAY_LEN(parts)];
};

static void keep_parts(const struct members *members, struct kept *kept)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        kept->has[i] = members->held[parts[i]] && record_has(members->record, parts[i]);
        if (kept->has[i])
            kept->values[i] = members->record->values[parts[i]];
    }
}

static void restore_parts(struct members *members, const struct kept *kept)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (kept->has[i])
            *record_slot(members->record, parts[i]) = kept->values[i];
}

bool take_request(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct slice text = members_text(members, member);
    struct kept kept;

    if (!is_text(member))
        return false;
    if (text.data[0] == '/')
        return take_target(members, rule, member);
    if (!memchr(text.data, '/', text.len) && !memmem(text.data, text.len, " HTTP/", 6))
        return false;
    if (!members_claim(members, rule, FIELD_URL_ORIGINAL, member))
        return false;
    keep_parts(members, &kept);
    if (!request_set_line(members->record, text))
        return false;
    restore_parts(members, &kept);
    members->request = text;
    return true;
}

/* An HTTP method, and not a function of a program. */
bool take_method(struct members *members, const struct name_rule *rule, const struct member *member)
{
    static const char *const methods[] = {"get",     "head",  "post",   "put",
                                          "options", "patch", "delete", "connect"};
    struct slice text = members_text(members, member);
    bool known = false, upper = text.len >= 3;

    if (!is_text(member) || !request_is_method(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        upper &= !(text.data[i] >= 'a' && text.data[i] <= 'z');
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        known |=
            strlen(methods[i]) == text.len && strncasecmp(methods[i], text.data, text.len) == 0;
    if ((!known && !upper) || !members_claim(members, rule, FIELD_HTTP_REQUEST_METHOD, member))
        return false;
    record_set_text(members->record, FIELD_HTTP_REQUEST_METHOD, text);
    return true;
}

bool take_method_or_function(struct members *members, const struct name_rule *rule,
                             const struct member *member)
{
    return take_method(members, rule, member) || take_text(members, rule, member);
}

bool take_target(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member), method = {NULL, 0};
    struct kept kept;

    if (!is_text(member) || !members_claim(members, rule, FIELD_URL_ORIGINAL, member))
        return false;
    keep_parts(members, &kept);
    record_text(members->record, FIELD_HTTP_REQUEST_METHOD, &method);
    request_set_target(members->record, text, method);
    restore_parts(members, &kept);
    return true;
}

bool take_path(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member);

    if (!is_text(member) || text.data[0] != '/')
        return false;
    if (memchr(text.data, '?', text.len) && !record_has(members->record, FIELD_URL_ORIGINAL))
        return take_target(members, rule, member);
    if (!members_claim(members, rule, FIELD_URL_PATH, member))
        return false;
    record_set_text(members->record, FIELD_URL_PATH, text);
    return true;
}

/* Events of Logstash have a version, and host and path say where they were read. */
static bool is_logstash(const struct members *members)
{
    return record_find_extra(members->record, record_tree()->object_node[FIELD_LABELS],
                             SLICE("@version")) != NULL;
}

bool take_path_late(struct members *members, const struct name_rule *rule,
                    const struct member *member)
{
    return !is_logstash(members) && take_path(members, rule, member);
}

bool take_query(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member);

    if (!is_text(member) || !members_claim(members, rule, FIELD_URL_QUERY, member))
        return false;
    if (text.data[0] == '?' && text.len > 1)
        text = (struct slice){text.data + 1, text.len - 1};
    record_set_text(members->record, FIELD_URL_QUERY, text);
    return true;
}

bool take_version(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct slice text = members_text(members, member);

    if (!is_text(member) && member->kind != MEMBER_NUMBER)
        return false;
    if (text.len > 5 && strncasecmp(text.data, "HTTP/", 5) == 0)
        text = (struct slice){text.data + 5, text.len - 5};
    if (text.data[0] < '0' || text.data[0] > '9' ||
        !members_claim(members, rule, FIELD_HTTP_VERSION, member))
        return false;
    record_set_text(members->record, FIELD_HTTP_VERSION, text);
    return true;
}

/* Lower case, as ECS wants names of protocols. */
static struct slice lower(struct members *members, struct slice text)
{
    char *copy = arena_bytes(members->record->arena, text.len);

    if (!copy) {
        members->no_memory = true;
        return text;
    }
    for (size_t i = 0; i < text.len; i++)
        copy[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i]);
    return (struct slice){copy, text.len};
}

bool take_protocol(struct members *members, const struct name_rule *rule,
                   const struct member *member)
{
    static const char *const transports[] = {"tcp", "udp", "icmp", "sctp", "ipv6-icmp", "gre"};
    struct slice text = members_text(members, member);
    enum record_field field = FIELD_NETWORK_PROTOCOL;

    if (!is_text(member) || memchr(text.data, ' ', text.len))
        return false;
    if (text.len > 5 && strncasecmp(text.data, "HTTP/", 5) == 0)
        return take_version(members, rule, member);
    for (size_t i = 0; i < ARRAY_LEN(transports); i++)
        if (strlen(transports[i]) == text.len &&
            strncasecmp(transports[i], text.data, text.len) == 0)
            field = FIELD_NETWORK_TRANSPORT;
    if (!members_claim(members, rule, field, member))
        return false;
    record_set_text(members->record, field, lower(members, text));
    return true;
}

bool take_status(struct members *members, const struct name_rule *rule, const struct member *member)
{
    int64_t status;

    if (member->kind == MEMBER_LIST || !json_integer(member->text, &status))
        return false;
    if (status == 0)
        return true; /* none was sent */
    if (status < STATUS_MIN || status > STATUS_MAX ||
        !members_claim(members, rule, FIELD_HTTP_RESPONSE_STATUS_CODE, member))
        return false;
    record_set_long(members->record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
    return true;
}

static bool is_host(struct slice text)
{
    static const bool other[256] = {
        [0 ... ' '] = true, ['/'] = true, ['?'] = true, ['#'] = true,
        ['"'] = true,       ['<'] = true, ['>'] = true,
    };

    for (size_t i = 0; i < text.len; i++)
        if (other[(unsigned char)text.data[i]])
            return false;
    return text.len > 0;
}

/* Names of hosts repeat: is it the last one? */
static bool is_last_host(const struct members *members, struct slice text)
{
    return text.len == members->host_len && memcmp(text.data, members->host, text.len) == 0;
}

static void keep_host(struct members *members, struct slice text)
{
    if (text.len > sizeof(members->host))
        return;
    memcpy(members->host, text.data, text.len);
    members->host_len = (unsigned)text.len;
}

/* Without its port, which is set. */
static struct slice take_port(struct record *record, struct slice text, const char *colon)
{
    struct slice behind = {colon + 1, (size_t)(text.data + text.len - colon - 1)};
    int64_t port;

    if (!address_is_ipv6(text) && json_integer(behind, &port) && port >= 0 && port <= 65535) {
        record_set_long(record, FIELD_URL_PORT, port);
        text.len = (size_t)(colon - text.data);
    }
    return text;
}

bool take_domain(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member);
    bool last = is_last_host(members, text);
    const char *colon;

    if (!is_text(member) || !(last || is_host(text)) ||
        !members_claim(members, rule, FIELD_URL_DOMAIN, member))
        return false;
    if (!last) {
        colon = memrchr(text.data, ':', text.len);
        if (colon)
            text = take_port(members->record, text, colon);
        else
            keep_host(members, text);
    }
    record_set_text(members->record, FIELD_URL_DOMAIN, text);
    return true;
}

bool take_host_late(struct members *members, const struct name_rule *rule,
                    const struct member *member)
{
    if (record_has(members->record, FIELD_HTTP_REQUEST_METHOD) && !is_logstash(members))
        return take_domain(members, rule, member);
    return is_text(member) && take_text(members, rule, member);
}

bool take_duration(struct members *members, const struct name_rule *rule,
                   const struct member *member)
{
    int64_t ns;

    if ((!is_text(member) && member->kind != MEMBER_NUMBER) ||
        !duration_parse(members_text(members, member), rule->unit, &ns) ||
        !members_claim(members, rule, FIELD_EVENT_DURATION, member))
        return false;
    record_set_long(members->record, FIELD_EVENT_DURATION, ns);
    return true;
}

/* The name of the status, or of the logger, says whose log it is: each has its own unit. */
static int64_t unit_of_server(struct members *members)
{
    static const struct {
        struct slice status;
        int64_t unit;
    } servers[] = {
        {SLICE("DownstreamStatus"), 1}, /* Traefik */
        {SLICE("OriginStatus"), 1},
        {SLICE("response_code"), DURATION_MS},  /* Envoy */
        {SLICE("res.statusCode"), DURATION_MS}, /* pino-http, morgan */
    };
    const struct members_holder *status = &members->holders[FIELD_HTTP_RESPONSE_STATUS_CODE];
    struct slice logger;

    if (record_text(members->record, FIELD_LOG_LOGGER, &logger) && logger.len >= 8 &&
        memcmp(logger.data, "http.log", 8) == 0)
        return DURATION_S; /* Caddy */
    if (members->held[FIELD_HTTP_RESPONSE_STATUS_CODE])
        for (size_t i = 0; i < ARRAY_LEN(servers); i++)
            if (slice_equal(servers[i].status, status->member.name))
                return servers[i].unit;
    return 0;
}

bool take_duration_late(struct members *members, const struct name_rule *rule,
                        const struct member *member)
{
    struct name_rule as = *rule;

    as.unit = unit_of_server(members);
    return take_duration(members, &as, member);
}

bool take_time_taken(struct members *members, const struct name_rule *rule,
                     const struct member *member)
{
    struct name_rule as = *rule;

    as.unit = memchr(member->text.data, '.', member->text.len) ? DURATION_S : DURATION_MS;
    return take_duration(members, &as, member);
}
