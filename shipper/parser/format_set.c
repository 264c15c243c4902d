/*
 * format_set.c - setters: the text of a directive into its field.
 */
#include "shipper/parser/format_set.h"

#include "common/digits.h"
#include "common/json_text.h"
#include "shipper/parser/duration.h"
#include "shipper/parser/request.h"
#include "shipper/parser/scan.h"

static const char too_long[] = "the line is too long";

static struct slice unescape(const struct format *format, const struct record *record,
                             struct slice text)
{
    return format->plain ? text : access_unescape(record->arena, text, format->escape);
}

static const char *put_label(const struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    bool put;

    if (step->quoted && format->plain) /* with its quotes it is JSON as it stands in the line */
        put = record_put_quoted(record, step->target, (struct slice){text.data - 1, text.len + 2});
    else
        put = record_put_as(record, step->target, text, format->plain);
    return put ? NULL : too_long;
}

const char *format_set_none(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    (void)text;
    (void)record;
    return NULL;
}

const char *format_set_text(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    if (access_is_absent(text) || slice_is(text, "\"\"")) /* httpd writes "" for an empty user */
        return NULL;
    record_set_text_as(record, step->item.field, unescape(format, record, text), format->plain);
    return NULL;
}

const char *format_set_fill(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    struct slice there;

    if (access_is_absent(text))
        return NULL;
    text = unescape(format, record, text);
    if (!record_text(record, step->item.field, &there))
        record_set_text_as(record, step->item.field, text, format->plain);
    else if (step->target && !slice_equal(there, text))
        return put_label(format, step, text, record);
    return NULL;
}

const char *format_set_label(struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    return access_is_absent(text) ? NULL : format_set_flag(format, step, text, record);
}

const char *format_set_flag(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    return text.len ? put_label(format, step, unescape(format, record, text), record) : NULL;
}

/* Up to 18 digits; most numbers are short and stand within the line. */
static bool read_number(const struct format *format, struct slice text, int64_t *number)
{
    if (text.len <= 8 && format->line_end - text.data >= 8)
        return digits_read(text.data, text.len, number);
    return scan_is_number(text, 18, number);
}

const char *format_set_number(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    int64_t number;

    if (access_is_absent(text))
        return NULL;
    if (!read_number(format, text, &number) && (!json_integer(text, &number) || number < 0))
        return "a number is expected where there is none";
    record_set_long(record, step->item.field, number);
    return NULL;
}

const char *format_set_port(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    return record_has(record, step->item.field) ? NULL
                                                : format_set_number(format, step, text, record);
}

const char *format_set_hex(struct format *format, const struct format_step *step, struct slice text,
                           struct record *record)
{
    uint64_t number = 0;

    (void)format;
    if (access_is_absent(text))
        return NULL;
    if (text.len > 16)
        return "a hexadecimal number is expected where there is none";
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)(text.data[i] | 0x20);

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return "a hexadecimal number is expected where there is none";
        number = number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (number <= INT64_MAX)
        record_set_long(record, step->item.field, (int64_t)number);
    return NULL;
}

static bool has_blank(struct slice text)
{
    return memchr(text.data, ' ', text.len) != NULL;
}

const char *format_set_host(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (access_is_absent(text))
        return NULL;
    if (has_blank(text))
        return "the client's address holds a blank";
    address_set(record, &address_source, text);
    return NULL;
}

const char *format_set_ip(struct format *format, const struct format_step *step, struct slice text,
                          struct record *record)
{
    struct value address = record->values[FIELD_SOURCE_ADDRESS];
    bool named = record_has(record, FIELD_SOURCE_ADDRESS);
    const char *problem = format_set_host(format, step, text, record);

    if (named)
        record->values[FIELD_SOURCE_ADDRESS] = address;
    return problem;
}

const char *format_set_destination(struct format *format, const struct format_step *step,
                                   struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (!access_is_absent(text))
        address_set(record, &address_destination, text);
    return NULL;
}

/* Of several such headers the first one counts; what is not just its address becomes a label. */
static const char *set_forwarded(struct format *format, const struct format_step *step,
                                 struct slice text, struct record *record,
                                 const struct address_fields *fields)
{
    struct slice address;

    if (access_is_absent(text))
        return NULL;
    text = unescape(format, record, text);
    if (!record_has(record, fields->address))
        access_set_forwarded(record, fields, text);
    if (record_text(record, fields->address, &address) && slice_equal(address, text))
        return NULL;
    return put_label(format, step, text, record);
}

const char *format_set_forwarded(struct format *format, const struct format_step *step,
                                 struct slice text, struct record *record)
{
    return set_forwarded(format, step, text, record, &address_client);
}

const char *format_set_forwarded_source(struct format *format, const struct format_step *step,
                                        struct slice text, struct record *record)
{
    const char *problem = set_forwarded(format, step, text, record, &address_source);

    return problem ? problem : set_forwarded(format, step, text, record, &address_client);
}

const char *format_set_request(struct format *format, const struct format_step *step,
                               struct slice text, struct record *record)
{
    struct slice server, domain;
    bool named;

    (void)step;
    if (access_is_absent(text))
        return NULL;
    text = unescape(format, record, text);
    /* Whatever it is, this is what came. */
    record_set_text_as(record, FIELD_MESSAGE, text, format->plain);
    named = record_text(record, FIELD_URL_DOMAIN, &server);
    request_set_line_as(record, text, format->plain);
    if (named && record_text(record, FIELD_URL_DOMAIN, &domain) && !slice_equal(server, domain) &&
        !record_label(record, SLICE("server_name"), server))
        return too_long;
    return NULL;
}

const char *format_set_target(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    (void)step;
    if (access_is_absent(text) ||
        (record_has(record, FIELD_URL_ORIGINAL) && !format->original_is_path))
        return NULL;
    request_set_target(record, unescape(format, record, text), SLICE(""));
    format->original_is_path = false;
    return NULL;
}

const char *format_set_path(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    if (access_is_absent(text))
        return NULL;
    if (!record_has(record, FIELD_URL_ORIGINAL)) {
        record_set_text(record, FIELD_URL_ORIGINAL, unescape(format, record, text));
        format->original_is_path = true;
    }
    return format_set_fill(format, step, text, record);
}

/* url.original is the path so far: the query is a part of it, too. */
static void add_query(struct format *format, struct slice query, struct record *record)
{
    struct value *value = record_slot(record, FIELD_URL_ORIGINAL); /* not plain any more */
    struct slice *original = &value->text;
    const char *behind = original->data + original->len;
    char *text;

    format->original_is_path = false;
    if (behind + 1 == query.data) { /* in the line, too, with a question mark between them */
        original->len += 1 + query.len;
        return;
    }
    text = arena_bytes(record->arena, original->len + 1 + query.len);
    if (!text)
        return;
    memcpy(text, original->data, original->len);
    text[original->len] = '?';
    memcpy(text + original->len + 1, query.data, query.len);
    *original = (struct slice){text, original->len + 1 + query.len};
}

const char *format_set_query(struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    if (text.len && text.data[0] == '?')
        text = (struct slice){text.data + 1, text.len - 1};
    if (access_is_absent(text))
        return NULL;
    if (format->original_is_path)
        add_query(format, unescape(format, record, text), record);
    return format_set_fill(format, step, text, record);
}

/* Names of servers repeat: is it the last one that was nothing but a name? */
static bool is_last_server(const struct format *format, struct slice text)
{
    return text.len == format->server_len && memcmp(text.data, format->server, text.len) == 0;
}

static void keep_server(struct format *format, struct slice text)
{
    if (text.len > sizeof(format->server) || slice_is(text, "_") ||
        json_plain_len(text) != text.len || memchr(text.data, '@', text.len) ||
        memchr(text.data, ':', text.len))
        return;
    memcpy(format->server, text.data, text.len);
    format->server_len = (unsigned)text.len;
}

const char *format_set_domain(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    struct slice there;

    if (access_is_absent(text))
        return NULL;
    if (is_last_server(format, text) && !record_has(record, FIELD_URL_DOMAIN)) {
        record_set_plain(record, FIELD_URL_DOMAIN, text);
        return NULL;
    }
    text = unescape(format, record, text);
    if (slice_is(text, "_") && step->target) /* nginx: a server without a name */
        return put_label(format, step, text, record);
    if (!record_text(record, FIELD_URL_DOMAIN, &there)) {
        request_set_domain(record, text);
        keep_server(format, text);
    } else if (step->target && !slice_equal(there, text)) {
        return put_label(format, step, text, record);
    }
    return NULL;
}

const char *format_set_protocol(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (!record_has(record, FIELD_HTTP_VERSION))
        request_set_protocol(record, text);
    return NULL;
}

const char *format_set_status(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    return access_set_status(record, text) ? NULL : "the status is no number of three digits";
}

const char *format_set_tls_version(struct format *format, const struct format_step *step,
                                   struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    access_set_tls_version(record, text);
    return NULL;
}

const char *format_set_tls_resumed(struct format *format, const struct format_step *step,
                                   struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (!access_is_absent(text))
        record_set_bool(record, FIELD_TLS_RESUMED,
                        slice_is(text, "r") || slice_is(text, "Resumed"));
    return NULL;
}

const char *format_set_duration(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    int64_t ns;

    if (access_is_absent(text))
        return NULL;
    if (duration_scale(text, step->item.unit_ns, &ns))
        record_set_long(record, FIELD_EVENT_DURATION, ns);
    else if (text.data[0] == '-' && duration_scale((struct slice){text.data + 1, text.len - 1}, 1,
                                                   &ns)) /* the clock was put back meanwhile */
        return format_set_flag(format, step, text, record);
    else
        return "a duration is expected where there is none";
    return NULL;
}
