#include "indexer/index_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/metrics.h"
#include "common/record.h"

#define DAY_MS     86400000
#define A_TIME_S   1795262400 /* 2026-11-21T12:00:00Z */
#define OTHER_TIME 1000       /* ms: 1970-01-01 */

static struct arena arena;
static struct record record;
static struct index_names names;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 16, 1 << 20);
    record_init(&record, &arena);
    index_names_init(&names, "logs");
    index_names_start(&names, &arena);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void set(const char *dataset, int64_t s)
{
    record_clear(&record);
    record_set_text(&record, FIELD_EVENT_DATASET, slice_of(dataset));
    record_set_time(&record, FIELD_TIMESTAMP, (struct timestamp){s, 999999999});
}

static struct slice name(void)
{
    struct slice out = {NULL, 0};

    assert_true(index_name(&names, &record, OTHER_TIME, &out));
    return out;
}

static void expect_name(const char *expected)
{
    struct slice out = name();

    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
}

static void expect_dataset(const char *dataset, const char *expected)
{
    char text[200];

    set(dataset, A_TIME_S);
    snprintf(text, sizeof(text), "logs-%.64s-2026.11.21", expected);
    expect_name(text);
}

static double unknown_count(void)
{
    return metric_value(metrics_counter("indexer_dataset_unknown_total", NULL, ""));
}

static void name_is_prefix_dataset_and_day(void **state)
{
    (void)state;
    expect_dataset("apache.access", "apache.access");
    expect_dataset("nginx-error_2", "nginx-error_2");
}

static void dataset_is_sanitised(void **state)
{
    (void)state;
    expect_dataset("Apache.ACCESS", "apache.access");
    expect_dataset("a b/c*d?e\"f\\g,h#i:j|k<l>m", "a_b_c_d_e_f_g_h_i_j_k_l_m");
    expect_dataset("caf\xc3\xa9", "caf__");
    expect_dataset("-_+.x", "x");
    expect_dataset("../../etc/passwd", "etc_passwd");
    expect_dataset("a..b", "a..b");
}

static void dataset_is_at_most_64_bytes(void **state)
{
    char text[200];

    (void)state;
    memset(text, 'x', 64);
    text[64] = '\0';
    expect_dataset(text, text);
    strncpy(text + 64, "yyyy", 5);
    expect_dataset(text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void unusable_dataset_is_unknown_and_counted(void **state)
{
    static const char *const bad[] = {"", "-", "..", "_+.-", "\xff\xfe", "  "};
    double before = unknown_count();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_dataset(bad[i], "unknown");
    assert_int_equal((int)(unknown_count() - before), (int)(sizeof(bad) / sizeof(bad[0])));
}

static void missing_dataset_is_unknown(void **state)
{
    (void)state;
    record_set_time(&record, FIELD_TIMESTAMP, (struct timestamp){A_TIME_S, 0});
    expect_name("logs-unknown-2026.11.21");
}

static void day_is_that_of_utc(void **state)
{
    (void)state;
    set("x", 1795219200 - 1);
    expect_name("logs-x-2026.11.20");
    set("x", 1795219200);
    expect_name("logs-x-2026.11.21");
    set("x", 951782400); /* a leap day */
    expect_name("logs-x-2000.02.29");
    set("x", -1);
    expect_name("logs-x-1969.12.31");
}

static void decoded_record_is_read(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(record_decode(&record,
                                   SLICE("{\"@timestamp\":\"2026-11-21T23:59:59.999+01:00\","
                                         "\"event\":{\"dataset\":\"ng\\u0069nx.access\"}}"),
                                   &err),
                     OK);
    expect_name("logs-nginx.access-2026.11.21");
}

static void without_timestamp_the_fallback_counts(void **state)
{
    struct slice out;

    (void)state;
    record_set_text(&record, FIELD_EVENT_DATASET, SLICE("x"));
    expect_name("logs-x-1970.01.01");
    assert_true(index_name(&names, &record, 3 * (int64_t)DAY_MS, &out));
    assert_memory_equal(out.data, "logs-x-1970.01.04", out.len);
}

static void impossible_times_do_no_harm(void **state)
{
    struct slice out;

    (void)state;
    set("x", INT64_MAX / 2);
    expect_name("logs-x-1970.01.01");
    set("x", INT64_MIN / 2);
    expect_name("logs-x-1970.01.01");
    record_drop(&record, FIELD_TIMESTAMP);
    assert_true(index_name(&names, &record, INT64_MAX, &out));
    assert_memory_equal(out.data, "logs-x-1970.01.01", out.len);
}

static void equal_names_are_shared_within_a_batch(void **state)
{
    struct slice first, second;

    (void)state;
    set("x", A_TIME_S);
    first = name();
    set("X", A_TIME_S + 60);
    second = name();
    assert_ptr_equal(first.data, second.data);
}

static void different_names_are_never_mixed_up(void **state)
{
    char dataset[32], expected[64];

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(dataset, sizeof(dataset), "d%d", i);
            snprintf(expected, sizeof(expected), "logs-d%d-2026.11.%02d", i, 21 + i % 5);
            set(dataset, A_TIME_S + (i % 5) * 86400);
            expect_name(expected);
        }
    }
}

static void a_new_batch_has_names_of_its_own(void **state)
{
    struct arena other;

    (void)state;
    set("x", A_TIME_S);
    name();
    arena_init(&other, 1 << 12, 1 << 16);
    index_names_start(&names, &other);
    arena_release(&arena); /* what was made there must not be used again */
    arena_init(&arena, 1 << 12, 1 << 16);
    expect_name("logs-x-2026.11.21");
    arena_release(&other);
}

static void full_arena_is_reported(void **state)
{
    struct arena tiny;
    struct slice out;

    (void)state;
    arena_init(&tiny, 8, 8);
    index_names_start(&names, &tiny);
    set("x", A_TIME_S);
    assert_false(index_name(&names, &record, 0, &out));
    arena_release(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(name_is_prefix_dataset_and_day, start, stop),
        cmocka_unit_test_setup_teardown(dataset_is_sanitised, start, stop),
        cmocka_unit_test_setup_teardown(dataset_is_at_most_64_bytes, start, stop),
        cmocka_unit_test_setup_teardown(unusable_dataset_is_unknown_and_counted, start, stop),
        cmocka_unit_test_setup_teardown(missing_dataset_is_unknown, start, stop),
        cmocka_unit_test_setup_teardown(day_is_that_of_utc, start, stop),
        cmocka_unit_test_setup_teardown(decoded_record_is_read, start, stop),
        cmocka_unit_test_setup_teardown(without_timestamp_the_fallback_counts, start, stop),
        cmocka_unit_test_setup_teardown(impossible_times_do_no_harm, start, stop),
        cmocka_unit_test_setup_teardown(equal_names_are_shared_within_a_batch, start, stop),
        cmocka_unit_test_setup_teardown(different_names_are_never_mixed_up, start, stop),
        cmocka_unit_test_setup_teardown(a_new_batch_has_names_of_its_own, start, stop),
        cmocka_unit_test_setup_teardown(full_arena_is_reported, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
