/*
 * identity.c - whose content is it? The rules are in README.md.
 */
#include "shipper/input/tail/tail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "shipper/input/tail/compare.h"

#define FOUND_AHEAD_MS 1000 /* what is further ahead was found before the clock was set back */

enum identity {
    IDENTITY_COPY,  /* of a content that is being read, or of a file that is still there */
    IDENTITY_KNOWN, /* claimed an entry */
    IDENTITY_NEW,
};

struct search { /* of the entry that a file belongs to */
    struct tail *tail;
    struct tail_file *file;
    uint64_t fingerprint;
    struct checkpoint_entry *best;
    int best_rank;
    bool copy;
};

static int64_t wall_ms(int64_t ns)
{
    return ns / 1000000;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Device and inode are the entry's, and it was not born again. */
static bool is_same_file(const struct tail_file *file, const struct checkpoint_entry *entry)
{
    return entry->device == file->device && entry->inode == file->inode &&
           (!entry->born_ns || !file->born_ns || entry->born_ns == file->born_ns);
}

/* Rule 1 goes before rule 2, proof before likeness. */
static int rank_match(enum match match, bool same_file)
{
    if (match == MATCH_NO || match == MATCH_SHORT)
        return 0;
    return (match == MATCH_YES ? 3 : 1) + same_file;
}

/* No other content of its stream begins as it does. */
static bool is_only_one(const struct tail *tail, const struct checkpoint_entry *entry)
{
    const struct checkpoint_entry *other = NULL;

    while ((other = checkpoint_of_stream(tail->checkpoint, entry->stream, other)))
        if (other != entry && other->fingerprint == entry->fingerprint)
            return false;
    return true;
}

static struct tail_file *reader_of(const struct tail *tail, const struct checkpoint_entry *entry)
{
    struct tail_group *group = tail_find_group(tail, entry->stream);
    struct tail_file *file = group ? group->first : NULL;

    while (file && file->entry != entry)
        file = file->next_of_group;
    return file;
}

/* Does the file that is read as `entry` still hold what was read of it? */
static bool still_holds(struct content *original, const struct checkpoint_entry *entry)
{
    enum match match = compare_entry(original, compare_fingerprint(original, true), entry);

    return match == MATCH_YES || match == MATCH_HEAD;
}

/* Is this file a copy of the content that is read as `entry`? */
static bool is_copy(const struct search *search, const struct checkpoint_entry *entry)
{
    struct content *content = search->file->content;
    struct tail_file *original = reader_of(search->tail, entry);

    if (original && !original->replaced && tail_file_open(search->tail, original) &&
        still_holds(original->content, entry)) {
        if (compare_may_be_copy(content, original->content))
            return true;
        if (still_holds(original->content, entry)) /* it was not truncated just now */
            return false;
    }
    /* The original was truncated, noticed or not yet: then its copy fits the entry. */
    return compare_entry(content, entry->fingerprint, entry) != MATCH_NO;
}

/*
 * The file that an entry was read from may still be where it was, only not
 * looked at yet: then this one is its copy, as backups are, and waits.
 */
static bool is_copy_of_file(const struct search *search, const struct checkpoint_entry *entry)
{
    struct content *original = NULL;
    struct tail_sight sight;
    bool copy;
    int fd = open(entry->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return false;
    if (!tail_see_fd(fd, &sight) || !sight.regular || sight.device != entry->device ||
        sight.inode != entry->inode) {
        close(fd);
        return false;
    }
    if (content_open(fd, &original, NULL))
        return false;
    copy = compare_entry(original, compare_fingerprint(original, true), entry) != MATCH_NO &&
           compare_may_be_copy(search->file->content, original);
    content_close(original);
    return copy;
}

/*
 * A mark of a few bytes proves little: a file with another inode under the
 * name that a writer uses is rather a new content that begins alike.
 */
static bool is_weak(const struct search *search, const struct checkpoint_entry *entry)
{
    return entry->acked.mark.len < STREAM_MARK_MAX && search->file->live;
}

static void consider(struct search *search, struct checkpoint_entry *entry)
{
    bool same_file = is_same_file(search->file, entry);
    enum match match;
    int rank;

    if (entry->claimed) {
        search->copy |= is_copy(search, entry);
        return;
    }
    match = compare_entry(search->file->content, search->fingerprint, entry);
    /* Made while the original went on: nothing new is in it, if its beginning says who it is. */
    search->copy |= match == MATCH_SHORT && is_only_one(search->tail, entry);
    rank = rank_match(match, same_file);
    if (rank <= search->best_rank || (match == MATCH_YES && !same_file && is_weak(search, entry)))
        return;
    if (!same_file && is_copy_of_file(search, entry)) {
        search->copy = true;
        return;
    }
    search->best = entry;
    search->best_rank = rank;
}

/* In other folders: the same file moved, or with a full mark a file of the same name. */
static void consider_elsewhere(struct search *search)
{
    const char *stream = search->file->stream.name;
    struct checkpoint_entry *entry = NULL;

    while ((entry = checkpoint_of_head(search->tail->checkpoint, search->fingerprint, entry))) {
        if (strcmp(entry->stream, stream) == 0)
            continue;
        if (!is_same_file(search->file, entry) &&
            (entry->acked.mark.len < STREAM_MARK_MAX || search->file->live ||
             strcmp(base_of(entry->stream), base_of(stream)) != 0))
            continue;
        if (compare_entry(search->file->content, search->fingerprint, entry) == MATCH_YES)
            consider(search, entry);
    }
}

/* One copy of a name is enough: the entry's, which stays as long as it is claimed. */
static void share_names(struct stream *stream, const struct checkpoint_entry *entry)
{
    if (strcmp(stream->name, entry->stream) == 0) {
        free(stream->name);
        stream->name = entry->stream;
    }
    if (strcmp(stream->path, entry->path) == 0) {
        free(stream->path);
        stream->path = entry->path;
    }
}

/* Gives the file its identity and its place in the checkpoint. */
static void claim(struct tail *tail, struct tail_file *file, struct checkpoint_entry *entry)
{
    struct stream *stream = &file->stream;

    entry->claimed = true;
    entry->finished = false;
    entry->last_seen_ms = tail->looked_wall_ms;
    checkpoint_set_file(tail->checkpoint, entry, file->device, file->inode, file->born_ns);
    checkpoint_changed(tail->checkpoint, entry);
    file->entry = entry;
    tail_file_order(file);
    share_names(stream, entry);
    if (entry->heading)
        stream_set_heading(stream, entry->acked.offset, slice_of(entry->heading));
    stream->read = stream->acked = entry->acked;
    stream->account = entry->account;
    stream->reference = (struct timestamp){file->modified_ns / 1000000000, 0};
    stream_identify_as(stream, tail->context->config->agent.id, entry->stream, entry->fingerprint,
                       entry->generation);
    if (file->packed || file->size != entry->acked.offset)
        tail_file_set_ready(tail, file, true);
}

/* Rules 1 and 2. An entry that nothing was acknowledged of has no mark; nothing is skipped by it.
 */
static enum identity find_entry(struct tail *tail, struct tail_file *file, uint64_t fingerprint)
{
    struct search search = {.tail = tail, .file = file, .fingerprint = fingerprint};
    struct checkpoint_entry *entry = NULL;

    while ((entry = checkpoint_of_stream(tail->checkpoint, file->stream.name, entry)))
        if (entry->fingerprint == fingerprint)
            consider(&search, entry);
    if (!search.best && !search.copy && !tail->is_folder)
        consider_elsewhere(&search);
    if (!search.best)
        return search.copy ? IDENTITY_COPY : IDENTITY_NEW;
    claim(tail, file, search.best);
    return IDENTITY_KNOWN;
}

static uint32_t next_generation(const struct tail *tail, const char *stream, uint64_t fingerprint)
{
    const struct checkpoint_entry *entry = NULL;
    uint32_t next = 0;

    while ((entry = checkpoint_of_stream(tail->checkpoint, stream, entry)))
        if (entry->fingerprint == fingerprint && entry->generation >= next)
            next = entry->generation + 1;
    return next;
}

/* Later than all that were found of its stream: their order tells older from younger. */
static int64_t found_now_ms(const struct tail *tail, const char *stream)
{
    const struct checkpoint_entry *entry = NULL;
    int64_t found_ms = tail->looked_wall_ms;

    while ((entry = checkpoint_of_stream(tail->checkpoint, stream, entry)))
        if (entry->found_ms >= found_ms && entry->found_ms < tail->looked_wall_ms + FOUND_AHEAD_MS)
            found_ms = entry->found_ms + 1;
    return found_ms;
}

/* Behind the last complete line that is there now. */
static void start_at_end(struct tail_file *file)
{
    char tail[4096], *newline;
    size_t want = file->size < sizeof(tail) ? (size_t)file->size : sizeof(tail);
    uint64_t from = file->size - want;
    ssize_t n = pread(content_fd(file->content), tail, want, (off_t)from);
    struct position *read = &file->stream.read;

    newline = n > 0 ? memrchr(tail, '\n', (size_t)n) : NULL;
    file->stream.skipping = !newline && file->size > 0;
    if (newline)
        n = newline + 1 - tail;
    read->offset = n > 0 ? from + (uint64_t)n : file->size;
    read->mark = stream_mark((struct slice){tail, n > 0 ? (size_t)n : 0});
    file->stream.acked = file->entry->acked = *read;
    file->stream.account = file->entry->account = (struct account){.from = read->offset};
}

/* Rule 3. A content that was not known: from its beginning, or as the first start wants it. */
static bool claim_new(struct tail *tail, struct tail_file *file, uint64_t fingerprint)
{
    const char *stream = file->stream.name;
    int64_t found_ms = found_now_ms(tail, stream);
    struct checkpoint_entry *entry =
        checkpoint_add(tail->checkpoint, stream, file->stream.path, fingerprint,
                       next_generation(tail, stream, fingerprint));

    if (!entry)
        return false;
    entry->acked.time = (struct timestamp){file->modified_ns / 1000000000, 0};
    entry->size = file->size;
    entry->found_ms = found_ms;
    claim(tail, file, entry);
    if (tail->first_start && tail->config->start_at == START_AT_END && !tail->is_folder &&
        !content_is_archive(file->content))
        start_at_end(file);
    metric_add(tail->opened, 1);
    tail->must_save = true;
    return true;
}

/*
 * Did this rotated file change since its stream was first seen, or its name followed? Then it is
 * one that came and went unseen; older ones are from before our time.
 */
static bool is_of_our_time(const struct tail *tail, const struct tail_file *file)
{
    const struct checkpoint_entry *entry = NULL;
    int64_t first_ms = tail_since_ms(tail, file);

    while ((entry = checkpoint_of_stream(tail->checkpoint, file->stream.name, entry)))
        if (entry->found_ms < first_ms)
            first_ms = entry->found_ms;
    return first_ms != INT64_MAX && wall_ms(file->modified_ns) >= first_ms - TAIL_CLOCK_GRAIN_MS;
}

/* Whoever wrote it has left it alone for a while: what has no newline yet gets none. */
static bool is_at_rest(const struct tail *tail, const struct tail_file *file)
{
    int64_t rest_ms = tail->is_folder ? tail_complete_after_ms(tail) : TAIL_UNFINISHED_MS;

    return !file->live && clock_wall_ms() - wall_ms(file->modified_ns) >= rest_ms;
}

enum tail_verdict tail_identify(struct tail *tail, struct tail_file *file,
                                const struct tail_sight *sight)
{
    uint64_t fingerprint = compare_fingerprint(file->content, is_at_rest(tail, file));

    file->packed = content_is_archive(file->content);
    file->size = sight->size;
    file->modified_ns = sight->modified_ns;
    if (fingerprint == 0)
        return TAIL_WANTED;
    switch (find_entry(tail, file, fingerprint)) {
    case IDENTITY_KNOWN:
        return TAIL_WANTED;
    case IDENTITY_COPY:
        /* Two live files are two contents, however alike they begin. */
        if (!file->live)
            return TAIL_COPY;
        break;
    case IDENTITY_NEW:
        if (!file->wanted && !is_of_our_time(tail, file))
            return TAIL_OLD;
        break;
    }
    return claim_new(tail, file, fingerprint) ? TAIL_WANTED
                                              : TAIL_COPY; /* no memory: again later */
}

bool tail_is_done(struct tail *tail, const struct tail_sight *sight)
{
    struct checkpoint_entry *entry = NULL;

    while ((entry = checkpoint_of_file(tail->checkpoint, sight->device, sight->inode, entry)))
        if (!entry->claimed && entry->size == sight->size &&
            (!entry->born_ns || !sight->born_ns || entry->born_ns == sight->born_ns) &&
            wall_ms(sight->changed_ns) + TAIL_CLOCK_GRAIN_MS < entry->last_seen_ms &&
            (entry->finished || entry->acked.offset == entry->size)) {
            entry->last_seen_ms = tail->looked_wall_ms;
            return true;
        }
    return false;
}
