/*
 * range.h - which part of a topic is replayed: --from, --to and --partition.
 *
 * A bound is an offset (1205), the last so many of each partition (-1000),
 * beginning or end, or a time. Times are Kafka's: when the message was sent, which is
 * soon after the line was read, not what @timestamp says. Both bounds are included.
 */
#ifndef INDEXER_REPLAY_RANGE_H
#define INDEXER_REPLAY_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/query.h"

struct reader;

enum bound_kind { BOUND_NONE, BOUND_BEGINNING, BOUND_END, BOUND_OFFSET, BOUND_LAST, BOUND_TIME };

struct replay_bound {
    enum bound_kind kind;
    int64_t number;            /* of OFFSET and LAST */
    int64_t first_ms, last_ms; /* of TIME: a day is all of its milliseconds */
};

/* `text` may be NULL: BOUND_NONE. REJECT: it is no bound. */
enum status replay_bound_read(const char *option, const char *text,
                              const struct query_context *context, struct replay_bound *out,
                              struct error *err);

/*
 * Sets bit i of `wanted` (`count` partitions) for each of the texts' numbers: "3", "0,2", "4-7".
 * Without texts all. REJECT: no number, or no such partition.
 */
enum status replay_partitions_read(const char *const *texts, bool *wanted, size_t count,
                                   struct error *err);

/*
 * Narrows the ranges of a reader that has found its topic. RETRY: Kafka cannot tell where a time
 * is. Blocks up to `timeout_ms`.
 */
enum status replay_range_apply(struct reader *reader, const struct replay_bound *from,
                               const struct replay_bound *to, const bool *wanted,
                               int64_t timeout_ms, struct error *err);

#endif
