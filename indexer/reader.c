/*
 * reader.c - reads parts of a topic once.
 *
 * Messages are taken from the client's queue by the batch, which spares a lock
 * each. That is safe here: librdkafka before 2.1 loses its place in batches
 * only where partitions are paused or offsets are stored, and neither is done.
 */
#include "indexer/reader.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "common/kafka_failure.h"
#include "common/kafka_fetch.h"
#include "indexer/config.h"

#define TAKE_MAX 512   /* messages taken at once */
#define GONE_MS  60000 /* so long a broker that starts may not know the topic */

struct reader {
    const struct indexer_kafka_config *config;
    const char *topic;
    rd_kafka_t *client;
    struct kafka_fetch fetch;
    rd_kafka_queue_t *queue;
    struct reader_range *ranges;
    size_t range_count, open; /* ranges that are not done */
    rd_kafka_message_t *taken[TAKE_MAX];
    size_t taken_count, given;
    int64_t gone_ms; /* since when there is no such topic; 0: there is */
};

static enum status open_client(struct reader *reader, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&reader->config->link, &conf, err))
        return err->status;
    /* The library wants a group's name, but without a subscription none is joined. */
    if (kafka_set(conf, "group.id", "alpex-reader", err) ||
        kafka_set(conf, "enable.auto.commit", "false", err) ||
        kafka_set(conf, "enable.auto.offset.store", "false", err) ||
        kafka_set(conf, "enable.partition.eof", "true", err) ||
        kafka_set(conf, "auto.offset.reset", "earliest", err) || /* what was deleted is passed */
        kafka_set(conf, "fetch.wait.max.ms", "100", err) ||
        kafka_set(conf, "reconnect.backoff.max.ms", "1000", err) ||
        kafka_fetch_set(conf, reader->config->prefetch_max_bytes, err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    if (kafka_client_open(RD_KAFKA_CONSUMER, conf, "reader", &reader->client, err))
        return err->status;
    rd_kafka_poll_set_consumer(reader->client);
    kafka_fetch_start(&reader->fetch, reader->client, &reader->config->link,
                      reader->config->prefetch_max_bytes);
    reader->queue = rd_kafka_queue_get_consumer(reader->client);
    return OK;
}

enum status reader_open(const struct indexer_kafka_config *config, const char *topic,
                        struct reader **out, struct error *err)
{
    struct reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return error_set(err, FATAL, "out of memory");
    reader->config = config;
    reader->topic = topic;
    if (open_client(reader, err)) {
        reader_close(reader);
        return err->status;
    }
    *out = reader;
    return OK;
}

/* What is wrong with the brokers is known better by the connection than by the request. */
static enum status cannot(struct error *err, const char *what, const char *topic,
                          rd_kafka_resp_err_t code)
{
    char why[400];

    kafka_failure_last(why, sizeof(why));
    return error_set(err, RETRY, "cannot %s topic '%s': %s", what, topic,
                     why[0] ? why : rd_kafka_err2str(code));
}

static enum status make_ranges(struct reader *reader, size_t count, struct error *err)
{
    free(reader->ranges);
    reader->range_count = 0;
    reader->ranges = calloc(count, sizeof(*reader->ranges));
    if (!reader->ranges)
        return error_set(err, FATAL, "out of memory for %zu partitions", count);
    reader->range_count = count;
    for (size_t i = 0; i < count; i++)
        reader->ranges[i].partition = (int32_t)i;
    return OK;
}

static enum status find_partitions(struct reader *reader, int64_t timeout_ms, struct error *err)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(reader->client, reader->topic, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        topic ? rd_kafka_metadata(reader->client, 0, topic, &metadata, (int)timeout_ms)
              : rd_kafka_last_error();
    int count = 0;

    if (topic)
        rd_kafka_topic_destroy(topic);
    if (!code && metadata && metadata->topic_cnt == 1) {
        code = metadata->topics[0].err;
        count = metadata->topics[0].partition_cnt;
    }
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return error_set(err, DONE, "there is no topic '%s'", reader->topic);
    if (code || count <= 0)
        return cannot(err, "look for", reader->topic, code);
    return make_ranges(reader, (size_t)count, err);
}

enum status reader_find(struct reader *reader, int64_t timeout_ms, struct error *err)
{
    enum status status = find_partitions(reader, timeout_ms, err);

    for (size_t i = 0; i < reader->range_count && status == OK; i++) {
        struct reader_range *range = &reader->ranges[i];
        rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(reader->client, reader->topic, range->partition,
                                             &range->low, &range->high, (int)timeout_ms);

        if (code)
            status = cannot(err, "find the end of", reader->topic, code);
        range->from = range->low;
        range->to = range->high;
    }
    return status;
}

struct reader_range *reader_ranges(struct reader *reader, size_t *count)
{
    *count = reader->range_count;
    return reader->ranges;
}

enum status reader_offsets_at(struct reader *reader, int64_t time_ms, int64_t *offsets,
                              int64_t timeout_ms, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)reader->range_count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < reader->range_count; i++)
        rd_kafka_topic_partition_list_add(list, reader->topic, (int32_t)i)->offset = time_ms;
    code = rd_kafka_offsets_for_times(reader->client, list, (int)timeout_ms);
    for (int i = 0; i < list->cnt && !code; i++) {
        const struct reader_range *range = &reader->ranges[list->elems[i].partition];

        code = list->elems[i].err;
        offsets[list->elems[i].partition] =
            list->elems[i].offset >= 0 ? list->elems[i].offset : range->high;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code ? cannot(err, "find a time in", reader->topic, code) : OK;
}

static void begin_range(struct reader_range *range)
{
    range->absent = 0;
    range->next = range->from;
    if (range->to > range->high)
        range->to = range->high;
    if (range->next < range->low)
        range->next = range->low < range->to ? range->low : range->to;
    if (range->next > range->from)
        range->absent = range->next - range->from;
    range->done = range->next >= range->to;
}

enum status reader_start(struct reader *reader, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)reader->range_count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < reader->range_count; i++) {
        struct reader_range *range = &reader->ranges[i];

        begin_range(range);
        if (!range->done)
            rd_kafka_topic_partition_list_add(list, reader->topic, range->partition)->offset =
                range->next;
    }
    reader->open = (size_t)list->cnt;
    code = rd_kafka_assign(reader->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? error_set(err, FATAL, "cannot read topic '%s': %s", reader->topic,
                            rd_kafka_err2str(code))
                : OK;
}

/* Nothing more is fetched of it. */
static void finish(struct reader *reader, struct reader_range *range)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_error_t *error;

    range->absent += range->to - range->next;
    range->next = range->to;
    range->done = true;
    if (--reader->open == 0)
        return; /* the next start, or the end, gives all back at once */
    list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, reader->topic, range->partition);
    error = rd_kafka_incremental_unassign(reader->client, list);
    if (error) /* then more is fetched than is needed, and dropped */
        rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Is the message part of what is wanted? */
static bool is_wanted(struct reader *reader, const rd_kafka_message_t *message)
{
    struct reader_range *range;

    if (message->partition < 0 || (size_t)message->partition >= reader->range_count)
        return false;
    range = &reader->ranges[message->partition];
    if (range->done || message->offset < range->next) /* Kafka's log was cut and is read anew */
        return false;
    if (message->offset >= range->to) {
        finish(reader, range);
        return false;
    }
    range->absent += message->offset - range->next;
    range->next = message->offset + 1;
    if (range->next == range->to)
        finish(reader, range);
    return true;
}

static enum status read_event(struct reader *reader, const rd_kafka_message_t *message,
                              struct error *err)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (message->partition >= 0 && (size_t)message->partition < reader->range_count &&
            !reader->ranges[message->partition].done)
            finish(reader, &reader->ranges[message->partition]);
        return RETRY;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        if (!reader->gone_ms)
            reader->gone_ms = clock_mono_ms();
        return error_set(err, RETRY, "Kafka: %s", rd_kafka_message_errstr(message));
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return error_set(err, FATAL, "cannot read topic '%s': %s", reader->topic,
                         rd_kafka_message_errstr(message));
    default:
        return error_set(err, RETRY, "Kafka: %s", rd_kafka_message_errstr(message));
    }
}

/* Nothing came: is there still something that it could come from? */
static enum status wait_on(const struct reader *reader, struct error *err)
{
    if (!reader->gone_ms || clock_mono_ms() - reader->gone_ms < GONE_MS)
        return RETRY;
    return error_set(err, FATAL, "topic '%s' is gone", reader->topic);
}

static bool take_more(struct reader *reader, int64_t timeout_ms)
{
    ssize_t n = rd_kafka_consume_batch_queue(reader->queue, 0, reader->taken, TAKE_MAX);

    reader->given = 0;
    reader->taken_count = n > 0 ? (size_t)n : 0;
    if (n <= 0) { /* a batch would wait for all of its messages; one comes at once */
        reader->taken[0] = rd_kafka_consumer_poll(reader->client, (int)timeout_ms);
        reader->taken_count = reader->taken[0] != NULL;
    }
    return reader->taken_count > 0;
}

enum status reader_poll(struct reader *reader, int64_t timeout_ms, rd_kafka_message_t **out,
                        struct error *err)
{
    rd_kafka_message_t *message;
    enum status status = RETRY;

    err->text[0] = '\0';
    while (reader->open || reader->given < reader->taken_count) {
        if (reader->given == reader->taken_count && !take_more(reader, timeout_ms))
            return wait_on(reader, err);
        message = reader->taken[reader->given++];
        kafka_fetch_took(&reader->fetch, message->len);
        if (message->err)
            status = read_event(reader, message, err);
        else if (is_wanted(reader, message))
            status = OK;
        else
            status = RETRY;
        if (status == OK) {
            reader->gone_ms = 0;
            *out = message;
            return OK;
        }
        rd_kafka_message_destroy(message);
        if (status == FATAL || err->text[0])
            return status;
    }
    return DONE;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    while (reader->given < reader->taken_count)
        rd_kafka_message_destroy(reader->taken[reader->given++]);
    if (reader->queue)
        rd_kafka_queue_destroy(reader->queue);
    if (reader->client) {
        rd_kafka_consumer_close(reader->client);
        rd_kafka_destroy(reader->client);
    }
    free(reader->ranges);
    free(reader);
}
