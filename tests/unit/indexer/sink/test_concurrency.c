/*
 * test_concurrency.c - the limit of requests under way, against simulated servers.
 */
#include "indexer/sink/concurrency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/support/rng.h"

#define MS    INT64_C(1000000)
#define BYTES (4u << 20)
#define MAX   16

static struct concurrency concurrency;

static int start(void **state)
{
    (void)state;
    concurrency_init(&concurrency, MAX);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    concurrency_release(&concurrency);
    return 0;
}

/* A server that works on `workers` requests at once, and lets `queue` more wait. */
struct server {
    unsigned workers, queue;
    int64_t work_ns;
};

/* How long an answer takes with `in_flight` requests there; 0: refused. */
static int64_t answer_ns(const struct server *server, unsigned in_flight)
{
    if (in_flight > server->workers + server->queue)
        return 0;
    if (in_flight <= server->workers)
        return server->work_ns;
    return server->work_ns * in_flight / server->workers;
}

/* `rounds` times: as many requests as are let in, all answered. Returns the highest limit. */
static unsigned run(const struct server *server, unsigned callers, int rounds, int64_t *now_ns)
{
    unsigned highest = 0;

    for (int round = 0; round < rounds; round++) {
        unsigned entered = 0;
        int64_t duration_ns;

        while (entered < callers && concurrency_enter(&concurrency, 0))
            entered++;
        duration_ns = answer_ns(server, entered);
        *now_ns += duration_ns ? duration_ns : MS;
        for (unsigned i = 0; i < entered; i++)
            concurrency_leave(&concurrency, duration_ns ? CONCURRENCY_GOOD : CONCURRENCY_BUSY,
                              BYTES, duration_ns ? duration_ns : MS, *now_ns);
        *now_ns += 30 * MS;
        if (concurrency_limit(&concurrency) > highest)
            highest = concurrency_limit(&concurrency);
    }
    return highest;
}

static void begins_with_one(void **state)
{
    (void)state;
    assert_int_equal(concurrency_limit(&concurrency), 1);
    assert_true(concurrency_enter(&concurrency, 0));
    assert_false(concurrency_enter(&concurrency, 0));
    assert_int_equal(concurrency_in_flight(&concurrency), 1);
}

static void grows_as_far_as_it_is_used(void **state)
{
    const struct server fast = {.workers = 100, .work_ns = 50 * MS};
    int64_t now_ns = 0;

    (void)state;
    run(&fast, 3, 50, &now_ns);
    assert_in_range(concurrency_limit(&concurrency), 3, 4);
}

static void never_grows_beyond_its_maximum(void **state)
{
    const struct server fast = {.workers = 100, .work_ns = 50 * MS};
    int64_t now_ns = 0;

    (void)state;
    run(&fast, 100, 200, &now_ns);
    assert_int_equal(concurrency_limit(&concurrency), MAX);
}

static void finds_what_a_server_that_refuses_can_take(void **state)
{
    const struct server server = {.workers = 4, .queue = 0, .work_ns = 50 * MS};
    int64_t now_ns = 0;
    unsigned highest;

    (void)state;
    run(&server, MAX, 50, &now_ns);
    highest = run(&server, MAX, 200, &now_ns);
    assert_in_range(highest, 4, 6);
    assert_in_range(concurrency_limit(&concurrency), 3, 6);
}

static void stays_low_at_a_server_that_only_gets_slower(void **state)
{
    const struct server server = {.workers = 2, .queue = 1000, .work_ns = 50 * MS};
    int64_t now_ns = 0;

    (void)state;
    assert_in_range(run(&server, MAX, 300, &now_ns), 2, 8);
}

static void falls_to_one_while_all_is_refused_and_recovers(void **state)
{
    const struct server good = {.workers = 8, .work_ns = 50 * MS}, bad = {0};
    int64_t now_ns = 0;

    (void)state;
    run(&good, 8, 50, &now_ns);
    assert_in_range(concurrency_limit(&concurrency), 7, 9);
    run(&bad, 8, 40, &now_ns);
    assert_int_equal(concurrency_limit(&concurrency), 1);
    run(&good, 8, 50, &now_ns);
    assert_in_range(concurrency_limit(&concurrency), 7, 9);
}

static void refusals_of_the_same_moment_count_once(void **state)
{
    const struct server good = {.workers = 100, .work_ns = 50 * MS};
    int64_t now_ns = 0;

    (void)state;
    run(&good, 100, 100, &now_ns);
    now_ns += 1000 * MS;
    for (unsigned i = 0; i < MAX; i++)
        assert_true(concurrency_enter(&concurrency, 0));
    for (unsigned i = 0; i < MAX; i++)
        concurrency_leave(&concurrency, CONCURRENCY_BUSY, BYTES, 5 * MS, now_ns + (int)i);
    assert_int_equal(concurrency_limit(&concurrency), 14);
}

static void what_says_nothing_of_load_changes_nothing(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 100; i++) {
        assert_true(concurrency_enter(&concurrency, 0));
        concurrency_leave(&concurrency, CONCURRENCY_NONE, BYTES, 50 * MS, i * 1000 * MS);
    }
    assert_int_equal(concurrency_limit(&concurrency), 1);
}

/* A quiet hour's small requests must not make the first large ones look slow. */
static void large_requests_after_small_ones_are_not_slow(void **state)
{
    int64_t now_ns = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        bool large = i >= 100;

        now_ns += 1000 * MS;
        for (int k = 0; k < 4 && concurrency_enter(&concurrency, 0);)
            k++;
        while (concurrency_in_flight(&concurrency))
            concurrency_leave(&concurrency, CONCURRENCY_GOOD, large ? BYTES : 1000,
                              large ? 300 * MS : 5 * MS, now_ns);
        if (large)
            assert_in_range(concurrency_limit(&concurrency), 3, 5);
    }
}

static void waits_for_a_place_without_spinning(void **state)
{
    int64_t begin_ms, cpu_begin, cpu_end;
    struct timespec cpu;

    (void)state;
    assert_true(concurrency_enter(&concurrency, 0));
    begin_ms = clock_mono_ms();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    cpu_begin = cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000;
    assert_false(concurrency_enter(&concurrency, 100));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    cpu_end = cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000;
    assert_true(clock_mono_ms() - begin_ms >= 99);
    assert_true(cpu_end - cpu_begin < 50);
}

static void *enter_and_leave(void *arg)
{
    struct rng rng = {(uint64_t)(uintptr_t)arg};

    for (int i = 0; i < 2000; i++)
        if (concurrency_enter(&concurrency, 1000)) {
            if (concurrency_in_flight(&concurrency) > MAX)
                return arg;
            concurrency_leave(&concurrency, rng_below(&rng, 3), rng_below(&rng, BYTES),
                              (int64_t)rng_below(&rng, 100) * MS, clock_mono_ns());
        }
    return NULL;
}

static void places_are_never_lost_or_made_by_many_threads(void **state)
{
    pthread_t threads[8];
    void *bad;

    (void)state;
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, enter_and_leave, (void *)(i + 1)), 0);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    assert_int_equal(concurrency_in_flight(&concurrency), 0);
    assert_in_range(concurrency_limit(&concurrency), 1, MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_with_one),
        TEST(grows_as_far_as_it_is_used),
        TEST(never_grows_beyond_its_maximum),
        TEST(finds_what_a_server_that_refuses_can_take),
        TEST(stays_low_at_a_server_that_only_gets_slower),
        TEST(falls_to_one_while_all_is_refused_and_recovers),
        TEST(refusals_of_the_same_moment_count_once),
        TEST(what_says_nothing_of_load_changes_nothing),
        TEST(large_requests_after_small_ones_are_not_slow),
        TEST(waits_for_a_place_without_spinning),
        TEST(places_are_never_lost_or_made_by_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
