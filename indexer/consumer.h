/*
 * consumer.h - the member of the Kafka consumer group (librdkafka).
 *
 * Offsets are committed by hand, only of what is settled. Partitions that are
 * taken away are drained first: `drain` is called from consumer_poll and
 * waits for what is under way. One thread owns a consumer.
 */
#ifndef INDEXER_CONSUMER_H
#define INDEXER_CONSUMER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct consumer;
struct offsets;
struct indexer_kafka_config;

/* Waits until nothing of any partition is under way, within the configured limit. */
typedef void consumer_drain(void *arg);

/* Joins nothing yet. `config` and `offsets` must outlive it. */
enum status consumer_open(const struct indexer_kafka_config *config, struct offsets *offsets,
                          consumer_drain *drain, void *arg, struct consumer **out,
                          struct error *err);

/*
 * Creates the topics if the configuration wants that, and subscribes. RETRY:
 * Kafka is not there yet. Blocks up to `timeout_ms`.
 */
enum status consumer_join(struct consumer *consumer, int64_t timeout_ms, struct error *err);

/*
 * Is a new consumer needed? No broker can be used, and certificate files, which a client reads only
 * once, were replaced. Says so once for each change. Does not block.
 */
bool consumer_is_stale(struct consumer *consumer, int64_t now_ms);

/*
 * The next message, which is the caller's (rd_kafka_message_destroy). RETRY: none came within
 * `timeout_ms`. Rebalances happen in here. FATAL: the client cannot go on.
 */
enum status consumer_poll(struct consumer *consumer, int64_t timeout_ms, rd_kafka_message_t **out,
                          struct error *err);

/* Stops fetching, and keeps being a member by polling; what is fetched already is dropped and
 * fetched again. Also for partitions that come while paused. */
void consumer_pause(struct consumer *consumer);
void consumer_resume(struct consumer *consumer);

/* Commits what has moved. Does not block, unless `wait`. */
void consumer_commit(struct consumer *consumer, bool wait);

/* Sets kafka_consumer_lag by partition; asks no broker. */
void consumer_measure(struct consumer *consumer);

/* Drains, commits, leaves the group; nothing is polled any more. NULL is fine. */
void consumer_leave(struct consumer *consumer);

/* Leaves first, and waits until all of its messages are given back. NULL is fine. */
void consumer_close(struct consumer *consumer);

#endif
