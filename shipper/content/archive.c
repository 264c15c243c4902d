/*
 * archive.c - the members of a compressed file, one after the other, as far as they are there.
 */
#include "shipper/content/forward.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/scope.h"

#define INPUT_BYTES 32768

struct archive {
    struct forward base;
    int fd;
    struct decoder *decoder;
    struct slice input; /* what is left of `bytes` */
    bool between;       /* a member is complete, and no other has begun */
    bool damaged;       /* no more can be read */
    char why[80];
    char bytes[INPUT_BYTES];
};

static const struct decoder_type *const types[] = {&decoder_gzip, &decoder_zstd};

const struct decoder_type *decoder_find(const unsigned char *head, size_t len, bool *may_be)
{
    *may_be = false;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (!types[i]->fits(head, len))
            continue;
        if (len >= DECODER_MAGIC_LEN)
            return types[i];
        *may_be = true;
    }
    return NULL;
}

/* DONE at the end of what is there. */
static enum status fill(struct archive *archive, struct error *err)
{
    ssize_t n;

    do
        n = pread(archive->fd, archive->bytes, INPUT_BYTES, (off_t)archive->base.progress);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set_errno(err, RETRY, "cannot read");
    archive->base.progress += (uint64_t)n;
    archive->input = (struct slice){archive->bytes, (size_t)n};
    return n ? OK : DONE;
}

static enum status damage(struct archive *archive, const char *why, struct error *err)
{
    archive->damaged = true;
    snprintf(archive->why, sizeof(archive->why), "%s", why);
    return error_set(err, REJECT, "damaged %s file: %s", archive->decoder->type->name,
                     archive->why);
}

/* Goes over what may stand between members. DONE: nothing else is there. */
static enum status begin_member(struct archive *archive, struct error *err)
{
    const struct decoder_type *type = archive->decoder->type;
    enum status status;
    size_t skipped;

    do {
        skipped = type->padding(archive->input);
        archive->input.data += skipped;
        archive->input.len -= skipped;
        status = archive->input.len ? OK : fill(archive, err);
    } while (status == OK && type->padding(archive->input));
    if (status != OK)
        return status;
    if (!type->fits((const unsigned char *)archive->input.data,
                    archive->input.len < DECODER_MAGIC_LEN ? archive->input.len
                                                           : DECODER_MAGIC_LEN))
        return damage(archive, "something else follows its end", err);
    if (!type->reset(archive->decoder))
        return error_set(err, FATAL, "out of memory");
    archive->between = false;
    return OK;
}

/* One step of the decoder. DONE: more input is needed, and there is none. */
static enum status decode(struct archive *archive, char *to, size_t room, size_t *len,
                          struct error *err)
{
    enum status filled = archive->input.len ? OK : fill(archive, err);
    size_t before = archive->input.len;
    const char *why = "bad data";

    if (filled != OK && filled != DONE)
        return filled;
    /* Also without more input: it may still hold what did not fit last time. */
    switch (
        archive->decoder->type->decode(archive->decoder, &archive->input, to, room, len, &why)) {
    case DECODED_BAD:
        return damage(archive, why, err);
    case DECODED_END:
        archive->between = true;
        return OK;
    default:
        if (*len == 0 && before && archive->input.len == before)
            return damage(archive, "it makes no progress", err);
        return filled == DONE && *len == 0 ? DONE : OK;
    }
}

static enum status archive_next(struct forward *forward, char *to, size_t room, size_t *len,
                                struct error *err)
{
    struct archive *archive = (struct archive *)forward;
    enum status status = OK;

    *len = 0;
    if (archive->damaged)
        return error_set(err, REJECT, "damaged %s file: %s", archive->decoder->type->name,
                         archive->why);
    while (status == OK && *len == 0) {
        if (archive->between)
            status = begin_member(archive, err);
        if (status == OK)
            status = decode(archive, to, room, len, err);
    }
    forward->complete = status == DONE && archive->between;
    return *len ? OK : status; /* what stands before the damage is given first */
}

static enum status archive_rewind(struct forward *forward, struct error *err)
{
    struct archive *archive = (struct archive *)forward;

    if (!archive->decoder->type->reset(archive->decoder))
        return error_set(err, FATAL, "cannot reset the decompressor");
    archive->input.len = 0;
    archive->between = archive->damaged = false;
    return OK;
}

static void archive_close(struct forward *forward)
{
    struct archive *archive = (struct archive *)forward;

    if (archive->decoder)
        archive->decoder->type->close(archive->decoder);
    free(archive);
}

static const struct forward_type forward_archive = {
    .next = archive_next, .rewind = archive_rewind, .close = archive_close};

enum status archive_open(int fd, const struct decoder_type *type, struct forward **out,
                         struct error *err)
{
    struct archive *archive = calloc(1, sizeof(*archive));

    if (archive)
        archive->decoder = type->open();
    if (!archive || !archive->decoder) {
        free(archive);
        return error_set(err, FATAL, "out of memory");
    }
    archive->base.type = &forward_archive;
    archive->fd = fd;
    *out = &archive->base;
    return OK;
}
