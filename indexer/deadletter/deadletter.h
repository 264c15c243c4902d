/*
 * deadletter.h - records that are refused for good, to a topic of their own.
 *
 * Key and value are the original bytes; headers, as text, say why:
 *   dlq.reason    decode, too_large, mapping, too_old, rejected
 *   dlq.class     what stands in the way: message, size, index, age
 *   dlq.stage     decode, sink, retention
 *   dlq.error     what was wrong, in words, at most 1 KiB; may be empty
 *   dlq.type      Elasticsearch's name for it; absent when there is none
 *   dlq.status    Elasticsearch's answer, an HTTP code; 0: it was not asked
 *   dlq.topic, dlq.partition, dlq.offset    where the record was read
 *   dlq.id        event.id; absent when the message is no record
 *   dlq.attempts  times that it was sent to Elasticsearch
 *   dlq.first, dlq.last    RFC 3339: when it was dead-lettered, first and now
 *   dlq.by        version of the indexer
 *   dlq.redrives  times that it was sent back to its topic before
 *
 * The offset of a refused record is settled only when the topic has
 * acknowledged it: while that cannot be, everything behind it waits. One worker
 * owns a deadletter; it connects when first needed. What is read of the topic:
 * read.h.
 */
#ifndef INDEXER_DEADLETTER_H
#define INDEXER_DEADLETTER_H

#include <stdint.h>

#include "common/error.h"

/* Headers of a message that was sent back to its topic (`indexer dlq redrive`). */
#define DEADLETTER_REDRIVES "alpex.redrives" /* times; also: rules must not fire for it again */
#define DEADLETTER_FIRST    "alpex.first"    /* its dlq.first */

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
