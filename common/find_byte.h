/*
 * find_byte.h - memchr for what is mostly near: fields of a line end after a few bytes, and a call
 * costs more than looking at them.
 */
#ifndef COMMON_FIND_BYTE_H
#define COMMON_FIND_BYTE_H

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

#endif
