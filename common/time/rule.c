/*
 * rule.c - when clocks change every year: the TZ strings of POSIX.
 */
#include "common/time/rule.h"

#include "common/time/cursor.h"
#include "common/timestamp.h"

#define DAY_S     86400
#define HOURS_MAX 167 /* RFC 9636; POSIX itself has 24 */

/* Three letters or more, or anything of an abbreviation in angle brackets. */
static bool read_name(struct cursor *c, char name[ZONE_NAME_MAX + 1])
{
    bool quoted = cursor_take(c, '<');
    const char *start = c->p;
    size_t len;

    while (c->p < c->end && (cursor_is_letter(c) ||
                             (quoted && (cursor_is_digit(c) || *c->p == '+' || *c->p == '-'))))
        c->p++;
    len = (size_t)(c->p - start);
    if (len < 3 || len > ZONE_NAME_MAX || (quoted && !cursor_take(c, '>')))
        return false;
    memcpy(name, start, len);
    name[len] = '\0';
    return true;
}

/* [+-]h[hh][:mm[:ss]] */
static bool read_hms(struct cursor *c, int hours_max, int32_t *out)
{
    int hours, minutes = 0, seconds = 0, sign = 1;

    if (cursor_take(c, '-'))
        sign = -1;
    else
        cursor_take(c, '+');
    if (!cursor_number(c, 1, 3, &hours) || hours > hours_max)
        return false;
    if (cursor_take(c, ':')) {
        if (!cursor_number(c, 1, 2, &minutes) || minutes > 59)
            return false;
        if (cursor_take(c, ':') && (!cursor_number(c, 1, 2, &seconds) || seconds > 59))
            return false;
    }
    *out = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool read_day(struct cursor *c, struct zone_change *out)
{
    if (cursor_take(c, 'J')) {
        out->kind = ZONE_DAY_WITHOUT_LEAP;
        return cursor_number(c, 1, 3, &out->day) && out->day >= 1 && out->day <= 365;
    }
    if (!cursor_take(c, 'M')) {
        out->kind = ZONE_DAY_OF_YEAR;
        return cursor_number(c, 1, 3, &out->day) && out->day <= 365;
    }
    out->kind = ZONE_DAY_OF_MONTH;
    return cursor_number(c, 1, 2, &out->month) && out->month >= 1 && out->month <= 12 &&
           cursor_take(c, '.') && cursor_number(c, 1, 1, &out->week) && out->week >= 1 &&
           out->week <= 5 && cursor_take(c, '.') && cursor_number(c, 1, 1, &out->day) &&
           out->day <= 6;
}

static bool read_change(struct cursor *c, struct zone_change *out)
{
    out->time_s = 2 * 3600;
    return cursor_take(c, ',') && read_day(c, out) &&
           (!cursor_take(c, '/') || read_hms(c, HOURS_MAX, &out->time_s));
}

bool zone_rule_parse(struct slice text, struct zone_rule *out)
{
    struct cursor c = cursor_of(text);
    struct zone_rule rule = {0};

    /* A TZ string says how far Greenwich is ahead: the other way round. */
    if (!read_name(&c, rule.standard_name) || !read_hms(&c, 24, &rule.standard_s))
        return false;
    rule.standard_s = -rule.standard_s;
    if (c.p < c.end) {
        rule.has_dst = true;
        rule.dst_s = rule.standard_s + 3600;
        if (!read_name(&c, rule.dst_name))
            return false;
        if (c.p < c.end && *c.p != ',') {
            if (!read_hms(&c, 24, &rule.dst_s))
                return false;
            rule.dst_s = -rule.dst_s;
        }
        if (!read_change(&c, &rule.to_dst) || !read_change(&c, &rule.to_standard))
            return false;
    }
    if (c.p != c.end || rule.standard_s > TIMESTAMP_OFFSET_MAX ||
        rule.standard_s < -TIMESTAMP_OFFSET_MAX || rule.dst_s > TIMESTAMP_OFFSET_MAX ||
        rule.dst_s < -TIMESTAMP_OFFSET_MAX)
        return false;
    *out = rule;
    return true;
}

/* Days since 1970. */
static int64_t change_day(const struct zone_change *change, int year)
{
    int64_t first, weekday, day;

    if (change->kind == ZONE_DAY_OF_YEAR)
        return civil_days(year, 1, 1) + change->day;
    if (change->kind == ZONE_DAY_WITHOUT_LEAP)
        return change->day <= 59 ? civil_days(year, 1, change->day)
                                 : civil_days(year, 3, 1) + change->day - 60;
    first = civil_days(year, change->month, 1);
    weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    day = (change->day - weekday + 7) % 7 + 7 * (change->week - 1);
    if (day >= civil_month_days(year, change->month))
        day -= 7;
    return first + day;
}

void zone_rule_year(const struct zone_rule *rule, int year, int64_t *to_dst, int64_t *to_standard)
{
    *to_dst = change_day(&rule->to_dst, year) * DAY_S + rule->to_dst.time_s - rule->standard_s;
    *to_standard =
        change_day(&rule->to_standard, year) * DAY_S + rule->to_standard.time_s - rule->dst_s;
}
