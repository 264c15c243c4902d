/*
 * index_blocks.h - indices that take no documents, although Elasticsearch works.
 *
 * Read-only after a full disk, not to be created, without shards: what is for
 * such an index waits, and nothing else. When its pause, which grows, is over,
 * one writer tries it again. One table for all workers; thread-safe. With more
 * than INDEX_BLOCKS_MAX at once the others are simply tried each time.
 */
#ifndef INDEXER_SINK_INDEX_BLOCKS_H
#define INDEXER_SINK_INDEX_BLOCKS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/backoff.h"
#include "common/buf.h"

#define INDEX_BLOCKS_MAX  64
#define INDEX_BLOCKS_NAME 255 /* bytes that Elasticsearch allows */

struct index_block {
    char name[INDEX_BLOCKS_NAME + 1]; /* "" = free */
    const void *prober;               /* who tries it now, or NULL */
    int64_t until_ms;
    struct backoff backoff;
    char why[240];
};

struct index_blocks {
    pthread_mutex_t lock; /* guards slots[]; leaf lock */
    atomic_uint count;    /* of slots in use: the usual 0 costs no lock */
    struct index_block slots[INDEX_BLOCKS_MAX];
};

void index_blocks_init(struct index_blocks *blocks);
void index_blocks_release(struct index_blocks *blocks);

/*
 * May `who` write to `index` now? False: *wait_ms is when to ask again, and
 * `why` (240 bytes) what is wrong with it. Asked twice by the same prober, the answer is the same.
 */
bool index_blocks_allow(struct index_blocks *blocks, struct slice index, const void *who,
                        int64_t now_ms, int64_t *wait_ms, char *why);

/* It took no document. True: it is so from now on. */
bool index_blocks_add(struct index_blocks *blocks, struct slice index, const char *why,
                      int64_t now_ms);

/* It took one. True: it had not before. */
bool index_blocks_remove(struct index_blocks *blocks, struct slice index);

/* `who` has ended its attempt; what it was to try and got no verdict on is tried by another. */
void index_blocks_leave(struct index_blocks *blocks, const void *who);

/* How many there are; `why` (240 bytes) is of one of them. */
unsigned index_blocks_count(struct index_blocks *blocks, char *why);

#endif
