/*
 * gzip.c - gzip members (RFC 1952), by zlib.
 */
#include "shipper/content/decoder.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib: gzip wrapper only, trailer checked */

struct gzip {
    struct decoder base;
    z_stream zlib;
};

static bool gzip_fits(const unsigned char *head, size_t len)
{
    return (len < 1 || head[0] == 0x1f) && (len < 2 || head[1] == 0x8b) &&
           (len < 3 || head[2] == Z_DEFLATED);
}

static struct decoder *gzip_open(void)
{
    struct gzip *gzip = calloc(1, sizeof(*gzip));

    if (!gzip || inflateInit2(&gzip->zlib, GZIP_WINDOW) != Z_OK) {
        free(gzip);
        return NULL;
    }
    gzip->base.type = &decoder_gzip;
    return &gzip->base;
}

static enum decoded gzip_decode(struct decoder *decoder, struct slice *in, char *to, size_t room,
                                size_t *used, const char **why)
{
    z_stream *zlib = &((struct gzip *)decoder)->zlib;
    int result;

    zlib->next_in = (unsigned char *)in->data;
    zlib->avail_in = (unsigned)in->len;
    zlib->next_out = (unsigned char *)to;
    zlib->avail_out = (unsigned)(room > UINT32_MAX ? UINT32_MAX : room);
    result = inflate(zlib, Z_NO_FLUSH);
    *in = (struct slice){(char *)zlib->next_in, zlib->avail_in};
    *used += (size_t)((char *)zlib->next_out - to);
    if (result == Z_STREAM_END)
        return DECODED_END;
    if (result == Z_OK || result == Z_BUF_ERROR)
        return DECODED_MORE;
    if (zlib->msg)
        *why = zlib->msg;
    return DECODED_BAD;
}

static bool gzip_reset(struct decoder *decoder)
{
    return inflateReset(&((struct gzip *)decoder)->zlib) == Z_OK;
}

/* Tapes and some tools pad with zeros. */
static size_t gzip_padding(struct slice in)
{
    size_t n = 0;

    while (n < in.len && in.data[n] == 0)
        n++;
    return n;
}

static void gzip_close(struct decoder *decoder)
{
    inflateEnd(&((struct gzip *)decoder)->zlib);
    free(decoder);
}

const struct decoder_type decoder_gzip = {
    .name = "gzip",
    .fits = gzip_fits,
    .open = gzip_open,
    .decode = gzip_decode,
    .reset = gzip_reset,
    .padding = gzip_padding,
    .close = gzip_close,
};
