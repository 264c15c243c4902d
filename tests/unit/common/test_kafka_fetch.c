/*
 * test_kafka_fetch.c - what a consumer fetches ahead, on librdkafka's mock cluster.
 */
#include "common/kafka_fetch.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/scope.h"

#define MESSAGES      4000
#define MESSAGE_BYTES 1000
#define GIANT_BYTES   900000 /* many times what one answer may have */
#define POLL_MS       30000

static const struct kafka_link nobody = {0};

static rd_kafka_conf_t *make_conf(uint64_t ahead)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct error err;

    assert_int_equal(kafka_fetch_set(conf, ahead, &err), OK);
    return conf;
}

static long number_of(rd_kafka_conf_t *conf, const char *name)
{
    char value[64];
    size_t size = sizeof(value);

    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    return strtol(value, NULL, 10);
}

static void answers_are_a_small_part_of_what_is_ahead(void **state)
{
    static const struct {
        uint64_t ahead;
        long kbytes, answer;
    } cases[] = {
        {64 << 10, 64, 64 << 10},   {1 << 20, 1024, 64 << 10},   {4 << 20, 4096, 256 << 10},
        {16 << 20, 16384, 1 << 20}, {1 << 30, 1048576, 1 << 20},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rd_kafka_conf_t *conf = make_conf(cases[i].ahead);

        assert_int_equal(number_of(conf, "queued.max.messages.kbytes"), cases[i].kbytes);
        assert_int_equal(number_of(conf, "fetch.max.bytes"), cases[i].answer);
        assert_int_equal(number_of(conf, "fetch.message.max.bytes"), cases[i].answer);
        rd_kafka_conf_destroy(conf);
    }
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *brokers)
{
    char reason[256];
    rd_kafka_t *client;

    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    client = rd_kafka_new(type, conf, reason, sizeof(reason));
    assert_non_null(client);
    return client;
}

static void produce(const char *brokers, size_t count, size_t bytes)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, conf, brokers);
    char *text = calloc(1, bytes);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text, &i, sizeof(i));
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("logs"),
                                           RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(text, bytes),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                           RD_KAFKA_V_END),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    assert_int_equal(rd_kafka_flush(producer, POLL_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
    free(text);
}

static rd_kafka_t *open_consumer(const char *brokers, uint64_t ahead)
{
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, make_conf(ahead), brokers);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_add(list, "logs", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

/* All that was produced comes, once and in order. */
static void check_all_come(rd_kafka_t *consumer, struct kafka_fetch *fetch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
        size_t number;

        assert_non_null(message);
        assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
        memcpy(&number, message->payload, sizeof(number));
        assert_int_equal(number, i);
        kafka_fetch_took(fetch, message->len);
        rd_kafka_message_destroy(message);
    }
}

static void check_reading(size_t count, size_t bytes)
{
    const uint64_t ahead = 128 << 10;
    rd_kafka_t *host = open_client(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), "");
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    const char *brokers = rd_kafka_mock_cluster_bootstraps(cluster);
    struct kafka_fetch fetch;
    rd_kafka_t *consumer;

    rd_kafka_mock_topic_create(cluster, "logs", 1, 1);
    produce(brokers, count, bytes);
    consumer = open_consumer(brokers, ahead);
    kafka_fetch_start(&fetch, consumer, &nobody, ahead);
    check_all_come(consumer, &fetch, count);
    if (fetch.every)
        assert_true(fetch.taken < fetch.every);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

static void more_than_is_kept_ahead_comes_whole_and_in_order(void **state)
{
    (void)state;
    check_reading(MESSAGES, MESSAGE_BYTES);
}

static void message_larger_than_all_that_is_kept_comes(void **state)
{
    (void)state;
    check_reading(3, GIANT_BYTES);
}

static void reminders_leave_the_credentials_as_they_are(void **state)
{
    struct kafka_link link = {.sasl_username = "me", .sasl_password = "secret"};
    rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, rd_kafka_conf_new(), "");
    struct kafka_fetch fetch;

    (void)state;
    kafka_fetch_start(&fetch, client, &link, 1 << 20);
    fetch.taken = 5;
    kafka_fetch_remind(&fetch);
    assert_int_equal(fetch.taken, 0);
    rd_kafka_destroy(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_a_small_part_of_what_is_ahead),
        cmocka_unit_test(more_than_is_kept_ahead_comes_whole_and_in_order),
        cmocka_unit_test(message_larger_than_all_that_is_kept_comes),
        cmocka_unit_test(reminders_leave_the_credentials_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
