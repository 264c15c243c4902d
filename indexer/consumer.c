/*
 * consumer.c - the member of the Kafka consumer group.
 *
 * Only rd_kafka_consumer_poll is used, never the batch calls, and only what
 * was paused is resumed: librdkafka before 2.4 skips or repeats otherwise.
 */
#include "indexer/consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/account.h"
#include "common/clock.h"
#include "common/health.h"
#include "common/kafka.h"
#include "common/kafka_failure.h"
#include "common/kafka_fetch.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/offsets.h"

#define COOPERATIVE_FROM 0x020a00ff /* librdkafka 2.10: rebalances lose no assignment */
#define PARTITIONS_SHOWN 1024       /* lag series at most */
#define LEAVE_MS         3000       /* for Kafka to answer at the end */
#define LOOK_MS          2000 /* while no broker can be used: between looks at the certificate files */
#define REFRESH_MS       30000 /* until new partitions, or a topic made later, are noticed */

struct consumer {
    const struct indexer_kafka_config *config;
    struct offsets *offsets;
    consumer_drain *drain;
    void *arg;
    rd_kafka_t *client;
    struct kafka_fetch fetch;
    rd_kafka_topic_partition_list_t *assignment; /* as it was last shown; NULL: none yet */
    bool paused, closing;
    bool unusable;   /* no broker can be used: perhaps because of a certificate */
    uint64_t stamp;  /* of the certificate files that the client has read */
    int64_t look_ms; /* when to look at them next */
    struct health_condition *member;
    struct metric *rebalances, *assigned, *commits, *commit_errors, *resets;
    struct metric *lag[PARTITIONS_SHOWN];
};

/* Before 2.10 the library crashes and hangs with cooperative-sticky (configs/indexer.yaml). */
static const char *assignor(const struct indexer_kafka_config *config)
{
    bool cooperates = rd_kafka_version() >= COOPERATIVE_FROM;

    if (strcmp(config->assignor, "cooperative-sticky") == 0 && !cooperates)
        log_warn("kafka.assignor 'cooperative-sticky' needs librdkafka 2.10, this is %s; "
                 "'roundrobin' is used",
                 rd_kafka_version_str());
    else if (strcmp(config->assignor, "auto") != 0)
        return config->assignor;
    return cooperates ? "cooperative-sticky" : "roundrobin";
}

static void each_partition(const rd_kafka_topic_partition_list_t *list, struct consumer *consumer,
                           void (*action)(struct consumer *consumer, int32_t partition))
{
    for (int i = 0; i < list->cnt; i++)
        action(consumer, list->elems[i].partition);
}

static struct metric *lag_metric(struct consumer *consumer, int32_t partition)
{
    scoped_buf struct buf labels = BUF_INIT(1024);

    if (!consumer->lag[partition]) {
        buf_addf(&labels, "topic=\"%s\",partition=\"%d\"", consumer->config->topic, partition);
        consumer->lag[partition] =
            metrics_gauge("kafka_consumer_lag", strdup(buf_str(&labels)),
                          "Records of the partition that are not settled yet.");
    }
    return consumer->lag[partition];
}

static void add_partition(struct consumer *consumer, int32_t partition)
{
    struct error err;

    if (offsets_add(consumer->offsets, partition, &err))
        log_error("partition %d: %s; it is not committed", partition, err.text);
    if (partition < PARTITIONS_SHOWN)
        lag_metric(consumer, partition);
}

static void remove_partition(struct consumer *consumer, int32_t partition)
{
    offsets_remove(consumer->offsets, partition);
    if (partition < PARTITIONS_SHOWN && consumer->lag[partition])
        metric_set(consumer->lag[partition], 0);
}

static void forget_assignment(struct consumer *consumer)
{
    if (consumer->assignment)
        rd_kafka_topic_partition_list_destroy(consumer->assignment);
    consumer->assignment = NULL;
}

/* A list of our own: the library's holds on to its partitions, and with them it cannot be closed.
 */
static void keep_assignment(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    forget_assignment(consumer);
    consumer->assignment = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < list->cnt; i++)
        rd_kafka_topic_partition_list_add(consumer->assignment, list->elems[i].topic,
                                          list->elems[i].partition)
            ->offset = list->elems[i].offset;
}

static void show_assignment(struct consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = NULL;

    if (rd_kafka_assignment(consumer->client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        metric_set(consumer->assigned, list->cnt);
        log_info("this member has %d partitions", list->cnt);
        keep_assignment(consumer, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
}

static void report_failure(rd_kafka_error_t *error, const char *what)
{
    if (!error)
        return;
    log_warn("cannot %s partitions: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

static void set_usable(struct consumer *consumer)
{
    consumer->unusable = false;
    health_met(consumer->member);
}

static void take_partitions(struct consumer *consumer, rd_kafka_topic_partition_list_t *list,
                            bool cooperative)
{
    each_partition(list, consumer, add_partition);
    if (cooperative)
        report_failure(rd_kafka_incremental_assign(consumer->client, list), "take");
    else
        rd_kafka_assign(consumer->client, list);
    if (consumer->paused)
        rd_kafka_pause_partitions(consumer->client, list);
    set_usable(consumer);
}

static void give_partitions(struct consumer *consumer, rd_kafka_topic_partition_list_t *list,
                            bool cooperative)
{
    bool lost = rd_kafka_assignment_lost(consumer->client);

    if (!lost) { /* lost ones have another owner already: too late to finish or to commit */
        consumer->drain(consumer->arg);
        consumer_commit(consumer, true);
    }
    each_partition(list, consumer, remove_partition);
    /* The library keeps a pause beyond the assignment: they may come back when we are not paused.
     */
    if (consumer->paused)
        rd_kafka_resume_partitions(consumer->client, list);
    if (cooperative)
        report_failure(rd_kafka_incremental_unassign(consumer->client, list), "give back");
    else
        rd_kafka_assign(consumer->client, NULL);
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t event,
                         rd_kafka_topic_partition_list_t *list, void *arg)
{
    struct consumer *consumer = arg;
    const char *protocol = rd_kafka_rebalance_protocol(client);
    bool cooperative = protocol && strcmp(protocol, "COOPERATIVE") == 0;

    metric_add(consumer->rebalances, 1);
    if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        take_partitions(consumer, list, cooperative);
    } else {
        if (event != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
            log_warn("rebalance failed: %s", rd_kafka_err2str(event));
        give_partitions(consumer, list, cooperative);
    }
    if (!consumer->closing)
        show_assignment(consumer);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *arg)
{
    struct consumer *consumer = arg;

    char why[512];

    (void)client;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        return;
    consumer->unusable = true;
    kafka_failure_last(why, sizeof(why));
    health_unmet(consumer->member, "no broker can be reached: %s", why[0] ? why : reason);
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *list, void *arg)
{
    struct consumer *consumer = arg;

    (void)client;
    (void)list;
    metric_add(consumer->commits, 1);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        set_usable(consumer);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__NO_OFFSET)
        return;
    metric_add(consumer->commit_errors, 1);
    log_warn("offsets were not committed: %s; done again with the next ones",
             rd_kafka_err2str(code));
}

static enum status make_conf(struct consumer *consumer, rd_kafka_conf_t **out, struct error *err)
{
    const struct indexer_kafka_config *config = consumer->config;
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&config->link, &conf, err))
        return err->status;
    if (kafka_set(conf, "group.id", config->group, err) ||
        (config->instance_id[0] &&
         kafka_set(conf, "group.instance.id", config->instance_id, err)) ||
        kafka_set(conf, "enable.auto.commit", "false", err) ||
        kafka_set(conf, "enable.auto.offset.store", "false", err) ||
        kafka_set(conf, "auto.offset.reset", "earliest",
                  err) || /* the default skips what is there */
        kafka_set(conf, "partition.assignment.strategy", assignor(config), err) ||
        kafka_set_number(conf, "topic.metadata.refresh.interval.ms", REFRESH_MS, err) ||
        kafka_set_number(conf, "session.timeout.ms", (int64_t)config->session_timeout_ms, err) ||
        kafka_fetch_set(conf, config->prefetch_max_bytes, err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    rd_kafka_conf_set_error_cb(conf, on_error);
    *out = conf;
    return OK;
}

static void register_metrics(struct consumer *consumer)
{
    consumer->member = health_condition_add("kafka");
    consumer->rebalances =
        metrics_counter("indexer_rebalances_total", NULL, "Changes of the partition assignment.");
    consumer->assigned =
        metrics_gauge("indexer_partitions_assigned", NULL, "Partitions that this member has.");
    consumer->commits = metrics_counter("indexer_commits_total", NULL, "Offset commits answered.");
    consumer->commit_errors =
        metrics_counter("indexer_commit_errors_total", NULL, "Offset commits that failed.");
    consumer->resets = metrics_counter("indexer_offset_resets_total", NULL,
                                       "Positions that Kafka no longer had: records were lost.");
}

enum status consumer_open(const struct indexer_kafka_config *config, struct offsets *offsets,
                          consumer_drain *drain, void *arg, struct consumer **out,
                          struct error *err)
{
    struct consumer *consumer = calloc(1, sizeof(*consumer));
    rd_kafka_conf_t *conf = NULL;

    if (!consumer)
        return error_set(err, FATAL, "out of memory");
    consumer->config = config;
    consumer->offsets = offsets;
    consumer->drain = drain;
    consumer->arg = arg;
    register_metrics(consumer);
    consumer->stamp = kafka_link_stamp(&config->link);
    if (make_conf(consumer, &conf, err)) {
        free(consumer);
        return err->status;
    }
    if (kafka_client_open(RD_KAFKA_CONSUMER, conf, "consumer", &consumer->client, err)) {
        free(consumer);
        return err->status;
    }
    rd_kafka_poll_set_consumer(consumer->client);
    kafka_fetch_start(&consumer->fetch, consumer->client, &config->link,
                      config->prefetch_max_bytes);
    *out = consumer;
    return OK;
}

static enum status ensure_topics(struct consumer *consumer, int64_t timeout_ms, struct error *err)
{
    const struct indexer_kafka_config *config = consumer->config;
    const char *names[] = {config->topic, config->dlq_topic, config->audit_topic};

    for (size_t i = 0; config->create_topic && i < ARRAY_LEN(names) && names[i][0]; i++) {
        bool audit = names[i] == config->audit_topic; /* small, and not for the consumers */
        struct kafka_topic topic = {.name = names[i],
                                    .partitions = audit ? 1 : config->partitions,
                                    .replication_factor = config->replication_factor,
                                    .message_max_bytes = audit ? 0 : 8 << 20, /* as the shipper */
                                    .retention_ms = audit ? ACCOUNT_RETENTION_MS : 0};
        enum status status = kafka_topic_ensure(consumer->client, &topic, timeout_ms, err);

        if (status == RETRY) {
            consumer->unusable = true;
            health_unmet(consumer->member, "%s", err->text);
            return RETRY;
        }
        if (status != OK)
            log_warn("%s; going on, it may exist", err->text);
    }
    return OK;
}

enum status consumer_join(struct consumer *consumer, int64_t timeout_ms, struct error *err)
{
    rd_kafka_topic_partition_list_t *topics;
    rd_kafka_resp_err_t code;

    if (ensure_topics(consumer, timeout_ms, err))
        return RETRY;
    topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, consumer->config->topic, RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(consumer->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code)
        return error_set(err, FATAL, "cannot subscribe to '%s': %s", consumer->config->topic,
                         rd_kafka_err2str(code));
    health_unmet(consumer->member, "joining the group '%s'", consumer->config->group);
    return OK;
}

bool consumer_is_stale(struct consumer *consumer, int64_t now_ms)
{
    uint64_t stamp;

    if (!consumer->unusable || now_ms < consumer->look_ms)
        return false;
    consumer->look_ms = now_ms + LOOK_MS;
    stamp = kafka_link_stamp(&consumer->config->link);
    if (stamp == consumer->stamp)
        return false;
    consumer->stamp = stamp; /* once for each change */
    return true;
}

enum status consumer_poll(struct consumer *consumer, int64_t timeout_ms, rd_kafka_message_t **out,
                          struct error *err)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->client, (int)timeout_ms);
    rd_kafka_resp_err_t code;
    char reason[256];

    if (!message)
        return RETRY;
    code = message->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_fetch_took(&consumer->fetch, message->len);
        *out = message;
        return OK;
    }
    if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        metric_add(consumer->resets, 1);
    log_warn("Kafka: %s", rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    if (rd_kafka_fatal_error(consumer->client, reason, sizeof(reason)))
        return error_set(err, FATAL, "the Kafka consumer failed for good: %s", reason);
    return RETRY;
}

static void for_assignment(struct consumer *consumer,
                           rd_kafka_resp_err_t (*action)(rd_kafka_t *,
                                                         rd_kafka_topic_partition_list_t *))
{
    rd_kafka_topic_partition_list_t *list = NULL;

    if (rd_kafka_assignment(consumer->client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    action(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void consumer_pause(struct consumer *consumer)
{
    if (consumer->paused)
        return;
    consumer->paused = true;
    for_assignment(consumer, rd_kafka_pause_partitions);
}

void consumer_resume(struct consumer *consumer)
{
    if (!consumer->paused)
        return;
    consumer->paused = false;
    for_assignment(consumer, rd_kafka_resume_partitions);
}

struct commit {
    struct consumer *consumer;
    rd_kafka_topic_partition_list_t *list;
};

static void add_commit(void *arg, int32_t partition, int64_t next)
{
    struct commit *commit = arg;

    rd_kafka_topic_partition_list_add(commit->list, commit->consumer->config->topic, partition)
        ->offset = next;
}

void consumer_commit(struct consumer *consumer, bool wait)
{
    struct commit commit = {consumer, rd_kafka_topic_partition_list_new(16)};
    rd_kafka_resp_err_t code;

    offsets_each_moved(consumer->offsets, add_commit, &commit);
    if (commit.list->cnt) {
        code = rd_kafka_commit(consumer->client, commit.list, !wait);
        for (int i = 0; i < commit.list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
            offsets_committed(consumer->offsets, commit.list->elems[i].partition,
                              commit.list->elems[i].offset);
        if (code)
            log_warn("offsets were not committed: %s; what they cover is read again and recognised",
                     rd_kafka_err2str(code));
    }
    rd_kafka_topic_partition_list_destroy(commit.list);
}

void consumer_measure(struct consumer *consumer)
{
    /* To ask the library would wake one of its threads, and this one for the answer. */
    const rd_kafka_topic_partition_list_t *list = consumer->assignment;

    for (int i = 0; list && i < list->cnt; i++) {
        int32_t partition = list->elems[i].partition;
        int64_t low, high, next = offsets_position(consumer->offsets, partition);

        if (partition < 0 || partition >= PARTITIONS_SHOWN ||
            rd_kafka_get_watermark_offsets(consumer->client, consumer->config->topic, partition,
                                           &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
            high < 0)
            continue;
        if (next < 0)
            next = list->elems[i].offset; /* where it began, when that is known */
        metric_set(lag_metric(consumer, partition),
                   next < 0 || next > high ? 0 : (double)(high - next));
    }
}

/* Serves what leaving the group brings: the rebalance that gives everything back. */
static void serve_close(struct consumer *consumer, rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 100);

    if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
        on_rebalance(consumer->client, rd_kafka_event_error(event),
                     rd_kafka_event_topic_partition_list(event), consumer);
    if (event)
        rd_kafka_event_destroy(event);
}

/* False: Kafka does not answer; the group finds out by itself that this member is gone. */
static bool leave_group(struct consumer *consumer)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->client);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(consumer->client, queue);
    int64_t deadline_ms = clock_mono_ms() + (int64_t)consumer->config->drain_timeout_ms + LEAVE_MS;

    report_failure(error, "leave the group and give back");
    while (!error && !rd_kafka_consumer_closed(consumer->client) && clock_mono_ms() < deadline_ms) {
        serve_close(consumer, queue);
        /* Nothing is under way: then only Kafka can be what is waited for. */
        if (offsets_outstanding(consumer->offsets, -1) == 0 &&
            deadline_ms > clock_mono_ms() + LEAVE_MS)
            deadline_ms = clock_mono_ms() + LEAVE_MS;
    }
    rd_kafka_queue_destroy(queue);
    return rd_kafka_consumer_closed(consumer->client);
}

void consumer_leave(struct consumer *consumer)
{
    if (!consumer || consumer->closing)
        return;
    consumer->closing = true;
    if (!leave_group(consumer))
        log_warn("Kafka does not answer; leaving without a word to the group");
}

void consumer_close(struct consumer *consumer)
{
    if (!consumer)
        return;
    consumer_leave(consumer);
    rd_kafka_destroy_flags(consumer->client, rd_kafka_consumer_closed(consumer->client)
                                                 ? 0
                                                 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    forget_assignment(consumer);
    free(consumer);
}
