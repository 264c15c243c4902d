/*
 * test_elastic_nodes.c - which node is asked.
 */
#include "indexer/sink/elastic_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define COUNT 3

static struct elastic_node *nodes[COUNT];
static bool trial;

static int start(void **state)
{
    static const char *const urls[COUNT] = {"http://a:9200", "http://b:9200/", "http://c:9200"};

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        nodes[i] = elastic_node_get(urls[i]);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        elastic_node_release(nodes[i]);
    return 0;
}

static struct elastic_node *take(size_t turn, int64_t now_ms)
{
    return elastic_nodes_take(nodes, COUNT, turn, now_ms, &trial);
}

static void nodes_are_shared_by_address(void **state)
{
    struct elastic_node *again = elastic_node_get("http://b:9200//");

    (void)state;
    assert_ptr_equal(again, nodes[1]);
    elastic_node_release(again);
    assert_ptr_not_equal(elastic_node_get("http://me:pass@b:9200"), nodes[1]);
    again = elastic_node_get("http://me:pass@b:9200");
    assert_string_equal(elastic_node_name(again), "http://b:9200");
    assert_string_equal(elastic_node_url(again), "http://me:pass@b:9200");
    elastic_node_release(again);
    elastic_node_release(again);
    elastic_node_release(NULL);
}

static void equals_take_turns(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct elastic_node *node = take(i, 0);

        assert_ptr_equal(node, nodes[i % COUNT]);
        assert_false(trial);
        elastic_node_give(node, true, 0);
    }
}

static void the_least_busy_is_asked(void **state)
{
    struct elastic_node *a = take(0, 0), *b = take(0, 0), *c = take(0, 0);

    (void)state;
    assert_ptr_equal(a, nodes[0]);
    assert_ptr_equal(b, nodes[1]);
    assert_ptr_equal(c, nodes[2]);
    elastic_node_give(b, true, 0);
    assert_ptr_equal(take(0, 0), nodes[1]);
    elastic_node_give(a, true, 0);
    elastic_node_give(b, true, 0);
    elastic_node_give(c, true, 0);
}

static void one_that_failed_is_tried_by_one_caller_alone(void **state)
{
    struct elastic_node *node = take(0, 0), *others[8];

    (void)state;
    elastic_node_give(node, false, 0);
    for (size_t i = 0; i < 8; i++) {
        others[i] = take(0, 100);
        assert_ptr_not_equal(others[i], nodes[0]);
    }
    assert_ptr_equal(take(0, 1000), nodes[0]); /* idle, and its pause is over */
    assert_true(trial);
    assert_ptr_not_equal(take(0, 1000), nodes[0]);
    assert_false(trial);
    elastic_node_give(nodes[0], true, 1000);
    assert_ptr_equal(take(0, 1000), nodes[0]);
    assert_false(trial);
    elastic_node_give(nodes[0], true, 1000);
    for (size_t i = 0; i < 8; i++)
        elastic_node_give(others[i], true, 1000);
}

static void pauses_grow_while_it_stays_away(void **state)
{
    int64_t now_ms = 0, pause_ms = 0;

    (void)state;
    for (int i = 0; i < 8; i++) {
        struct elastic_node *only[1] = {nodes[0]};
        int64_t begin_ms = now_ms;

        assert_ptr_equal(elastic_nodes_take(only, 1, 0, now_ms, &trial), nodes[0]);
        elastic_node_give(nodes[0], false, now_ms);
        while (!elastic_nodes_take(only, 1, 0, now_ms, &trial))
            now_ms += 100;
        elastic_node_give(nodes[0], false, begin_ms - 1); /* gives it back, no new pause */
        pause_ms = now_ms - begin_ms;
        assert_in_range(pause_ms, 400, 10100);
    }
    assert_true(pause_ms >= 5000);
}

static void when_all_have_failed_the_one_that_comes_back_first_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct elastic_node *node = take(i, (int64_t)i * 5000);

        assert_ptr_equal(node, nodes[i]);
        elastic_node_give(node, false, 20000 + (int64_t)i * 5000);
    }
    assert_null(take(0, 20000));
    assert_ptr_equal(elastic_nodes_take_any(nodes, COUNT), nodes[0]);
    elastic_node_give(nodes[0], true, 20000);
    assert_ptr_equal(take(0, 20000), nodes[0]);
    elastic_node_give(nodes[0], true, 20000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nodes_are_shared_by_address),
        TEST(equals_take_turns),
        TEST(the_least_busy_is_asked),
        TEST(one_that_failed_is_tried_by_one_caller_alone),
        TEST(pauses_grow_while_it_stays_away),
        TEST(when_all_have_failed_the_one_that_comes_back_first_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
