/*
 * pipe.c - standard input and other things that are no files.
 */
#include "shipper/content/forward.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct pipe_source {
    struct forward base;
    int fd;
};

static enum status pipe_next(struct forward *forward, char *to, size_t room, size_t *len,
                             struct error *err)
{
    struct pipe_source *source = (struct pipe_source *)forward;
    ssize_t n;

    do
        n = read(source->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set_errno(err, RETRY, "cannot read");
    *len = (size_t)n;
    forward->progress += (uint64_t)n;
    forward->complete = n == 0;
    return n ? OK : DONE;
}

static void pipe_close(struct forward *forward)
{
    free(forward);
}

static const struct forward_type type = {.next = pipe_next, .close = pipe_close};

enum status pipe_open(int fd, struct forward **out, struct error *err)
{
    struct pipe_source *source = calloc(1, sizeof(*source));

    if (!source)
        return error_set(err, FATAL, "out of memory");
    source->base.type = &type;
    source->fd = fd;
    *out = &source->base;
    return OK;
}
