/*
 * test_sample.c - samples of the right size, the same on every reading.
 */
#include "shipper/process/sample.h"

#include "tests/unit/support/check.h"

#define IDS 20000

static unsigned kept_of(double percent)
{
    struct sample sample;
    unsigned kept = 0;
    char id[32];

    sample_init(&sample, percent);
    for (int i = 0; i < IDS; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        kept += sample_has(&sample, slice_of(id));
    }
    return kept;
}

static void everything_is_in_a_sample_of_all(void **state)
{
    struct sample sample;

    (void)state;
    sample_init(&sample, 100);
    assert_true(sample_has(&sample, SLICE("any")));
    assert_int_equal(kept_of(100), IDS);
}

static void nothing_is_kept_of_zero_percent(void **state)
{
    (void)state;
    assert_int_equal(kept_of(0), 0);
}

static void sample_has_about_its_size(void **state)
{
    static const double percents[] = {1, 10, 50, 90, 99.9};

    (void)state;
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double expected = percents[i] / 100 * IDS;

        assert_in_range(kept_of(percents[i]), (unsigned)(expected - 300 > 0 ? expected - 300 : 0),
                        (unsigned)(expected + 300));
    }
}

static void share_just_below_all_is_no_overflow(void **state)
{
    (void)state;
    assert_in_range(kept_of(99.99999999999999), IDS - 1, IDS);
}

static void larger_sample_holds_the_smaller(void **state)
{
    struct sample small, large;
    char id[32];

    (void)state;
    sample_init(&small, 10);
    sample_init(&large, 20);
    for (int i = 0; i < IDS; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        if (sample_has(&small, slice_of(id)))
            assert_true(sample_has(&large, slice_of(id)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_in_a_sample_of_all),
        cmocka_unit_test(nothing_is_kept_of_zero_percent),
        cmocka_unit_test(sample_has_about_its_size),
        cmocka_unit_test(share_just_below_all_is_no_overflow),
        cmocka_unit_test(larger_sample_holds_the_smaller),
    };

    return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
