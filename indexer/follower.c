/*
 * follower.c - reads a topic without being in a group.
 */
#include "indexer/follower.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "common/kafka_fetch.h"
#include "indexer/config.h"

#define LOOK_MS         2000 /* between looks for new partitions */
#define LOOK_TIMEOUT_MS 500  /* meanwhile nothing is shown, and no signal is seen */
#define MISSING_MIN     2    /* looks in a row: a broker that starts may not know all topics yet */

struct follower {
    const struct indexer_kafka_config *config;
    rd_kafka_t *client;
    struct kafka_fetch fetch;
    int assigned; /* partitions 0 to n-1 */
    bool all;     /* partitions that are found are new: from their beginning */
    int missing;  /* looks in a row that found no topic */
    int64_t look_ms;
};

static enum status open_client(struct follower *follower, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&follower->config->link, &conf, err))
        return err->status;
    /* The library wants a group's name, but without a subscription none is joined. */
    if (kafka_set(conf, "group.id", "alpex-follower", err) ||
        kafka_set(conf, "enable.auto.commit", "false", err) ||
        kafka_set(conf, "enable.auto.offset.store", "false", err) ||
        kafka_set(conf, "fetch.wait.max.ms", "100", err) ||
        kafka_set(conf, "reconnect.backoff.max.ms", "1000", err) ||
        kafka_fetch_set(conf, follower->config->prefetch_max_bytes,
                        err) || /* while a pager waits */
        kafka_set(conf, "auto.offset.reset", "earliest",
                  err)) { /* only what was deleted is missed */
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    if (kafka_client_open(RD_KAFKA_CONSUMER, conf, "consumer", &follower->client, err))
        return err->status;
    rd_kafka_poll_set_consumer(follower->client);
    kafka_fetch_start(&follower->fetch, follower->client, &follower->config->link,
                      follower->config->prefetch_max_bytes);
    return OK;
}

enum status follower_open(const struct indexer_kafka_config *config, struct follower **out,
                          struct error *err)
{
    struct follower *follower = calloc(1, sizeof(*follower));

    if (!follower)
        return error_set(err, FATAL, "out of memory");
    follower->config = config;
    if (open_client(follower, err)) {
        follower_close(follower);
        return err->status;
    }
    *out = follower;
    return OK;
}

/* *count: of the topic's partitions. DONE: there is no topic. */
static enum status count_partitions(struct follower *follower, int64_t timeout_ms, int *count,
                                    struct error *err)
{
    const char *name = follower->config->topic;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(follower->client, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code =
        topic ? rd_kafka_metadata(follower->client, 0, topic, &metadata, (int)timeout_ms)
              : rd_kafka_last_error();

    if (topic)
        rd_kafka_topic_destroy(topic);
    *count = 0;
    if (!code && metadata && metadata->topic_cnt == 1) {
        code = metadata->topics[0].err;
        *count = metadata->topics[0].partition_cnt;
    }
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return error_set(err, DONE, "there is no topic '%s'", name);
    if (code || *count == 0)
        return error_set(err, RETRY, "cannot look for topic '%s': %s", name,
                         rd_kafka_err2str(code));
    return OK;
}

/* Where a partition begins for us. What comes to be later is read from its beginning. */
static enum status first_offset(struct follower *follower, int partition, int64_t timeout_ms,
                                int64_t *offset, struct error *err)
{
    int64_t low = 0;
    rd_kafka_resp_err_t code;

    *offset = 0;
    if (follower->all)
        return OK;
    code = rd_kafka_query_watermark_offsets(follower->client, follower->config->topic, partition,
                                            &low, offset, (int)timeout_ms);
    if (code)
        return error_set(err, RETRY, "cannot find the end of partition %d of topic '%s': %s",
                         partition, follower->config->topic, rd_kafka_err2str(code));
    return OK;
}

/* The others go on as they are. */
static enum status assign(struct follower *follower,
                          const rd_kafka_topic_partition_list_t *partitions, struct error *err)
{
    rd_kafka_error_t *error = rd_kafka_incremental_assign(follower->client, partitions);

    if (!error)
        return OK;
    error_set(err, RETRY, "cannot read topic '%s': %s", follower->config->topic,
              rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return RETRY;
}

static enum status add_partitions(struct follower *follower, int count, int64_t timeout_ms,
                                  struct error *err)
{
    int added = count - follower->assigned;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(added);
    enum status status = OK;

    for (int i = follower->assigned; i < count && status == OK; i++) {
        rd_kafka_topic_partition_t *partition =
            rd_kafka_topic_partition_list_add(list, follower->config->topic, i);

        status = first_offset(follower, i, timeout_ms, &partition->offset, err);
    }
    if (status == OK)
        status = assign(follower, list, err);
    if (status == OK) {
        follower->assigned = count;
        follower->all = true;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

enum status follower_find(struct follower *follower, int64_t timeout_ms, struct error *err)
{
    int count;
    enum status status = count_partitions(follower, timeout_ms, &count, err);

    follower->look_ms = clock_mono_ms() + LOOK_MS;
    if (status != OK)
        return status;
    return count > follower->assigned ? add_partitions(follower, count, timeout_ms, err) : OK;
}

/* Between messages: are there more partitions, or is the topic gone? */
static enum status look(struct follower *follower, struct error *err)
{
    enum status status = follower_find(follower, LOOK_TIMEOUT_MS, err);

    follower->missing = status == DONE ? follower->missing + 1 : 0;
    if (follower->missing < MISSING_MIN || follower->assigned == 0)
        return status == DONE ? OK : status;
    rd_kafka_assign(follower->client, NULL);
    follower->assigned = 0;
    return error_set(err, RETRY, "topic '%s' is gone; should it come again, all of it is read",
                     follower->config->topic);
}

void follower_take_all(struct follower *follower)
{
    follower->all = true;
}

enum status follower_poll(struct follower *follower, int64_t timeout_ms, int64_t now_ms,
                          rd_kafka_message_t **out, struct error *err)
{
    rd_kafka_message_t *message;

    if (now_ms >= follower->look_ms && look(follower, err) != OK)
        return RETRY;
    message = rd_kafka_consumer_poll(follower->client, (int)timeout_ms);
    if (!message)
        return DONE;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_fetch_took(&follower->fetch, message->len);
        *out = message;
        return OK;
    }
    error_set(err, RETRY, "%s", rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return RETRY;
}

int follower_partitions(const struct follower *follower)
{
    return follower->assigned;
}

void follower_close(struct follower *follower)
{
    if (!follower)
        return;
    if (follower->client) {
        rd_kafka_consumer_close(follower->client);
        rd_kafka_destroy(follower->client);
    }
    free(follower);
}
