/*
 * forward.c - reading by offset from what only goes forward.
 */
#include "shipper/content/forward.h"

#include <stdlib.h>
#include <string.h>

/* Keeps a copy of what was given, so that its end can be asked for again. */
static enum status keep(struct forward *forward, const char *data, size_t len, struct error *err)
{
    if (len > forward->kept_room) {
        char *room = realloc(forward->kept, len);

        if (!room)
            return error_set(err, FATAL, "out of memory");
        forward->kept = room;
        forward->kept_room = len;
    }
    memcpy(forward->kept, data, len);
    forward->kept_len = len;
    return OK;
}

static enum status read_next(struct forward *forward, char *to, size_t room, size_t *len,
                             struct error *err)
{
    enum status status = forward->type->next(forward, to, room, len, err);

    if (status == OK)
        forward->next_offset += *len;
    return status;
}

/* Moves forward to `offset` by reading and forgetting. */
static enum status skip_to(struct forward *forward, uint64_t offset, char *to, size_t room,
                           struct error *err)
{
    uint64_t left;
    size_t len;
    enum status status;

    while (forward->next_offset < offset) {
        left = offset - forward->next_offset;
        status = read_next(forward, to, left < room ? (size_t)left : room, &len, err);
        if (status != OK)
            return status;
        if (keep(forward, to, len, err))
            return err ? err->status : FATAL;
    }
    return OK;
}

static enum status go_back(struct forward *forward, struct error *err)
{
    enum status status;

    if (!forward->type->rewind)
        return error_set(err, FATAL, "a pipe cannot go back");
    status = forward->type->rewind(forward, err);
    if (status == OK) {
        forward->progress = forward->next_offset = 0;
        forward->kept_len = 0;
    }
    return status;
}

/* What is kept of the bytes from `offset` on; how many. */
static size_t copy_kept(const struct forward *forward, uint64_t offset, char *to, size_t room)
{
    uint64_t kept_from = forward->next_offset - forward->kept_len;
    size_t len = forward->kept_len ? (size_t)(forward->next_offset - offset) : 0;

    if (len > room)
        len = room;
    if (len)
        memcpy(to, forward->kept + (offset - kept_from), len);
    return len;
}

enum status forward_read(struct forward *forward, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err)
{
    size_t old, more = 0;
    enum status status = OK;

    if (offset < forward->next_offset - forward->kept_len)
        status = go_back(forward, err);
    if (status == OK)
        status = skip_to(forward, offset, to, room, err);
    if (status != OK)
        return status;
    old = copy_kept(forward, offset, to, room);
    if (old == room || offset + old < forward->next_offset) {
        *len = old;
        return OK;
    }
    status = read_next(forward, to + old, room - old, &more, err);
    if (status == DONE || status == REJECT)
        *len = old; /* nothing new: the caller has seen these bytes, but asked for them again */
    if (status != OK)
        return status;
    *len = old + more;
    return keep(forward, to, *len, err);
}

void forward_close(struct forward *forward)
{
    if (!forward)
        return;
    free(forward->kept);
    forward->type->close(forward);
}
