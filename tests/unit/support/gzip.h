/*
 * gzip.h - gzip members made by zlib.
 */
#ifndef TESTS_UNIT_SUPPORT_GZIP_H
#define TESTS_UNIT_SUPPORT_GZIP_H

#include <zlib.h>

#include "tests/unit/support/check.h"

/* Appends `text` as one member. */
static inline void gzip_add(struct buf *out, struct slice text)
{
    z_stream zlib = {0};
    size_t bound;
    char *room;

    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    bound = deflateBound(&zlib, text.len) + 64;
    room = buf_reserve(out, bound);
    assert_non_null(room);
    zlib.next_in = (unsigned char *)text.data;
    zlib.avail_in = (unsigned)text.len;
    zlib.next_out = (unsigned char *)room;
    zlib.avail_out = (unsigned)bound;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    out->len += bound - zlib.avail_out;
    deflateEnd(&zlib);
}

#endif
