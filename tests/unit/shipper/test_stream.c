/*
 * test_stream.c - what makes a content the same: name, fingerprint, mark.
 */
#include "shipper/stream.h"

#include "tests/unit/support/folder.h"

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

#define CASE(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fingerprint_is_of_the_first_line),
        CASE(fingerprint_waits_for_a_line),
        CASE(fingerprint_of_a_long_line_is_of_its_beginning),
        CASE(mark_is_of_the_last_bytes),
        CASE(headings_are_those_of_their_place),
        CASE(key_is_the_streams_and_ids_are_the_contents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
