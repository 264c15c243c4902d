/*
 * scan_date.c - the date in a time stamp, told by its digits and separators.
 */
#include "common/time/scan_steps.h"

#include <stdlib.h>

#include "common/time/epoch.h"

#define DIGITS_MAX       20         /* that are counted */
#define AHEAD_MAX_DAYS   7          /* of the reference: a log tells of the past */
#define EPOCH_DIGITS_MIN 9          /* of a number that is a time as a whole: 1973 */
#define EPOCH_S_MAX      4102444800 /* 2100: in a message, larger numbers are something else */

static enum scan_step set_date(struct scan *scan, int year, int month, int day)
{
    scan->parts.date = PARTS_MONTH_DAY;
    scan->parts.year = year;
    scan->parts.month = month;
    scan->parts.day = day;
    return STEP_DATE;
}

/* Two numbers, of which one is the month. */
static enum scan_step set_ordered(struct scan *scan, int year, int a, int b, bool month_first)
{
    if (scan->hints->order == DATE_MONTH_FIRST)
        month_first = true;
    else if (scan->hints->order == DATE_DAY_FIRST)
        month_first = false;
    if (month_first ? a > 12 && b <= 12 : b > 12 && a <= 12)
        month_first = !month_first;
    return month_first ? set_date(scan, year, a, b) : set_date(scan, year, b, a);
}

static bool is_date(int year, int month, int day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= civil_month_days(year, month);
}

static int64_t days_ahead(const struct scan *scan, int year, int month, int day)
{
    return civil_days(year, month, day) - scan->hints->reference_s / 86400;
}

/*
 * Both 17/06/09 and 09-06-17: the year is first, or the day. Of two dates the
 * nearer one; a single one, unless it lies ahead: then it is the other, which does not exist.
 */
static bool is_year_first(const struct scan *scan, int a, int b, int c)
{
    int first = parts_full_year(a), last = parts_full_year(c);
    bool year_first = is_date(first, b, c), day_first = is_date(last, b, a);

    if (!scan->hints->has_reference)
        return year_first || !day_first;
    if (year_first && day_first)
        return llabs(days_ahead(scan, first, b, c)) <= llabs(days_ahead(scan, last, b, a));
    if (year_first)
        return days_ahead(scan, first, b, c) <= AHEAD_MAX_DAYS;
    return !day_first || days_ahead(scan, last, b, a) > AHEAD_MAX_DAYS;
}

static enum scan_step set_year_or_day_first(struct scan *scan, int a, int b, int c)
{
    return is_year_first(scan, a, b, c) ? set_date(scan, parts_full_year(a), b, c)
                                        : set_date(scan, parts_full_year(c), b, a);
}

/* Three numbers of two digits; scan.h has the rule. */
static enum scan_step set_short(struct scan *scan, char separator, int a, int b, int c)
{
    enum date_order order = scan->hints->order;

    if (order == DATE_YEAR_FIRST || a > 31)
        return set_date(scan, parts_full_year(a), b, c);
    if (order != DATE_ORDER_DEFAULT || separator == '.')
        return set_ordered(scan, parts_full_year(c), a, b, false);
    if (separator == '/' && a <= 12)
        return set_date(scan, parts_full_year(c), a, b);
    return set_year_or_day_first(scan, a, b, c);
}

/* "Www[-]D" behind the year. */
static enum scan_step week_date(struct scan *scan, int year)
{
    struct cursor *c = &scan->c;
    int week, day;

    c->p++;
    if (!cursor_digits(c, 2, &week))
        return STEP_NONE;
    cursor_take(c, '-');
    if (!cursor_digits(c, 1, &day))
        return STEP_NONE;
    scan->parts.date = PARTS_WEEK_DAY;
    scan->parts.year = year;
    scan->parts.week = week;
    scan->parts.weekday = day;
    return STEP_DATE;
}

static enum scan_step ordinal_date(struct scan *scan, int year)
{
    if (!cursor_digits(&scan->c, 3, &scan->parts.day_of_year))
        return STEP_NONE;
    scan->parts.date = PARTS_DAY_OF_YEAR;
    scan->parts.year = year;
    return STEP_DATE;
}

/* "2026-": at the separator. */
static enum scan_step year_first(struct scan *scan, int year)
{
    struct cursor *c = &scan->c;
    char separator = *c->p;
    int month, day;

    if (separator == ' ')
        cursor_blanks(c);
    else
        c->p++;
    if (separator == '-' && cursor_peek(c, 0) == 'W')
        return week_date(scan, year);
    if (cursor_is_letter(c)) {
        if (!cursor_month(c, &month) ||
            !(separator == ' ' ? cursor_blanks(c) : cursor_take(c, separator)) ||
            !cursor_number(c, 1, 2, &day))
            return STEP_NONE;
        return set_date(scan, year, month, day);
    }
    if (separator == ' ')
        return STEP_NONE;
    if (separator == '-' && cursor_count_digits(c, 4) == 3)
        return ordinal_date(scan, year);
    if (!cursor_number(c, 1, 2, &month) || !cursor_take(c, separator) ||
        !cursor_number(c, 1, 2, &day))
        return STEP_NONE;
    return set_date(scan, year, month, day);
}

/* A year behind "21-Nov-": four digits, or two that are no hour. */
static bool take_year(struct cursor *c, int *year)
{
    int digits = cursor_count_digits(c, 5);

    if (digits == 4)
        return cursor_digits(c, 4, year);
    if (digits != 2 || cursor_peek(c, 2) == ':')
        return false;
    *year = parts_full_year(cursor_counted(c, 2));
    return true;
}

bool scan_month_year(struct scan *scan, int day)
{
    struct cursor at = scan->c, behind;
    int month, year = PARTS_NO_YEAR;

    cursor_take(&at, '.'); /* "21. November" */
    if (!cursor_take(&at, '-') && !cursor_take(&at, '/'))
        cursor_blanks(&at);
    if (!cursor_month(&at, &month))
        return false;
    behind = at;
    if (cursor_take(&behind, '-') || cursor_take(&behind, '/') || cursor_take(&behind, ',') ||
        cursor_blanks(&behind) || cursor_is_digit(&behind)) {
        cursor_blanks(&behind);
        if (take_year(&behind, &year))
            at = behind;
    }
    scan->worded = true;
    scan->c = at;
    set_date(scan, year, month, day);
    return true;
}

/* "11/21/2026", "21.11.26", "11-21 12:00": at the first separator. */
static enum scan_step day_and_month(struct scan *scan, int a)
{
    struct cursor *c = &scan->c;
    char separator = *c->p++;
    int b, year, digits;

    if (!cursor_number(c, 1, 2, &b) || cursor_is_digit(c))
        return STEP_NONE;
    if (cursor_peek(c, 0) == (unsigned char)separator && char_is_digit(cursor_peek(c, 1))) {
        c->p++;
        digits = cursor_count_digits(c, 5);
        if (digits != 4 && digits != 2)
            return STEP_NONE;
        year = cursor_counted(c, digits);
        return digits == 2 ? set_short(scan, separator, a, b, year)
                           : set_ordered(scan, year, a, b, separator == '/');
    }
    if (scan->whole)
        return STEP_NONE;                        /* "11/21" may be a fraction */
    if (separator == '.' && cursor_take(c, '.')) /* "21.11. 12:00:00" */
        return set_ordered(scan, PARTS_NO_YEAR, a, b, false);
    return set_ordered(scan, PARTS_NO_YEAR, a, b, true);
}

/* "20261121", "20261121120000[123]". */
static enum scan_step compact_date(struct scan *scan, int digits)
{
    struct cursor *c = &scan->c;
    struct time_parts *parts = &scan->parts;
    int year = cursor_counted(c, 4), month = cursor_counted(c, 2), day = cursor_counted(c, 2);

    scan->compact = true;
    if (digits > 8 && (year < 1900 || year > 2100))
        return STEP_NONE; /* an epoch, or any number */
    if (digits > 8 && !scan->whole && !is_date(year, month, day))
        return STEP_NONE;
    set_date(scan, year, month, day);
    if (digits == 8)
        return STEP_DATE;
    parts->hour = cursor_counted(c, 2);
    parts->minute = cursor_counted(c, 2);
    parts->second = cursor_counted(c, 2);
    if (digits > 14 || (cursor_peek(c, 0) == '.' && char_is_digit(cursor_peek(c, 1)))) {
        cursor_take(c, '.');
        cursor_fraction(c, &parts->ns);
    }
    return scan->whole || (parts->hour < 24 && parts->minute < 60 && parts->second <= 60)
               ? STEP_TIME
               : STEP_NONE;
}

/* "261121 12:00:00": one blank before the hour or, before 10 o'clock, two. */
static enum scan_step short_compact_date(struct scan *scan)
{
    int year, month, day;

    if (cursor_peek(&scan->c, 6) != ' ')
        return STEP_NONE;
    year = parts_full_year(cursor_counted(&scan->c, 2));
    month = cursor_counted(&scan->c, 2);
    day = cursor_counted(&scan->c, 2);
    return is_date(year, month, day) ? set_date(scan, year, month, day) : STEP_NONE;
}

static enum scan_step epoch(struct scan *scan, enum epoch_unit unit)
{
    if (!cursor_epoch(&scan->c, unit, &scan->parts.instant) ||
        (!scan->whole && scan->parts.instant.s >= EPOCH_S_MAX))
        return STEP_NONE;
    scan->parts.is_instant = true;
    return STEP_TIME;
}

static enum scan_step long_number(struct scan *scan, int digits)
{
    struct scan start = *scan;

    if (digits == 8 || digits == 14 || digits == 17 || digits == 20) {
        enum scan_step step = compact_date(scan, digits);

        if (step != STEP_NONE)
            return step;
        *scan = start;
    }
    if (scan->whole && digits >= EPOCH_DIGITS_MIN)
        return epoch(scan, EPOCH_AUTO);
    switch (digits) {
    case 10:
        return epoch(scan, EPOCH_S);
    case 13:
        return epoch(scan, EPOCH_MS);
    case 16:
        return epoch(scan, EPOCH_US);
    case 19:
        return epoch(scan, EPOCH_NS);
    default:
        return STEP_NONE;
    }
}

/* One or two digits: a day, a month, an hour. */
static enum scan_step short_number(struct scan *scan, int digits)
{
    struct cursor start = scan->c;
    int number;
    unsigned char next;

    number = cursor_counted(&scan->c, digits);
    next = cursor_peek(&scan->c, 0);
    if (next == ':') {
        scan->c = start;
        return !scan->weekday && scan_clock(scan) ? STEP_TIME : STEP_NONE;
    }
    if (char_is_digit(cursor_peek(&scan->c, 1)) && (next == '/' || next == '-' || next == '.'))
        return day_and_month(scan, number);
    return scan_month_year(scan, number) ? STEP_DATE : STEP_NONE;
}

enum scan_step scan_digits(struct scan *scan)
{
    int digits = cursor_count_digits(&scan->c, DIGITS_MAX + 1), year;
    unsigned char next;

    switch (digits) {
    case 4:
        year = cursor_counted(&scan->c, 4);
        next = cursor_peek(&scan->c, 0);
        if (next == 'W') {
            scan->compact = true;
            return week_date(scan, year);
        }
        return next == '-' || next == '/' || next == '.' || next == ' ' || next == ':'
                   ? year_first(scan, year)
                   : STEP_NONE;
    case 1:
    case 2:
        return short_number(scan, digits);
    case 6:
        return short_compact_date(scan);
    case 7: /* 2026325T120000Z */
        if (cursor_peek(&scan->c, 7) != 'T')
            return STEP_NONE;
        scan->compact = true;
        year = cursor_counted(&scan->c, 4);
        return ordinal_date(scan, year);
    default:
        return long_number(scan, digits);
    }
}

/* Informational, warning, error, fatal, and the verbose letters of other users. */
static enum scan_step glog(struct scan *scan)
{
    struct cursor *c = &scan->c;
    int digits, year = PARTS_NO_YEAR, month, day;

    c->p++;
    digits = cursor_count_digits(c, 9);
    if ((digits != 4 && digits != 8) || cursor_peek(c, (size_t)digits) != ' ')
        return STEP_NONE;
    if (digits == 8)
        year = cursor_counted(c, 4);
    month = cursor_counted(c, 2);
    day = cursor_counted(c, 2);
    return set_date(scan, year, month, day);
}

/* Behind "Nov 21": a year, unless a time comes first. */
static void year_behind_day(struct scan *scan)
{
    struct cursor at = scan->c;

    cursor_take(&at, ',');
    if (!cursor_blanks(&at) && !cursor_take(&at, '-') && !cursor_take(&at, '/') &&
        at.p == scan->c.p)
        return;
    if (cursor_count_digits(&at, 5) != 4 || cursor_peek(&at, 4) == ':')
        return;
    scan->parts.year = cursor_counted(&at, 4);
    scan->c = at;
}

enum scan_step scan_words(struct scan *scan)
{
    struct cursor *c = &scan->c;
    int day, month;

    if (char_is_digit(cursor_peek(c, 1)))
        return strchr("IWEFDV", *c->p) ? glog(scan) : STEP_NONE;
    if (cursor_weekday(c, &day)) {
        scan->weekday = true;
        if (!cursor_take(c, ',') && !cursor_take(c, '.') && cursor_blank(c) == 0)
            return STEP_NONE;
        cursor_blanks(c);
        if (cursor_is_digit(c))
            return scan_digits(scan);
    }
    if (!cursor_month(c, &month))
        return STEP_NONE;
    if (!cursor_blanks(c) && !cursor_take(c, '-') && !cursor_take(c, '/'))
        return STEP_NONE;
    if (!cursor_number(c, 1, 2, &day) || cursor_is_digit(c))
        return STEP_NONE;
    set_date(scan, PARTS_NO_YEAR, month, day);
    scan->worded = true;
    year_behind_day(scan);
    return STEP_DATE;
}
