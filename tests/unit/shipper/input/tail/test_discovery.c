/*
 * test_discovery.c - which files are found, when, and under which name.
 *
 * Unless a test says so the clock stands still: what is found was told by inotify.
 */
#include "shipper/input/input.h"

#include "common/metrics.h"
#include "tests/unit/shipper/input/tail_bench.h"
#include "tests/unit/support/gzip.h"

static void make(const char *name)
{
    assert_int_equal(mkdir(at(name), 0700), 0);
}

static void link_to(const char *target, const char *name)
{
    char path[FOLDER_PATH_MAX];

    snprintf(path, sizeof(path), "%s", at(name));
    assert_int_equal(symlink(target, path), 0);
}

static void expect_path(const char *text, const char *name)
{
    assert_string_equal(got_line(text)->path, at(name));
}

/* ---- folders ---- */

static void folder_is_waited_for_in_its_nearest_parent(void **state)
{
    (void)state;
    set_pattern(0, "a/b/c/*.log");
    start_and_read("");
    make("a");
    read_on("");
    make("a/b");
    make("a/b/c");
    append("a/b/c/x.log", "1\n");
    read_on("1");
}

static void folder_that_vanishes_and_comes_back_is_followed(void **state)
{
    (void)state;
    set_pattern(0, "a/*.log");
    make("a");
    append("a/x.log", "1\n");
    start_and_read("1");
    assert_int_equal(unlink(at("a/x.log")), 0);
    assert_int_equal(rmdir(at("a")), 0);
    read_on("");
    make("a");
    append("a/x.log", "2\n");
    read_on("2");
    rename_to("a", "b");
    make("a");
    append("b/x.log", "3\n");
    append("a/x.log", "4\n");
    pump_until_quiet();
    expect_lines("3|4");
}

static void any_number_of_folders(void **state)
{
    (void)state;
    set_pattern(0, "in/**/*.log");
    make("in");
    make("in/a");
    make("in/a/b");
    make("in/.hidden");
    append("in/0.log", "0\n");
    append("in/a/1.log", "1\n");
    append("in/a/b/2.log", "2\n");
    append("in/.hidden/no.log", "no\n");
    append("in/a/.no.log", "no\n");
    start();
    pump();
    got_line("0");
    got_line("1");
    got_line("2");
    assert_int_equal(bench.got_count, 3);
    forget_lines();
    make("in/a/b/c");
    make("in/a/b/c/d");
    append("in/a/b/c/d/3.log", "3\n");
    read_on("3");
    append("in/a/b/c/4.log", "4\n");
    read_on("4");
}

static void wildcards_stand_for_folders_too(void **state)
{
    (void)state;
    set_pattern(0, "site-*/log/access.log");
    start_and_read("");
    make("site-1");
    make("site-1/log");
    append("site-1/log/access.log", "1\n");
    make("other");
    make("other/log");
    append("other/log/access.log", "no\n");
    read_on("1");
}

static void links_below_any_number_of_folders_are_no_loop(void **state)
{
    (void)state;
    set_pattern(0, "in/**/*.log");
    make("in");
    make("in/a");
    link_to("..", "in/a/up");
    append("in/a/1.log", "1\n");
    start_and_read("1");
}

static void folder_behind_a_link_may_be_exchanged(void **state)
{
    (void)state;
    set_pattern(0, "current/app.log");
    make("release-1");
    make("release-2");
    append("release-1/app.log", "1\n");
    append("release-2/app.log", "2\n");
    link_to("release-1", "current");
    start_and_read("1");
    link_to("release-2", "next");
    rename_to("next", "current");
    read_on("2");
    append("release-2/app.log", "3\n");
    read_on("3");
}

static void excluded_by_path(void **state)
{
    char pattern[FOLDER_PATH_MAX];

    (void)state;
    set_pattern(0, "*/x.log");
    snprintf(pattern, sizeof(pattern), "%s/no*/x.log", bench.logs);
    bench.exclude[0] = pattern;
    bench.input_config.exclude_count = 1;
    make("no1");
    make("yes");
    append("no1/x.log", "no\n");
    append("yes/x.log", "1\n");
    start_and_read("1");
}

/* ---- other names of a file ---- */

static void file_behind_links_is_shown_under_the_first_one(void **state)
{
    (void)state;
    set_pattern(0, "containers/*.log");
    make("containers");
    make("pods");
    make("docker");
    append("docker/id-json.log", "1\n");
    link_to("../docker/id-json.log", "pods/0.log");
    link_to("../pods/0.log", "containers/web.log");
    start_and_read("1");
    expect_path("1", "containers/web.log");
    append("docker/id-json.log", "2\n");
    read_on("2");
}

/* As kubelet does: 0.log is renamed, made anew, and compressed later. */
static void rotation_behind_a_link_is_followed(void **state)
{
    scoped_buf struct buf packed = BUF_INIT(1 << 16);

    (void)state;
    set_pattern(0, "containers/*.log");
    make("containers");
    make("pods");
    append("pods/0.log", "1\n");
    link_to("../pods/0.log", "containers/web.log");
    start_and_read("1");
    append("pods/0.log", "2\n");
    rename_to("pods/0.log", "pods/0.log.20261121-101010");
    append("pods/0.log", "4\n");
    append("pods/0.log.20261121-101010", "3\n");
    pump();
    got_line("2");
    got_line("3");
    got_line("4");
    assert_int_equal(bench.got_count, 4);
    expect_path("3", "containers/web.log");
    expect_path("4", "containers/web.log");
    gzip_add(&packed, SLICE("1\n2\n3\n"));
    write_to("pods/0.log.20261121-101010.gz", "", O_TRUNC);
    file_write(at("pods/0.log.20261121-101010.gz"), buf_slice(&packed), O_TRUNC);
    unlink(at("pods/0.log.20261121-101010"));
    pump_until_quiet();
    assert_int_equal(bench.got_count, 4);
}

static void rotation_behind_a_link_while_down_is_found(void **state)
{
    (void)state;
    set_pattern(0, "containers/*.log");
    make("containers");
    make("pods");
    append("pods/0.log", "1\n");
    link_to("../pods/0.log", "containers/web.log");
    start_and_read("1");
    stop();
    append("pods/0.log", "2\n");
    rename_to("pods/0.log", "pods/0.log.20261121-101010");
    append("pods/0.log", "3\n");
    start();
    pump_until_quiet();
    got_line("2");
    got_line("3");
    assert_int_equal(bench.got_count, 3);
    expect_path("2", "containers/web.log");
}

static void link_that_leads_elsewhere_is_followed_and_its_old_target_read_to_the_end(void **state)
{
    (void)state;
    set_pattern(0, "current.log");
    append("one.txt", "1\n");
    append("two.txt", "a\n");
    link_to("one.txt", "current.log");
    start_and_read("1");
    append("one.txt", "2\n");
    link_to("two.txt", "next");
    rename_to("next", "current.log");
    append("one.txt", "3\n");
    pump();
    got_line("2");
    got_line("3");
    got_line("a");
    assert_int_equal(bench.got_count, 4);
}

static void two_names_of_one_file_read_it_once(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    append("a.log", "1\n");
    link_to("a.log", "b.log");
    assert_int_equal(link(at("a.log"), at("c.log")), 0);
    start();
    pump_until_quiet();
    expect_lines("1");
    append("c.log", "2\n");
    pump_until_quiet();
    expect_lines("2");
}

static void link_to_nothing_and_to_itself_is_waited_for(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    make("far");
    link_to("far/target", "a.log");
    link_to("b.log", "b.log");
    start_and_read("");
    append("far/target", "1\n");
    advance(61000); /* nothing leads there yet: the scan finds it */
    read_on("1");
}

/* Bytes that are no UTF-8 come back after a restart. */
static void names_are_bytes(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    append("\xff\xfe\x80.log", "1\n");
    start_and_read("1");
    stop();
    append("\xff\xfe\x80.log", "2\n");
    start_and_read("2");
    expect_path("2", "\xff\xfe\x80.log");
}

/* ---- what is no file ---- */

static void pipe_in_the_folder_is_never_opened(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    assert_int_equal(mkfifo(at("fifo.log"), 0600), 0);
    append("a.log", "1\n");
    start_and_read("1");
    assert_int_equal(open(at("fifo.log"), O_WRONLY | O_NONBLOCK), -1); /* nobody reads */
    unlink(at("fifo.log"));
    append("fifo.log", "2\n");
    read_on("2");
}

/* root may read everything: another user is needed. */
static void permission_that_is_lost_comes_back(void **state)
{
    uid_t user = geteuid();

    (void)state;
    append("access.log", "1\n");
    append("later.log", "a\n");
    set_pattern(0, "*.log");
    bench.input_config.close_quiet_ms = &(uint64_t){1000};
    if (user == 0) {
        assert_int_equal(chown(bench.root, 65534, 65534), 0);
        assert_int_equal(chown(bench.logs, 65534, 65534), 0);
        assert_int_equal(chown(at("access.log"), 65534, 65534), 0);
        assert_int_equal(chown(at("later.log"), 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    assert_int_equal(chmod(at("later.log"), 0), 0);
    start_and_read("1");
    advance(2000);
    pump(); /* closed */
    chmod(at("access.log"), 0);
    read_on("");
    chmod(at("access.log"), 0600);
    append("access.log", "2\n");
    chmod(at("access.log"), 0);
    read_on("");
    chmod(at("access.log"), 0600);
    read_on("2");
    chmod(at("later.log"), 0600);
    read_on("a");
    if (user == 0)
        assert_int_equal(seteuid(0), 0);
}

/* ---- when ---- */

static void idle_folders_are_not_scanned(void **state)
{
    struct metric *scans = metrics_counter("shipper_folder_scans_total", NULL, "");
    double before;
    struct input_piece piece;
    int64_t wake_ms;

    (void)state;
    append("access.log", "1\n");
    start_and_read("1");
    advance(1000);
    pump();
    before = metric_value(scans);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(input_tail.read(bench.input, bench.mono_ms, &piece, &wake_ms), RETRY);
        assert_true(wake_ms > bench.mono_ms + 500);
        append("access.log", "x\n");
        pump();
        advance(1000);
    }
    assert_true(metric_value(scans) == before);
    advance(60000);
    pump();
    assert_true(metric_value(scans) == before + 1);
}

static void without_inotify_the_clock_finds_everything(void **state)
{
    (void)state;
    bench.input_config.poll = POLL_ALWAYS;
    set_pattern(0, "*/x.log");
    start_and_read("");
    assert_int_equal(input_tail.fd(bench.input), -1);
    make("a");
    append("a/x.log", "1\n");
    read_on("");
    advance(61000);
    read_on("1");
    append("a/x.log", "2\n");
    advance(1001);
    read_on("2");
    rename_to("a/x.log", "a/x.log.1");
    append("a/x.log.1", "3\n");
    append("a/x.log", "4\n");
    advance(1001);
    read_on("3|4");
    unlink(at("a/x.log"));
    advance(1001);
    read_on("");
}

static void poll_interval_is_configured(void **state)
{
    (void)state;
    bench.input_config.poll = POLL_ALWAYS;
    bench.input_config.poll_interval_ms = &(uint64_t){200};
    append("access.log", "1\n");
    start_and_read("1");
    append("access.log", "2\n");
    advance(100);
    read_on("");
    advance(101);
    read_on("2");
}

static void old_files_are_left_alone_until_they_change(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    bench.input_config.ignore_older_ms = &(uint64_t){3600000};
    append("new.log", "1\n");
    append("old.log", "no\n");
    utimensat(AT_FDCWD, at("old.log"), (struct timespec[]){{1000000, 0}, {1000000, 0}}, 0);
    start_and_read("1");
    append("old.log", "2\n");
    read_on("no|2");
    stop();
    append("old.log", "3\n");
    utimensat(AT_FDCWD, at("old.log"), (struct timespec[]){{1000000, 0}, {1000000, 0}}, 0);
    start_and_read("3"); /* the checkpoint wins: it is known */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folder_is_waited_for_in_its_nearest_parent),
        TEST(folder_that_vanishes_and_comes_back_is_followed),
        TEST(any_number_of_folders),
        TEST(wildcards_stand_for_folders_too),
        TEST(links_below_any_number_of_folders_are_no_loop),
        TEST(folder_behind_a_link_may_be_exchanged),
        TEST(excluded_by_path),
        TEST(file_behind_links_is_shown_under_the_first_one),
        TEST(rotation_behind_a_link_is_followed),
        TEST(rotation_behind_a_link_while_down_is_found),
        TEST(link_that_leads_elsewhere_is_followed_and_its_old_target_read_to_the_end),
        TEST(two_names_of_one_file_read_it_once),
        TEST(link_to_nothing_and_to_itself_is_waited_for),
        TEST(names_are_bytes),
        TEST(pipe_in_the_folder_is_never_opened),
        TEST(permission_that_is_lost_comes_back),
        TEST(idle_folders_are_not_scanned),
        TEST(without_inotify_the_clock_finds_everything),
        TEST(poll_interval_is_configured),
        TEST(old_files_are_left_alone_until_they_change),
    };

    return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
