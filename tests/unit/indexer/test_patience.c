/*
 * test_patience.c - waiting for a store that is away, and not waiting in a hurry.
 */
#include "indexer/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "indexer/sink/sink.h"

static int asked, failures;

static enum status fake_prepare(struct sink *sink, struct error *err)
{
    assert_non_null(sink);
    return asked++ < failures ? error_set(err, RETRY, "away") : OK;
}

static const struct sink_type fake = {.name = "fake", .prepare = fake_prepare};

static atomic_bool hurry;
static struct patience patience;
static struct sink sink = {&fake};

static int set_up(void **state)
{
    (void)state;
    asked = failures = 0;
    atomic_store(&hurry, false);
    patience_init(&patience, &hurry);
    return 0;
}

static void pauses_end(void **state)
{
    (void)state;
    assert_true(patience_wait(&patience, 0));
    assert_true(patience_wait(&patience, 2));
}

static void nobody_waits_in_a_hurry(void **state)
{
    (void)state;
    atomic_store(&hurry, true);
    assert_false(patience_wait(&patience, 3600000));
    assert_false(patience_wait_next(&patience));
}

static void pauses_grow_until_something_works(void **state)
{
    int64_t pause_ms = 0;

    (void)state;
    for (int i = 0; i < 20; i++)
        pause_ms = patience_next_ms(&patience);
    assert_in_range(pause_ms, 5000, 10000);
    patience_reset(&patience);
    assert_in_range(patience_next_ms(&patience), 50, 100);
}

static void a_store_is_asked_until_it_is_ready_and_never_again(void **state)
{
    (void)state;
    failures = 1;
    assert_true(patience_prepare(&patience, &sink));
    assert_int_equal(asked, 2);
    assert_true(patience_prepare(&patience, &sink));
    assert_int_equal(asked, 2);
}

static void a_store_that_is_away_is_given_up_in_a_hurry(void **state)
{
    (void)state;
    failures = 1000;
    atomic_store(&hurry, true);
    assert_false(patience_prepare(&patience, &sink));
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pauses_end, set_up),
        cmocka_unit_test_setup(nobody_waits_in_a_hurry, set_up),
        cmocka_unit_test_setup(pauses_grow_until_something_works, set_up),
        cmocka_unit_test_setup(a_store_is_asked_until_it_is_ready_and_never_again, set_up),
        cmocka_unit_test_setup(a_store_that_is_away_is_given_up_in_a_hurry, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
