/*
 * forward.h - private to content: sources that only go forward, read by offset.
 *
 * The last piece is kept, so that its end can be asked for again. Going back
 * further means beginning again, where the source can.
 */
#ifndef SHIPPER_CONTENT_FORWARD_H
#define SHIPPER_CONTENT_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "shipper/content/decoder.h"

struct forward;

struct forward_type {
    /* The next bytes, as content_read. */
    enum status (*next)(struct forward *forward, char *to, size_t room, size_t *len,
                        struct error *err);
    enum status (*rewind)(struct forward *forward, struct error *err); /* NULL: it cannot */
    void (*close)(struct forward *forward);
};

struct forward { /* first member of every variant's own struct */
    const struct forward_type *type;
    uint64_t progress; /* bytes of the file that were read */
    bool complete;     /* the source has said that nothing is missing */

    char *kept; /* the last piece */
    size_t kept_len, kept_room;
    uint64_t next_offset; /* where the next piece begins */
};

enum status forward_read(struct forward *forward, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err);
void forward_close(struct forward *forward); /* NULL is fine */

/* The descriptor stays the caller's. FATAL: out of memory. */
enum status pipe_open(int fd, struct forward **out, struct error *err);
enum status archive_open(int fd, const struct decoder_type *type, struct forward **out,
                         struct error *err);

#endif
