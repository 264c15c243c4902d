/*
 * zstd_frame.h - Zstandard frames made by libzstd.
 */
#ifndef TESTS_UNIT_SUPPORT_ZSTD_FRAME_H
#define TESTS_UNIT_SUPPORT_ZSTD_FRAME_H

#include <zstd.h>

#include "tests/unit/support/check.h"

/* Appends `text` as one frame with a checksum; `window_log` 0 = as the level wants it. */
static inline void zstd_add_window(struct buf *out, struct slice text, int window_log)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(text.len) + 64, n;
    char *room = buf_reserve(out, bound);
    ZSTD_outBuffer output = {room, bound, 0};
    ZSTD_inBuffer input = {text.len ? text.data : "", text.len, 0};

    assert_non_null(room);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log)
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    n = ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush); /* its size stays unknown */
    assert_false(ZSTD_isError(n));
    do
        n = ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
    while (n != 0 && !ZSTD_isError(n));
    assert_int_equal(n, 0);
    out->len += output.pos;
    ZSTD_freeCCtx(context);
}

static inline void zstd_add(struct buf *out, struct slice text)
{
    zstd_add_window(out, text, 0);
}

#endif
