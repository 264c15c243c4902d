/*
 * framer.h - bytes into lines.
 *
 * A line ends with \n or \r\n, which are no part of it. One longer than the
 * limit is cut there, and the rest of it skipped up to its end: it never runs
 * into the next one. The framer keeps nothing: bytes behind the last complete
 * line are offered again, with what has come since.
 */
#ifndef SHIPPER_FRAMER_H
#define SHIPPER_FRAMER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct framer {
    const char *p, *end; /* what is left */
    uint64_t offset;     /* of p in the content */
    size_t line_max;
    bool last; /* nothing will follow: the rest is a line without its newline */
    bool
        skipping; /* p is inside of a line that was cut; the caller keeps this for the next piece */
};

struct line {
    struct slice text;
    uint64_t offset; /* of its first byte */
    uint64_t end; /* where the content goes on; for a line that was cut in the middle: its begin */
    bool cut;
};

/*
 * The next line. False: no complete one is left; framer->offset is where to go
 * on. The bytes must be more than line_max + 1, unless they are all there is.
 */
bool framer_next(struct framer *framer, struct line *line);

#endif
