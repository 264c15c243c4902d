/*
 * content.c - what kind of file it is; plain ones are read here.
 */
#include "shipper/content.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shipper/content/forward.h"

struct content {
    int fd;
    bool decided;            /* no more bytes can make it an archive */
    bool archive;            /* `forward` is one */
    struct forward *forward; /* NULL: plain */
    uint64_t progress;       /* of a plain file */
};

/*
 * A file that has just been made may become an archive with its next bytes:
 * until there are enough of them it counts as plain.
 */
static enum status decide(struct content *content, struct error *err)
{
    unsigned char head[DECODER_MAGIC_LEN];
    ssize_t n = pread(content->fd, head, sizeof(head), 0);
    const struct decoder_type *type;
    bool may_be;

    if (n <= 0)
        return OK;
    type = decoder_find(head, (size_t)n, &may_be);
    content->decided = type || !may_be;
    if (!type)
        return OK;
    content->archive = true;
    return archive_open(content->fd, type, &content->forward, err);
}

enum status content_open(int fd, struct content **out, struct error *err)
{
    struct content *content;
    enum status status;
    struct stat st;

    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return error_set(err, REJECT, "not a readable file");
    }
    content = calloc(1, sizeof(*content));
    if (!content) {
        close(fd);
        return error_set(err, FATAL, "out of memory");
    }
    content->fd = fd;
    content->decided = !S_ISREG(st.st_mode);
    status = content->decided ? pipe_open(fd, &content->forward, err) : decide(content, err);
    if (status != OK) {
        content_close(content);
        return status;
    }
    *out = content;
    return OK;
}

static enum status read_plain(struct content *content, uint64_t offset, char *to, size_t room,
                              size_t *len, struct error *err)
{
    ssize_t n;

    do
        n = pread(content->fd, to, room, (off_t)offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set_errno(err, RETRY, "cannot read");
    *len = (size_t)n;
    content->progress = offset + *len;
    return *len < room ? DONE : OK;
}

enum status content_read(struct content *content, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err)
{
    *len = 0;
    if (!content->decided && decide(content, err))
        return err ? err->status : FATAL;
    if (content->forward)
        return forward_read(content->forward, offset, to, room, len, err);
    return read_plain(content, offset, to, room, len, err);
}

int content_fd(const struct content *content)
{
    return content->fd;
}

bool content_is_archive(const struct content *content)
{
    return content->archive;
}

bool content_is_complete(const struct content *content)
{
    return !content->forward || content->forward->complete;
}

uint64_t content_progress(const struct content *content)
{
    return content->forward ? content->forward->progress : content->progress;
}

void content_close(struct content *content)
{
    if (!content)
        return;
    forward_close(content->forward);
    close(content->fd);
    free(content);
}
