/*
 * read_times.c - marks of reading times, in memory and on disk.
 */
#include "shipper/read_times.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/grow.h"
#include "common/scope.h"
#include "common/table.h"
#include "shipper/stream.h"

#define NAME "read_times"
#define FILE_MAX                                                                                   \
    (4u << 20) /* bytes of one file; with the one before it: a quarter million marks               \
                */
#define HASH_KEY   0x72656164u
#define MARKS_KEPT 64 /* of one content, in memory, before acknowledged ones are left out */

struct record {       /* as on disk; never across two sectors */
    uint64_t content; /* seed of the stream's source */
    uint64_t offset;
    uint32_t time_s;
    uint32_t length; /* bytes that were handed on with it; whole lines */
    uint64_t hash;
};

struct time_mark {
    uint64_t offset;
    uint32_t time_s, length;
};

struct content_times {
    struct table_link by_content;
    struct content_times *next;
    uint64_t content;
    struct time_mark *marks; /* by offset */
    size_t count, room;
    uint64_t file; /* where the last mark stands */
    off_t slot;
};

struct pending { /* of the bytes that were settled last */
    bool any;
    uint64_t content, offset, length;
    uint32_t time_s;
};

struct read_times {
    struct pending pending;
    int folder_fd, fd;
    uint64_t number; /* of the file that is written; 0: none yet */
    off_t len;
    struct table by_content;
    struct content_times *contents;
};

static uint64_t hash_of(const struct record *record)
{
    return XXH3_64bits_withSeed(record, offsetof(struct record, hash), HASH_KEY);
}

static struct content_times *find(const struct read_times *times, uint64_t content)
{
    struct table_link *link = table_find(&times->by_content, content);

    return link ? TABLE_MEMBER(link, struct content_times, by_content) : NULL;
}

static struct content_times *find_or_add(struct read_times *times, uint64_t content)
{
    struct content_times *of = find(times, content);

    if (of || !(of = calloc(1, sizeof(*of))))
        return of;
    of->content = content;
    of->next = times->contents;
    times->contents = of;
    table_add(&times->by_content, &of->by_content, content);
    return of;
}

/* The last mark at or before `offset`, and the index behind it; NULL: none. */
static struct time_mark *mark_at(const struct content_times *of, uint64_t offset, size_t *behind)
{
    size_t low = 0, high = of->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (of->marks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    *behind = low;
    return low ? &of->marks[low - 1] : NULL;
}

/* In its place by offset; a second record of the same mark makes it longer. */
static struct time_mark *put_mark(struct content_times *of, const struct record *record)
{
    size_t behind;
    struct time_mark *mark = mark_at(of, record->offset, &behind);

    if (mark && mark->offset == record->offset) {
        if (mark->length < record->length)
            mark->length = record->length;
        return mark;
    }
    if (!grow(&of->marks, &of->room, of->count, sizeof(*of->marks), 4))
        return NULL;
    mark = of->marks + behind;
    memmove(mark + 1, mark, (of->count - behind) * sizeof(*mark));
    of->count++;
    *mark = (struct time_mark){record->offset, record->time_s, record->length};
    return mark;
}

/* ---- files ---- */

static void name_of(char name[32], uint64_t number)
{
    snprintf(name, 32, NAME ".%" PRIu64, number);
}

static uint64_t number_of(const char *name)
{
    size_t len = strlen(NAME ".");

    return strncmp(name, NAME ".", len) == 0 ? strtoull(name + len, NULL, 10) : 0;
}

/* Records that are not right are left out; what follows them is read all the same. */
static void load_file(struct read_times *times, uint64_t number)
{
    struct record records[128];
    char name[32];
    scoped_fd int fd = -1;
    off_t slot = 0;
    ssize_t n;

    name_of(name, number);
    fd = openat(times->folder_fd, name, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = pread(fd, records, sizeof(records), slot)) > 0) {
        size_t count = (size_t)n / sizeof(records[0]);

        for (size_t i = 0; i < count; i++, slot += (off_t)sizeof(records[0])) {
            struct content_times *of = records[i].hash == hash_of(&records[i])
                                           ? find_or_add(times, records[i].content)
                                           : NULL;

            if (!of || !put_mark(of, &records[i]))
                continue;
            of->file = number;
            of->slot = slot;
        }
        if (count == 0)
            return; /* a torn last one */
    }
}

static uint64_t newest(const char *folder, uint64_t below)
{
    uint64_t found = 0, number;
    struct dirent *item;
    DIR *dir = opendir(folder);

    while (dir && (item = readdir(dir))) {
        number = number_of(item->d_name);
        if (number > found && number < below)
            found = number;
    }
    if (dir)
        closedir(dir);
    return found;
}

enum status read_times_open(const char *folder, struct read_times **out, struct error *err)
{
    struct read_times *times = calloc(1, sizeof(*times));

    if (!times)
        return error_set(err, FATAL, "out of memory");
    times->fd = -1;
    times->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    times->number = newest(folder, UINT64_MAX);
    load_file(times, newest(folder, times->number));
    if (times->number)
        load_file(times, times->number);
    *out = times;
    return OK;
}

static void forget(struct read_times *times, uint64_t before)
{
    struct content_times **link = &times->contents, *of;

    while ((of = *link)) {
        if (of->file >= before) {
            link = &of->next;
            continue;
        }
        *link = of->next;
        table_remove(&times->by_content, &of->by_content);
        free(of->marks);
        free(of);
    }
}

/* Each start begins a file anew only when the last one is full or torn. */
static bool open_file(struct read_times *times)
{
    char name[32];

    if (times->fd >= 0 && times->len < FILE_MAX)
        return true;
    if (times->fd >= 0 || times->number == 0) {
        if (times->fd >= 0)
            close(times->fd);
        times->number++;
        if (times->number > 2) {
            name_of(name, times->number - 2);
            unlinkat(times->folder_fd, name, 0);
            forget(times, times->number - 1);
        }
    }
    name_of(name, times->number);
    times->fd = openat(times->folder_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (times->fd < 0)
        return false;
    times->len = lseek(times->fd, 0, SEEK_END);
    times->len -= times->len % (off_t)sizeof(struct record);
    return fsync(times->folder_fd) == 0;
}

static bool write_at(struct read_times *times, const struct content_times *of,
                     const struct time_mark *mark, off_t slot)
{
    struct record record = {.content = of->content,
                            .offset = mark->offset,
                            .time_s = mark->time_s,
                            .length = mark->length};

    record.hash = hash_of(&record);
    return pwrite(times->fd, &record, sizeof(record), slot) == (ssize_t)sizeof(record);
}

/* At the end; synced when `sync`. */
static bool append(struct read_times *times, struct content_times *of, const struct time_mark *mark,
                   bool sync)
{
    if (!open_file(times) || !write_at(times, of, mark, times->len) ||
        (sync && fdatasync(times->fd) != 0))
        return false;
    of->file = times->number;
    of->slot = times->len;
    times->len += (off_t)sizeof(struct record);
    return true;
}

/*
 * More lines share the mark. Not synced: only with a lost checkpoint, and
 * after a power loss, would it be missed.
 */
static void lengthen(struct read_times *times, struct content_times *of, struct time_mark *mark,
                     uint64_t length)
{
    if (length <= mark->length || length > UINT32_MAX)
        return;
    mark->length = (uint32_t)length;
    if (of->file == times->number && times->fd >= 0)
        write_at(times, of, mark, of->slot);
    else
        append(times, of, mark, false);
}

/* ---- times ---- */

static void prune(struct content_times *of, uint64_t acked)
{
    size_t behind;

    if (of->count < MARKS_KEPT || !mark_at(of, acked, &behind) || behind < 2)
        return;
    memmove(of->marks, of->marks + behind - 1, (of->count - behind + 1) * sizeof(*of->marks));
    of->count -= behind - 1;
}

static size_t whole_lines(struct slice bytes)
{
    const char *newline = bytes.len ? memrchr(bytes.data, '\n', bytes.len) : NULL;

    return newline ? (size_t)(newline + 1 - bytes.data) : 0;
}

static uint32_t clamp(int64_t s)
{
    return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

/* What was handed on with a mark before takes it again. */
static size_t take_again(const struct content_times *of, const struct time_mark *mark,
                         size_t behind, struct stream *stream, size_t len, bool *event_end)
{
    bool next = behind < of->count;
    uint64_t end = next ? of->marks[behind].offset : mark->offset + mark->length;

    stream->read.time = (struct timestamp){mark->time_s, 0};
    *event_end = next;
    return end - stream->read.offset < len ? (size_t)(end - stream->read.offset) : len;
}

size_t read_times_settle(struct read_times *times, struct stream *stream, struct slice bytes,
                         int64_t modified_s, bool *event_end)
{
    struct content_times *of = find(times, stream->source.seed);
    uint64_t offset = stream->read.offset;
    struct time_mark *mark = NULL;
    size_t behind = 0;

    *event_end = false;
    times->pending.any = false;
    if (of) {
        prune(of, stream->acked.offset);
        mark = mark_at(of, offset, &behind);
        if (mark && (behind < of->count || offset < mark->offset + mark->length))
            return take_again(of, mark, behind, stream, bytes.len, event_end);
        if (mark && mark->offset != offset &&
            (modified_s - (int64_t)mark->time_s >= READ_TIMES_STEP_S ||
             modified_s < (int64_t)mark->time_s))
            mark = NULL;
    }
    times->pending = (struct pending){
        .any = true,
        .content = stream->source.seed,
        .offset = mark ? mark->offset : offset,
        .time_s = mark ? mark->time_s : clamp(modified_s),
        .length = (mark ? offset - mark->offset : 0) + whole_lines(bytes),
    };
    stream->read.time = (struct timestamp){times->pending.time_s, 0};
    return bytes.len;
}

enum status read_times_keep(struct read_times *times, struct error *err)
{
    struct pending pending = times->pending;
    struct record record = {.offset = pending.offset, .time_s = pending.time_s};
    struct content_times *of;
    struct time_mark *mark;
    size_t count;

    if (!pending.any)
        return OK;
    times->pending.any = false;
    of = find_or_add(times, pending.content);
    count = of ? of->count : 0;
    mark = of ? put_mark(of, &record) : NULL;
    if (!mark)
        return error_set(err, RETRY, "out of memory for reading times");
    if (of->count == count) {
        lengthen(times, of, mark, pending.length);
        return OK;
    }
    if (pending.length <= UINT32_MAX)
        mark->length = (uint32_t)pending.length;
    if (append(times, of, mark, true))
        return OK;
    return error_set_errno(err, RETRY, "cannot write down the reading time of lines without one");
}

void read_times_close(struct read_times *times)
{
    if (!times)
        return;
    forget(times, UINT64_MAX);
    table_release(&times->by_content);
    if (times->fd >= 0)
        close(times->fd);
    if (times->folder_fd >= 0)
        close(times->folder_fd);
    free(times);
}
