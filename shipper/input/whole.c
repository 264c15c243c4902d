/*
 * whole.c - whole files, each read once, in order: `shipper ship` and `parse`.
 *
 * Plain or gzip, "-" is standard input. No position is kept: what is shipped
 * twice has the same ids.
 */
#include "shipper/input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/content.h"
#include "shipper/stream.h"
#include "shipper/stream_name.h"

#define READ_BYTES (256u << 10)

struct whole {
    struct input base;
    const struct input_context *context;
    const struct input_config *config;
    struct stream *streams;  /* one a file: acknowledgements come later than the next file */
    uint32_t next;           /* file to open */
    struct content *content; /* of the current one; NULL = none */
    bool ended;              /* the current one: all bytes were given */
    bool failed;             /* the current one: that was said already */
    uint64_t piece_offset;   /* where the last piece began */
    char *buffer;
    size_t room;
    uint64_t done_bytes, total_bytes, failed_files;
};

static uint64_t total_size(const struct input_config *config)
{
    uint64_t total = 0;
    struct stat st;

    for (uint32_t i = 0; i < config->path_count; i++)
        if (stat(config->paths[i], &st) == 0 && S_ISREG(st.st_mode))
            total += (uint64_t)st.st_size;
    return total;
}

static void whole_close(struct input *input)
{
    struct whole *whole = (struct whole *)input;

    if (!whole)
        return;
    for (uint32_t i = 0; whole->streams && i < whole->config->path_count; i++)
        stream_release(&whole->streams[i]);
    content_close(whole->content);
    free(whole->streams);
    free(whole->buffer);
    free(whole);
}

static enum status whole_open(const struct input_context *context,
                              const struct input_config *config, struct input **out,
                              struct error *err)
{
    struct whole *whole = calloc(1, sizeof(*whole));

    if (!whole)
        return error_set(err, FATAL, "out of memory");
    whole->base.type = &input_whole;
    whole->context = context;
    whole->config = config;
    whole->room = READ_BYTES;
    whole->streams = calloc(config->path_count ? config->path_count : 1, sizeof(*whole->streams));
    whole->buffer = malloc(whole->room);
    if (!whole->streams || !whole->buffer) {
        whole_close(&whole->base);
        return error_set(err, FATAL, "out of memory");
    }
    whole->total_bytes = total_size(config);
    *out = &whole->base;
    return OK;
}

static int whole_fd(const struct input *input)
{
    (void)input;
    return -1;
}

/* A file that cannot be read is reported and counted; the others go on. */
static void give_up(struct whole *whole, const char *path, const char *why)
{
    log_error("cannot read '%s': %s; going on with the next file", path, why);
    metric_add(metrics_counter("shipper_files_failed_total", NULL,
                               "Files that could not be read, or not to their end."),
               1);
    whole->failed_files++;
}

static bool open_next(struct whole *whole)
{
    struct stream *stream = &whole->streams[whole->next];
    const char *path = whole->config->paths[whole->next++];
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct error err;
    struct stat st;
    char *name;

    if (fd < 0 || fstat(fd, &st) != 0) {
        give_up(whole, path, strerror(errno));
        return false;
    }
    if (content_open(fd, &whole->content, &err)) {
        give_up(whole, path, err.text);
        return false;
    }
    name = is_stdin ? strdup("-") : stream_name_of(path);
    if (!name || !stream_init(stream, whole->config, name, path)) {
        give_up(whole, path, "out of memory");
        content_close(whole->content);
        whole->content = NULL;
    }
    free(name);
    stream->reference =
        is_stdin ? timestamp_from_ms(clock_wall_ms()) : (struct timestamp){st.st_mtim.tv_sec, 0};
    stream->read.time = stream->reference;
    whole->ended = whole->failed = false;
    return whole->content != NULL;
}

static void leave_file(struct whole *whole)
{
    whole->done_bytes += content_progress(whole->content);
    content_close(whole->content);
    whole->content = NULL;
}

/* Room for a line of the limit, once a piece held no complete one. */
static bool grow(struct whole *whole)
{
    size_t most = whole->context->config->line_max_bytes + READ_BYTES;
    char *buffer;

    if (whole->room >= most)
        return true;
    buffer = realloc(whole->buffer, most);
    if (!buffer)
        return false;
    whole->buffer = buffer;
    whole->room = most;
    return true;
}

/* The first piece is large enough for the fingerprint: archives and pipes may give theirs in
 * crumbs. */
static enum status read_piece(struct whole *whole, const struct stream *stream, size_t *len,
                              struct error *err)
{
    enum status status;

    do
        status =
            content_read(whole->content, stream->read.offset, whole->buffer, whole->room, len, err);
    while (status == OK && !stream->fingerprint &&
           !stream_fingerprint((struct slice){whole->buffer, *len}, false));
    return status;
}

static enum status whole_read(struct input *input, int64_t now_ms, struct input_piece *piece,
                              int64_t *wake_ms)
{
    struct whole *whole = (struct whole *)input;
    struct stream *stream;
    enum status status;
    struct error err;
    size_t len;

    (void)now_ms;
    for (;;) {
        while (!whole->content) {
            if (whole->next == whole->config->path_count)
                return DONE;
            open_next(whole);
        }
        stream = &whole->streams[whole->next - 1];
        status = read_piece(whole, stream, &len, &err);
        if (status == RETRY || status == FATAL || status == REJECT) {
            if (!whole->failed)
                give_up(whole, stream->path, err.text);
            whole->failed = true; /* a piece that is not taken is read again */
            status = DONE;
        }
        if (status == DONE && !content_is_complete(whole->content) && !whole->failed) {
            give_up(whole, stream->path, "the archive ends too early");
            whole->failed = true;
        }
        whole->ended = status == DONE;
        if (len > 0)
            break;
        leave_file(whole);
    }
    if (!stream->fingerprint)
        stream_identify(stream, whole->context->config->agent.id,
                        stream_fingerprint((struct slice){whole->buffer, len}, true), 0);
    whole->piece_offset = stream->read.offset;
    piece->stream = stream;
    piece->bytes = (struct slice){whole->buffer, len};
    piece->last = whole->ended;
    *wake_ms = INT64_MAX;
    return OK;
}

static void whole_done(struct input *input, const struct input_piece *piece, bool blocked)
{
    struct whole *whole = (struct whole *)input;

    if (blocked)
        return;
    if (whole->ended)
        leave_file(whole);
    else if (piece->stream->read.offset == whole->piece_offset && !grow(whole))
        give_up(whole, piece->stream->path, "out of memory");
}

static void whole_acked(struct input *input, struct stream *stream)
{
    (void)input;
    (void)stream;
}

static void whole_progress(const struct input *input, struct input_progress *out)
{
    const struct whole *whole = (const struct whole *)input;

    *out =
        (struct input_progress){.bytes_read = whole->done_bytes, .bytes_total = whole->total_bytes};
    if (whole->content) {
        out->bytes_read += content_progress(whole->content);
        out->streams = 1;
    }
}

const struct input_type input_whole = {
    .name = "whole",
    .open = whole_open,
    .fd = whole_fd,
    .read = whole_read,
    .done = whole_done,
    .acked = whole_acked,
    .progress = whole_progress,
    .close = whole_close,
};
