/*
 * copy_few.h - copies of a few bytes: of a constant length that overlap, which costs less than a
 * loop or a call. Nothing beyond `len` is read or written.
 */
#ifndef COMMON_COPY_FEW_H
#define COMMON_COPY_FEW_H

#include <stddef.h>
#include <string.h>

/* Fewer than 8 bytes. */
static inline void copy_below_8(char *p, const char *from, size_t len)
{
    if (len >= 4) {
        memcpy(p, from, 4);
        memcpy(p + len - 4, from + len - 4, 4);
    } else if (len) {
        p[0] = from[0];
        p[len / 2] = from[len / 2];
        p[len - 1] = from[len - 1];
    }
}

/* Fewer than 16 bytes. */
static inline void copy_below_16(char *p, const char *from, size_t len)
{
    if (len >= 8) {
        memcpy(p, from, 8);
        memcpy(p + len - 8, from + len - 8, 8);
    } else {
        copy_below_8(p, from, len);
    }
}

#endif
