/*
 * framer.c - bytes into lines.
 */
#include "shipper/framer.h"

static void advance(struct framer *framer, const char *to)
{
    framer->offset += (uint64_t)(to - framer->p);
    framer->p = to;
}

/* The length to cut at: not inside of a UTF-8 sequence. */
static size_t cut_length(const char *p, size_t max)
{
    size_t len = max;

    while (len > 0 && max - len < 3 && ((unsigned char)p[len] & 0xc0) == 0x80)
        len--;
    return ((unsigned char)p[len] & 0xc0) == 0x80 ? max : len;
}

static void give(struct framer *framer, const char *stop, const char *next, struct line *line)
{
    size_t len = (size_t)(stop - framer->p);

    line->offset = framer->offset;
    if (len && framer->p[len - 1] == '\r')
        len--;
    line->cut = len > framer->line_max;
    if (line->cut)
        len = cut_length(framer->p, framer->line_max);
    line->text = (struct slice){framer->p, len};
    advance(framer, next);
    line->end = framer->offset;
}

bool framer_next(struct framer *framer, struct line *line)
{
    const char *newline;
    uint64_t begin;

    if (framer->p == framer->end)
        return false;
    newline = memchr(framer->p, '\n', (size_t)(framer->end - framer->p));
    if (framer->skipping) {
        advance(framer, newline ? newline + 1 : framer->end);
        if (newline)
            framer->skipping = false;
        return newline || framer->last ? framer_next(framer, line) : false;
    }
    if (newline) {
        give(framer, newline, newline + 1, line);
        return true;
    }
    if (framer->last) {
        give(framer, framer->end, framer->end, line);
        return true;
    }
    /* The last byte may be the \r of a line that just fits. */
    if ((size_t)(framer->end - framer->p) - (framer->end[-1] == '\r') > framer->line_max) {
        begin = framer->offset;
        give(framer, framer->end, framer->end, line);
        line->end = begin; /* acknowledged only with its whole line */
        framer->skipping = true;
        return true;
    }
    return false;
}
