/*
 * fuzz_framer.c - any bytes as a content; the first two are the line limit and the size of a piece.
 *
 * Pieces give the same lines as the whole.
 */
#include <stdlib.h>

#include "shipper/framer.h"

#define LINES_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    struct line lines[LINES_MAX];
    size_t count;
};

static void frame(struct slice content, size_t line_max, size_t piece, struct found *found)
{
    uint64_t offset = 0;
    bool skipping = false, last = false;

    found->count = 0;
    while (!last) {
        size_t left = content.len - offset, len = piece < left ? piece : left;
        struct framer framer = {.p = content.data + offset,
                                .end = content.data + offset + len,
                                .offset = offset,
                                .line_max = line_max,
                                .last = len == left,
                                .skipping = skipping};

        while (found->count < LINES_MAX && framer_next(&framer, &found->lines[found->count]))
            found->count++;
        last = framer.last;
        if (!last && framer.offset == offset)
            abort(); /* it would never go on */
        offset = framer.offset;
        skipping = framer.skipping;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found whole, pieces;
    struct slice content;
    size_t line_max;

    if (size < 2 || size > LINES_MAX)
        return 0;
    line_max = (size_t)data[0] % 64 + 1;
    content = (struct slice){(const char *)data + 2, size - 2};
    frame(content, line_max, SIZE_MAX, &whole);
    frame(content, line_max, line_max + 2 + data[1], &pieces);
    if (whole.count != pieces.count)
        abort();
    for (size_t i = 0; i < whole.count; i++) {
        const struct line *a = &whole.lines[i], *b = &pieces.lines[i];

        if (a->offset != b->offset || a->cut != b->cut || !slice_equal(a->text, b->text) ||
            a->text.len > line_max)
            abort();
    }
    return 0;
}
