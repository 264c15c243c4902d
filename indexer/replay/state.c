/*
 * state.c - how far a replay is, in a file.
 */
#include "indexer/replay/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/json_walk.h"
#include "common/scope.h"

#define STATE_MAX (16u << 20) /* bytes of the file */
#define VERSION   1
#define COUNT_MAX 1000000 /* partitions */

enum status replay_state_init(struct replay_state *state, const char *job, size_t count,
                              struct error *err)
{
    *state = (struct replay_state){.count = count};
    state->job = strdup(job);
    state->parts = calloc(count ? count : 1, sizeof(*state->parts));
    if (state->job && state->parts)
        return OK;
    replay_state_release(state);
    return error_set(err, FATAL, "out of memory");
}

void replay_state_release(struct replay_state *state)
{
    free(state->job);
    free(state->parts);
    *state = (struct replay_state){0};
}

uint64_t replay_state_done(const struct replay_state *state)
{
    uint64_t done = 0;

    for (size_t i = 0; i < state->count; i++)
        done += (uint64_t)(state->parts[i].next - state->parts[i].from);
    return done;
}

uint64_t replay_state_total(const struct replay_state *state)
{
    uint64_t total = 0;

    for (size_t i = 0; i < state->count; i++)
        total += (uint64_t)(state->parts[i].to - state->parts[i].from);
    return total;
}

uint64_t replay_state_absent(const struct replay_state *state)
{
    uint64_t done = replay_state_done(state);

    return done > state->counts.read ? done - state->counts.read : 0;
}

/* The numbers of the file and where they are. */
static const struct number_row {
    const char *key;
    size_t member;
} number_rows[] = {
    {"now_ms", offsetof(struct replay_state, now_ms)},
    {"out_bytes", offsetof(struct replay_state, out_bytes)},
    {"reject_bytes", offsetof(struct replay_state, reject_bytes)},
    {"read", offsetof(struct replay_state, counts.read)},
    {"filtered", offsetof(struct replay_state, counts.filtered)},
    {"stored", offsetof(struct replay_state, counts.stored)},
    {"replaced", offsetof(struct replay_state, counts.replaced)},
    {"refused", offsetof(struct replay_state, counts.refused)},
};

static void write_state(const struct replay_state *state, struct buf *out)
{
    buf_addf(out, "{\"version\":%d,\"job\":", VERSION);
    json_add_string(out, slice_of(state->job), NULL);
    buf_addf(out, ",\"complete\":%s", state->complete ? "true" : "false");
    for (size_t i = 0; i < ARRAY_LEN(number_rows); i++)
        buf_addf(out, ",\"%s\":%" PRIu64, number_rows[i].key,
                 *(const uint64_t *)((const char *)state + number_rows[i].member));
    buf_add_text(out, ",\"partitions\":[");
    for (size_t i = 0; i < state->count; i++)
        buf_addf(out, "%s[%" PRId64 ",%" PRId64 ",%" PRId64 "]", i ? "," : "", state->parts[i].from,
                 state->parts[i].next, state->parts[i].to);
    buf_add_text(out, "]}\n");
}

/* The name, too, must outlive a power cut. */
static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    scoped_fd int fd = -1;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

enum status replay_state_save(const struct replay_state *state, const char *path, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(STATE_MAX);
    char temporary[PATH_MAX];
    scoped_fd int fd = -1;

    write_state(state, &text);
    if (text.failed ||
        snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
        return error_set(err, FATAL, "the state of the replay does not fit into '%s'", path);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !file_write_all(fd, buf_slice(&text)) || fsync(fd) || rename(temporary, path) ||
        !sync_folder(path)) {
        error_set_errno(err, FATAL, "cannot write '%s'", path);
        if (fd >= 0)
            unlink(temporary);
        return FATAL;
    }
    return OK;
}

static bool read_number(struct slice object, const char *key, int64_t *out)
{
    struct json_value value;

    return json_member(object, key, &value) && value.kind == JSON_NUMBER &&
           json_integer(value.raw, out) && *out >= 0;
}

static bool read_part(struct slice array, struct replay_part_state *part)
{
    int64_t *const numbers[] = {&part->from, &part->next, &part->to};
    struct json_elements elements = json_elements(array);
    struct json_value value;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (!json_next_element(&elements, &value) || !json_integer(value.raw, numbers[i]))
            return false;
    return part->from >= 0 && part->next >= part->from && part->to >= part->next;
}

static bool read_parts(struct slice array, struct replay_state *state)
{
    struct json_elements elements = json_elements(array);
    struct json_value value;

    for (size_t i = 0; i < state->count; i++)
        if (!json_next_element(&elements, &value) || !read_part(value.raw, &state->parts[i]))
            return false;
    return true;
}

static size_t count_elements(struct slice array)
{
    struct json_elements elements = json_elements(array);
    struct json_value value;
    size_t count = 0;

    while (count <= COUNT_MAX && json_next_element(&elements, &value))
        count++;
    return count;
}

static bool read_state(struct slice text, struct replay_state *out, struct error *err)
{
    struct json_value whole, job, parts, complete;
    scoped_free char *name = NULL;
    int64_t number;

    if (!json_whole(text, &whole) || !read_number(whole.raw, "version", &number) ||
        number != VERSION || !json_member(whole.raw, "job", &job) || job.kind != JSON_STRING ||
        !json_member(whole.raw, "complete", &complete) ||
        !json_member(whole.raw, "partitions", &parts) || count_elements(parts.raw) > COUNT_MAX)
        return false;
    name = calloc(1, job.raw.len + 1);
    if (!name)
        return false;
    name[json_unescape(job.raw, name)] = '\0';
    if (replay_state_init(out, name, count_elements(parts.raw), err))
        return false;
    out->complete = complete.kind == JSON_TRUE;
    for (size_t i = 0; i < ARRAY_LEN(number_rows); i++) {
        if (!read_number(whole.raw, number_rows[i].key, &number))
            return false;
        *(uint64_t *)((char *)out + number_rows[i].member) = (uint64_t)number;
    }
    return read_parts(parts.raw, out);
}

enum status replay_state_load(const char *path, struct replay_state *out, struct error *err)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    scoped_buf struct buf text = BUF_INIT(STATE_MAX);
    struct replay_state state = {0};
    ssize_t n = 1;
    char *room;

    if (fd < 0 && errno == ENOENT)
        return error_set(err, DONE, "there is no '%s'", path);
    while (fd >= 0 && n > 0 && (room = buf_reserve(&text, 64u << 10))) {
        n = read(fd, room, 64u << 10);
        text.len += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0 || n < 0)
        return error_set_errno(err, FATAL, "cannot read '%s'", path);
    if (text.failed || !read_state(buf_slice(&text), &state, err)) {
        replay_state_release(&state);
        return error_set(err, REJECT, "'%s' is not the state of a replay, or is damaged", path);
    }
    *out = state;
    return OK;
}
