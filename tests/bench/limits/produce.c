/*
 * produce.c - limit of "file to Kafka": the lines of a mapped file as messages, by
 * rd_kafka_produce_batch.
 *
 *     produce [--copy | --parse | --parse-ordered] BROKERS TOPIC FILE
 *
 * Without an option the messages are views into the mapped file: no parse and no copy. --copy lets
 * librdkafka copy them; --parse makes JSON of combined lines, which is copied. They are spread over
 * the topic's partitions; --parse-ordered has one for all, which keeps their order.
 */
#include <stdbool.h>

#include <librdkafka/rdkafka.h>

#include "tests/bench/limits/combined.h"
#include "tests/bench/limits/limits.h"

#define BATCH      5000
#define TIMEOUT_MS 120000

#define FORGET_BYTES (1u << 20) /* a multiple of the page */

static rd_kafka_t *kafka;
static rd_kafka_topic_t *topic;
static rd_kafka_message_t messages[BATCH];
static int partitions;
static long failed;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    failed += message->err != 0;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
        DIE("%s", text);
}

static void connect_to(const char *brokers, const char *name)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const struct rd_kafka_metadata *metadata;
    char text[256];

    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.idempotence", "true");
    set(conf, "compression.type", "lz4");
    set(conf, "linger.ms", "20");
    set(conf, "queue.buffering.max.kbytes", "16384");
    set(conf, "batch.num.messages", "10000");
    set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (!(kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text))))
        DIE("%s", text);
    if (!(topic = rd_kafka_topic_new(kafka, name, NULL)) ||
        rd_kafka_metadata(kafka, 0, topic, &metadata, 15000))
        DIE("cannot reach '%s'", brokers);
    partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (partitions < 1)
        DIE("there is no topic '%s'", name);
}

/* What the full queue refused is moved to the front and sent again. */
static void send_batch(int count, int flags)
{
    static int partition;

    partition = (partition + 1) % partitions;
    while (count > 0) {
        int left = 0;

        rd_kafka_produce_batch(topic, partition, flags, messages, count);
        for (int i = 0; i < count; i++) {
            if (messages[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
                messages[left++] = messages[i];
            else if (messages[i].err)
                DIE("%s", rd_kafka_err2str(messages[i].err));
        }
        rd_kafka_poll(kafka, left ? 10 : 0);
        count = left;
    }
}

static int add_view(int count, const char *p, size_t len)
{
    messages[count] = (rd_kafka_message_t){.payload = (void *)(uintptr_t)p, .len = len};
    return count + 1;
}

/* What was copied need not stay in memory: it would count as ours. */
static void forget(const char **done, const char *p)
{
    size_t len = (size_t)(p - *done) & ~(size_t)(FORGET_BYTES - 1);

    if (len == 0)
        return;
    madvise((void *)(uintptr_t)*done, len, MADV_DONTNEED);
    *done += len;
}

static void send_lines(const char *p, const char *end, int flags)
{
    const char *newline, *done = p;
    int count = 0;

    for (; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            newline = end;
        count = add_view(count, p, (size_t)(newline - p));
        if (count == BATCH) {
            send_batch(count, flags);
            count = 0;
            if (flags & RD_KAFKA_MSG_F_COPY)
                forget(&done, newline);
        }
    }
    send_batch(count, flags);
}

static void send_records(const char *p, const char *end)
{
    static char out[4u << 20];
    char *to = out, *from;
    const char *newline, *done = p;
    int count = 0;

    for (; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        if (!newline)
            newline = end;
        if (count == BATCH ||
            sizeof(out) - (size_t)(to - out) < COMBINED_JSON_MAX((size_t)(newline - p))) {
            send_batch(count, RD_KAFKA_MSG_F_COPY);
            count = 0;
            to = out;
            forget(&done, p);
        }
        from = to;
        to = combined_to_json(to, p, newline);
        count = add_view(count, from, (size_t)(to - 1 - from));
    }
    send_batch(count, RD_KAFKA_MSG_F_COPY);
}

int main(int argc, char **argv)
{
    const char *how = argc == 5 ? argv[1] : "", *map;
    size_t len;
    bool ordered = strcmp(how, "--parse-ordered") == 0, parse = ordered || !strcmp(how, "--parse");

    if ((argc != 4 && argc != 5) || (argc == 5 && !parse && strcmp(how, "--copy") != 0))
        DIE("usage: produce [--copy | --parse | --parse-ordered] BROKERS TOPIC FILE");
    argv += argc - 4;
    connect_to(argv[1], argv[2]);
    if (ordered)
        partitions = 1;
    map = map_file(argv[3], &len);
    if (parse)
        send_records(map, map + len);
    else
        send_lines(map, map + len, *how ? RD_KAFKA_MSG_F_COPY : 0);
    if (rd_kafka_flush(kafka, TIMEOUT_MS) || failed)
        DIE("%ld messages failed, %d are left", failed, rd_kafka_outq_len(kafka));
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
    return 0;
}
