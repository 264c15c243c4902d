/*
 * unit.c - numbers, durations and sizes from text; exact, without floating point.
 */
#include "common/config/unit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define FRACTION_MAX 9 /* digits: no unit is divided further, and 64 bits hold the product */

struct scale {
    enum config_unit unit;
    const char *suffix;
    uint64_t factor;
};

static const struct scale scales[] = {
    {UNIT_MS, "ms", 1},
    {UNIT_MS, "s", 1000},
    {UNIT_MS, "m", 60 * 1000},
    {UNIT_MS, "h", 60 * 60 * 1000},
    {UNIT_MS, "d", 24 * 60 * 60 * 1000},
    {UNIT_BYTES, "B", 1},
    {UNIT_BYTES, "KiB", 1ull << 10},
    {UNIT_BYTES, "MiB", 1ull << 20},
    {UNIT_BYTES, "GiB", 1ull << 30},
    {UNIT_BYTES, "TiB", 1ull << 40},
    {UNIT_BYTES, "KB", 1000ull},
    {UNIT_BYTES, "MB", 1000ull * 1000},
    {UNIT_BYTES, "GB", 1000ull * 1000 * 1000},
    {UNIT_BYTES, "TB", 1000ull * 1000 * 1000 * 1000},
    {UNIT_NONE, NULL, 0},
};

enum config_unit config_unit_of(const char *key)
{
    size_t len = strlen(key);

    if (len > 3 && strcmp(key + len - 3, "_ms") == 0)
        return UNIT_MS;
    if (len > 6 && strcmp(key + len - 6, "_bytes") == 0)
        return UNIT_BYTES;
    return UNIT_NONE;
}

/* The factor of `suffix`, 0 when there is no such unit. Sizes in any case: nobody means millibytes.
 */
static uint64_t factor_of(struct slice suffix, enum config_unit unit)
{
    const struct scale *scale;

    if (suffix.len == 0)
        return 1;
    if (suffix.len > 1 && suffix.data[0] == ' ')
        suffix = (struct slice){suffix.data + 1, suffix.len - 1};
    for (scale = scales; scale->suffix; scale++) {
        if (scale->unit != unit || strlen(scale->suffix) != suffix.len)
            continue;
        if ((unit == UNIT_BYTES ? strncasecmp : strncmp)(scale->suffix, suffix.data, suffix.len) ==
            0)
            return scale->factor;
    }
    return 0;
}

static enum config_number parse_hex(struct slice digits, uint64_t *value)
{
    static const char alphabet[] = "0123456789abcdef";
    const char *digit;

    *value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        digit = memchr(alphabet, tolower((unsigned char)digits.data[i]), 16);
        if (!digit)
            return NUMBER_MALFORMED;
        if (*value >> 60)
            return NUMBER_TOO_LARGE;
        *value = *value << 4 | (uint64_t)(digit - alphabet);
    }
    return digits.len ? NUMBER_GOOD : NUMBER_MALFORMED;
}

/* Reads digits from the front of `text`; false: more than 64 bits. */
static bool take_digits(struct slice *text, uint64_t *value, size_t *count)
{
    bool fits = true;

    *value = 0;
    for (*count = 0; text->len && isdigit((unsigned char)text->data[0]); (*count)++) {
        fits &= !__builtin_mul_overflow(*value, 10, value);
        fits &= !__builtin_add_overflow(*value, (uint64_t)(text->data[0] - '0'), value);
        *text = (struct slice){text->data + 1, text->len - 1};
    }
    return fits;
}

/* Adds `.digits` of the unit: 1.5s; malformed when nothing whole results, as in 1.5ms. */
static enum config_number add_fraction(struct slice *text, enum config_unit unit, uint64_t *extra)
{
    uint64_t part, scale = 1, factor, product;
    size_t count;

    *extra = 0;
    if (unit == UNIT_NONE || text->len == 0 || text->data[0] != '.')
        return NUMBER_GOOD;
    *text = (struct slice){text->data + 1, text->len - 1};
    take_digits(text, &part, &count);
    if (count == 0 || count > FRACTION_MAX)
        return NUMBER_MALFORMED;
    while (count-- > 0)
        scale *= 10;
    factor = factor_of(*text, unit);
    if (__builtin_mul_overflow(part, factor, &product) || product % scale)
        return NUMBER_MALFORMED;
    *extra = product / scale;
    return NUMBER_GOOD;
}

enum config_number config_number_parse(struct slice text, enum config_unit unit, bool *negative,
                                       uint64_t *value)
{
    uint64_t whole, extra, factor;
    size_t count;
    bool fits, zero;

    *negative = text.len && text.data[0] == '-';
    if (text.len && (text.data[0] == '-' || text.data[0] == '+'))
        text = (struct slice){text.data + 1, text.len - 1};
    if (text.len > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x')
        return parse_hex((struct slice){text.data + 2, text.len - 2}, value);
    zero = text.len && text.data[0] == '0';
    fits = take_digits(&text, &whole, &count);
    if (count == 0 || (zero && count > 1))
        return NUMBER_MALFORMED;
    if (add_fraction(&text, unit, &extra) != NUMBER_GOOD)
        return NUMBER_MALFORMED;
    factor = factor_of(text, unit);
    if (factor == 0)
        return NUMBER_MALFORMED;
    if (!fits || __builtin_mul_overflow(whole, factor, &whole) ||
        __builtin_add_overflow(whole, extra, value))
        return NUMBER_TOO_LARGE;
    return NUMBER_GOOD;
}
