/*
 * follower.h - reads a topic without being in a group: from a position on, no
 * offsets stored. For `indexer tail`.
 */
#ifndef INDEXER_FOLLOWER_H
#define INDEXER_FOLLOWER_H

#include <stdint.h>

#include "common/error.h"

struct follower;
struct indexer_kafka_config;
struct rd_kafka_message_s;

/* From the end of every partition. RETRY: Kafka cannot be reached. Blocks up to `timeout_ms`. */
enum status follower_open(const struct indexer_kafka_config *config, int64_t timeout_ms,
                          struct follower **out, struct error *err);

/* As consumer_poll. New partitions of the topic are found every few seconds. */
enum status follower_poll(struct follower *follower, int64_t timeout_ms, int64_t now_ms,
                          struct rd_kafka_message_s **out, struct error *err);

void follower_close(struct follower *follower); /* NULL is fine */

#endif
