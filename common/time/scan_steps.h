/*
 * scan_steps.h - the steps of a scan: date, time of day, zone.
 *
 * Each moves the cursor over what it reads, or leaves it and the parts alone.
 */
#ifndef COMMON_TIME_SCAN_STEPS_H
#define COMMON_TIME_SCAN_STEPS_H

#include "common/time/cursor.h"
#include "common/time/parts.h"

enum scan_step {
    STEP_NONE, /* nothing that is known */
    STEP_DATE, /* a date; its time of day comes next */
    STEP_TIME, /* a time of day is read, too */
};

struct scan {
    struct cursor c;
    struct time_parts parts;
    const struct timestamp_hints *hints;
    bool whole;   /* the text is nothing but a time */
    bool compact; /* a date without separators: so may be its time */
    bool worded;  /* a month's name: the year may come last */
    bool weekday; /* a day's name in front */
    bool hyphen;  /* between date and time: points may be in the time (Db2) */
    bool points;  /* are in it */
    bool unknown; /* a zone that nobody knows */
};

/* The text without the blanks and line ends around it. */
struct slice timestamp_trim(struct slice text);

/* At a digit. */
enum scan_step scan_digits(struct scan *scan);

/* At a letter. */
enum scan_step scan_words(struct scan *scan);

/* "21Nov2026", "21/Nov/26", "21 Nov": from behind the day; false: no month here. */
bool scan_month_year(struct scan *scan, int day);

/* h:mm[:ss[.f]] [AM], hhmmss. */
bool scan_clock(struct scan *scan);

/* ".5", ",123" or ":123" behind seconds; nothing is fine. */
void scan_fraction(struct cursor *c, uint32_t *ns);

/* AM or PM with the blank before it; false: none. */
bool scan_meridiem(struct cursor *c, struct time_parts *parts);

/*
 * "2026-11-21 12:00:00.123", in one go since most lines begin so; also with / . T _
 * False: something else, perhaps of the same kind.
 */
bool scan_plain(struct scan *scan);

/* Whatever names a zone, with the blank before it. Reading nothing is fine. */
void scan_zone(struct scan *scan);

#endif
