/*
 * test_brake.c - a client is held when it polls for a Kafka that says nothing, and only then.
 */
#include "shipper/brake.h"

#include <pthread.h>
#include <time.h>

#include "shipper/lanes.h"
#include "shipper/producer.h"
#include "tests/unit/support/check.h"

#define PARTITIONS 3
#define LINGER_US  1000
#define BEGIN_US   1000000 /* when messages are handed over */
#define WORK_US    20000   /* of another thread, between two looks */
#define STEP_US    10000

static size_t choose(struct slice key, size_t count)
{
    return (size_t)(key.data[0] - 'a') % count;
}

static size_t give(void *arg, size_t lane, const struct outgoing *messages, size_t count)
{
    (void)arg;
    (void)lane;
    (void)messages;
    return count;
}

/* A message of the first partition is under way, and one of the second. */
static struct lanes *make_lanes(void)
{
    struct lanes_limits limits = {100, 10000, LINGER_US, 100};
    struct lanes *lanes = lanes_open(&limits, choose);

    assert_non_null(lanes);
    assert_true(lanes_spread(lanes, PARTITIONS));
    for (const char *key = "ab"; *key; key++) {
        struct outgoing message = {SLICE("text"), {key, 1}, NULL};

        assert_true(lanes_put(lanes, &message));
    }
    lanes_hand_over(lanes, BEGIN_US, give, NULL);
    assert_int_equal(lanes_under_way(lanes), 2);
    return lanes;
}

static void *work(void *arg)
{
    struct timespec used = {0};

    while (used.tv_sec * 1000000 + used.tv_nsec / 1000 < WORK_US)
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return arg;
}

/* As a client that polls, or has much to do. */
static void let_others_work(void)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, work, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

struct fixture {
    rd_kafka_t *client; /* is never connected */
    struct lanes *lanes;
    struct brake brake;
    int64_t now_us;
};

static struct fixture open_fixture(void)
{
    struct fixture fixture = {.now_us = BEGIN_US};
    char text[200];

    fixture.client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof(text));
    assert_non_null(fixture.client);
    fixture.lanes = make_lanes();
    return fixture;
}

static void close_fixture(struct fixture *fixture)
{
    brake_release(&fixture->brake, fixture->client);
    lanes_close(fixture->lanes);
    rd_kafka_destroy(fixture->client);
}

/* The others work all the time: as much as `for_us` has of it. Looks as the pipeline does. */
static void pass(struct fixture *fixture, int64_t for_us, bool busy, bool answers)
{
    for (int64_t end_us = fixture->now_us + for_us; fixture->now_us < end_us;) {
        if (busy)
            let_others_work();
        fixture->now_us += STEP_US;
        if (answers)
            brake_heard(&fixture->brake, fixture->client, fixture->now_us);
        brake_look(&fixture->brake, fixture->client, "topic", PARTITIONS, fixture->lanes,
                   fixture->now_us);
        if (fixture->brake.held)
            return;
    }
}

static void polling_client_is_held_until_a_report(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    pass(&fixture, 140000, true, false);
    assert_null(fixture.brake.held); /* it may still be sending */
    pass(&fixture, 260000, true, false);
    assert_non_null(fixture.brake.held);
    assert_int_equal(fixture.brake.held->cnt, 2); /* the third has nothing under way */
    brake_heard(&fixture.brake, fixture.client, fixture.now_us);
    assert_null(fixture.brake.held);
    pass(&fixture, 140000, true, false);
    assert_null(fixture.brake.held);
    close_fixture(&fixture);
}

/* One that is held by mistake sends nothing: not for long. */
static void held_client_is_let_go_without_a_report(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    pass(&fixture, 400000, true, false);
    assert_non_null(fixture.brake.held);
    fixture.now_us += 990000;
    brake_look(&fixture.brake, fixture.client, "topic", PARTITIONS, fixture.lanes, fixture.now_us);
    assert_non_null(fixture.brake.held);
    fixture.now_us += STEP_US;
    brake_look(&fixture.brake, fixture.client, "topic", PARTITIONS, fixture.lanes, fixture.now_us);
    assert_null(fixture.brake.held);
    pass(&fixture, 200000, true, false);
    assert_non_null(fixture.brake.held); /* nothing has changed */
    close_fixture(&fixture);
}

/* With many partitions answers of some are late while the client works for all of them. */
static void busy_client_is_not_held_while_answers_come(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    pass(&fixture, 1000000, true, true);
    assert_null(fixture.brake.held);
    close_fixture(&fixture);
}

static void resting_client_is_not_held(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    pass(&fixture, 5000000, false, false);
    assert_null(fixture.brake.held);
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polling_client_is_held_until_a_report),
        cmocka_unit_test(held_client_is_let_go_without_a_report),
        cmocka_unit_test(busy_client_is_not_held_while_answers_come),
        cmocka_unit_test(resting_client_is_not_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
