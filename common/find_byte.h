/*
 * find_byte.h - memchr for what is mostly near: fields of a line end after a few bytes, and a call
 * costs more than looking at them.
 */
#ifndef COMMON_FIND_BYTE_H
#define COMMON_FIND_BYTE_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first `c` from `p` on, before `end`; NULL: there is none. */
static inline const char *find_byte(const char *p, const char *end, char c)
{
#ifdef __SSE2__
    if (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)p);
        int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));

        if (found)
            return p + __builtin_ctz((unsigned)found);
        p += 16;
    }
#endif
    return p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
}

#ifdef __SSE2__
static inline unsigned find_either_bits(const char *p, char a, char b)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b))));
}
#endif

/* The first `a` or `b` from `p` on; NULL: there is none. */
static inline const char *find_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
    unsigned found;

    if (end - p >= 16) {
        for (; end - p >= 16; p += 16)
            if ((found = find_either_bits(p, a, b)))
                return p + __builtin_ctz(found);
        found = find_either_bits(end - 16, a, b); /* once more what was looked at: nothing there */
        return found ? end - 16 + __builtin_ctz(found) : NULL;
    }
#endif
    for (; p < end; p++)
        if (*p == a || *p == b)
            return p;
    return NULL;
}

#ifdef __SSE2__
/* Of the 16 bytes at `p`, a bit for each that is a quote or not plain; see find_plain_quote. */
static inline uint64_t find_unplain(const char *p)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));

    /* Bytes beyond ASCII are negative. */
    found = _mm_or_si128(found, _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    return (unsigned)_mm_movemask_epi8(found);
}

static inline uint64_t find_unplain_64(const char *p)
{
    return find_unplain(p) | find_unplain(p + 16) << 16 | find_unplain(p + 32) << 32 |
           find_unplain(p + 48) << 48;
}
#endif

/*
 * The first quote from `p` on when only plain bytes stand before it: ASCII without control
 * characters and backslashes. NULL: they are not, or there is none. Bytes from `readable` (at or
 * before p) on may be looked at.
 */
static inline const char *find_plain_quote(const char *readable, const char *p, const char *end)
{
#ifdef __SSE2__
    /* Most values end within the first 64 bytes: one look, and no loop whose end is hard to
     * foresee. */
    for (; end - readable >= 64 && p < end; p += 64) {
        const size_t left = (size_t)(end - p);
        const uint64_t bits =
            left >= 64 ? find_unplain_64(p) : find_unplain_64(end - 64) >> (64 - left);

        if (bits) {
            p += __builtin_ctzll(bits);
            return *p == '"' ? p : NULL;
        }
    }
#endif
    for (; p < end && *p != '"'; p++)
        if ((signed char)*p < ' ' || *p == '\\')
            return NULL;
    return p < end ? p : NULL;
}

#endif
