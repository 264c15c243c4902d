/*
 * rule.h - which lines belong together.
 *
 * A rule looks at one line after the other. Rules that need only a look at the
 * line itself ignore the group's state.
 */
#ifndef SHIPPER_JOIN_RULE_H
#define SHIPPER_JOIN_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct pattern;

enum join_verdict {
    JOIN_OTHER, /* begins another event */
    JOIN_MORE,  /* belongs to it; more may follow */
    JOIN_LAST,  /* belongs to it and completes it */
};

struct join_group {
    uint32_t lines; /* so far; 0: the line is the first one and belongs to it anyway */
    unsigned state; /* of the rule; 0 at first */
};

struct join_rule {
    const char *name; /* `type:` in shipper.yaml */
    enum join_verdict (*judge)(struct pattern *const patterns[3], struct join_group *group,
                               struct slice line);
};

enum { PATTERN_START, PATTERN_CONTINUE, PATTERN_END }; /* of `patterns`; NULL: not given */

extern const struct join_rule join_by_pattern, join_by_indent, join_by_timestamp, join_by_trace;

#endif
