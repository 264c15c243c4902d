/*
 * test_producer.c - messages find the partition of their key and keep its order, on librdkafka's
 * mock cluster.
 */
#include "shipper/producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>

#include "common/scope.h"
#include "shipper/config.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define PARTITIONS 4
#define KEYS       9
#define MESSAGES   20000
#define POLL_MS    30000

struct message {
    uint32_t number; /* of its key */
    char key[12];
};

static struct message sent[MESSAGES];
static size_t delivered;

static void count(void *arg, const struct outgoing *message, enum delivery delivery,
                  const char *detail)
{
    (void)arg;
    (void)message;
    (void)detail;
    assert_int_equal(delivery, DELIVERED);
    delivered++;
}

static struct producer *open_producer(const char *brokers, const char *topic, bool idempotence)
{
    static struct shipper_kafka_config config;
    struct producer *producer;
    struct error err;

    config = (struct shipper_kafka_config){
        .link = {.brokers = (char *)(uintptr_t)brokers, .client_id = "test"},
        .topic = (char *)(uintptr_t)topic,
        .audit_topic = "",
        .compression = COMPRESS_NONE,
        .partition_by = PARTITION_BY_STREAM,
        .linger_ms = 1,
        .message_max_bytes = 1 << 20,
        .idempotence = idempotence};
    assert_int_equal(producer_open(&config, count, NULL, &producer, &err), OK);
    return producer;
}

/* Keys in runs, as lines of files come. */
static void make_messages(void)
{
    struct rng rng = rng_start();
    uint32_t numbers[KEYS] = {0};
    unsigned key = 0;

    for (size_t i = 0; i < MESSAGES; i++) {
        if (rng_below(&rng, 500) == 0)
            key = rng_below(&rng, KEYS);
        sent[i].number = numbers[key]++;
        snprintf(sent[i].key, sizeof(sent[i].key), "stream-%u", key);
    }
}

static void send_all(struct producer *producer)
{
    struct pollfd fd = {.fd = producer_fd(producer), .events = POLLIN};
    size_t done = 0;

    delivered = 0;
    while (delivered < MESSAGES) {
        struct outgoing some[700];
        size_t n = 0;
        const char *why;

        for (; n < ARRAY_LEN(some) && done + n < MESSAGES; n++)
            some[n] = (struct outgoing){
                .payload = {(const char *)&sent[done + n], sizeof(sent[0])},
                .key = {sent[done + n].key, strlen(sent[done + n].key)},
                .tag = &sent[done + n],
            };
        if (n)
            done += producer_send(producer, some, n, &why);
        else
            assert_true(poll(&fd, 1, POLL_MS) >= 0);
        producer_poll(producer);
    }
}

static rd_kafka_t *open_consumer(const char *brokers, const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    rd_kafka_t *consumer;

    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    assert_non_null(consumer);
    for (int32_t i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

/* The next of its key, where every client looks for that key. */
static void check_message(const rd_kafka_message_t *message, uint32_t *numbers)
{
    struct message found;
    unsigned key;

    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(message->len, sizeof(found));
    memcpy(&found, message->payload, sizeof(found));
    assert_memory_equal(message->key, found.key, message->key_len);
    assert_int_equal(message->partition,
                     rd_kafka_msg_partitioner_murmur2(NULL, message->key, message->key_len,
                                                      PARTITIONS, NULL, NULL));
    key = (unsigned)(found.key[strlen("stream-")] - '0');
    assert_int_equal(found.number, numbers[key]++);
}

static void check_all_came(const char *brokers, const char *topic)
{
    rd_kafka_t *consumer = open_consumer(brokers, topic);
    uint32_t numbers[KEYS] = {0};

    for (size_t i = 0; i < MESSAGES; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);

        assert_non_null(message);
        check_message(message, numbers);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static void keys_have_their_partition_and_their_order(void **state)
{
    static const char *const topics[] = {"plain", "idempotent"};
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    const char *brokers = rd_kafka_mock_cluster_bootstraps(cluster);

    (void)state;
    make_messages();
    for (int idempotence = 0; idempotence < 2; idempotence++) {
        struct producer *producer;

        rd_kafka_mock_topic_create(cluster, topics[idempotence], PARTITIONS, 1);
        producer = open_producer(brokers, topics[idempotence], idempotence);
        send_all(producer);
        check_all_came(brokers, topics[idempotence]);
        producer_rest(producer); /* another client */
        send_all(producer);
        producer_close(producer);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_partition_and_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
