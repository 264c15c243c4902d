/*
 * test_whole.c - whole files, each read once, in order.
 */
#include "shipper/input/input.h"

#include "common/log.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/config.h"
#include "shipper/framer.h"
#include "shipper/join/join.h"
#include "shipper/lines.h"
#include "shipper/stream.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/gzip.h"
#include "tests/unit/support/rng.h"

#define FILES_MAX 8

static struct {
    char folder[64], *path_list[FILES_MAX];
    struct shipper_config config;
    struct input_config input_config;
    struct input_context context;
    struct lines lines;
    struct arena arena;
    struct record record;
    struct buf got;  /* lines, joined by '|' */
    struct buf ids;  /* of them, joined */
    struct rng *rng; /* blocks at random when it is there */
} bench;

static int setup(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof(bench));
    log_set_level(LEVEL_ERROR + 1);
    folder_make(bench.folder);
    bench.got = bench.ids = (struct buf)BUF_INIT(256u << 20);
    bench.input_config = (struct input_config){
        .type = (char *)"whole", .paths = bench.path_list, .format = (char *)"apache-common"};
    bench.config = (struct shipper_config){
        .agent = {.id = (char *)"agent"}, .host_name = (char *)"host", .line_max_bytes = 1 << 20};
    bench.context.config = &bench.config;
    arena_init(&bench.arena, 16384, 64u << 20);
    record_init(&bench.record, &bench.arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < bench.input_config.path_count; i++)
        free(bench.path_list[i]);
    buf_release(&bench.got);
    buf_release(&bench.ids);
    arena_release(&bench.arena);
    folder_remove(bench.folder);
    return 0;
}

/* The next file to be read. All are equally old: a line without time takes the file's. */
static const char *add_file(struct slice text)
{
    struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    uint32_t i = bench.input_config.path_count++;

    assert_true(asprintf(&bench.path_list[i], "%s/%u.log", bench.folder, i) > 0);
    file_write(bench.path_list[i], text, O_TRUNC);
    utimensat(AT_FDCWD, bench.path_list[i], old, 0);
    return bench.path_list[i];
}

static bool take_line(void *arg, struct stream *stream, const struct event *event,
                      enum line_verdict verdict, struct record *record,
                      const struct position *after)
{
    (void)arg;
    (void)stream;
    (void)verdict;
    (void)record;
    (void)after;
    if (bench.rng && rng_one_in(bench.rng, 3))
        return false;
    buf_addf(&bench.got, "%s%.*s", bench.got.len ? "|" : "", SLICE_FMT(event->text));
    buf_add(&bench.ids, bench.lines.id, RECORD_ID_LEN);
    return true;
}

static void read_all(void)
{
    struct input *input;
    struct input_piece piece = {0};
    struct error err;
    int64_t wake_ms;

    assert_int_equal(lines_open(&bench.lines, &bench.config, &bench.input_config, &err), OK);
    assert_int_equal(input_whole.open(&bench.context, &bench.input_config, &input, &err), OK);
    while (input_whole.read(input, 0, &piece, &wake_ms) == OK) {
        bool taken = lines_each(&bench.lines, &piece, &bench.record, take_line, NULL);

        input_whole.done(input, &piece, !taken);
    }
    input_whole.close(input);
    lines_close(&bench.lines);
}

static void expect_lines(const char *expected)
{
    read_all();
    assert_string_equal(buf_str(&bench.got), expected);
}

static double failed_files(void)
{
    return metric_value(metrics_counter("shipper_files_failed_total", NULL, ""));
}

static void files_are_read_in_order(void **state)
{
    (void)state;
    add_file(SLICE("a\nb\n"));
    add_file(SLICE(""));
    add_file(SLICE("c"));
    add_file(SLICE("d\r\ne\n"));
    expect_lines("a|b|c|d|e");
}

static void nothing_to_read_is_done(void **state)
{
    (void)state;
    expect_lines("");
}

static void missing_file_does_not_keep_the_others(void **state)
{
    double before = failed_files();

    (void)state;
    add_file(SLICE("a\n"));
    unlink(add_file(SLICE("x\n")));
    add_file(SLICE("b\n"));
    bench.path_list[bench.input_config.path_count++] = strdup(bench.folder);
    expect_lines("a|b");
    assert_int_equal(failed_files() - before, 2);
}

static void archive_gives_the_same_ids_as_the_plain_file(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 20);
    char ids[3 * RECORD_ID_LEN];

    (void)state;
    add_file(SLICE("one\ntwo\nthree"));
    read_all();
    memcpy(ids, bench.ids.data, sizeof(ids));
    /* Members of a byte each: the first line comes in crumbs. */
    for (const char *p = "one\ntwo\nthree"; *p; p++)
        gzip_add(&packed, (struct slice){p, 1});
    file_write(bench.path_list[0], buf_slice(&packed), O_TRUNC);
    utimensat(AT_FDCWD, bench.path_list[0], (struct timespec[]){{1000000000, 0}, {1000000000, 0}},
              0);
    buf_clear(&bench.got);
    buf_clear(&bench.ids);
    expect_lines("one|two|three");
    assert_memory_equal(bench.ids.data, ids, sizeof(ids));
}

static void damaged_archive_gives_what_can_be_read(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 20);
    double before = failed_files();
    struct rng rng = rng_start();

    (void)state;
    gzip_add(&packed, SLICE("a\nb\nc\nd\ne\n"));
    packed.len -= 4;
    add_file(buf_slice(&packed));
    add_file(SLICE("next\n"));
    bench.rng = &rng; /* what is not taken is read again: that is no second failure */
    expect_lines("a|b|c|d|e|next");
    assert_int_equal(failed_files() - before, 1);
}

static void line_longer_than_the_buffer_is_read(void **state)
{
    scoped_buf struct buf text = BUF_INIT(4u << 20);

    (void)state;
    for (int i = 0; i < 900000; i++)
        buf_add_char(&text, (char)('a' + i % 26));
    add_file(buf_slice(&text));
    read_all();
    assert_int_equal(bench.got.len, 900000);
    assert_memory_equal(bench.got.data, text.data, 900000);
}

static void pipeline_that_blocks_gets_each_line_once(void **state)
{
    struct rng rng = rng_start();
    scoped_buf struct buf text = BUF_INIT(64u << 20), expected = BUF_INIT(64u << 20);

    (void)state;
    for (int i = 0; i < 3000; i++) {
        unsigned len = rng_one_in(&rng, 50) ? rng_below(&rng, 20000) : rng_below(&rng, 100);

        buf_addf(&expected, "%s%d-%0*d", i ? "|" : "", i, (int)len + 1, 7);
        buf_addf(&text, "%d-%0*d\n", i, (int)len + 1, 7);
    }
    add_file(buf_slice(&text));
    bench.rng = &rng;
    read_all();
    assert_true(slice_equal(buf_slice(&bench.got), buf_slice(&expected)));
}

static void progress_is_of_the_files_bytes(void **state)
{
    struct input *input;
    struct input_progress progress;
    struct input_piece piece = {0};
    struct error err;
    int64_t wake_ms;

    (void)state;
    add_file(SLICE("a\nb\n"));
    add_file(SLICE("c\n"));
    assert_int_equal(input_whole.open(&bench.context, &bench.input_config, &input, &err), OK);
    input_whole.progress(input, &progress);
    assert_int_equal(progress.bytes_total, 6);
    assert_int_equal(progress.bytes_read, 0);
    assert_int_equal(input_whole.read(input, 0, &piece, &wake_ms), OK);
    input_whole.progress(input, &progress);
    assert_int_equal(progress.bytes_read, 4);
    input_whole.close(input);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_read_in_order),
        TEST(nothing_to_read_is_done),
        TEST(missing_file_does_not_keep_the_others),
        TEST(archive_gives_the_same_ids_as_the_plain_file),
        TEST(damaged_archive_gives_what_can_be_read),
        TEST(line_longer_than_the_buffer_is_read),
        TEST(pipeline_that_blocks_gets_each_line_once),
        TEST(progress_is_of_the_files_bytes),
    };

    return cmocka_run_group_tests_name("whole", tests, NULL, NULL);
}
