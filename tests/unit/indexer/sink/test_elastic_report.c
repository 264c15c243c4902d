#include "indexer/sink/elastic_report.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/health.h"
#include "common/metrics.h"

#define MINUTE_MS 60000
#define THREADS   4

static struct breaker breaker;

static int start(void **state)
{
    (void)state;
    elastic_report_setup();
    elastic_report_setup();
    breaker_init(&breaker, &(struct breaker_options){.failures_in_row = 2, .pause_ms = 1000});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    breaker_release(&breaker);
    return 0;
}

static void expect_ready(bool ready, const char *mentions)
{
    struct buf json = BUF_INIT(4096);

    assert_int_equal(health_ready(&json), ready);
    assert_non_null(strstr(buf_str(&json), mentions));
    buf_release(&json);
}

static int gauge(void)
{
    return (int)metric_value(metrics_gauge("indexer_elasticsearch_breaker_state", NULL, ""));
}

static void readiness_follows_the_breaker(void **state)
{
    int64_t wait_ms;

    (void)state;
    elastic_report_success(&breaker, 0);
    expect_ready(true, "elasticsearch");
    elastic_report_failure(&breaker, 0, "why 1");
    expect_ready(true, "elasticsearch");
    assert_int_equal(gauge(), 0);
    elastic_report_failure(&breaker, 0, "why 2");
    expect_ready(false, "why 2");
    assert_int_equal(gauge(), 2);
    assert_false(elastic_report_allow(&breaker, 999, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(elastic_report_allow(&breaker, 1000, &wait_ms));
    assert_int_equal(gauge(), 1);
    elastic_report_success(&breaker, 1000);
    expect_ready(true, "elasticsearch");
    assert_int_equal(gauge(), 0);
}

static void a_trip_opens_at_once(void **state)
{
    (void)state;
    elastic_report_trip(&breaker, 0, "wrong password");
    expect_ready(false, "wrong password");
    assert_int_equal(gauge(), 2);
}

static void metrics_are_there_before_anything_happens(void **state)
{
    static const char *const names[] = {
        "elasticsearch_errors_total{class=\"auth\"} 0\n",
        "elasticsearch_errors_total{class=\"dlq_flood\"} 0\n",
        "indexer_elasticsearch_requests_total{result=\"ok\"} 0\n",
        "indexer_elasticsearch_request_seconds_count 0\n",
        "indexer_bulk_documents_total{result=\"created\"} 0\n",
    };
    struct buf text = BUF_INIT(1 << 16);

    (void)state;
    metrics_write(&text);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(buf_str(&text), names[i]));
    buf_release(&text);
}

static void quota_is_by_the_minute(void **state)
{
    struct elastic_quota quota = {0};

    (void)state;
    for (int64_t minute = 0; minute < 3; minute++) {
        assert_true(elastic_quota_take(&quota, 2, minute * MINUTE_MS));
        assert_true(elastic_quota_take(&quota, 2, minute * MINUTE_MS + MINUTE_MS - 1));
        assert_false(elastic_quota_take(&quota, 2, minute * MINUTE_MS + MINUTE_MS - 1));
    }
}

static void quota_of_zero_is_none(void **state)
{
    struct elastic_quota quota = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(elastic_quota_take(&quota, 0, 5));
}

static void *take_many(void *quota)
{
    uintptr_t taken = 0;

    for (int i = 0; i < 10000; i++)
        taken += elastic_quota_take(quota, 12345, 5);
    return (void *)taken; /* NOLINT: a number */
}

static void quota_is_exact_over_threads(void **state)
{
    struct elastic_quota quota = {0};
    pthread_t threads[THREADS];
    uintptr_t total = 0;
    void *taken;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &quota), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &taken);
        total += (uintptr_t)taken;
    }
    assert_int_equal(total, 12345);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(metrics_are_there_before_anything_happens),
        TEST(readiness_follows_the_breaker),
        TEST(a_trip_opens_at_once),
        TEST(quota_is_by_the_minute),
        TEST(quota_of_zero_is_none),
        TEST(quota_is_exact_over_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
