/*
 * index_name.h - dataset and day of a record into the name of its index.
 *
 * "<prefix>-<dataset>-YYYY.MM.DD", the UTC day of @timestamp: the same record
 * always gets the same name, because Elasticsearch's ids are unique within one
 * index only. So nothing here depends on when a record is read, with one
 * exception that is stated below. Names are made once and shared within a batch.
 * Threads: an index_names belongs to one worker.
 */
#ifndef INDEXER_INDEX_NAME_H
#define INDEXER_INDEX_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/timestamp.h"

struct record;
struct metric;

#define INDEX_DATASET_MAX 64 /* bytes; index names may have 255 */
#define INDEX_NAME_SLOTS  64 /* names of one batch that are shared; beyond, some are made again */

struct index_name_slot {
    int64_t day;        /* since 1970-01-01 */
    struct slice name;  /* in the batch's arena; empty = free */
    size_t dataset_len; /* of the part of the name behind "<prefix>-" */
    bool admitted;      /* by index_guard.h */
};

struct index_names {
    const char *prefix;
    char *const *datasets; /* that have indices of their own; none: all */
    size_t dataset_count;
    int64_t max_future_ms; /* 0: no limit */
    uint32_t new_max;      /* names an hour, index_guard.h; 0: no limit */
    struct arena *arena;
    struct metric *unknown, *skewed;
    /* Of the record before, whose dataset and day the next one mostly has. */
    char raw[INDEX_DATASET_MAX], dataset[INDEX_DATASET_MAX]; /* as it came; as it is used */
    size_t raw_len, dataset_len;                             /* raw_len 0: not to be used again */
    struct index_name_slot *slot;                            /* NULL: another batch's */
    struct timestamp_minute minute;
    struct index_name_slot slots[INDEX_NAME_SLOTS];
};

/*
 * `prefix` is kept and must outlive it. No limits: further members may be set
 * afterwards. Nothing to release.
 */
void index_names_init(struct index_names *names, const char *prefix);

/* A new batch: names are made in its `arena` and live as long as that is not cleared. */
void index_names_start(struct index_names *names, struct arena *arena);

/*
 * The index of `record`. A dataset is made lower case, what is not [a-z0-9._-]
 * becomes '_', leading "-_+." go, 64 bytes are kept; without anything left, or
 * when it is not among `datasets`, it is "unknown", which is counted. Without a
 * usable @timestamp `message_ms`, the Kafka message's time, counts. So it does
 * for a record from further ahead of it than max_future_ms, which is tagged
 * clock_skew; when the message itself is as far ahead of `now_ms`, it is now_ms.
 * REJECT: too many new names in this hour. FATAL: no memory.
 */
enum status index_name(struct index_names *names, struct record *record, int64_t message_ms,
                       int64_t now_ms, struct slice *out);

#endif
