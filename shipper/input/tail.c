/*
 * tail.c - follows files and what they are rotated to.
 *
 * inotify on folders says when to look; a scan every SCAN_MS is the truth, so
 * nothing is missed where inotify is not available or overflows.
 *
 * What a file is, is decided by three things together: device and inode, the
 * fingerprint of its first line, and the hash of the bytes right before the
 * acknowledged position (mark). The rules, for a file that is not open yet:
 *
 *  1. inode, fingerprint and mark of an entry fit: it is that one, go on.
 *  2. another inode, but fingerprint and mark of an entry of the same stream
 *     fit: renamed across file systems, copied, or compressed: go on.
 *     While that entry's file is still open and unchanged, a copy waits.
 *  3. otherwise it is a new content: from its beginning. A rotated file (no
 *     pattern matches it) only if it changed since its stream was first seen.
 *
 * An open file is followed by its descriptor whatever its name becomes. Before
 * every read the mark is compared: a file that was truncated, or truncated and
 * written again beyond the old position, is seen as another content.
 */
#include "shipper/input/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "shipper/config.h"
#include "shipper/input/tail_file.h"

#define SCAN_MS         10000
#define SCAN_BLIND_MS   1000  /* without inotify */
#define UNFINISHED_MS   5000  /* a rotated file's last line without a newline is taken after this */
#define ROTATED_KEEP_MS 60000 /* a rotated file is closed when it was quiet for this long */
#define LOST_AFTER_MS   60000 /* an unread rest that nothing leads to is given up after this */
#define READ_BYTES      (256u << 10)
#define CLOCK_GRAIN_MS  20 /* times of files are that much coarser than the clock */
#define WATCH_MASK                                                                                 \
    (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR)

struct tail_folder {
    struct tail_folder *next;
    char *path;
    int watch; /* -1: none */
};

struct tail {
    struct input base;
    const struct input_context *context;
    const struct input_config *config;
    int inotify;
    bool first_start; /* no state was there: start_at counts */
    struct tail_folder *folders;
    struct tail_file *files; /* in the order in which they were found: oldest first */
    struct tail_file *turn;  /* read last: the next one goes on behind it */
    int64_t scan_ms;         /* when the next scan is due */
    int64_t started_ms;      /* wall */
    int64_t looked_ms;       /* wall; when the last scan began */
    char *buffer;
    size_t room;
    uint64_t piece_offset;
    struct tail_file *given; /* whose piece the pipeline has */
    struct metric *opened, *truncated, *abandoned, *unreadable;
};

static struct tail_file *find_inode(struct tail *tail, uint64_t device, uint64_t inode)
{
    struct tail_file *file;

    for (file = tail->files; file; file = file->next)
        if (file->device == device && file->inode == inode && !file->replaced)
            return file;
    return NULL;
}

/* The newest file of that name: one that was deleted may still be open under it. */
static struct tail_file *find_path(struct tail *tail, const char *folder, const char *name)
{
    size_t len = strlen(folder);
    struct tail_file *file, *newest = NULL;

    for (file = tail->files; file; file = file->next)
        if (!file->replaced && strncmp(file->stream.path, folder, len) == 0 &&
            file->stream.path[len] == '/' && strcmp(file->stream.path + len + 1, name) == 0)
            newest = file;
    return newest;
}

static bool is_wanted(const struct tail *tail, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

    for (uint32_t i = 0; i < tail->config->exclude_count; i++)
        if (fnmatch(tail->config->exclude[i], base, 0) == 0 ||
            fnmatch(tail->config->exclude[i], path, 0) == 0)
            return false;
    return true;
}

static bool matches_patterns(const struct tail *tail, const char *path)
{
    for (uint32_t i = 0; i < tail->config->path_count; i++)
        if (fnmatch(tail->config->paths[i], path, FNM_PATHNAME | FNM_PERIOD) == 0)
            return is_wanted(tail, path);
    return false;
}

static uint32_t next_generation(struct tail *tail, const char *stream, uint64_t fingerprint)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->context->checkpoint);
    uint32_t next = 0;

    for (; entry; entry = entry->next)
        if (entry->fingerprint == fingerprint && strcmp(entry->stream, stream) == 0 &&
            entry->generation >= next)
            next = entry->generation + 1;
    return next;
}

/* Gives the file its identity and its place in the checkpoint. */
static void claim(struct tail *tail, struct tail_file *file, struct checkpoint_entry *entry)
{
    struct stream *stream = &file->stream;

    entry->claimed = true;
    entry->finished = false;
    checkpoint_set_file(tail->context->checkpoint, entry, file->device, file->inode, 0);
    file->entry = entry;
    stream->read = stream->acked = entry->acked;
    stream_identify(stream, tail->context->config->agent.id, entry->fingerprint, entry->generation);
    file->ready = true;
    checkpoint_changed(tail->context->checkpoint, entry);
}

static int64_t ms_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Behind the last complete line that is there now. */
static void start_at_end(struct tail_file *file, const struct stat *st)
{
    char tail[4096], *newline;
    size_t want = st->st_size < (off_t)sizeof(tail) ? (size_t)st->st_size : sizeof(tail);
    uint64_t from = (uint64_t)st->st_size - want;
    ssize_t n = pread(content_fd(file->content), tail, want, (off_t)from);
    struct position *read = &file->stream.read;

    newline = n > 0 ? memrchr(tail, '\n', (size_t)n) : NULL;
    file->stream.skipping = !newline && st->st_size > 0;
    if (newline)
        n = newline + 1 - tail;
    read->offset = n > 0 ? from + (uint64_t)n : (uint64_t)st->st_size;
    read->mark = stream_mark((struct slice){tail, n > 0 ? (size_t)n : 0});
    file->stream.acked = file->entry->acked = *read;
}

/* A content that was not known: from its beginning, or as the first start wants it. */
static bool claim_new(struct tail *tail, struct tail_file *file, uint64_t fingerprint,
                      const struct stat *st)
{
    uint32_t generation = next_generation(tail, file->stream.name, fingerprint);
    struct checkpoint_entry *entry = checkpoint_add(tail->context->checkpoint, file->stream.name,
                                                    file->stream.path, fingerprint, generation);

    if (!entry)
        return false;
    entry->acked.time = (struct timestamp){st->st_mtim.tv_sec, 0};
    entry->size = (uint64_t)st->st_size;
    entry->found_ms = entry->last_seen_ms = tail->looked_ms;
    claim(tail, file, entry);
    if (tail->first_start && tail->config->start_at == START_AT_END &&
        !content_is_archive(file->content))
        start_at_end(file, st);
    metric_add(tail->opened, 1);
    return true;
}

static void unlink_file(struct tail *tail, struct tail_file *file)
{
    struct tail_file **link = &tail->files;

    while (*link && *link != file)
        link = &(*link)->next;
    if (*link)
        *link = file->next;
    if (tail->turn == file)
        tail->turn = NULL;
}

/* Closes a file that nothing is under way of. */
static void drop_file(struct tail *tail, struct tail_file *file)
{
    unlink_file(tail, file);
    if (file->entry)
        file->entry->claimed = false;
    content_close(file->content);
    stream_release(&file->stream);
    free(file);
}

/* `st`: what `path` led to; NULL also when it leads to something else by now. */
static struct tail_file *open_file(struct tail *tail, const char *name, const char *path,
                                   const struct stat *st, int64_t now_ms)
{
    struct tail_file *file = calloc(1, sizeof(*file)), **end = &tail->files;
    struct error err;
    struct stat opened;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (!file || fd < 0 || !stream_init(&file->stream, tail->config, name, path)) {
        if (fd >= 0)
            close(fd);
        else
            metric_add(tail->unreadable, 1);
        log_warn("cannot open '%s': %s; tried again with the next scan", path, strerror(errno));
        free(file);
        return NULL;
    }
    if (content_open(fd, &file->content, &err) || fstat(fd, &opened) != 0 ||
        opened.st_ino != st->st_ino || opened.st_dev != st->st_dev) {
        content_close(file->content);
        stream_release(&file->stream);
        free(file);
        return NULL;
    }
    file->device = st->st_dev;
    file->inode = st->st_ino;
    file->size = (uint64_t)st->st_size;
    file->changed_ms = now_ms;
    while (*end)
        end = &(*end)->next;
    *end = file;
    return file;
}

enum identity {
    IDENTITY_COPY,  /* of a content that is being read */
    IDENTITY_KNOWN, /* claimed an entry */
    IDENTITY_NEW,
};

/* Rule 1 goes before rule 2, proof before likeness. */
static int rank_match(enum match match, bool same_inode)
{
    if (match == MATCH_NO || match == MATCH_SHORT)
        return 0;
    return (match == MATCH_YES ? 3 : 1) + same_inode;
}

/* No other content of its stream begins as it does. */
static bool is_only_one(struct tail *tail, const struct checkpoint_entry *entry)
{
    const struct checkpoint_entry *other = checkpoint_entries(tail->context->checkpoint);

    for (; other; other = other->next)
        if (other != entry && other->fingerprint == entry->fingerprint &&
            strcmp(other->stream, entry->stream) == 0)
            return false;
    return true;
}

/* Is this file a copy of the content that is read as `entry`? */
static bool is_copy(struct tail *tail, struct tail_file *file, const struct checkpoint_entry *entry)
{
    struct tail_file *original = tail->files;

    while (original && original->entry != entry)
        original = original->next;
    /* The original was truncated, noticed or not yet: then its copy fits the entry. */
    if (!original || original->replaced ||
        tail_file_match(original->content, tail_file_fingerprint(original->content, true), entry) ==
            MATCH_NO)
        return tail_file_match(file->content, entry->fingerprint, entry) != MATCH_NO;
    return tail_file_may_be_copy(file->content, original->content);
}

/* Rules 1 and 2. An entry that nothing was acknowledged of has no mark; nothing is skipped by it.
 */
static enum identity find_entry(struct tail *tail, struct tail_file *file, uint64_t fingerprint)
{
    struct checkpoint_entry *entry, *best = NULL;
    bool copy = false;
    int best_rank = 0;

    for (entry = checkpoint_entries(tail->context->checkpoint); entry; entry = entry->next) {
        enum match match;
        int rank;

        if (entry->fingerprint != fingerprint || strcmp(entry->stream, file->stream.name) != 0)
            continue;
        if (entry->claimed) {
            copy |= is_copy(tail, file, entry);
            continue;
        }
        match = tail_file_match(file->content, fingerprint, entry);
        /* Made while the original went on: nothing new is in it, if its beginning says who it is.
         */
        copy |= match == MATCH_SHORT && is_only_one(tail, entry);
        rank = rank_match(match, entry->device == file->device && entry->inode == file->inode);
        if (rank > best_rank) {
            best = entry;
            best_rank = rank;
        }
    }
    if (!best)
        return copy ? IDENTITY_COPY : IDENTITY_NEW;
    claim(tail, file, best);
    return IDENTITY_KNOWN;
}

/*
 * Did this rotated file change since its stream was first seen? Then it is one
 * that came and went unseen; older ones are from before our time.
 */
static bool is_of_our_time(struct tail *tail, const char *stream, const struct stat *st)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->context->checkpoint);
    int64_t first_ms = INT64_MAX;

    for (; entry; entry = entry->next)
        if (strcmp(entry->stream, stream) == 0 && entry->found_ms < first_ms)
            first_ms = entry->found_ms;
    return ms_of(st->st_mtim) >= first_ms - CLOCK_GRAIN_MS;
}

/* Whoever wrote it has left it alone for a while: what has no newline yet gets none. */
static bool is_at_rest(const struct tail_file *file, const struct stat *st)
{
    return !file->live && clock_wall_ms() - ms_of(st->st_mtim) >= UNFINISHED_MS;
}

/* Tries to give an open file its identity. False: it is of no interest now. */
static bool identify(struct tail *tail, struct tail_file *file, const struct stat *st)
{
    uint64_t fingerprint = tail_file_fingerprint(file->content, is_at_rest(file, st));

    if (fingerprint == 0)
        return file->live;
    switch (find_entry(tail, file, fingerprint)) {
    case IDENTITY_KNOWN:
        return true;
    case IDENTITY_COPY:
        /* Two live files are two contents, however alike they begin. */
        if (!file->live)
            return false;
        break;
    case IDENTITY_NEW:
        if (!file->wanted && !is_of_our_time(tail, file->stream.name, st))
            return false;
        break;
    }
    return claim_new(tail, file, fingerprint, st);
}

/* An entry of this very file that is done with, and it has not changed since: nothing new is in it.
 */
static bool is_done(struct tail *tail, const struct stat *st)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->context->checkpoint);

    for (; entry; entry = entry->next)
        if (entry->device == st->st_dev && entry->inode == st->st_ino && !entry->claimed &&
            entry->size == (uint64_t)st->st_size &&
            ms_of(st->st_ctim) + CLOCK_GRAIN_MS < entry->last_seen_ms &&
            (entry->finished || entry->acked.offset == entry->size)) {
            entry->last_seen_ms = tail->looked_ms;
            return true;
        }
    return false;
}

/* The name without what rotation adds is the one that a writer has open. */
static bool is_live_name(const char *stream, const char *path)
{
    const char *a = strrchr(stream, '/'), *b = strrchr(path, '/');

    return strcmp(a ? a + 1 : stream, b ? b + 1 : path) == 0;
}

static void note_size(struct tail_file *file, uint64_t size, int64_t now_ms)
{
    if (file->size == size)
        return;
    file->size = size;
    file->changed_ms = now_ms;
    file->ready = true;
    if (file->entry && size >= file->stream.read.offset) /* else it is another content's */
        file->entry->size = size;
}

static void see_open_file(struct tail_file *file, const char *path, bool wanted,
                          const struct stat *st, int64_t now_ms)
{
    file->seen = true;
    file->wanted = wanted;
    if (strcmp(file->stream.path, path) != 0)
        stream_move(&file->stream, path); /* the stream's name stays what it was */
    file->live = wanted && is_live_name(file->stream.name, path);
    note_size(file, (uint64_t)st->st_size, now_ms);
}

/* A path of the folder that a pattern matches (`wanted`) or that belongs to a known stream. */
static void see_path(struct tail *tail, const char *path, bool wanted, int64_t now_ms)
{
    struct tail_file *file;
    scoped_free char *name = NULL;
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    file = find_inode(tail, st.st_dev, st.st_ino);
    if (file) {
        see_open_file(file, path, wanted, &st, now_ms);
        return;
    }
    if (is_done(tail, &st))
        return;
    name = stream_name(path);
    file = name ? open_file(tail, name, path, &st, now_ms) : NULL;
    if (!file)
        return;
    file->seen = true;
    file->wanted = wanted;
    file->live = wanted && is_live_name(name, path);
    if (!identify(tail, file, &st))
        drop_file(tail, file);
}

static bool is_known_stream(struct tail *tail, const char *name)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->context->checkpoint);

    for (; entry; entry = entry->next)
        if (strcmp(entry->stream, name) == 0)
            return true;
    return false;
}

struct found {
    char *path;
    struct timespec changed;
    bool wanted;
};

static int compare_age(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->changed.tv_sec != y->changed.tv_sec)
        return x->changed.tv_sec < y->changed.tv_sec ? -1 : 1;
    if (x->changed.tv_nsec != y->changed.tv_nsec)
        return x->changed.tv_nsec < y->changed.tv_nsec ? -1 : 1;
    return -strverscmp(x->path, y->path); /* access.log.2, access.log.1, access.log */
}

/* Does this name matter: by a pattern, or as what a known stream was rotated to? */
static bool is_relevant(struct tail *tail, const char *path, bool *wanted)
{
    scoped_free char *name = NULL;

    *wanted = matches_patterns(tail, path);
    if (*wanted)
        return true;
    name = stream_name(path);
    return name && is_wanted(tail, path) && is_known_stream(tail, name);
}

static void add_found(struct tail *tail, const char *folder, const char *name, struct found **list,
                      size_t *count)
{
    struct found *grown;
    struct stat st;
    char *path;
    bool wanted;

    if (asprintf(&path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) < 0)
        return;
    if (!is_relevant(tail, path, &wanted) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        !(grown = realloc(*list, (*count + 1) * sizeof(**list)))) {
        free(path);
        return;
    }
    *list = grown;
    grown[(*count)++] = (struct found){path, st.st_mtim, wanted};
}

/* Looks at the folder's files, oldest first, so that a rotated one comes before its successor. */
static void scan_folder(struct tail *tail, const char *folder, int64_t now_ms)
{
    struct found *list = NULL;
    struct dirent *item;
    size_t count = 0;
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    while ((item = readdir(dir)))
        if (item->d_type == DT_REG || item->d_type == DT_LNK || item->d_type == DT_UNKNOWN)
            add_found(tail, folder, item->d_name, &list, &count);
    closedir(dir);
    if (count)
        qsort(list, count, sizeof(*list), compare_age);
    for (size_t i = 0; i < count; i++) {
        see_path(tail, list[i].path, list[i].wanted, now_ms);
        free(list[i].path);
    }
    free(list);
}

static void watch_folder(struct tail *tail, const char *path)
{
    struct tail_folder *folder;

    for (folder = tail->folders; folder; folder = folder->next)
        if (strcmp(folder->path, path) == 0)
            return;
    folder = calloc(1, sizeof(*folder));
    if (!folder || !(folder->path = strdup(path))) {
        free(folder);
        return;
    }
    folder->watch = tail->inotify < 0 ? -1 : inotify_add_watch(tail->inotify, path, WATCH_MASK);
    if (folder->watch < 0)
        log_warn("cannot watch '%s': %s; it is looked at every second instead", path,
                 strerror(errno));
    folder->next = tail->folders;
    tail->folders = folder;
}

/* The folders that the patterns lead to; new ones may appear at any time. */
static void find_folders(struct tail *tail)
{
    for (uint32_t i = 0; i < tail->config->path_count; i++) {
        const char *pattern = tail->config->paths[i], *slash = strrchr(pattern, '/');
        scoped_free char *folder =
            slash ? strndup(pattern, slash == pattern ? 1 : (size_t)(slash - pattern))
                  : strdup(".");
        glob_t found;

        if (!folder || glob(folder, GLOB_ONLYDIR | GLOB_NOSORT, NULL, &found) != 0)
            continue;
        for (size_t j = 0; j < found.gl_pathc; j++)
            watch_folder(tail, found.gl_pathv[j]);
        globfree(&found);
    }
}

/* An unidentified file may have got its first line; one that no path leads to is no longer live. */
static void look_again(struct tail *tail, struct tail_file *file, int64_t now_ms)
{
    struct stat st;

    if (!file->seen)
        file->live = false;
    if (fstat(content_fd(file->content), &st) != 0)
        return;
    note_size(file, (uint64_t)st.st_size, now_ms);
    if (!file->entry && !identify(tail, file, &st))
        drop_file(tail, file);
    else if (file->entry)
        file->entry->last_seen_ms = tail->looked_ms;
}

/*
 * What was known to be there, was never read, and can be found no more, also
 * not as a copy: that is loss, and it is said.
 */
static void give_up_lost(struct tail *tail)
{
    struct checkpoint_entry *entry = checkpoint_entries(tail->context->checkpoint);
    int64_t now_ms = clock_wall_ms();

    for (; entry; entry = entry->next) {
        if (entry->claimed || entry->finished || entry->size <= entry->acked.offset ||
            now_ms - entry->last_seen_ms < LOST_AFTER_MS ||
            now_ms - tail->started_ms < LOST_AFTER_MS)
            continue;
        log_error("'%s' is gone, and with it %llu bytes that were not read yet", entry->path,
                  (unsigned long long)(entry->size - entry->acked.offset));
        metric_add(tail->abandoned, entry->size - entry->acked.offset);
        entry->size = entry->acked.offset;
        checkpoint_changed(tail->context->checkpoint, entry);
    }
}

static void scan(struct tail *tail, int64_t now_ms)
{
    struct tail_file *file, *next;
    bool blind = tail->inotify < 0;
    struct error err;

    tail->looked_ms = clock_wall_ms();
    for (file = tail->files; file; file = file->next)
        file->seen = false;
    find_folders(tail);
    for (struct tail_folder *folder = tail->folders; folder; folder = folder->next) {
        scan_folder(tail, folder->path, now_ms);
        blind |= folder->watch < 0;
    }
    for (file = tail->files; file; file = next) {
        next = file->next;
        if (!file->replaced)
            look_again(tail, file, now_ms);
    }

    give_up_lost(tail);
    tail->first_start = false;
    tail->scan_ms = now_ms + (blind ? SCAN_BLIND_MS : SCAN_MS);
    /* What new contents are called, and since when, must outlive a crash before they are sent. */
    if (checkpoint_save(tail->context->checkpoint, clock_wall_ms(), &err))
        log_warn("%s; tried again later", err.text);
}

static bool is_relevant_name(struct tail *tail, const char *folder, const char *name)
{
    scoped_free char *path = NULL;
    bool wanted;

    return asprintf(&path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name) >= 0 &&
           is_relevant(tail, path, &wanted);
}

static void see_event(struct tail *tail, const struct inotify_event *event, int64_t now_ms)
{
    struct tail_folder *folder;
    struct tail_file *file;

    if (event->mask & IN_Q_OVERFLOW) {
        tail->scan_ms = now_ms;
        return;
    }
    for (folder = tail->folders; folder && folder->watch != event->wd; folder = folder->next)
        ;
    if (!folder || event->len == 0)
        return;
    file = find_path(tail, folder->path, event->name);
    if (file && file->entry && !(event->mask & ~(uint32_t)(IN_MODIFY | IN_CLOSE_WRITE))) {
        file->ready = true;
        file->changed_ms = now_ms;
        return;
    }
    /* Names changed, or a file that is not identified yet grew. */
    if (is_relevant_name(tail, folder->path, event->name))
        tail->scan_ms = now_ms;
}

static void read_events(struct tail *tail, int64_t now_ms)
{
    char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t len;

    if (tail->inotify < 0)
        return;
    while ((len = read(tail->inotify, bytes, sizeof(bytes))) > 0)
        for (char *p = bytes; p < bytes + len;) {
            const struct inotify_event *event = (const struct inotify_event *)p;

            see_event(tail, event, now_ms);
            p += sizeof(*event) + event->len;
        }
}

/* The content that the file had is gone; what the path leads to now is looked at as a new file. */
static void replace(struct tail *tail, struct tail_file *file, int64_t now_ms)
{
    log_info("'%s' was truncated or rewritten; reading its new content from the beginning",
             file->stream.path);
    metric_add(tail->truncated, 1);
    if (file->entry) {
        /* Its rest may be in a copy that rotation made: let that be found. */
        file->entry->claimed = file->stream.first != NULL;
        checkpoint_set_file(tail->context->checkpoint, file->entry, 0, 0, 0);
    }
    file->replaced = true;
    file->ready = false;
    tail->scan_ms = now_ms;
    if (!file->stream.first)
        drop_file(tail, file);
}

/* Read to its end: is there anything left to wait for? */
static bool is_over(const struct tail_file *file, int64_t now_ms)
{
    int64_t quiet_ms = now_ms - file->changed_ms;
    struct stat st;

    if (file->live || file->ready || file->stream.first)
        return false;
    if (content_is_archive(file->content) && content_is_complete(file->content))
        return true;
    if (fstat(content_fd(file->content), &st) == 0 && st.st_nlink == 0 && quiet_ms >= UNFINISHED_MS)
        return true;
    return quiet_ms >= ROTATED_KEEP_MS;
}

static void finish(struct tail *tail, struct tail_file *file)
{
    struct stat st;

    if (file->entry && fstat(content_fd(file->content), &st) == 0) {
        file->entry->size = (uint64_t)st.st_size;
        file->entry->finished = content_is_archive(file->content);
        file->entry->last_seen_ms = clock_wall_ms();
        checkpoint_changed(tail->context->checkpoint, file->entry);
    }
    drop_file(tail, file);
}

/* A last line without its newline, of a file that nobody writes to any more. */
static bool has_unfinished_line(const struct tail_file *file, int64_t now_ms)
{
    return !file->live && !content_is_archive(file->content) && file->entry &&
           file->size > file->stream.read.offset && now_ms - file->changed_ms >= UNFINISHED_MS;
}

/* Closes what is over; finds what has an unfinished last line. Returns when to look again. */
static int64_t tidy(struct tail *tail, int64_t now_ms)
{
    struct tail_file *file, *next;
    int64_t wake_ms = tail->scan_ms;

    for (file = tail->files; file; file = next) {
        next = file->next;
        if (file->live || file->replaced)
            continue;
        if (has_unfinished_line(file, now_ms))
            file->ready = true;
        else if (is_over(file, now_ms))
            finish(tail, file);
        else if (wake_ms > file->changed_ms + UNFINISHED_MS &&
                 now_ms < file->changed_ms + UNFINISHED_MS)
            wake_ms = file->changed_ms + UNFINISHED_MS;
    }
    return wake_ms;
}

/* Has something to be read, and no older content of its stream has. */
static bool is_next(const struct tail *tail, const struct tail_file *file)
{
    const struct tail_file *older;

    if (!file->ready || !file->entry)
        return false;
    for (older = tail->files; older != file; older = older->next)
        if (older->ready && older->entry && strcmp(older->stream.name, file->stream.name) == 0)
            return false;
    return true;
}

/* The next ready file behind the one that had the last turn. */
static struct tail_file *next_ready(struct tail *tail)
{
    struct tail_file *from = tail->turn ? tail->turn->next : NULL, *file;

    for (file = from; file; file = file->next)
        if (is_next(tail, file))
            return file;
    for (file = tail->files; file && file != from; file = file->next)
        if (is_next(tail, file))
            return file;
    return NULL;
}

/* Room for a line of the limit, once a piece held no complete one. */
static void grow(struct tail *tail)
{
    size_t most = tail->context->config->line_max_bytes + READ_BYTES;
    char *buffer = tail->room < most ? realloc(tail->buffer, most) : NULL;

    if (!buffer)
        return;
    tail->buffer = buffer;
    tail->room = most;
}

/* At its beginning a position has no mark; the fingerprint stands in for it. */
static bool is_same_beginning(const struct stream *stream, struct slice bytes)
{
    return stream->read.offset > 0 || stream_fingerprint(bytes, true) == stream->fingerprint;
}

/* True: `piece` is set. */
static bool read_file(struct tail *tail, struct tail_file *file, int64_t now_ms,
                      struct input_piece *piece)
{
    struct stream *stream = &file->stream;
    enum status status;
    struct error err;

    tail->turn = file;
    if (!content_is_archive(file->content)) {
        struct stat st;

        if (fstat(content_fd(file->content), &st) == 0) {
            if ((uint64_t)st.st_size < stream->read.offset) {
                replace(tail, file, now_ms);
                return false;
            }
            note_size(file, (uint64_t)st.st_size, now_ms);
        }
    }
    status = tail_file_read_on(file->content, &stream->read, tail->buffer, tail->room,
                               &piece->bytes, &err);
    if (status == REJECT && !content_is_archive(file->content)) {
        replace(tail, file, now_ms);
        return false;
    }
    if ((status == OK || status == DONE) && !content_is_archive(file->content) &&
        !is_same_beginning(stream, piece->bytes)) {
        replace(tail, file, now_ms);
        return false;
    }
    if (status != OK && status != DONE) {
        log_warn("cannot read '%s': %s; tried again later", stream->path, err.text);
        metric_add(tail->unreadable, 1);
        file->ready = false;
        file->changed_ms = now_ms; /* an unfinished line makes it ready again, but not at once */
        return false;
    }
    file->ended = status == DONE;
    piece->stream = stream;
    piece->last =
        file->ended && (content_is_archive(file->content) || has_unfinished_line(file, now_ms));
    if (piece->bytes.len == 0) {
        file->ready = false;
        return false;
    }
    tail->given = file;
    tail->piece_offset = stream->read.offset;
    return true;
}

static enum status tail_read(struct input *input, int64_t now_ms, struct input_piece *piece,
                             int64_t *wake_ms)
{
    struct tail *tail = (struct tail *)input;
    struct tail_file *file;

    read_events(tail, now_ms);
    if (now_ms >= tail->scan_ms)
        scan(tail, now_ms);
    while ((file = next_ready(tail)))
        if (read_file(tail, file, now_ms, piece))
            return OK;
    *wake_ms = tidy(tail, now_ms);
    return next_ready(tail) ? tail_read(input, now_ms, piece, wake_ms) : RETRY;
}

static void tail_done(struct input *input, const struct input_piece *piece, bool blocked)
{
    struct tail *tail = (struct tail *)input;
    struct tail_file *file = tail->given;

    (void)piece;
    tail->given = NULL;
    if (!file || blocked)
        return;
    if (file->ended)
        file->ready = false;
    else if (file->stream.read.offset == tail->piece_offset)
        grow(tail);
}

static void tail_acked(struct input *input, struct stream *stream)
{
    struct tail *tail = (struct tail *)input;
    struct tail_file *file =
        (struct tail_file *)((char *)stream - offsetof(struct tail_file, stream));

    if (file->entry) {
        file->entry->acked = stream->acked;
        checkpoint_changed(tail->context->checkpoint, file->entry);
    }
    if (file->replaced && !stream->first) {
        tail->scan_ms = 0; /* its rest may be looked for now */
        drop_file(tail, file);
    }
}

static int tail_fd(const struct input *input)
{
    return ((const struct tail *)input)->inotify;
}

static void tail_progress(const struct input *input, struct input_progress *out)
{
    const struct tail *tail = (const struct tail *)input;

    *out = (struct input_progress){0};
    for (const struct tail_file *file = tail->files; file; file = file->next) {
        out->streams++;
        if (file->size > file->stream.acked.offset && !content_is_archive(file->content))
            out->bytes_behind += file->size - file->stream.acked.offset;
    }
}

static void tail_close(struct input *input)
{
    struct tail *tail = (struct tail *)input;
    struct tail_folder *folder;

    if (!tail)
        return;
    while (tail->files)
        drop_file(tail, tail->files);
    while ((folder = tail->folders)) {
        tail->folders = folder->next;
        free(folder->path);
        free(folder);
    }
    if (tail->inotify >= 0)
        close(tail->inotify);
    free(tail->buffer);
    free(tail);
}

static enum status tail_open(const struct input_context *context, const struct input_config *config,
                             struct input **out, struct error *err)
{
    struct tail *tail = calloc(1, sizeof(*tail));

    if (!tail || !(tail->buffer = malloc(READ_BYTES))) {
        free(tail);
        return error_set(err, FATAL, "out of memory");
    }
    tail->base.type = &input_tail;
    tail->context = context;
    tail->config = config;
    tail->room = READ_BYTES;
    tail->first_start = checkpoint_is_new(context->checkpoint);
    tail->started_ms = clock_wall_ms();
    tail->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (tail->inotify < 0)
        log_warn("inotify is not available: %s; folders are looked at every second",
                 strerror(errno));
    tail->opened = metrics_counter("shipper_contents_opened_total", NULL,
                                   "New file contents that were found.");
    tail->truncated = metrics_counter("shipper_files_truncated_total", NULL,
                                      "Files that were truncated or rewritten while followed.");
    tail->abandoned = metrics_counter("shipper_abandoned_bytes_total", NULL,
                                      "Bytes that were there and vanished before they were read.");
    tail->unreadable = metrics_counter("shipper_files_unreadable_total", NULL,
                                       "Failed attempts to open or read a file.");
    *out = &tail->base;
    return OK;
}

const struct input_type input_tail = {
    .name = "file",
    .open = tail_open,
    .fd = tail_fd,
    .read = tail_read,
    .done = tail_done,
    .acked = tail_acked,
    .progress = tail_progress,
    .close = tail_close,
};
