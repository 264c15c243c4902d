/*
 * parking.h - what is left of batches whose other records are settled.
 *
 * Records that wait for something of their own (an index that is read-only)
 * must not hold up the rest: they leave their batch for one that is parked, and
 * go to a worker again when their pause is over. The offsets behind them move
 * on only when they are settled. What may be parked is bounded, beyond it
 * workers hold their batches: so the distance to what is committed is bounded too.
 * Threads: workers reserve and release, all else is the consumer thread's.
 */
#ifndef INDEXER_PARKING_H
#define INDEXER_PARKING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct metric;
struct offsets;

#define PARKING_MAX 64 /* batches */

struct parking {
    atomic_uint reserved; /* places */
    atomic_size_t bytes;  /* kept from being freed by what is parked */
    struct batch *batches[PARKING_MAX];
    unsigned count;
    struct metric *records, *kept_bytes;
};

void parking_init(struct parking *parking);

/*
 * A place for what is left of a batch of `bytes`. False: there is none. All of
 * the batch's payloads count: Kafka's messages share the memory they came in.
 */
bool parking_reserve(struct parking *parking, size_t bytes);
void parking_release(struct parking *parking, size_t bytes);

/* Takes the batch, which has a place, until its again_ms. */
void parking_add(struct parking *parking, struct batch *batch);

/* One whose pause is over, or NULL. Keeps its place. */
struct batch *parking_take(struct parking *parking, int64_t now_ms);

/* Gives all up, unsettled: their messages are read again. */
void parking_drop(struct parking *parking, struct offsets *offsets);

#endif
