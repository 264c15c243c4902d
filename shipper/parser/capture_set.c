/*
 * capture_set.c - a named piece of a line into the record.
 */
#include "shipper/parser/capture.h"

#include "common/json_tidy.h"
#include "common/scope.h"
#include "shipper/parser/address.h"
#include "shipper/parser/capture_value.h"
#include "shipper/parser/duration.h"
#include "shipper/parser/level.h"
#include "shipper/parser/request.h"

#define STATUS_MIN 100
#define STATUS_MAX 599

static bool is_absent(struct slice text)
{
    return text.len == 0 || (text.len == 1 && *text.data == '-');
}

/* The value as its type wants it, in JSON. {NULL, 0}: it is none of that type, or no memory. */
static struct slice typed_value(const struct capture *capture, struct slice text,
                                struct capture_line *line)
{
    struct arena *arena = line->record->arena;
    struct timestamp time;
    int64_t number;
    char printed[TIMESTAMP_TEXT_MAX];

    switch (capture->rule.type) {
    case CAPTURE_AS_LONG:
        return value_long(text, true, &number) ? value_of_long(arena, number)
                                               : (struct slice){NULL, 0};
    case CAPTURE_AS_DOUBLE:
        return value_number(arena, text);
    case CAPTURE_AS_BOOL:
        return value_bool(text);
    case CAPTURE_AS_DATE:
        if (line->read_time(line->arg, capture->rule.format, text, &time) != TIMESTAMP_FOUND)
            return (struct slice){NULL, 0};
        return json_quote(arena, (struct slice){printed, timestamp_print(time, printed)});
    case CAPTURE_AS_DURATION:
        return duration_parse(text, capture->rule.unit_ns, &number) ? value_of_long(arena, number)
                                                                    : (struct slice){NULL, 0};
    case CAPTURE_AS_IP:
        if (!address_is_ipv4(text) && !address_is_ipv6(text))
            return (struct slice){NULL, 0};
        break;
    case CAPTURE_AS_FIELD:
    case CAPTURE_AS_TEXT:
        break;
    }
    return json_quote(arena, text);
}

static void put_json(struct capture *capture, const struct record_target *target, struct slice raw,
                     struct capture_line *line)
{
    if (capture->serial == line->serial && !slice_equal(capture->raw, raw))
        raw = value_join(line->record->arena, capture->raw, raw, *capture->raw.data == '[');
    if (!raw.data) {
        line->no_memory = true;
        return;
    }
    if (target == &capture->target && capture->name) {
        capture->name->raw = raw;
        capture->nest->is_used = true;
    } else if (!record_put_json(line->record, target, raw)) {
        line->no_memory = true;
    }
    capture->raw = raw;
    capture->serial = line->serial;
}

/* As a label of its own name: not a value for its field. */
static void put_aside(struct capture *capture, struct slice text, struct capture_line *line)
{
    struct slice raw = json_quote(line->record->arena, text);

    if (raw.data)
        put_json(capture, &capture->aside, raw, line);
    else
        line->no_memory = true;
}

/* The same for a value of another type than its field. */
static void put_conflict(struct capture *capture, struct slice text, struct capture_line *line)
{
    put_aside(capture, text, line);
    if (!record_tag(line->record, "_typeconflict"))
        line->no_memory = true;
}

static void put_label(struct capture *capture, struct slice text, struct capture_line *line)
{
    struct slice raw = typed_value(capture, text, line);

    if (raw.data)
        put_json(capture, &capture->target, raw, line);
    else
        put_conflict(capture, text, line);
}

static void put_number(struct capture *capture, struct slice text, struct capture_line *line)
{
    int64_t number;

    if (value_long(text, capture->rule.type == CAPTURE_AS_LONG, &number))
        record_set_long(line->record, capture->target.field, number);
    else
        put_conflict(capture, text, line);
}

static void put_field(struct capture *capture, struct slice text, struct capture_line *line)
{
    struct timestamp time;
    struct slice raw;

    switch (record_fields[capture->target.field].type) {
    case TYPE_LONG:
        put_number(capture, text, line);
        return;
    case TYPE_DATE:
        if (line->read_time(line->arg, capture->rule.format, text, &time) == TIMESTAMP_FOUND)
            record_set_time(line->record, capture->target.field, time);
        else
            put_conflict(capture, text, line);
        return;
    case TYPE_BOOL:
        raw = value_bool(text);
        if (raw.data)
            record_set_bool(line->record, capture->target.field, *raw.data == 't');
        else
            put_conflict(capture, text, line);
        return;
    default:
        if (!record_put(line->record, &capture->target, text))
            line->no_memory = true;
    }
}

static void put_address(struct capture *capture, struct slice text, struct capture_line *line)
{
    enum record_field field = capture->target.field;
    const struct address_fields *fields =
        field == FIELD_SOURCE_ADDRESS || field == FIELD_SOURCE_IP   ? &address_source
        : field == FIELD_CLIENT_ADDRESS || field == FIELD_CLIENT_IP ? &address_client
                                                                    : &address_destination;

    address_set_with_port(line->record, fields, text);
}

static void put_target(struct slice text, struct capture_line *line)
{
    struct slice method = {NULL, 0};

    if (memchr(text.data, ' ', text.len) && !record_has(line->record, FIELD_HTTP_REQUEST_METHOD) &&
        request_set_line(line->record, text)) {
        if (!record_has(line->record, FIELD_MESSAGE))
            record_set_text(line->record, FIELD_MESSAGE, text);
        return;
    }
    record_text(line->record, FIELD_HTTP_REQUEST_METHOD, &method);
    request_set_target(line->record, text, method);
}

static void put_status(struct capture *capture, struct slice text, struct capture_line *line)
{
    int64_t status;

    if (!value_long(text, true, &status) ||
        (status != 0 && (status < STATUS_MIN || status > STATUS_MAX)))
        put_conflict(capture, text, line);
    else if (status != 0) /* 000: none was sent */
        record_set_long(line->record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
}

/* Somebody's own word for a level, in lower case like the others. */
static void put_own_level(struct slice text, struct capture_line *line)
{
    char *lower = arena_bytes(line->record->arena, text.len);

    if (!lower) {
        line->no_memory = true;
        return;
    }
    for (size_t i = 0; i < text.len; i++)
        lower[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i]);
    record_set_text(line->record, FIELD_LOG_LEVEL, (struct slice){lower, text.len});
}

static void put_level(struct capture *capture, struct slice text, struct capture_line *line)
{
    enum level level;
    int64_t number;
    bool is_number = value_long(text, false, &number);

    level = line->find_level ? line->find_level(line->arg, text) : LEVEL_NONE;
    if (level == LEVEL_NONE)
        level = is_number       ? level_of_number(number)
                : text.len == 1 ? level_of_letter(*text.data)
                                : level_find(text);
    if (level != LEVEL_NONE)
        level_set(line->record, level);
    else if (is_number)
        put_aside(capture, text, line);
    else
        put_own_level(text, line);
}

static void put_severity(struct capture *capture, struct slice text, struct capture_line *line)
{
    enum level level = level_find(text);
    int64_t number;

    if (value_long(text, false, &number))
        record_set_long(line->record, FIELD_EVENT_SEVERITY, number);
    else if (level != LEVEL_NONE && !record_has(line->record, FIELD_LOG_LEVEL))
        level_set(line->record, level);
    else
        put_aside(capture, text, line);
}

static const char no_such_time[] = "no such time";

/* A date that does not exist is a failure; what is no date at all, only under a name that says
 * so.
 */
static const char *put_time(struct capture *capture, struct slice text, struct capture_line *line)
{
    struct timestamp time;
    enum timestamp_result result = line->read_time(line->arg, capture->rule.format, text, &time);

    if (result == TIMESTAMP_FOUND)
        record_set_time(line->record, FIELD_TIMESTAMP, time);
    else if (result == TIMESTAMP_IMPOSSIBLE || capture->strict ||
             capture->rule.type == CAPTURE_AS_DATE)
        return no_such_time;
    else
        put_aside(capture, text, line);
    return NULL;
}

static void put_duration(struct capture *capture, struct slice text, struct capture_line *line)
{
    int64_t ns;

    if (duration_parse(text, capture->rule.unit_ns, &ns))
        record_set_long(line->record, FIELD_EVENT_DURATION, ns);
    else
        put_aside(capture, text, line);
}

/* The field has a value already: another one is kept beside it. */
static void put_again(struct capture *capture, struct slice text, struct capture_line *line)
{
    struct slice before = {NULL, 0};

    if (!record_text(line->record, capture->target.field, &before) || !slice_equal(before, text))
        put_aside(capture, text, line);
}

static struct slice without_quotes(struct slice text)
{
    if (text.len >= 2 && text.data[0] == text.data[text.len - 1])
        return (struct slice){text.data + 1, text.len - 2};
    return text;
}

const char *capture_set(struct capture *capture, struct slice text, struct capture_line *line)
{
    if (capture->in_quotes && !capture->is_label)
        text = without_quotes(text);
    if (capture->action == CAPTURE_MESSAGE ? text.len == 0 : is_absent(text))
        return NULL;
    if (!capture->is_label && record_has(line->record, capture->target.field)) {
        put_again(capture, text, line);
        return NULL;
    }
    switch (capture->action) {
    case CAPTURE_PUT:
        (capture->is_label ? put_label : put_field)(capture, text, line);
        break;
    case CAPTURE_MESSAGE:
        record_set_text(line->record, FIELD_MESSAGE, text);
        break;
    case CAPTURE_ADDRESS:
        put_address(capture, text, line);
        break;
    case CAPTURE_TARGET:
        put_target(text, line);
        break;
    case CAPTURE_QUERY:
        text = *text.data == '?' ? (struct slice){text.data + 1, text.len - 1} : text;
        if (text.len)
            record_set_text(line->record, FIELD_URL_QUERY, text);
        break;
    case CAPTURE_STATUS:
        put_status(capture, text, line);
        break;
    case CAPTURE_LEVEL:
        put_level(capture, text, line);
        break;
    case CAPTURE_SEVERITY:
        put_severity(capture, text, line);
        break;
    case CAPTURE_DAY:
        line->day = (struct capture_half){capture, text};
        break;
    case CAPTURE_CLOCK:
        line->clock = (struct capture_half){capture, text};
        break;
    case CAPTURE_TIME:
        return put_time(capture, text, line);
    case CAPTURE_DURATION:
        put_duration(capture, text, line);
        break;
    }
    return NULL;
}

/* ---- of all captures together ---- */

/* "2026-11-21" and "12:00:00" of two captures; either may be all of it, or no time at all. */
static const char *set_halves(struct capture_line *line)
{
    const struct capture_half *day = &line->day, *clock = &line->clock;
    char *text = arena_bytes(line->record->arena, day->text.len + clock->text.len + 1);
    size_t len = day->text.len + 1;
    struct timestamp time;
    enum timestamp_result result;
    const char *problem;

    if (!text) {
        line->no_memory = true;
        return NULL;
    }
    if (!day->capture || !clock->capture)
        return day->capture ? put_time(day->capture, day->text, line)
                            : put_time(clock->capture, clock->text, line);
    memcpy(text, day->text.data, day->text.len);
    text[day->text.len] = ' ';
    memcpy(text + len, clock->text.data, clock->text.len);
    result = line->read_time(line->arg, day->capture->rule.format,
                             (struct slice){text, len + clock->text.len}, &time);
    if (result == TIMESTAMP_FOUND) {
        record_set_time(line->record, FIELD_TIMESTAMP, time);
        return NULL;
    }
    if (result == TIMESTAMP_IMPOSSIBLE)
        return no_such_time;
    problem = put_time(day->capture, day->text, line);
    if (!problem && record_has(line->record, FIELD_TIMESTAMP))
        put_again(clock->capture, clock->text, line);
    else if (!problem)
        problem = put_time(clock->capture, clock->text, line);
    return problem;
}

/*
 * What a request was, for people: where its parts stand in the line as "GET / HTTP/1.1", that.
 */
static bool set_request_message(struct record *record)
{
    const struct value *method = &record->values[FIELD_HTTP_REQUEST_METHOD],
                       *url = &record->values[FIELD_URL_ORIGINAL],
                       *version = &record->values[FIELD_HTTP_VERSION];
    const char *end;

    if (!record_has(record, FIELD_HTTP_REQUEST_METHOD) || !record_has(record, FIELD_URL_ORIGINAL) ||
        method->text.data + method->text.len + 1 != url->text.data)
        return false;
    end = url->text.data + url->text.len;
    if (record_has(record, FIELD_HTTP_VERSION) && version->kind == VALUE_TEXT &&
        version->text.data == end + sizeof(" HTTP/") - 1)
        end = version->text.data + version->text.len;
    record_set_text(record, FIELD_MESSAGE,
                    (struct slice){method->text.data, (size_t)(end - method->text.data)});
    return true;
}

const char *capture_finish(struct capture_line *line, struct slice whole)
{
    struct record *record = line->record;
    const char *problem = NULL;

    if (line->day.capture || line->clock.capture)
        problem = set_halves(line);
    if (!record_has(record, FIELD_EVENT_OUTCOME))
        request_set_outcome(record);
    if (!record_has(record, FIELD_LOG_LEVEL))
        request_set_level(record);
    if (!record_has(record, FIELD_MESSAGE) && !set_request_message(record))
        record_set_text(record, FIELD_MESSAGE, whole);
    return line->no_memory ? "the line is too long" : problem;
}
