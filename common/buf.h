/*
 * buf.h - growing bytes with a ceiling, and views into bytes of others.
 *
 * A buf never shrinks by itself and never grows beyond `max`: what would is
 * refused, and `failed` stays set, so that a writer of many pieces checks once
 * at the end. A slice owns nothing and lives as long as what it points into.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data; /* not NUL-terminated; may be NULL when len is 0 */
    size_t len;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
#define SLICE_FMT(s)   (int)(s).len, (s).data /* for "%.*s" */

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_of(text));
}

struct buf {
    char *data; /* NUL-terminated after buf_str() only */
    size_t len, cap;
    size_t max;  /* ceiling in bytes */
    bool failed; /* a write did not fit or memory was refused; sticky until buf_clear */
};

#define BUF_INIT(max_bytes)                                                                        \
    {                                                                                              \
        .max = (max_bytes)                                                                         \
    }

/* Room for `more` bytes after len, or NULL (and failed). Add to len what was written. */
char *buf_reserve(struct buf *buf, size_t more);

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_add_slice(struct buf *buf, struct slice s)
{
    buf_add(buf, s.data, s.len);
}

static inline void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

static inline void buf_add_char(struct buf *buf, char c)
{
    if (buf->len < buf->cap)
        buf->data[buf->len++] = c;
    else
        buf_add(buf, &c, 1);
}

/* The content with a NUL behind it; "" when empty or failed. Valid until the next change. */
const char *buf_str(struct buf *buf);

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->data, buf->len};
}

/* Empty and not failed; keeps the memory. */
static inline void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

void buf_release(struct buf *buf);

#define scoped_buf __attribute__((cleanup(buf_release)))

#endif
