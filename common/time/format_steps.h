/*
 * format_steps.h - a compiled date format.
 */
#ifndef COMMON_TIME_FORMAT_STEPS_H
#define COMMON_TIME_FORMAT_STEPS_H

#include "common/error.h"
#include "common/time/cursor.h"
#include "common/time/epoch.h"

#define FORMAT_STEPS_MAX 96

enum format_kind {
    FORMAT_LITERAL, /* the byte in `value` */
    FORMAT_BLANKS,  /* `min` blanks or more */
    FORMAT_YEAR,    /* numbers: `min` to `max` digits */
    FORMAT_SHORT_YEAR,
    FORMAT_WEEK_YEAR,
    FORMAT_MONTH,
    FORMAT_DAY,
    FORMAT_DAY_OF_YEAR,
    FORMAT_WEEK,
    FORMAT_WEEKDAY, /* 1 to 7 from Monday; 0 is Sunday as well */
    FORMAT_HOUR,
    FORMAT_HOUR_12, /* 1 to 12 */
    FORMAT_HOUR_0_11,
    FORMAT_HOUR_24, /* 1 to 24 */
    FORMAT_MINUTE,
    FORMAT_SECOND,
    FORMAT_FRACTION,
    FORMAT_POINT_FRACTION, /* with its point; may be missing */
    FORMAT_MONTH_NAME,
    FORMAT_WEEKDAY_NAME,
    FORMAT_MERIDIEM,
    FORMAT_OFFSET, /* Z or a number */
    FORMAT_ZONE,   /* whatever scan_zone reads */
    FORMAT_EPOCH,  /* the unit in `value`; digits only when `max` is 0 */
    FORMAT_TAI64,
    FORMAT_OPTIONAL, /* what follows, up to step number `value`, may be missing */
    FORMAT_OPTIONAL_END,
    FORMAT_ISO, /* names that are more than steps */
    FORMAT_RFC3339,
    FORMAT_AUTO,
};

struct format_step {
    uint8_t kind;
    uint8_t min, max;
    uint8_t value;
};

struct time_format {
    struct format_step steps[FORMAT_STEPS_MAX];
    uint8_t count;
};

/* REJECT: err says what is wrong and where, without the format itself. */
enum status format_compile(const char *text, struct time_format *out, struct error *err);

/* Used by format_compile: the two languages. `out` is empty or goes on being filled. */
enum status format_strptime(const char *text, struct time_format *out, struct error *err);
enum status format_java(const char *text, struct time_format *out, struct error *err);

/* Adds a step; false: too many. */
bool format_steps_add(struct time_format *format, enum format_kind kind, int min, int max,
                      int value);

#endif
