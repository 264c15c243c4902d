/*
 * duration.c - how long something took, as logs write it.
 */
#include "shipper/parser/duration.h"

#include <strings.h>

#include "common/scope.h"

#define EXPONENT_MAX 40 /* beyond it the result is 0 or too large anyway */

static const struct {
    struct slice name;
    int64_t ns;
} units[] = {
    {SLICE("ns"), 1},
    {SLICE("us"), DURATION_US},
    {SLICE("\xc2\xb5s"), DURATION_US}, /* the micro sign */
    {SLICE("\xce\xbcs"), DURATION_US}, /* the Greek letter */
    {SLICE("ms"), DURATION_MS},
    {SLICE("msec"), DURATION_MS},
    {SLICE("s"), DURATION_S},
    {SLICE("sec"), DURATION_S},
    {SLICE("secs"), DURATION_S},
    {SLICE("seconds"), DURATION_S},
    {SLICE("m"), (int64_t)60 * DURATION_S},
    {SLICE("min"), (int64_t)60 * DURATION_S},
    {SLICE("h"), (int64_t)3600 * DURATION_S},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [eE][+-]digits at `p`; returns where it ends. */
static const char *read_exponent(const char *p, const char *end, int *exponent)
{
    const char *digits = p + 1;
    bool negative = false;

    *exponent = 0;
    if (p == end || (*p | 0x20) != 'e')
        return p;
    if (digits < end && (*digits == '+' || *digits == '-'))
        negative = *digits++ == '-';
    if (digits == end || !is_digit(*digits))
        return p;
    for (p = digits; p < end && is_digit(*p); p++)
        if (*exponent <= EXPONENT_MAX)
            *exponent = *exponent * 10 + (*p - '0');
    if (negative)
        *exponent = -*exponent;
    return p;
}

/* The number at the beginning times `unit`; NULL: there is none, or it is too large. */
static const char *scale(const char *p, const char *end, int64_t unit, int64_t *out)
{
    const char *start = p, *point, *digits_end, *after;
    __int128 value = 0;
    int exponent, places = 0;

    while (p < end && is_digit(*p))
        p++;
    point = p;
    if (p < end && *p == '.') {
        p++;
        while (p < end && is_digit(*p))
            p++;
    }
    digits_end = p;
    if (digits_end - start - (digits_end > point) <= 0)
        return NULL;
    after = read_exponent(p, end, &exponent);
    /* The digits count down to where they are less than one of the result: 10^-30 of a unit. */
    for (p = start; p < digits_end; p++) {
        if (*p == '.')
            continue;
        if (value > INT64_MAX) {
            if (p < point)
                return NULL;
            break;
        }
        value = value * 10 + (*p - '0');
        places += p > point;
    }
    value *= unit;
    for (exponent -= places; exponent < 0; exponent++)
        value /= 10;
    for (; exponent > 0 && value; exponent--) {
        if (value > INT64_MAX)
            return NULL;
        value *= 10;
    }
    if (value > INT64_MAX)
        return NULL;
    *out = (int64_t)value;
    return after;
}

#define PLAIN_DIGITS 18 /* so many are no number that is too large */

/* The same for what is usual: no exponent, few digits, and a unit that is a power of ten, as all
 * below a minute, of which all places count. */
static bool scale_plainly(struct slice text, int64_t unit, int64_t *out)
{
    const char *p = text.data, *end = text.data + text.len, *point = NULL;
    int64_t value = 0;

    if (unit > DURATION_S || text.len > PLAIN_DIGITS)
        return false;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (digit <= 9)
            value = value * 10 + digit;
        else if (*p == '.' && !point && p > text.data)
            point = p;
        else
            return false;
    }
    for (p = point ? point + 1 : end; p < end && unit; p++)
        unit /= 10;
    return unit && !__builtin_mul_overflow(value, unit, out);
}

bool duration_scale(struct slice text, int64_t unit, int64_t *out)
{
    const char *end = text.data + text.len;

    return text.len && (scale_plainly(text, unit, out) || scale(text.data, end, unit, out) == end);
}

/* The unit at `p`, as letters go; 0: none that we know. */
static int64_t read_unit(const char **p, const char *end)
{
    const char *start = *p, *stop = start;

    while (stop < end && !is_digit(*stop) && *stop != ' ' && *stop != '.')
        stop++;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (units[i].name.len == (size_t)(stop - start) &&
            strncasecmp(units[i].name.data, start, units[i].name.len) == 0) {
            *p = stop;
            return units[i].ns;
        }
    return 0;
}

bool duration_parse(struct slice text, int64_t unit, int64_t *ns)
{
    const char *p = text.data, *end = text.data + text.len, *number;
    int64_t total = 0, part, size;

    if (text.len == 0)
        return false;
    if (unit && duration_scale(text, unit, ns))
        return true;
    while (p < end) {
        number = p;
        p = scale(number, end, 1, &part);
        if (!p)
            return false;
        if (p < end && *p == ' ')
            p++;
        size = read_unit(&p, end);
        if (!size || !scale(number, p, size, &part) || __builtin_add_overflow(total, part, &total))
            return false;
    }
    *ns = total;
    return true;
}
