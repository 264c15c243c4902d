/*
 * cursor.h - a place in a text, and the small things that times are made of.
 *
 * Every cursor_ function either reads what its name says and moves on, or
 * leaves the cursor where it was (digits, names) and says false.
 */
#ifndef COMMON_TIME_CURSOR_H
#define COMMON_TIME_CURSOR_H

#include "common/buf.h"

struct cursor {
    const char *p, *end;
};

static inline struct cursor cursor_of(struct slice text)
{
    const char *start = text.len ? text.data : "";

    return (struct cursor){start, start + text.len};
}

/* The byte `ahead` of here, or 0 behind the end. */
static inline unsigned char cursor_peek(const struct cursor *c, size_t ahead)
{
    return (size_t)(c->end - c->p) > ahead ? (unsigned char)c->p[ahead] : 0;
}

static inline bool char_is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool char_is_letter(unsigned char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static inline bool cursor_is_digit(const struct cursor *c)
{
    return char_is_digit(cursor_peek(c, 0));
}

static inline bool cursor_is_letter(const struct cursor *c)
{
    return char_is_letter(cursor_peek(c, 0));
}

static inline bool cursor_take(struct cursor *c, char byte)
{
    if (c->p == c->end || *c->p != byte)
        return false;
    c->p++;
    return true;
}

/* How many digits stand here; counts to `max` at most. */
static inline int cursor_count_digits(const struct cursor *c, int max)
{
    int n = 0;

    while (n < max && char_is_digit(cursor_peek(c, (size_t)n)))
        n++;
    return n;
}

/* Exactly `width` digits; what follows may be one more. */
static inline bool cursor_digits(struct cursor *c, int width, int *out)
{
    int value = 0;

    if (c->end - c->p < width)
        return false;
    for (int i = 0; i < width; i++) {
        unsigned digit = (unsigned char)c->p[i] - (unsigned)'0';

        if (digit > 9)
            return false;
        value = value * 10 + (int)digit;
    }
    c->p += width;
    *out = value;
    return true;
}

/* `width` digits that have been counted. */
static inline int cursor_counted(struct cursor *c, int width)
{
    int value = 0;

    for (int i = 0; i < width; i++)
        value = value * 10 + (c->p[i] - '0');
    c->p += width;
    return value;
}

/* From `min` to `max` (9 at most) digits, as many as there are. */
static inline bool cursor_number(struct cursor *c, int min, int max, int *out)
{
    int n = cursor_count_digits(c, max);

    return n >= min && cursor_digits(c, n, out);
}

/* One digit or more behind a point; those behind the ninth are cut. */
static inline bool cursor_fraction(struct cursor *c, uint32_t *ns)
{
    uint32_t value = 0;
    int digits = 0;

    for (; c->p < c->end && char_is_digit((unsigned char)*c->p); c->p++, digits++)
        if (digits < 9)
            value = value * 10 + (uint32_t)(*c->p - '0');
    if (digits == 0)
        return false;
    for (; digits < 9; digits++)
        value *= 10;
    *ns = value;
    return true;
}

/* Length of a blank here, 0: none. Java's formats write a narrow no-break space before PM. */
static inline size_t cursor_blank(const struct cursor *c)
{
    unsigned char byte = cursor_peek(c, 0);

    if (byte == ' ' || byte == '\t')
        return 1;
    if (byte == 0xc2 && cursor_peek(c, 1) == 0xa0)
        return 2;
    if (byte == 0xe2 && cursor_peek(c, 1) == 0x80 && cursor_peek(c, 2) == 0xaf)
        return 3;
    return 0;
}

static inline bool cursor_blanks(struct cursor *c)
{
    const char *start = c->p;
    size_t len;

    while ((len = cursor_blank(c)) > 0)
        c->p += len;
    return c->p > start;
}

/* Names in words: English, short or long, any case; months also in some other languages. */
bool cursor_month(struct cursor *c, int *month);
bool cursor_weekday(struct cursor *c, int *day);  /* 0 is Sunday */
bool cursor_meridiem(struct cursor *c, bool *pm); /* AM, pm, a.m. */

/*
 * +hh, +hhmm, +hh:mm, +hh:mm:ss; a Unicode minus is one, too. Nothing that is
 * shaped otherwise is read; the size is not checked: +99:99 is for the caller to refuse.
 */
bool cursor_offset(struct cursor *c, int32_t *offset_s, bool *valid);

#endif
