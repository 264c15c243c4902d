/*
 * test_folder.c - `type: folder`: each file by itself, to its end, and then away.
 */
#include "shipper/input/input.h"

#include "tests/unit/shipper/input/tail_bench.h"
#include "tests/unit/support/gzip.h"
#include "tests/unit/support/zstd_frame.h"

static int folder_setup(void **state)
{
    bench_setup(state);
    bench.input_config.type = (char *)"folder";
    set_pattern(0, "");
    return 0;
}

static void then(const char *action)
{
    bench.input_config.when_done = (char *)action;
}

/* Nothing is written any more: its times are old, and the clock goes on. */
static void settle(void)
{
    bench.wall_shift_ms += 10000;
    for (int i = 0; i < 3; i++) {
        advance(5100);
        pump();
    }
}

static bool is_there(const char *name)
{
    return access(at(name), F_OK) == 0;
}

static void drop_packed(const char *name, const char *text, bool zstd)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    if (zstd)
        zstd_add(&packed, slice_of(text));
    else
        gzip_add(&packed, slice_of(text));
    file_write(at(name), buf_slice(&packed), O_TRUNC);
}

static void files_of_every_name_and_kind_are_read(void **state)
{
    (void)state;
    start();
    append("a", "1\n");
    append("a.log.1", "2\n");
    append("a.log", "3\n");
    drop_packed("b.bin", "4\n", false);
    drop_packed("c", "5\n", true);
    append(".hidden", "no\n");
    pump();
    settle();
    assert_int_equal(bench.got_count, 5);
    assert_true(is_there("a") && is_there("a.log.1") && is_there("c"));
    forget_lines();
    stop();
    start();
    settle();
    assert_int_equal(bench.got_count, 0); /* kept files are not read again */
}

static void last_line_needs_no_newline(void **state)
{
    (void)state;
    append("a", "1\n2");
    start();
    read_on("1");
    settle();
    expect_lines("2");
}

static void file_that_is_still_written_is_waited_for(void **state)
{
    (void)state;
    then("delete");
    append("a", "1\n");
    start();
    read_on("1");
    for (int i = 0; i < 5; i++) {
        advance(4000);
        append("a", "x\n");
        read_on("x");
        assert_true(is_there("a"));
    }
    settle();
    assert_false(is_there("a"));
}

static void nothing_is_deleted_before_it_is_acknowledged(void **state)
{
    (void)state;
    then("delete");
    bench.hold = true;
    append("a", "1\n2\n");
    start();
    read_on("1|2");
    for (int i = 0; i < 10; i++)
        settle();
    assert_true(is_there("a"));
    acknowledge_all();
    pump();
    assert_false(is_there("a"));
}

static void killed_before_it_was_acknowledged_it_is_read_again(void **state)
{
    (void)state;
    then("delete");
    bench.hold = true;
    append("a", "1\n");
    start();
    read_on("1");
    settle();
    crash();
    bench.hold = false;
    start();
    read_on("1");
    assert_string_equal(bench.got[0].id, bench.got[1].id);
    settle();
    assert_false(is_there("a"));
}

static void archive_is_done_at_its_end(void **state)
{
    (void)state;
    then("delete");
    start();
    pump();
    drop_packed("a.gz", "1\n2\n", false);
    drop_packed("b.zst", "3\n", true);
    pump();
    assert_int_equal(bench.got_count, 3);
    assert_false(is_there("a.gz") || is_there("b.zst"));
}

static void archive_that_is_still_written_is_waited_for(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    (void)state;
    then("delete");
    gzip_add(&packed, SLICE("1\n2\n3\n"));
    start();
    pump();
    for (size_t i = 0; i < packed.len; i++) {
        assert_true(i == 0 || is_there("a.gz"));
        file_write(at("a.gz"), (struct slice){packed.data + i, 1}, O_APPEND);
        advance(1000);
        pump();
    }
    assert_int_equal(bench.got_count, 3);
    assert_false(is_there("a.gz"));
}

static void done_files_are_moved_and_replace_nothing(void **state)
{
    char action[FOLDER_PATH_MAX + 8], path[FOLDER_PATH_MAX];

    (void)state;
    snprintf(path, sizeof(path), "%s/done", bench.root);
    snprintf(action, sizeof(action), "move:%s", path);
    assert_int_equal(mkdir(path, 0700), 0);
    then(action);
    start();
    for (int i = 0; i < 3; i++) {
        append("a", i == 0 ? "1\n" : i == 1 ? "2\n" : "3\n");
        pump();
        settle();
        assert_false(is_there("a"));
    }
    expect_lines("1|2|3");
    for (int i = 0; i < 3; i++) {
        struct slice text;

        snprintf(path, sizeof(path), "%s/done/a%s", bench.root, i == 0 ? "" : i == 1 ? ".2" : ".3");
        text = file_read(path);
        assert_string_equal(text.data, i == 0 ? "1\n" : i == 1 ? "2\n" : "3\n");
        free((char *)text.data);
    }
}

static void folder_to_move_to_may_come_later(void **state)
{
    char action[FOLDER_PATH_MAX + 8], path[FOLDER_PATH_MAX];

    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    snprintf(path, sizeof(path), "%s/done", bench.root);
    snprintf(action, sizeof(action), "move:%s", path);
    then(action);
    append("a", "1\n");
    start();
    pump();
    settle();
    assert_true(is_there("a"));
    assert_int_equal(mkdir(path, 0700), 0);
    advance(10001);
    pump();
    assert_false(is_there("a"));
    expect_lines("1");
}

/* /tmp is another file system than /dev/shm, on most machines. */
static void file_is_moved_to_another_file_system(void **state)
{
    char action[FOLDER_PATH_MAX + 8], path[FOLDER_PATH_MAX], other[] = "/tmp/alpex-test-XXXXXX";
    struct slice text;

    (void)state;
    assert_non_null(mkdtemp(other));
    snprintf(action, sizeof(action), "move:%s", other);
    then(action);
    append("a", "1\n");
    start();
    pump();
    settle();
    assert_false(is_there("a"));
    snprintf(path, sizeof(path), "%s/a", other);
    text = file_read(path);
    assert_string_equal(text.data, "1\n");
    free((char *)text.data);
    folder_remove(other);
}

/* Identity is name and content. */
static void same_content_under_another_name_is_another_file(void **state)
{
    (void)state;
    then("delete");
    start();
    append("a", "1\n2\n");
    pump();
    settle();
    append("b", "1\n2\n");
    pump();
    settle();
    expect_lines("1|2|1|2");
    assert_string_not_equal(bench.got[0].id, bench.got[2].id);
}

static void same_content_under_the_same_name_is_recognised(void **state)
{
    (void)state;
    then("delete");
    start();
    for (int i = 0; i < 3; i++) {
        append("a", "1\n2\n");
        pump();
        settle();
        assert_false(is_there("a"));
    }
    expect_lines("1|2");
}

static void another_content_under_the_same_name_is_read(void **state)
{
    (void)state;
    then("delete");
    start();
    append("a", "head\n1\n");
    pump();
    settle();
    append("a", "head\n2\n");
    pump();
    settle();
    expect_lines("head|1|head|2");
    assert_string_not_equal(bench.got[0].id, bench.got[2].id);
}

static void what_is_added_to_a_kept_file_is_read(void **state)
{
    (void)state;
    start();
    append("a", "1\n");
    pump();
    settle();
    append("a", "2\n");
    pump();
    settle();
    expect_lines("1|2");
}

static void file_replaced_while_it_is_read_is_read_too(void **state)
{
    (void)state;
    then("delete");
    bench.room = 1;
    append("a", "1\n2\n");
    start();
    pump();
    append("new", "3\n4\n");
    rename_to("new", "a");
    bench.room = SIZE_MAX;
    pump();
    settle();
    settle();
    assert_false(is_there("a"));
    got_line("2");
    got_line("4");
    assert_int_equal(bench.got_count, 4);
}

static void empty_files_are_done_too(void **state)
{
    (void)state;
    then("delete");
    append("a", "");
    start();
    pump();
    assert_true(is_there("a"));
    settle();
    assert_false(is_there("a"));
}

static void deleted_by_somebody_else_while_it_is_read(void **state)
{
    (void)state;
    then("delete");
    bench.room = 1;
    append("a", "1\n2\n");
    start();
    pump();
    unlink(at("a"));
    bench.room = SIZE_MAX;
    pump();
    settle();
    expect_lines("1|2");
}

static void damaged_archive_gives_what_it_has_and_is_done(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    then("delete");
    gzip_add(&packed, SLICE("1\n2\n"));
    packed.data[packed.len - 8] ^= 1;
    file_write(at("a.gz"), buf_slice(&packed), O_TRUNC);
    start();
    pump();
    settle();
    expect_lines("1|2");
    assert_false(is_there("a.gz"));
}

static void folders_below_are_read_when_asked_for(void **state)
{
    (void)state;
    then("delete");
    set_pattern(0, "**");
    mkdir(at("x"), 0700);
    append("x/a", "1\n");
    start();
    pump();
    mkdir(at("x/y"), 0700);
    append("x/y/b", "2\n");
    pump();
    settle();
    expect_lines("1|2");
    assert_false(is_there("x/a") || is_there("x/y/b"));
}

static void many_files_come_and_go(void **state)
{
    (void)state;
    then("delete");
    bench.input_config.max_open_files = &(uint32_t){10};
    start();
    for (int i = 0; i < 300; i++) {
        char name[32], text[32];

        snprintf(name, sizeof(name), "f%d", i);
        snprintf(text, sizeof(text), "%d\n", i);
        append(name, text);
        if (i % 50 == 0)
            pump();
    }
    pump();
    settle();
    assert_int_equal(bench.got_count, 300);
    for (int i = 0; i < 300; i++) {
        char name[32];

        snprintf(name, sizeof(name), "f%d", i);
        assert_false(is_there(name));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_every_name_and_kind_are_read),
        TEST(last_line_needs_no_newline),
        TEST(file_that_is_still_written_is_waited_for),
        TEST(nothing_is_deleted_before_it_is_acknowledged),
        TEST(killed_before_it_was_acknowledged_it_is_read_again),
        TEST(archive_is_done_at_its_end),
        TEST(archive_that_is_still_written_is_waited_for),
        TEST(done_files_are_moved_and_replace_nothing),
        TEST(folder_to_move_to_may_come_later),
        TEST(file_is_moved_to_another_file_system),
        TEST(same_content_under_another_name_is_another_file),
        TEST(same_content_under_the_same_name_is_recognised),
        TEST(another_content_under_the_same_name_is_read),
        TEST(what_is_added_to_a_kept_file_is_read),
        TEST(file_replaced_while_it_is_read_is_read_too),
        TEST(empty_files_are_done_too),
        TEST(deleted_by_somebody_else_while_it_is_read),
        TEST(damaged_archive_gives_what_it_has_and_is_done),
        TEST(folders_below_are_read_when_asked_for),
        TEST(many_files_come_and_go),
    };

    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
