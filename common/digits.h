/*
 * digits.h - numbers as decimal digits, two at a time.
 */
#ifndef COMMON_DIGITS_H
#define COMMON_DIGITS_H

#include <stdint.h>
#include <string.h>

extern const char digits_pairs[200]; /* "00", "01", … "99" */

/* `value` below 100. */
static inline char *digits_put_pair(char *p, unsigned value)
{
    memcpy(p, digits_pairs + 2 * value, 2);
    return p + 2;
}

static inline unsigned digits_count(uint64_t value)
{
    unsigned count = 1;

    for (; value >= 10000; value /= 10000)
        count += 4;
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* As many as it has; returns what is behind them. */
static inline char *digits_put(char *p, uint64_t value)
{
    char *end = p + digits_count(value), *at = end;

    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(at, digits_pairs + 2 * (value % 100), 2);
    }
    if (value >= 10)
        memcpy(at - 2, digits_pairs + 2 * value, 2);
    else
        at[-1] = (char)('0' + value);
    return end;
}

#endif
