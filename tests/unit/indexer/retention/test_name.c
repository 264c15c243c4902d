/*
 * test_name.c - the names of indices: ours, others', and those that look like ours.
 */
#include "indexer/retention/name.h"

#include "common/scope.h"
#include "common/timestamp.h"
#include "tests/unit/support/check.h"

static void expect_day(const char *name, const char *prefix, const char *dataset, int64_t day)
{
    struct index_day found;

    if (!index_day_parse(slice_of(name), prefix, &found))
        fail_msg("'%s' was not understood", name);
    assert_string_equal(found.dataset, dataset);
    assert_int_equal(found.day, day);
}

static void names_of_days_are_understood(void **state)
{
    (void)state;
    expect_day("logs-apache.access-2026.11.21", "logs", "apache.access", civil_days(2026, 11, 21));
    expect_day("logs-a-2026.11.21", "logs", "a", civil_days(2026, 11, 21));
    expect_day("logs-with-dashes-and.dots_x-1970.01.01", "logs", "with-dashes-and.dots_x", 0);
    expect_day("logs-2026.11.20-2026.11.21", "logs", "2026.11.20", civil_days(2026, 11, 21));
    expect_day("my-logs-app-2024.02.29", "my-logs", "app", civil_days(2024, 2, 29));
    expect_day("logs-app-9999.12.31", "logs", "app", civil_days(9999, 12, 31));
    expect_day("logs-app-0001.01.01", "logs", "app", civil_days(1, 1, 1));
    /* Whose they are, the mark in the mapping says. */
    expect_day("logs-eu-app-2026.11.21", "logs", "eu-app", civil_days(2026, 11, 21));
}

static void other_names_are_not_ours(void **state)
{
    static const char *const names[] = {
        "",
        "logs",
        "logs-",
        "logs-2026.11.21",
        "logs--2026.11.21",
        "logs-app",
        "logs-app-",
        "logs-app-2026.11",
        "logs-app-2026.11.2",
        "logs-app-2026.11.211",
        "logs-app-2026.11.21-extra",
        "logs-foo-2026.11.21-000001",
        "logs-app-2026-11-21",
        "logs-app-2026.13.01",
        "logs-app-2026.00.01",
        "logs-app-2026.11.00",
        "logs-app-2026.11.31",
        "logs-app-2026.02.29",
        "logs-app-2026.1a.01",
        "logs-app-+026.11.01",
        "logs-app2026.11.21",
        "logs_app-2026.11.21",
        "log-app-2026.11.21",
        "xlogs-app-2026.11.21",
        "LOGS-app-2026.11.21",
        "logs-App-2026.11.21",
        "logs-.app-2026.11.21",
        "logs-_app-2026.11.21",
        "logs-a*-2026.11.21",
        "logs-a b-2026.11.21",
        "logs-a,b-2026.11.21",
        "restored-logs-app-2026.11.21",
        ".ds-logs-app-2026.11.21-000001",
        "kept-logs-app-2026.11",
        "logs-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2026.11.21",
    };
    struct index_day found;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (index_day_parse(slice_of(names[i]), "logs", &found))
            fail_msg("'%s' was taken for ours", names[i]);
}

static void names_of_kept_months_are_printed_and_understood(void **state)
{
    struct index_day day = {"with-dashes.x", civil_days(2026, 2, 28)}, found;
    char name[KEPT_NAME_MAX];

    (void)state;
    kept_name_print("kept", "my-logs", &day, name);
    assert_string_equal(name, "kept-my-logs-with-dashes.x-2026.02");
    assert_true(kept_name_parse(slice_of(name), "kept", "my-logs", &found));
    assert_string_equal(found.dataset, day.dataset);
    assert_int_equal(found.day, civil_days(2026, 2, 1));
    assert_false(kept_name_parse(slice_of(name), "kept", "logs", &found));
    assert_false(kept_name_parse(slice_of(name), "other", "my-logs", &found));
    assert_false(kept_name_parse(SLICE("kept-logs-2026.02"), "kept", "logs", &found));
    assert_false(kept_name_parse(SLICE("kept-logs-a-2026.13"), "kept", "logs", &found));
    assert_false(kept_name_parse(SLICE("kept-logs-a-2026.02-x"), "kept", "logs", &found));
    assert_int_equal(month_end(civil_days(2024, 2, 1)), civil_days(2024, 3, 1));
    assert_int_equal(month_end(civil_days(2026, 12, 31)), civil_days(2027, 1, 1));
}

/* Every name that the indexer makes is understood, and gives what it was made of. */
static void names_that_are_made_are_understood(void **state)
{
    static const char chars[] = "abcxyz0189._-";
    unsigned seed = 20261121;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char dataset[INDEX_DATASET_MAX + 1], date[11], name[200];
        size_t len = 1 + (size_t)rand_r(&seed) % INDEX_DATASET_MAX;
        int64_t day = rand_r(&seed) % 2932896;

        dataset[0] = "abc0189"[rand_r(&seed) % 7];
        for (size_t i = 1; i < len; i++)
            dataset[i] = chars[(size_t)rand_r(&seed) % (sizeof(chars) - 1)];
        dataset[len] = '\0';
        timestamp_print_day((struct timestamp){day * 86400, 0}, date);
        snprintf(name, sizeof(name), "logs-%s-%s", dataset, date);
        expect_day(name, "logs", dataset, day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_days_are_understood),
        cmocka_unit_test(other_names_are_not_ours),
        cmocka_unit_test(names_of_kept_months_are_printed_and_understood),
        cmocka_unit_test(names_that_are_made_are_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
