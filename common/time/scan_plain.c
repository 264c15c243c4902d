/*
 * scan_plain.c - the form that most time stamps have.
 *
 * What scan_date.c and scan_clock.c would say of it, without asking what else it may be.
 */
#include "common/time/scan_steps.h"

#define PLAIN_LEN 19 /* 2026-11-21 12:00:00 */

/* Two digits as a number; a sum of what is wrong with them in *bad. */
static int pair(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned char)p[0] - (unsigned)'0', ones = (unsigned char)p[1] - (unsigned)'0';

    *bad |= (tens > 9) | (ones > 9);
    return (int)(tens * 10 + ones);
}

static bool has_shape(const char *p)
{
    char date = p[4], between = p[10];

    return (date == '-' || date == '/' || date == '.') && p[7] == date &&
           (between == ' ' || between == 'T' || between == '_') && p[13] == ':' && p[16] == ':';
}

bool scan_plain(struct scan *scan)
{
    struct time_parts *parts = &scan->parts;
    const char *p = scan->c.p;
    unsigned bad = 0;
    int year, month, day, hour, minute, second;

    if (scan->c.end - p < PLAIN_LEN || !has_shape(p))
        return false;
    year = pair(p, &bad) * 100 + pair(p + 2, &bad);
    month = pair(p + 5, &bad);
    day = pair(p + 8, &bad);
    hour = pair(p + 11, &bad);
    minute = pair(p + 14, &bad);
    second = pair(p + 17, &bad);
    if (bad || char_is_digit(cursor_peek(&scan->c, PLAIN_LEN)))
        return false;
    parts->date = PARTS_MONTH_DAY;
    parts->year = year;
    parts->month = month;
    parts->day = day;
    parts->hour = hour;
    parts->minute = minute;
    parts->second = second;
    scan->c.p += PLAIN_LEN;
    scan_fraction(&scan->c, &parts->ns);
    scan_meridiem(&scan->c, parts);
    return true;
}
