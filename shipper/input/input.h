/*
 * input.h - where lines come from.
 *
 * An input hands out pieces of contents, one at a time; the pipeline frames
 * them, moves the stream's `read` position as far as it came, and says so. The variants
 * are the other files of this folder, listed in input.c.
 * Everything runs in the agent's one thread.
 */
#ifndef SHIPPER_INPUT_H
#define SHIPPER_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct checkpoint;
struct input_config;
struct shipper_config;
struct stream;
struct stream_status;

struct input { /* first member of every variant's own struct */
    const struct input_type *type;
};

struct input_piece {
    struct stream *stream;
    struct slice bytes; /* from stream->read.offset on; valid until the next call of the input */
    bool last;          /* nothing will follow: an unfinished line is complete */
    bool quiet;         /* nothing came for the multiline time-out: an open event is complete */
};

struct input_context {
    const struct shipper_config *config;
    struct checkpoint *checkpoint; /* NULL: positions are not kept */
};

struct input_progress {               /* for progress bars and metrics */
    uint64_t bytes_read, bytes_total; /* of the files; total is 0 when it has no end */
    uint64_t bytes_behind;            /* there, and not read yet */
    unsigned streams;                 /* open */
};

struct input_type {
    const char *name; /* `type:` in shipper.yaml */

    /* Creates an input; the caller closes *out. `context` and `config` must outlive it. */
    enum status (*open)(const struct input_context *context, const struct input_config *config,
                        struct input **out, struct error *err);

    /* A descriptor that becomes readable when there may be something new, or -1. */
    int (*fd)(const struct input *input);

    /*
     * The next piece. OK: there is one. RETRY: nothing now; *wake_ms (monotonic) is
     * when to ask again at the latest, or when fd is readable. DONE: nothing
     * will ever come.
     */
    enum status (*read)(struct input *input, int64_t now_ms, struct input_piece *piece,
                        int64_t *wake_ms);

    /* After each piece: `blocked` when the pipeline could not take all of it. */
    void (*done)(struct input *input, const struct input_piece *piece, bool blocked);

    /* A stream of this input moved its `acked` position. */
    void (*acked)(struct input *input, struct stream *stream);

    /*
     * The agent ends: takes nothing new in. What is there already is still read, up to DONE.
     * NULL: what is not read now is there next time.
     */
    void (*stop)(struct input *input);

    void (*progress)(const struct input *input, struct input_progress *out);

    /* Calls `each` for every stream that is known; NULL: there is nothing to tell. */
    void (*report)(struct input *input, int64_t now_ms,
                   void (*each)(void *arg, const struct stream_status *stream), void *arg);

    void (*close)(struct input *input); /* nothing of it is under way; NULL is fine */
};

/* The type called `name`, or NULL. */
const struct input_type *input_type_find(const char *name);

/*
 * tail: files and what they are rotated to. folder: any file of a folder, each to its end. whole:
 * whole files, each read once, in order; `config->paths` are file names, no patterns.
 */
extern const struct input_type input_tail, input_folder, input_whole, input_stdin, input_syslog,
    input_http;

#endif
