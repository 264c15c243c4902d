/*
 * test_leaving.c - files that are closed, opened again, and left; archives; who a file is.
 */
#include "shipper/input/input.h"

#include <sys/inotify.h>

#include "common/metrics.h"
#include "tests/unit/shipper/input/tail_bench.h"
#include "tests/unit/support/gzip.h"
#include "tests/unit/support/zstd_frame.h"

static unsigned descriptors(void)
{
    return (unsigned)metric_value(metrics_gauge("shipper_file_descriptors", NULL, ""));
}

static unsigned followed(void)
{
    struct input_progress progress;

    input_tail.progress(bench.input, &progress);
    return progress.streams;
}

static void close_by_quiet(void)
{
    advance(5 * 60000 + 1000);
    pump();
    assert_int_equal(descriptors(), 0);
}

/* ---- closed files ---- */

static void quiet_file_is_closed_and_opened_again_when_it_grows(void **state)
{
    (void)state;
    append("access.log", "1\n");
    start_and_read("1");
    assert_int_equal(descriptors(), 1);
    close_by_quiet();
    assert_int_equal(followed(), 1);
    append("access.log", "2\n");
    read_on("2");
    assert_int_equal(descriptors(), 1);
}

static void close_quiet_is_configured(void **state)
{
    (void)state;
    bench.input_config.close_quiet_ms = &(uint64_t){2000};
    append("access.log", "1\n");
    start_and_read("1");
    advance(1900);
    pump();
    assert_int_equal(descriptors(), 1);
    advance(200);
    pump();
    assert_int_equal(descriptors(), 0);
}

static void unacknowledged_file_is_not_closed(void **state)
{
    (void)state;
    bench.hold = true;
    append("access.log", "1\n");
    start_and_read("1");
    advance(6 * 60000);
    pump();
    assert_int_equal(descriptors(), 1);
    acknowledge_all();
    advance(6000);
    pump();
    assert_int_equal(descriptors(), 0);
}

static void closed_file_may_be_truncated(void **state)
{
    (void)state;
    append("access.log", "1\n2\n");
    start_and_read("1|2");
    close_by_quiet();
    write_to("access.log", "3\n", O_TRUNC);
    read_on("3");
    close_by_quiet();
    write_to("access.log", "4\n5\n6\n", O_TRUNC); /* beyond the old end */
    read_on("4|5|6");
}

static void closed_file_may_be_renamed_and_written_to(void **state)
{
    (void)state;
    append("access.log", "1\n");
    start_and_read("1");
    close_by_quiet();
    rename_to("access.log", "access.log.1");
    append("access.log.1", "2\n");
    append("access.log", "3\n");
    read_on("2|3");
}

static void closed_file_may_be_deleted_and_made_anew(void **state)
{
    (void)state;
    append("access.log", "1\n");
    start_and_read("1");
    close_by_quiet();
    unlink(at("access.log"));
    read_on("");
    assert_int_equal(followed(), 0);
    append("access.log", "2\n");
    read_on("2");
}

static void closed_file_may_be_copied_and_truncated(void **state)
{
    (void)state;
    append("access.log", "1\n2\n");
    start_and_read("1|2");
    close_by_quiet();
    copy_to("access.log", "access.log.1");
    write_to("access.log", "3\n", O_TRUNC);
    pump_until_quiet();
    expect_lines("3");
}

static void above_the_limit_the_least_recent_are_closed(void **state)
{
    char name[32], line[32];

    (void)state;
    bench.input_config.max_open_files = &(uint32_t){10};
    set_pattern(0, "*.log");
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "%d.log", i);
        snprintf(line, sizeof(line), "%d\n", i);
        append(name, line);
    }
    start();
    pump();
    assert_int_equal(bench.got_count, 60);
    assert_true(descriptors() <= 10);
    assert_int_equal(followed(), 60);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 60; i++) {
            snprintf(name, sizeof(name), "%d.log", i);
            append(name, "x\n");
            if (i % 7 == 0)
                pump();
        }
    pump();
    assert_int_equal(bench.got_count, 240);
    assert_true(descriptors() <= 10);
}

/* What is unread is kept open, whatever the limit says. */
static void files_behind_stay_open_above_the_limit(void **state)
{
    char name[32];

    (void)state;
    bench.input_config.max_open_files = &(uint32_t){10};
    set_pattern(0, "*.log");
    bench.hold = true;
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "%d.log", i);
        append(name, "1\n2\n");
    }
    start();
    pump();
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "%d.log", i);
        unlink(at(name));
    }
    pump();
    assert_int_equal(bench.got_count, 60);
    assert_int_equal(descriptors(), 30);
    acknowledge_all();
    advance(6000);
    pump();
    assert_int_equal(descriptors(), 0);
}

/* None of them can be closed until Kafka has acknowledged what was read. */
static void files_under_way_are_closed_once_they_are_acknowledged(void **state)
{
    enum { FILES = 60, MOST = 32 };
    char name[32];

    (void)state;
    bench.input_config.max_open_files = &(uint32_t){MOST};
    set_pattern(0, "*.log");
    bench.hold = true;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < FILES; i++) {
            snprintf(name, sizeof(name), "%d.log", i);
            append(name, "x\n");
        }
        if (round == 0)
            start();
        pump();
        assert_int_equal(bench.got_count, (round + 1) * FILES);
        assert_int_equal(descriptors(), FILES);
        acknowledge_all();
        assert_true(descriptors() <= MOST);
    }
}

/* ---- archives ---- */

static void write_packed(const char *name, struct slice packed, size_t from, size_t to)
{
    file_write(at(name), (struct slice){packed.data + from, to - from}, O_APPEND);
}

static void rotated_zstd_archive_is_known(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    (void)state;
    append("access.log", "1\n2\n");
    bench.room = 1;
    start_and_read("1");
    stop();
    bench.room = SIZE_MAX;
    zstd_add(&packed, SLICE("1\n2\n"));
    write_packed("access.log.1.zst", buf_slice(&packed), 0, packed.len);
    unlink(at("access.log"));
    append("access.log", "3\n");
    start();
    pump_until_quiet();
    expect_lines("2|3");
}

static void archive_that_is_still_written_is_read_as_far_as_it_goes(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);
    size_t first;

    (void)state;
    set_pattern(0, "*.gz");
    gzip_add(&packed, SLICE("1\n2\n"));
    first = packed.len;
    gzip_add(&packed, SLICE("3\n"));
    write_packed("a.gz", buf_slice(&packed), 0, first + 3);
    start_and_read("1|2");
    advance(30000);
    read_on("");
    write_packed("a.gz", buf_slice(&packed), first + 3, packed.len - 4);
    read_on("3");
    write_packed("a.gz", buf_slice(&packed), packed.len - 4, packed.len);
    pump_until_quiet();
    expect_lines("");
    assert_int_equal(descriptors(), 0);
}

static void cut_archive_is_left_after_a_while_and_read_on_when_it_grows(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);
    size_t first;

    (void)state;
    set_pattern(0, "*.zst");
    zstd_add(&packed, SLICE("1\n2\n"));
    first = packed.len;
    zstd_add(&packed, SLICE("3\n"));
    write_packed("a.zst", buf_slice(&packed), 0, first + 3);
    start_and_read("1|2");
    log_set_level(LEVEL_ERROR + 1);
    bench.wall_shift_ms = 200000;
    for (int i = 0; i < 4; i++) {
        advance(30000);
        pump();
    }
    assert_int_equal(descriptors(), 0);
    write_packed("a.zst", buf_slice(&packed), first + 3, packed.len);
    pump_until_quiet();
    expect_lines("3");
}

/* How often somebody opened the file since the watch was made. */
static unsigned count_opens(int watch)
{
    char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    unsigned count = 0;
    ssize_t len = read(watch, bytes, sizeof(bytes));

    for (char *p = bytes; p < bytes + len;) {
        const struct inotify_event *event = (const struct inotify_event *)p;

        count += event->mask & IN_OPEN ? 1 : 0;
        p += sizeof(*event) + event->len;
    }
    return count;
}

/* `gzip -k` leaves both; neither is opened again by each scan. */
static void what_was_looked_at_is_not_opened_again(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);
    int watch = inotify_init1(IN_NONBLOCK);

    (void)state;
    set_pattern(0, "access.log*");
    append("access.log.1", "old\n");
    append("access.log", "1\n");
    gzip_add(&packed, SLICE("old\n"));
    write_packed("access.log.1.gz", buf_slice(&packed), 0, packed.len);
    start();
    pump_until_quiet();
    assert_int_equal(bench.got_count, 2);
    bench.wall_shift_ms = 200000;
    for (int i = 0; i < 3; i++) {
        advance(61000);
        pump();
    }
    assert_true(inotify_add_watch(watch, at("access.log.1"), IN_OPEN) >= 0);
    assert_true(inotify_add_watch(watch, at("access.log.1.gz"), IN_OPEN) >= 0);
    for (int i = 0; i < 5; i++) {
        advance(61000);
        pump();
    }
    assert_int_equal(count_opens(watch), 0);
    close(watch);
}

static void many_archives_are_read_one_at_a_time(void **state)
{
    char name[32], line[32];

    (void)state;
    set_pattern(0, "*.gz");
    for (int i = 0; i < 40; i++) {
        scoped_buf struct buf packed = BUF_INIT(1 << 16);

        snprintf(name, sizeof(name), "%d.gz", i);
        snprintf(line, sizeof(line), "%d\nx\n", i);
        gzip_add(&packed, slice_of(line));
        write_packed(name, buf_slice(&packed), 0, packed.len);
    }
    bench.hold = true;
    bench.room = 5;
    start();
    pump();
    assert_true(descriptors() <= 3);
    bench.room = SIZE_MAX;
    pump();
    acknowledge_all();
    pump();
    assert_int_equal(bench.got_count, 80);
}

/* ---- who it is ---- */

/* One short line is a weak mark: another file that begins with it is another content. */
static void short_content_is_not_mistaken_for_its_successor(void **state)
{
    (void)state;
    append("access.log", "started\n");
    start_and_read("started");
    stop();
    rename_to("access.log", "elsewhere");
    append("access.log", "started\n2\n");
    start_and_read("started|2");
}

static void short_content_is_not_mistaken_while_running(void **state)
{
    (void)state;
    append("access.log", "started\n");
    start_and_read("started");
    close_by_quiet();
    rename_to("access.log", "elsewhere");
    append("access.log", "started\n2\n");
    read_on("started|2");
}

/* A backup beside the live file, made while nobody looked: the file itself goes on. */
static void copy_made_while_down_is_not_read(void **state)
{
    (void)state;
    append("access.log", "1\n2\n");
    bench.room = 1;
    start_and_read("1");
    stop();
    bench.room = SIZE_MAX;
    copy_to("access.log", "access.log.1");
    append("access.log", "3\n");
    start();
    pump_until_quiet();
    expect_lines("2|3");
}

/* logrotate's olddir, in the patterns: the rest of it keeps its ids. */
static void rotation_into_another_folder_is_followed(void **state)
{
    char id[RECORD_ID_LEN + 1];
    char text[600];

    (void)state;
    memset(text, 'x', 500);
    memcpy(text + 500, "\n2\n", 4);
    assert_int_equal(mkdir(at("old"), 0700), 0);
    set_pattern(0, "access.log");
    set_pattern(1, "old/access.log*");
    append("access.log", text);
    start();
    pump();
    strcpy(id, got_line("2")->id);
    crash(); /* nothing of it was saved but that it is there */
    forget_lines();
    start();
    bench.room = 1;
    pump();
    stop();
    bench.room = SIZE_MAX;
    forget_lines();
    copy_to("access.log", "old/access.log-20261121");
    unlink(at("access.log"));
    append("access.log", "3\n");
    start();
    pump_until_quiet();
    assert_int_equal(bench.got_count, 2);
    assert_string_equal(got_line("2")->id, id);
    got_line("3");
}

static void moved_out_of_sight_is_read_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("away"), 0700), 0);
    append("access.log", "1\n2\n");
    bench.room = 1;
    start_and_read("1");
    rename_to("access.log", "away/access.log.1");
    append("access.log", "3\n");
    bench.room = SIZE_MAX;
    pump_until_quiet();
    expect_lines("2|3");
}

/* ---- lines without a time ---- */

static void wrote_at(const char *name, int64_t s)
{
    utimensat(AT_FDCWD, at(name), (struct timespec[]){{s, 0}, {s, 0}}, 0);
}

/* The reading time is part of the id: it is the same after the checkpoint is lost. */
static void lost_checkpoint_keeps_the_ids_of_lines_without_a_time(void **state)
{
    (void)state;
    append("access.log", "1\n");
    wrote_at("access.log", 1000000);
    start_and_read("1");
    append("access.log", "2\n");
    wrote_at("access.log", 1000500);
    read_on("2");
    stop();
    lose_checkpoint();
    append("access.log", "3\n");
    wrote_at("access.log", 2000000);
    start_and_read("1|2|3");
    assert_string_equal(bench.got[0].id, bench.got[2].id);
    assert_string_equal(bench.got[1].id, bench.got[3].id);
}

/* The archive has the time of its file; what was read of the file keeps its own. */
static void archive_of_what_was_read_keeps_the_ids(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    (void)state;
    set_pattern(0, "access.log*");
    append("access.log", "1\n");
    wrote_at("access.log", 1000000);
    start_and_read("1");
    append("access.log", "2\n");
    wrote_at("access.log", 1000500);
    read_on("2");
    stop();
    lose_checkpoint();
    gzip_add(&packed, SLICE("1\n2\n3\n"));
    write_packed("access.log.1.gz", buf_slice(&packed), 0, packed.len);
    unlink(at("access.log"));
    start();
    pump_until_quiet();
    expect_lines("1|2|3");
    assert_string_equal(bench.got[0].id, bench.got[2].id);
    assert_string_equal(bench.got[1].id, bench.got[3].id);
}

/* ---- headings ---- */

/* The columns that a line in front of the position named are known after a restart. */
static void columns_are_known_after_a_restart(void **state)
{
    struct checkpoint_entry *entry;

    (void)state;
    bench.input_config.format = (char *)"w3c";
    append("access.log", "#Fields: date time c-ip\n2026-11-21 10:00:00 192.0.2.1\n");
    start();
    pump();
    entry = checkpoint_of_stream(bench.checkpoint, at("access.log"), NULL);
    assert_non_null(entry);
    assert_non_null(entry->heading);
    stop();
    start();
    entry = checkpoint_of_stream(bench.checkpoint, at("access.log"), NULL);
    assert_non_null(entry);
    assert_non_null(entry->heading);
    assert_non_null(strstr(entry->heading, "c-ip"));
    append("access.log", "2026-11-21 10:00:01 192.0.2.2\n");
    pump();
    assert_int_equal(bench.got_count, 3);
    assert_int_equal(bench.parsed, 2);
}

/* ---- events of several lines ---- */

static void open_event_is_taken_when_nothing_comes(void **state)
{
    struct multiline_config multiline = {.type = (char *)"indent"};

    (void)state;
    bench.input_config.multiline = &multiline;
    append("access.log", "1\n  more\n2\n");
    start_and_read("1\n  more");
    advance(500);
    read_on("");
    append("access.log", "  of 2\n");
    read_on("");
    advance(1001);
    read_on("2\n  of 2");
    append("access.log", "3\n");
    read_on("");
    advance(1001);
    read_on("3");
    advance(60000);
    read_on("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quiet_file_is_closed_and_opened_again_when_it_grows),
        TEST(close_quiet_is_configured),
        TEST(unacknowledged_file_is_not_closed),
        TEST(closed_file_may_be_truncated),
        TEST(closed_file_may_be_renamed_and_written_to),
        TEST(closed_file_may_be_deleted_and_made_anew),
        TEST(closed_file_may_be_copied_and_truncated),
        TEST(above_the_limit_the_least_recent_are_closed),
        TEST(files_behind_stay_open_above_the_limit),
        TEST(files_under_way_are_closed_once_they_are_acknowledged),
        TEST(rotated_zstd_archive_is_known),
        TEST(archive_that_is_still_written_is_read_as_far_as_it_goes),
        TEST(cut_archive_is_left_after_a_while_and_read_on_when_it_grows),
        TEST(what_was_looked_at_is_not_opened_again),
        TEST(many_archives_are_read_one_at_a_time),
        TEST(short_content_is_not_mistaken_for_its_successor),
        TEST(short_content_is_not_mistaken_while_running),
        TEST(copy_made_while_down_is_not_read),
        TEST(rotation_into_another_folder_is_followed),
        TEST(moved_out_of_sight_is_read_to_its_end),
        TEST(lost_checkpoint_keeps_the_ids_of_lines_without_a_time),
        TEST(archive_of_what_was_read_keeps_the_ids),
        TEST(columns_are_known_after_a_restart),
        TEST(open_event_is_taken_when_nothing_comes),
    };

    return cmocka_run_group_tests_name("leaving", tests, NULL, NULL);
}
