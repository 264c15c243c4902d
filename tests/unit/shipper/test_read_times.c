/*
 * test_read_times.c - the same line gets the same reading time whenever it is read again.
 */
#include "shipper/read_times.h"

#include <signal.h>
#include <sys/resource.h>

#include "shipper/stream.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/rng.h"

struct bench {
    char folder[64];
    struct read_times *times;
    struct stream stream;
};

static void open_times(struct bench *bench)
{
    struct error err;

    read_times_close(bench->times);
    bench->times = NULL;
    assert_int_equal(read_times_open(bench->folder, &bench->times, &err), OK);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    folder_make(bench->folder);
    bench->stream.source.seed = 77;
    open_times(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    read_times_close(bench->times);
    folder_remove(bench->folder);
    free(bench);
    return 0;
}

/* Reads `bytes` from `offset` on at `now_s`; the time that the first of them got. */
static int64_t settle(struct bench *bench, uint64_t offset, const char *bytes, int64_t now_s,
                      size_t *taken)
{
    struct error err;
    bool event_end;
    size_t len;

    bench->stream.read.offset = offset;
    len = read_times_settle(bench->times, &bench->stream, slice_of(bytes), now_s, &event_end);
    assert_int_equal(read_times_keep(bench->times, &err), OK);
    assert_true(len > 0 && len <= strlen(bytes));
    if (taken)
        *taken = len;
    return bench->stream.read.time.s;
}

static void lines_read_soon_after_each_other_share_a_time(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(settle(bench, 0, "a\nb\n", 1000, NULL), 1000);
    assert_int_equal(settle(bench, 4, "c\n", 1005, NULL), 1000);
    assert_int_equal(settle(bench, 6, "d\n", 1012, NULL), 1012);
    assert_int_equal(settle(bench, 8, "e\n", 1013, NULL), 1012);
}

static void what_is_read_again_has_the_same_times(void **state)
{
    struct bench *bench = *state;
    size_t taken;

    settle(bench, 0, "a\nb\n", 1000, NULL);
    settle(bench, 4, "c\n", 1005, NULL);
    settle(bench, 6, "d\n", 1012, NULL);
    for (int again = 0; again < 2; again++) { /* also after a restart */
        assert_int_equal(settle(bench, 0, "a\nb\nc\nd\nnew\n", 5000, &taken), 1000);
        assert_int_equal(taken, 6);
        assert_int_equal(settle(bench, 2, "b\nc\nd\nnew\n", 5000, &taken), 1000);
        assert_int_equal(taken, 4);
        assert_int_equal(settle(bench, 6, "d\nnew\n", 5000, &taken), 1012);
        assert_int_equal(taken, 2);
        open_times(bench);
    }
    assert_int_equal(settle(bench, 8, "new\n", 5000, &taken), 5000);
    assert_int_equal(taken, 4);
}

/* What came within the step and was handed on is known, what came later is not part of it. */
static void the_last_mark_knows_how_far_it_went(void **state)
{
    struct bench *bench = *state;
    size_t taken;

    settle(bench, 0, "a\n", 1000, NULL);
    settle(bench, 2, "b\nhal", 1003, NULL);
    open_times(bench);
    assert_int_equal(settle(bench, 0, "a\nb\nhalf\n", 9000, &taken), 1000);
    assert_int_equal(taken, 4);
    assert_int_equal(settle(bench, 4, "half\n", 9000, &taken), 9000);
}

static void contents_are_apart(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(settle(bench, 0, "a\n", 1000, NULL), 1000);
    bench->stream.source.seed = 78;
    assert_int_equal(settle(bench, 0, "a\n", 2000, NULL), 2000);
    bench->stream.source.seed = 77;
    assert_int_equal(settle(bench, 0, "a\n", 3000, NULL), 1000);
}

static void damaged_records_cost_only_themselves(void **state)
{
    struct bench *bench = *state;
    char path[FOLDER_PATH_MAX];
    struct slice text;

    for (int i = 0; i < 5; i++)
        settle(bench, (uint64_t)i * 2, "x\n", 1000 + i * 100, NULL);
    read_times_close(bench->times);
    bench->times = NULL;
    snprintf(path, sizeof(path), "%s/read_times.1", bench->folder);
    text = file_read(path);
    ((char *)text.data)[2 * 32 + 9] ^= 4;
    file_write(path, (struct slice){text.data, text.len - 7}, O_TRUNC);
    open_times(bench);
    assert_int_equal(settle(bench, 0, "x\nx\nx\nx\nx\n", 9000, NULL), 1000);
    assert_int_equal(settle(bench, 2, "x\nx\nx\nx\n", 9000, NULL), 1100);
    assert_int_equal(settle(bench, 6, "x\nx\n", 9000, NULL), 1300);
    assert_int_equal(settle(bench, 8, "x\n", 9000, NULL), 9000);
    open_times(bench); /* what was written over the torn one is right */
    assert_int_equal(settle(bench, 8, "x\n", 9500, NULL), 9000);
    free((char *)text.data);
}

static void full_disk_is_told_and_the_time_is_set(void **state)
{
    struct bench *bench = *state;
    struct rlimit limit, none;
    struct error err;
    bool event_end;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = (struct rlimit){0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(
        read_times_settle(bench->times, &bench->stream, SLICE("a\n"), 1000, &event_end), 2);
    assert_int_equal(read_times_keep(bench->times, &err), RETRY);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(bench->stream.read.time.s, 1000);
}

/* Two files of four MiB at most, however long it runs; the newest marks are there. */
static void files_do_not_grow_without_end(void **state)
{
    struct bench *bench = *state;
    char path[FOLDER_PATH_MAX];
    struct stat st;

    for (int i = 0; i < 300000; i++)
        settle(bench, (uint64_t)i * 2, "x\n", 1000 + i * 10, NULL);
    for (int i = 1; i <= 3; i++) {
        snprintf(path, sizeof(path), "%s/read_times.%d", bench->folder, i);
        assert_int_equal(stat(path, &st), i == 1 ? -1 : 0);
        assert_true(i == 1 || st.st_size <= (4 << 20) + 32);
    }
    open_times(bench);
    assert_int_equal(settle(bench, 299999 * 2, "x\n", 1, NULL), 1000 + 299999 * 10);
}

#define LINES 400

/* Reads on in random pieces, is restarted, forgets its place: each line keeps its first time. */
static void random_readings_agree(void **state)
{
    struct bench *bench = *state;
    struct rng rng = rng_start();
    int64_t first[LINES] = {0}, now_s = 1000;
    uint32_t line = 0, written = 1;
    char text[LINES * 2 + 1];

    for (int i = 0; i < LINES; i++)
        memcpy(text + (size_t)i * 2, "x\n", 3);
    for (int step = 0; step < 6000; step++) {
        char piece[LINES * 2 + 1];
        size_t taken;
        int64_t time;

        now_s += rng_below(&rng, 6);
        if (written < LINES && rng_one_in(&rng, 3))
            written += 1 + rng_below(&rng, 2) * (written + 2 < LINES);
        if (rng_one_in(&rng, 50))
            open_times(bench);
        if (rng_one_in(&rng, 40))
            line = rng_below(&rng, line + 1);
        if (line >= written)
            continue;
        memcpy(piece, text, (size_t)(written - line) * 2);
        piece[(size_t)(written - line) * 2] = '\0';
        time = settle(bench, (uint64_t)line * 2, piece, now_s, &taken);
        assert_int_equal(taken % 2, 0);
        for (size_t i = 0; i < taken / 2; i++, line++) {
            if (first[line] == 0)
                first[line] = time;
            assert_int_equal(first[line], time);
        }
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_read_soon_after_each_other_share_a_time),
        CASE(what_is_read_again_has_the_same_times),
        CASE(the_last_mark_knows_how_far_it_went),
        CASE(contents_are_apart),
        CASE(damaged_records_cost_only_themselves),
        CASE(full_disk_is_told_and_the_time_is_set),
        CASE(files_do_not_grow_without_end),
        CASE(random_readings_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
