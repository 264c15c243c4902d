/*
 * fuzz_content.c - any bytes as a file, plain or gzip; the first one is the size of a piece.
 *
 * Reading in small pieces, and again from an offset before the end, gives the
 * same bytes as reading in large ones.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/buf.h"
#include "shipper/content.h"

#define CONTENT_MAX (1u << 20) /* of what a bomb becomes, this much is looked at */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct content *open_content(const uint8_t *data, size_t size)
{
    int fd = memfd_create("content", MFD_CLOEXEC);
    struct content *content;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || content_open(fd, &content, NULL))
        abort();
    return content;
}

/* Appends what is there from `from` on. */
static void read_all(struct content *content, uint64_t from, size_t room, struct buf *out)
{
    struct error err;
    enum status status = OK;
    size_t len;

    while (status == OK && out->len < CONTENT_MAX) {
        char *to = buf_reserve(out, room);

        if (!to)
            abort();
        status = content_read(content, from, to, room, &len, &err);
        if (len > room || (status == OK && len == 0))
            abort();
        out->len += len;
        from += len;
    }
    if (status == FATAL || status == RETRY)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf struct buf large = BUF_INIT(CONTENT_MAX * 2), small = BUF_INIT(CONTENT_MAX * 2),
                          again = BUF_INIT(CONTENT_MAX * 2);
    struct content *content;
    size_t room, back, common;

    if (size == 0)
        return 0;
    room = (size_t)data[0] + 1;
    content = open_content(data + 1, size - 1);
    read_all(content, 0, 65536, &large);
    content_close(content);
    content = open_content(data + 1, size - 1);
    read_all(content, 0, room, &small);
    common = small.len < large.len ? small.len : large.len;
    if (common && memcmp(small.data, large.data, common) != 0)
        abort();
    if (large.len < CONTENT_MAX && small.len != large.len)
        abort();
    back = small.len < CONTENT_MAX ? small.len / 2 : 0;
    read_all(content, back, 4096, &again);
    if (small.len < CONTENT_MAX &&
        (again.len != small.len - back ||
         (again.len && memcmp(again.data, small.data + back, again.len) != 0)))
        abort();
    content_close(content);
    return 0;
}
