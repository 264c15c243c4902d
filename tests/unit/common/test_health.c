#include "common/health.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect_live(int64_t now_ms, const char *expected)
{
    scoped_buf struct buf json = BUF_INIT(10000);

    assert_int_equal(health_live(now_ms, &json), strstr(expected, "\"ok\",") != NULL);
    assert_string_equal(buf_str(&json), expected);
}

static void expect_ready(const char *expected)
{
    scoped_buf struct buf json = BUF_INIT(10000);

    assert_int_equal(health_ready(&json), strstr(expected, "\"ok\",") != NULL);
    assert_string_equal(buf_str(&json), expected);
}

/* What was added stays for the life of the process: the cases of a kind share one. */
static void loops_live_while_they_tick(void **state)
{
    struct health_loop *loop;

    (void)state;
    expect_live(0, "{\"status\":\"ok\",\"checks\":[]}");
    loop = health_loop_add("reader", 100, 1000);
    expect_live(1100, "{\"status\":\"ok\",\"checks\":[{\"name\":\"reader\",\"ok\":true,"
                      "\"reason\":\"\"}]}");
    expect_live(1101, "{\"status\":\"failed\",\"checks\":[{\"name\":\"reader\",\"ok\":false,"
                      "\"reason\":\"no sign of life for 101 ms, limit 100 ms\"}]}");
    health_loop_tick(loop, 1101);
    expect_live(1200, "{\"status\":\"ok\",\"checks\":[{\"name\":\"reader\",\"ok\":true,"
                      "\"reason\":\"\"}]}");
    health_loop_end(loop);
    expect_live(99999, "{\"status\":\"ok\",\"checks\":[]}");
}

static void every_condition_must_hold(void **state)
{
    struct health_condition *first, *second;

    (void)state;
    expect_ready("{\"status\":\"ok\",\"checks\":[]}");
    first = health_condition_add("kafka");
    expect_ready("{\"status\":\"failed\",\"checks\":[{\"name\":\"kafka\",\"ok\":false,"
                 "\"reason\":\"starting\"}]}");
    second = health_condition_add("store");
    health_met(first);
    health_unmet(second, "cannot reach '%s'", "a\"b");
    expect_ready("{\"status\":\"failed\",\"checks\":[{\"name\":\"kafka\",\"ok\":true,"
                 "\"reason\":\"\"},{\"name\":\"store\",\"ok\":false,"
                 "\"reason\":\"cannot reach 'a\\\"b'\"}]}");
    health_met(second);
    expect_ready("{\"status\":\"ok\",\"checks\":[{\"name\":\"kafka\",\"ok\":true,"
                 "\"reason\":\"\"},{\"name\":\"store\",\"ok\":true,\"reason\":\"\"}]}");
}

static void verdict_stands_without_room_to_explain(void **state)
{
    scoped_buf struct buf json = BUF_INIT(3);

    (void)state;
    assert_true(health_live(0, &json));
    assert_true(json.failed);
}

static void nothing_is_fine(void **state)
{
    (void)state;
    health_loop_tick(NULL, 0);
    health_loop_end(NULL);
    health_met(NULL);
    health_unmet(NULL, "x");
}

static void *change(void *arg)
{
    struct health_condition *condition = health_condition_add("threads");
    struct health_loop *loop = health_loop_add("threads", 1000, 0);

    for (int i = 0; i < 1000; i++) {
        health_loop_tick(loop, i);
        health_unmet(condition, "%d", i);
        health_met(condition);
    }
    health_loop_end(loop);
    return arg;
}

static void a_name_is_one_condition_and_an_ended_loop_begins_again(void **state)
{
    struct health_condition *first = health_condition_add("twice");
    struct health_loop *loop = health_loop_add("again", 1000, 0);
    scoped_buf struct buf json = BUF_INIT(65536);

    (void)state;
    health_met(first);
    assert_ptr_equal(health_condition_add("twice"), first);
    health_ready(&json);
    assert_non_null(strstr(buf_str(&json), "{\"name\":\"twice\",\"ok\":true"));
    assert_ptr_not_equal(health_loop_add("again", 1000, 0), loop); /* two at once are two */
    health_loop_end(loop);
    assert_ptr_equal(health_loop_add("again", 1000, 5000), loop);
    health_loop_end(loop);
}

static void threads_may_ask_and_tell(void **state)
{
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, change, NULL), 0);
    for (int i = 0; i < 50; i++) {
        scoped_buf struct buf json = BUF_INIT(10000);

        health_ready(&json);
        health_live(0, &json);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_live_while_they_tick),
        cmocka_unit_test(every_condition_must_hold),
        cmocka_unit_test(verdict_stands_without_room_to_explain),
        cmocka_unit_test(nothing_is_fine),
        cmocka_unit_test(a_name_is_one_condition_and_an_ended_loop_begins_again),
        cmocka_unit_test(threads_may_ask_and_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
