/*
 * consume.c - limit of whatever reads Kafka: every message of a topic, looked at and dropped.
 *
 *     consume BROKERS TOPIC
 */
#include <inttypes.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "tests/bench/limits/limits.h"

#define BATCH      1000
#define TIMEOUT_MS 15000

static rd_kafka_t *kafka;
static rd_kafka_topic_t *topic;

static void connect_to(const char *brokers, const char *name)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof(text)) ||
        rd_kafka_conf_set(conf, "fetch.wait.max.ms", "100", text, sizeof(text)) ||
        !(kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text))))
        DIE("%s", text);
    if (!(topic = rd_kafka_topic_new(kafka, name, NULL)))
        DIE("no topic '%s'", name);
}

static int count_partitions(void)
{
    const struct rd_kafka_metadata *metadata;
    int count;

    if (rd_kafka_metadata(kafka, 0, topic, &metadata, TIMEOUT_MS))
        DIE("cannot reach Kafka");
    count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return count;
}

/* Starts all partitions on one queue; returns how many messages there are. */
static int64_t start(rd_kafka_queue_t *queue, const char *name)
{
    int64_t expected = 0, low, high;
    int partitions = count_partitions();

    for (int i = 0; i < partitions; i++) {
        if (rd_kafka_query_watermark_offsets(kafka, name, i, &low, &high, TIMEOUT_MS) ||
            rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_BEGINNING, queue))
            DIE("cannot read partition %d", i);
        expected += high - low;
    }
    return expected;
}

static unsigned char looked_at;

static int64_t take(rd_kafka_message_t **messages, ssize_t count, int64_t *bytes)
{
    int64_t taken = 0;

    for (ssize_t i = 0; i < count; i++) {
        if (!messages[i]->err) {
            *bytes += (int64_t)messages[i]->len;
            looked_at ^= messages[i]->len ? *(unsigned char *)messages[i]->payload : 0;
            taken++;
        }
        rd_kafka_message_destroy(messages[i]);
    }
    return taken;
}

int main(int argc, char **argv)
{
    static rd_kafka_message_t *messages[BATCH];
    int64_t expected, seen = 0, bytes = 0;
    rd_kafka_queue_t *queue;
    double began, deadline;
    ssize_t count;

    if (argc != 3)
        DIE("usage: consume BROKERS TOPIC");
    connect_to(argv[1], argv[2]);
    queue = rd_kafka_queue_new(kafka);
    began = wall_s();
    expected = start(queue, argv[2]);
    for (deadline = began + 120; seen < expected && wall_s() < deadline;) {
        count = rd_kafka_consume_batch_queue(queue, 1000, messages, BATCH);
        if (count < 0)
            DIE("cannot consume");
        seen += take(messages, count, &bytes);
    }
    printf("{\"messages\":%" PRId64 ",\"expected\":%" PRId64 ",\"bytes\":%" PRId64
           ",\"seconds\":%.3f,\"cpu_s\":%.3f}\n",
           seen, expected, bytes, wall_s() - began, cpu_s());
    fflush(stdout);
    _exit(seen != expected); /* what is fetched ahead is not worth waiting for */
}
