/*
 * deadletter.h - records that are refused for good, to a topic of their own.
 *
 * Key and value are the original bytes; headers say why: dlq.reason, dlq.stage,
 * dlq.error, dlq.status, dlq.topic, dlq.partition, dlq.offset, dlq.attempts,
 * dlq.time. The offset of a refused record is settled only when the topic has
 * acknowledged it. One worker owns a deadletter; it connects when first needed.
 */
#ifndef INDEXER_DEADLETTER_H
#define INDEXER_DEADLETTER_H

#include <stdint.h>

#include "common/error.h"

struct batch;
struct deadletter;
struct indexer_kafka_config;

enum status deadletter_open(const struct indexer_kafka_config *config, struct deadletter **out,
                            struct error *err);

/*
 * Sends every entry that is OUTCOME_REFUSED and waits. OK: all are
 * OUTCOME_DEAD_LETTERED. RETRY: some are not; call again after a pause.
 */
enum status deadletter_write(struct deadletter *deadletter, struct batch *batch, int64_t timeout_ms,
                             struct error *err);

void deadletter_close(struct deadletter *deadletter); /* NULL is fine */

#endif
