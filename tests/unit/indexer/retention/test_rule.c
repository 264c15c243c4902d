/*
 * test_rule.c - which rule a dataset has, and how old its records may be.
 */
#include "indexer/retention/rule.h"

#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/retention/config.h"
#include "tests/unit/support/check.h"

#define DAY_MS  ((int64_t)86400000)
#define HOUR_MS ((int64_t)3600000)

static struct retention_rule rules[] = {
    {.dataset = (char *)"apache.access", .max_age_ms = 90 * DAY_MS},
    {.dataset = (char *)"apache.*", .max_age_ms = 30 * DAY_MS},
    {.dataset = (char *)"audit"},
    {.dataset = (char *)"app-?", .max_age_ms = 1}, /* below what the configuration allows */
};

static const struct retention_config config = {
    .enabled = true,
    .rest = {.max_age_ms = 10 * DAY_MS + 12 * HOUR_MS},
    .datasets = rules,
    .dataset_count = ARRAY_LEN(rules),
};

static void first_rule_that_fits_counts(void **state)
{
    (void)state;
    assert_ptr_equal(retention_rule_of(&config, "apache.access"), &rules[0]);
    assert_ptr_equal(retention_rule_of(&config, "apache.error"), &rules[1]);
    assert_ptr_equal(retention_rule_of(&config, "apache."), &rules[1]);
    assert_ptr_equal(retention_rule_of(&config, "apache"), &config.rest);
    assert_ptr_equal(retention_rule_of(&config, "audit"), &rules[2]);
    assert_ptr_equal(retention_rule_of(&config, "audit2"), &config.rest);
    assert_ptr_equal(retention_rule_of(&config, "app-1"), &rules[3]);
    assert_ptr_equal(retention_rule_of(&config, "app-12"), &config.rest);
}

/* A day stays until its last moment has the age. */
static void oldest_day_is_the_one_that_the_age_reaches_into(void **state)
{
    int64_t today = civil_days(2026, 11, 21), midnight_ms = today * DAY_MS;

    (void)state;
    assert_int_equal(retention_oldest_day(&config, "apache.access", midnight_ms), today - 90);
    assert_int_equal(retention_oldest_day(&config, "apache.access", midnight_ms - 1), today - 91);
    assert_int_equal(retention_oldest_day(&config, "apache.access", midnight_ms + DAY_MS - 1),
                     today - 90);
    assert_int_equal(retention_oldest_day(&config, "x", midnight_ms), today - 11);
    assert_int_equal(retention_oldest_day(&config, "x", midnight_ms + 12 * HOUR_MS - 1),
                     today - 11);
    assert_int_equal(retention_oldest_day(&config, "x", midnight_ms + 12 * HOUR_MS), today - 10);
    assert_true(retention_oldest_day(&config, "audit", midnight_ms) == RETENTION_NO_LIMIT);
    assert_int_equal(retention_oldest_day(&config, "app-1", midnight_ms), today - 2);
    assert_int_equal(retention_oldest_day(&config, "x", 0), -11); /* before 1970 */
}

static void records_of_deleted_days_are_too_old(void **state)
{
    int64_t now_ms = civil_days(2026, 11, 21) * DAY_MS + HOUR_MS;
    struct retention_config off = config;

    (void)state;
    off.enabled = false;
    assert_true(
        retention_is_too_old(&config, "logs", SLICE("logs-apache.access-2026.08.22"), now_ms));
    assert_false(
        retention_is_too_old(&config, "logs", SLICE("logs-apache.access-2026.08.23"), now_ms));
    assert_false(retention_is_too_old(&config, "logs", SLICE("logs-audit-1970.01.01"), now_ms));
    assert_false(retention_is_too_old(&config, "logs", SLICE("logs-x-2999.01.01"), now_ms));
    assert_false(retention_is_too_old(&config, "other", SLICE("logs-x-1970.01.01"), now_ms));
    assert_false(retention_is_too_old(&off, "logs", SLICE("logs-x-1970.01.01"), now_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rule_that_fits_counts),
        cmocka_unit_test(oldest_day_is_the_one_that_the_age_reaches_into),
        cmocka_unit_test(records_of_deleted_days_are_too_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
