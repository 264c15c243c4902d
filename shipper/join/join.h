/*
 * join.h - lines into events: what a container runtime wrapped or split, stack
 * traces and other texts of several lines.
 *
 * Works on the lines that are there. An event whose end is not known yet is
 * not given: its lines are offered again with what has come since, so an open
 * event is never acknowledged, and nothing is kept between pieces. It is given
 * when the line after it shows that it is complete, at a limit, or when the
 * caller says that nothing came for the configured time (`flush`).
 */
#ifndef SHIPPER_JOIN_H
#define SHIPPER_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "shipper/framer.h"
#include "shipper/join/wrap.h"

struct input_config;
struct join;
struct pattern;

struct event {
    struct slice text;
    uint64_t offset;               /* of its first line's first byte */
    uint64_t end;                  /* as in struct line */
    uint32_t lines;                /* that it was made of */
    bool cut;                      /* a line was longer than the limit */
    bool full;                     /* ended by a limit: it may go on in the next event */
    const struct wrapped *wrapped; /* of its first line; NULL: it was not wrapped */
};

/* Is there a multiline type called `name`? */
bool join_type_exists(const char *name);

/*
 * What an input needs: *out stays NULL when its lines are its events. REJECT: a pattern is wrong.
 * `line_max`: bytes that an event has at most.
 */
enum status join_open(const struct input_config *input, size_t line_max, struct join **out,
                      struct error *err);
void join_close(struct join *join); /* NULL is fine */

/* A format whose records say themselves where they end, on whichever line. */
struct join_format {
    void *arg;
    /* Bytes of the first record of `text`, its line's end included; 0: more of it must come. */
    size_t (*record_end)(void *arg, struct slice text);
    bool whole; /* one that does not end is an event as it is; otherwise its lines are */
};

/* Instead of join_open, where that gave none. FATAL: no memory. */
enum status join_open_format(const struct join_format *format, size_t line_max, struct join **out,
                             struct error *err);

/* The next event, valid until the next call. False: none is complete; framer->offset is where to go
 * on. `join` may be NULL: every line is an event. */
bool join_next(struct join *join, struct framer *framer, bool flush, struct event *event);

#endif
