/*
 * checkpoint.c - the acknowledged position of each content, on disk.
 */
#include "shipper/checkpoint.h"

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

#include "common/json.h"
#include "common/json_text.h"
#include "common/log.h"
#include "common/scope.h"

#define VERSION      1
#define FILE_MAX     (256u << 20)
#define FORGET_AFTER (30ll * 24 * 3600 * 1000) /* ms that an entry is kept unseen */
#define HEADER_FORMAT                                                                              \
    "{\"checkpoint\":\"alpex-shipper\",\"version\":%d,\"hash\":\"%016" PRIx64 "\"}\n"

struct checkpoint {
    char *folder;
    int lock_fd, folder_fd;
    bool is_new, touched;
    struct checkpoint_entry *entries;
};

static void entry_free(struct checkpoint_entry *entry)
{
    free(entry->stream);
    free(entry->path);
    free(entry);
}

struct checkpoint_entry *checkpoint_add(struct checkpoint *checkpoint, const char *stream,
                                        const char *path)
{
    struct checkpoint_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->stream = strdup(stream);
    entry->path = strdup(path);
    if (!entry->stream || !entry->path) {
        entry_free(entry);
        return NULL;
    }
    entry->next = checkpoint->entries;
    checkpoint->entries = entry;
    return entry;
}

bool checkpoint_is_new(const struct checkpoint *checkpoint)
{
    return checkpoint->is_new;
}

struct checkpoint_entry *checkpoint_entries(struct checkpoint *checkpoint)
{
    return checkpoint->entries;
}

void checkpoint_touch(struct checkpoint *checkpoint)
{
    checkpoint->touched = true;
}

static void add_text(struct buf *out, const char *key, const char *text)
{
    struct slice s = slice_of(text);
    char *room;
    uint64_t invalid = 0;

    buf_addf(out, "\"%s\":", key);
    room = buf_reserve(out, JSON_STRING_MAX(s.len));
    if (room)
        out->len += (size_t)(json_write_string(room, s, &invalid) - room);
    buf_add_char(out, ',');
}

/* 64-bit numbers are written as hex text: JSON readers keep 53 bits. */
static void add_entry(struct buf *out, const struct checkpoint_entry *entry)
{
    buf_add_char(out, '{');
    add_text(out, "stream", entry->stream);
    add_text(out, "path", entry->path);
    buf_addf(out,
             "\"device\":\"%" PRIx64 "\",\"inode\":\"%" PRIx64 "\",\"fingerprint\":\"%" PRIx64
             "\",\"generation\":%" PRIu32 ",",
             entry->device, entry->inode, entry->fingerprint, entry->generation);
    buf_addf(out,
             "\"offset\":\"%" PRIx64 "\",\"mark\":\"%" PRIx64 "\",\"mark_bytes\":%" PRIu32
             ",\"time_s\":\"%" PRIx64 "\",\"time_ns\":%" PRIu32 ",",
             entry->acked.offset, entry->acked.mark.hash, entry->acked.mark.len,
             (uint64_t)entry->acked.time.s, entry->acked.time.ns);
    buf_addf(out,
             "\"size\":\"%" PRIx64 "\",\"found_ms\":%" PRId64 ",\"last_seen_ms\":%" PRId64
             ",\"finished\":%s}\n",
             entry->size, entry->found_ms, entry->last_seen_ms, entry->finished ? "true" : "false");
}

static uint64_t hex(const cJSON *object, const char *key)
{
    return strtoull(json_text(object, key, "0"), NULL, 16);
}

static enum status load_entry(struct checkpoint *checkpoint, const char *line, size_t len)
{
    scoped_json cJSON *json = cJSON_ParseWithLength(line, len);
    const char *stream = json_text(json, "stream", NULL), *path = json_text(json, "path", NULL);
    struct checkpoint_entry *entry;

    if (!stream || !path)
        return REJECT;
    entry = checkpoint_add(checkpoint, stream, path);
    if (!entry)
        return FATAL;
    entry->device = hex(json, "device");
    entry->inode = hex(json, "inode");
    entry->fingerprint = hex(json, "fingerprint");
    entry->generation = (uint32_t)json_number(json, "generation", 0);
    entry->acked.offset = hex(json, "offset");
    entry->acked.mark.hash = hex(json, "mark");
    entry->acked.mark.len = (uint32_t)json_number(json, "mark_bytes", 0);
    if (entry->acked.mark.len > STREAM_MARK_MAX)
        return REJECT;
    entry->acked.time.s = (int64_t)hex(json, "time_s");
    entry->acked.time.ns = (uint32_t)json_number(json, "time_ns", 0);
    entry->size = hex(json, "size");
    entry->last_seen_ms = json_number(json, "last_seen_ms", 0);
    entry->found_ms = json_number(json, "found_ms", entry->last_seen_ms);
    entry->finished = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "finished"));
    return OK;
}

static void drop_entries(struct checkpoint *checkpoint)
{
    struct checkpoint_entry *entry;

    while ((entry = checkpoint->entries)) {
        checkpoint->entries = entry->next;
        entry_free(entry);
    }
}

static enum status load_lines(struct checkpoint *checkpoint, struct slice text, struct error *err)
{
    const char *p = text.data, *end = text.data + text.len, *newline;
    char header[128];

    newline = memchr(p, '\n', text.len);
    if (!newline)
        return error_set(err, REJECT, "it has no header");
    newline++;
    snprintf(header, sizeof(header), HEADER_FORMAT, VERSION,
             (uint64_t)XXH3_64bits(newline, (size_t)(end - newline)));
    if ((size_t)(newline - p) != strlen(header) || memcmp(p, header, strlen(header)) != 0)
        return error_set(err, REJECT, "its version or its hash is not right");
    for (p = newline; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            newline = end;
        if (load_entry(checkpoint, p, (size_t)(newline - p)) != OK)
            return error_set(err, REJECT, "an entry is not readable");
    }
    return OK;
}

/* DONE: there is no such file. REJECT: damaged. */
static enum status load_file(struct checkpoint *checkpoint, const char *name, struct error *err)
{
    scoped_fd int fd = openat(checkpoint->folder_fd, name, O_RDONLY | O_CLOEXEC);
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);
    enum status status;
    ssize_t n = 0;

    if (fd < 0 && errno == ENOENT)
        return DONE;
    do {
        char *room = fd < 0 ? NULL : buf_reserve(&text, 65536);

        n = room ? read(fd, room, 65536) : -1;
        if (n > 0)
            text.len += (size_t)n;
    } while (n > 0);
    if (n < 0)
        return error_set_errno(err, REJECT, "cannot read it");
    status = load_lines(checkpoint, buf_slice(&text), err);
    if (status != OK)
        drop_entries(checkpoint);
    return status;
}

static void set_aside(struct checkpoint *checkpoint, const char *name, const struct error *err)
{
    scoped_free char *aside = NULL;

    if (asprintf(&aside, "%s.damaged", name) < 0)
        return;
    renameat(checkpoint->folder_fd, name, checkpoint->folder_fd, aside);
    log_error("'%s/%s' is not usable: %s; it is kept as '%s', reading goes on from the one before "
              "or from the beginning (what was sent already is recognised)",
              checkpoint->folder, name, err->text, aside);
}

static void load(struct checkpoint *checkpoint)
{
    static const char *const names[] = {"checkpoint", "checkpoint.previous"};
    struct error err;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum status status = load_file(checkpoint, names[i], &err);

        if (status == OK)
            return;
        if (status != DONE)
            set_aside(checkpoint, names[i], &err);
    }
    checkpoint->is_new = true;
}

/* Makes the folder and its parents, as far as they are missing. */
static enum status make_folder(const char *folder, struct error *err)
{
    scoped_free char *path = strdup(folder);

    if (!path)
        return error_set(err, FATAL, "out of memory");
    for (char *p = path + 1;; p++) {
        char c = *p;

        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0750) != 0 && errno != EEXIST)
            return error_set_errno(err, FATAL, "cannot make state_dir '%s' ('%s')", folder, path);
        if (c == '\0')
            return OK;
        *p = c;
    }
}

static enum status lock_folder(struct checkpoint *checkpoint, struct error *err)
{
    checkpoint->folder_fd = open(checkpoint->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (checkpoint->folder_fd < 0)
        return error_set_errno(err, FATAL, "cannot open state_dir '%s'", checkpoint->folder);
    checkpoint->lock_fd = openat(checkpoint->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (checkpoint->lock_fd < 0)
        return error_set_errno(err, FATAL, "cannot write in state_dir '%s'", checkpoint->folder);
    if (flock(checkpoint->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, FATAL,
                         "another shipper uses state_dir '%s'; give each its own (ALPEX_STATE_DIR)",
                         checkpoint->folder);
    return OK;
}

enum status checkpoint_open(const char *folder, struct checkpoint **out, struct error *err)
{
    struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));

    if (!checkpoint)
        return error_set(err, FATAL, "out of memory");
    checkpoint->lock_fd = checkpoint->folder_fd = -1;
    checkpoint->folder = strdup(folder);
    if (!checkpoint->folder)
        error_set(err, FATAL, "out of memory");
    if (!checkpoint->folder || make_folder(folder, err) || lock_folder(checkpoint, err)) {
        checkpoint_close(checkpoint);
        return FATAL;
    }
    load(checkpoint);
    *out = checkpoint;
    return OK;
}

static void forget_old(struct checkpoint *checkpoint, int64_t wall_ms)
{
    struct checkpoint_entry **link = &checkpoint->entries, *entry;

    while ((entry = *link)) {
        if (entry->claimed || entry->last_seen_ms > wall_ms - FORGET_AFTER) {
            link = &entry->next;
            continue;
        }
        *link = entry->next;
        entry_free(entry);
    }
}

static enum status write_file(struct checkpoint *checkpoint, struct slice header, struct slice body,
                              struct error *err)
{
    scoped_fd int fd = openat(checkpoint->folder_fd, "checkpoint.new",
                              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (fd < 0 || write(fd, header.data, header.len) != (ssize_t)header.len ||
        write(fd, body.data, body.len) != (ssize_t)body.len || fsync(fd) != 0)
        return error_set_errno(err, RETRY, "cannot write '%s/checkpoint.new'", checkpoint->folder);
    return OK;
}

/* A crash between the two renames leaves the previous file, which loads as well. */
static enum status put_in_place(struct checkpoint *checkpoint, struct error *err)
{
    int fd = checkpoint->folder_fd;

    if (renameat(fd, "checkpoint", fd, "checkpoint.previous") != 0 && errno != ENOENT)
        return error_set_errno(err, RETRY, "cannot keep '%s/checkpoint'", checkpoint->folder);
    if (renameat(fd, "checkpoint.new", fd, "checkpoint") != 0 || fsync(fd) != 0)
        return error_set_errno(err, RETRY, "cannot replace '%s/checkpoint'", checkpoint->folder);
    return OK;
}

enum status checkpoint_save(struct checkpoint *checkpoint, int64_t wall_ms, struct error *err)
{
    scoped_buf struct buf body = BUF_INIT(FILE_MAX);
    char header[128];

    if (!checkpoint->touched)
        return OK;
    forget_old(checkpoint, wall_ms);
    for (struct checkpoint_entry *entry = checkpoint->entries; entry; entry = entry->next)
        if (entry->fingerprint)
            add_entry(&body, entry);
    if (body.failed)
        return error_set(err, RETRY, "out of memory for the checkpoint");
    snprintf(header, sizeof(header), HEADER_FORMAT, VERSION,
             (uint64_t)XXH3_64bits(body.len ? body.data : "", body.len));
    if (write_file(checkpoint, slice_of(header), buf_slice(&body), err) ||
        put_in_place(checkpoint, err))
        return err->status;
    checkpoint->touched = false;
    return OK;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    drop_entries(checkpoint);
    if (checkpoint->lock_fd >= 0)
        close(checkpoint->lock_fd);
    if (checkpoint->folder_fd >= 0)
        close(checkpoint->folder_fd);
    free(checkpoint->folder);
    free(checkpoint);
}
