/*
 * outlet.c - lines into a file or standard output.
 */
#include "indexer/replay/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status cut(struct outlet *outlet, uint64_t bytes, struct error *err)
{
    struct stat st;

    if (fstat(outlet->fd, &st))
        return error_set_errno(err, FATAL, "cannot look at '%s'", outlet->path);
    if (!S_ISREG(st.st_mode))
        return OK;
    if ((uint64_t)st.st_size < bytes)
        return error_set(err, REJECT,
                         "'%s' is shorter than it was (%" PRIu64
                         " bytes): it is not what the replay "
                         "has written",
                         outlet->path, bytes);
    if (ftruncate(outlet->fd, (off_t)bytes) || lseek(outlet->fd, 0, SEEK_END) < 0)
        return error_set_errno(err, FATAL, "cannot cut '%s'", outlet->path);
    return OK;
}

enum status outlet_open(struct outlet *outlet, const char *path, bool resume, uint64_t bytes,
                        struct error *err)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (resume ? 0 : O_EXCL);
    struct stat st;

    *outlet = (struct outlet){.path = path, .fd = STDOUT_FILENO, .bytes = bytes};
    if (!path)
        return OK;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* a named pipe, /dev/null */
        flags &= ~O_EXCL;
    outlet->fd = open(path, flags, 0666);
    if (outlet->fd < 0 && errno == EEXIST)
        return error_set(err, REJECT,
                         "'%s' is there already; --resume goes on with it, otherwise remove it",
                         path);
    if (outlet->fd < 0)
        return error_set_errno(err, FATAL, "cannot write '%s'", path);
    outlet->made = (flags & O_EXCL) != 0;
    return resume ? cut(outlet, bytes, err) : OK;
}

enum status outlet_write(struct outlet *outlet, struct slice text, struct error *err)
{
    const char *name = outlet->path ? outlet->path : "standard output";

    while (text.len) {
        ssize_t n = write(outlet->fd, text.data, text.len);

        if (n < 0 && errno == EPIPE)
            return error_set(err, DONE, "nobody reads '%s' any longer", name);
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, FATAL, "cannot write '%s'", name);
        if (n <= 0)
            continue;
        outlet->bytes += (size_t)n;
        text = (struct slice){text.data + n, text.len - (size_t)n};
    }
    return OK;
}

enum status outlet_sync(struct outlet *outlet, struct error *err)
{
    if (!outlet->path || fdatasync(outlet->fd) == 0 || errno == EINVAL || errno == EROFS)
        return OK; /* EINVAL: nothing that could be synced, as a pipe */
    return error_set_errno(err, FATAL, "cannot write '%s'", outlet->path);
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->path && outlet->fd >= 0)
        close(outlet->fd);
    outlet->fd = -1;
}
