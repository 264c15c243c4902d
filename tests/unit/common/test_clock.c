/*
 * test_clock.c - the two clocks.
 */
#include "common/clock.h"

#include <time.h>

#include "tests/unit/support/check.h"

static void monotonic_clock_never_goes_back(void **state)
{
    int64_t last = clock_mono_ns();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t now = clock_mono_ns();

        assert_true(now >= last);
        last = now;
    }
}

static void milliseconds_and_nanoseconds_are_one_clock(void **state)
{
    int64_t before = clock_mono_ms(), ns = clock_mono_ns(), after = clock_mono_ms();

    (void)state;
    assert_true(before <= ns / 1000000 && ns / 1000000 <= after);
}

static void wall_clock_counts_from_1970(void **state)
{
    int64_t before = (int64_t)time(NULL) * 1000, now = clock_wall_ms();

    (void)state;
    assert_true(now >= before - 1000 && now < before + 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_clock_never_goes_back),
        cmocka_unit_test(milliseconds_and_nanoseconds_are_one_clock),
        cmocka_unit_test(wall_clock_counts_from_1970),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
