/*
 * buf.c - growing bytes with a ceiling.
 */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAP_MIN 256

/* One byte more than `cap` is there, so that a full buf has room for its NUL. */
static bool resize(struct buf *buf, size_t cap)
{
    char *data = cap < SIZE_MAX ? realloc(buf->data, cap + 1) : NULL;

    if (!data)
        return false;
    buf->data = data;
    buf->cap = cap;
    return true;
}

static size_t cap_for(const struct buf *buf, size_t need)
{
    size_t cap = buf->cap < CAP_MIN ? CAP_MIN : buf->cap;

    while (cap < need && cap <= buf->max / 2)
        cap *= 2;
    return cap < need || cap > buf->max ? buf->max : cap;
}

char *buf_reserve(struct buf *buf, size_t more)
{
    if (buf->data && more <= buf->cap - buf->len)
        return buf->data + buf->len;
    if (buf->failed || buf->len > buf->max || more > buf->max - buf->len ||
        !resize(buf, cap_for(buf, buf->len + more))) {
        buf->failed = true;
        return NULL;
    }
    return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
    char *room;

    if (len == 0)
        return;
    room = buf_reserve(buf, len);
    if (!room)
        return;
    memcpy(room, data, len);
    buf->len += len;
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
    char small[256], *room;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (n < 0) {
        buf->failed = true;
        return;
    }
    if ((size_t)n < sizeof(small)) {
        buf_add(buf, small, (size_t)n);
        return;
    }
    room = buf_reserve(buf, (size_t)n);
    if (!room)
        return;
    va_start(args, fmt);
    vsnprintf(room, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)n;
}

const char *buf_str(struct buf *buf)
{
    if (buf->failed || !buf->data)
        return "";
    buf->data[buf->len] = '\0';
    return buf->data;
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max = buf->max};
}
