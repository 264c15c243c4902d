/*
 * freshness.c - from appending one line to a file until its record can be consumed from Kafka.
 *
 *     freshness [--lines N] [--gap MS] BROKERS TOPIC FILE       an agent follows FILE
 *     freshness [--lines N] [--gap MS] --direct BROKERS TOPIC   the floor: no agent
 *
 * One line at a time, after random pauses of half to one and a half times the gap. Prints
 * milliseconds: percentiles and how many never came. The first lines are not counted, and each of
 * them waits until the one before has arrived: connections are still being made.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "common/options.h"
#include "tests/bench/limits/limits.h"

#define LINES_MAX  100000
#define WARM_LINES 20
#define PATIENCE_S 10

static struct {
    int64_t lines, gap_ms;
    bool direct;
} args = {.lines = 300, .gap_ms = 40};

static _Atomic double sent[LINES_MAX], seen[LINES_MAX];
static atomic_bool writer_done;

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_t *rk;

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof(text)) ||
        (type == RD_KAFKA_PRODUCER &&
         (rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof(text)) ||
          rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof(text)))) ||
        !(rk = rd_kafka_new(type, conf, text, sizeof(text))))
        DIE("%s", text);
    return rk;
}

static size_t make_line(char *line, size_t size, int64_t number)
{
    return (size_t)snprintf(line, size,
                            "192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"GET /fresh?seq=%" PRId64
                            "x HTTP/1.1\" 200 512 \"-\" \"curl/8.14.1\"\n",
                            number);
}

struct writer {
    const char *brokers, *topic, *file;
};

static void pause_ms(double ms)
{
    nanosleep(
        &(struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms * 1e6) % 1000000000},
        NULL);
}

/* A consumer that has just begun may sit in a request for partitions that it knew before. */
static void wait_until_seen(int64_t number)
{
    double deadline = wall_s() + PATIENCE_S;

    while (seen[number] == 0 && wall_s() < deadline)
        pause_ms(1);
}

static void *run_writer(void *arg)
{
    const struct writer *writer = arg;
    rd_kafka_t *producer = args.direct ? client(RD_KAFKA_PRODUCER, writer->brokers) : NULL;
    int fd = args.direct ? -1 : open(writer->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    unsigned short dice[3] = {1, 2, 3};
    char line[256];

    if (!args.direct && fd < 0)
        DIE("cannot write '%s'", writer->file);
    for (int64_t i = 0; i < args.lines; i++) {
        size_t len = make_line(line, sizeof(line), i);

        pause_ms((double)args.gap_ms * (0.5 + erand48(dice)));
        sent[i] = wall_s();
        if (args.direct)
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(writer->topic),
                              RD_KAFKA_V_VALUE(line, len - 1),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        else if (write(fd, line, len) != (ssize_t)len)
            DIE("cannot append to '%s'", writer->file);
        if (i < WARM_LINES)
            wait_until_seen(i);
    }
    if (producer)
        rd_kafka_flush(producer, PATIENCE_S * 1000);
    writer_done = true;
    return arg;
}

static int64_t note(const rd_kafka_message_t *message)
{
    static const char mark[] = "seq=";
    const char *at = memmem(message->payload, message->len, mark, sizeof(mark) - 1);
    int64_t number = at ? strtoll(at + sizeof(mark) - 1, NULL, 10) : -1; /* an x ends it */

    if (number < 0 || number >= args.lines || seen[number] > 0)
        return 0;
    seen[number] = wall_s();
    return 1;
}

/* All partitions from their end on, so that what the topic holds already does not count. */
static rd_kafka_queue_t *start_consumer(rd_kafka_t *consumer, rd_kafka_topic_t *topic)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    const struct rd_kafka_metadata *metadata;
    int partitions;

    if (rd_kafka_metadata(consumer, 0, topic, &metadata, 15000))
        DIE("cannot reach Kafka");
    partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    for (int i = 0; i < partitions; i++) {
        int64_t low, high;

        if (rd_kafka_query_watermark_offsets(consumer, rd_kafka_topic_name(topic), i, &low, &high,
                                             15000) ||
            rd_kafka_consume_start_queue(topic, i, high, queue))
            DIE("cannot read partition %d", i);
    }
    return queue;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_result(void)
{
    static double delays[LINES_MAX];
    int64_t count = 0, lost = 0;

    for (int64_t i = WARM_LINES; i < args.lines; i++) {
        if (seen[i] > 0)
            delays[count++] = (seen[i] - sent[i]) * 1000;
        else
            lost++;
    }
    if (count == 0)
        DIE("no line arrived");
    qsort(delays, (size_t)count, sizeof(*delays), compare);
    printf("{\"lines\":%" PRId64 ",\"lost\":%" PRId64
           ",\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
           count, lost, delays[count / 2], delays[count * 9 / 10], delays[count * 99 / 100],
           delays[count - 1]);
}

static void consume(rd_kafka_queue_t *queue)
{
    double deadline = 0;
    int64_t count = 0;

    while (count < args.lines) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 100);

        if (message && !message->err)
            count += note(message);
        if (message)
            rd_kafka_message_destroy(message);
        if (writer_done && deadline == 0)
            deadline = wall_s() + PATIENCE_S;
        if (deadline > 0 && wall_s() > deadline)
            break;
    }
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"lines", 'n', "N", OPTION_NUMBER, &args.lines, "how many"},
        {"gap", 0, "MS", OPTION_NUMBER, &args.gap_ms, "mean pause between two"},
        {"direct", 0, NULL, OPTION_FLAG, &args.direct, "produce instead of appending"},
        {0}};
    struct writer writer;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *queue;
    pthread_t thread;
    struct error err;
    char **rest;

    if (options_parse(rows, argc, argv, &rest, &err) || !rest[0] || !rest[1] ||
        (!args.direct && !rest[2]) || args.lines <= WARM_LINES || args.lines > LINES_MAX)
        DIE("usage: freshness [--lines N] [--gap MS] [--direct] BROKERS TOPIC [FILE]");
    writer = (struct writer){rest[0], rest[1], rest[2]};
    consumer = client(RD_KAFKA_CONSUMER, writer.brokers);
    queue = start_consumer(consumer, rd_kafka_topic_new(consumer, writer.topic, NULL));
    if (pthread_create(&thread, NULL, run_writer, &writer))
        DIE("cannot start a thread");
    consume(queue);
    print_result();
    fflush(stdout);
    _exit(0);
}
