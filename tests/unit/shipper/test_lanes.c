/*
 * test_lanes.c - one request of a partition at a time, nothing lost, doubled or out of order.
 */
#include "shipper/lanes.h"

#include <stdlib.h>

#include "shipper/producer.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define MESSAGE 100 /* bytes of each, key and overhead included */

static const char payload[MESSAGE];

/* A key is one letter: its lane is known. */
static size_t choose(struct slice key, size_t count)
{
    return (size_t)(key.data[0] - 'a') % count;
}

static struct outgoing message(const char *key, uintptr_t number)
{
    return (struct outgoing){{payload, MESSAGE - 41}, {key, *key != '\0'}, (void *)number};
}

/* The library: what it was given and has not acknowledged. */
struct library {
    uintptr_t numbers[10000];
    char keys[10000]; /* '-': none */
    size_t lanes[10000];
    size_t given, done, calls;
    size_t takes; /* at most, in a call */
};

static size_t give(void *arg, size_t lane, const struct outgoing *messages, size_t count)
{
    struct library *library = arg;

    library->calls++;
    count = count < library->takes ? count : library->takes;
    for (size_t i = 0; i < count; i++) {
        library->lanes[library->given] = lane;
        library->keys[library->given] = messages[i].key.len ? messages[i].key.data[0] : '-';
        library->numbers[library->given++] = (uintptr_t)messages[i].tag;
    }
    return count;
}

static void acknowledge(struct library *library, struct lanes *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++, library->done++) {
        char *key = &library->keys[library->done];

        lanes_done(lanes, (struct slice){key, *key != '-'}, library->lanes[library->done]);
    }
}

static void put(struct lanes *lanes, const char *key, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct outgoing one = message(key, i);

        assert_true(lanes_put(lanes, &one));
    }
}

static struct lanes *make(size_t messages, size_t bytes, int64_t linger_us)
{
    struct lanes_limits limits = {messages, bytes, linger_us, messages};
    struct lanes *lanes = lanes_open(&limits, choose);

    assert_non_null(lanes);
    return lanes;
}

static void request_is_open_for_the_time_that_the_library_waits(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(1000, 1000000, 1000);

    (void)state;
    put(lanes, "a", 10);
    assert_true(lanes_hand_over(lanes, 5000, give, &library));
    assert_int_equal(library.given, 10);
    put(lanes, "a", 5);
    lanes_hand_over(lanes, 5999, give, &library);
    assert_int_equal(library.given, 15);
    put(lanes, "a", 5);
    lanes_hand_over(lanes, 6000, give, &library); /* the library has sent it */
    assert_int_equal(library.given, 15);
    acknowledge(&library, lanes, 14);
    lanes_hand_over(lanes, 7000, give, &library);
    assert_int_equal(library.given, 15);
    acknowledge(&library, lanes, 1);
    assert_int_equal(lanes_under_way(lanes), 0);
    lanes_hand_over(lanes, 7000, give, &library);
    assert_int_equal(library.given, 20);
    lanes_close(lanes);
}

static void answer_is_late_after_the_time_that_the_library_waits(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(1000, 1000000, 1000);

    (void)state;
    assert_true(lanes_spread(lanes, 2));
    assert_false(lanes_is_late(lanes, 0, 0, INT64_MAX));
    put(lanes, "a", 10);
    lanes_hand_over(lanes, 5000, give, &library);
    put(lanes, "a", 10);
    lanes_hand_over(lanes, 5900, give, &library); /* the same request */
    assert_false(lanes_is_late(lanes, 0, 500, 6499));
    assert_true(lanes_is_late(lanes, 0, 500, 6500));
    assert_false(lanes_is_late(lanes, 1, 500, 6500));
    acknowledge(&library, lanes, 19);
    assert_true(lanes_is_late(lanes, 0, 500, 6500));
    acknowledge(&library, lanes, 1);
    assert_false(lanes_is_late(lanes, 0, 500, 6500));
    lanes_close(lanes);
}

static void request_has_limits(void **state)
{
    static const struct {
        size_t messages, bytes, put, first, second;
    } cases[] = {
        {1000, 1000000, 2500, 1000, 1000}, /* so many */
        {1000, 256 + 10 * MESSAGE, 25, 10, 10},
        {1000, 256 + 10 * MESSAGE - 1, 25, 9, 9},
        {1000, 10, 3, 1, 1}, /* one is always taken */
        {SIZE_MAX, SIZE_MAX, 5000, 5000, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct library library = {.takes = SIZE_MAX};
        struct lanes *lanes = make(cases[i].messages, cases[i].bytes, 1000);

        put(lanes, "a", cases[i].put);
        lanes_hand_over(lanes, 0, give, &library);
        assert_int_equal(library.given, cases[i].first);
        lanes_hand_over(lanes, 500, give, &library);
        assert_int_equal(library.given, cases[i].first);
        acknowledge(&library, lanes, library.given);
        lanes_hand_over(lanes, 600, give, &library);
        assert_int_equal(library.given, cases[i].first + cases[i].second);
        lanes_close(lanes);
    }
}

static void requests_can_be_made_smaller(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(1000, 256 + 10 * MESSAGE, 1000);

    (void)state;
    put(lanes, "a", 25);
    lanes_hand_over(lanes, 0, give, &library);
    lanes_limit(lanes, 256 + 3 * MESSAGE);
    acknowledge(&library, lanes, 10);
    lanes_hand_over(lanes, 0, give, &library);
    assert_int_equal(library.given, 13);
    lanes_close(lanes);
}

static void lanes_do_not_wait_for_each_other(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(10, 1000000, 0);

    (void)state;
    assert_true(lanes_spread(lanes, 3));
    put(lanes, "a", 15);
    put(lanes, "b", 5);
    lanes_hand_over(lanes, 0, give, &library);
    assert_int_equal(library.given, 15);
    put(lanes, "c", 1);
    put(lanes, "d", 1); /* with a */
    lanes_hand_over(lanes, 1, give, &library);
    assert_int_equal(library.given, 16);
    assert_int_equal(library.keys[15], 'c');
    lanes_close(lanes);
}

static void what_is_not_taken_is_offered_again(void **state)
{
    struct library library = {.takes = 3};
    struct lanes *lanes = make(10, 1000000, 1000);

    (void)state;
    put(lanes, "a", 5);
    assert_false(lanes_hand_over(lanes, 0, give, &library));
    assert_true(lanes_hand_over(lanes, 1, give, &library));
    assert_int_equal(library.given, 5);
    library.takes = 0;
    put(lanes, "a", 1);
    assert_false(lanes_hand_over(lanes, 2, give, &library));
    acknowledge(&library, lanes, 5);
    assert_false(lanes_hand_over(lanes, 9000, give, &library));
    library.takes = 1;
    assert_true(lanes_hand_over(lanes, 9000, give, &library));
    assert_int_equal(library.given, 6);
    lanes_close(lanes);
}

static void what_waits_can_be_taken_back(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(2, 1000000, 1000);
    const struct outgoing *next;
    size_t count = 0;

    (void)state;
    put(lanes, "a", 5);
    lanes_hand_over(lanes, 0, give, &library);
    lanes_forget(lanes);
    assert_int_equal(lanes_under_way(lanes), 0);
    for (uintptr_t number = 2; (next = lanes_pop(lanes)); number++, count++)
        assert_int_equal((uintptr_t)next->tag, number);
    assert_int_equal(count, 3);
    lanes_trim(lanes);
    lanes_done(lanes, SLICE("a"), 0); /* reported late: no harm */
    put(lanes, "a", 1);
    assert_true(lanes_hand_over(lanes, 0, give, &library));
    assert_int_equal(library.given, 3);
    lanes_close(lanes);
}

static void long_keys_have_a_lane(void **state)
{
    static const char key[100] = "b";
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(1, 1000000, 1000);
    struct outgoing one = {{payload, 1}, {key, sizeof(key)}, NULL};

    (void)state;
    assert_true(lanes_spread(lanes, 2));
    put(lanes, "a", 1);
    assert_true(lanes_put(lanes, &one));
    assert_true(lanes_put(lanes, &one));
    lanes_hand_over(lanes, 0, give, &library);
    assert_int_equal(library.given, 2);
    lanes_done(lanes, one.key, 0);
    lanes_hand_over(lanes, 0, give, &library);
    assert_int_equal(library.given, 3);
    lanes_close(lanes);
}

/* Ten to each lane in turn, and no lane has a second request before the first is acknowledged. */
static void messages_without_key_take_turns(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(10, 1000000, 0);
    size_t of_lane[3] = {0};

    (void)state;
    assert_true(lanes_spread(lanes, 3));
    put(lanes, "", 65);
    lanes_hand_over(lanes, 0, give, &library);
    assert_int_equal(library.given, 30);
    assert_int_equal(library.calls, 3);
    lanes_hand_over(lanes, 1, give, &library);
    assert_int_equal(library.given, 30);
    acknowledge(&library, lanes, 30);
    lanes_hand_over(lanes, 2, give, &library);
    assert_int_equal(library.given, 60);
    acknowledge(&library, lanes, 30);
    lanes_hand_over(lanes, 3, give, &library);
    assert_int_equal(library.given, 65);
    for (size_t i = 0; i < library.given; i++)
        of_lane[library.lanes[i]]++;
    for (size_t i = 0; i < 3; i++)
        assert_in_range(of_lane[i], 20, 25);
    lanes_close(lanes);
}

/* They come back by a lane that is not theirs when the topic was made anew, smaller. */
static void messages_without_key_are_done_by_any_lane(void **state)
{
    struct library library = {.takes = SIZE_MAX};
    struct lanes *lanes = make(10, 1000000, 0);

    (void)state;
    assert_true(lanes_spread(lanes, 3));
    put(lanes, "", 30);
    lanes_hand_over(lanes, 0, give, &library);
    for (size_t i = 0; i < 30; i++)
        lanes_done(lanes, (struct slice){NULL, 0}, i % 2 ? 0 : SIZE_MAX);
    assert_int_equal(lanes_under_way(lanes), 0);
    put(lanes, "", 30);
    lanes_hand_over(lanes, 1, give, &library);
    assert_int_equal(library.given, 60);
    lanes_done(lanes, (struct slice){NULL, 0}, 7);
    lanes_forget(lanes);
    lanes_done(lanes, (struct slice){NULL, 0}, 1); /* reported late: no harm */
    assert_int_equal(lanes_under_way(lanes), 0);
    lanes_close(lanes);
}

/*
 * Random puts, acknowledgements, refusals and numbers of partitions: every message is given once,
 * in the order of its key, and a lane never has more than one request.
 */
static void random_traffic_keeps_order(void **state)
{
    static const char keys[] = "abcdefgh";
    struct rng rng = rng_start();
    struct library *library = calloc(1, sizeof(*library));
    struct lanes *lanes = make(7, 256 + 5 * MESSAGE, 100);
    uintptr_t next_put[8] = {0}, next_given[8] = {0};
    size_t put_count = 0, checked = 0;
    int64_t now_us = 0;

    (void)state;
    assert_non_null(library);
    while (checked < 10000) {
        unsigned key = rng_below(&rng, 8);
        size_t spread = 1 + rng_below(&rng, 9);

        now_us += rng_below(&rng, 60);
        library->takes = rng_below(&rng, 10) ? SIZE_MAX : rng_below(&rng, 3);
        for (unsigned n = rng_below(&rng, 12); n && put_count < 10000; n--, put_count++) {
            struct outgoing one = message(&keys[key], next_put[key]++);

            assert_true(lanes_put(lanes, &one));
        }
        if (lanes_under_way(lanes) == 0 && rng_below(&rng, 4) == 0)
            assert_true(lanes_spread(lanes, spread));
        lanes_hand_over(lanes, now_us, give, library);
        for (; checked < library->given; checked++)
            assert_int_equal(library->numbers[checked], next_given[library->keys[checked] - 'a']++);
        assert_int_equal(lanes_under_way(lanes), library->given - library->done);
        assert_true(lanes_under_way(lanes) <= 5 * lanes_count(lanes));
        if (rng_below(&rng, 2))
            acknowledge(library, lanes, library->given - library->done);
        if (put_count == 10000 && rng_below(&rng, 50) == 0)
            lanes_trim(lanes);
    }
    assert_null(lanes_pop(lanes));
    lanes_close(lanes);
    free(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_open_for_the_time_that_the_library_waits),
        cmocka_unit_test(answer_is_late_after_the_time_that_the_library_waits),
        cmocka_unit_test(request_has_limits),
        cmocka_unit_test(requests_can_be_made_smaller),
        cmocka_unit_test(lanes_do_not_wait_for_each_other),
        cmocka_unit_test(what_is_not_taken_is_offered_again),
        cmocka_unit_test(what_waits_can_be_taken_back),
        cmocka_unit_test(long_keys_have_a_lane),
        cmocka_unit_test(messages_without_key_take_turns),
        cmocka_unit_test(messages_without_key_are_done_by_any_lane),
        cmocka_unit_test(random_traffic_keeps_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
