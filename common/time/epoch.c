/*
 * epoch.c - instants that are written as a number.
 */
#include "common/time/epoch.h"

#define DIGITS_MAX   64 /* that are looked at; an instant to the nanosecond has 21 */
#define EXPONENT_MAX 40
#define SECONDS_MAX  12 /* digits; the year 9999 has 12 */
#define TAI_EPOCH    (UINT64_C(0x4000000000000000) + 10)

struct decimal {
    char digits[DIGITS_MAX]; /* no zero in front */
    int count;
    int point; /* digits before the point; may be negative or more than there are */
    bool negative;
};

static void add_digit(struct decimal *d, char digit, bool behind_point)
{
    if (d->count == 0 && digit == '0') {
        d->point -= behind_point;
        return;
    }
    if (d->count < DIGITS_MAX)
        d->digits[d->count++] = digit;
    d->point += !behind_point;
}

static bool read_exponent(struct cursor *c, struct decimal *d)
{
    struct cursor at = *c;
    int exponent, sign = 1;

    if (!cursor_take(&at, 'e') && !cursor_take(&at, 'E'))
        return true;
    if (cursor_take(&at, '-'))
        sign = -1;
    else
        cursor_take(&at, '+');
    if (!cursor_number(&at, 1, 3, &exponent))
        return true; /* the number ends before the letter */
    if (exponent > EXPONENT_MAX)
        return false;
    d->point += sign * exponent;
    *c = at;
    return true;
}

static bool read_decimal(struct cursor *c, struct decimal *d)
{
    d->count = d->point = 0;
    d->negative = cursor_take(c, '-');
    if (!d->negative)
        cursor_take(c, '+');
    if (!cursor_is_digit(c))
        return false;
    for (; cursor_is_digit(c); c->p++) {
        if (d->point > EXPONENT_MAX)
            return false;
        add_digit(d, *c->p, false);
    }
    if (cursor_peek(c, 0) == '.' && char_is_digit(cursor_peek(c, 1))) {
        c->p++;
        for (; cursor_is_digit(c) && d->point > -DIGITS_MAX; c->p++)
            add_digit(d, *c->p, true);
        while (cursor_is_digit(c))
            c->p++;
    }
    return read_exponent(c, d);
}

static int shift_of(enum epoch_unit unit, int digits)
{
    switch (unit) {
    case EPOCH_S:
        return 0;
    case EPOCH_MS:
        return 3;
    case EPOCH_US:
        return 6;
    case EPOCH_NS:
        return 9;
    default:
        return digits <= 11 ? 0 : digits <= 14 ? 3 : digits <= 17 ? 6 : 9;
    }
}

/* The digit at a place counted from the first one; zeros stand on both sides. */
static int digit_at(const struct decimal *d, int place)
{
    return place >= 0 && place < d->count ? d->digits[place] - '0' : 0;
}

static bool decimal_instant(const struct decimal *d, int point, struct timestamp *out)
{
    int64_t s = 0;
    uint32_t ns = 0;

    if (d->count > 0 && point > SECONDS_MAX)
        return false;
    for (int i = 0; i < point; i++)
        s = s * 10 + digit_at(d, i);
    for (int i = point; i < point + 9; i++)
        ns = ns * 10 + (uint32_t)digit_at(d, i);
    if (d->negative) {
        s = -s;
        if (ns > 0) {
            s--;
            ns = 1000000000 - ns;
        }
    }
    if (s < TIMESTAMP_S_MIN || s > TIMESTAMP_S_MAX)
        return false;
    out->s = s;
    out->ns = ns;
    return true;
}

bool cursor_epoch(struct cursor *c, enum epoch_unit unit, struct timestamp *out)
{
    struct cursor at = *c;
    struct decimal d;

    if (!read_decimal(&at, &d) || !decimal_instant(&d, d.point - shift_of(unit, d.point), out))
        return false;
    *c = at;
    return true;
}

bool timestamp_parse_epoch(struct slice text, enum epoch_unit unit, struct timestamp *out)
{
    struct cursor c = cursor_of(text);
    struct timestamp time;

    if (!cursor_epoch(&c, unit, &time) || c.p != c.end)
        return false;
    *out = time;
    return true;
}

static bool read_hex(struct cursor *c, int width, uint64_t *out)
{
    uint64_t value = 0;

    for (int i = 0; i < width; i++) {
        unsigned char byte = cursor_peek(c, (size_t)i);

        if (char_is_digit(byte))
            value = value << 4 | (byte - '0');
        else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
            value = value << 4 | ((byte | 0x20) - 'a' + 10);
        else
            return false;
    }
    c->p += width;
    *out = value;
    return true;
}

bool cursor_tai64(struct cursor *c, struct timestamp *out)
{
    struct cursor at = *c;
    uint64_t label, ns = 0;
    int64_t s;

    cursor_take(&at, '@');
    if (!read_hex(&at, 16, &label) || label >> 63)
        return false;
    s = (int64_t)(label - TAI_EPOCH); /* negative before 1970 */
    if (read_hex(&at, 8, &ns) && ns > 999999999)
        return false;
    if (s < TIMESTAMP_S_MIN || s > TIMESTAMP_S_MAX)
        return false;
    out->s = s;
    out->ns = (uint32_t)ns;
    *c = at;
    return true;
}

bool timestamp_parse_tai64(struct slice text, struct timestamp *out)
{
    struct cursor c = cursor_of(text);
    struct timestamp time;

    if (!cursor_tai64(&c, &time) || c.p != c.end)
        return false;
    *out = time;
    return true;
}
