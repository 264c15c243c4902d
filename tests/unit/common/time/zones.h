/*
 * zones.h - zones by name, opened once for all tests of a program.
 */
#ifndef TESTS_UNIT_COMMON_TIME_ZONES_H
#define TESTS_UNIT_COMMON_TIME_ZONES_H

#include "common/time/zone.h"
#include "tests/unit/support/check.h"

#define TEST_ZONES_MAX 64

static struct time_zone *test_zones[TEST_ZONES_MAX];
static size_t test_zone_count;
static struct time_zones *test_named;

static inline const struct time_zone *zone_of(const char *name)
{
    struct error err;

    for (size_t i = 0; i < test_zone_count; i++)
        if (strcmp(time_zone_name(test_zones[i]), name) == 0)
            return test_zones[i];
    assert_true(test_zone_count < TEST_ZONES_MAX);
    if (time_zone_open(name, &test_zones[test_zone_count], &err))
        fail_msg("%s", err.text);
    return test_zones[test_zone_count++];
}

static inline struct time_zones *named_zones(void)
{
    if (!test_named)
        test_named = time_zones_open();
    assert_non_null(test_named);
    return test_named;
}

static inline int close_zones(void **state)
{
    (void)state;
    while (test_zone_count > 0)
        time_zone_close(test_zones[--test_zone_count]);
    time_zones_close(test_named);
    test_named = NULL;
    return 0;
}

#endif
