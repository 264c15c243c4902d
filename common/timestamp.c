/*
 * timestamp.c - instants in UTC: calendar, parsing, printing.
 *
 * The conversion between days and dates counts years from March, so that the
 * leap day is the last one of a year, and works in 400-year cycles of 146097
 * days (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
#include "common/timestamp.h"

#include "common/digits.h"

#define CYCLE_DAYS  146097
#define EPOCH_SHIFT 719468 /* days from 0000-03-01 to 1970-01-01 */
#define DAY_S       86400

int64_t civil_days(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t cycle = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return cycle * CYCLE_DAYS + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - EPOCH_SHIFT;
}

struct civil civil_from_days(int64_t days)
{
    int64_t z = days + EPOCH_SHIFT;
    int64_t cycle = (z >= 0 ? z : z - (CYCLE_DAYS - 1)) / CYCLE_DAYS;
    int64_t rest = z - cycle * CYCLE_DAYS;
    int64_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t day_of_year = rest - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* from March */
    struct civil civil = {0};

    civil.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil.month = (int)(month < 10 ? month + 3 : month - 9);
    civil.year = (int)(year + cycle * 400 + (civil.month <= 2));
    return civil;
}

int civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Leap seconds end a day of UTC; clocks that are set to local time only end theirs. */
static bool is_leap(const struct civil *civil, int64_t s)
{
    return s % DAY_S == 0 || (civil->hour == 23 && civil->minute == 59);
}

bool timestamp_from_civil(const struct civil *civil, int32_t offset_s, uint32_t ns,
                          struct timestamp *out)
{
    const struct civil *c = civil;
    int64_t s;

    if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
        c->day > civil_month_days(c->year, c->month))
        return false;
    if (c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59 || c->second < 0 ||
        c->second > 60 || ns > 999999999 || offset_s > TIMESTAMP_OFFSET_MAX ||
        offset_s < -TIMESTAMP_OFFSET_MAX)
        return false;
    s = civil_days(c->year, c->month, c->day) * DAY_S + c->hour * 3600 + c->minute * 60 +
        c->second - offset_s;
    if (s < TIMESTAMP_S_MIN || s > TIMESTAMP_S_MAX || (c->second == 60 && !is_leap(c, s)))
        return false;
    out->s = s;
    out->ns = ns;
    return true;
}

static char *put_year(char *p, unsigned year)
{
    return digits_put_pair(digits_put_pair(p, year / 100), year % 100);
}

static char *put_three(char *p, unsigned value)
{
    *p++ = (char)('0' + value / 100);
    return digits_put_pair(p, value % 100);
}

/* Day number, and seconds into it, also before 1970. */
static int64_t split_day(int64_t s, unsigned *second_of_day)
{
    int64_t days = s / DAY_S, rest = s % DAY_S;

    if (rest < 0) {
        rest += DAY_S;
        days--;
    }
    *second_of_day = (unsigned)rest;
    return days;
}

size_t timestamp_print(struct timestamp time, char *out)
{
    unsigned second;
    struct civil civil = civil_from_days(split_day(time.s, &second));
    char *p = out;

    p = put_year(p, (unsigned)civil.year);
    *p++ = '-';
    p = digits_put_pair(p, (unsigned)civil.month);
    *p++ = '-';
    p = digits_put_pair(p, (unsigned)civil.day);
    *p++ = 'T';
    p = digits_put_pair(p, second / 3600);
    *p++ = ':';
    p = digits_put_pair(p, second / 60 % 60);
    *p++ = ':';
    p = digits_put_pair(p, second % 60);
    *p++ = '.';
    p = put_three(p, time.ns / 1000000);
    if (time.ns % 1000000) {
        p = put_three(p, time.ns / 1000 % 1000);
        if (time.ns % 1000)
            p = put_three(p, time.ns % 1000);
    }
    *p++ = 'Z';
    return (size_t)(p - out);
}

void timestamp_print_day(struct timestamp time, char out[11])
{
    unsigned second;
    struct civil civil = civil_from_days(split_day(time.s, &second));

    put_year(out, (unsigned)civil.year);
    out[4] = '.';
    digits_put_pair(out + 5, (unsigned)civil.month);
    out[7] = '.';
    digits_put_pair(out + 8, (unsigned)civil.day);
    out[10] = '\0';
}

/* Reads exactly `width` digits. */
static bool read_digits(const char **p, const char *end, int width, int *out)
{
    int value = 0;

    if (end - *p < width)
        return false;
    for (int i = 0; i < width; i++) {
        unsigned digit = (unsigned)((*p)[i] - '0');

        if (digit > 9)
            return false;
        value = value * 10 + (int)digit;
    }
    *p += width;
    *out = value;
    return true;
}

static bool read_char(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    ++*p;
    return true;
}

static bool read_fraction(const char **p, const char *end, uint32_t *ns)
{
    uint32_t value = 0;
    int digits = 0;

    for (; *p < end && **p >= '0' && **p <= '9'; ++*p, digits++)
        if (digits < 9)
            value = value * 10 + (uint32_t)(**p - '0');
    if (digits == 0)
        return false;
    for (; digits < 9; digits++)
        value *= 10;
    *ns = value;
    return true;
}

/* +hh:mm, +hhmm or +hh. */
static bool read_offset(const char **p, const char *end, int32_t *offset_s)
{
    int hours, minutes = 0, sign;

    if (*p == end || (**p != '+' && **p != '-'))
        return false;
    sign = **p == '-' ? -1 : 1;
    ++*p;
    if (!read_digits(p, end, 2, &hours))
        return false;
    if (*p < end) {
        read_char(p, end, ':');
        if (!read_digits(p, end, 2, &minutes))
            return false;
    }
    if (minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool read_time_of_day(const char **p, const char *end, struct civil *civil)
{
    return read_digits(p, end, 2, &civil->hour) && read_char(p, end, ':') &&
           read_digits(p, end, 2, &civil->minute) && read_char(p, end, ':') &&
           read_digits(p, end, 2, &civil->second);
}

bool timestamp_parse_iso(struct slice text, struct timestamp *out)
{
    const char *p = text.data, *end = text.data + text.len;
    struct civil civil;
    int32_t offset_s = 0;
    uint32_t ns = 0;

    if (text.len == 0 || !read_digits(&p, end, 4, &civil.year) || !read_char(&p, end, '-') ||
        !read_digits(&p, end, 2, &civil.month) || !read_char(&p, end, '-') ||
        !read_digits(&p, end, 2, &civil.day))
        return false;
    if (p == end || (*p != 'T' && *p != 't' && *p != ' '))
        return false;
    p++;
    if (!read_time_of_day(&p, end, &civil))
        return false;
    if (p < end && (*p == '.' || *p == ',')) {
        p++;
        if (!read_fraction(&p, end, &ns))
            return false;
    }
    if (p < end && (*p == 'Z' || *p == 'z'))
        p++;
    else if (!read_offset(&p, end, &offset_s))
        return false;
    return p == end && timestamp_from_civil(&civil, offset_s, ns, out);
}

/* What is behind the minute: ":00Z" or ":00.123Z", as timestamp_print writes it. */
static bool read_near(const char *p, const char *end, int64_t minute_s, struct timestamp *out)
{
    int second, ms = 0;

    if (!read_char(&p, end, ':') || !read_digits(&p, end, 2, &second) || second > 59 ||
        (end - p == 5 && !(read_char(&p, end, '.') && read_digits(&p, end, 3, &ms))) ||
        !read_char(&p, end, 'Z') || p != end)
        return false;
    *out = (struct timestamp){minute_s + second, (uint32_t)ms * 1000000};
    return true;
}

bool timestamp_parse_near(struct timestamp_minute *minute, struct slice text, struct timestamp *out)
{
    const size_t len = sizeof(minute->text);

    if (minute->known && text.len > len && memcmp(text.data, minute->text, len) == 0 &&
        read_near(text.data + len, text.data + text.len, minute->s, out))
        return true;
    if (!timestamp_parse_iso(text, out))
        return false;
    /* Of other forms the minute may be one of another zone, or 60 seconds long. */
    minute->known = read_near(text.data + len, text.data + text.len, 0, &(struct timestamp){0});
    if (minute->known) {
        memcpy(minute->text, text.data, len);
        minute->s = out->s - (text.data[len + 1] - '0') * 10 - (text.data[len + 2] - '0');
    }
    return true;
}

/* English month abbreviations, as httpd and nginx print them whatever the locale. */
static bool read_month(const char **p, const char *end, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (end - *p < 3)
        return false;
    for (int i = 0; i < 12; i++)
        if (memcmp(*p, names + 3 * i, 3) == 0) {
            *p += 3;
            *month = i + 1;
            return true;
        }
    return false;
}

bool timestamp_parse_clf(struct slice text, struct timestamp *out)
{
    const char *p = text.data, *end = text.data + text.len;
    struct civil civil;
    int32_t offset_s;

    return text.len != 0 && read_digits(&p, end, 2, &civil.day) && read_char(&p, end, '/') &&
           read_month(&p, end, &civil.month) && read_char(&p, end, '/') &&
           read_digits(&p, end, 4, &civil.year) && read_char(&p, end, ':') &&
           read_time_of_day(&p, end, &civil) && read_char(&p, end, ' ') &&
           read_offset(&p, end, &offset_s) && p == end &&
           timestamp_from_civil(&civil, offset_s, 0, out);
}
