/*
 * hints.h - what a text does not say of its own time, and what came of it.
 *
 * A date without a year is the one nearest to the reference time (the time of
 * reading, or the file's own), in the zone of the log, but never more than a
 * week after it: a log tells of the past, so "Mar 1" read in November is not next
 * year's. A time without a date is on the nearest day, at most two hours after the reference.
 * Two-digit years are 1969 to 2068, as strptime(3) has them.
 */
#ifndef COMMON_TIME_HINTS_H
#define COMMON_TIME_HINTS_H

#include "common/time/zone.h"
#include "common/timestamp.h"

/*
 * Which number of 11/12/2026 is the month. A number above 12 decides by itself.
 * DEFAULT: after the custom that goes with the separator: month first with
 * slashes, day first with points and hyphens; of two-digit years see scan.h.
 */
enum date_order { DATE_ORDER_DEFAULT, DATE_MONTH_FIRST, DATE_DAY_FIRST, DATE_YEAR_FIRST };

/*
 * The last time that was resolved: lines of the same second need no calendar.
 * All zero to begin with, and again when a zone of the hints is closed. One thread.
 */
struct timestamp_memo {
    struct timestamp_memo_key {
        const struct time_zone *zone, *named;
        int64_t reference_s;
        int32_t date, year, month, day, clock, zone_kind, offset_s;
        char abbreviation[12]; /* as long as leaves no gap: keys are compared as bytes */
    } key;
    bool filled;
    int64_t s;
    int32_t offset_s;
};

struct timestamp_hints {          /* all zero: UTC, no reference */
    const struct time_zone *zone; /* of times that do not say theirs; NULL: UTC */
    struct time_zones *zones;     /* to look up zones that a text names; NULL: such texts fail */
    bool has_reference;           /* without: a date without a year is refused */
    int64_t reference_s;
    enum date_order order;
    struct timestamp_memo *memo; /* NULL: none */
};

enum timestamp_result {
    TIMESTAMP_FOUND = 0,
    TIMESTAMP_ABSENT,     /* nothing of the kind here */
    TIMESTAMP_IMPOSSIBLE, /* a time by its form, but there is no such date, time or zone */
};

struct timestamp_found {
    struct timestamp time;
    size_t len;       /* bytes of the text that it took, brackets included */
    int32_t offset_s; /* of the clock that wrote it, from UTC */
    bool has_zone;    /* the text says its zone; otherwise it is of the hints */
    bool has_date, has_year;
};

#endif
