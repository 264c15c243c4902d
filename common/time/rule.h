/*
 * rule.h - when clocks change every year: the TZ strings of POSIX.
 *
 * "CET-1CEST,M3.5.0,M10.5.0/3": Base Definitions 8.3, with the extension of
 * RFC 9636, 3.3.2: a change may be up to 167 hours before or after its day.
 */
#ifndef COMMON_TIME_RULE_H
#define COMMON_TIME_RULE_H

#include "common/buf.h"

#define ZONE_NAME_MAX 15 /* bytes of an abbreviation; POSIX asks for 6 */

struct zone_change { /* a day of every year, and a time of that day */
    enum { ZONE_DAY_WITHOUT_LEAP, ZONE_DAY_OF_YEAR, ZONE_DAY_OF_MONTH } kind;
    int day;         /* 1..365 never counting 29 February; 0..365; 0..6 from Sunday */
    int month, week; /* of ZONE_DAY_OF_MONTH; week 5 is the last */
    int32_t time_s;  /* on the clock that holds before the change */
};

struct zone_rule {
    char standard_name[ZONE_NAME_MAX + 1], dst_name[ZONE_NAME_MAX + 1];
    int32_t standard_s, dst_s; /* east of Greenwich is positive */
    bool has_dst;
    struct zone_change to_dst, to_standard;
};

/* False: not such a string. One that names a summer time without saying when is refused. */
bool zone_rule_parse(struct slice text, struct zone_rule *out);

/* The instants of a year's changes; to_standard may lie before to_dst. Only with has_dst. */
void zone_rule_year(const struct zone_rule *rule, int year, int64_t *to_dst, int64_t *to_standard);

#endif
