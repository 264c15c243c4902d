/*
 * reading.c - whose turn it is, and the next piece of it.
 */
#include "shipper/input/tail/tail.h"

#include "common/log.h"
#include "common/metrics.h"
#include "shipper/input/tail/compare.h"
#include "shipper/read_times.h"

/* Is something unread, apart from what was tried already? */
bool tail_has_rest(const struct tail *tail, const struct tail_file *file)
{
    (void)tail;
    return !file->packed && file->entry && file->size > file->stream.read.offset;
}

/* The oldest content of its stream that has something to be read. */
static struct tail_file *oldest_of(struct tail_file *file)
{
    struct tail_file *oldest = file->group->first;

    while (oldest != file && !(oldest->ready && oldest->entry))
        oldest = oldest->next_of_group;
    return oldest;
}

/* One archive at a time: each needs memory for itself. */
static struct tail_file *next_ready(const struct tail *tail)
{
    for (struct tail_file *file = tail->ready_first; file; file = file->ready_next) {
        struct tail_file *next = oldest_of(file);

        if (!next->packed || !tail->archive)
            return next;
        if (tail->archive->ready) /* older ones that were found later wait for it */
            return tail->archive;
    }
    return NULL;
}

/* Behind the others: everyone has a turn. */
static void end_turn(struct tail *tail, struct tail_file *file)
{
    struct tail_file *archive = tail->archive;

    tail_file_set_ready(tail, file, false);
    tail_file_set_ready(tail, file, true);
    tail->archive = archive;
}

/* At its beginning a position has no mark; the fingerprint stands in for it. */
static bool is_same_beginning(const struct stream *stream, struct slice bytes)
{
    return stream->read.offset > 0 || stream_fingerprint(bytes, true) == stream->fingerprint;
}

void tail_replace(struct tail *tail, struct tail_file *file)
{
    log_info("'%s' was truncated or rewritten; reading its new content from the beginning",
             file->stream.path);
    metric_add(tail->truncated, 1);
    if (file->entry) {
        /* Its rest may be in a copy that rotation made: let that be found. */
        file->entry->claimed = file->stream.first != NULL;
        checkpoint_set_file(tail->checkpoint, file->entry, 0, 0, 0);
        checkpoint_changed(tail->checkpoint, file->entry);
    }
    file->replaced = true;
    tail_file_set_ready(tail, file, false);
    tail_look_at_relatives(tail, file);
    if (!file->stream.first)
        tail_file_drop(tail, file);
    else
        tail_file_close(tail, file);
}

/* Its size may say that the old content is gone. */
static bool is_replaced(struct tail *tail, struct tail_file *file)
{
    struct tail_sight sight;

    if (!tail_see_fd(content_fd(file->content), &sight))
        return false;
    tail->modified_s = sight.modified_ns / 1000000000;
    if (sight.size < (file->packed ? content_progress(file->content) : file->stream.read.offset))
        return true;
    if (file->size != sight.size)
        tail_note_size(tail, file, sight.size, sight.modified_ns);
    return false;
}

static void give_up_for_now(struct tail *tail, struct tail_file *file, enum status status,
                            const struct error *err)
{
    log_warn("cannot read '%s': %s; %s", file->stream.path, err->text,
             status == REJECT ? "what stands before that was read" : "tried again later");
    metric_add(tail->unreadable, 1);
    file->damaged = status == REJECT;
    file->unreadable = status != REJECT;
    tail_file_active(tail, file);
    tail_file_set_ready(tail, file, false);
    if (file->unreadable)
        tail_scan_soon(tail, 10000);
}

/* A last line without its newline, of a file that nobody writes to any more. */
static bool is_last(const struct tail *tail, const struct tail_file *file)
{
    int64_t quiet_ms = tail->is_folder ? tail_complete_after_ms(tail) : TAIL_UNFINISHED_MS;

    if (file->packed)
        return file->complete || file->damaged ||
               (!file->live && tail->now_ms - file->changed_ms >= TAIL_ROTATED_KEEP_MS);
    return !file->live && tail->now_ms - file->changed_ms >= quiet_ms;
}

/* Nothing came for a while: an event that may go on is complete. */
static bool is_quiet(struct tail *tail, struct tail_file *file)
{
    if (!tail->has_events || tail->now_ms - file->changed_ms < tail_quiet_ms(tail))
        return false;
    file->flushed = file->size;
    return true;
}

/*
 * Lines without a time, of a content that has not had any yet, take the time at
 * which they are read, and on another reading the same one again.
 */
static void settle_time(struct tail *tail, struct tail_file *file, struct input_piece *piece)
{
    int64_t now_s = tail->looked_wall_ms / 1000;
    bool event_end;
    size_t len;

    file->stream.took_read_time = false;
    if (file->stream.read.timed || piece->bytes.len == 0)
        return;
    len = read_times_settle(checkpoint_read_times(tail->checkpoint), &file->stream, piece->bytes,
                            tail->modified_s < now_s ? tail->modified_s : now_s, &event_end);
    if (len == piece->bytes.len || file->stuck == file->stream.read.offset + 1 ||
        (tail->has_events && !event_end))
        return;
    file->stuck = file->stream.read.offset + 1;
    piece->bytes.len = len;
    piece->quiet = tail->has_events;
    piece->last = false;
    file->ended = false;
}

void tail_read_to_end(struct tail *tail, struct tail_file *file)
{
    tail_file_set_ready(tail, file, false);
    if (!file->live)
        tail->tidy_ms = 0;
}

static bool open_again(struct tail *tail, struct tail_file *file)
{
    if (file->content || tail_file_open(tail, file))
        return true;
    tail_file_set_ready(tail, file, false);
    /* Another file has its place, or none: what is there now? */
    if (!file->unreadable)
        tail_look_at_path(tail, tail_place(file));
    return false;
}

/* True: `piece` is set. */
static bool read_file(struct tail *tail, struct tail_file *file, struct input_piece *piece)
{
    struct stream *stream = &file->stream;
    enum status status;
    struct error err;

    if (!open_again(tail, file))
        return false;
    if (file->packed)
        tail->archive = file;
    if (is_replaced(tail, file)) {
        tail_replace(tail, file);
        return false;
    }
    status = compare_read_on(file->content, &stream->read, tail->buffer, tail->room, &piece->bytes,
                             &err);
    if (!file->packed && (status == REJECT || ((status == OK || status == DONE) &&
                                               !is_same_beginning(stream, piece->bytes)))) {
        tail_replace(tail, file);
        return false;
    }
    if (status != OK && status != DONE) {
        give_up_for_now(tail, file, status, &err);
        return false;
    }
    file->ended = status == DONE;
    file->complete = file->ended && content_is_complete(file->content);
    piece->stream = stream;
    piece->last = file->ended && is_last(tail, file);
    piece->quiet = file->ended && is_quiet(tail, file);
    settle_time(tail, file, piece);
    if (piece->bytes.len == 0) {
        tail_read_to_end(tail, file);
        return false;
    }
    tail->given = file;
    tail->piece_offset = stream->read.offset;
    end_turn(tail, file);
    return true;
}

bool tail_read_next(struct tail *tail, struct input_piece *piece)
{
    struct tail_file *file;

    while ((file = next_ready(tail)))
        if (read_file(tail, file, piece))
            return true;
    return false;
}
