/*
 * follower.c - reads a topic without being in a group.
 */
#include "indexer/follower.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "indexer/config.h"

#define LOOK_MS         5000 /* between looks for new partitions */
#define LOOK_TIMEOUT_MS 2000

struct follower {
    const struct indexer_kafka_config *config;
    rd_kafka_t *client;
    rd_kafka_topic_partition_list_t *assigned;
    int64_t look_ms;
};

static enum status open_client(struct follower *follower, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char text[256];

    if (kafka_conf_make(&follower->config->link, &conf, err))
        return err->status;
    /* The library wants a group's name, but without a subscription none is joined. */
    if (kafka_set(conf, "group.id", "alpex-follower", err) ||
        kafka_set(conf, "enable.auto.commit", "false", err) ||
        kafka_set(conf, "enable.auto.offset.store", "false", err) ||
        kafka_set(conf, "fetch.wait.max.ms", "100", err) ||
        kafka_set(conf, "auto.offset.reset", "latest", err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    follower->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (!follower->client) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, FATAL, "cannot start the Kafka consumer: %s", text);
    }
    rd_kafka_poll_set_consumer(follower->client);
    return OK;
}

static int partition_count(const struct rd_kafka_metadata *metadata)
{
    return metadata->topic_cnt == 1 && !metadata->topics[0].err ? metadata->topics[0].partition_cnt
                                                                : 0;
}

/*
 * Takes on the partitions that are not yet followed: the first time from their
 * end, later from their beginning, since they are new.
 */
static enum status look(struct follower *follower, int64_t timeout_ms, struct error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(follower->client, follower->config->topic, NULL);
    rd_kafka_resp_err_t code;
    int count, had = follower->assigned->cnt;

    code = rd_kafka_metadata(follower->client, 0, topic, &metadata, (int)timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (code)
        return error_set(err, RETRY, "cannot look for topic '%s': %s", follower->config->topic,
                         rd_kafka_err2str(code));
    count = partition_count(metadata);
    rd_kafka_metadata_destroy(metadata);
    for (int i = had; i < count; i++)
        rd_kafka_topic_partition_list_add(follower->assigned, follower->config->topic, i)->offset =
            had ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    if (count == 0)
        return error_set(err, RETRY, "there is no topic '%s'", follower->config->topic);
    if (count > had) {
        rd_kafka_position(follower->client, follower->assigned);
        for (int i = 0; i < follower->assigned->cnt; i++)
            if (follower->assigned->elems[i].offset == RD_KAFKA_OFFSET_INVALID)
                follower->assigned->elems[i].offset =
                    i < had || had == 0 ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
        rd_kafka_assign(follower->client, follower->assigned);
    }
    return OK;
}

enum status follower_open(const struct indexer_kafka_config *config, int64_t timeout_ms,
                          struct follower **out, struct error *err)
{
    struct follower *follower = calloc(1, sizeof(*follower));

    if (!follower)
        return error_set(err, FATAL, "out of memory");
    follower->config = config;
    follower->assigned = rd_kafka_topic_partition_list_new(16);
    if (open_client(follower, err) || look(follower, timeout_ms, err)) {
        follower_close(follower);
        return err->status;
    }
    follower->look_ms = clock_mono_ms() + LOOK_MS;
    *out = follower;
    return OK;
}

enum status follower_poll(struct follower *follower, int64_t timeout_ms, int64_t now_ms,
                          rd_kafka_message_t **out, struct error *err)
{
    rd_kafka_message_t *message;

    if (now_ms >= follower->look_ms) {
        follower->look_ms = now_ms + LOOK_MS;
        look(follower, LOOK_TIMEOUT_MS, err); /* what fails now is found later */
    }
    message = rd_kafka_consumer_poll(follower->client, (int)timeout_ms);
    if (!message)
        return RETRY;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        *out = message;
        return OK;
    }
    error_set(err, RETRY, "%s", rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return RETRY;
}

void follower_close(struct follower *follower)
{
    if (!follower)
        return;
    if (follower->client) {
        rd_kafka_consumer_close(follower->client);
        rd_kafka_destroy(follower->client);
    }
    rd_kafka_topic_partition_list_destroy(follower->assigned);
    free(follower);
}
