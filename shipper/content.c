/*
 * content.c - the bytes of a file by their offset in the uncompressed content.
 */
#include "shipper/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define INPUT_BYTES 65536
#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib: gzip wrapper only, trailer checked */

enum kind { KIND_PLAIN, KIND_PIPE, KIND_GZIP };

struct content {
    int fd;
    enum kind kind;
    uint64_t progress;

    /* Forward-only sources: the last piece given, and where the next one begins. */
    char *kept;
    size_t kept_len, kept_room;
    uint64_t next_offset;

    z_stream zlib;
    bool ended;            /* the last member's trailer was read and is right */
    bool damaged;          /* no more can be read */
    unsigned char input[]; /* INPUT_BYTES when gzip */
};

static bool is_gzip(int fd)
{
    unsigned char magic[3];

    return pread(fd, magic, 3, 0) == 3 && magic[0] == 0x1f && magic[1] == 0x8b && magic[2] == 8;
}

enum status content_open(int fd, struct content **out, struct error *err)
{
    struct content *content;
    struct stat st;
    enum kind kind;

    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return error_set(err, REJECT, "not a readable file");
    }
    kind = !S_ISREG(st.st_mode) ? KIND_PIPE : is_gzip(fd) ? KIND_GZIP : KIND_PLAIN;
    content = calloc(1, sizeof(*content) + (kind == KIND_GZIP ? INPUT_BYTES : 0));
    if (!content) {
        close(fd);
        return error_set(err, FATAL, "out of memory");
    }
    content->fd = fd;
    content->kind = kind;
    if (kind == KIND_GZIP && inflateInit2(&content->zlib, GZIP_WINDOW) != Z_OK) {
        content_close(content);
        return error_set(err, FATAL, "out of memory");
    }
    *out = content;
    return OK;
}

static enum status read_failed(struct error *err)
{
    return error_set_errno(err, RETRY, "cannot read");
}

/* Reads at `offset`, or from where the descriptor stands when that is negative. */
static enum status read_some(struct content *content, int64_t offset, char *to, size_t room,
                             size_t *len, struct error *err)
{
    ssize_t n;

    do
        n = offset < 0 ? read(content->fd, to, room) : pread(content->fd, to, room, offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return read_failed(err);
    *len = (size_t)n;
    return n ? OK : DONE;
}

/* Goes back to the file's beginning. */
static enum status rewind_gzip(struct content *content, struct error *err)
{
    if (inflateReset(&content->zlib) != Z_OK)
        return error_set(err, FATAL, "cannot reset the decompressor");
    content->zlib.avail_in = 0;
    content->progress = content->next_offset = 0;
    content->kept_len = 0;
    content->ended = content->damaged = false;
    return OK;
}

/* Fills the input. DONE at the end of the file. */
static enum status fill_input(struct content *content, struct error *err)
{
    size_t len;
    enum status status = read_some(content, (int64_t)content->progress, (char *)content->input,
                                   INPUT_BYTES, &len, err);

    if (status == OK) {
        content->progress += len;
        content->zlib.next_in = content->input;
        content->zlib.avail_in = (unsigned)len;
    }
    return status;
}

static enum status damaged(struct content *content, const char *what, struct error *err)
{
    content->damaged = true;
    return error_set(err, REJECT, "damaged gzip file: %s", what);
}

/* After a member: zero bytes are padding, other bytes than a header are no part of it. */
static enum status next_member(struct content *content, struct error *err)
{
    enum status status;

    do {
        while (content->zlib.avail_in && *content->zlib.next_in == 0) {
            content->zlib.next_in++;
            content->zlib.avail_in--;
        }
        if (content->zlib.avail_in)
            break;
        status = fill_input(content, err);
        if (status != OK)
            return status;
    } while (true);
    if (*content->zlib.next_in != 0x1f)
        return damaged(content, "something else follows its end", err);
    content->ended = false;
    return inflateReset(&content->zlib) == Z_OK ? OK : damaged(content, "cannot go on", err);
}

static enum status inflate_some(struct content *content, char *to, size_t room, size_t *len,
                                struct error *err)
{
    z_stream *zlib = &content->zlib;
    enum status status;
    int result;

    if (content->damaged)
        return error_set(err, REJECT, "damaged gzip file");
    zlib->next_out = (unsigned char *)to;
    zlib->avail_out = (unsigned)(room > UINT32_MAX ? UINT32_MAX : room);
    while ((char *)zlib->next_out == to) {
        if (content->ended) {
            status = next_member(content, err);
            if (status != OK)
                return status;
        }
        status = zlib->avail_in ? OK : fill_input(content, err);
        if (status != OK && status != DONE)
            return status;
        /* Also without more input: it may still hold what did not fit last time. */
        result = inflate(zlib, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            content->ended = true;
        else if (result != Z_OK && result != Z_BUF_ERROR) {
            /* What was inflated before the damage is given first, the error next time. */
            status = damaged(content, zlib->msg ? zlib->msg : "bad data", err);
            if ((char *)zlib->next_out == to)
                return status;
        } else if (status == DONE && (char *)zlib->next_out == to) {
            return damaged(content, "it ends too early", err);
        }
    }
    *len = (size_t)((char *)zlib->next_out - to);
    return OK;
}

/* Keeps a copy of what was given, so that its end can be asked for again. */
static enum status keep(struct content *content, const char *data, size_t len, struct error *err)
{
    if (len > content->kept_room) {
        char *room = realloc(content->kept, len);

        if (!room)
            return error_set(err, FATAL, "out of memory");
        content->kept = room;
        content->kept_room = len;
    }
    memcpy(content->kept, data, len);
    content->kept_len = len;
    return OK;
}

/* The next piece of a forward-only source. */
static enum status read_next(struct content *content, char *to, size_t room, size_t *len,
                             struct error *err)
{
    enum status status = content->kind == KIND_GZIP ? inflate_some(content, to, room, len, err)
                                                    : read_some(content, -1, to, room, len, err);

    if (status == OK) {
        content->next_offset += *len;
        if (content->kind == KIND_PIPE)
            content->progress += *len;
    }
    return status;
}

/* Moves forward to `offset` by reading and forgetting. */
static enum status skip_to(struct content *content, uint64_t offset, char *to, size_t room,
                           struct error *err)
{
    uint64_t left;
    size_t len;
    enum status status;

    while (content->next_offset < offset) {
        left = offset - content->next_offset;
        status = read_next(content, to, left < room ? (size_t)left : room, &len, err);
        if (status != OK)
            return status;
        if (keep(content, to, len, err))
            return err->status;
    }
    return OK;
}

static enum status read_forward(struct content *content, uint64_t offset, char *to, size_t room,
                                size_t *len, struct error *err)
{
    uint64_t kept_from = content->next_offset - content->kept_len;
    size_t old = 0, more;
    enum status status;

    if (offset < kept_from) {
        if (content->kind == KIND_PIPE)
            return error_set(err, FATAL, "a pipe cannot go back");
        status = rewind_gzip(content, err);
        if (status != OK)
            return status;
        kept_from = 0;
    }
    status = skip_to(content, offset, to, room, err);
    if (status != OK)
        return status;
    if (content->kept_len) {
        kept_from = content->next_offset - content->kept_len;
        old = (size_t)(content->next_offset - offset);
        if (old > room)
            old = room;
        memcpy(to, content->kept + (offset - kept_from), old);
        if (offset + old < content->next_offset) {
            *len = old;
            return OK;
        }
    }
    if (old == room) {
        *len = old;
        return OK;
    }
    status = read_next(content, to + old, room - old, &more, err);
    if (status == DONE && old) {
        /* Nothing new: the caller has seen these bytes, but asked for them again. */
        *len = old;
        return DONE;
    }
    if (status == REJECT && old)
        *len = old;
    if (status != OK)
        return status;
    *len = old + more;
    return keep(content, to, *len, err);
}

enum status content_read(struct content *content, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err)
{
    enum status status;

    *len = 0;
    if (content->kind != KIND_PLAIN)
        return read_forward(content, offset, to, room, len, err);
    status = read_some(content, (int64_t)offset, to, room, len, err);
    if (status != OK)
        return status;
    content->progress = offset + *len;
    return *len < room ? DONE : OK;
}

int content_fd(const struct content *content)
{
    return content->fd;
}

bool content_is_archive(const struct content *content)
{
    return content->kind == KIND_GZIP;
}

uint64_t content_progress(const struct content *content)
{
    return content->progress;
}

void content_close(struct content *content)
{
    if (!content)
        return;
    if (content->kind == KIND_GZIP)
        inflateEnd(&content->zlib);
    close(content->fd);
    free(content->kept);
    free(content);
}
