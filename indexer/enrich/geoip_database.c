/*
 * geoip_database.c - a MaxMind DB file, loaded once for all workers (libmaxminddb).
 *
 * libmaxminddb checks bounds but not depth: nested arrays overflow its stack,
 * and huge ones keep it busy. So a record is walked over here, within limits,
 * before the library may look for values in it.
 */
#include "indexer/enrich/geoip_database.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/scope.h"

#define CHECK_MS     1000
#define FILE_MAX     (1l << 30)   /* bytes of memory; the largest known files are a third of that */
#define METADATA_MAX (128 * 1024) /* bytes at the end of the file, by the format */
#define DEPTH_MAX    16           /* of nested values; real records have 5 levels */
#define VALUES_MAX   4000         /* in a record; real ones have up to 300 */

struct identity { /* of a file: differs whenever its content may */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct geoip_database {
    MMDB_s mmdb;
    unsigned users; /* guarded by `lock` */
};

struct geoip_source {
    struct geoip_source *next;
    char *path;
    unsigned users;                 /* guarded by `lock`, as the next three */
    struct geoip_database *current; /* NULL: none was loaded yet */
    bool busy;                      /* a thread is looking at the file; it alone uses the rest */
    int64_t checked_ms;
    struct identity seen, tried; /* at the last look; loaded, or known to be damaged */
    struct error reported;       /* an empty text: all is well */
};

struct bytes { /* a data section that is walked over */
    const uint8_t *data;
    size_t size, at;
    unsigned left; /* values that may still follow */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* leaf lock */
static struct geoip_source *sources;

/* Takes `count` bytes as a big-endian number; false beyond the end. */
static bool take_number(struct bytes *bytes, unsigned count, size_t *out)
{
    if (bytes->at > bytes->size || bytes->size - bytes->at < count)
        return false;
    for (*out = 0; count > 0; count--)
        *out = *out << 8 | bytes->data[bytes->at++];
    return true;
}

/* Reads what stands behind the control byte of a pointer. */
static bool take_pointer(struct bytes *bytes, size_t control, size_t *out)
{
    static const size_t start[] = {0, 2048, 526336, 0};
    unsigned length = (unsigned)(control >> 3 & 3);
    size_t low;

    if (!take_number(bytes, length + 1, &low))
        return false;
    *out = length == 3 ? low : ((control & 7) << 8 * (length + 1) | low) + start[length];
    return true;
}

static bool take_size(struct bytes *bytes, size_t control, size_t *out)
{
    static const size_t start[] = {29, 285, 65821};
    size_t low = control & 31;

    *out = low;
    if (low < 29)
        return true;
    if (!take_number(bytes, (unsigned)low - 28, out))
        return false;
    *out += start[low - 29];
    return true;
}

static bool is_walkable(struct bytes *bytes, unsigned depth);

static bool is_walkable_at(struct bytes *bytes, size_t target, unsigned depth)
{
    size_t back = bytes->at;
    bool fine;

    bytes->at = target;
    fine = is_walkable(bytes, depth);
    bytes->at = back;
    return fine;
}

/* Passes over the value at bytes->at; false when it is malformed or beyond the limits. */
static bool is_walkable(struct bytes *bytes, unsigned depth)
{
    size_t control, type, size, target;

    if (depth == DEPTH_MAX || bytes->left-- == 0 || !take_number(bytes, 1, &control)) {
        bytes->left = 0;
        return false;
    }
    type = control >> 5;
    if (type == MMDB_DATA_TYPE_POINTER)
        return take_pointer(bytes, control, &target) && is_walkable_at(bytes, target, depth + 1);
    if (type == MMDB_DATA_TYPE_EXTENDED && (!take_number(bytes, 1, &type) || (type += 7) > 15))
        return false;
    if (!take_size(bytes, control, &size))
        return false;
    if (type == MMDB_DATA_TYPE_BOOLEAN)
        return true;
    if (type != MMDB_DATA_TYPE_MAP && type != MMDB_DATA_TYPE_ARRAY) {
        bytes->at += size;
        return bytes->at <= bytes->size;
    }
    for (size_t i = 0; i < size * (type == MMDB_DATA_TYPE_MAP ? 2 : 1); i++)
        if (!is_walkable(bytes, depth + 1))
            return false;
    return true;
}

static struct identity identity_of(const struct stat *st)
{
    return (struct identity){st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

static enum status copy_bytes(int from, int to, off_t size, struct error *err)
{
    off_t copied = 0;
    ssize_t n = 1;

    while (copied < size && n > 0) {
        n = sendfile(to, from, NULL, (size_t)(size - copied));
        copied += n > 0 ? n : 0;
    }
    if (n < 0)
        return error_set_errno(err, RETRY, "cannot copy it into memory");
    return copied == size ? OK : error_set(err, RETRY, "it was changed while it was read");
}

/* A copy of the file in memory, as it was at one moment. */
static enum status copy_file(const char *path, int *out, struct identity *identity,
                             struct error *err)
{
    scoped_fd int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    scoped_fd int copy = -1;
    struct identity after;
    struct stat st;

    if (file < 0 || fstat(file, &st))
        return error_set(err, RETRY, "%s", strerror(errno));
    *identity = identity_of(&st);
    if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > FILE_MAX)
        return error_set(err, REJECT, "not a file, empty, or larger than %ld MiB", FILE_MAX >> 20);
    copy = memfd_create("geoip", MFD_CLOEXEC);
    if (copy < 0)
        return error_set_errno(err, RETRY, "cannot make a file in memory");
    if (copy_bytes(file, copy, st.st_size, err))
        return err->status;
    if (fstat(file, &st))
        return error_set(err, RETRY, "%s", strerror(errno));
    after = identity_of(&st);
    if (!same_identity(&after, identity))
        return error_set(err, RETRY, "it was changed while it was read");
    *out = copy;
    copy = -1;
    return OK;
}

/* The library reads the metadata when it opens a file: they are walked over before that. */
static enum status check_metadata(int fd, off_t file_size, struct error *err)
{
    static const char marker[] = "\xab\xcd\xefMaxMind.com";
    size_t length = file_size < METADATA_MAX ? (size_t)file_size : METADATA_MAX;
    scoped_free uint8_t *tail = malloc(length);
    struct bytes bytes = {.size = length, .left = VALUES_MAX};
    const uint8_t *found, *from = tail;

    if (!tail)
        return error_set(err, RETRY, "out of memory");
    if (pread(fd, tail, length, file_size - (off_t)length) != (ssize_t)length)
        return error_set(err, RETRY, "cannot read the copy");
    while ((found = memmem(from, length - (size_t)(from - tail), marker, sizeof(marker) - 1)))
        from = found + sizeof(marker) - 1;
    bytes.data = from;
    bytes.size = length - (size_t)(from - tail);
    if (from == tail || !is_walkable(&bytes, 0))
        return error_set(err, REJECT, "not a MaxMind DB, or damaged");
    return OK;
}

static enum status open_copy(int fd, off_t size, struct geoip_database **out, struct error *err)
{
    struct geoip_database *database;
    char name[40];
    int code;

    if (check_metadata(fd, size, err))
        return err->status;
    database = calloc(1, sizeof(*database));
    if (!database)
        return error_set(err, RETRY, "out of memory");
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    code = MMDB_open(name, MMDB_MODE_MMAP, &database->mmdb);
    if (code != MMDB_SUCCESS) {
        free(database);
        return error_set(err,
                         code == MMDB_FILE_OPEN_ERROR || code == MMDB_IO_ERROR ||
                                 code == MMDB_OUT_OF_MEMORY_ERROR
                             ? RETRY
                             : REJECT,
                         "%s", MMDB_strerror(code));
    }
    database->users = 1;
    *out = database;
    return OK;
}

static enum status load(const char *path, struct geoip_database **out, struct identity *identity,
                        struct error *err)
{
    scoped_fd int copy = -1;

    if (copy_file(path, &copy, identity, err))
        return err->status;
    return open_copy(copy, identity->size, out, err); /* the map outlives the descriptor */
}

static void report_failure(struct geoip_source *source, const struct error *err)
{
    bool has_old;

    if (strcmp(source->reported.text, err->text) == 0)
        return;
    source->reported = *err;
    pthread_mutex_lock(&lock);
    has_old = source->current != NULL;
    pthread_mutex_unlock(&lock);
    log_warn("cannot load GeoIP database '%s': %s; %s", source->path, err->text,
             has_old ? "the one loaded before stays in use"
                     : "records stay without its fields until it can be loaded");
}

static void report_success(struct geoip_source *source, const MMDB_metadata_s *metadata)
{
    time_t built = (time_t)metadata->build_epoch;
    char day[32] = "?";
    struct tm tm;

    if (gmtime_r(&built, &tm))
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    log_write(LEVEL_INFO,
              LOG_FIELDS({"database.type", metadata->database_type, 0}, {"database.built", day, 0}),
              "GeoIP database '%s' loaded", source->path);
}

static void publish(struct geoip_source *source, struct geoip_database *database)
{
    struct geoip_database *old;

    pthread_mutex_lock(&lock);
    old = source->current;
    source->current = database;
    pthread_mutex_unlock(&lock);
    geoip_database_drop(old);
}

/* Is there something to load? A file that is being written is left until the next look. */
static bool is_due(struct geoip_source *source, bool at_start, struct error *err)
{
    struct identity now;
    struct stat st;
    bool quiet;

    if (stat(source->path, &st)) {
        error_set(err, RETRY, "%s", strerror(errno));
        report_failure(source, err);
        return false;
    }
    now = identity_of(&st);
    quiet = at_start || same_identity(&now, &source->seen);
    source->seen = now;
    return quiet && !same_identity(&now, &source->tried);
}

/* By the one thread that made the source busy. */
static void look(struct geoip_source *source, bool at_start)
{
    struct geoip_database *database;
    struct identity identity;
    struct error err;
    enum status status;

    if (!is_due(source, at_start, &err))
        return;
    status = load(source->path, &database, &identity, &err);
    if (status != RETRY)
        source->tried = identity;
    if (status) {
        report_failure(source, &err);
        return;
    }
    source->reported.text[0] = '\0';
    report_success(source, &database->mmdb.metadata);
    publish(source, database);
}

static struct geoip_source *source_make(const char *path)
{
    struct geoip_source *source = calloc(1, sizeof(*source));
    char *copy = strdup(path);

    if (!source || !copy) {
        free(source);
        free(copy);
        return NULL;
    }
    *source =
        (struct geoip_source){.path = copy, .users = 1, .busy = true, .checked_ms = INT64_MIN / 2};
    return source;
}

static void end_look(struct geoip_source *source)
{
    pthread_mutex_lock(&lock);
    source->busy = false;
    pthread_mutex_unlock(&lock);
}

/* The source of `path`, one user more; *is_new: the caller must look and end the look. */
static struct geoip_source *source_get(const char *path, bool *is_new)
{
    struct geoip_source *source;

    pthread_mutex_lock(&lock);
    for (source = sources; source; source = source->next)
        if (strcmp(source->path, path) == 0)
            break;
    *is_new = !source;
    if (source) {
        source->users++;
    } else if ((source = source_make(path))) {
        source->next = sources;
        sources = source;
    }
    pthread_mutex_unlock(&lock);
    return source;
}

enum status geoip_source_open(const char *path, struct geoip_source **out, struct error *err)
{
    bool is_new;
    struct geoip_source *source = source_get(path, &is_new);

    if (!source)
        return error_set(err, FATAL, "out of memory");
    if (is_new) {
        look(source, true);
        end_look(source);
    }
    *out = source;
    return OK;
}

void geoip_source_refresh(struct geoip_source *source, int64_t now_ms)
{
    bool mine;

    pthread_mutex_lock(&lock);
    mine = !source->busy && now_ms - source->checked_ms >= CHECK_MS;
    if (mine) {
        source->busy = true;
        source->checked_ms = now_ms;
    }
    pthread_mutex_unlock(&lock);
    if (!mine)
        return;
    look(source, false);
    end_look(source);
}

void geoip_source_close(struct geoip_source *source)
{
    struct geoip_source **link = &sources;
    bool is_last;

    if (!source)
        return;
    pthread_mutex_lock(&lock);
    is_last = --source->users == 0;
    if (is_last) {
        while (*link != source)
            link = &(*link)->next;
        *link = source->next;
    }
    pthread_mutex_unlock(&lock);
    if (!is_last)
        return;
    geoip_database_drop(source->current);
    free(source->path);
    free(source);
}

bool geoip_database_renew(struct geoip_source *source, struct geoip_database **held)
{
    struct geoip_database *old = *held;

    pthread_mutex_lock(&lock);
    *held = source->current;
    if (*held)
        (*held)->users++;
    pthread_mutex_unlock(&lock);
    geoip_database_drop(old);
    return *held != old;
}

void geoip_database_drop(struct geoip_database *database)
{
    bool is_last;

    if (!database)
        return;
    pthread_mutex_lock(&lock);
    is_last = --database->users == 0;
    pthread_mutex_unlock(&lock);
    if (!is_last)
        return;
    MMDB_close(&database->mmdb);
    free(database);
}

bool geoip_database_find(const struct geoip_database *database, const struct sockaddr *address,
                         MMDB_entry_s *out)
{
    const MMDB_s *mmdb = &database->mmdb;
    struct bytes bytes = {
        .data = mmdb->data_section, .size = mmdb->data_section_size, .left = VALUES_MAX};
    MMDB_lookup_result_s result;
    int code;

    result = MMDB_lookup_sockaddr(mmdb, address, &code);
    if (code != MMDB_SUCCESS || !result.found_entry)
        return false;
    bytes.at = result.entry.offset;
    if (!is_walkable(&bytes, 0))
        return false;
    *out = result.entry;
    return true;
}

uint64_t geoip_database_built(const struct geoip_database *database)
{
    return database->mmdb.metadata.build_epoch;
}
