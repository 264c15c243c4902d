/*
 * test_stream.c - what makes a content the same: name, fingerprint, mark.
 */
#include "shipper/stream.h"

#include "tests/unit/support/folder.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    folder_make(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(folder);
    return 0;
}

static void expect_name(const char *file, const char *expected)
{
    char path[FOLDER_PATH_MAX], whole[FOLDER_PATH_MAX];
    char *name, *real = realpath(folder, NULL);

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    snprintf(whole, sizeof(whole), "%s/%s", real, expected);
    name = stream_name(path);
    assert_string_equal(name, whole);
    free(name);
    free(real);
}

static void rotated_names_are_the_live_one(void **state)
{
    static const char *const files[] = {
        "access.log",
        "access.log.1",
        "access.log.12",
        "access.log.999",
        "access.log.2.gz",
        "access.log.gz",
        "access.log.1.bz2",
        "access.log.1.xz",
        "access.log.1.zst",
        "access.log-20261121",
        "access.log-20261121.gz",
        "access.log.20261121",
        "access.log_20261121",
        "access.log-2026-11-21",
        "access.log.2026-11-21",
        "access.log-20261121-1530",
        "access.log-1732190000",
        "access-20261121.log",
        "access-20261121.log.gz",
        "access.2026-11-21.log",
        "access.1.log",
        "access.12.log.gz",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        expect_name(files[i], "access.log");
}

static void other_names_stay_as_they_are(void **state)
{
    static const char *const files[] = {
        "access",
        "access_log",
        "access2",
        "access-2",
        "access.2026",
        "access.log.2026",
        "error-404.log",
        "error.4040.log",
        "log-12345678",
        "log-20261321",
        "log-20261132",
        "20261121",
        "20261121.log",
        "1",
        ".1",
        ".log",
        "a.123456",
        "a-123456789",
        "access.log.txt",
        "app-1732190000x",
        "x.gzip",
        "node1.example.org",
        "log.2026-13-01",
        "access.log-26-11-21",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        expect_name(files[i], files[i]);
}

static void folder_links_are_resolved(void **state)
{
    char path[FOLDER_PATH_MAX], target[FOLDER_PATH_MAX];
    char *a, *b;

    (void)state;
    snprintf(target, sizeof(target), "%s/real", folder);
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink("real", path), 0);
    snprintf(path, sizeof(path), "%s/link/../link/access.log.1", folder);
    snprintf(target, sizeof(target), "%s/real/access.log", folder);
    a = stream_name(path);
    b = stream_name(target);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void files_of_the_root_have_one_slash(void **state)
{
    char *name = stream_name("/access.log.1");

    (void)state;
    assert_string_equal(name, "/access.log");
    free(name);
}

static void fingerprint_is_of_the_first_line(void **state)
{
    uint64_t one = stream_fingerprint(SLICE("first\n"), false);

    (void)state;
    assert_true(one != 0);
    assert_true(stream_fingerprint(SLICE("first\nsecond\n"), false) == one);
    assert_true(stream_fingerprint(SLICE("first\nsec"), true) == one);
    assert_true(stream_fingerprint(SLICE("First\n"), false) != one);
    assert_true(stream_fingerprint(SLICE("\n"), false) != 0);
}

static void fingerprint_waits_for_a_line(void **state)
{
    (void)state;
    assert_true(stream_fingerprint(SLICE(""), false) == 0);
    assert_true(stream_fingerprint(SLICE(""), true) == 0);
    assert_true(stream_fingerprint(SLICE("fir"), false) == 0);
    assert_true(stream_fingerprint(SLICE("fir"), true) != 0);
}

static void fingerprint_of_a_long_line_is_of_its_beginning(void **state)
{
    char text[STREAM_HEAD_MAX + 100];
    uint64_t hash;

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_true(stream_fingerprint((struct slice){text, STREAM_HEAD_MAX - 1}, false) == 0);
    hash = stream_fingerprint((struct slice){text, STREAM_HEAD_MAX}, false);
    assert_true(hash != 0);
    text[STREAM_HEAD_MAX] = '\n';
    assert_true(stream_fingerprint((struct slice){text, sizeof(text)}, true) == hash);
    text[STREAM_HEAD_MAX - 1] = '\n';
    assert_true(stream_fingerprint((struct slice){text, sizeof(text)}, false) != hash);
}

static void mark_is_of_the_last_bytes(void **state)
{
    char text[STREAM_MARK_MAX + 50];
    struct mark mark, tail;

    (void)state;
    memset(text, 'a', sizeof(text));
    mark = stream_mark((struct slice){text, sizeof(text)});
    assert_int_equal(mark.len, STREAM_MARK_MAX);
    text[0] = 'b';
    tail = stream_mark((struct slice){text, sizeof(text)});
    assert_true(mark_equal(mark, tail));
    text[50] = 'b';
    tail = stream_mark((struct slice){text, sizeof(text)});
    assert_false(mark_equal(mark, tail));
    assert_int_equal(stream_mark(SLICE("")).len, 0);
    assert_int_equal(stream_mark(SLICE("abc")).len, 3);
    assert_false(mark_equal(stream_mark(SLICE("abc")), stream_mark(SLICE("abd"))));
}

static void key_is_the_streams_and_ids_are_the_contents(void **state)
{
    struct stream stream, rotated;

    (void)state;
    assert_true(stream_init(&stream, NULL, "/var/log/a", "/var/log/a"));
    assert_true(stream_init(&rotated, NULL, "/var/log/a", "/var/log/a.1"));
    stream_identify(&stream, "agent", 7, 0);
    stream_identify(&rotated, "agent", 7, 0);
    assert_memory_equal(stream.key, rotated.key, STREAM_KEY_LEN);
    assert_true(stream.source.seed == rotated.source.seed);
    stream_identify(&rotated, "agent", 7, 1);
    assert_memory_equal(stream.key, rotated.key, STREAM_KEY_LEN);
    assert_true(stream.source.seed != rotated.source.seed);
    stream_identify(&rotated, "another", 7, 0);
    assert_memory_not_equal(stream.key, rotated.key, STREAM_KEY_LEN);
    assert_true(stream_move(&stream, "/elsewhere"));
    assert_string_equal(stream.path, "/elsewhere");
    assert_string_equal(stream.name, "/var/log/a");
    stream_release(&stream);
    stream_release(&stream);
    stream_release(&rotated);
}

static void headings_are_those_of_their_place(void **state)
{
    struct stream stream;

    (void)state;
    assert_true(stream_init(&stream, NULL, "a", "a"));
    assert_null(stream_heading(&stream, 0).data);
    assert_true(stream_set_heading(&stream, 10, SLICE("one")));
    assert_true(stream_set_heading(&stream, 50, SLICE("two")));
    assert_true(stream_set_heading(&stream, 90, SLICE("three")));
    assert_null(stream_heading(&stream, 9).data);
    assert_slice(stream_heading(&stream, 10), "one");
    assert_slice(stream_heading(&stream, 49), "one");
    assert_slice(stream_heading(&stream, 50), "two");
    assert_slice(stream_heading(&stream, 1000), "three");
    stream_forget_headings(&stream, 60);
    assert_null(stream_heading(&stream, 49).data);
    assert_slice(stream_heading(&stream, 60), "two");
    assert_slice(stream_heading(&stream, 90), "three");
    stream_release(&stream);
    stream_release(&stream);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rotated_names_are_the_live_one),
        CASE(other_names_stay_as_they_are),
        CASE(folder_links_are_resolved),
        CASE(files_of_the_root_have_one_slash),
        CASE(fingerprint_is_of_the_first_line),
        CASE(fingerprint_waits_for_a_line),
        CASE(fingerprint_of_a_long_line_is_of_its_beginning),
        CASE(mark_is_of_the_last_bytes),
        CASE(headings_are_those_of_their_place),
        CASE(key_is_the_streams_and_ids_are_the_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
