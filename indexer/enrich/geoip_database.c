/*
 * geoip_database.c - a MaxMind DB file, loaded once for all workers (libmaxminddb).
 */
#include "indexer/enrich/geoip_database.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/scope.h"
#include "indexer/enrich/geoip_tree.h"
#include "indexer/enrich/geoip_value.h"

#define FILE_MAX     (1l << 30)   /* bytes of memory; the largest known files are a third of that */
#define METADATA_MAX (128 * 1024) /* bytes at the end of the file, by the format */

struct geoip_database {
    struct shared_data base;
    MMDB_s mmdb;
    struct geoip_tree tree;
};

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Both are of the same open file. */
static bool is_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
           same_time(a->st_ctim, b->st_ctim);
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
static enum status copy_file(const char *path, int *out, off_t *size, struct error *err)
{
    scoped_fd int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    scoped_fd int copy = -1;
    struct stat st, after;

    if (file < 0 || fstat(file, &st))
        return error_set(err, RETRY, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > FILE_MAX)
        return error_set(err, REJECT, "not a file, empty, or larger than %ld MiB", FILE_MAX >> 20);
    copy = memfd_create("geoip", MFD_CLOEXEC);
    if (copy < 0)
        return error_set_errno(err, RETRY, "cannot make a file in memory");
    if (copy_bytes(file, copy, st.st_size, err))
        return err->status;
    if (fstat(file, &after))
        return error_set(err, RETRY, "%s", strerror(errno));
    if (!is_unchanged(&st, &after))
        return error_set(err, RETRY, "it was changed while it was read");
    *size = st.st_size;
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

/* The library has checked that the metadata fit the file's size, but in 32 bits. */
static bool open_tree(struct geoip_database *database)
{
    const MMDB_s *mmdb = &database->mmdb;

    database->tree = (struct geoip_tree){.nodes = mmdb->file_content,
                                         .node_count = mmdb->metadata.node_count,
                                         .node_size = mmdb->full_record_byte_size,
                                         .bits = mmdb->metadata.ip_version == 6 ? 128 : 32,
                                         .data_size = mmdb->data_section_size};
    return geoip_tree_open(&database->tree, (size_t)(mmdb->data_section - mmdb->file_content));
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
    if (!open_tree(database)) {
        MMDB_close(&database->mmdb);
        free(database);
        return error_set(err, REJECT, "its search tree is damaged, or there is no memory");
    }
    *out = database;
    return OK;
}

static enum status database_load(const void *config, const char *const *paths,
                                 struct shared_data **out, struct error *err)
{
    scoped_fd int copy = -1;
    struct geoip_database *database = NULL;
    off_t size = 0;
    enum status status = copy_file(paths[0], &copy, &size, err);

    (void)config;
    if (status == OK)
        status = open_copy(copy, size, &database, err); /* the map outlives the descriptor */
    if (status == OK)
        *out = &database->base;
    return status;
}

static void database_free(struct shared_data *data)
{
    struct geoip_database *database = (struct geoip_database *)data;

    geoip_tree_close(&database->tree);
    MMDB_close(&database->mmdb);
    free(database);
}

static void say_failed(const struct error *err, const char *const *paths, bool has_old)
{
    log_warn("cannot load GeoIP database '%s': %s; %s", paths[0], err->text,
             has_old ? "the one loaded before stays in use"
                     : "records stay without its fields until it can be loaded");
}

static void say_loaded(const struct shared_data *data, const char *const *paths, bool at_start)
{
    const MMDB_metadata_s *metadata = &((const struct geoip_database *)data)->mmdb.metadata;
    time_t built = (time_t)metadata->build_epoch;
    char day[32] = "?";
    struct tm tm;

    (void)at_start;
    if (gmtime_r(&built, &tm))
        strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    log_write(LEVEL_INFO,
              LOG_FIELDS({"database.type", metadata->database_type, 0}, {"database.built", day, 0}),
              "GeoIP database '%s' loaded", paths[0]);
}

static const struct shared_type database_type = {
    .may_come_later = true,
    .load = database_load,
    .free = database_free,
    .say_loaded = say_loaded,
    .say_failed = say_failed,
};

enum status geoip_database_source(const char *path, struct shared_source **out, struct error *err)
{
    return shared_source_open(&database_type, NULL, &path, 1, out, err);
}

bool geoip_database_find(const struct geoip_database *database, const struct sockaddr *address,
                         struct geoip_place *out)
{
    bool is_ipv4 = address->sa_family == AF_INET;
    const void *bytes = is_ipv4 ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    size_t at;

    if (!geoip_tree_find(&database->tree, bytes, is_ipv4, &at))
        return false;
    *out = (struct geoip_place){database->mmdb.data_section, database->mmdb.data_section_size, at};
    return true;
}

uint64_t geoip_database_built(const struct geoip_database *database)
{
    return database->mmdb.metadata.build_epoch;
}
