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

    assert_int_equal(index_name(&names, &record, OTHER_TIME, OTHER_TIME, &out), OK);
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
    assert_int_equal(index_name(&names, &record, 3 * (int64_t)DAY_MS, 0, &out), OK);
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
    assert_int_equal(index_name(&names, &record, INT64_MAX, OTHER_TIME, &out), OK);
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

static void only_datasets_that_are_listed_have_indices(void **state)
{
    static char *const listed[] = {(char *)(uintptr_t) "apache.access", (char *)(uintptr_t) "a_b"};
    double before = unknown_count();

    (void)state;
    names.datasets = listed;
    names.dataset_count = 2;
    expect_dataset("Apache.Access", "apache.access");
    expect_dataset("a b", "a_b");
    expect_dataset("apache.acces", "unknown");
    expect_dataset("apache.access2", "unknown");
    assert_int_equal((int)(unknown_count() - before), 2);
}

static bool is_tagged(void)
{
    char room[4096];
    uint64_t invalid = 0;
    size_t len = record_encode(&record, room, &invalid);
    bool tagged = memmem(room, len, "clock_skew", 10);

    return tagged;
}

/* A record of `record_s`, in a message of `message_s`, read at `now_s`. */
static void expect_skew(int64_t record_s, int64_t message_s, int64_t now_s, const char *expected,
                        bool tagged)
{
    struct slice out;

    set("x", record_s);
    assert_int_equal(index_name(&names, &record, message_s * 1000, now_s * 1000, &out), OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    assert_int_equal(is_tagged(), tagged);
}

static void records_far_ahead_go_to_the_day_of_their_arrival(void **state)
{
    const int64_t day = 86400;

    (void)state;
    names.max_future_ms = 86400000;
    expect_skew(A_TIME_S + day, A_TIME_S, A_TIME_S, "logs-x-2026.11.22", false);
    expect_skew(A_TIME_S + day + 1, A_TIME_S, A_TIME_S, "logs-x-2026.11.21", true);
    /* Whenever it is read, it is the same. */
    expect_skew(A_TIME_S + 10 * day, A_TIME_S, A_TIME_S + 9 * day, "logs-x-2026.11.21", true);
    expect_skew(A_TIME_S + 10 * day, A_TIME_S, A_TIME_S + 90 * day, "logs-x-2026.11.21", true);
    /* Old logs are no matter of clocks. */
    expect_skew(A_TIME_S - 1000 * day, A_TIME_S, A_TIME_S, "logs-x-2024.02.25", false);
    /* A producer that gives Kafka the event's time. */
    expect_skew(A_TIME_S + 10 * day, A_TIME_S + 10 * day, A_TIME_S, "logs-x-2026.11.21", true);
    expect_skew(253402300799, A_TIME_S, A_TIME_S, "logs-x-2026.11.21", true);
}

static void more_new_names_than_an_hour_may_have_are_refused(void **state)
{
    struct slice out;

    (void)state;
    names.new_max = 3;
    for (int i = 0; i < 10; i++) {
        set("guarded", A_TIME_S + 86400 * i);
        assert_int_equal(index_name(&names, &record, 0, 7200000, &out), i < 3 ? OK : REJECT);
        assert_int_equal(index_name(&names, &record, 0, 7200000, &out), i < 3 ? OK : REJECT);
    }
}

static void full_arena_is_reported(void **state)
{
    struct arena tiny;
    struct slice out;

    (void)state;
    arena_init(&tiny, 8, 8);
    index_names_start(&names, &tiny);
    set("x", A_TIME_S);
    assert_int_equal(index_name(&names, &record, 0, 0, &out), FATAL);
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
        cmocka_unit_test_setup_teardown(only_datasets_that_are_listed_have_indices, start, stop),
        cmocka_unit_test_setup_teardown(records_far_ahead_go_to_the_day_of_their_arrival, start,
                                        stop),
        cmocka_unit_test_setup_teardown(more_new_names_than_an_hour_may_have_are_refused, start,
                                        stop),
        cmocka_unit_test_setup_teardown(full_arena_is_reported, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
