/*
 * reader.h - reads parts of a topic once, from offset to offset, without being
 * in a group: nothing is committed, no group appears in the cluster.
 *
 * For replays, dead letters and accounts. What there was at the beginning is
 * read, not what comes meanwhile. One thread.
 */
#ifndef INDEXER_READER_H
#define INDEXER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct reader;
struct indexer_kafka_config;
struct rd_kafka_message_s;

/* What is read of a partition. */
struct reader_range {
    int32_t partition;
    int64_t low, high; /* what Kafka has: the first offset, and the one behind the last */
    int64_t from, to;  /* what is wanted: `to` is not among it; empty when from >= to */
    int64_t next;      /* what comes next; below it everything was given out */
    int64_t absent;    /* offsets without a message: deleted, compacted, ends of transactions */
    bool done;
};

/* No I/O. `config` and `topic` must outlive it. */
enum status reader_open(const struct indexer_kafka_config *config, const char *topic,
                        struct reader **out, struct error *err);

/*
 * Finds the topic's partitions and what is in them; all of that is wanted then.
 * DONE: there is no such topic. RETRY: Kafka cannot tell. Blocks up to `timeout_ms` a partition.
 */
enum status reader_find(struct reader *reader, int64_t timeout_ms, struct error *err);

/* One for each partition, by number; the caller may change `from` and `to` before the start. */
struct reader_range *reader_ranges(struct reader *reader, size_t *count);

/*
 * offsets[i]: of the first message of partition i that was sent at `time_ms` or later; `high` when
 * there is none.
 */
enum status reader_offsets_at(struct reader *reader, int64_t time_ms, int64_t *offsets,
                              int64_t timeout_ms, struct error *err);

/*
 * Begins with all ranges that are not empty; what Kafka has no longer is left out (`absent`).
 * After all were read it may be started again with others.
 */
enum status reader_start(struct reader *reader, struct error *err);

/*
 * OK: *out is the caller's (rd_kafka_message_destroy). DONE: everything was given out. RETRY:
 * nothing came within `timeout_ms`; err->text is empty, or says what goes wrong meanwhile.
 * FATAL: it cannot go on. Partitions come side by side, each in its order, no offset twice.
 */
enum status reader_poll(struct reader *reader, int64_t timeout_ms, struct rd_kafka_message_s **out,
                        struct error *err);

void reader_close(struct reader *reader); /* all messages must have been destroyed; NULL is fine */

#endif
