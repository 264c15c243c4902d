/*
 * tail_bench.h - a tail input on a folder of its own, with a clock of its own.
 *
 * What is read goes through lines_each, as in the pipeline; acknowledgements
 * come when the test says so. The clocks are defined here, instead of
 * common/clock.c's.
 */
#ifndef TESTS_UNIT_SHIPPER_INPUT_TAIL_BENCH_H
#define TESTS_UNIT_SHIPPER_INPUT_TAIL_BENCH_H

#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/framer.h"
#include "shipper/join/join.h"
#include "shipper/input/input.h"
#include "shipper/lines.h"
#include "shipper/stream.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/folder.h"

#define STREAMS_MAX 64
#define STEPS_MAX   2000

struct got { /* one line that was handed out */
    char *text;
    char id[RECORD_ID_LEN + 1];
    uint64_t offset;
    uint32_t generation;
    char path[FOLDER_PATH_MAX]; /* as it is shown */
};

static struct {
    char root[64], logs[80], state[80];
    struct shipper_config config;
    struct input_config input_config;
    char *patterns[4], *exclude[4], pattern_text[4][FOLDER_PATH_MAX + 32];
    struct input_context context;
    struct checkpoint *checkpoint;
    struct input *input;
    struct lines lines;
    struct arena arena;
    struct record record;
    int64_t mono_ms, wall_shift_ms;
    struct got *got;
    size_t got_count, seen; /* seen: what expect_lines has compared */
    size_t parsed;          /* lines that their format fits */
    bool hold;              /* acknowledgements are kept back */
    struct stream *waiting[STREAMS_MAX];
    size_t waiting_count;
    size_t room; /* lines that are taken before it blocks; SIZE_MAX = all */
} bench;

/* The disk is not what is tested, and it is slow. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int64_t clock_mono_ms(void)
{
    return bench.mono_ms;
}

int64_t clock_mono_ns(void)
{
    return bench.mono_ms * 1000000;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + bench.wall_shift_ms;
}

/* A path in the folder of logs; valid until the fourth next call. */
static inline const char *at(const char *name)
{
    static char paths[4][FOLDER_PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, FOLDER_PATH_MAX, "%s/%s", bench.logs, name);
    return path;
}

static inline void write_to(const char *name, const char *text, int flags)
{
    file_write(at(name), slice_of(text), flags);
}

static inline void append(const char *name, const char *text)
{
    write_to(name, text, O_APPEND);
}

static inline void rename_to(const char *from, const char *to)
{
    assert_int_equal(rename(at(from), at(to)), 0);
}

static inline void copy_to(const char *from, const char *to)
{
    struct slice text = file_read(at(from));

    file_write(at(to), text, O_TRUNC);

    free((char *)text.data);
}

/* Patterns are relative to the folder of logs. */
static inline void set_pattern(uint32_t i, const char *pattern)
{
    snprintf(bench.pattern_text[i], sizeof(bench.pattern_text[i]), "%s/%s", bench.logs, pattern);
    bench.patterns[i] = bench.pattern_text[i];
    bench.input_config.path_count = i + 1;
}

static inline int bench_setup(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof(bench));
    log_set_level(LEVEL_ERROR);
    folder_make(bench.root);
    snprintf(bench.logs, sizeof(bench.logs), "%s/logs", bench.root);
    snprintf(bench.state, sizeof(bench.state), "%s/state", bench.root);
    mkdir(bench.logs, 0700);
    bench.input_config = (struct input_config){.type = (char *)"file",
                                               .paths = bench.patterns,
                                               .exclude = bench.exclude,
                                               .format = (char *)"apache-common"};
    bench.config = (struct shipper_config){.agent = {.id = (char *)"agent"},
                                           .host_name = (char *)"host",
                                           .inputs = &bench.input_config,
                                           .input_count = 1,
                                           .line_max_bytes = 1 << 20};
    bench.context.config = &bench.config;
    bench.mono_ms = 5000000;
    bench.room = SIZE_MAX;
    set_pattern(0, "access.log");
    arena_init(&bench.arena, 16384, 64u << 20);
    record_init(&bench.record, &bench.arena);
    return 0;
}

static inline void start(void)
{
    struct error err;

    assert_int_equal(checkpoint_open(bench.state, &bench.checkpoint, &err), OK);
    bench.context.checkpoint = bench.checkpoint;
    assert_int_equal(lines_open(&bench.lines, &bench.config, &bench.input_config, &err), OK);
    assert_int_equal(input_tail.open(&bench.context, &bench.input_config, &bench.input, &err), OK);
}

static inline void crash(void)
{
    input_tail.close(bench.input);
    lines_close(&bench.lines);
    checkpoint_close(bench.checkpoint);
    bench.input = NULL;
    bench.checkpoint = NULL;
    bench.waiting_count = 0;
}

static inline void stop(void)
{
    struct error err;

    assert_int_equal(checkpoint_save(bench.checkpoint, clock_wall_ms(), &err), OK);
    crash();
}

/* The checkpoint is gone, what else is in the folder is not. */
static inline void lose_checkpoint(void)
{
    for (int i = 1; i < 2000; i++) {
        char path[FOLDER_PATH_MAX];

        snprintf(path, sizeof(path), "%s/checkpoint.%d", bench.state, i);
        unlink(path);
        snprintf(path, sizeof(path), "%s/journal.%d", bench.state, i);
        unlink(path);
    }
}

static inline void forget_lines(void)
{
    while (bench.got_count)
        free(bench.got[--bench.got_count].text);
    bench.seen = 0;
}

static inline int bench_teardown(void **state)
{
    (void)state;
    if (bench.input)
        crash();
    forget_lines();
    free(bench.got);
    arena_release(&bench.arena);
    folder_remove(bench.root);
    return 0;
}

static inline bool take_line(void *arg, struct stream *stream, const struct event *event,
                             enum line_verdict verdict, struct record *record,
                             const struct position *after)
{
    struct got *got;

    (void)arg;
    bench.parsed += verdict == LINE_PARSED;
    (void)record;
    assert_true(after->offset == 0 || after->mark.len > 0);
    if (bench.room == 0)
        return false;
    bench.room -= bench.room != SIZE_MAX;
    bench.got = realloc(bench.got, (bench.got_count + 1) * sizeof(*bench.got));
    assert_non_null(bench.got);
    got = &bench.got[bench.got_count++];
    got->text = strndup(event->text.data ? event->text.data : "", event->text.len);
    memcpy(got->id, bench.lines.id, RECORD_ID_LEN);
    got->id[RECORD_ID_LEN] = '\0';
    got->offset = event->offset;
    got->generation = stream->generation;
    snprintf(got->path, sizeof(got->path), "%s", stream->path);
    return true;
}

static inline void acknowledge(struct stream *stream)
{
    stream->acked = stream->read;
    stream->first = NULL;
    input_tail.acked(bench.input, stream);
}

static inline void acknowledge_all(void)
{
    while (bench.waiting_count)
        acknowledge(bench.waiting[--bench.waiting_count]);
}

static inline void remember_waiting(struct stream *stream)
{
    for (size_t i = 0; i < bench.waiting_count; i++)
        if (bench.waiting[i] == stream)
            return;
    assert_true(bench.waiting_count < STREAMS_MAX);
    bench.waiting[bench.waiting_count++] = stream;
    stream->first = (struct run *)&bench; /* only compared with NULL */
}

/* One piece, if there is one. */
static inline bool step(void)
{
    struct input_piece piece = {0};
    int64_t wake_ms = INT64_MAX;
    bool taken;

    if (input_tail.read(bench.input, bench.mono_ms, &piece, &wake_ms) != OK)
        return wake_ms <= bench.mono_ms;
    taken = lines_each(&bench.lines, &piece, &bench.record, take_line, NULL);
    if (piece.stream->read.offset != piece.stream->acked.offset) {
        if (bench.hold || piece.stream->first)
            remember_waiting(piece.stream);
        else
            acknowledge(piece.stream);
    }
    input_tail.done(bench.input, &piece, !taken);
    return taken;
}

/* Reads until nothing is left to be read now, or the taker blocks. */
static inline void pump(void)
{
    for (int steps = 0; step(); steps++)
        if (steps == STEPS_MAX)
            fail_msg("the input never comes to rest");
}

/* The monotonic clock only: the times of files cannot be moved. */
static inline void advance(int64_t ms)
{
    bench.mono_ms += ms;
}

/* Comes to rest, also over the pauses for rotated and unfinished files. */
static inline void pump_until_quiet(void)
{
    for (int i = 0; i < 4; i++) {
        pump();
        acknowledge_all();
        advance(11000);
    }
    pump();
    acknowledge_all();
}

/* The lines since the last call, in order, joined by '|'. */
static inline void expect_lines(const char *expected)
{
    scoped_buf struct buf text = BUF_INIT(1 << 20);

    for (; bench.seen < bench.got_count; bench.seen++)
        buf_addf(&text, "%s%s", text.len ? "|" : "", bench.got[bench.seen].text);
    assert_string_equal(buf_str(&text), expected);
}

static inline void read_on(const char *expected)
{
    pump();
    expect_lines(expected);
}

static inline void start_and_read(const char *expected)
{
    start();
    pump();
    expect_lines(expected);
}

static inline const struct got *got_line(const char *text)
{
    for (size_t i = 0; i < bench.got_count; i++)
        if (strcmp(bench.got[i].text, text) == 0)
            return &bench.got[i];
    fail_msg("'%s' was never handed out", text);
    return NULL;
}

#endif
