/*
 * handle.c - letters sent back or discarded, and the marks that say so.
 */
#include "indexer/deadletter/handle.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json_text.h"
#include "common/kafka.h"
#include "common/kafka_failure.h"
#include "common/timestamp.h"
#include "indexer/config.h"
#include "indexer/deadletter/deadletter.h"
#include "indexer/deadletter/read.h"

#define PENDING_MAX   1000 /* letters between two flushes */
#define PENDING_BYTES (16u << 20)
#define FLUSH_MS      30000        /* for Kafka to acknowledge them */
#define MESSAGE_MAX   (64 << 20)   /* as letters are written */
#define MARK_MAX      (256u << 10) /* bytes: a thousand pairs of offsets */
#define CALLER_MAX    256

struct pending {
    int32_t partition;
    int64_t offset;
    enum letter_state state;
    bool acknowledged;
};

struct deadletter_handler {
    const struct indexer_kafka_config *config;
    const char *note;
    char by[CALLER_MAX];
    rd_kafka_t *client; /* NULL until needed */
    rd_kafka_resp_err_t last_error;
    size_t under_way;
    struct pending pending[PENDING_MAX];
    size_t pending_count, pending_bytes;
    struct handled_counts counts;
};

/* "user@host": for people who ask who it was, not for access rights. */
static void name_caller(char *name, size_t size)
{
    char host[128] = "", record[1024];
    struct passwd entry, *found = NULL;

    gethostname(host, sizeof(host) - 1);
    if (getpwuid_r(geteuid(), &entry, record, sizeof(record), &found) == 0 && found)
        snprintf(name, size, "%.100s@%.120s", found->pw_name, host);
    else
        snprintf(name, size, "%u@%.120s", geteuid(), host);
}

enum status deadletter_handler_open(const struct indexer_kafka_config *config, const char *note,
                                    struct deadletter_handler **out, struct error *err)
{
    struct deadletter_handler *handler = calloc(1, sizeof(*handler));

    if (!handler)
        return error_set(err, FATAL, "out of memory");
    handler->config = config;
    handler->note = note;
    name_caller(handler->by, sizeof(handler->by));
    *out = handler;
    return OK;
}

/* Of records and marks alike; only records have an opaque. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *arg)
{
    struct deadletter_handler *handler = arg;
    bool *acknowledged = message->_private;

    (void)client;
    handler->under_way--;
    if (message->err)
        handler->last_error = message->err;
    else if (acknowledged)
        *acknowledged = true;
}

static enum status connect_client(struct deadletter_handler *handler, struct error *err)
{
    const struct indexer_kafka_config *config = handler->config;
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&config->link, &conf, err))
        return err->status;
    if (kafka_set(conf, "enable.idempotence", config->idempotence ? "true" : "false", err) ||
        kafka_set(conf, "linger.ms", "5", err) ||
        kafka_set(conf, "partitioner", "murmur2_random",
                  err) || /* as the shipper: same partition */
        kafka_set_number(conf, "message.timeout.ms", FLUSH_MS, err) ||
        kafka_set_number(conf, "message.max.bytes", MESSAGE_MAX, err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    rd_kafka_conf_set_opaque(conf, handler);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return kafka_client_open(RD_KAFKA_PRODUCER, conf, "producer", &handler->client, err);
}

static enum status refused(struct deadletter_handler *handler, const char *topic,
                           rd_kafka_resp_err_t code, struct error *err)
{
    char why[300];

    (void)handler;
    kafka_failure_last(why, sizeof(why));
    return error_set(err, RETRY, "cannot write to topic '%s': %s", topic,
                     why[0] ? why : rd_kafka_err2str(code));
}

/* What the record had of headers before it became a letter goes with it. */
static rd_kafka_headers_t *make_headers(const struct letter *letter)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8), *old = NULL;
    char redrives[24], first[TIMESTAMP_TEXT_MAX];
    const char *name;
    const void *value;
    size_t len;

    if (!rd_kafka_message_headers(letter->message, &old))
        for (size_t i = 0; !rd_kafka_header_get_all(old, i, &name, &value, &len); i++)
            if (strncmp(name, "dlq.", 4) != 0)
                rd_kafka_header_add(headers, name, -1, value, (ssize_t)len);
    snprintf(redrives, sizeof(redrives), "%" PRId64,
             letter->redrives < 0 ? 1 : letter->redrives + 1);
    rd_kafka_header_add(headers, DEADLETTER_REDRIVES, -1, redrives, -1);
    rd_kafka_header_add(headers, DEADLETTER_FIRST, -1, first,
                        (ssize_t)timestamp_print(timestamp_from_ms(letter->first_ms), first));
    return headers;
}

static enum status make_room(struct deadletter_handler *handler, struct error *err)
{
    if (!handler->client && connect_client(handler, err))
        return err->status;
    if (handler->pending_count < PENDING_MAX && handler->pending_bytes < PENDING_BYTES)
        return OK;
    return deadletter_handler_flush(handler, err);
}

enum status deadletter_redrive(struct deadletter_handler *handler, const struct letter *letter,
                               struct error *err)
{
    const char *topic = handler->config->topic;
    rd_kafka_headers_t *headers;
    struct pending *pending;
    rd_kafka_resp_err_t code;

    if (make_room(handler, err))
        return err->status;
    pending = &handler->pending[handler->pending_count++];
    *pending = (struct pending){letter->partition, letter->offset, LETTER_REDRIVEN, false};
    handler->pending_bytes += letter->value.len;
    headers = make_headers(letter);
    code = rd_kafka_producev(
        handler->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)letter->key.data, letter->key.len),
        RD_KAFKA_V_VALUE((void *)letter->value.data, letter->value.len),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&pending->acknowledged), RD_KAFKA_V_END);
    if (!code) {
        handler->under_way++;
        return OK;
    }
    rd_kafka_headers_destroy(headers);
    handler->pending_count--;
    return refused(handler, topic, code, err);
}

enum status deadletter_discard(struct deadletter_handler *handler, int32_t partition,
                               int64_t offset, struct error *err)
{
    if (make_room(handler, err))
        return err->status;
    handler->pending[handler->pending_count++] =
        (struct pending){partition, offset, LETTER_DISCARDED, true};
    return OK;
}

static enum status await_all(struct deadletter_handler *handler, const char *topic,
                             struct error *err)
{
    /* Kafka's own time-out makes every report come. */
    int64_t deadline_ms = clock_mono_ms() + 2 * FLUSH_MS;

    while (handler->under_way && clock_mono_ms() < deadline_ms)
        rd_kafka_poll(handler->client, 100);
    if (handler->under_way) { /* a report may not come after its memory is used again */
        rd_kafka_purge(handler->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (handler->under_way)
            rd_kafka_poll(handler->client, 100);
    }
    return handler->last_error ? refused(handler, topic, handler->last_error, err) : OK;
}

static int by_place(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;

    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Those that were acknowledged, by partition, state and offset. */
static size_t sort_acknowledged(struct deadletter_handler *handler)
{
    size_t n = 0;

    for (size_t i = 0; i < handler->pending_count; i++)
        if (handler->pending[i].acknowledged)
            handler->pending[n++] = handler->pending[i];
    qsort(handler->pending, n, sizeof(handler->pending[0]), by_place);
    return n;
}

static void add_string(struct buf *out, const char *key, const char *text)
{
    buf_addf(out, ",\"%s\":", key);
    json_add_string(out, slice_of(text), NULL);
}

/* The mark of `count` letters of one partition and state. */
static void write_mark(const struct deadletter_handler *handler, const struct pending *letters,
                       size_t count, struct buf *out)
{
    char time[TIMESTAMP_TEXT_MAX + 1];
    size_t end;

    time[timestamp_print(timestamp_from_ms(clock_wall_ms()), time)] = '\0';
    buf_addf(out, "{\"state\":\"%s\",\"offsets\":[", letter_state_names[letters[0].state]);
    for (size_t i = 0; i < count; i = end) {
        for (end = i + 1; end < count && letters[end].offset == letters[end - 1].offset + 1;)
            end++;
        buf_addf(out, "%s[%" PRId64 ",%" PRId64 "]", i ? "," : "", letters[i].offset,
                 letters[end - 1].offset);
    }
    buf_addf(out, "],\"count\":%zu", count);
    add_string(out, "by", handler->by);
    add_string(out, "time", time);
    add_string(out, "note", handler->note ? handler->note : "");
    buf_add_char(out, '}');
}

static enum status send_mark(struct deadletter_handler *handler, const struct pending *letters,
                             size_t count, struct error *err)
{
    scoped_buf struct buf value = BUF_INIT(MARK_MAX);
    const char *state = letter_state_names[letters[0].state], *topic = handler->config->dlq_topic;
    char key[48];
    rd_kafka_resp_err_t code;

    write_mark(handler, letters, count, &value);
    if (value.failed)
        return error_set(err, FATAL, "out of memory for the mark of %zu letters", count);
    snprintf(key, sizeof(key), "mark-%" PRId32 "-%" PRId64, letters[0].partition,
             letters[0].offset);
    code = rd_kafka_producev(
        handler->client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(letters[0].partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, strlen(key)),
        RD_KAFKA_V_VALUE(value.data, value.len), RD_KAFKA_V_HEADER("dlq.mark", state, -1),
        RD_KAFKA_V_END);
    if (code)
        return refused(handler, topic, code, err);
    handler->under_way++;
    return OK;
}

static enum status send_marks(struct deadletter_handler *handler, size_t count, struct error *err)
{
    const struct pending *pending = handler->pending;
    enum status status = OK;
    size_t end;

    for (size_t i = 0; i < count && status == OK; i = end) {
        for (end = i + 1; end < count && pending[end].partition == pending[i].partition &&
                          pending[end].state == pending[i].state;)
            end++;
        status = send_mark(handler, pending + i, end - i, err);
    }
    return status;
}

static void count_handled(struct deadletter_handler *handler, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (handler->pending[i].state == LETTER_REDRIVEN)
            handler->counts.redriven++;
        else
            handler->counts.discarded++;
    }
}

enum status deadletter_handler_flush(struct deadletter_handler *handler, struct error *err)
{
    struct error why = {0};
    enum status sent, marked;
    size_t count;

    if (handler->pending_count == 0)
        return OK;
    handler->last_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    sent = await_all(handler, handler->config->topic, err);
    count = sort_acknowledged(handler);
    handler->last_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    marked = send_marks(handler, count, &why);
    if (marked == OK)
        marked = await_all(handler, handler->config->dlq_topic, &why);
    if (marked == OK)
        count_handled(handler, count);
    handler->pending_count = handler->pending_bytes = 0;
    if (sent != OK || marked == OK)
        return sent;
    return error_set(err, marked, "%s; %zu letters are not marked and stay open", why.text, count);
}

const struct handled_counts *deadletter_handled(const struct deadletter_handler *handler)
{
    return &handler->counts;
}

void deadletter_handler_close(struct deadletter_handler *handler)
{
    if (!handler)
        return;
    if (handler->client)
        rd_kafka_destroy(handler->client);
    free(handler);
}
