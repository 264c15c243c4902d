/*
 * deadletter.c - records that are refused for good, to a topic of their own.
 */
#include "indexer/deadletter/deadletter.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "common/metrics.h"
#include "common/timestamp.h"
#include "common/version.h"
#include "indexer/batch.h"
#include "indexer/config.h"

#define MESSAGE_MAX (64 << 20) /* whatever was taken from one topic goes into the other */

struct deadletter {
    const struct indexer_kafka_config *config;
    rd_kafka_t *client; /* NULL until needed */
    uint64_t stamp;     /* of the certificate files that the client has read */
    size_t under_way;
    rd_kafka_resp_err_t last_error;
    struct metric *sent[REASON_COUNT];
};

/* Which stage refused it, and what stands in the way: class. */
static const struct {
    const char *stage, *kind;
} origins[REASON_COUNT] = {
    [REASON_DECODE] = {"decode", "message"}, [REASON_TOO_LARGE] = {"sink", "size"},
    [REASON_MAPPING] = {"sink", "index"},    [REASON_TOO_OLD] = {"retention", "age"},
    [REASON_REJECTED] = {"sink", "index"},   [REASON_INDEX_LIMIT] = {"index_name", "index"},
};

enum status deadletter_open(const struct indexer_kafka_config *config, struct deadletter **out,
                            struct error *err)
{
    struct deadletter *deadletter = calloc(1, sizeof(*deadletter));

    if (!deadletter)
        return error_set(err, FATAL, "out of memory");
    deadletter->config = config;
    for (int i = 1; i < REASON_COUNT; i++)
        deadletter->sent[i] =
            metrics_counter("indexer_dead_lettered_total", metrics_label("reason", reason_names[i]),
                            "Records sent to the dead letter topic.");
    *out = deadletter;
    return OK;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *arg)
{
    struct deadletter *deadletter = arg;
    struct batch_entry *entry = message->_private;

    (void)client;
    deadletter->under_way--;
    if (message->err) {
        deadletter->last_error = message->err;
        return;
    }
    entry->outcome = OUTCOME_DEAD_LETTERED;
    metric_add(deadletter->sent[entry->reason], 1);
}

static enum status connect_client(struct deadletter *deadletter, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    deadletter->stamp = kafka_link_stamp(&deadletter->config->link);
    if (kafka_conf_make(&deadletter->config->link, &conf, err))
        return err->status;
    if (kafka_set(conf, "enable.idempotence", deadletter->config->idempotence ? "true" : "false",
                  err) ||
        kafka_set(conf, "linger.ms", "5", err) ||
        kafka_set_number(conf, "message.max.bytes", MESSAGE_MAX, err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    rd_kafka_conf_set_opaque(conf, deadletter);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return kafka_client_open(RD_KAFKA_PRODUCER, conf, "dead letter producer", &deadletter->client,
                             err);
}

static void add_text(rd_kafka_headers_t *headers, const char *name, const char *text)
{
    rd_kafka_header_add(headers, name, -1, text ? text : "", -1);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, number);
    add_text(headers, name, text);
}

/* A header that a redriven message brings along, or {NULL, 0}. */
static struct slice brought(const rd_kafka_headers_t *headers, const char *name)
{
    const void *value;
    size_t len;

    if (!headers || rd_kafka_header_get_last(headers, name, &value, &len) || !value)
        return (struct slice){NULL, 0};
    return (struct slice){value, len};
}

static void add_source(rd_kafka_headers_t *headers, const struct deadletter *deadletter,
                       const struct batch_entry *entry)
{
    add_text(headers, "dlq.topic", deadletter->config->topic);
    add_number(headers, "dlq.partition", entry->message->partition);
    add_number(headers, "dlq.offset", entry->message->offset);
}

/* "mapper_parsing_exception" of "mapper_parsing_exception: failed to parse field …". */
static struct slice error_type(const struct batch_entry *entry)
{
    size_t len = entry->detail ? strspn(entry->detail, "abcdefghijklmnopqrstuvwxyz_") : 0;

    if (len == 0 || (entry->detail[len] != ':' && entry->detail[len] != '\0') ||
        !memchr(entry->detail, '_', len))
        return (struct slice){NULL, 0};
    return (struct slice){entry->detail, len};
}

static void add_slice(rd_kafka_headers_t *headers, const char *name, struct slice text)
{
    if (text.len)
        rd_kafka_header_add(headers, name, -1, text.data, (ssize_t)text.len);
}

static rd_kafka_headers_t *make_headers(const struct deadletter *deadletter,
                                        const struct batch_entry *entry)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16), *old = NULL;
    char room[TIMESTAMP_TEXT_MAX];
    struct slice time = {room, timestamp_print(timestamp_from_ms(clock_wall_ms()), room)};
    struct slice first, redrives;

    rd_kafka_message_headers(entry->message, &old);
    first = brought(old, DEADLETTER_FIRST);
    redrives = brought(old, DEADLETTER_REDRIVES);
    add_text(headers, "dlq.reason", reason_names[entry->reason]);
    add_text(headers, "dlq.class", origins[entry->reason].kind);
    add_text(headers, "dlq.stage", origins[entry->reason].stage);
    add_text(headers, "dlq.error", entry->detail);
    add_slice(headers, "dlq.type", error_type(entry));
    add_number(headers, "dlq.status", entry->status);
    add_source(headers, deadletter, entry);
    add_slice(headers, "dlq.id", entry->id);
    add_number(headers, "dlq.attempts", entry->attempts);
    add_slice(headers, "dlq.first", first.len ? first : time);
    add_slice(headers, "dlq.last", time);
    add_text(headers, "dlq.by", alpex_version);
    add_slice(headers, "dlq.redrives", redrives.len ? redrives : SLICE("0"));
    return headers;
}

static rd_kafka_resp_err_t send_entry(struct deadletter *deadletter, struct batch_entry *entry)
{
    rd_kafka_headers_t *headers = make_headers(deadletter, entry);
    rd_kafka_resp_err_t code =
        rd_kafka_producev(deadletter->client, RD_KAFKA_V_TOPIC(deadletter->config->dlq_topic),
                          RD_KAFKA_V_KEY(entry->message->key, entry->message->key_len),
                          RD_KAFKA_V_VALUE((void *)entry->original.data, entry->original.len),
                          RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(entry), RD_KAFKA_V_END);

    if (code)
        rd_kafka_headers_destroy(headers);
    else
        deadletter->under_way++;
    return code;
}

static size_t count_refused(const struct batch *batch)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->count; i++)
        n += batch->entries[i].outcome == OUTCOME_REFUSED;
    return n;
}

/* What has no report yet is taken back: an entry may not be written to after its batch is gone. */
static void take_back(struct deadletter *deadletter)
{
    rd_kafka_purge(deadletter->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (deadletter->under_way)
        rd_kafka_poll(deadletter->client, 100);
}

enum status deadletter_write(struct deadletter *deadletter, struct batch *batch, int64_t timeout_ms,
                             struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms, left_ms;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t refused = count_refused(batch);

    if (refused == 0)
        return OK;
    if (!deadletter->client && connect_client(deadletter, err))
        return err->status;
    deadletter->last_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < batch->count && !code; i++)
        if (batch->entries[i].outcome == OUTCOME_REFUSED)
            code = send_entry(deadletter, &batch->entries[i]);
    while (deadletter->under_way && (left_ms = deadline_ms - clock_mono_ms()) > 0)
        rd_kafka_poll(deadletter->client, (int)(left_ms < 100 ? left_ms : 100));
    if (deadletter->under_way)
        take_back(deadletter);
    refused = count_refused(batch);
    if (refused == 0)
        return OK;
    if (!code)
        code = deadletter->last_error;
    /* A new client next time, also when the certificates that did not work are others now. */
    if (rd_kafka_fatal_error(deadletter->client, NULL, 0) ||
        kafka_link_stamp(&deadletter->config->link) != deadletter->stamp) {
        rd_kafka_destroy(deadletter->client);
        deadletter->client = NULL;
    }
    return error_set(err, RETRY, "cannot write %zu refused records to topic '%s': %s", refused,
                     deadletter->config->dlq_topic, rd_kafka_err2str(code));
}

void deadletter_close(struct deadletter *deadletter)
{
    if (!deadletter)
        return;
    if (deadletter->client)
        rd_kafka_destroy(deadletter->client);
    free(deadletter);
}
