#include "common/queue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LONG_MS 60000 /* longer than any test may take: what waits must be woken */
#define ITEMS   20000

static struct queue *queue;
static int items[ITEMS];

static void open_queue(size_t capacity)
{
    struct error err;

    assert_int_equal(queue_open(capacity, &queue, &err), OK);
}

static int close_queue(void **state)
{
    (void)state;
    queue_close(queue);
    queue = NULL;
    return 0;
}

static void expect_pop(int *expected)
{
    void *item = NULL;

    assert_int_equal(queue_pop(queue, &item, 0), OK);
    assert_ptr_equal(item, expected);
}

static void order_is_kept_around_the_ring(void **state)
{
    (void)state;
    open_queue(3);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(queue_push(queue, &items[2 * i], 0), OK);
        assert_int_equal(queue_push(queue, &items[2 * i + 1], 0), OK);
        expect_pop(&items[2 * i]);
        expect_pop(&items[2 * i + 1]);
    }
}

static void full_queue_refuses(void **state)
{
    (void)state;
    open_queue(2);
    assert_int_equal(queue_push(queue, &items[0], 0), OK);
    assert_int_equal(queue_push(queue, &items[1], 0), OK);
    assert_int_equal(queue_push(queue, &items[2], 0), RETRY);
    assert_int_equal(queue_push(queue, &items[2], 1), RETRY);
    assert_int_equal(queue_length(queue), 2);
}

static void empty_queue_has_nothing(void **state)
{
    void *item = &items[5];

    (void)state;
    open_queue(2);
    assert_int_equal(queue_pop(queue, &item, 0), RETRY);
    assert_int_equal(queue_pop(queue, &item, 1), RETRY);
    assert_ptr_equal(item, &items[5]);
}

static void shut_queue_is_emptied_then_done(void **state)
{
    void *item;

    (void)state;
    open_queue(2);
    assert_int_equal(queue_push(queue, &items[0], 0), OK);
    queue_shut(queue);
    assert_int_equal(queue_push(queue, &items[1], LONG_MS), DONE);
    expect_pop(&items[0]);
    assert_int_equal(queue_pop(queue, &item, LONG_MS), DONE);
}

static void no_capacity_is_refused(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(queue_open(0, &queue, &err), FATAL);
    assert_int_equal(queue_open(SIZE_MAX, &queue, &err), FATAL);
}

static void *pop_one(void *arg)
{
    void *item = NULL;

    (void)arg;
    return queue_pop(queue, &item, LONG_MS) == OK ? item : NULL;
}

static void *push_one(void *arg)
{
    return (void *)(uintptr_t)queue_push(queue, arg, LONG_MS);
}

static void *finish(pthread_t thread)
{
    void *result;

    assert_int_equal(pthread_join(thread, &result), 0);
    return result;
}

static void waiting_reader_gets_what_comes(void **state)
{
    pthread_t thread;

    (void)state;
    open_queue(1);
    assert_int_equal(pthread_create(&thread, NULL, pop_one, NULL), 0);
    assert_int_equal(queue_push(queue, &items[3], LONG_MS), OK);
    assert_ptr_equal(finish(thread), &items[3]);
}

static void waiting_writer_goes_on_when_there_is_room(void **state)
{
    pthread_t thread;

    (void)state;
    open_queue(1);
    assert_int_equal(queue_push(queue, &items[0], 0), OK);
    assert_int_equal(pthread_create(&thread, NULL, push_one, &items[1]), 0);
    expect_pop(&items[0]);
    assert_int_equal((uintptr_t)finish(thread), OK);
    expect_pop(&items[1]);
}

static void shutting_wakes_everybody(void **state)
{
    pthread_t readers[3];

    (void)state;
    open_queue(1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, pop_one, NULL), 0);
    queue_shut(queue);
    for (int i = 0; i < 3; i++)
        assert_null(finish(readers[i]));
}

static void *push_range(void *arg)
{
    int from = *(int *)arg;

    for (int i = from; i < from + ITEMS / 2; i++)
        if (queue_push(queue, &items[i], LONG_MS) != OK)
            return arg;
    return NULL;
}

static void *count_all(void *arg)
{
    void *item;

    while (queue_pop(queue, &item, LONG_MS) == OK)
        __atomic_fetch_add((int *)item, 1, __ATOMIC_RELAXED);
    return arg;
}

static void every_item_arrives_exactly_once(void **state)
{
    int from[2] = {0, ITEMS / 2};
    pthread_t writers[2], readers[2];

    (void)state;
    open_queue(16);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, push_range, &from[i]), 0);
        assert_int_equal(pthread_create(&readers[i], NULL, count_all, NULL), 0);
    }
    assert_null(finish(writers[0]));
    assert_null(finish(writers[1]));
    queue_shut(queue);
    finish(readers[0]);
    finish(readers[1]);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(items[i], 1);
}

#define CASE(f) cmocka_unit_test_teardown(f, close_queue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(order_is_kept_around_the_ring),
        CASE(full_queue_refuses),
        CASE(empty_queue_has_nothing),
        CASE(shut_queue_is_emptied_then_done),
        CASE(no_capacity_is_refused),
        CASE(waiting_reader_gets_what_comes),
        CASE(waiting_writer_goes_on_when_there_is_room),
        CASE(shutting_wakes_everybody),
        CASE(every_item_arrives_exactly_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
