/*
 * outlet.h - lines into a file or standard output, and where a file was at the last state.
 *
 * One thread.
 */
#ifndef INDEXER_REPLAY_OUTLET_H
#define INDEXER_REPLAY_OUTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct outlet {
    const char *path; /* NULL: standard output */
    int fd;           /* -1: not open */
    bool made;        /* by us, just now: it was not there */
    uint64_t bytes;
};

/*
 * `path` NULL is standard output. A file must not exist yet, unless `resume`: then it is cut to
 * `bytes`. REJECT: it exists, or is shorter.
 */
enum status outlet_open(struct outlet *outlet, const char *path, bool resume, uint64_t bytes,
                        struct error *err);

/* Blocks. DONE: the reader of a pipe has left. */
enum status outlet_write(struct outlet *outlet, struct slice text, struct error *err);

/* What was written is on disk, as far as it is a file. */
enum status outlet_sync(struct outlet *outlet, struct error *err);

void outlet_close(struct outlet *outlet);

#endif
