/*
 * test_offsets.c - what may be committed when batches come back in any order.
 */
#include "indexer/offsets.h"

#include "indexer/batch.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define BATCHES 8
#define ENTRIES 16

/* Batches whose messages have nothing but a place. */
struct bench {
    struct offsets *offsets;
    struct batch batches[BATCHES];
    struct batch_entry entries[BATCHES][ENTRIES];
    rd_kafka_message_t messages[BATCHES][ENTRIES];
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct error err;

    assert_non_null(bench);
    assert_int_equal(offsets_open(&bench->offsets, &err), OK);
    for (int32_t partition = 0; partition < 3; partition++)
        assert_int_equal(offsets_add(bench->offsets, partition, &err), OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    offsets_close(bench->offsets);
    free(bench);
    return 0;
}

static void put(struct bench *bench, int number, int32_t partition, int64_t offset)
{
    struct batch *batch = &bench->batches[number];
    rd_kafka_message_t *message = &bench->messages[number][batch->count];

    assert_true(batch->count < ENTRIES);
    message->partition = partition;
    message->offset = offset;
    bench->entries[number][batch->count++].message = message;
    batch->entries = bench->entries[number];
}

/* Batch `number` leaves with `count` messages of the partition from `first` on. */
static void hand_out(struct bench *bench, int number, int32_t partition, int64_t first,
                     unsigned count)
{
    bench->batches[number].count = 0;
    for (unsigned i = 0; i < count; i++)
        put(bench, number, partition, first + i);
    assert_true(offsets_hand_out(bench->offsets, &bench->batches[number]));
}

static void take_back(struct bench *bench, int number, bool settled)
{
    offsets_take_back(bench->offsets, &bench->batches[number], settled);
}

static void expect_position(struct bench *bench, int32_t partition, int64_t next)
{
    assert_int_equal(offsets_position(bench->offsets, partition), next);
}

static void position_is_behind_what_is_settled(void **state)
{
    struct bench *bench = *state;

    expect_position(bench, 0, -1);
    hand_out(bench, 0, 0, 100, 5);
    expect_position(bench, 0, -1);
    take_back(bench, 0, true);
    expect_position(bench, 0, 105);
    expect_position(bench, 1, -1);
    expect_position(bench, 99, -1);
}

static void later_batch_waits_for_the_earlier(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 5);
    hand_out(bench, 1, 0, 5, 5);
    hand_out(bench, 2, 0, 10, 5);
    take_back(bench, 2, true);
    expect_position(bench, 0, -1);
    take_back(bench, 0, true);
    expect_position(bench, 0, 5);
    take_back(bench, 1, true);
    expect_position(bench, 0, 15);
}

static void unsettled_batch_stops_the_position_for_good(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 5);
    take_back(bench, 0, true);
    hand_out(bench, 1, 0, 5, 5);
    hand_out(bench, 2, 0, 10, 5);
    take_back(bench, 2, true);
    take_back(bench, 1, false);
    hand_out(bench, 3, 0, 15, 5);
    take_back(bench, 3, true);
    expect_position(bench, 0, 5);
}

static void what_is_settled_behind_a_hole_counts_when_it_is_closed(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 5);
    for (int round = 0; round < 1000; round++) {
        hand_out(bench, 1, 0, 5 + 10 * round, 5);
        hand_out(bench, 2, 0, 10 + 10 * round, 5);
        take_back(bench, 2, true);
        take_back(bench, 1, true);
    }
    hand_out(bench, 3, 0, 10005, 5);
    expect_position(bench, 0, -1);
    take_back(bench, 0, true);
    expect_position(bench, 0, 10005);
    take_back(bench, 3, true);
    expect_position(bench, 0, 10010);
}

static void partitions_of_one_batch_are_apart(void **state)
{
    struct bench *bench = *state;

    put(bench, 0, 0, 7);
    put(bench, 0, 1, 100);
    put(bench, 0, 0, 8);
    put(bench, 0, 2, 0);
    put(bench, 0, 1, 103); /* compaction and transactions leave gaps */
    assert_true(offsets_hand_out(bench->offsets, &bench->batches[0]));
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 3);
    take_back(bench, 0, true);
    expect_position(bench, 0, 9);
    expect_position(bench, 1, 104);
    expect_position(bench, 2, 1);
}

static void batches_under_way_are_counted(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 1);
    hand_out(bench, 1, 0, 1, 1);
    hand_out(bench, 2, 1, 0, 1);
    assert_int_equal(offsets_outstanding(bench->offsets, 0), 2);
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 3);
    take_back(bench, 1, true);
    take_back(bench, 2, false);
    assert_int_equal(offsets_outstanding(bench->offsets, 0), 1);
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 1);
    take_back(bench, 0, true);
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 0);
}

static void what_comes_back_of_a_lost_partition_counts_no_more(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 5);
    hand_out(bench, 1, 0, 5, 5);
    hand_out(bench, 2, 0, 10, 5);
    take_back(bench, 1, true);
    offsets_remove(bench->offsets, 0);
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 0);
    expect_position(bench, 0, -1);
    take_back(bench, 0, true);
    take_back(bench, 2, false);
    expect_position(bench, 0, -1);
}

static void partition_that_returns_begins_anew(void **state)
{
    struct bench *bench = *state;
    struct error err;

    hand_out(bench, 0, 0, 100, 5);
    offsets_remove(bench->offsets, 0);
    assert_int_equal(offsets_add(bench->offsets, 0, &err), OK);
    hand_out(bench, 1, 0, 50, 5);
    take_back(bench, 0, true);
    expect_position(bench, 0, -1);
    take_back(bench, 1, true);
    expect_position(bench, 0, 55);
}

static void adding_twice_keeps_the_position(void **state)
{
    struct bench *bench = *state;
    struct error err;

    hand_out(bench, 0, 0, 0, 5);
    take_back(bench, 0, true);
    assert_int_equal(offsets_add(bench->offsets, 0, &err), OK);
    expect_position(bench, 0, 5);
    offsets_remove(bench->offsets, 99);
}

static void messages_of_a_lost_partition_are_not_tracked(void **state)
{
    struct bench *bench = *state;

    put(bench, 0, 9, 0);
    put(bench, 0, 0, 0);
    put(bench, 0, 9, 1);
    put(bench, 0, 0, 1);
    assert_true(offsets_hand_out(bench->offsets, &bench->batches[0]));
    assert_int_equal(offsets_outstanding(bench->offsets, -1), 1);
    take_back(bench, 0, true);
    expect_position(bench, 0, 2);
    expect_position(bench, 9, -1);
}

struct moved {
    int64_t next[3];
    unsigned count;
};

static void note_moved(void *arg, int32_t partition, int64_t next)
{
    struct moved *moved = arg;

    assert_in_range(partition, 0, 2);
    moved->next[partition] = next;
    moved->count++;
}

static unsigned moved_count(struct bench *bench)
{
    struct moved moved = {0};

    offsets_each_moved(bench->offsets, note_moved, &moved);
    return moved.count;
}

static void moved_positions_are_told_until_committed(void **state)
{
    struct bench *bench = *state;
    struct moved moved = {0};

    assert_int_equal(moved_count(bench), 0);
    hand_out(bench, 0, 0, 0, 5);
    hand_out(bench, 1, 2, 7, 1);
    take_back(bench, 0, true);
    take_back(bench, 1, true);
    offsets_each_moved(bench->offsets, note_moved, &moved);
    assert_int_equal(moved.count, 2);
    assert_int_equal(moved.next[0], 5);
    assert_int_equal(moved.next[2], 8);
    offsets_committed(bench->offsets, 0, 5);
    assert_int_equal(moved_count(bench), 1);
    offsets_committed(bench->offsets, 2, 8);
    offsets_committed(bench->offsets, 99, 8);
    assert_int_equal(moved_count(bench), 0);
}

static void close_releases_what_was_never_settled(void **state)
{
    struct bench *bench = *state;

    hand_out(bench, 0, 0, 0, 5);
    hand_out(bench, 1, 0, 5, 5);
    take_back(bench, 0, false);
    take_back(bench, 1, true);
    expect_position(bench, 0, -1);
    offsets_close(NULL);
}

/* Against the plain rule: the position is the end of the settled prefix. */
static void random_orders_move_over_the_settled_prefix_only(void **state)
{
    struct bench *bench = *state;
    struct rng rng = rng_start();
    int64_t next = 0, ends[2000], expected = -1;
    bool settled[2000] = {false};
    int order[BATCHES], first_open = 0, handed = 0;
    bool busy[BATCHES] = {false};

    for (int round = 0; round < 4000; round++) {
        int number = (int)rng_below(&rng, BATCHES);

        if (!busy[number] && handed < 2000) {
            unsigned count = 1 + rng_below(&rng, ENTRIES);

            hand_out(bench, number, 0, next, count);
            next += count;
            ends[handed] = next;
            order[number] = handed++;
            busy[number] = true;
        } else if (busy[number]) {
            take_back(bench, number, true);
            settled[order[number]] = true;
            busy[number] = false;
        }
        while (first_open < handed && settled[first_open])
            expected = ends[first_open++];
        expect_position(bench, 0, expected);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(position_is_behind_what_is_settled),
        CASE(later_batch_waits_for_the_earlier),
        CASE(unsettled_batch_stops_the_position_for_good),
        CASE(what_is_settled_behind_a_hole_counts_when_it_is_closed),
        CASE(partitions_of_one_batch_are_apart),
        CASE(batches_under_way_are_counted),
        CASE(what_comes_back_of_a_lost_partition_counts_no_more),
        CASE(partition_that_returns_begins_anew),
        CASE(adding_twice_keeps_the_position),
        CASE(messages_of_a_lost_partition_are_not_tracked),
        CASE(moved_positions_are_told_until_committed),
        CASE(close_releases_what_was_never_settled),
        CASE(random_orders_move_over_the_settled_prefix_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
