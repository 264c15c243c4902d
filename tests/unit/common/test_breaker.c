#include "common/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct breaker breaker;

static int start(void **state)
{
    (void)state;
    breaker_init(&breaker,
                 &(struct breaker_options){
                     .failures_in_row = 3, .probes = 2, .pause_ms = 1000, .pause_max_ms = 3000});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    breaker_release(&breaker);
    return 0;
}

static void expect_allowed(int64_t now_ms)
{
    int64_t wait_ms = -1;

    assert_true(breaker_allow(&breaker, now_ms, &wait_ms));
}

static void expect_refused(int64_t now_ms, int64_t expected_wait_ms)
{
    int64_t wait_ms = -1;

    assert_false(breaker_allow(&breaker, now_ms, &wait_ms));
    assert_int_equal(wait_ms, expected_wait_ms);
}

static void expect_state(const char *name)
{
    assert_string_equal(breaker_state_name(breaker_state(&breaker)), name);
}

static void failures(int64_t now_ms, int times)
{
    while (times-- > 0)
        breaker_failure(&breaker, now_ms);
}

static void opens_after_failures_in_a_row(void **state)
{
    (void)state;
    failures(0, 2);
    expect_state("closed");
    failures(0, 1);
    expect_state("open");
    expect_refused(400, 600);
}

static void a_success_between_starts_the_count_anew(void **state)
{
    (void)state;
    failures(0, 2);
    breaker_success(&breaker, 0);
    failures(0, 2);
    expect_state("closed");
    expect_allowed(0);
}

static void one_probe_at_a_time(void **state)
{
    (void)state;
    failures(0, 3);
    expect_allowed(1000);
    expect_state("half-open");
    expect_refused(1001, 100);
}

static void closes_after_good_probes(void **state)
{
    (void)state;
    failures(0, 3);
    expect_allowed(1000);
    breaker_success(&breaker, 1010);
    expect_state("half-open");
    expect_allowed(1020);
    breaker_success(&breaker, 1030);
    expect_state("closed");
    failures(1040, 2);
    expect_state("closed");
}

static void bad_probe_doubles_the_pause_up_to_its_limit(void **state)
{
    (void)state;
    failures(0, 3);
    expect_allowed(1000);
    failures(1000, 1);
    expect_refused(1000, 2000);
    expect_allowed(3000);
    failures(3000, 1);
    expect_refused(3000, 3000);
}

static void closing_forgets_the_doubled_pause(void **state)
{
    (void)state;
    bad_probe_doubles_the_pause_up_to_its_limit(NULL);
    expect_allowed(6000);
    breaker_success(&breaker, 6000);
    expect_allowed(6000);
    breaker_success(&breaker, 6000);
    failures(6000, 3);
    expect_refused(6000, 1000);
}

static void trip_opens_at_once_and_only_once(void **state)
{
    (void)state;
    breaker_trip(&breaker, 0);
    breaker_trip(&breaker, 500);
    expect_refused(500, 500);
    expect_allowed(1000);
    breaker_trip(&breaker, 1000);
    expect_refused(1000, 2000);
}

static void late_reports_change_nothing_while_open(void **state)
{
    (void)state;
    failures(0, 3);
    failures(100, 5);
    breaker_success(&breaker, 100);
    expect_state("open");
    expect_refused(100, 900);
}

static void defaults_are_used(void **state)
{
    (void)state;
    breaker_release(&breaker);
    breaker_init(&breaker, NULL);
    failures(0, 5);
    expect_refused(0, 1000);
    expect_allowed(1000);
    breaker_success(&breaker, 1000);
    expect_state("closed");
}

static void calls(int64_t now_ms, int good, int bad)
{
    while (good-- > 0)
        breaker_success(&breaker, now_ms);
    while (bad-- > 0) { /* never three in a row */
        breaker_failure(&breaker, now_ms);
        if (bad % 2 == 0)
            breaker_success(&breaker, now_ms);
    }
}

static void opens_when_half_of_the_last_20_s_have_failed(void **state)
{
    (void)state;
    calls(1000, 0, 4); /* 4 of 6 */
    expect_state("closed");
    calls(5000, 0, 2);
    expect_state("closed");
    breaker_failure(&breaker, 6000);
    expect_state("open");
}

static void what_is_older_than_20_s_counts_no_more(void **state)
{
    (void)state;
    calls(1000, 0, 6); /* 6 of 9 */
    expect_state("closed");
    breaker_failure(&breaker, 21001);
    expect_state("closed");
    breaker_failure(&breaker, 21002);
    expect_state("closed");
}

static void less_than_half_keeps_it_closed(void **state)
{
    (void)state;
    for (int64_t s = 0; s < 100; s++) {
        calls(s * 1000, 5, 0);
        failures(s * 1000, 2);
    }
    expect_state("closed");
}

static void hurry_ends_the_pause(void **state)
{
    (void)state;
    breaker_hurry(&breaker, 0);
    bad_probe_doubles_the_pause_up_to_its_limit(NULL);
    breaker_hurry(&breaker, 3500);
    expect_allowed(3500);
    expect_state("half-open");
    failures(3500, 1);
    expect_refused(3500, 2000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(opens_after_failures_in_a_row),
        CASE(a_success_between_starts_the_count_anew),
        CASE(one_probe_at_a_time),
        CASE(closes_after_good_probes),
        CASE(bad_probe_doubles_the_pause_up_to_its_limit),
        CASE(closing_forgets_the_doubled_pause),
        CASE(trip_opens_at_once_and_only_once),
        CASE(late_reports_change_nothing_while_open),
        CASE(defaults_are_used),
        CASE(opens_when_half_of_the_last_20_s_have_failed),
        CASE(what_is_older_than_20_s_counts_no_more),
        CASE(less_than_half_keeps_it_closed),
        CASE(hurry_ends_the_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
