/*
 * test_progress.c - numbers, durations and what is said of a long command.
 */
#include "indexer/progress.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"

static void numbers_have_their_groups(void **state)
{
    static const struct {
        uint64_t number;
        const char *expected;
    } rows[] = {{0, "0"},
                {7, "7"},
                {999, "999"},
                {1000, "1,000"},
                {12345, "12,345"},
                {123456, "123,456"},
                {1234567, "1,234,567"},
                {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char text[28];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(progress_number(rows[i].number, text), rows[i].expected);
}

static void durations_are_as_long_as_they_are(void **state)
{
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {{0, "0 s"},
                {499, "0 s"},
                {59400, "59 s"},
                {59600, "1 min 0 s"},
                {200000, "3 min 20 s"},
                {7500000, "2 h 5 min"},
                {INT64_MAX / 2, "1281023894007 h 36 min"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(progress_duration(rows[i].ms, text), rows[i].expected);
}

static void check_text(uint64_t before, uint64_t done, uint64_t total, int64_t ms,
                       const char *expected)
{
    struct progress progress;
    char text[160];

    progress_begin(&progress, before, total, 1000);
    progress_text(&progress, done, 1000 + ms, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void it_says_how_far_how_fast_and_how_long(void **state)
{
    (void)state;
    check_text(0, 0, 100000, 0, "0 of 100,000 (0 %)");
    check_text(0, 12345, 100000, 500, "12,345 of 100,000 (12 %)"); /* too early for a rate */
    check_text(0, 20000, 100000, 10000, "20,000 of 100,000 (20 %), 2,000/s, 40 s left");
    check_text(10000, 20000, 100000, 10000, "20,000 of 100,000 (20 %), 1,000/s, 1 min 20 s left");
    check_text(0, 100000, 100000, 10000, "100,000 of 100,000 (100 %), 10,000/s");
    check_text(0, 0, 100000, 10000, "0 of 100,000 (0 %), 0/s");
    check_text(0, 5000, 0, 2000, "5,000, 2,500/s");
    check_text(0, 200, 100, 2000, "200 of 100 (100 %), 100/s");
}

static void a_small_room_is_not_left(void **state)
{
    struct progress progress;
    char text[64];

    (void)state;
    progress_begin(&progress, 0, UINT64_MAX, 0);
    for (size_t size = 1; size < sizeof(text); size++) {
        memset(text, '#', sizeof(text));
        progress_text(&progress, UINT64_MAX / 200, 5000, text, size);
        assert_true(memchr(text, '\0', size) != NULL);
        assert_int_equal(text[size], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_groups),
        cmocka_unit_test(durations_are_as_long_as_they_are),
        cmocka_unit_test(it_says_how_far_how_fast_and_how_long),
        cmocka_unit_test(a_small_room_is_not_left),
    };

    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
