/*
 * file.c - whole files and whole pieces.
 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/scope.h"

#define READ_BYTES 16384

bool file_write_all(int fd, struct slice text)
{
    while (text.len) {
        ssize_t n = write(fd, text.data, text.len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text = (struct slice){text.data + n, text.len - (size_t)n};
    }
    return true;
}

/* When `out` is full, one byte more tells whether that was all. */
static ssize_t read_some(int fd, struct buf *out)
{
    size_t left = out->max > out->len ? out->max - out->len : 0;
    size_t wanted = left < READ_BYTES ? left : READ_BYTES;
    char one, *room = wanted ? buf_reserve(out, wanted) : &one;
    ssize_t n;

    if (!room) {
        errno = ENOMEM;
        return -1;
    }
    n = read(fd, room, wanted ? wanted : 1);
    if (n > 0 && !wanted) {
        errno = EFBIG;
        return -1;
    }
    out->len += n > 0 ? (size_t)n : 0;
    return n;
}

bool file_read_all(int fd, struct buf *out)
{
    ssize_t n;

    do
        n = read_some(fd, out);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0;
}

enum status file_read(const char *path, struct buf *out, struct error *err)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_set_errno(err, REJECT, "cannot open '%s'", path);
    if (file_read_all(fd, out))
        return OK;
    if (errno == EFBIG)
        return error_set(err, REJECT, "'%s' is larger than %zu bytes", path, out->max);
    return error_set_errno(err, REJECT, "cannot read '%s'", path);
}
