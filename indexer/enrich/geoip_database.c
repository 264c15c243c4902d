/*
 * geoip_database.c - a MaxMind DB file, loaded once for all workers (libmaxminddb).
 */
#include "indexer/enrich/geoip_database.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
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
#include "indexer/enrich/geoip_value.h"

#define CHECK_MS     1000
#define FILE_MAX     (1l << 30)   /* bytes of memory; the largest known files are a third of that */
#define METADATA_MAX (128 * 1024) /* bytes at the end of the file, by the format */

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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* leaf lock */
static struct geoip_source *sources;

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
    copy = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): read where the scope ends */
    return OK;
}

/* The library reads the metadata when it opens a file: they are walked over before that. */
static enum status check_metadata(int fd, off_t file_size, struct error *err)
{
    static const char marker[] = "\xab\xcd\xefMaxMind.com";
    size_t length = file_size < METADATA_MAX ? (size_t)file_size : METADATA_MAX;
    scoped_free uint8_t *tail = malloc(length);
    const uint8_t *found, *from = tail;

    if (!tail)
        return error_set(err, RETRY, "out of memory");
    if (pread(fd, tail, length, file_size - (off_t)length) != (ssize_t)length)
        return error_set(err, RETRY, "cannot read the copy");
    while ((found = memmem(from, length - (size_t)(from - tail), marker, sizeof(marker) - 1)))
        from = found + sizeof(marker) - 1;
    if (from == tail || !geoip_value_is_sane(from, length - (size_t)(from - tail), 0))
        return error_set(err, REJECT, "not a MaxMind DB, or damaged");
    return OK;
}

static enum status open_copy(int fd, off_t size, struct geoip_database **out, struct error *err)
{
    enum status status = check_metadata(fd, size, err);
    struct geoip_database *database;
    char name[40];
    int code;

    if (status)
        return status;
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
    enum status status = copy_file(path, &copy, identity, err);

    if (status)
        return status;
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
    struct geoip_database *database = NULL;
    struct identity identity = {0};
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
    struct geoip_database *old = *held, *newest;

    pthread_mutex_lock(&lock);
    newest = source->current;
    if (newest && newest != old)
        newest->users++;
    pthread_mutex_unlock(&lock);
    if (newest == old)
        return false;
    geoip_database_drop(old);
    *held = newest;
    return true;
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
                         struct geoip_place *out)
{
    const MMDB_s *mmdb = &database->mmdb;
    MMDB_lookup_result_s result;
    int code;

    result = MMDB_lookup_sockaddr(mmdb, address, &code);
    if (code != MMDB_SUCCESS || !result.found_entry)
        return false;
    *out = (struct geoip_place){mmdb->data_section, mmdb->data_section_size, result.entry.offset};
    return true;
}

uint64_t geoip_database_built(const struct geoip_database *database)
{
    return database->mmdb.metadata.build_epoch;
}
