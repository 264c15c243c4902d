/*
 * batch.c - records under way.
 */
#include "indexer/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK (256u << 10) /* bytes; a few hundred records */

/*
 * Ceiling of a batch's memory in bytes. pipeline.c cuts batches at a few MiB of
 * payload; a single message may be larger, and as JSON at worst six times its size.
 */
#define ARENA_MAX  (256u << 20)
#define ARENA_KEEP (16u << 20) /* bytes kept for the next batch; beyond, one giant paid for all */

const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_PENDING] = "pending",     [OUTCOME_INDEXED] = "indexed",
    [OUTCOME_DUPLICATE] = "duplicate", [OUTCOME_REDELIVERED] = "redelivered",
    [OUTCOME_REFUSED] = "refused",     [OUTCOME_DEAD_LETTERED] = "dead_lettered",
    [OUTCOME_DROPPED] = "dropped",     [OUTCOME_FILTERED] = "filtered",
};

const char *const reason_names[REASON_COUNT] = {
    [REASON_NONE] = "none",           [REASON_DECODE] = "decode",
    [REASON_TOO_LARGE] = "too_large", [REASON_MAPPING] = "mapping",
    [REASON_TOO_OLD] = "too_old",     [REASON_INDEX_LIMIT] = "index_limit",
    [REASON_REJECTED] = "rejected",
};

void batch_memory_init(struct arena *memory)
{
    arena_init(memory, ARENA_BLOCK, ARENA_MAX);
}

static void empty_memory(struct arena *memory)
{
    if (memory->total > ARENA_KEEP)
        arena_release(memory);
    else
        arena_clear(memory);
}

static void swap_memory(struct batch *batch, struct arena *memory)
{
    struct arena other = batch->arena;

    batch->arena = *memory;
    *memory = other;
}

void batch_lend(struct batch *batch, struct arena *memory)
{
    swap_memory(batch, memory);
}

void batch_give_back(struct batch *batch, struct arena *memory)
{
    swap_memory(batch, memory);
    empty_memory(memory);
}

enum status batch_open(size_t capacity, struct batch **out, struct error *err)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        return error_set(err, FATAL, "out of memory");
    batch_memory_init(&batch->arena);
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

static bool copy(struct arena *arena, struct slice *text)
{
    *text = arena_copy(arena, *text);
    return text->data;
}

/* The copy of `entry` has all but its message in `arena`; `last` is the one before, and its copy.
 */
static bool copy_entry(struct arena *arena, const struct batch_entry *entry,
                       const struct batch_entry *const last[2], struct batch_entry *out)
{
    *out = *entry;
    if (!copy(arena, &out->id) || !copy(arena, &out->document))
        return false;
    if (last[0] && last[0]->index.data == entry->index.data)
        out->index = last[1]->index; /* names are shared */
    else if (!copy(arena, &out->index))
        return false;
    if (entry->detail) {
        struct slice detail = {entry->detail, strlen(entry->detail) + 1};

        if (!copy(arena, &detail))
            return false;
        out->detail = detail.data;
    }
    return true;
}

static bool copy_pending(const struct batch *batch, struct batch *rest)
{
    const struct batch_entry *last[2] = {NULL, NULL};

    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        struct batch_entry *out = &rest->entries[rest->count];

        if (entry->outcome != OUTCOME_PENDING)
            continue;
        if (!copy_entry(&rest->arena, entry, last, out))
            return false;
        rest->count++;
        last[0] = entry;
        last[1] = out;
    }
    return true;
}

static void remove_pending(struct batch *batch)
{
    size_t kept = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].outcome != OUTCOME_PENDING)
            batch->entries[kept++] = batch->entries[i];
    batch->count = kept;
}

enum status batch_split(struct batch *batch, struct batch **rest, struct error *err)
{
    struct batch *made;

    if (batch_open(batch_pending(batch), &made, err))
        return err->status;
    if (!copy_pending(batch, made)) {
        made->count = 0; /* the messages are not its own */
        batch_close(made);
        return error_set(err, FATAL, "out of memory for what is left of a batch");
    }
    remove_pending(batch);
    made->bytes = batch->bytes;
    made->opened_ms = batch->opened_ms;
    made->segments = batch->segments;
    batch->segments = NULL;
    made->parked = true;
    *rest = made;
    return OK;
}

void batch_clear(struct batch *batch)
{
    assert(batch->entries || batch->count == 0);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].message)
            rd_kafka_message_destroy(batch->entries[i].message);
    empty_memory(&batch->arena);
    batch->count = 0;
    batch->bytes = 0;
    batch->opened_ms = 0;
    batch->settled = batch->stuck = false;
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
