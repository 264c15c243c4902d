/*
 * test_query_command.c - times and ranges as people write them on the command line.
 */
#include "common/query_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/scope.h"

#define DAY_MS 86400000
#define NOW_MS 1790000000000 /* 2026-09-21T14:13:20Z */

static const struct query_context context = {.now_ms = NOW_MS};

static void both_ends_are_included(void **state)
{
    static const struct {
        const char *from, *to;
        int64_t from_ms, to_ms;
    } samples[] = {
        {NULL, NULL, INT64_MIN, INT64_MAX},
        {"2026-09-01", NULL, 1788220800000, INT64_MAX},
        {NULL, "2026-09-01", INT64_MIN, 1788220800000 + DAY_MS - 1},
        {"2026-09-01", "2026-09-01", 1788220800000, 1788220800000 + DAY_MS - 1},
        {"2h", "1h", NOW_MS - 7200000, NOW_MS - 3600000},
        {"@1790000000", "@1790000000.5", NOW_MS, NOW_MS + 500},
        {"@1", "@1", 1000, 1000},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        int64_t from_ms = 0, to_ms = 0;

        if (query_command_range(samples[i].from, samples[i].to, &context, &from_ms, &to_ms, &err))
            fail_msg("%zu: %s", i, err.text);
        assert_true(from_ms == samples[i].from_ms);
        assert_true(to_ms == samples[i].to_ms);
    }
}

static void what_is_no_range_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *from, *to, *problem;
    } samples[] = {
        {"yesterdayish", NULL, "--from 'yesterdayish' is not a time"},
        {NULL, "", "--to '' is not a time"},
        {"1h", "2h", "--from is after --to"},
        {"2026-09-02", "2026-09-01", "--from is after --to"},
        {"2026-02-30", NULL, "--from '2026-02-30' is not a time"},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        int64_t from_ms = 1, to_ms = 2;

        assert_int_equal(
            query_command_range(samples[i].from, samples[i].to, &context, &from_ms, &to_ms, &err),
            REJECT);
        assert_non_null(strstr(err.text, samples[i].problem));
        assert_int_equal(from_ms, 1);
        assert_int_equal(to_ms, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_are_included),
        cmocka_unit_test(what_is_no_range_is_refused_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
