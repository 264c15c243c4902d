/*
 * test_filter.c - samples of the right size, the same on every reading.
 */
#include "shipper/filter.h"

#include "shipper/config.h"
#include "tests/unit/support/check.h"

#define IDS 20000

static unsigned kept_of(double percent)
{
    struct input_config input = {.sample_percent = &percent};
    struct filter filter;
    unsigned kept = 0;
    char id[32];

    filter_init(&filter, &input);
    for (int i = 0; i < IDS; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        kept += filter_keep(&filter, slice_of(id));
    }
    return kept;
}

static void everything_is_kept_by_default(void **state)
{
    struct filter filter;

    (void)state;
    filter_init(&filter, &(struct input_config){0});
    assert_true(filter_keep(&filter, SLICE("any")));
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
    double few = 10, more = 20;
    struct input_config a = {.sample_percent = &few}, b = {.sample_percent = &more};
    struct filter small, large;
    char id[32];

    (void)state;
    filter_init(&small, &a);
    filter_init(&large, &b);
    for (int i = 0; i < IDS; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        if (filter_keep(&small, slice_of(id)))
            assert_true(filter_keep(&large, slice_of(id)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_kept_by_default),
        cmocka_unit_test(nothing_is_kept_of_zero_percent),
        cmocka_unit_test(sample_has_about_its_size),
        cmocka_unit_test(share_just_below_all_is_no_overflow),
        cmocka_unit_test(larger_sample_holds_the_smaller),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
