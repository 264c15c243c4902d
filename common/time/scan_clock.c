/*
 * scan_clock.c - the time of day in a time stamp.
 */
#include "common/time/scan_steps.h"

/* Behind the seconds: .5 ,123 and :123 (WebSphere, HealthApp). */
void scan_fraction(struct cursor *c, uint32_t *ns)
{
    unsigned char byte = cursor_peek(c, 0);
    struct cursor at = *c;
    int digits;

    if (byte != '.' && byte != ',' && byte != ':')
        return;
    at.p++;
    digits = cursor_count_digits(&at, 10);
    if (digits == 0 || (byte == ':' && digits != 3 && digits != 6))
        return;
    cursor_fraction(&at, ns);
    *c = at;
}

/* hhmmss or, behind a date of the same kind, hhmm. */
static bool read_compact(struct scan *scan, struct cursor *at, struct time_parts *parts)
{
    int digits = cursor_count_digits(at, 10);

    if (digits != 6 && !(scan->compact && (digits == 4 || digits == 9)))
        return false;
    parts->hour = cursor_counted(at, 2);
    parts->minute = cursor_counted(at, 2);
    if (digits == 4)
        return true;
    parts->second = cursor_counted(at, 2);
    if (digits == 9)
        return cursor_fraction(at, &parts->ns);
    scan_fraction(at, &parts->ns);
    return true;
}

static bool take_pair(struct cursor *at, char separator, int *out)
{
    if (cursor_peek(at, 0) != (unsigned char)separator || !char_is_digit(cursor_peek(at, 1)) ||
        !char_is_digit(cursor_peek(at, 2)) || char_is_digit(cursor_peek(at, 3)))
        return false;
    at->p++;
    return cursor_digits(at, 2, out);
}

static bool read_separated(struct scan *scan, struct cursor *at, struct time_parts *parts,
                           bool *seconds)
{
    char separator = ':';

    if (!cursor_number(at, 1, 2, &parts->hour))
        return false;
    if (scan->hyphen && cursor_peek(at, 0) == '.')
        separator = '.';
    scan->points = separator == '.';
    if (!take_pair(at, separator, &parts->minute))
        return false;
    *seconds = take_pair(at, separator, &parts->second);
    if (*seconds)
        scan_fraction(at, &parts->ns);
    else if (cursor_peek(at, 0) == (unsigned char)separator && char_is_digit(cursor_peek(at, 1)))
        return false;
    return true;
}

bool scan_meridiem(struct cursor *c, struct time_parts *parts)
{
    struct cursor at = *c;
    bool pm;

    if (at.p == at.end)
        return false;
    cursor_blanks(&at);
    if (!cursor_meridiem(&at, &pm))
        return false;
    parts->meridiem = pm ? PARTS_PM : PARTS_AM;
    *c = at;
    return true;
}

/* Db2's diagnostic log: +060 are minutes. */
static void take_minutes_offset(struct cursor *c, struct time_parts *parts)
{
    int sign = cursor_peek(c, 0) == '-' ? -1 : 1, minutes;
    struct cursor at = *c;

    if (!cursor_take(&at, '+') && !cursor_take(&at, '-'))
        return;
    if (cursor_count_digits(&at, 4) != 3)
        return;
    minutes = cursor_counted(&at, 3);
    parts->zone_kind = PARTS_OFFSET;
    parts->offset_s = sign * minutes * 60;
    *c = at;
}

static bool read_clock(struct scan *scan, struct cursor *at, struct time_parts *parts)
{
    bool seconds = true;

    if (!read_compact(scan, at, parts) && !read_separated(scan, at, parts, &seconds))
        return false;
    if (cursor_is_digit(at))
        return false;
    if (!scan_meridiem(at, parts) && !seconds && parts->date == PARTS_NO_DATE && !scan->whole)
        return false; /* "12:30" alone is anything */
    if (scan->points)
        take_minutes_offset(at, parts);
    return true;
}

bool scan_clock(struct scan *scan)
{
    struct time_parts *parts = &scan->parts;
    struct cursor at = scan->c;

    if (read_clock(scan, &at, parts)) {
        scan->c = at;
        return true;
    }
    parts->hour = parts->minute = parts->second = 0;
    parts->ns = 0;
    parts->meridiem = PARTS_24_HOURS;
    return false;
}
