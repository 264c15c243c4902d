/*
 * decoder.h - private to content: the compressed formats, by their magic bytes.
 *
 * An archive is one or more members (gzip: members, zstd: frames), each
 * complete in itself. The variants are listed in archive.c.
 */
#ifndef SHIPPER_CONTENT_DECODER_H
#define SHIPPER_CONTENT_DECODER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define DECODER_MAGIC_LEN 4

enum decoded {
    DECODED_MORE, /* needs more input, or more room */
    DECODED_END,  /* the member is complete, its checksum right */
    DECODED_BAD,  /* damaged; what is written is right */
};

struct decoder { /* first member of every variant's own struct */
    const struct decoder_type *type;
};

struct decoder_type {
    const char *name;

    /* Does a member begin so? `len` is at most DECODER_MAGIC_LEN; with fewer bytes: may it? */
    bool (*fits)(const unsigned char *head, size_t len);

    struct decoder *(*open)(void); /* NULL without memory */

    /* From *in to `to`; moves *in and adds to *used, which is at most `room`. */
    enum decoded (*decode)(struct decoder *decoder, struct slice *in, char *to, size_t room,
                           size_t *used, const char **why);

    /* To the beginning of a member. False without memory. */
    bool (*reset)(struct decoder *decoder);

    /* Bytes at the front of `in` that may stand between members. */
    size_t (*padding)(struct slice in);

    void (*close)(struct decoder *decoder);
};

/* The type that a file with that beginning has, or NULL; *may_be: more bytes may make it one. */
const struct decoder_type *decoder_find(const unsigned char *head, size_t len, bool *may_be);

extern const struct decoder_type decoder_gzip, decoder_zstd;

#endif
