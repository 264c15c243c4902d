/*
 * zstd.c - Zstandard frames, skippable ones too (RFC 8878), by libzstd.
 *
 * A frame says how large a window it needs; more than WINDOW_LOG_MAX is
 * refused, whatever it would become. `zstd --long=27` is the most that the tool reads by default.
 */
#include "shipper/content/decoder.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 27 /* 128 MiB; ordinary levels need 8 MiB at most */

#define BLOCK_HEADER 3 /* bytes */
#define FIRST_INPUT  5 /* bytes of a frame that say how long its header is */

struct zstd {
    struct decoder base;
    ZSTD_DCtx *context;
    bool full;     /* the last call filled its room: more may be held back */
    size_t wanted; /* input that the library asks for: up to the end of a block or of the frame */
};

static bool zstd_fits(const unsigned char *head, size_t len)
{
    static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd};

    if (len >= 1 && (head[0] & 0xf0) == 0x50) /* 0x184d2a50 to 0x184d2a5f: skippable */
        return (len < 2 || head[1] == 0x2a) && (len < 3 || head[2] == 0x4d) &&
               (len < 4 || head[3] == 0x18);
    return memcmp(head, frame, len) == 0;
}

static struct decoder *zstd_open(void)
{
    struct zstd *zstd = calloc(1, sizeof(*zstd));

    if (zstd)
        zstd->context = ZSTD_createDCtx();
    if (!zstd || !zstd->context ||
        ZSTD_isError(ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        if (zstd)
            ZSTD_freeDCtx(zstd->context);
        free(zstd);
        return NULL;
    }
    zstd->base.type = &decoder_zstd;
    zstd->wanted = FIRST_INPUT;
    return &zstd->base;
}

/* One call with at most `limit` bytes of input; moves *in and *used. */
static size_t step(struct zstd *zstd, struct slice *in, size_t limit, char *to, size_t room,
                   size_t *used)
{
    ZSTD_inBuffer input = {in->data, in->len < limit ? in->len : limit, 0};
    ZSTD_outBuffer output = {to, room, 0};
    size_t result = ZSTD_decompressStream(zstd->context, &output, &input);

    in->data += input.pos;
    in->len -= input.pos;
    *used += output.pos;
    zstd->full = output.pos == room;
    return result;
}

/*
 * With an error the output of the whole call is lost: so there is less input
 * than is asked for, which is a block and the header behind it, and none as
 * long as output is held back.
 */
static enum decoded zstd_decode(struct decoder *decoder, struct slice *in, char *to, size_t room,
                                size_t *used, const char **why)
{
    struct zstd *zstd = (struct zstd *)decoder;
    size_t before = *used, result = 1;

    if (zstd->full)
        result = step(zstd, in, 0, to, room, used);
    if (!ZSTD_isError(result) && result != 0 && *used == before)
        result =
            step(zstd, in, zstd->wanted > BLOCK_HEADER ? zstd->wanted - BLOCK_HEADER : zstd->wanted,
                 to, room, used);
    if (ZSTD_isError(result)) {
        *why = ZSTD_getErrorName(result);
        return DECODED_BAD;
    }
    zstd->wanted = result ? result : FIRST_INPUT;
    return result == 0 ? DECODED_END : DECODED_MORE;
}

static bool zstd_reset(struct decoder *decoder)
{
    struct zstd *zstd = (struct zstd *)decoder;

    zstd->wanted = FIRST_INPUT;
    zstd->full = false;
    return !ZSTD_isError(ZSTD_DCtx_reset(zstd->context, ZSTD_reset_session_only));
}

static size_t zstd_padding(struct slice in)
{
    (void)in;
    return 0;
}

static void zstd_close(struct decoder *decoder)
{
    ZSTD_freeDCtx(((struct zstd *)decoder)->context);
    free(decoder);
}

const struct decoder_type decoder_zstd = {
    .name = "zstd",
    .fits = zstd_fits,
    .open = zstd_open,
    .decode = zstd_decode,
    .reset = zstd_reset,
    .padding = zstd_padding,
    .close = zstd_close,
};
