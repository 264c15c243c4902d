/*
 * spool.c - lines that came by network or pipe, on disk until Kafka has them.
 *
 * Each start writes a new segment: the last one of the run before may end in
 * the middle of an entry. Several threads that wait for the disk share one
 * sync: whoever finds none under way does it for all that has been written.
 */
#include "shipper/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/scope.h"
#include "shipper/folder.h"

#define SEGMENT_MAX (16u << 20)
#define SEGMENTS                                                                                   \
    8 /* at least, of a full spool: what is acknowledged of one that is open counts                \
       */
#define ESCAPE      '\x10'
#define NAME_FORMAT "%016" PRIx64 ".log"

struct old_segment { /* of a run before, not given to the reader yet */
    uint64_t number, size;
};

struct spool {
    char *folder;
    uint64_t max_bytes, segment_bytes;
    int event_fd, folder_fd;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t synced;
    struct old_segment *old;
    size_t old_count, old_given;
    uint64_t bytes;  /* of all segments */
    uint64_t number; /* of the segment that is written; 0: none yet */
    uint64_t next_number, given_number;
    int fd;                    /* for writing; -1: none */
    uint64_t written, durable; /* bytes of it */
    bool syncing;
};

static int compare_numbers(const void *a, const void *b)
{
    const struct old_segment *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static void path_of(const struct spool *spool, uint64_t number, char *path, size_t size)
{
    snprintf(path, size, "%s/" NAME_FORMAT, spool->folder, number);
}

static bool add_old(struct spool *spool, const char *name)
{
    char path[4200], expected[32];
    uint64_t number = strtoull(name, NULL, 16);
    struct old_segment *grown;
    struct stat st;

    snprintf(expected, sizeof(expected), NAME_FORMAT, number);
    if (strcmp(expected, name) != 0 || number == 0)
        return true; /* not ours */
    path_of(spool, number, path, sizeof(path));
    if (stat(path, &st) != 0)
        return true;
    grown = realloc(spool->old, (spool->old_count + 1) * sizeof(*grown));
    if (!grown)
        return false;
    spool->old = grown;
    grown[spool->old_count++] = (struct old_segment){number, (uint64_t)st.st_size};
    spool->bytes += (uint64_t)st.st_size;
    if (number >= spool->next_number)
        spool->next_number = number + 1;
    return true;
}

static enum status list_old(struct spool *spool, struct error *err)
{
    struct dirent *item;
    DIR *dir = opendir(spool->folder);
    bool good = true;

    if (!dir)
        return error_set_errno(err, FATAL, "cannot read the spool '%s'", spool->folder);
    spool->folder_fd = dup(dirfd(dir));
    while (good && (item = readdir(dir)))
        good = add_old(spool, item->d_name);
    closedir(dir);
    if (!good)
        return error_set(err, FATAL, "out of memory");
    if (spool->old_count)
        qsort(spool->old, spool->old_count, sizeof(*spool->old), compare_numbers);
    return OK;
}

static enum status make_folder(const char *folder, struct error *err)
{
    scoped_free char *path = strdup(folder);
    const char *failed;

    if (!path)
        return error_set(err, FATAL, "out of memory");
    failed = folder_make(path, 0700);
    return failed ? error_set_errno(err, FATAL, "cannot make the spool '%s'", failed) : OK;
}

enum status spool_open(const char *folder, uint64_t max_bytes, struct spool **out,
                       struct error *err)
{
    struct spool *spool = calloc(1, sizeof(*spool));

    if (!spool)
        return error_set(err, FATAL, "out of memory");
    spool->fd = spool->folder_fd = -1;
    spool->max_bytes = max_bytes;
    spool->segment_bytes = max_bytes / SEGMENTS < SEGMENT_MAX ? max_bytes / SEGMENTS : SEGMENT_MAX;
    spool->next_number = 1;
    spool->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&spool->lock, NULL);
    pthread_cond_init(&spool->synced, NULL);
    spool->folder = strdup(folder);
    if (!spool->folder || spool->event_fd < 0)
        error_set(err, FATAL, "out of memory or of descriptors");
    if (!spool->folder || spool->event_fd < 0 || make_folder(folder, err) || list_old(spool, err)) {
        spool_close(spool);
        return FATAL;
    }
    spool->given_number = spool->next_number - 1;
    *out = spool;
    return OK;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->fd >= 0) {
        fdatasync(spool->fd);
        close(spool->fd);
    }
    if (spool->event_fd >= 0)
        close(spool->event_fd);
    if (spool->folder_fd >= 0)
        close(spool->folder_fd);
    pthread_cond_destroy(&spool->synced);
    pthread_mutex_destroy(&spool->lock);
    free(spool->old);
    free(spool->folder);
    free(spool);
}

static void encode_text(struct buf *out, struct slice text)
{
    const char *p = text.data, *end = p + text.len;
    char *room = buf_reserve(out, 2 * text.len), *to = room;

    if (!room)
        return;
    for (; p < end; p++) {
        if (*p != '\n' && *p != ESCAPE) {
            *to++ = *p;
            continue;
        }
        *to++ = ESCAPE;
        *to++ = *p == '\n' ? 'n' : 'd';
    }
    out->len += (size_t)(to - room);
}

void spool_encode(struct buf *out, struct timestamp received, struct slice peer, bool cut,
                  struct slice text)
{
    buf_addf(out, "%" PRId64 "%09u %.*s %c ", received.s, received.ns,
             SLICE_FMT(peer.len ? peer : SLICE("-")), cut ? 'T' : '-');
    if (text.len)
        encode_text(out, text);
    buf_add_char(out, '\n');
}

static bool decode_time(struct slice text, struct timestamp *out)
{
    uint64_t value = 0;

    if (text.len < 10 || text.len > 19)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = (struct timestamp){(int64_t)(value / 1000000000), (uint32_t)(value % 1000000000)};
    return true;
}

/* Most texts hold nothing to resolve: they stay where they are. */
static bool decode_text(struct slice raw, struct buf *text, struct slice *out)
{
    const char *p = raw.data, *end = p + raw.len;
    char *room, *to;

    *out = raw;
    if (raw.len == 0 || !memchr(p, ESCAPE, raw.len))
        return true;
    buf_clear(text);
    room = to = buf_reserve(text, raw.len);
    if (!room)
        return false;
    for (; p < end; p++) {
        if (*p != ESCAPE) {
            *to++ = *p;
            continue;
        }
        if (++p == end || (*p != 'n' && *p != 'd'))
            return false;
        *to++ = *p == 'n' ? '\n' : ESCAPE;
    }
    text->len = (size_t)(to - room);
    *out = buf_slice(text);
    return true;
}

bool spool_decode(struct slice line, struct buf *text, struct spool_entry *out)
{
    const char *p = line.data, *end = p + line.len, *blank;
    struct slice parts[3];

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        blank = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
        if (!blank)
            return false;
        parts[i] = (struct slice){p, (size_t)(blank - p)};
        p = blank + 1;
    }
    if (!decode_time(parts[0], &out->received) || parts[1].len == 0 || parts[2].len != 1)
        return false;
    out->peer = slice_is(parts[1], "-") ? (struct slice){NULL, 0} : parts[1];
    out->cut = parts[2].data[0] == 'T';
    return decode_text((struct slice){p, (size_t)(end - p)}, text, &out->text);
}

/* With the lock. Makes the segment that is written, or the next one. */
static enum status need_segment(struct spool *spool, struct error *err)
{
    char path[4200];

    while (spool->fd >= 0 && spool->written >= spool->segment_bytes && spool->syncing)
        pthread_cond_wait(&spool->synced, &spool->lock);
    if (spool->fd >= 0 && spool->written < spool->segment_bytes)
        return OK;
    if (spool->fd >= 0) {
        if (fdatasync(spool->fd) != 0) /* others wait for that */
            return error_set_errno(err, RETRY, "cannot sync the spool '%s'", spool->folder);
        close(spool->fd);
        spool->fd = -1;
    }
    path_of(spool, spool->next_number, path, sizeof(path));
    spool->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        return error_set_errno(err, RETRY, "cannot make '%s'", path);
    fsync(spool->folder_fd); /* its name, too, must outlive a power cut */
    spool->number = spool->next_number++;
    spool->written = spool->durable = 0;
    return OK;
}

/* With the lock. All or nothing: what was written of it when it fails is cut off again. */
static enum status write_all(struct spool *spool, struct slice entries, struct error *err)
{
    size_t done = 0;

    while (done < entries.len) {
        ssize_t n = write(spool->fd, entries.data + done, entries.len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set_errno(err, RETRY, "cannot write to the spool '%s'", spool->folder);
            if (done && (ftruncate(spool->fd, (off_t)spool->written) != 0 ||
                         lseek(spool->fd, (off_t)spool->written, SEEK_SET) < 0)) {
                close(spool->fd); /* the reader takes no entry without its end */
                spool->fd = -1;
            }
            return RETRY;
        }
        done += (size_t)n;
    }
    spool->written += entries.len;
    spool->bytes += entries.len;
    return OK;
}

/* With the lock. Returns when the first `until` bytes of segment `number` are on disk. */
static enum status wait_durable(struct spool *spool, uint64_t number, uint64_t until,
                                struct error *err)
{
    while (spool->number == number && spool->durable < until) {
        uint64_t written = spool->written;
        int fd = spool->fd, result;

        if (spool->syncing) {
            pthread_cond_wait(&spool->synced, &spool->lock);
            continue;
        }
        spool->syncing = true;
        pthread_mutex_unlock(&spool->lock);
        result = fdatasync(fd);
        pthread_mutex_lock(&spool->lock);
        spool->syncing = false;
        if (result == 0)
            spool->durable = written;
        pthread_cond_broadcast(&spool->synced);
        if (result != 0)
            return error_set_errno(err, RETRY, "cannot sync the spool '%s'", spool->folder);
    }
    return OK;
}

enum status spool_append(struct spool *spool, struct slice entries, bool durable, struct error *err)
{
    enum status status;

    if (entries.len == 0)
        return OK;
    if (entries.len > spool->max_bytes - spool->segment_bytes)
        return error_set(err, REJECT, "%zu bytes are more than the spool '%s' ever takes at once",
                         entries.len, spool->folder);
    pthread_mutex_lock(&spool->lock);
    if (spool->bytes + entries.len > spool->max_bytes)
        status = error_set(err, RETRY, "the spool '%s' is full", spool->folder);
    else
        status = need_segment(spool, err);
    if (status == OK)
        status = write_all(spool, entries, err);
    if (status == OK) {
        eventfd_write(spool->event_fd, 1);
        if (durable)
            status = wait_durable(spool, spool->number, spool->written, err);
    }
    pthread_mutex_unlock(&spool->lock);
    return status;
}

bool spool_has_room(struct spool *spool, size_t bytes)
{
    bool room;

    pthread_mutex_lock(&spool->lock);
    room = spool->bytes + bytes <= spool->max_bytes;
    pthread_mutex_unlock(&spool->lock);
    return room;
}

void spool_sync(struct spool *spool)
{
    struct error err;

    pthread_mutex_lock(&spool->lock);
    if (spool->fd >= 0)
        wait_durable(spool, spool->number, spool->written, &err);
    pthread_mutex_unlock(&spool->lock);
}

uint64_t spool_bytes(struct spool *spool)
{
    uint64_t bytes;

    pthread_mutex_lock(&spool->lock);
    bytes = spool->bytes;
    pthread_mutex_unlock(&spool->lock);
    return bytes;
}

int spool_fd(const struct spool *spool)
{
    return spool->event_fd;
}

void spool_heed(struct spool *spool)
{
    eventfd_t ignored;

    eventfd_read(spool->event_fd, &ignored);
}

void spool_wake(struct spool *spool)
{
    eventfd_write(spool->event_fd, 1);
}

struct spool_segment *spool_next(struct spool *spool)
{
    struct spool_segment *segment;
    char path[4200];
    uint64_t number = 0;
    bool old;

    pthread_mutex_lock(&spool->lock);
    old = spool->old_given < spool->old_count;
    if (old)
        number = spool->old[spool->old_given].number;
    else if (spool->number && spool->given_number < spool->number)
        number = spool->given_number + 1;
    pthread_mutex_unlock(&spool->lock);
    if (number == 0)
        return NULL;
    segment = calloc(1, sizeof(*segment));
    path_of(spool, number, path, sizeof(path));
    if (!segment || !(segment->path = strdup(path))) {
        free(segment);
        return NULL;
    }
    segment->number = number;
    segment->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (old)
        spool->old_given++; /* both are the reader's */
    else
        spool->given_number = number;
    return segment;
}

uint64_t spool_size(struct spool *spool, const struct spool_segment *segment, bool *sealed)
{
    struct stat st;
    uint64_t size = 0;

    pthread_mutex_lock(&spool->lock);
    *sealed = segment->number != spool->number || spool->fd < 0;
    if (!*sealed)
        size = spool->written;
    else if (segment->fd >= 0 && fstat(segment->fd, &st) == 0)
        size = (uint64_t)st.st_size;
    pthread_mutex_unlock(&spool->lock);
    return size;
}

void spool_drop(struct spool *spool, struct spool_segment *segment, bool remove)
{
    struct stat st;

    if (remove) {
        pthread_mutex_lock(&spool->lock);
        if (segment->fd >= 0 && fstat(segment->fd, &st) == 0)
            spool->bytes -=
                (uint64_t)st.st_size < spool->bytes ? (uint64_t)st.st_size : spool->bytes;
        pthread_mutex_unlock(&spool->lock);
        unlink(segment->path);
    }
    if (segment->fd >= 0)
        close(segment->fd);
    free(segment->path);
    free(segment);
}
