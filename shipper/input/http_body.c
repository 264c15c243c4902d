/*
 * http_body.c - what a client has posted, as lines.
 */
#include "shipper/input/http_body.h"

#include <zlib.h>

#include "common/json_text.h"
#include "shipper/framer.h"

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib: gzip wrapper only, trailer checked */
#define STEP        65536

static enum status unpack(z_stream *zlib, struct buf *out, struct error *err)
{
    int result = Z_OK;

    do {
        char *room = buf_reserve(out, STEP);

        if (!room)
            return error_set(err, REJECT, "the unpacked body is too large");
        if (result == Z_STREAM_END) /* another member follows */
            inflateReset(zlib);
        zlib->next_out = (unsigned char *)room;
        zlib->avail_out = STEP;
        result = inflate(zlib, Z_NO_FLUSH);
        out->len += STEP - zlib->avail_out;
        if (result != Z_OK && result != Z_STREAM_END)
            return error_set(err, REJECT, "the body is not valid gzip: %s",
                             zlib->msg ? zlib->msg : "it ends too early");
    } while (zlib->avail_in || (result == Z_OK && zlib->avail_out == 0));
    return result == Z_STREAM_END ? OK
                                  : error_set(err, REJECT,
                                              "the body is not valid gzip: it ends "
                                              "too early");
}

enum status http_body_unpack(struct slice body, struct buf *out, struct error *err)
{
    z_stream zlib = {.next_in = (unsigned char *)body.data, .avail_in = (unsigned)body.len};
    enum status status;

    if (inflateInit2(&zlib, GZIP_WINDOW) != Z_OK)
        return error_set(err, FATAL, "out of memory");
    status = unpack(&zlib, out, err);
    inflateEnd(&zlib);
    return status;
}

size_t http_body_lines(struct slice body, size_t line_max, http_body_line *each, void *arg)
{
    struct framer framer = {
        .p = body.data, .end = body.data + body.len, .line_max = line_max, .last = true};
    struct line line;
    size_t count = 0;

    while (body.len && framer_next(&framer, &line)) {
        if (line.text.len == 0)
            continue;
        each(arg, line.text, line.cut);
        count++;
    }
    return count;
}

/* One value at `p`; returns where it ends, or NULL. */
static const char *take_value(struct slice body, const char *p, size_t line_max,
                              http_body_line *each, void *arg, size_t *count, struct error *err)
{
    const char *end = body.data + body.len, *next;
    struct json_value value;

    next = json_read(p, end, &value);
    if (!next) {
        error_set(err, REJECT, "value %zu, at byte %zu, is not valid JSON", *count + 1,
                  (size_t)(p - body.data));
        return NULL;
    }
    if (value.raw.len > line_max) {
        error_set(err, REJECT, "value %zu, at byte %zu, is longer than %zu bytes", *count + 1,
                  (size_t)(p - body.data), line_max);
        return NULL;
    }
    each(arg, value.raw, false);
    ++*count;
    return json_skip_space(next, end);
}

/* Behind the array's '['. Returns what follows its end, or NULL. */
static const char *take_elements(struct slice body, const char *p, size_t line_max,
                                 http_body_line *each, void *arg, size_t *count, struct error *err)
{
    const char *end = body.data + body.len;

    p = json_skip_space(p, end);
    if (p < end && *p == ']')
        return json_skip_space(p + 1, end);
    while ((p = take_value(body, p, line_max, each, arg, count, err))) {
        if (p < end && *p == ']')
            return json_skip_space(p + 1, end);
        if (p == end || *p != ',') {
            error_set(err, REJECT, "the array is not valid JSON at byte %zu",
                      (size_t)(p - body.data));
            return NULL;
        }
        p = json_skip_space(p + 1, end);
    }
    return NULL;
}

enum status http_body_values(struct slice body, size_t line_max, http_body_line *each, void *arg,
                             size_t *count, struct error *err)
{
    const char *p, *end;

    *count = 0;
    if (body.len == 0)
        return OK;
    end = body.data + body.len;
    p = json_skip_space(body.data, end);
    if (p < end && *p == '[') {
        p = take_elements(body, p + 1, line_max, each, arg, count, err);
        if (p && p != end)
            return error_set(err, REJECT, "something follows the array at byte %zu",
                             (size_t)(p - body.data));
        return p ? OK : err->status;
    }
    while (p && p < end)
        p = take_value(body, p, line_max, each, arg, count, err);
    return p ? OK : err->status;
}
