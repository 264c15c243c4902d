/*
 * checkpoint_store.c - numbered checkpoints and their journals.
 */
#include "shipper/checkpoint_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/file.h"
#include "common/log.h"
#include "common/scope.h"
#include "shipper/folder.h"

#define VERSION        2
#define FILE_MAX       (256u << 20)
#define JOURNAL_MIN    (256u << 10) /* bytes below which a journal is never too large */
#define HASH_LEN       16
#define NAME_LEN       32
#define HEADER_BEGIN   "{\"checkpoint\":\"alpex-shipper\",\"version\":"
#define HEADER_FORMAT  HEADER_BEGIN "%d,\"hash\":\"%016" PRIx64 "\"}\n"
#define JOURNAL_HEADER "{\"journal\":\"alpex-shipper\",\"version\":2}\n"

struct checkpoint_store {
    char *folder;
    int folder_fd, lock_fd;
    int journal_fd;    /* -1: none yet */
    uint64_t number;   /* of the newest checkpoint; 0 = none */
    uint64_t last;     /* the highest number that any file has */
    size_t snapshot;   /* bytes of the newest checkpoint */
    off_t journal_len; /* what counts of it */
    bool due;
};

static const char *name_of(char name[NAME_LEN], const char *kind, uint64_t number)
{
    snprintf(name, NAME_LEN, "%s.%" PRIu64, kind, number);
    return name;
}

static enum status make_folder(const char *folder, struct error *err)
{
    scoped_free char *path = strdup(folder);
    const char *failed;

    if (!path)
        return error_set(err, FATAL, "out of memory");
    failed = folder_make(path, 0750);
    return failed ? error_set_errno(err, FATAL, "cannot make state_dir '%s' ('%s')", folder, failed)
                  : OK;
}

static enum status lock_folder(struct checkpoint_store *store, struct error *err)
{
    store->folder_fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder_fd < 0)
        return error_set_errno(err, FATAL, "cannot open state_dir '%s'", store->folder);
    store->lock_fd = openat(store->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (store->lock_fd < 0)
        return error_set_errno(err, FATAL, "cannot write in state_dir '%s'", store->folder);
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, FATAL,
                         "another shipper uses state_dir '%s'; give each its own (ALPEX_STATE_DIR)",
                         store->folder);
    return OK;
}

enum status checkpoint_store_open(const char *folder, struct checkpoint_store **out,
                                  struct error *err)
{
    struct checkpoint_store *store = calloc(1, sizeof(*store));

    if (!store)
        return error_set(err, FATAL, "out of memory");
    store->lock_fd = store->folder_fd = store->journal_fd = -1;
    store->folder = strdup(folder);
    if (!store->folder)
        error_set(err, FATAL, "out of memory");
    if (!store->folder || make_folder(folder, err) || lock_folder(store, err)) {
        checkpoint_store_close(store);
        return FATAL;
    }
    *out = store;
    return OK;
}

/* DONE: there is no such file. */
static enum status read_file(struct checkpoint_store *store, const char *name, struct buf *text,
                             struct error *err)
{
    scoped_fd int fd = openat(store->folder_fd, name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return DONE;
    if (fd < 0 || !file_read_all(fd, text))
        return error_set_errno(err, REJECT, "cannot read it");
    return OK;
}

/* The version that a header states; 0: it is none. */
static long version_of(struct slice text)
{
    size_t len = sizeof(HEADER_BEGIN) - 1;

    if (text.len <= len + 10 || memcmp(text.data, HEADER_BEGIN, len) != 0)
        return 0;
    return strtol(text.data + len, NULL, 10);
}

/* The version goes into it: one that is damaged is not taken for a newer one. */
static uint64_t lines_hash(struct slice lines, int version)
{
    return XXH3_64bits_withSeed(lines.len ? lines.data : "", lines.len,
                                version == 1 ? 0 : (uint64_t)version);
}

/* The lines behind the header, when its hash says that they are right. */
static enum status check_header(struct slice text, struct slice *lines, struct error *err)
{
    const char *newline = text.len ? memchr(text.data, '\n', text.len) : NULL;
    long version = newline ? version_of(text) : 0;
    char header[128];
    size_t len;

    if (version < 1)
        return error_set(err, REJECT, "it has no header");
    len = (size_t)(newline + 1 - text.data);
    *lines = (struct slice){text.data + len, text.len - len};
    snprintf(header, sizeof(header), HEADER_FORMAT, (int)version, lines_hash(*lines, (int)version));
    if (strlen(header) != len || memcmp(text.data, header, len) != 0)
        return error_set(err, REJECT, "its hash is not right");
    if (version > VERSION)
        return error_set(err, FATAL, "it was written by a newer shipper (version %ld)", version);
    return OK;
}

static enum status give_lines(struct slice lines, checkpoint_taker *taker, void *arg,
                              struct error *err)
{
    const char *p = lines.data, *end = p + lines.len, *newline;

    taker(arg, CHECKPOINT_BEGINS, (struct slice){NULL, 0});
    for (; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            newline = end;
        if (taker(arg, CHECKPOINT_LINE, (struct slice){p, (size_t)(newline - p)}) != OK)
            return error_set(err, REJECT, "an entry is not readable");
    }
    return OK;
}

static void set_aside(struct checkpoint_store *store, const char *name, const char *why)
{
    char aside[NAME_LEN + 16];

    snprintf(aside, sizeof(aside), "%.*s.damaged", (int)strcspn(name, "."), name);
    renameat(store->folder_fd, name, store->folder_fd, aside);
    log_error("'%s/%s' is not usable: %s; it is kept as '%s', reading goes on from what is left "
              "(what was sent already is recognised)",
              store->folder, name, why, aside);
}

/* DONE: not there. REJECT: damaged, and set aside. FATAL: from the future. */
static enum status load_checkpoint(struct checkpoint_store *store, const char *name,
                                   checkpoint_taker *taker, void *arg, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);
    struct slice lines = {NULL, 0};
    enum status status = read_file(store, name, &text, err);

    if (status == OK)
        status = check_header(buf_slice(&text), &lines, err);
    if (status == OK)
        status = give_lines(lines, taker, arg, err);
    if (status == FATAL)
        return error_prefix(err, "'%s/%s'", store->folder, name);
    if (status == REJECT)
        set_aside(store, name, err->text);
    store->snapshot = text.len;
    return status;
}

static void line_hash(char hash[HASH_LEN + 1], struct slice line, uint64_t number)
{
    snprintf(hash, HASH_LEN + 1, "%016" PRIx64,
             (uint64_t)XXH3_64bits_withSeed(line.data, line.len, number));
}

/* `HASH JSON`, as it was written into this journal. */
static bool is_right_line(struct slice line, uint64_t number)
{
    char hash[HASH_LEN + 1];

    if (line.len <= HASH_LEN + 1)
        return false;
    line_hash(hash, (struct slice){line.data + HASH_LEN + 1, line.len - HASH_LEN - 1}, number);
    return memcmp(hash, line.data, HASH_LEN) == 0 && line.data[HASH_LEN] == ' ';
}

/* Each right line counts, also behind a damaged one: at worst an entry is behind. */
static bool give_journal(struct slice text, uint64_t number, checkpoint_taker *taker, void *arg)
{
    const char *p = text.data, *end = p + text.len, *newline;
    bool bad = false, damaged = false;

    for (; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            break; /* torn */
        if (!is_right_line((struct slice){p, (size_t)(newline - p)}, number)) {
            bad = true;
            continue;
        }
        damaged |= bad;
        taker(arg, JOURNAL_LINE,
              (struct slice){p + HASH_LEN + 1, (size_t)(newline - p) - HASH_LEN - 1});
    }
    return !damaged && !(bad && newline && newline + 1 < end);
}

static void load_journal(struct checkpoint_store *store, uint64_t number, checkpoint_taker *taker,
                         void *arg)
{
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);
    struct slice header = SLICE(JOURNAL_HEADER);
    char name[NAME_LEN];
    struct error err;
    bool right;

    switch (read_file(store, name_of(name, "journal", number), &text, &err)) {
    case DONE:
        return;
    case OK:
        right = text.len < header.len || memcmp(text.data, header.data, header.len) == 0;
        if (text.len > header.len)
            right &= give_journal((struct slice){text.data + header.len, text.len - header.len},
                                  number, taker, arg);
        if (!right)
            set_aside(store, name, "some of its lines are damaged");
        break;
    default:
        set_aside(store, name, err.text);
    }
    store->due = true; /* never added to: its end may be torn */
}

/* The number behind `kind.`; 0: another file. */
static uint64_t number_of(const char *name, const char *kind)
{
    size_t len = strlen(kind);
    char *end;
    uint64_t number;

    if (strncmp(name, kind, len) != 0 || name[len] != '.' || name[len + 1] < '1' ||
        name[len + 1] > '9')
        return 0;
    number = strtoull(name + len + 1, &end, 10);
    return *end ? 0 : number;
}

/* The highest number of a file of that kind below `below`; 0: none. */
static uint64_t highest(struct checkpoint_store *store, const char *kind, uint64_t below)
{
    uint64_t found = 0, number;
    struct dirent *item;
    DIR *dir = opendir(store->folder);

    while (dir && (item = readdir(dir))) {
        number = number_of(item->d_name, kind);
        if (number > found && number < below)
            found = number;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* What version 1 left: two files without a journal. */
static enum status load_old(struct checkpoint_store *store, checkpoint_taker *taker, void *arg,
                            struct error *err)
{
    static const char *const names[] = {"checkpoint", "checkpoint.previous"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum status status = load_checkpoint(store, names[i], taker, arg, err);

        if (status == OK || status == FATAL)
            return status;
    }
    return DONE;
}

enum status checkpoint_store_load(struct checkpoint_store *store, checkpoint_taker *taker,
                                  void *arg, struct error *err)
{
    uint64_t number = UINT64_MAX, newest_journal = highest(store, "journal", UINT64_MAX);
    enum status status = REJECT;
    char name[NAME_LEN];

    store->last = highest(store, "checkpoint", UINT64_MAX);
    if (store->last < newest_journal)
        store->last = newest_journal;
    while (status == REJECT && (number = highest(store, "checkpoint", number)))
        status = load_checkpoint(store, name_of(name, "checkpoint", number), taker, arg, err);
    store->due = true;
    if (status == FATAL)
        return status;
    if (status != OK) {
        taker(arg, CHECKPOINT_BEGINS, (struct slice){NULL, 0});
        return load_old(store, taker, arg, err);
    }
    store->due = number != store->last;
    store->number = number;
    for (; number <= newest_journal; number++)
        load_journal(store, number, taker, arg);
    return OK;
}

static void remove_older(struct checkpoint_store *store, const char *kind, uint64_t below)
{
    char name[NAME_LEN];
    uint64_t number;

    while ((number = highest(store, kind, below)))
        if (unlinkat(store->folder_fd, name_of(name, kind, number), 0) != 0)
            return;
}

static enum status write_new(struct checkpoint_store *store, struct slice lines, struct error *err)
{
    scoped_fd int fd =
        openat(store->folder_fd, "checkpoint.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    char header[128];

    snprintf(header, sizeof(header), HEADER_FORMAT, VERSION, lines_hash(lines, VERSION));
    if (fd >= 0 && file_write_all(fd, slice_of(header)) && file_write_all(fd, lines) &&
        fsync(fd) == 0)
        return OK;
    error_set_errno(err, RETRY, "cannot write '%s/checkpoint.new'", store->folder);
    unlinkat(store->folder_fd, "checkpoint.new", 0); /* the room may be what the journal needs */
    return RETRY;
}

enum status checkpoint_store_replace(struct checkpoint_store *store, struct slice lines,
                                     struct error *err)
{
    uint64_t number = (store->last > store->number ? store->last : store->number) + 1;
    char name[NAME_LEN];

    if (write_new(store, lines, err))
        return err->status;
    if (renameat(store->folder_fd, "checkpoint.new", store->folder_fd,
                 name_of(name, "checkpoint", number)) != 0 ||
        fsync(store->folder_fd) != 0)
        return error_set_errno(err, RETRY, "cannot make '%s/%s'", store->folder, name);
    if (store->journal_fd >= 0)
        close(store->journal_fd);
    store->journal_fd = -1;
    remove_older(store, "checkpoint", store->number);
    remove_older(store, "journal", store->number);
    unlinkat(store->folder_fd, "checkpoint", 0);
    unlinkat(store->folder_fd, "checkpoint.previous", 0);
    store->last = store->number = number;
    store->snapshot = lines.len;
    store->journal_len = 0;
    store->due = false;
    return OK;
}

static enum status open_journal(struct checkpoint_store *store, struct error *err)
{
    struct slice header = SLICE(JOURNAL_HEADER);
    char name[NAME_LEN];

    store->journal_fd = openat(store->folder_fd, name_of(name, "journal", store->number),
                               O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    if (store->journal_fd >= 0 && file_write_all(store->journal_fd, header) &&
        fsync(store->folder_fd) == 0) {
        store->journal_len = (off_t)header.len;
        return OK;
    }
    error_set_errno(err, RETRY, "cannot make '%s/%s'", store->folder, name);
    if (store->journal_fd >= 0)
        close(store->journal_fd);
    store->journal_fd = -1;
    return RETRY;
}

/* Puts a hash in front of each line. */
static void seal(struct slice lines, uint64_t number, struct buf *out)
{
    const char *p = lines.data, *end = p + lines.len, *newline;
    char hash[HASH_LEN + 1];

    for (; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        line_hash(hash, (struct slice){p, (size_t)(newline - p)}, number);
        buf_add(out, hash, HASH_LEN);
        buf_add_char(out, ' ');
        buf_add(out, p, (size_t)(newline - p) + 1);
    }
}

enum status checkpoint_store_append(struct checkpoint_store *store, struct slice lines,
                                    struct error *err)
{
    scoped_buf struct buf sealed = BUF_INIT(FILE_MAX);

    if (store->journal_fd < 0 && open_journal(store, err))
        return err->status;
    seal(lines, store->number, &sealed);
    if (sealed.failed)
        return error_set(err, RETRY, "out of memory for the checkpoint");
    if (!file_write_all(store->journal_fd, buf_slice(&sealed)) ||
        fdatasync(store->journal_fd) != 0) {
        error_set_errno(err, RETRY, "cannot add to the journal of '%s'", store->folder);
        /* Half a line would hide the next one. */
        store->due = ftruncate(store->journal_fd, store->journal_len) != 0;
        return RETRY;
    }
    store->journal_len += (off_t)sealed.len;
    store->due =
        store->journal_len > JOURNAL_MIN && (size_t)store->journal_len > 2 * store->snapshot;
    return OK;
}

bool checkpoint_store_is_due(const struct checkpoint_store *store)
{
    return store->due || store->number == 0;
}

void checkpoint_store_close(struct checkpoint_store *store)
{
    if (!store)
        return;
    if (store->journal_fd >= 0)
        close(store->journal_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    if (store->folder_fd >= 0)
        close(store->folder_fd);
    free(store->folder);
    free(store);
}
