/*
 * test_producer.c - messages find the partition of their key and keep its order, and nobody works
 * while all wait, on librdkafka's mock cluster.
 */
#include "shipper/producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "common/clock.h"
#include "common/scope.h"
#include "shipper/config.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define PARTITIONS 4
#define KEYS       9
#define MESSAGES   20000
#define POLL_MS    30000
#define LATE_MS    1000
#define LATE_COUNT 2500 /* messages of a request */

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

static struct producer *open_producer(const char *brokers, const char *topic, bool idempotence,
                                      unsigned linger_ms)
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
        .linger_ms = linger_ms,
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
        producer = open_producer(brokers, topics[idempotence], idempotence, 1);
        send_all(producer);
        check_all_came(brokers, topics[idempotence]);
        producer_rest(producer); /* another client */
        send_all(producer);
        producer_close(producer);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

static void send_without_key(struct producer *producer, size_t count)
{
    static struct outgoing messages[LATE_COUNT];
    const char *why;

    delivered = 0;
    for (size_t i = 0; i < count; i++)
        messages[i] = (struct outgoing){.payload = SLICE("payload"), .tag = &messages[i]};
    assert_int_equal(producer_send(producer, messages, count, &why), count);
}

static void await_delivery(struct producer *producer, size_t count)
{
    struct pollfd fd = {.fd = producer_fd(producer), .events = POLLIN};
    int64_t end_ms = clock_mono_ms() + POLL_MS;

    while (delivered < count) {
        int64_t now_ms = clock_mono_ms(), due_ms = producer_due_ms(producer);

        assert_true(now_ms < end_ms);
        if (due_ms > end_ms)
            due_ms = end_ms;
        poll(&fd, 1, due_ms > now_ms ? (int)(due_ms - now_ms) : 0);
        producer_poll(producer);
    }
    assert_true(producer_due_ms(producer) == INT64_MAX);
}

static void interrupt_in(long us)
{
    const struct itimerval once = {{0, 0}, {0, us}};

    setitimer(ITIMER_REAL, &once, NULL);
}

/* As when the system gives the processor to others, for longer than the library lingers. */
static void be_interrupted(int signal_number)
{
    const struct timespec pause = {0, 5000000};

    (void)signal_number;
    nanosleep(&pause, NULL);
    interrupt_in(100);
}

/* A part of the request is sent, the rest is due, and may not be sent before the answer. */
static void nobody_works_while_the_answer_to_half_a_request_is_late(void **state)
{
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    struct producer *producer;
    struct timespec before, after;
    double used_s;

    (void)state;
    rd_kafka_mock_topic_create(cluster, "late", 1, 1);
    producer = open_producer(rd_kafka_mock_cluster_bootstraps(cluster), "late", true, 1);
    send_without_key(producer, 1);
    await_delivery(producer, 1);
    rd_kafka_mock_broker_set_rtt(cluster, 1, LATE_MS);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    signal(SIGALRM, be_interrupted); /* only our thread: the library's own take no signals */
    interrupt_in(100);
    send_without_key(producer, LATE_COUNT);
    signal(SIGALRM, SIG_IGN);
    await_delivery(producer, LATE_COUNT);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    used_s =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    print_message("%.3f s of a processor, answers after %d ms\n", used_s, LATE_MS);
    assert_true(used_s < LATE_MS / 1e3 / 2); /* without the brake: 0.64 to 0.91 */
    producer_close(producer);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_partition_and_their_order),
        cmocka_unit_test(nobody_works_while_the_answer_to_half_a_request_is_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
