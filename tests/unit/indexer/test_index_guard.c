/*
 * test_index_guard.c - how many indices are written to anew.
 */
#include "indexer/index_guard.h"

#include "tests/unit/support/check.h"

#define HOUR_MS INT64_C(3600000)

static bool admit(int number, uint32_t limit, int64_t now_ms)
{
    char name[32];

    snprintf(name, sizeof(name), "logs-x-%d", number);
    return index_guard_admit(slice_of(name), limit, now_ms);
}

static void names_of_the_hour_pass_further_ones_do_not(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(admit(i, 100, HOUR_MS));
    assert_false(admit(100, 100, HOUR_MS));
    for (int i = 0; i < 100; i++)
        assert_true(admit(i, 100, 2 * HOUR_MS - 1));
    assert_false(admit(100, 100, 2 * HOUR_MS - 1));
}

static void the_next_hour_counts_anew(void **state)
{
    (void)state;
    assert_true(admit(100, 100, 2 * HOUR_MS));
    for (int i = 0; i < 99; i++)
        assert_true(admit(i, 100, 2 * HOUR_MS));
    assert_false(admit(99, 100, 2 * HOUR_MS));
}

static void no_limit_is_no_limit(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++)
        assert_true(admit(i, 0, 3 * HOUR_MS));
}

static void many_names_are_told_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_true(admit(i, 100000, 4 * HOUR_MS));
    assert_false(admit(100000, 100000, 4 * HOUR_MS));
    assert_true(admit(4711, 100000, 4 * HOUR_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_hour_pass_further_ones_do_not),
        cmocka_unit_test(the_next_hour_counts_anew),
        cmocka_unit_test(no_limit_is_no_limit),
        cmocka_unit_test(many_names_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
