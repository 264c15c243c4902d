/*
 * format.c - runs compiled date formats.
 */
#include "common/time/format.h"

#include <stdlib.h>

#include "common/time/format_steps.h"
#include "common/time/parts.h"
#include "common/time/scan.h"
#include "common/time/scan_steps.h"

#define FORMATS_MAX 64

struct time_formats {
    size_t count;
    struct time_format list[];
};

struct run {
    struct scan scan;  /* the cursor and the parts; scan_zone works on it */
    bool whole;        /* the text has nothing but the time */
    bool any;          /* a date or a time was read; all may be optional */
    bool negative;     /* seconds before 1970, also -0 */
    bool out_of_range; /* the form is right, a number is not */
    bool ready;        /* `found` is the answer of another reader */
    struct timestamp_found found;
};

void time_formats_close(struct time_formats *formats)
{
    free(formats);
}

enum status time_formats_open(const char *const *formats, size_t count, struct time_formats **out,
                              struct error *err)
{
    struct time_formats *made;

    if (count == 0 || count > FORMATS_MAX)
        return error_set(err, REJECT, "1 to %d date formats are possible, not %zu", FORMATS_MAX,
                         count);
    made = calloc(1, sizeof(*made) + count * sizeof(made->list[0]));
    if (!made)
        return error_set(err, FATAL, "out of memory");
    made->count = count;
    for (size_t i = 0; i < count; i++) {
        if (strlen(formats[i]) > TIME_FORMAT_MAX)
            error_set(err, REJECT, "a date format has at most %d bytes", TIME_FORMAT_MAX);
        else if (!format_compile(formats[i], &made->list[i], err))
            continue;
        else
            error_prefix(err, "date format '%s'", formats[i]);
        free(made);
        return REJECT;
    }
    *out = made;
    return OK;
}

static bool in_range(struct run *run, int value, int low, int high)
{
    if (value < low || value > high)
        run->out_of_range = true;
    return true;
}

static void set_month(struct time_parts *parts, int month)
{
    parts->date = PARTS_MONTH_DAY;
    parts->month = month;
    if (parts->day == 0)
        parts->day = 1;
}

/* A number that a date or a time of day has. */
static bool put_number(struct run *run, const struct format_step *step, int value)
{
    struct time_parts *parts = &run->scan.parts;

    run->any = true;
    switch (step->kind) {
    case FORMAT_YEAR:
    case FORMAT_SHORT_YEAR:
        parts->year = step->kind == FORMAT_YEAR ? value : parts_full_year(value);
        if (parts->date == PARTS_NO_DATE)
            set_month(parts, 1); /* nothing but a year is its beginning */
        return true;
    case FORMAT_WEEK_YEAR:
        parts->year = value;
        parts->date = PARTS_WEEK_DAY;
        return true;
    case FORMAT_MONTH:
        set_month(parts, value);
        return true;
    case FORMAT_DAY:
        parts->day = value;
        return in_range(run, value, 1, 31);
    case FORMAT_DAY_OF_YEAR:
        parts->date = PARTS_DAY_OF_YEAR;
        parts->day_of_year = value;
        return true;
    case FORMAT_WEEK:
        parts->week = value;
        return true;
    case FORMAT_WEEKDAY:
        parts->weekday = value == 0 ? 7 : value;
        return in_range(run, value, 0, 7);
    case FORMAT_HOUR:
        parts->hour = value;
        return true;
    case FORMAT_HOUR_12:
        parts->hour = value;
        return in_range(run, value, 1, 12);
    case FORMAT_HOUR_0_11:
        parts->hour = value;
        return in_range(run, value, 0, 11);
    case FORMAT_HOUR_24:
        parts->hour = value % 24;
        return in_range(run, value, 1, 24);
    case FORMAT_MINUTE:
        parts->minute = value;
        return true;
    default:
        parts->second = value;
        return true;
    }
}

static bool read_number(struct run *run, const struct format_step *step)
{
    struct cursor *c = &run->scan.c;
    int value;

    if (step->kind == FORMAT_DAY || step->kind == FORMAT_HOUR || step->kind == FORMAT_HOUR_12)
        cursor_blanks(c); /* padded with a blank */
    return cursor_number(c, step->min, step->max, &value) && put_number(run, step, value);
}

static bool read_fraction(struct run *run, const struct format_step *step)
{
    struct time_parts *parts = &run->scan.parts;
    struct cursor *c = &run->scan.c, part = *c;
    uint32_t ns;

    if (step->kind == FORMAT_POINT_FRACTION) {
        if (cursor_peek(c, 0) != '.' && cursor_peek(c, 0) != ',')
            return true;
        c->p++;
        part = *c;
    }
    if (step->max != 0) {
        if (cursor_count_digits(c, step->max) < step->max)
            return false;
        part.end = part.p + step->max;
    }
    if (!cursor_fraction(&part, &ns))
        return false;
    c->p = part.p;
    if (!parts->is_instant) {
        parts->ns = ns;
    } else if (!run->negative) {
        parts->instant.ns = ns;
    } else if (ns > 0) { /* "-1.5" is half a second before -1 */
        parts->instant.s--;
        parts->instant.ns = 1000000000 - ns;
    }
    return true;
}

static bool read_epoch(struct run *run, const struct format_step *step)
{
    struct cursor *c = &run->scan.c, part = *c;

    run->negative = cursor_peek(c, 0) == '-';
    if (step->max == 0) {
        part.end = part.p;
        part.end += run->negative;
        while (part.end < c->end && char_is_digit((unsigned char)*part.end))
            part.end++;
    }
    if (!cursor_epoch(&part, step->value, &run->scan.parts.instant))
        return false;
    c->p = part.p;
    run->scan.parts.is_instant = run->any = true;
    return true;
}

/* Behind %z and X there is a zone or no match; %Z and z know names as well. */
static bool read_zone(struct run *run, const struct format_step *step)
{
    struct scan *scan = &run->scan;
    struct cursor start = scan->c;

    if (cursor_blank(&start) > 0)
        return false;
    scan_zone(scan);
    if (scan->parts.zone_kind == PARTS_NO_ZONE)
        return false;
    return step->kind == FORMAT_ZONE || scan->parts.zone_kind == PARTS_OFFSET;
}

static bool read_blanks(struct cursor *c, int min)
{
    bool any = cursor_blanks(c);

    while (c->p < c->end && (*c->p == '\n' || *c->p == '\r'))
        c->p++;
    return any || min == 0;
}

/* "2026-11-21", "20261121T120000": what the scanner knows, and nothing else of it. */
static bool looks_iso(const struct cursor *c)
{
    int digits = cursor_count_digits(c, 9);
    unsigned char next = cursor_peek(c, (size_t)digits);

    return (digits == 4 && (next == '-' || next == 'W')) ||
           ((digits == 7 || digits == 8) && (next == 'T' || next == 0));
}

/* The formats that are no steps: the scanner reads them. */
static bool read_other(struct run *run, const struct format_step *step)
{
    struct cursor *c = &run->scan.c;
    struct slice rest = {c->p, (size_t)(c->end - c->p)};
    struct timestamp time;
    enum timestamp_result result;

    if (step->kind == FORMAT_ISO && !looks_iso(c))
        return false;
    result = run->whole ? timestamp_read(rest, run->scan.hints, &run->found)
                        : timestamp_scan(rest, run->scan.hints, &run->found);
    if (result == TIMESTAMP_ABSENT)
        return false;
    run->ready = run->any = true;
    run->out_of_range = result == TIMESTAMP_IMPOSSIBLE;
    c->p = run->out_of_range ? c->end : c->p + run->found.len;
    rest.len = (size_t)(c->p - rest.data);
    return step->kind != FORMAT_RFC3339 || run->out_of_range || timestamp_parse_iso(rest, &time);
}

static bool run_step(struct run *run, const struct format_step *step)
{
    struct time_parts *parts = &run->scan.parts;
    struct cursor *c = &run->scan.c;
    int number;
    bool pm;

    switch (step->kind) {
    case FORMAT_LITERAL:
        return cursor_take(c, (char)step->value);
    case FORMAT_BLANKS:
        return read_blanks(c, step->min);
    case FORMAT_FRACTION:
    case FORMAT_POINT_FRACTION:
        return read_fraction(run, step);
    case FORMAT_MONTH_NAME:
        if (!cursor_month(c, &number))
            return false;
        set_month(parts, number);
        run->any = true;
        return true;
    case FORMAT_WEEKDAY_NAME:
        return cursor_weekday(c, &number);
    case FORMAT_MERIDIEM:
        if (!cursor_meridiem(c, &pm))
            return false;
        parts->meridiem = pm ? PARTS_PM : PARTS_AM;
        return true;
    case FORMAT_OFFSET:
    case FORMAT_ZONE:
        return read_zone(run, step);
    case FORMAT_EPOCH:
        return read_epoch(run, step);
    case FORMAT_TAI64:
        parts->is_instant = run->any = true;
        return cursor_tai64(c, &parts->instant);
    case FORMAT_ISO:
    case FORMAT_RFC3339:
    case FORMAT_AUTO:
        return read_other(run, step);
    default:
        return read_number(run, step);
    }
}

/* Steps [from, to). An optional part that does not fit leaves no trace. */
static bool run_steps(struct run *run, const struct time_format *format, int from, int to)
{
    for (int i = from; i < to; i++) {
        const struct format_step *step = &format->steps[i];

        if (step->kind == FORMAT_OPTIONAL) {
            struct run before = *run;

            if (!run_steps(run, format, i + 1, step->value - 1))
                *run = before;
            i = step->value - 1;
        } else if (step->kind != FORMAT_OPTIONAL_END && !run_step(run, step)) {
            return false;
        }
    }
    return true;
}

/* A number that was cut in two is no match. */
static bool ends_here(const struct run *run, const char *start)
{
    const struct cursor *c = &run->scan.c;

    if (run->whole)
        return c->p == c->end;
    return c->p == start || !char_is_digit((unsigned char)c->p[-1]) || !cursor_is_digit(c);
}

static enum timestamp_result run_format(const struct time_format *format, struct slice text,
                                        const struct timestamp_hints *hints, bool whole,
                                        struct timestamp_found *found)
{
    struct run run = {.scan = {.c = cursor_of(text), .parts = PARTS_INIT, .hints = hints},
                      .whole = whole};
    const char *start = run.scan.c.p;
    enum timestamp_result result;
    size_t len;

    if (!run_steps(&run, format, 0, format->count) || !run.any || !ends_here(&run, start))
        return TIMESTAMP_ABSENT;
    if (run.out_of_range || run.scan.unknown)
        return TIMESTAMP_IMPOSSIBLE;
    len = (size_t)(run.scan.c.p - start);
    result = run.ready ? TIMESTAMP_FOUND : parts_resolve(&run.scan.parts, hints, &run.found);
    if (result == TIMESTAMP_FOUND) {
        *found = run.found;
        found->len = len;
    }
    return result;
}

static enum timestamp_result run_formats(const struct time_formats *formats, struct slice text,
                                         const struct timestamp_hints *hints, bool whole,
                                         struct timestamp_found *found)
{
    enum timestamp_result answer = TIMESTAMP_ABSENT;

    for (size_t i = 0; i < formats->count; i++) {
        enum timestamp_result result = run_format(&formats->list[i], text, hints, whole, found);

        if (result == TIMESTAMP_FOUND)
            return result;
        if (result == TIMESTAMP_IMPOSSIBLE)
            answer = result;
    }
    return answer;
}

enum timestamp_result time_formats_read(const struct time_formats *formats, struct slice text,
                                        const struct timestamp_hints *hints,
                                        struct timestamp_found *found)
{
    return run_formats(formats, timestamp_trim(text), hints, true, found);
}

enum timestamp_result time_formats_scan(const struct time_formats *formats, struct slice text,
                                        const struct timestamp_hints *hints,
                                        struct timestamp_found *found)
{
    return run_formats(formats, text, hints, false, found);
}
