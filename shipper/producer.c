/*
 * producer.c - the Kafka producer and its delivery reports (librdkafka).
 */
#include "shipper/producer.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/account.h"
#include "common/clock.h"
#include "common/health.h"
#include "common/kafka.h"
#include "common/kafka_failure.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/brake.h"
#include "shipper/config.h"
#include "shipper/lanes.h"

/*
 * Of a request: the time that a broker takes to answer is paid once for each. The library sends at
 * once when it has so many messages, whatever linger.ms says. It does not when the bytes are what
 * bounds a request: it waits for more than it may take. So they bound only what is larger than most
 * records. Brokers take a mebibyte unless told otherwise, which counts compressed: one that refuses
 * gets no more than that.
 */
#define BATCH_MESSAGES 3000
#define BATCH_BYTES    3000000
#define WARY_BYTES     1000000

#define CALL_MESSAGES 512 /* handed over in one call */
#define KEPT_REQUESTS 4   /* to partitions, at once, whose freed buffers are kept */

/*
 * The outbox bounds what is under way, so the library's own bounds are only
 * set out of its way.
 */
#define QUEUE_MESSAGES 2000000
#define QUEUE_KBYTES   (1024 * 1024)

#define LOOK_MS 2000 /* while no broker can be used: between looks at the certificate files */

struct producer {
    struct shipper_kafka_config config;
    producer_report *report;
    void *arg;
    producer_account_report *account_report;
    void *account_arg;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic, *audit_topic; /* the latter NULL until it is needed */
    rd_kafka_queue_t *events;
    int fd;
    bool unusable;   /* no broker can be used: perhaps because of a certificate */
    uint64_t stamp;  /* of the certificate files that the client has read */
    int64_t look_ms; /* when to look at them next */
    struct lanes *lanes;
    struct brake brake;
    _Atomic int32_t partitions; /* as the library knew last; 0: not yet */
    _Atomic size_t lane;        /* whose messages are given */
    bool retired;               /* another one has its place: nothing more is sent */
    const char *why;            /* the library takes no more; NULL: it does */
    bool wary;                  /* the broker has refused a request for its size */
    rd_kafka_message_t batch[CALL_MESSAGES];
    struct metric *restarts, *errors;
    struct health_condition *reachable;
    bool resting; /* without a client until something is to be sent */
};

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};

static enum status make_conf(const struct shipper_kafka_config *config, rd_kafka_conf_t **out,
                             struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&config->link, &conf, err))
        return err->status;
    if (kafka_set(conf, "enable.idempotence", config->idempotence ? "true" : "false", err) ||
        /* Without idempotence, what is sent again would come after what was sent later. */
        (!config->idempotence && kafka_set(conf, "max.in.flight", "1", err)) ||
        kafka_set(conf, "acks", "all", err) ||
        kafka_set(conf, "message.timeout.ms", "0", err) ||       /* never: the file is the buffer */
        kafka_set(conf, "partitioner", "murmur2_random", err) || /* as Java clients do */
        kafka_set(conf, "compression.codec", codecs[config->compression], err) ||
        kafka_set_number(conf, "linger.ms", (int64_t)config->linger_ms, err) ||
        kafka_set_number(conf, "batch.num.messages", BATCH_MESSAGES, err) ||
        /* Or the library chooses for messages without a key. */
        kafka_set_number(conf, "sticky.partitioning.linger.ms", 0, err) ||
        kafka_set_number(conf, "batch.size", BATCH_BYTES, err) ||
        kafka_set_number(conf, "message.max.bytes", (int64_t)config->message_max_bytes, err) ||
        kafka_set_number(conf, "queue.buffering.max.messages", QUEUE_MESSAGES, err) ||
        kafka_set_number(conf, "queue.buffering.max.kbytes", QUEUE_KBYTES, err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    *out = conf;
    return OK;
}

/*
 * Called by the library for the first message of a request, and for all while the number of
 * partitions, which is noted, is not known. By key it is the choice of Java clients.
 */
static int32_t choose_partition(const rd_kafka_topic_t *topic, const void *key, size_t key_len,
                                int32_t count, void *arg, void *tag)
{
    struct producer *producer = arg;

    atomic_store_explicit(&producer->partitions, count, memory_order_relaxed);
    if (key_len == 0)
        return (int32_t)(atomic_load_explicit(&producer->lane, memory_order_relaxed) %
                         (size_t)count);
    return rd_kafka_msg_partitioner_murmur2(topic, key, key_len, count, NULL, tag);
}

/* lanes_choose: as choose_partition. */
static size_t choose_lane(struct slice key, size_t count)
{
    if (count == 1)
        return 0;
    return (size_t)rd_kafka_msg_partitioner_murmur2(NULL, key.data, key.len, (int32_t)count, NULL,
                                                    NULL);
}

static rd_kafka_topic_t *open_topic(struct producer *producer)
{
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer->client);

    rd_kafka_topic_conf_set_opaque(conf, producer);
    rd_kafka_topic_conf_set_partitioner_cb(conf, choose_partition);
    return rd_kafka_topic_new(producer->client, producer->config.topic, conf);
}

static enum status connect_client(struct producer *producer, struct error *err)
{
    const uint64_t one = 1; /* what an eventfd wants to be written */
    rd_kafka_conf_t *conf = NULL;

    producer->stamp = kafka_link_stamp(&producer->config.link);
    atomic_store_explicit(&producer->partitions, 0, memory_order_relaxed);
    if (make_conf(&producer->config, &conf, err) ||
        kafka_client_open(RD_KAFKA_PRODUCER, conf, "producer", &producer->client, err))
        return err->status;
    producer->topic = open_topic(producer);
    if (!producer->topic)
        return error_set(err, FATAL, "cannot use topic '%s': %s", producer->config.topic,
                         rd_kafka_err2str(rd_kafka_last_error()));
    producer->events = rd_kafka_queue_get_main(producer->client);
    rd_kafka_queue_io_event_enable(producer->events, producer->fd, &one, sizeof(one));
    return OK;
}

static void disconnect_client(struct producer *producer)
{
    if (producer->events)
        rd_kafka_queue_destroy(producer->events);
    if (producer->topic)
        rd_kafka_topic_destroy(producer->topic);
    if (producer->audit_topic)
        rd_kafka_topic_destroy(producer->audit_topic);
    if (producer->client)
        rd_kafka_destroy(producer->client);
    producer->events = NULL;
    producer->topic = producer->audit_topic = NULL;
    producer->client = NULL;
}

static size_t request_bytes(const struct producer *producer)
{
    const struct shipper_kafka_config *config = &producer->config;
    bool wary = producer->wary || config->compression == COMPRESS_NONE;
    size_t bytes = wary ? WARY_BYTES : BATCH_BYTES;

    return config->message_max_bytes < bytes ? config->message_max_bytes : bytes;
}

/* Without idempotence the library has one request under way itself, and makes the next meanwhile.
 */
static struct lanes *make_lanes(const struct producer *producer)
{
    static const struct lanes_limits none = {SIZE_MAX, SIZE_MAX, INT64_MAX, BATCH_MESSAGES};
    struct lanes_limits limits = {.messages = BATCH_MESSAGES,
                                  .bytes = request_bytes(producer),
                                  .linger_us = (int64_t)producer->config.linger_ms * 1000,
                                  .turn = BATCH_MESSAGES};

    return lanes_open(producer->config.idempotence ? &limits : &none, choose_lane);
}

/*
 * The library takes two buffers of a request's size for each request and gives them back. Without
 * this each of them is made of new pages: a fault for each 4 KiB. Several partitions have several
 * at once. producer_rest gives them back.
 */
static void keep_freed_pages(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 3 * BATCH_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_REQUESTS * 3 * BATCH_BYTES);
#endif
}

enum status producer_open(const struct shipper_kafka_config *config, producer_report *report,
                          void *arg, struct producer **out, struct error *err)
{
    struct producer *producer = calloc(1, sizeof(*producer));

    if (!producer)
        return error_set(err, FATAL, "out of memory");
    keep_freed_pages();
    producer->config = *config;
    producer->report = report;
    producer->arg = arg;
    producer->restarts = metrics_counter("shipper_producer_restarts_total", NULL,
                                         "Producers replaced after a fatal error.");
    producer->errors =
        metrics_counter("shipper_kafka_errors_total", NULL, "Errors reported by the Kafka client.");
    producer->reachable = health_condition_add("kafka");
    producer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    producer->lanes = make_lanes(producer);
    if (!producer->lanes) {
        producer_close(producer);
        return error_set(err, FATAL, "out of memory");
    }
    if (producer->fd < 0) {
        error_set_errno(err, FATAL, "cannot make an event descriptor");
        producer_close(producer);
        return FATAL;
    }
    if (connect_client(producer, err)) {
        producer_close(producer);
        return err->status;
    }
    *out = producer;
    return OK;
}

int producer_fd(const struct producer *producer)
{
    return producer->fd;
}

/* Up to CALL_MESSAGES; how many were taken. */
static size_t produce(struct producer *producer, int32_t partition, const struct outgoing *messages,
                      size_t count)
{
    size_t sent = 0;

    for (size_t i = 0; i < count; i++)
        producer->batch[i] = (rd_kafka_message_t){
            .payload = (void *)messages[i].payload.data,
            .len = messages[i].payload.len,
            .key = (void *)messages[i].key.data,
            .key_len = messages[i].key.len,
            ._private = messages[i].tag,
        };
    rd_kafka_produce_batch(producer->topic, partition, 0, producer->batch, (int)count);
    /* What was taken has no error; order matters, so nothing behind a refused one counts as sent.
     */
    while (sent < count && producer->batch[sent].err == RD_KAFKA_RESP_ERR_NO_ERROR)
        sent++;
    if (sent < count)
        producer->why = rd_kafka_err2str(producer->batch[sent].err);
    return sent;
}

/*
 * lanes_give. The library asks for the partition of the first one, by which choose_partition hears
 * how many there are now. When the lanes are as many, that of the others is the lane's.
 */
static size_t send_messages(void *arg, size_t lane, const struct outgoing *messages, size_t count)
{
    struct producer *producer = arg;
    int32_t partition = RD_KAFKA_PARTITION_UA;
    size_t sent;

    atomic_store_explicit(&producer->lane, lane, memory_order_relaxed);
    sent = produce(producer, RD_KAFKA_PARTITION_UA, messages, 1);
    if (lanes_count(producer->lanes) ==
        (size_t)atomic_load_explicit(&producer->partitions, memory_order_relaxed))
        partition = (int32_t)lane;
    while (sent < count && !producer->why) {
        size_t n = count - sent < CALL_MESSAGES ? count - sent : CALL_MESSAGES;

        sent += produce(producer, partition, messages + sent, n);
    }
    return sent;
}

/* False: the number of partitions has changed, and what is under way must be reported first. */
static bool follow_partitions(struct producer *producer)
{
    int32_t count = atomic_load_explicit(&producer->partitions, memory_order_relaxed);

    if (count <= 0 || (size_t)count == lanes_count(producer->lanes))
        return true;
    if (lanes_under_way(producer->lanes))
        return false;
    if (!lanes_spread(producer->lanes, (size_t)count))
        log_warn("out of memory: records go on with the lanes that were there");
    return true;
}

/* What may be sent now. NULL: the library took it; else why it takes no more for now. */
static const char *hand_over(struct producer *producer)
{
    producer->why = NULL;
    if (follow_partitions(producer))
        lanes_hand_over(producer->lanes, clock_mono_ns() / 1000, send_messages, producer);
    return producer->why;
}

/* False: there is no client; *why says why. */
static bool wake(struct producer *producer, const char **why)
{
    struct error err;

    producer->resting = false;
    if (producer->client)
        return true;
    if (connect_client(producer, &err) == OK)
        return true;
    log_error("%s", err.text);
    disconnect_client(producer);
    producer->resting = true; /* until the next attempt */
    *why = "there is no client";
    return false;
}

size_t producer_send(struct producer *producer, const struct outgoing *messages, size_t count,
                     const char **why)
{
    size_t sent = 0;

    *why = NULL;
    if (!wake(producer, why))
        return 0;
    if (producer->why && (*why = hand_over(producer)))
        return 0;
    while (sent < count && lanes_put(producer->lanes, &messages[sent]))
        sent++;
    *why = hand_over(producer);
    if (sent < count)
        *why = "out of memory";
    return sent;
}

void producer_on_account(struct producer *producer, producer_account_report *report, void *arg)
{
    producer->account_report = report;
    producer->account_arg = arg;
}

const char *producer_send_account(struct producer *producer, struct slice key, struct slice payload)
{
    const char *why;

    if (!wake(producer, &why))
        return why;
    if (!producer->audit_topic)
        producer->audit_topic =
            rd_kafka_topic_new(producer->client, producer->config.audit_topic, NULL);
    /* Records have a tag, accounts none. */
    if (!producer->audit_topic ||
        rd_kafka_produce(producer->audit_topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                         (void *)payload.data, payload.len, key.data, key.len, NULL))
        return rd_kafka_err2str(rd_kafka_last_error());
    return NULL;
}

static void report_account(struct producer *producer, const rd_kafka_message_t *message)
{
    if (producer->account_report)
        producer->account_report(producer->account_arg, message->err == RD_KAFKA_RESP_ERR_NO_ERROR,
                                 rd_kafka_err2str(message->err));
}

static enum delivery verdict(const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return DELIVERED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return DELIVERY_REFUSED;
    default:
        return DELIVERY_UNKNOWN;
    }
}

static void set_usable(struct producer *producer)
{
    producer->unusable = false;
    health_met(producer->reachable);
}

static void set_unusable(struct producer *producer, const char *why)
{
    producer->unusable = true;
    health_unmet(producer->reachable, "%s", why);
}

/* Requests are made smaller from here on. */
static void become_wary(struct producer *producer)
{
    if (producer->wary)
        return;
    producer->wary = true;
    lanes_limit(producer->lanes, request_bytes(producer));
}

static void report(struct producer *producer, const rd_kafka_message_t *message)
{
    struct outgoing outgoing = {
        .payload = {message->payload, message->len},
        .key = {message->key, message->key_len},
        .tag = message->_private,
    };

    if (!outgoing.tag) {
        report_account(producer, message);
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        become_wary(producer);
    producer->report(producer->arg, &outgoing, verdict(message), rd_kafka_err2str(message->err));
}

/* The request is done with: the next one goes out before what became of this one is written down.
 */
static void go_on(struct producer *producer, const rd_kafka_message_t *const *messages,
                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (messages[i]->_private)
            lanes_done(producer->lanes, (struct slice){messages[i]->key, messages[i]->key_len},
                       (size_t)messages[i]->partition);
    brake_heard(&producer->brake, producer->client, clock_mono_ns() / 1000);
    if (messages[0]->err)
        return;
    set_usable(producer);
    if (!producer->retired)
        hand_over(producer);
}

static void report_deliveries(struct producer *producer, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *messages[BATCH_MESSAGES];
    size_t count;

    while ((count = rd_kafka_event_message_array(event, messages, BATCH_MESSAGES)) > 0) {
        go_on(producer, messages, count);
        for (size_t i = 0; i < count; i++)
            report(producer, messages[i]);
    }
}

/* The text of an error comes by the log callback. */
static void count_error(struct producer *producer, const rd_kafka_event_t *event)
{
    char why[512];

    metric_add(producer->errors, 1);
    brake_release(&producer->brake, producer->client);
    if (rd_kafka_event_error((rd_kafka_event_t *)event) != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return;
    kafka_failure_last(why, sizeof(why));
    set_unusable(producer, why[0] ? why : "no broker can be reached");
}

static void drain_events(struct producer *producer)
{
    rd_kafka_event_t *event;
    uint64_t ignored;

    if (read(producer->fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
        log_error("cannot read the producer's event descriptor");
    while ((event = rd_kafka_queue_poll(producer->events, 0))) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
            report_deliveries(producer, event);
        else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
            count_error(producer, event);
        rd_kafka_event_destroy(event);
    }
}

/* What is under way is reported: acknowledged meanwhile, or to be sent again. */
static void take_back(struct producer *producer)
{
    int64_t deadline = clock_mono_ms() + 10000;

    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(producer->client) > 0 && clock_mono_ms() < deadline) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(producer->events, 100);

        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
            report_deliveries(producer, event);
        if (event)
            rd_kafka_event_destroy(event);
    }
}

/* What waits comes behind what was under way, and so must be sent again like it. */
static void take_back_waiting(struct producer *producer)
{
    const struct outgoing *next;

    lanes_forget(producer->lanes);
    while ((next = lanes_pop(producer->lanes))) {
        struct outgoing message = *next;

        producer->report(producer->arg, &message, DELIVERY_UNKNOWN, "the producer was replaced");
    }
}

/* A client as the configuration and its files are now. The old one stays when that fails. */
static enum status replace_client(struct producer *producer, struct error *err)
{
    struct producer old;

    if (producer->client)
        brake_release(&producer->brake, producer->client);
    old = *producer;
    producer->client = NULL;
    producer->topic = producer->audit_topic = NULL;
    producer->events = NULL;
    if (connect_client(producer, err)) {
        disconnect_client(producer);
        producer->client = old.client;
        producer->topic = old.topic;
        producer->audit_topic = old.audit_topic;
        producer->events = old.events;
        return err->status;
    }
    producer->resting = false;
    if (old.client) {
        old.retired = true;
        take_back(&old);
        take_back_waiting(producer);
    }
    disconnect_client(&old);
    metric_add(producer->restarts, 1);
    return OK;
}

/* The library refuses to go on. */
static void start_again(struct producer *producer, const char *reason)
{
    struct error err;

    log_warn("Kafka producer failed for good: %s; starting a new one and sending again what was "
             "not acknowledged",
             reason);
    if (replace_client(producer, &err))
        log_error("%s; trying again", err.text);
}

/* A client reads certificates once. When they do not work and are others now: a new client. */
static void look_at_files(struct producer *producer)
{
    int64_t now_ms = clock_mono_ms();
    struct error err;

    if (!producer->unusable || now_ms < producer->look_ms)
        return;
    producer->look_ms = now_ms + LOOK_MS;
    if (kafka_link_stamp(&producer->config.link) == producer->stamp)
        return;
    if (replace_client(producer, &err))
        log_error("the new certificate files are not used: %s", err.text);
    else
        log_info("certificate files of Kafka were replaced: connecting with the new ones");
}

enum status producer_relink(struct producer *producer, const struct kafka_link *link,
                            struct error *err)
{
    struct kafka_link old = producer->config.link;

    producer->config.link = *link;
    if (replace_client(producer, err)) {
        producer->config.link = old;
        return err->status;
    }
    return OK;
}

void producer_rest(struct producer *producer)
{
    if (producer->resting || !producer->client)
        return;
    drain_events(producer);
    brake_release(&producer->brake, producer->client);
    disconnect_client(producer);
    lanes_trim(producer->lanes);
    producer->resting = true;
#ifdef __GLIBC__
    malloc_trim(0); /* what a burst has needed goes back to the system */
#endif
}

void producer_poll(struct producer *producer)
{
    char reason[256];

    if (producer->resting)
        return;
    drain_events(producer);
    if (rd_kafka_fatal_error(producer->client, reason, sizeof(reason)))
        start_again(producer, reason);
    look_at_files(producer);
    if (producer->client)
        hand_over(producer);
    if (producer->client && producer->config.idempotence)
        brake_look(&producer->brake, producer->client, producer->config.topic,
                   atomic_load_explicit(&producer->partitions, memory_order_relaxed),
                   producer->lanes, clock_mono_ns() / 1000);
}

int64_t producer_due_ms(const struct producer *producer)
{
    if (!producer->config.idempotence || lanes_under_way(producer->lanes) == 0)
        return INT64_MAX;
    return producer->brake.look_us / 1000 + 1;
}

/* Records do not wait for it. */
static void ensure_audit_topic(struct producer *producer, int64_t timeout_ms)
{
    const struct shipper_kafka_config *config = &producer->config;
    struct kafka_topic topic = {.name = config->audit_topic,
                                .partitions = 1,
                                .replication_factor = config->replication_factor,
                                .retention_ms = ACCOUNT_RETENTION_MS};
    struct error err;

    if (kafka_topic_ensure(producer->client, &topic, timeout_ms, &err))
        log_warn("%s; records go on without it", err.text);
}

enum status producer_ensure_topic(struct producer *producer, int64_t timeout_ms, struct error *err)
{
    const struct shipper_kafka_config *config = &producer->config;
    struct kafka_topic topic = {
        .name = config->topic,
        .partitions = config->partitions,
        .replication_factor = config->replication_factor,
        .message_max_bytes = (int64_t)config->message_max_bytes,
    };

    enum status status = OK;

    if (config->create_topic)
        status = kafka_topic_ensure(producer->client, &topic, timeout_ms, err);
    if (config->create_topic && status == OK && config->audit_topic[0])
        ensure_audit_topic(producer, timeout_ms);
    if (status == OK)
        set_usable(producer);
    else
        set_unusable(producer, err->text);
    return status;
}

void producer_close(struct producer *producer)
{
    if (!producer)
        return;
    if (producer->client) {
        brake_release(&producer->brake, producer->client);
        rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }
    disconnect_client(producer);
    if (producer->fd >= 0)
        close(producer->fd);
    lanes_close(producer->lanes);
    free(producer);
}
