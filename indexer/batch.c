/*
 * batch.c - records under way.
 */
#include "indexer/batch.h"

#include <assert.h>
#include <stdlib.h>

#define ARENA_BLOCK (256u << 10) /* bytes; a few hundred records */

/*
 * Ceiling of a batch's memory in bytes. pipeline.c cuts batches at a few MiB of
 * payload; a single message may be larger, and as JSON at worst six times its size.
 */
#define ARENA_MAX  (256u << 20)
#define ARENA_KEEP (32u << 20) /* bytes kept for the next batch; beyond, one giant paid for all */

const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_PENDING] = "pending",     [OUTCOME_INDEXED] = "indexed",
    [OUTCOME_DUPLICATE] = "duplicate", [OUTCOME_REDELIVERED] = "redelivered",
    [OUTCOME_REFUSED] = "refused",     [OUTCOME_DEAD_LETTERED] = "dead_lettered",
    [OUTCOME_DROPPED] = "dropped",     [OUTCOME_FILTERED] = "filtered",
};

const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "none",       [REASON_DECODE] = "decode",   [REASON_TOO_LARGE] = "too_large",
    [REASON_MAPPING] = "mapping", [REASON_TOO_OLD] = "too_old", [REASON_REJECTED] = "rejected",
};

enum status batch_open(size_t capacity, struct batch **out, struct error *err)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        return error_set(err, FATAL, "out of memory");
    arena_init(&batch->arena, ARENA_BLOCK, ARENA_MAX);
    batch->capacity = capacity ? capacity : 1;
    batch->entries = calloc(batch->capacity, sizeof(*batch->entries));
    if (!batch->entries) {
        batch_close(batch);
        return error_set(err, FATAL, "out of memory for a batch of %zu records", capacity);
    }
    *out = batch;
    return OK;
}

static bool add(struct batch *batch, rd_kafka_message_t *message, struct slice payload)
{
    if (batch->count == batch->capacity)
        return false;
    batch->entries[batch->count++] = (struct batch_entry){.message = message, .original = payload};
    batch->bytes += payload.len;
    return true;
}

bool batch_add(struct batch *batch, rd_kafka_message_t *message)
{
    return add(batch, message, (struct slice){message->payload, message->len});
}

bool batch_add_payload(struct batch *batch, struct slice payload)
{
    return add(batch, NULL, payload);
}

size_t batch_pending(const struct batch *batch)
{
    size_t pending = 0;

    for (size_t i = 0; i < batch->count; i++)
        pending += batch->entries[i].outcome == OUTCOME_PENDING;
    return pending;
}

void batch_clear(struct batch *batch)
{
    assert(batch->entries || batch->count == 0);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].message)
            rd_kafka_message_destroy(batch->entries[i].message);
    if (batch->arena.total > ARENA_KEEP)
        arena_release(&batch->arena);
    else
        arena_clear(&batch->arena);
    batch->count = 0;
    batch->bytes = 0;
    batch->opened_ms = 0;
}

void batch_close(struct batch *batch)
{
    if (!batch)
        return;
    batch_clear(batch);
    arena_release(&batch->arena);
    free(batch->entries);
    free(batch);
}
