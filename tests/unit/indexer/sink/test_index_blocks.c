/*
 * test_index_blocks.c - indices that take no documents.
 */
#include "indexer/sink/index_blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define A SLICE("logs-a-2026.11.21")
#define B SLICE("logs-b-2026.11.21")

static struct index_blocks blocks;
static const char me, other;

static int start(void **state)
{
    (void)state;
    index_blocks_init(&blocks);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    index_blocks_release(&blocks);
    return 0;
}

static bool allow(struct slice index, const void *who, int64_t now_ms, int64_t *wait_ms)
{
    char why[240] = "";
    bool allowed = index_blocks_allow(&blocks, index, who, now_ms, wait_ms, why);

    if (!allowed)
        assert_string_equal(why, "it is read-only");
    return allowed;
}

static void only_the_index_that_took_nothing_waits(void **state)
{
    int64_t wait_ms = -1;

    (void)state;
    assert_true(allow(A, &me, 0, &wait_ms));
    assert_true(index_blocks_add(&blocks, A, "it is read-only", 1000));
    assert_false(index_blocks_add(&blocks, A, "it is read-only", 1001));
    assert_false(allow(A, &me, 1001, &wait_ms));
    assert_in_range(wait_ms, 1, 1000);
    assert_true(allow(B, &me, 1001, &wait_ms));
    assert_true(index_blocks_remove(&blocks, A));
    assert_false(index_blocks_remove(&blocks, A));
    assert_true(allow(A, &me, 1001, &wait_ms));
}

static void one_tries_it_when_the_pause_is_over(void **state)
{
    int64_t wait_ms = -1;

    (void)state;
    index_blocks_add(&blocks, A, "it is read-only", 0);
    assert_true(allow(A, &me, 1000, &wait_ms));
    assert_true(allow(A, &me, 1000, &wait_ms));
    assert_false(allow(A, &other, 1000, &wait_ms));
    assert_in_range(wait_ms, 1, 1000);
    index_blocks_leave(&blocks, &other);
    assert_false(allow(A, &other, 1000, &wait_ms));
    index_blocks_leave(&blocks, &me); /* without a verdict */
    assert_true(allow(A, &other, 1000, &wait_ms));
}

static void the_pause_grows_up_to_half_a_minute(void **state)
{
    int64_t now_ms = 0, wait_ms = 0, last_ms = 0;

    (void)state;
    for (int i = 0; i < 10; i++) {
        index_blocks_add(&blocks, A, "it is read-only", now_ms);
        assert_false(allow(A, &me, now_ms, &wait_ms));
        assert_true(wait_ms * 2 >= last_ms);
        assert_in_range(wait_ms, 500, 30000);
        last_ms = wait_ms;
        now_ms += wait_ms;
        assert_true(allow(A, &me, now_ms, &wait_ms));
    }
    assert_true(last_ms >= 15000);
}

static void more_than_there_is_room_for_are_simply_tried(void **state)
{
    int64_t wait_ms;
    char name[32], why[240];

    (void)state;
    for (int i = 0; i < INDEX_BLOCKS_MAX + 10; i++) {
        snprintf(name, sizeof(name), "index-%d", i);
        assert_int_equal(index_blocks_add(&blocks, slice_of(name), "it is read-only", 0),
                         i < INDEX_BLOCKS_MAX);
    }
    assert_int_equal(index_blocks_count(&blocks, why), INDEX_BLOCKS_MAX);
    assert_true(allow(slice_of(name), &me, 0, &wait_ms));
    for (int i = 0; i < INDEX_BLOCKS_MAX; i++) {
        snprintf(name, sizeof(name), "index-%d", i);
        assert_true(index_blocks_remove(&blocks, slice_of(name)));
    }
    assert_int_equal(index_blocks_count(&blocks, why), 0);
}

static void names_that_cannot_be_are_never_blocked(void **state)
{
    char name[300];
    int64_t wait_ms;

    (void)state;
    memset(name, 'x', sizeof(name));
    assert_false(index_blocks_add(&blocks, (struct slice){name, sizeof(name)}, "why", 0));
    assert_false(index_blocks_add(&blocks, (struct slice){name, 256}, "why", 0));
    assert_true(index_blocks_add(&blocks, (struct slice){name, 255}, "it is read-only", 0));
    assert_true(allow((struct slice){name, 254}, &me, 0, &wait_ms));
    assert_false(allow((struct slice){name, 255}, &me, 0, &wait_ms));
    assert_true(allow((struct slice){NULL, 0}, &me, 0, &wait_ms));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_index_that_took_nothing_waits),
        TEST(one_tries_it_when_the_pause_is_over),
        TEST(the_pause_grows_up_to_half_a_minute),
        TEST(more_than_there_is_room_for_are_simply_tried),
        TEST(names_that_cannot_be_are_never_blocked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
