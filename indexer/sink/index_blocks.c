/*
 * index_blocks.c - indices that take no documents, although Elasticsearch works.
 */
#include "indexer/sink/index_blocks.h"

#include <stdio.h>
#include <string.h>

#define PAUSE_MIN_MS  1000
#define PAUSE_MAX_MS  30000
#define PROBE_POLL_MS 1000 /* how soon the others ask again while one tries */

void index_blocks_init(struct index_blocks *blocks)
{
    memset(blocks, 0, sizeof(*blocks));
    pthread_mutex_init(&blocks->lock, NULL);
}

void index_blocks_release(struct index_blocks *blocks)
{
    pthread_mutex_destroy(&blocks->lock);
}

static bool is_empty(struct index_blocks *blocks)
{
    return atomic_load_explicit(&blocks->count, memory_order_relaxed) == 0;
}

static struct index_block *find(struct index_blocks *blocks, struct slice index)
{
    if (index.len == 0 || index.len > INDEX_BLOCKS_NAME)
        return NULL;
    for (size_t i = 0; i < INDEX_BLOCKS_MAX; i++)
        if (slice_is(index, blocks->slots[i].name))
            return &blocks->slots[i];
    return NULL;
}

static bool allow(struct index_block *block, const void *who, int64_t now_ms, int64_t *wait_ms)
{
    if (block->prober == who)
        return true;
    if (block->until_ms > now_ms || block->prober) {
        *wait_ms = block->until_ms > now_ms ? block->until_ms - now_ms : PROBE_POLL_MS;
        return false;
    }
    block->prober = who;
    return true;
}

bool index_blocks_allow(struct index_blocks *blocks, struct slice index, const void *who,
                        int64_t now_ms, int64_t *wait_ms, char *why)
{
    struct index_block *block;
    bool allowed = true;

    if (is_empty(blocks))
        return true;
    pthread_mutex_lock(&blocks->lock);
    block = find(blocks, index);
    if (block) {
        allowed = allow(block, who, now_ms, wait_ms);
        memcpy(why, block->why, sizeof(block->why));
    }
    pthread_mutex_unlock(&blocks->lock);
    return allowed;
}

static struct index_block *find_free(struct index_blocks *blocks)
{
    for (size_t i = 0; i < INDEX_BLOCKS_MAX; i++)
        if (!blocks->slots[i].name[0])
            return &blocks->slots[i];
    return NULL;
}

static struct index_block *make(struct index_blocks *blocks, struct slice index)
{
    struct index_block *block = index.len <= INDEX_BLOCKS_NAME ? find_free(blocks) : NULL;

    if (!block)
        return NULL;
    *block = (struct index_block){0};
    memcpy(block->name, index.data, index.len);
    backoff_init(&block->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    atomic_fetch_add(&blocks->count, 1);
    return block;
}

bool index_blocks_add(struct index_blocks *blocks, struct slice index, const char *why,
                      int64_t now_ms)
{
    struct index_block *block;
    bool known;

    pthread_mutex_lock(&blocks->lock);
    block = find(blocks, index);
    known = block;
    if (!block)
        block = make(blocks, index);
    if (block && block->until_ms <= now_ms) { /* the documents of one request count once */
        block->until_ms = now_ms + backoff_next_ms(&block->backoff);
        block->prober = NULL;
        snprintf(block->why, sizeof(block->why), "%s", why);
    }
    pthread_mutex_unlock(&blocks->lock);
    return block && !known;
}

bool index_blocks_remove(struct index_blocks *blocks, struct slice index)
{
    struct index_block *block;

    if (is_empty(blocks))
        return false;
    pthread_mutex_lock(&blocks->lock);
    block = find(blocks, index);
    if (block) {
        block->name[0] = '\0';
        atomic_fetch_sub(&blocks->count, 1);
    }
    pthread_mutex_unlock(&blocks->lock);
    return block;
}

void index_blocks_leave(struct index_blocks *blocks, const void *who)
{
    if (is_empty(blocks))
        return;
    pthread_mutex_lock(&blocks->lock);
    for (size_t i = 0; i < INDEX_BLOCKS_MAX; i++)
        if (blocks->slots[i].prober == who)
            blocks->slots[i].prober = NULL;
    pthread_mutex_unlock(&blocks->lock);
}

unsigned index_blocks_count(struct index_blocks *blocks, char *why)
{
    unsigned count = 0;

    pthread_mutex_lock(&blocks->lock);
    for (size_t i = 0; i < INDEX_BLOCKS_MAX; i++)
        if (blocks->slots[i].name[0]) {
            memcpy(why, blocks->slots[i].why, sizeof(blocks->slots[i].why));
            count++;
        }
    pthread_mutex_unlock(&blocks->lock);
    return count;
}
