/*
 * timestamp.h - instants in UTC, to the nanosecond: calendar, parsing, printing.
 *
 * The proleptic Gregorian calendar without leap seconds (POSIX time); years
 * 0000 to 9999. An impossible date is refused, never moved to another one.
 * Everything here is pure: no locale, no time-zone database, no allocation.
 */
#ifndef COMMON_TIMESTAMP_H
#define COMMON_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct timestamp {
    int64_t s;   /* since 1970-01-01T00:00:00Z, negative before */
    uint32_t ns; /* 0..999999999, counts forward also before 1970 */
};

struct civil {                                  /* a calendar date and a time of day */
    int year, month, day, hour, minute, second; /* month and day from 1; second up to 60 */
};

#define TIMESTAMP_TEXT_MAX 32 /* bytes that timestamp_print writes at most */

#define TIMESTAMP_S_MIN (-62167219200) /* 0000-01-01T00:00:00Z */
#define TIMESTAMP_S_MAX 253402300799   /* 9999-12-31T23:59:59Z */

#define TIMESTAMP_OFFSET_MAX (18 * 3600) /* no zone has ever been further from UTC than 15:57 */

/* Days since 1970-01-01. */
int64_t civil_days(int year, int month, int day);
struct civil civil_from_days(int64_t days);

/* Month from 1 to 12. */
int civil_month_days(int year, int month);

/*
 * False when there is no such date or time, or it is outside of the years 0000
 * to 9999 in UTC. A leap second (23:59:60, here or in UTC) is the
 * next second.
 */
bool timestamp_from_civil(const struct civil *civil, int32_t offset_s, uint32_t ns,
                          struct timestamp *out);

/* "2026-11-21T12:00:00.123Z": 3, 6 or 9 digits of a second, as many as are needed. */
size_t timestamp_print(struct timestamp time, char *out);

/* "2026.11.21", 10 bytes and a NUL: the day of an index, UTC. */
void timestamp_print_day(struct timestamp time, char out[11]);

/*
 * RFC 3339: 2026-11-21T12:00:00[.digits](Z|+hh:mm|-hh:mm), also with a blank
 * for the T, a comma for the point, +hhmm and +hh. Digits beyond the ninth are cut.
 */
bool timestamp_parse_iso(struct slice text, struct timestamp *out);

/* A minute whose text is known: times of one stream come together. Zeroed there is none. */
struct timestamp_minute {
    char text[16]; /* "2026-11-21T12:00" */
    int64_t s;     /* its first second */
    bool known;
};

/* As timestamp_parse_iso; a time of the same minute as the one before costs less. */
bool timestamp_parse_near(struct timestamp_minute *minute, struct slice text,
                          struct timestamp *out);

/* Apache's and nginx's %t and $time_local: 10/Oct/2000:13:55:36 -0700. */
bool timestamp_parse_clf(struct slice text, struct timestamp *out);

/* Milliseconds since 1970, rounded towards the past. */
static inline int64_t timestamp_ms(struct timestamp time)
{
    return time.s * 1000 + time.ns / 1000000;
}

static inline struct timestamp timestamp_from_ns(int64_t ns)
{
    int64_t s = ns / 1000000000, rest = ns % 1000000000;

    if (rest < 0) {
        rest += 1000000000;
        s--;
    }
    return (struct timestamp){s, (uint32_t)rest};
}

static inline struct timestamp timestamp_from_ms(int64_t ms)
{
    int64_t s = ms / 1000, rest = ms % 1000;

    if (rest < 0) {
        rest += 1000;
        s--;
    }
    return (struct timestamp){s, (uint32_t)rest * 1000000};
}

#endif
