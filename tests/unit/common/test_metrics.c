#include "common/metrics.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const double bounds[] = {0.005, 0.1, 2.5};

/* Is `text` in the output, at the beginning of a line? */
static void expect_output(const char *text)
{
    scoped_buf struct buf out = BUF_INIT(1 << 20);
    char line[1024];

    buf_add_char(&out, '\n');
    metrics_write(&out);
    snprintf(line, sizeof(line), "\n%s\n", text);
    if (!strstr(buf_str(&out), line))
        fail_msg("not found:%sin:%s", line, buf_str(&out));
}

static size_t count_output(const char *text)
{
    scoped_buf struct buf out = BUF_INIT(1 << 20);
    size_t count = 0;

    metrics_write(&out);
    for (const char *at = buf_str(&out); (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void counters_add_up(void **state)
{
    struct metric *metric = metrics_counter("t_lines_total", NULL, "Lines.");

    (void)state;
    metric_add(metric, 2);
    metric_add(metric, 40);
    assert_float_equal(metric_value(metric), 42, 0);
    expect_output("# HELP t_lines_total Lines.\n# TYPE t_lines_total counter\nt_lines_total 42");
}

static void gauges_are_set_and_shifted(void **state)
{
    struct metric *metric = metrics_gauge("t_lag", NULL, "Lag.");

    (void)state;
    metric_set(metric, 10.25);
    metric_shift(metric, -0.5);
    assert_float_equal(metric_value(metric), 9.75, 0);
    expect_output("# TYPE t_lag gauge\nt_lag 9.75");
}

static void same_name_and_labels_are_one_series(void **state)
{
    struct metric *metric = metrics_counter("t_same_total", "a=\"1\"", "x");

    (void)state;
    assert_ptr_equal(metrics_counter("t_same_total", "a=\"1\"", "x"), metric);
    assert_ptr_not_equal(metrics_counter("t_same_total", "a=\"2\"", "x"), metric);
    assert_ptr_not_equal(metrics_counter("t_same_total", NULL, "x"), metric);
}

static void series_of_a_name_stand_together_under_one_help(void **state)
{
    struct metric *first = metrics_counter("t_reason_total", "reason=\"a\"", "Why.");

    (void)state;
    metrics_counter("t_between_total", NULL, "Between.");
    metric_add(metrics_counter("t_reason_total", "reason=\"b\"", "Why."), 2);
    metric_add(first, 1);
    expect_output("# HELP t_reason_total Why.\n# TYPE t_reason_total counter\n"
                  "t_reason_total{reason=\"a\"} 1\nt_reason_total{reason=\"b\"} 2");
    assert_int_equal(count_output("# HELP t_reason_total"), 1);
}

static void histogram_buckets_are_cumulative(void **state)
{
    struct metric *metric = metrics_histogram("t_seconds", NULL, "Time.", bounds, 3);
    static const double values[] = {0.005, 0.01, 0.1, 1, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        metric_observe(metric, values[i]);
    assert_float_equal(metric_value(metric), 5, 0);
    expect_output("# TYPE t_seconds histogram\n"
                  "t_seconds_bucket{le=\"0.005\"} 1\nt_seconds_bucket{le=\"0.1\"} 3\n"
                  "t_seconds_bucket{le=\"2.5\"} 4\nt_seconds_bucket{le=\"+Inf\"} 5\n"
                  "t_seconds_sum 101.115\nt_seconds_count 5");
}

static void histogram_keeps_its_labels(void **state)
{
    (void)state;
    metric_observe(metrics_histogram("t_part_seconds", "part=\"x\"", "Time.", bounds, 1), 1);
    expect_output("t_part_seconds_bucket{part=\"x\",le=\"0.005\"} 0\n"
                  "t_part_seconds_bucket{part=\"x\",le=\"+Inf\"} 1\n"
                  "t_part_seconds_sum{part=\"x\"} 1\nt_part_seconds_count{part=\"x\"} 1");
}

static void not_a_number_is_not_observed(void **state)
{
    struct metric *metric = metrics_histogram("t_nan_seconds", NULL, "Time.", bounds, 3);

    (void)state;
    metric_observe(metric, NAN);
    assert_float_equal(metric_value(metric), 0, 0);
}

static void special_values_are_spelt_as_prometheus_does(void **state)
{
    struct metric *metric = metrics_gauge("t_special", NULL, "x");

    (void)state;
    metric_set(metric, INFINITY);
    expect_output("t_special +Inf");
    metric_set(metric, -INFINITY);
    expect_output("t_special -Inf");
    metric_set(metric, NAN);
    expect_output("t_special NaN");
    metric_set(metric, 0.1 + 0.2);
    expect_output("t_special 0.30000000000000004");
    metric_set(metric, 0.1);
    expect_output("t_special 0.1");
}

static void label_values_are_escaped_and_kept_once(void **state)
{
    const char *label = metrics_label("path", "a\"b\\c\nd");

    (void)state;
    assert_string_equal(label, "path=\"a\\\"b\\\\c\\nd\"");
    assert_ptr_equal(metrics_label("path", "a\"b\\c\nd"), label);
}

static void help_is_escaped(void **state)
{
    (void)state;
    metrics_gauge("t_help", NULL, "a \"b\"\nc\\");
    expect_output("# HELP t_help a \"b\"\\nc\\\\");
}

static void set_by_collect(void *arg)
{
    metric_shift(arg, 1);
}

static void collects_are_called_before_output_until_removed(void **state)
{
    struct metric *metric = metrics_gauge("t_collected", NULL, "x");

    (void)state;
    metrics_on_collect(set_by_collect, metric);
    expect_output("t_collected 1");
    expect_output("t_collected 2");
    metrics_remove_collect(set_by_collect, metric);
    expect_output("t_collected 2");
}

static void *change(void *arg)
{
    struct metric **metrics = arg;

    for (int i = 0; i < 10000; i++) {
        metric_add(metrics[0], 1);
        metric_shift(metrics[1], 1);
        metric_observe(metrics[2], 1);
    }
    return NULL;
}

static void no_change_is_lost_among_threads_and_outputs(void **state)
{
    struct metric *metrics[] = {metrics_counter("t_threads_total", NULL, "x"),
                                metrics_gauge("t_threads", NULL, "x"),
                                metrics_histogram("t_threads_seconds", NULL, "x", bounds, 3)};
    pthread_t threads[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, change, metrics), 0);
    for (int i = 0; i < 10; i++)
        count_output("x");
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++)
        assert_float_equal(metric_value(metrics[i]), 30000, 0);
    expect_output("t_threads_seconds_sum 30000");
}

/* Runs last: it fills the registry. */
static void too_many_series_share_one_that_is_not_printed(void **state)
{
    struct metric *metric = NULL;
    char value[16];

    (void)state;
    for (int i = 0; i < 2100; i++) {
        snprintf(value, sizeof(value), "%d", i);
        metric = metrics_counter("t_many_total", metrics_label("i", value), "x");
        metric_add(metric, 1);
    }
    assert_ptr_equal(metrics_counter("t_one_more_total", NULL, "x"), metric);
    assert_int_equal(count_output("t_one_more_total"), 0);
    metric_observe(metrics_histogram("t_last_seconds", NULL, "x", bounds, 3), 1);
    metric_set(metrics_gauge("t_last", NULL, "x"), 1);
    assert_in_range(count_output("t_many_total{"), 1900, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_add_up),
        cmocka_unit_test(gauges_are_set_and_shifted),
        cmocka_unit_test(same_name_and_labels_are_one_series),
        cmocka_unit_test(series_of_a_name_stand_together_under_one_help),
        cmocka_unit_test(histogram_buckets_are_cumulative),
        cmocka_unit_test(histogram_keeps_its_labels),
        cmocka_unit_test(not_a_number_is_not_observed),
        cmocka_unit_test(special_values_are_spelt_as_prometheus_does),
        cmocka_unit_test(label_values_are_escaped_and_kept_once),
        cmocka_unit_test(help_is_escaped),
        cmocka_unit_test(collects_are_called_before_output_until_removed),
        cmocka_unit_test(no_change_is_lost_among_threads_and_outputs),
        cmocka_unit_test(too_many_series_share_one_that_is_not_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
