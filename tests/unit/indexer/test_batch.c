/*
 * test_batch.c - batches of real messages, from librdkafka's mock cluster, and of payloads.
 */
#include "indexer/batch.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct batch *open_batch(size_t capacity)
{
    struct batch *batch = NULL;
    struct error err;

    assert_int_equal(batch_open(capacity, &batch, &err), OK);
    return batch;
}

static void full_batch_refuses_more(void **state)
{
    struct batch *batch = open_batch(2);

    (void)state;
    assert_true(batch_add_payload(batch, SLICE("one")));
    assert_true(batch_add_payload(batch, SLICE("three")));
    assert_false(batch_add_payload(batch, SLICE("x")));
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch->bytes, 8);
    batch_close(batch);
}

static void entries_start_pending_with_their_payload(void **state)
{
    struct batch *batch = open_batch(4);

    (void)state;
    batch_add_payload(batch, SLICE("one"));
    batch_add_payload(batch, SLICE(""));
    assert_int_equal(batch_pending(batch), 2);
    assert_true(slice_is(batch->entries[0].original, "one"));
    assert_int_equal(batch->entries[1].reason, REASON_NONE);
    batch_close(batch);
}

static void settled_entries_are_not_pending(void **state)
{
    struct batch *batch = open_batch(OUTCOME_COUNT);

    (void)state;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        batch_add_payload(batch, SLICE("x"));
        batch->entries[outcome].outcome = (enum outcome)outcome;
    }
    assert_int_equal(batch_pending(batch), 1);
    batch_close(batch);
}

static void cleared_batch_forgets_outcomes(void **state)
{
    struct batch *batch = open_batch(1);

    (void)state;
    batch_add_payload(batch, SLICE("x"));
    batch->entries[0].outcome = OUTCOME_REFUSED;
    batch->entries[0].reason = REASON_MAPPING;
    batch_clear(batch);
    assert_int_equal(batch->count, 0);
    assert_int_equal(batch->bytes, 0);
    batch_add_payload(batch, SLICE("y"));
    assert_int_equal(batch->entries[0].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[0].reason, REASON_NONE);
    batch_close(batch);
}

static void lent_memory_goes_from_batch_to_batch(void **state)
{
    struct batch *one = open_batch(1), *other = open_batch(1);
    struct arena memory;
    char *first;
    size_t total;

    (void)state;
    batch_memory_init(&memory);
    batch_lend(one, &memory);
    first = arena_bytes(&one->arena, 100);
    total = one->arena.total;
    batch_give_back(one, &memory);
    assert_int_equal(one->arena.total, 0);
    batch_lend(other, &memory);
    assert_int_equal(other->arena.total, total);
    assert_ptr_equal(arena_bytes(&other->arena, 100), first);
    assert_non_null(arena_bytes(&other->arena, 40u << 20));
    batch_give_back(other, &memory);
    assert_int_equal(memory.total, 0); /* one giant paid for all */
    arena_release(&memory);
    batch_close(one);
    batch_close(other);
}

static void memory_of_one_giant_is_not_kept(void **state)
{
    struct batch *batch = open_batch(1);

    (void)state;
    assert_non_null(arena_alloc(&batch->arena, 1000));
    batch_clear(batch);
    assert_true(batch->arena.total > 0);
    assert_non_null(arena_alloc(&batch->arena, 100u << 20));
    batch_clear(batch);
    assert_int_equal(batch->arena.total, 0);
    batch_close(batch);
}

static void every_outcome_and_reason_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        assert_non_null(outcome_names[i]);
    for (int i = 0; i < REASON_COUNT; i++)
        assert_non_null(reason_names[i]);
    batch_close(NULL);
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char reason[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof(reason));

    assert_non_null(client);
    return client;
}

static void produce(rd_kafka_t *producer, const char *text)
{
    assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("logs"), RD_KAFKA_V_PARTITION(0),
                                       RD_KAFKA_V_VALUE((void *)text, strlen(text)),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static rd_kafka_t *open_consumer(rd_kafka_mock_cluster_t *cluster)
{
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *consumer;

    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), NULL,
                      0);
    rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    consumer = open_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_add(partitions, "logs", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(consumer, partitions), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(partitions);
    return consumer;
}

/* Runs on until `count` messages are in the batch. */
static void consume(rd_kafka_t *consumer, struct batch *batch, size_t count)
{
    rd_kafka_message_t *message;

    while (batch->count < count) {
        message = rd_kafka_consumer_poll(consumer, 10000);
        assert_non_null(message);
        if (message->err)
            rd_kafka_message_destroy(message);
        else
            assert_true(batch_add(batch, message));
    }
}

static void messages_live_until_the_batch_is_cleared(void **state)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct batch *batch = open_batch(2);
    rd_kafka_t *producer, *consumer;
    rd_kafka_mock_cluster_t *cluster;

    (void)state;
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", NULL, 0);
    producer = open_client(RD_KAFKA_PRODUCER, conf);
    cluster = rd_kafka_handle_mock_cluster(producer);
    rd_kafka_mock_topic_create(cluster, "logs", 1, 1);
    produce(producer, "first");
    produce(producer, "second");
    consumer = open_consumer(cluster);
    consume(consumer, batch, 2);

    assert_true(slice_is(batch->entries[0].original, "first"));
    assert_true(slice_is(batch->entries[1].original, "second"));
    assert_int_equal(batch->entries[1].message->offset, 1);
    batch_close(batch);

    /* librdkafka waits here for messages that were not given back. */
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
}

static void set(struct batch *batch, size_t i, struct slice index, enum outcome outcome)
{
    struct batch_entry *entry = &batch->entries[i];

    entry->id = arena_copy(&batch->arena, SLICE("id"));
    entry->id.len = 2;
    entry->index = index;
    entry->document = arena_copy(&batch->arena, entry->original);
    entry->outcome = outcome;
}

static void what_is_pending_outlives_the_batch_that_it_leaves(void **state)
{
    struct batch *batch = open_batch(5), *rest;
    struct error err;
    struct slice a = arena_copy(&batch->arena, SLICE("index-a"));
    struct slice b = arena_copy(&batch->arena, SLICE("index-b"));

    (void)state;
    for (size_t i = 0; i < 5; i++)
        batch_add_payload(batch, slice_of(&"0\0001\0002\0003\0004"[2 * i]));
    set(batch, 0, a, OUTCOME_PENDING);
    set(batch, 1, a, OUTCOME_INDEXED);
    set(batch, 2, a, OUTCOME_PENDING);
    set(batch, 3, b, OUTCOME_REFUSED);
    set(batch, 4, b, OUTCOME_PENDING);
    batch->entries[2].detail = arena_copy(&batch->arena, (struct slice){"why", 4}).data;
    batch->segments = (struct segment *)&err;
    assert_int_equal(batch_split(batch, &rest, &err), OK);
    assert_null(batch->segments);
    assert_ptr_equal(rest->segments, (struct segment *)&err);
    assert_true(rest->parked);
    assert_int_equal(rest->bytes, 5);
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch_pending(batch), 0);
    assert_true(slice_is(batch->entries[1].original, "3"));
    batch_close(batch);

    assert_int_equal(rest->count, 3);
    assert_int_equal(batch_pending(rest), 3);
    assert_true(slice_is(rest->entries[0].document, "0"));
    assert_true(slice_is(rest->entries[1].document, "2"));
    assert_string_equal(rest->entries[1].detail, "why");
    assert_ptr_equal(rest->entries[0].index.data, rest->entries[1].index.data);
    assert_true(slice_is(rest->entries[2].index, "index-b"));
    assert_true(slice_is(rest->entries[2].id, "id"));
    batch_close(rest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_batch_refuses_more),
        cmocka_unit_test(entries_start_pending_with_their_payload),
        cmocka_unit_test(settled_entries_are_not_pending),
        cmocka_unit_test(cleared_batch_forgets_outcomes),
        cmocka_unit_test(lent_memory_goes_from_batch_to_batch),
        cmocka_unit_test(memory_of_one_giant_is_not_kept),
        cmocka_unit_test(every_outcome_and_reason_has_a_name),
        cmocka_unit_test(what_is_pending_outlives_the_batch_that_it_leaves),
        cmocka_unit_test(messages_live_until_the_batch_is_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
