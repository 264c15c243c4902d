/*
 * leaving.c - quiet files are closed, files that are over left, what was lost is told.
 */
#include "shipper/input/tail/tail.h"

#include <fcntl.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"

#define ACT_AGAIN_MS  10000 /* what could not be deleted or moved */
#define LOST_AFTER_MS 60000 /* an unread rest that nothing leads to is given up after this */

int64_t tail_close_quiet_ms(const struct tail *tail)
{
    return tail->config->close_quiet_ms ? (int64_t)*tail->config->close_quiet_ms
                                        : INPUT_CLOSE_QUIET_MS;
}

int64_t tail_quiet_ms(const struct tail *tail)
{
    const struct multiline_config *multiline = tail->config->multiline;

    return multiline && multiline->timeout_ms ? (int64_t)*multiline->timeout_ms
                                              : MULTILINE_TIMEOUT_MS;
}

/* What was read of it is acknowledged, and nothing is left but perhaps an unfinished line. */
bool tail_can_close(const struct tail_file *file)
{
    return !file->ready && !file->replaced && !file->placeless && !file->stream.first &&
           (!file->entry || file->stream.read.offset == file->stream.acked.offset) &&
           !(file->packed && file->entry && !file->complete && !file->damaged);
}

static bool see(const struct tail_file *file, struct tail_sight *sight)
{
    if (file->content)
        return tail_see_fd(content_fd(file->content), sight);
    return !file->placeless && tail_see(AT_FDCWD, tail_place(file), sight) &&
           sight->device == file->device && sight->inode == file->inode;
}

/* Read to its end: is there anything left to wait for? */
static bool is_over(const struct tail *tail, const struct tail_file *file)
{
    int64_t quiet_ms = tail->now_ms - file->changed_ms;
    struct tail_sight sight;

    if (file->live || file->ready || file->stream.first || file->unreadable)
        return false;
    if (file->packed)
        return file->entry && (file->complete || file->damaged || quiet_ms >= TAIL_ROTATED_KEEP_MS);
    if (tail->is_folder)
        return quiet_ms >= tail_complete_after_ms(tail);
    if (quiet_ms >= TAIL_UNFINISHED_MS && see(file, &sight) && !sight.linked)
        return true;
    return quiet_ms >= TAIL_ROTATED_KEEP_MS;
}

static void set_over(struct tail *tail, struct tail_file *file, bool over)
{
    tail->over_count += (over ? 1u : 0u) - (file->over ? 1u : 0u);
    file->over = over;
}

static void finish(struct tail *tail, struct tail_file *file)
{
    struct checkpoint_entry *entry = file->entry;
    struct tail_sight sight;

    if (file->packed && !file->damaged && !file->complete)
        log_warn("'%s' ends in the middle: it was cut, or is not written any more; what is there "
                 "was read",
                 file->stream.path);
    if (entry && see(file, &sight)) {
        entry->size = sight.size;
        entry->finished = file->packed || tail->is_folder;
        entry->last_seen_ms = clock_wall_ms();
        checkpoint_changed(tail->checkpoint, entry);
        if (!tail->is_folder) /* a copy of it may take the entry over */
            tail_reject(tail, &sight, file->stream.name, false);
    }
    if (!tail->is_folder)
        tail_file_drop(tail, file);
    else
        set_over(tail, file, true); /* left when that is on disk */
}

static void earlier(int64_t *wake_ms, int64_t due_ms)
{
    if (due_ms < *wake_ms)
        *wake_ms = due_ms;
}

/* A file without a first line that nobody finishes: is it one now? */
static void try_again(struct tail *tail, struct tail_file *file)
{
    tail_look_at_path(tail, tail_place(file));
    file->flushed = file->size;
}

/* What is to be done with an open file now; *wake_ms: when next. */
static void tidy_file(struct tail *tail, struct tail_file *file, int64_t *wake_ms)
{
    int64_t changed_ms = file->changed_ms, now_ms = tail->now_ms;
    int64_t unfinished_ms =
        changed_ms + (tail->is_folder ? tail_complete_after_ms(tail) : TAIL_UNFINISHED_MS);
    bool rest = tail_has_rest(tail, file);

    if (tail->has_events && rest && file->flushed != file->size) {
        if (now_ms >= changed_ms + tail_quiet_ms(tail))
            tail_file_set_ready(tail, file, true);
        else
            earlier(wake_ms, changed_ms + tail_quiet_ms(tail));
    }
    if (file->live) {
        if (now_ms < changed_ms + tail_close_quiet_ms(tail))
            earlier(wake_ms, changed_ms + tail_close_quiet_ms(tail));
        else if (tail_can_close(file))
            tail_file_close(tail, file);
        else
            earlier(wake_ms, now_ms + TAIL_UNFINISHED_MS);
        return;
    }
    if (file->packed && is_over(tail, file)) {
        finish(tail, file);
        return;
    }
    if (now_ms < unfinished_ms) {
        earlier(wake_ms, unfinished_ms);
        return;
    }
    if (rest && !file->unreadable)
        tail_file_set_ready(tail, file, true);
    else if (!file->entry && file->size && file->flushed != file->size)
        try_again(tail, file);
    else if (is_over(tail, file))
        finish(tail, file);
    else if (now_ms < changed_ms + TAIL_ROTATED_KEEP_MS)
        earlier(wake_ms, changed_ms + TAIL_ROTATED_KEEP_MS);
    else
        earlier(wake_ms, now_ms + TAIL_UNFINISHED_MS);
}

/* Once the checkpoint says so: files of a folder are kept, deleted or moved. */
static void leave_folder_files(struct tail *tail, int64_t *wake_ms)
{
    struct tail_list *const lists[] = {&tail->open, &tail->waiting};
    struct tail_file *file, *staler;
    struct error err;

    if (tail->over_count == 0)
        return;
    if (checkpoint_save(tail->checkpoint, clock_wall_ms(), &err)) {
        log_warn("%s; files stay until it can be written", err.text);
        earlier(wake_ms, tail->now_ms + 1000);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (file = lists[i]->freshest; file; file = staler) {
            staler = file->staler;
            if (!file->over)
                continue;
            if (tail_folder_done(tail, file))
                tail_file_drop(tail, file);
            else
                earlier(wake_ms, tail->now_ms + ACT_AGAIN_MS);
        }
}

static void tidy_list(struct tail *tail, struct tail_list *list, int64_t *wake_ms)
{
    struct tail_file *file, *staler;

    for (file = list->freshest; file; file = staler) {
        staler = file->staler;
        if (!file->replaced && !file->over)
            tidy_file(tail, file, wake_ms);
    }
}

int64_t tail_tidy(struct tail *tail)
{
    int64_t wake_ms = INT64_MAX;

    if (tail->now_ms < tail->tidy_ms)
        return tail->tidy_ms;
    tidy_list(tail, &tail->open, &wake_ms);
    tidy_list(tail, &tail->waiting, &wake_ms);
    if (tail->is_folder)
        leave_folder_files(tail, &wake_ms);
    tail->tidy_ms = wake_ms;
    return wake_ms;
}

/*
 * What was known to be there, was never read, and can be found no more, also
 * not as a copy: that is loss, and it is said.
 */
void tail_give_up_lost(struct tail *tail)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->checkpoint);
    int64_t wall_ms = clock_wall_ms();

    for (; entry; entry = entry->next) {
        if (entry->claimed || entry->finished || entry->size <= entry->acked.offset ||
            wall_ms - entry->last_seen_ms < LOST_AFTER_MS ||
            wall_ms - tail->started_wall_ms < LOST_AFTER_MS)
            continue;
        log_error("'%s' is gone, and with it %llu bytes that were not read yet", entry->path,
                  (unsigned long long)(entry->size - entry->acked.offset));
        metric_add(tail->abandoned, entry->size - entry->acked.offset);
        entry->account.abandoned += entry->size - entry->acked.offset;
        entry->size = entry->acked.offset;
        checkpoint_changed(tail->checkpoint, entry);
    }
}
