/*
 * offsets.h - which offsets may be committed: the contiguous prefix that is settled.
 *
 * Each batch that is handed out leaves a segment in each of its partitions.
 * When a segment and all before it are settled, the partition's position moves.
 * A partition that is taken away takes its segments along: what comes back
 * late counts no more. Belongs to the consumer thread.
 */
#ifndef INDEXER_OFFSETS_H
#define INDEXER_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct batch;
struct offsets;

enum status offsets_open(struct offsets **out, struct error *err);

/* A partition came. Its position is not known until something of it was settled. */
enum status offsets_add(struct offsets *offsets, int32_t partition, struct error *err);
void offsets_remove(struct offsets *offsets, int32_t partition);

/* The batch leaves with messages of these partitions. False without memory. */
bool offsets_hand_out(struct offsets *offsets, struct batch *batch);

/* The batch came back; `settled`: every record of it is. If not, its partitions stay where they
 * are. */
void offsets_take_back(struct offsets *offsets, struct batch *batch, bool settled);

/* Batches that hold messages of the partition (-1: of any). */
unsigned offsets_outstanding(const struct offsets *offsets, int32_t partition);

/*
 * Calls `visit` with the next offset to read of each partition whose position
 * has moved since offsets_committed was last called for it.
 */
void offsets_each_moved(struct offsets *offsets,
                        void (*visit)(void *arg, int32_t partition, int64_t next), void *arg);
void offsets_committed(struct offsets *offsets, int32_t partition, int64_t next);

/* The position of a partition, -1 when it is not known. */
int64_t offsets_position(const struct offsets *offsets, int32_t partition);

void offsets_close(struct offsets *offsets); /* NULL is fine */

#endif
