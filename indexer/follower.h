/*
 * follower.h - reads a topic from now on without being in a group: nothing is
 * committed, no group appears in the cluster. For `indexer tail`.
 *
 * One thread.
 */
#ifndef INDEXER_FOLLOWER_H
#define INDEXER_FOLLOWER_H

#include <stdint.h>

#include "common/error.h"

struct follower;
struct indexer_kafka_config;
struct rd_kafka_message_s;

/* No I/O. `config` must outlive it. */
enum status follower_open(const struct indexer_kafka_config *config, struct follower **out,
                          struct error *err);

/*
 * Finds the topic's partitions. OK: every record that is acknowledged from now
 * on will come. DONE: there is no such topic; a broker may say so for a moment
 * when one was just created. RETRY: Kafka cannot tell. Blocks up to `timeout_ms`
 * a partition.
 */
enum status follower_find(struct follower *follower, int64_t timeout_ms, struct error *err);

/* What is found later is new: it is read from its beginning. */
void follower_take_all(struct follower *follower);

/*
 * OK: *out is the caller's. DONE: nothing came within `timeout_ms`. RETRY: err says what goes
 * wrong, and it goes on. Partitions and topics that are new are found every few seconds.
 */
enum status follower_poll(struct follower *follower, int64_t timeout_ms, int64_t now_ms,
                          struct rd_kafka_message_s **out, struct error *err);

/* Partitions that are followed now. */
int follower_partitions(const struct follower *follower);

void follower_close(struct follower *follower); /* NULL is fine */

#endif
