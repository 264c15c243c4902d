/*
 * table.h - a time zone in memory: periods in which its offset stays the same.
 *
 * Period 0 has no beginning. What a rule says of later years is written out
 * up to `horizon`; behind it the rule is asked.
 */
#ifndef COMMON_TIME_TABLE_H
#define COMMON_TIME_TABLE_H

#include "common/error.h"
#include "common/time/rule.h"
#include "common/time/zone.h"

#define ZONE_RULE_PERIODS 410 /* that a rule writes out at most: 1900 to 2100 and a little */

#define ZONE_NAMES_MAX 320 /* bytes: 256 of a file's, and two of a rule's */

struct zone_period {
    int32_t offset_s;
    bool dst;
    uint16_t name; /* where its abbreviation begins in names */
};

struct zone_table {
    int64_t *starts;     /* of each period but the first, in UTC */
    int64_t *local_ends; /* of each period but the last, on its clocks, see zone_table_seal */
    struct zone_period *periods;
    size_t count, cap; /* periods; one at least */
    char names[ZONE_NAMES_MAX];
    size_t names_len;
    bool has_rule; /* clocks go on changing; a rule without summer time is a last period */
    struct zone_rule rule;
    struct zone_period standard, dst; /* the rule's two */
    int64_t horizon;                  /* from here on the rule is asked */
};

/* False: out of memory. */
bool zone_table_init(struct zone_table *table, size_t cap);
void zone_table_release(struct zone_table *table);

/* Where the abbreviation stands in names, written there if it was not; false: no room. */
bool zone_table_name(struct zone_table *table, const char *name, uint16_t *at);

/*
 * Adds a period; its start is after all others, or equal to the last one's,
 * which it then replaces. The first call's start is not looked at.
 */
void zone_table_add(struct zone_table *table, int64_t start, struct zone_period period);

/*
 * Writes out the changes of `rule` (NULL: none) from `after` on, at the earliest
 * from 1900, and makes the table ready to be searched. False: no room for its names.
 */
bool zone_table_seal(struct zone_table *table, const struct zone_rule *rule, int64_t after);

/* What holds at an instant, and when a local time is read (zone.h has the rule). */
struct zone_period zone_table_at(const struct zone_table *table, int64_t s);
struct zone_period zone_table_at_local(const struct zone_table *table, int64_t local_s);

/* Fills `table` from a TZif file; to be released also when it fails. Seals it. */
enum status tzif_read(struct slice file, struct zone_table *table, struct error *err);

#endif
