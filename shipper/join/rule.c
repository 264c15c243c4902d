/*
 * rule.c - the simple rules: patterns, indentation, time stamps.
 */
#include "shipper/join/rule.h"

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

const struct join_rule join_by_pattern = {.name = "pattern", .judge = judge_pattern};
const struct join_rule join_by_indent = {.name = "indent", .judge = judge_indent};
