/*
 * rule.c - the simple rules: patterns, indentation, time stamps.
 */
#include "shipper/join/rule.h"

#include "common/time/scan.h"
#include "shipper/pattern.h"

static bool matches(struct pattern *pattern, struct slice line)
{
    return pattern && pattern_match(pattern, line, 0);
}

/* With several patterns: the end completes, then the start begins, then the rest goes on. */
static enum join_verdict judge_pattern(struct pattern *const patterns[3], struct join_group *group,
                                       struct slice line)
{
    bool first = group->lines == 0;

    if (!first && matches(patterns[PATTERN_START], line))
        return JOIN_OTHER;
    if (!first && patterns[PATTERN_CONTINUE] && !matches(patterns[PATTERN_CONTINUE], line) &&
        !matches(patterns[PATTERN_END], line))
        return JOIN_OTHER;
    return matches(patterns[PATTERN_END], line) ? JOIN_LAST : JOIN_MORE;
}

static enum join_verdict judge_indent(struct pattern *const patterns[3], struct join_group *group,
                                      struct slice line)
{
    (void)patterns;
    return group->lines == 0 || (line.len && (line.data[0] == ' ' || line.data[0] == '\t'))
               ? JOIN_MORE
               : JOIN_OTHER;
}

/* The line begins with a time of day and date, in brackets or not; which one does not matter. */
static enum join_verdict judge_timestamp(struct pattern *const patterns[3],
                                         struct join_group *group, struct slice line)
{
    static const struct timestamp_hints any_year = {.has_reference = true};
    struct timestamp_found found;

    (void)patterns;
    return group->lines && timestamp_scan(line, &any_year, &found) != TIMESTAMP_ABSENT ? JOIN_OTHER
                                                                                       : JOIN_MORE;
}

const struct join_rule join_by_timestamp = {.name = "timestamp", .judge = judge_timestamp};
const struct join_rule join_by_pattern = {.name = "pattern", .judge = judge_pattern};
const struct join_rule join_by_indent = {.name = "indent", .judge = judge_indent};
