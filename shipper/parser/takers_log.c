/*
 * takers_log.c - when, how serious, where in the program: what loggers write.
 */
#include "shipper/parser/takers.h"

#include <strings.h>

#include "shipper/parser/level.h"

#define PYTHON_STEP 10
#define OTEL_MAX    24

#define SURE_TIME_RANK 1 /* names that can only mean a time */
#define OWN_LEVEL_RANK 1 /* names that can only mean a level */

static bool is_scalar(const struct member *member)
{
    return member->kind != MEMBER_LIST && member->kind != MEMBER_OBJECT;
}

static bool read_time(const struct members *members, const struct name_rule *rule,
                      struct slice text, struct timestamp *out)
{
    return line_time_read(members->clock, members->memory, text, rule->unit, out);
}

static bool set_time(struct members *members, const struct name_rule *rule,
                     const struct member *member, struct timestamp time)
{
    if (!members_claim(members, rule, FIELD_TIMESTAMP, member))
        return false;
    record_set_time(members->record, FIELD_TIMESTAMP, time);
    return true;
}

bool take_time(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct timestamp time;

    if (!is_scalar(member) || member->kind == MEMBER_BOOL)
        return false;
    if (!read_time(members, rule, members_text(members, member), &time)) {
        members->bad_time |= rule->rank <= SURE_TIME_RANK;
        return false;
    }
    return set_time(members, rule, member, time);
}

bool take_more_ns(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    int64_t ns;

    (void)rule;
    if (!is_scalar(member) || members->more_ns.name.data || !json_integer(member->text, &ns) ||
        ns < 0 || ns > 999999999)
        return false;
    members->more_ns = *member;
    return true;
}

/* Kept until all members are there: date and time of day may come apart. */
static bool keep_half(const struct member *member, struct member *half)
{
    if (!is_scalar(member) || member->kind == MEMBER_BOOL || half->name.data)
        return false;
    *half = *member;
    return true;
}

bool take_date_part(struct members *members, const struct name_rule *rule,
                    const struct member *member)
{
    if (is_scalar(member) && member->kind != MEMBER_NUMBER &&
        !memchr(member->text.data, ':', member->text.len))
        return keep_half(member, &members->date);
    return take_time(members, rule, member);
}

/* 12:00:00, which no way of reading takes for a time with its date. */
static bool is_clock(struct slice text)
{
    if (text.len != 8 || text.data[2] != ':' || text.data[5] != ':')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (i % 3 != 2 && (text.data[i] < '0' || text.data[i] > '9'))
            return false;
    return true;
}

bool take_clock_part(struct members *members, const struct name_rule *rule,
                     const struct member *member)
{
    struct timestamp time;
    struct slice text;

    if (!is_scalar(member) || member->kind == MEMBER_BOOL)
        return false;
    text = members_text(members, member);
    if (is_clock(text) || !read_time(members, rule, text, &time))
        return keep_half(member, &members->hour);
    return set_time(members, rule, member, time);
}

static bool set_level(struct members *members, const struct name_rule *rule,
                      const struct member *member, enum level level)
{
    if (level == LEVEL_NONE || !members_claim(members, rule, FIELD_LOG_LEVEL, member))
        return false;
    level_set(members->record, level);
    return true;
}

/* The number itself is event.severity: the scale is the program's own. */
static bool set_level_number(struct members *members, const struct name_rule *rule,
                             const struct member *member, int64_t number, enum level level)
{
    if (!set_level(members, rule, member, level))
        return false;
    if (!record_has(members->record, FIELD_EVENT_SEVERITY))
        record_set_long(members->record, FIELD_EVENT_SEVERITY, number);
    return true;
}

/* "WARN" is a word of the table; "audit" is somebody's own, in lower case like the others. */
static bool take_own_level(struct members *members, const struct name_rule *rule,
                           const struct member *member, struct slice text)
{
    char *lower;

    if (rule->rank > OWN_LEVEL_RANK || !members_claim(members, rule, FIELD_LOG_LEVEL, member))
        return false;
    lower = arena_bytes(members->record->arena, text.len);
    if (!lower) {
        members->no_memory = true;
        return true;
    }
    for (size_t i = 0; i < text.len; i++)
        lower[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i]);
    record_set_text(members->record, FIELD_LOG_LEVEL, (struct slice){lower, text.len});
    return true;
}

bool take_level(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text;
    enum level level;
    int64_t number;

    if (!is_scalar(member) || member->kind == MEMBER_BOOL)
        return false;
    text = members_text(members, member);
    if (json_integer(text, &number))
        return set_level_number(members, rule, member, number, level_of_number(number));
    level = text.len == 1 ? level_of_letter(text.data[0]) : level_find(text);
    return level == LEVEL_NONE ? take_own_level(members, rule, member, text)
                               : set_level(members, rule, member, level);
}

/* OpenTelemetry's logs data model: four numbers each from TRACE (1) to FATAL (24). */
bool take_level_otel(struct members *members, const struct name_rule *rule,
                     const struct member *member)
{
    static const enum level levels[] = {LEVEL_TRACE, LEVEL_DEBUG, LEVEL_INFO,
                                        LEVEL_WARN,  LEVEL_ERROR, LEVEL_CRITICAL};
    int64_t number;

    if (!is_scalar(member) || !json_integer(member->text, &number) || number < 1 ||
        number > OTEL_MAX)
        return false;
    return set_level_number(members, rule, member, number, levels[(number - 1) / 4]);
}

bool take_level_python(struct members *members, const struct name_rule *rule,
                       const struct member *member)
{
    static const enum level levels[] = {LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR,
                                        LEVEL_CRITICAL};
    int64_t number;

    if (!is_scalar(member) || !json_integer(member->text, &number) || number < PYTHON_STEP ||
        number > 5 * PYTHON_STEP)
        return false;
    return set_level_number(members, rule, member, number, levels[number / PYTHON_STEP - 1]);
}

/* Logback's and log4j's level_value: TRACE 5000 to ERROR 40000. */
bool take_level_java(struct members *members, const struct name_rule *rule,
                     const struct member *member)
{
    int64_t number;

    if (!is_scalar(member) || !json_integer(member->text, &number))
        return false;
    return set_level_number(members, rule, member, number,
                            number == 5000    ? LEVEL_TRACE
                            : number == 10000 ? LEVEL_DEBUG
                            : number == 20000 ? LEVEL_INFO
                            : number == 30000 ? LEVEL_WARN
                            : number == 40000 ? LEVEL_ERROR
                                              : LEVEL_NONE);
}

/* winmeta.xml: 1 critical to 5 verbose; 0 is always logged, and informational. */
bool take_level_windows(struct members *members, const struct name_rule *rule,
                        const struct member *member)
{
    static const enum level levels[] = {LEVEL_INFO, LEVEL_CRITICAL, LEVEL_ERROR,
                                        LEVEL_WARN, LEVEL_INFO,     LEVEL_TRACE};
    int64_t number;

    if (!is_scalar(member) || !json_integer(member->text, &number) || number < 0 || number > 5)
        return false;
    return set_level_number(members, rule, member, number, levels[number]);
}

bool take_outcome(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct slice text = members_text(members, member), outcome;

    if (text.len >= 7 && strncasecmp(text.data, "success", 7) == 0)
        outcome = SLICE("success");
    else if (text.len >= 4 && strncasecmp(text.data, "fail", 4) == 0)
        outcome = SLICE("failure");
    else
        return false;
    if (!members_claim(members, rule, FIELD_EVENT_OUTCOME, member))
        return false;
    record_set_text(members->record, FIELD_EVENT_OUTCOME, outcome);
    return true;
}

bool take_message(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct member without = *member;

    if (member->kind == MEMBER_STRING && member->escaped) {
        without.text = members_text(members, member);
        while (without.text.len && (without.text.data[without.text.len - 1] == '\n' ||
                                    without.text.data[without.text.len - 1] == '\r')) {
            without.text.len--;
            without.kind = MEMBER_TEXT;
        }
    }
    return take_text(members, rule, &without);
}

bool take_logger_late(struct members *members, const struct name_rule *rule,
                      const struct member *member)
{
    return record_has(members->record, FIELD_LOG_LEVEL) && take_text(members, rule, member);
}

static struct slice part(const char *start, const char *end)
{
    return (struct slice){start, (size_t)(end - start)};
}

bool take_caller(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text;
    const char *end, *colon;
    int64_t line;

    if (member->kind != MEMBER_STRING && member->kind != MEMBER_TEXT)
        return false;
    text = members_text(members, member);
    if (!members_claim(members, rule, FIELD_LOG_ORIGIN_FILE_NAME, member))
        return false;
    end = text.data + text.len;
    colon = memrchr(text.data, ':', text.len);
    if (colon && colon > text.data && json_integer(part(colon + 1, end), &line) && line >= 0) {
        record_set_long(members->record, FIELD_LOG_ORIGIN_FILE_LINE, line);
        end = colon;
    }
    record_set_text(members->record, FIELD_LOG_ORIGIN_FILE_NAME, part(text.data, end));
    return true;
}

static bool take_number_or_text(struct members *members, const struct name_rule *rule,
                                const struct member *member, enum record_field number_field,
                                enum record_field text_field)
{
    struct name_rule as = *rule;
    int64_t number;

    if (!is_scalar(member))
        return false;
    if (json_integer(member->text, &number)) {
        as.field = number_field;
        return take_long(members, &as, member);
    }
    as.field = text_field;
    return take_text(members, &as, member);
}

bool take_process(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    return take_number_or_text(members, rule, member, FIELD_PROCESS_PID, FIELD_PROCESS_NAME);
}

bool take_thread(struct members *members, const struct name_rule *rule, const struct member *member)
{
    return take_number_or_text(members, rule, member, FIELD_PROCESS_THREAD_ID,
                               FIELD_PROCESS_THREAD_NAME);
}

bool take_service(struct members *members, const struct name_rule *rule,
                  const struct member *member)
{
    struct name_rule as = *rule;

    if (member->kind == MEMBER_TEXT && member->text.data[0] >= '0' && member->text.data[0] <= '9') {
        as.field = FIELD_EVENT_DURATION;
        as.unit = 0;
        if (take_duration(members, &as, member))
            return true;
    }
    return take_text(members, rule, member);
}
