/*
 * tail.c - follows files and what they are rotated to. See README.md.
 */
#include "shipper/input/tail/tail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/read_times.h"
#include "shipper/status.h"

#define REST_MS 10000

static void register_metrics(struct tail *tail)
{
    tail->opened = metrics_counter("shipper_contents_opened_total", NULL,
                                   "New file contents that were found.");
    tail->truncated = metrics_counter("shipper_files_truncated_total", NULL,
                                      "Files that were truncated or rewritten while followed.");
    tail->abandoned = metrics_counter("shipper_abandoned_bytes_total", NULL,
                                      "Bytes that were there and vanished before they were read.");
    tail->unreadable = metrics_counter("shipper_files_unreadable_total", NULL,
                                       "Failed attempts to open or read a file.");
    tail->scans = metrics_counter("shipper_folder_scans_total", NULL,
                                  "Times that folders were looked through.");
    tail->descriptors = metrics_gauge("shipper_file_descriptors", NULL,
                                      "Followed files that are open; the others are closed.");
}

static void tail_close(struct input *input)
{
    struct tail *tail = (struct tail *)input;

    if (!tail)
        return;
    tail_release_rejects(tail);
    tail_release_files(tail);
    tail_discovery_close(tail);
    free(tail->since_ms);
    free(tail->buffer);
    free(tail);
}

static enum status tail_open(const struct input_context *context, const struct input_config *config,
                             struct input **out, struct error *err)
{
    struct tail *tail = calloc(1, sizeof(*tail));

    if (!tail || !(tail->buffer = malloc(TAIL_READ_BYTES))) {
        free(tail);
        return error_set(err, FATAL, "out of memory");
    }
    tail->base.type = &input_tail;
    tail->context = context;
    tail->config = config;
    tail->checkpoint = context->checkpoint;
    tail->inotify = -1;
    tail->room = TAIL_READ_BYTES;
    tail->is_folder = config->type && strcmp(config->type, "folder") == 0;
    if (tail->is_folder)
        tail->base.type = &input_folder;
    tail->has_events = config->multiline || config->container != WRAP_NONE || config->spans_lines;
    tail->first_start = checkpoint_is_new(context->checkpoint);
    tail->started_wall_ms = clock_wall_ms();
    tail->started_ms = clock_mono_ms();
    register_metrics(tail);
    if (tail_discovery_open(tail, err) || tail_since_open(tail, err)) {
        tail_close(&tail->base);
        return err->status;
    }
    *out = &tail->base;
    return OK;
}

static int tail_fd(const struct input *input)
{
    return ((const struct tail *)input)->inotify;
}

/* When there may be something to do without an event. */
static int64_t next_wake(const struct tail *tail)
{
    int64_t wake_ms = tail->scan_ms < tail->poll_ms ? tail->scan_ms : tail->poll_ms;

    if (tail->look_count || tail->ready_first || tail->must_walk)
        return tail->now_ms;
    return wake_ms < tail->tidy_ms ? wake_ms : tail->tidy_ms;
}

/* An agent with nothing to do is small: the pages of the buffer go back until they are needed. */
static void rest(struct tail *tail)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from, to;

    if (tail->read_ms == 0 || tail->now_ms - tail->read_ms < REST_MS)
        return;
    tail->read_ms = 0;
    from = ((uintptr_t)tail->buffer + page - 1) / page * page;
    to = ((uintptr_t)tail->buffer + tail->room) / page * page;
    if (from < to)
        madvise((void *)from, to - from, MADV_DONTNEED);
}

static enum status tail_read(struct input *input, int64_t now_ms, struct input_piece *piece,
                             int64_t *wake_ms)
{
    struct tail *tail = (struct tail *)input;

    tail->now_ms = now_ms;
    tail_read_events(tail);
    tail_discover(tail);
    if (tail_read_next(tail, piece)) {
        tail->read_ms = now_ms;
        return OK;
    }
    tail_tidy(tail);
    rest(tail);
    *wake_ms = next_wake(tail);
    return RETRY;
}

/* Room for a line of the limit, once a piece held no complete one. */
static void grow(struct tail *tail)
{
    size_t most = tail->context->config->line_max_bytes + TAIL_READ_BYTES;
    char *buffer = tail->room < most ? realloc(tail->buffer, most) : NULL;

    if (!buffer)
        return;
    tail->buffer = buffer;
    tail->room = most;
}

static void tail_done(struct input *input, const struct input_piece *piece, bool blocked)
{
    struct tail *tail = (struct tail *)input;
    struct tail_file *file = tail->given;
    struct error err;

    tail->given = NULL;
    if (piece->stream->took_read_time &&
        read_times_keep(checkpoint_read_times(tail->checkpoint), &err))
        log_warn("%s; with a lost checkpoint they would be stored twice", err.text);
    if (!file || blocked)
        return;
    if (file->ended)
        tail_read_to_end(tail, file);
    else if (file->stream.read.offset == tail->piece_offset)
        grow(tail);
}

/* Lines behind it need it also after a restart. */
static void keep_heading(struct checkpoint_entry *entry, struct stream *stream)
{
    struct slice heading = stream_heading(stream, stream->acked.offset);
    char *copy;

    if (heading.len == 0 || (entry->heading && slice_is(heading, entry->heading)) ||
        !(copy = strndup(heading.data, heading.len)))
        return;
    free(entry->heading);
    entry->heading = copy;
    stream_forget_headings(stream, stream->acked.offset);
}

static void tail_acked(struct input *input, struct stream *stream)
{
    struct tail *tail = (struct tail *)input;
    struct tail_file *file =
        (struct tail_file *)((char *)stream - offsetof(struct tail_file, stream));

    if (file->entry) {
        file->entry->acked = stream->acked;
        file->entry->account = stream->account;
        keep_heading(file->entry, stream);
        checkpoint_changed(tail->checkpoint, file->entry);
    }
    if (stream->first)
        return;
    if (file->replaced) {
        if (file->entry)
            file->entry->claimed = false; /* its rest may be looked for now */
        tail_look_at_relatives(tail, file);
        tail_file_drop(tail, file);
    } else if (!file->live) {
        tail->tidy_ms = 0;
    } else {
        tail_file_settle(tail, file);
    }
}

static uint64_t behind(const struct tail_file *file)
{
    return file->size > file->stream.acked.offset && !file->packed
               ? file->size - file->stream.acked.offset
               : 0;
}

/* Of what is closed and not ready everything is read. */
static void tail_progress(const struct input *input, struct input_progress *out)
{
    const struct tail *tail = (const struct tail *)input;
    const struct tail_file *file;

    *out = (struct input_progress){.streams = (unsigned)tail->file_count};
    for (file = tail->open.freshest; file; file = file->staler)
        out->bytes_behind += behind(file);
    for (file = tail->ready_first; file; file = file->ready_next)
        out->bytes_behind += file->content ? 0 : behind(file);
}

static const char *state_of(const struct tail_file *file)
{
    if (file->unreadable || file->damaged)
        return "failed";
    if (!file->entry)
        return "new";
    if (file->ready || file->size > file->stream.read.offset)
        return "reading";
    if (file->stream.first)
        return "waiting";
    return file->over ? "done" : file->content ? "open" : "closed";
}

static void tail_report(struct input *input, int64_t now_ms,
                        void (*each)(void *arg, const struct stream_status *stream), void *arg)
{
    const struct tail *tail = (const struct tail *)input;

    for (struct tail_file *file = tail->files; file; file = file->next) {
        const struct stream *stream = &file->stream;
        struct stream_status status = {
            .input = input->type->name,
            .name = stream->name,
            .path = stream->path,
            .state = state_of(file),
            .read = stream->read.offset,
            .acked = stream->acked.offset,
            .size = file->packed ? stream->read.offset : file->size,
            .lines = stream->lines,
            .changed_ms = file->modified_ns / 1000000,
            .error = file->unreadable ? "it cannot be opened or read; the log says why"
                     : file->damaged  ? "a damaged archive; what could be read of it was"
                                      : NULL,
        };

        stream_rates(&file->stream, tail->started_ms, now_ms, &status.bytes_per_s,
                     &status.lines_per_s);
        each(arg, &status);
    }
}

const struct input_type input_tail = {
    .name = "file",
    .open = tail_open,
    .fd = tail_fd,
    .read = tail_read,
    .done = tail_done,
    .acked = tail_acked,
    .progress = tail_progress,
    .report = tail_report,
    .close = tail_close,
};

const struct input_type input_folder = {
    .name = "folder",
    .open = tail_open,
    .fd = tail_fd,
    .read = tail_read,
    .done = tail_done,
    .acked = tail_acked,
    .progress = tail_progress,
    .report = tail_report,
    .close = tail_close,
};
