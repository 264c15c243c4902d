/*
 * parts.h - what was read of a time, before it is an instant.
 *
 * Readers (scan.c, format.c) fill it in and know nothing of calendars and
 * zones; parts_resolve puts in what the text left out and finds the instant.
 */
#ifndef COMMON_TIME_PARTS_H
#define COMMON_TIME_PARTS_H

#include "common/time/hints.h"

enum parts_date { PARTS_NO_DATE, PARTS_MONTH_DAY, PARTS_DAY_OF_YEAR, PARTS_WEEK_DAY };
enum parts_zone { PARTS_NO_ZONE, PARTS_OFFSET, PARTS_ABBREVIATION, PARTS_ZONE };
enum parts_meridiem { PARTS_24_HOURS, PARTS_AM, PARTS_PM };

#define PARTS_NO_YEAR (-1)

struct time_parts {
    bool is_instant; /* an epoch: only `instant` counts */
    struct timestamp instant;

    enum parts_date date;
    int year;          /* or PARTS_NO_YEAR */
    int month, day;    /* of PARTS_MONTH_DAY */
    int day_of_year;   /* 1..366 */
    int week, weekday; /* ISO 8601: 1..53, 1..7 from Monday */

    int hour, minute, second;
    uint32_t ns;
    enum parts_meridiem meridiem;

    enum parts_zone zone_kind;
    int32_t offset_s;             /* also what an abbreviation usually means */
    struct slice abbreviation;    /* as it stands in the text */
    const struct time_zone *zone; /* of PARTS_ZONE */
};

#define PARTS_INIT ((struct time_parts){.year = PARTS_NO_YEAR})

/* "26" is 2026, "69" is 1969. */
int parts_full_year(int two_digits);

/* Writes all of `found` but len. ABSENT is no answer of it. */
enum timestamp_result parts_resolve(const struct time_parts *parts,
                                    const struct timestamp_hints *hints,
                                    struct timestamp_found *found);

#endif
