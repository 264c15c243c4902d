#include "common/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect_next(struct backoff *backoff, int64_t ceiling_ms)
{
    int64_t pause_ms = backoff_next_ms(backoff);

    assert_in_range(pause_ms, ceiling_ms - ceiling_ms / 2, ceiling_ms);
}

static void pauses_double_up_to_the_ceiling(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 100, 1000, 1);
    expect_next(&backoff, 100);
    expect_next(&backoff, 200);
    expect_next(&backoff, 400);
    expect_next(&backoff, 800);
    expect_next(&backoff, 1000);
    expect_next(&backoff, 1000);
}

static void reset_starts_anew(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 100, 1000, 1);
    for (int i = 0; i < 10; i++)
        backoff_next_ms(&backoff);
    backoff_reset(&backoff);
    expect_next(&backoff, 100);
}

static void callers_spread(void **state)
{
    struct backoff a, b;
    int same = 0;

    (void)state;
    backoff_init(&a, 1000, 1000, 1);
    backoff_init(&b, 1000, 1000, 2);
    for (int i = 0; i < 100; i++)
        same += backoff_next_ms(&a) == backoff_next_ms(&b);
    assert_in_range(same, 0, 10);
}

static void both_ends_of_the_jitter_are_reached(void **state)
{
    struct backoff backoff;
    int64_t pause_ms, least = 100, most = 0;

    (void)state;
    backoff_init(&backoff, 10, 10, 7);
    for (int i = 0; i < 1000; i++) {
        pause_ms = backoff_next_ms(&backoff);
        least = pause_ms < least ? pause_ms : least;
        most = pause_ms > most ? pause_ms : most;
    }
    assert_int_equal(least, 5);
    assert_int_equal(most, 10);
}

static void huge_limits_do_not_overflow(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 1, INT64_MAX, 3);
    for (int i = 0; i < 200; i++)
        assert_true(backoff_next_ms(&backoff) > 0);
}

static void senseless_limits_are_mended(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, 0, -5, 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(backoff_next_ms(&backoff), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_the_ceiling),
        cmocka_unit_test(reset_starts_anew),
        cmocka_unit_test(callers_spread),
        cmocka_unit_test(both_ends_of_the_jitter_are_reached),
        cmocka_unit_test(huge_limits_do_not_overflow),
        cmocka_unit_test(senseless_limits_are_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
