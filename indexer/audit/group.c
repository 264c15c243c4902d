/*
 * group.c - what the indexers have committed.
 */
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "indexer/audit/audit.h"
#include "indexer/config.h"
#include "indexer/reader.h"

#define KAFKA_MS 10000
#define PAUSE_MS 200

static enum status open_client(const struct indexer_config *config, rd_kafka_t **out,
                               struct error *err)
{
    rd_kafka_conf_t *conf = NULL;

    if (kafka_conf_make(&config->kafka.link, &conf, err))
        return err->status;
    /* Offsets can be asked for without being a member. */
    if (kafka_set(conf, "group.id", config->kafka.group, err) ||
        kafka_set(conf, "enable.auto.commit", "false", err)) {
        rd_kafka_conf_destroy(conf);
        return err->status;
    }
    return kafka_client_open(RD_KAFKA_CONSUMER, conf, "consumer", out, err);
}

/* Of a partition that was never committed everything is to be done. */
static enum status read_committed(rd_kafka_t *client, const struct indexer_config *config,
                                  const struct reader_range *ranges, struct audit_group *group,
                                  struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)group->count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < group->count; i++)
        rd_kafka_topic_partition_list_add(list, config->kafka.topic, ranges[i].partition);
    code = rd_kafka_committed(client, list, KAFKA_MS);
    group->lag = 0;
    for (size_t i = 0; i < group->count && !code; i++) {
        int64_t offset = list->elems[i].offset;

        code = list->elems[i].err;
        group->committed[i] = offset < 0 ? 0 : offset;
        if (offset < ranges[i].low)
            offset = ranges[i].low;
        if (offset < ranges[i].high)
            group->lag += (uint64_t)(ranges[i].high - offset);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code ? error_set(err, RETRY, "cannot read what group '%s' has committed: %s",
                            config->kafka.group, rd_kafka_err2str(code))
                : OK;
}

static enum status read_group(rd_kafka_t *client, const struct indexer_config *config,
                              struct reader *reader, int64_t wait_ms, struct audit_group *group,
                              struct error *err)
{
    int64_t begin_ms = clock_mono_ms();
    struct reader_range *ranges = reader_ranges(reader, &group->count);
    enum status status;

    group->committed = calloc(group->count, sizeof(*group->committed));
    if (!group->committed)
        return error_set(err, FATAL, "out of memory");
    for (;;) {
        status = read_committed(client, config, ranges, group, err);
        /* The group's broker may not be known yet, on a cluster that has just begun. */
        if (status != OK && (status != RETRY || clock_mono_ms() >= begin_ms + KAFKA_MS))
            return status;
        if (status == OK && (group->lag == 0 || clock_mono_ms() >= begin_ms + wait_ms))
            return OK;
        poll(NULL, 0, PAUSE_MS); /* a command has nothing else to do */
    }
}

enum status audit_group_read(const struct indexer_config *config, int64_t wait_ms,
                             struct audit_group *group, struct error *err)
{
    struct reader *reader = NULL;
    rd_kafka_t *client = NULL;
    enum status status = reader_open(&config->kafka, config->kafka.topic, &reader, err);

    *group = (struct audit_group){0};
    if (status == OK)
        status = reader_find(reader, KAFKA_MS, err);
    if (status == OK)
        status = open_client(config, &client, err);
    if (status == OK)
        status = read_group(client, config, reader, wait_ms, group, err);
    reader_close(reader);
    if (client)
        rd_kafka_destroy(client);
    return status == DONE ? OK : status; /* without the topic nothing is under way */
}

void audit_group_release(struct audit_group *group)
{
    free(group->committed);
}
