/*
 * digits.h - numbers as decimal digits.
 */
#ifndef COMMON_DIGITS_H
#define COMMON_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
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

#define DIGITS_ROOM 24 /* bytes that digits_put may write to, more than a number has digits */

/* Two at a time. */
static inline char *digits_put_plain(char *p, uint64_t value)
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

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/*
 * The eight digits of a value below 10^8, a byte each, the first one lowest: halves, quarters and
 * digits are divided side by side in one word. Lengths of numbers differ from line to line: without
 * a branch nothing has to be foreseen.
 */
static inline uint64_t digits_eight(uint32_t value)
{
    uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (halves * 10486 >> 20) & 0x0000007f0000007fu;
    uint64_t pairs = hundreds | (halves - 100 * hundreds) << 16;
    uint64_t tens = (pairs * 103 >> 10) & 0x000f000f000f000fu;

    return tens | (pairs - 10 * tens) << 8;
}
#endif

/*
 * Reads `len` digits, 1 to 8, of which the eight bytes at `p` can be read; side by side, too.
 * False: there is something else among them.
 */
static inline bool digits_read(const char *p, size_t len, int64_t *out)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t zeros = 0x3030303030303030u, high = 0x8080808080808080u;
    unsigned missing = 64 - 8 * (unsigned)len;
    uint64_t word;

    memcpy(&word, p, 8);
    word = (word << missing | (zeros & (((uint64_t)1 << missing) - 1))) ^ zeros;
    if ((word | (word + 0x7676767676767676u)) & high) /* a byte above 9 */
        return false;
    word = word * 10 + (word >> 8);
    *out = (int64_t)(((word & 0x000000ff000000ffu) * (100 + (1000000ull << 32)) +
                      (word >> 16 & 0x000000ff000000ffu) * (1 + (10000ull << 32))) >>
                     32);
    return true;
#else
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *out = *out * 10 + (p[i] - '0');
    }
    return true;
#endif
}

/* As many as it has; returns what is behind them. There is room for DIGITS_ROOM bytes. */
static inline char *digits_put(char *p, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t zeros = 0x3030303030303030u;

    if (value < 100000000) {
        uint64_t digits = digits_eight((uint32_t)value);
        unsigned leading = (unsigned)__builtin_ctzll(digits | (uint64_t)1 << 56) / 8;

        digits = (digits | zeros) >> 8 * leading;
        memcpy(p, &digits, 8);
        return p + 8 - leading;
    }
    if (value < 10000000000000000) {
        uint64_t digits = digits_eight((uint32_t)(value % 100000000)) | zeros;

        p = digits_put_plain(p, value / 100000000);
        memcpy(p, &digits, 8);
        return p + 8;
    }
#endif
    return digits_put_plain(p, value);
}

#endif
