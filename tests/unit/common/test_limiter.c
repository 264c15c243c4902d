/*
 * test_limiter.c - rates hold over time, whatever is asked for and when.
 */
#include "common/limiter.h"

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define SECOND 1000000000LL

static void zeroed_limits_nothing(void **state)
{
    struct limiter limiter = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(limiter_take(&limiter, 1000, 1u << 30, 5 * SECOND));
    assert_int_equal(limiter_wait_ns(&limiter, 5 * SECOND), 0);
}

/* Who waits as told gets the rate, within what the burst adds. */
static void rate_holds_for_who_waits_as_told(void **state)
{
    static const struct {
        double lines, bytes;
        unsigned size;
        double expected; /* lines a second */
    } cases[] = {{1000, 0, 100, 1000}, {0, 100000, 100, 1000}, {1000, 50000, 100, 500},
                 {10, 0, 1, 10},       {0.5, 0, 1, 0.5},       {1000000, 0, 1, 1000000},
                 {0, 1000, 5000, 0.2}, {3, 1e9, 1000, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct limiter limiter;
        int64_t start = 7 * SECOND, now = start, length = 100 * SECOND;
        unsigned long passed = 0, asked = 0;
        double expected = cases[i].expected * 100, burst = cases[i].expected / 10 + 1;

        limiter_init(&limiter, cases[i].lines, cases[i].bytes, 0.1, now);
        while (now < start + length) {
            asked++;
            if (limiter_take(&limiter, 1, cases[i].size, now))
                passed++;
            else
                now += limiter_wait_ns(&limiter, now);
        }
        if ((double)passed < expected * 0.99 - 1 || (double)passed > expected * 1.01 + burst)
            fail_msg("case %zu: %lu passed, expected about %.0f", i, passed, expected);
        if (asked - passed > 5100 + passed) /* it is not asked in vain all the time */
            fail_msg("case %zu: asked %lu times", i, asked);
    }
}

static void no_more_than_the_burst_comes_at_once(void **state)
{
    struct limiter limiter;
    int passed = 0;

    (void)state;
    limiter_init(&limiter, 100, 0, 2, 0);
    while (limiter_take(&limiter, 1, 0, 3600 * SECOND))
        passed++;
    assert_int_equal(passed, 200);
}

static void large_request_passes_and_is_paid_for_afterwards(void **state)
{
    struct limiter limiter;

    (void)state;
    limiter_init(&limiter, 100, 0, 1, 0);
    assert_true(limiter_take(&limiter, 1100, 0, 0));
    assert_false(limiter_take(&limiter, 1, 0, 9 * SECOND));
    assert_in_range(limiter_wait_ns(&limiter, 9 * SECOND), SECOND, SECOND + SECOND / 10);
    assert_true(limiter_take(&limiter, 1, 0, 10 * SECOND + SECOND / 10));
}

static void what_is_given_back_may_pass(void **state)
{
    struct limiter limiter;

    (void)state;
    limiter_init(&limiter, 1, 0, 1, 0);
    assert_true(limiter_take(&limiter, 1, 0, 0));
    assert_false(limiter_take(&limiter, 1, 0, 0));
    limiter_give_back(&limiter, 1, 0);
    assert_true(limiter_take(&limiter, 1, 0, 0));
}

/* A clock that is asked in any order gives nothing for free. */
static void random_demand_never_exceeds_the_rate(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 200; round++) {
        double rate = 1 + rng_below(&rng, 10000), burst_s = 0.01 + rng_below(&rng, 300) / 100.0;
        unsigned most = 1 + rng_below(&rng, 50);
        struct limiter limiter;
        int64_t now = 0;
        double passed = 0;

        limiter_init(&limiter, rate, 0, burst_s, now);
        for (int i = 0; i < 3000; i++) {
            unsigned lines = 1 + rng_below(&rng, most);

            now += rng_below(&rng, 20000000);
            if (limiter_take(&limiter, lines, 0, now - rng_below(&rng, 1000)))
                passed += lines;
        }
        assert_true(passed <= rate * ((double)now / SECOND + burst_s) + most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_limits_nothing),
        cmocka_unit_test(rate_holds_for_who_waits_as_told),
        cmocka_unit_test(no_more_than_the_burst_comes_at_once),
        cmocka_unit_test(large_request_passes_and_is_paid_for_afterwards),
        cmocka_unit_test(what_is_given_back_may_pass),
        cmocka_unit_test(random_demand_never_exceeds_the_rate),
    };

    return cmocka_run_group_tests_name("limiter", tests, NULL, NULL);
}
