/*
 * cache.c - what was worked out for a text, kept for when the text comes again.
 *
 * Entries hang in chains by their hash; links are indices. Keys lie in pieces
 * of equal size, linked too, so that memory does not splinter however long
 * they are. A hand goes round the entries: it spares those that were found
 * since it last passed, once, and gives up the first other one.
 */
#include "indexer/enrich/cache.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <xxhash.h>

#include "common/metrics.h"

#define PIECE_BYTES 60 /* with its link 64: a line of the processor's cache */
#define KEY_USUAL   128
#define NONE        UINT32_MAX

struct piece {
    uint32_t next;
    char bytes[PIECE_BYTES];
};

struct entry {
    uint64_t hash;
    uint32_t next;  /* in its chain */
    uint32_t piece; /* the key's first; NONE only for an empty key */
    uint32_t len;
    bool used, recent;
};

struct cache {
    struct entry *entries;
    uint32_t *chains;
    struct piece *pieces;
    unsigned char *values, *spare; /* `spare`: for what is not kept */
    size_t value_size, bytes;
    uint32_t entry_count, chain_mask, piece_count, key_max;
    uint32_t free_piece, free_pieces, hand;
    uint64_t seed; /* so that nobody outside can choose keys of one chain */
    struct cache_counts counts;
};

static size_t value_room(const struct cache *cache)
{
    size_t alignment = _Alignof(max_align_t);

    return (cache->value_size + alignment - 1) / alignment * alignment;
}

static uint32_t pieces_for(size_t len)
{
    return (uint32_t)((len + PIECE_BYTES - 1) / PIECE_BYTES);
}

static uint32_t chain_count(uint32_t entries)
{
    uint32_t count = 1;

    while (count < entries)
        count *= 2;
    return count;
}

void cache_clear(struct cache *cache)
{
    for (uint32_t i = 0; i < cache->entry_count; i++)
        cache->entries[i].used = false;
    for (uint32_t i = 0; i <= cache->chain_mask; i++)
        cache->chains[i] = NONE;
    for (uint32_t i = 0; i < cache->piece_count; i++)
        cache->pieces[i].next = i + 1 < cache->piece_count ? i + 1 : NONE;
    cache->free_piece = cache->piece_count ? 0 : NONE;
    cache->free_pieces = cache->piece_count;
    cache->hand = 0;
}

static bool allocate(struct cache *cache, const struct cache_options *options)
{
    size_t keys = options->key_bytes ? options->key_bytes : (size_t)options->entries * KEY_USUAL;
    uint32_t chains = chain_count(options->entries);

    if (keys < options->key_max)
        keys = options->key_max;
    cache->entry_count = options->entries;
    cache->value_size = options->value_size;
    cache->key_max = options->key_max;
    cache->chain_mask = chains - 1;
    cache->piece_count = pieces_for(keys);
    cache->entries = calloc(options->entries + 1, sizeof(*cache->entries));
    cache->chains = calloc(chains, sizeof(*cache->chains));
    cache->pieces = calloc((size_t)cache->piece_count + 1, sizeof(*cache->pieces));
    cache->values = calloc(options->entries + 1, value_room(cache));
    cache->bytes = sizeof(*cache) + (options->entries + 1) * sizeof(*cache->entries) +
                   chains * sizeof(*cache->chains) +
                   ((size_t)cache->piece_count + 1) * sizeof(*cache->pieces) +
                   (options->entries + 1) * value_room(cache);
    return cache->entries && cache->chains && cache->pieces && cache->values;
}

void cache_counts_open(struct cache_counts *counts, const char *enricher)
{
    const char *label = metrics_label("enricher", enricher);

    counts->hits_total = metrics_counter("indexer_enrich_cache_hits_total", label,
                                         "Values that an enricher found in its cache");
    counts->misses_total = metrics_counter("indexer_enrich_cache_misses_total", label,
                                           "Values that an enricher had to work out");
}

void cache_counts_flush(struct cache_counts *counts)
{
    if (!counts->hits_total)
        return;
    metric_add(counts->hits_total, counts->hits);
    metric_add(counts->misses_total, counts->misses);
    counts->hits = counts->misses = 0;
}

enum status cache_open(const struct cache_options *options, struct cache **out, struct error *err)
{
    struct cache *cache = calloc(1, sizeof(*cache));

    assert(options->entries <= CACHE_ENTRIES_MAX);
    if (!cache || !allocate(cache, options)) {
        cache_close(cache);
        return error_set(err, FATAL, "out of memory");
    }
    cache->spare = cache->values + cache->entry_count * value_room(cache);
    if (options->enricher)
        cache_counts_open(&cache->counts, options->enricher);
    if (getrandom(&cache->seed, sizeof(cache->seed), GRND_NONBLOCK) < 0)
        cache->seed = (uintptr_t)cache;
    cache_clear(cache);
    *out = cache;
    return OK;
}

static bool key_is(const struct cache *cache, const struct entry *entry, struct slice key)
{
    uint32_t piece = entry->piece;

    for (size_t at = 0; at < key.len; at += PIECE_BYTES) {
        size_t left = key.len - at;

        if (memcmp(cache->pieces[piece].bytes, key.data + at,
                   left < PIECE_BYTES ? left : PIECE_BYTES) != 0)
            return false;
        piece = cache->pieces[piece].next;
    }
    return true;
}

static uint32_t find(const struct cache *cache, uint64_t hash, struct slice key)
{
    uint32_t i = cache->chains[hash & cache->chain_mask];

    while (i != NONE && (cache->entries[i].hash != hash || cache->entries[i].len != key.len ||
                         !key_is(cache, &cache->entries[i], key)))
        i = cache->entries[i].next;
    return i;
}

static void give_up(struct cache *cache, uint32_t i)
{
    struct entry *entry = &cache->entries[i];
    uint32_t *link = &cache->chains[entry->hash & cache->chain_mask];
    uint32_t count = pieces_for(entry->len), last = entry->piece;

    while (*link != i)
        link = &cache->entries[*link].next;
    *link = entry->next;
    entry->used = false;
    if (count == 0)
        return;
    for (uint32_t n = 1; n < count; n++)
        last = cache->pieces[last].next;
    cache->pieces[last].next = cache->free_piece;
    cache->free_piece = entry->piece;
    cache->free_pieces += count;
}

/* Moves the hand until an entry is free under it; goes round at most twice. */
static uint32_t make_room(struct cache *cache, uint32_t pieces)
{
    uint32_t i, free_entry = NONE;

    while (free_entry == NONE || cache->free_pieces < pieces) {
        i = cache->hand;
        cache->hand = i + 1 < cache->entry_count ? i + 1 : 0;
        if (cache->entries[i].used && cache->entries[i].recent)
            cache->entries[i].recent = false;
        else if (cache->entries[i].used)
            give_up(cache, i);
        if (!cache->entries[i].used && free_entry == NONE)
            free_entry = i;
    }
    return free_entry;
}

static void copy_key(struct cache *cache, struct entry *entry, struct slice key)
{
    uint32_t piece = cache->free_piece;

    entry->piece = piece;
    for (size_t at = 0; at < key.len; at += PIECE_BYTES) {
        size_t left = key.len - at;

        memcpy(cache->pieces[piece].bytes, key.data + at, left < PIECE_BYTES ? left : PIECE_BYTES);
        piece = cache->pieces[piece].next;
    }
    cache->free_piece = piece; /* the last piece's link is not looked at while the key stands */
    cache->free_pieces -= pieces_for(key.len);
}

static uint32_t add(struct cache *cache, uint64_t hash, struct slice key)
{
    uint32_t *chain = &cache->chains[hash & cache->chain_mask];
    uint32_t i = make_room(cache, pieces_for(key.len));
    struct entry *entry = &cache->entries[i];

    *entry = (struct entry){.hash = hash, .next = *chain, .len = (uint32_t)key.len, .used = true};
    copy_key(cache, entry, key);
    *chain = i;
    return i;
}

void *cache_get(struct cache *cache, struct slice key, bool *found)
{
    uint64_t hash;
    uint32_t i;
    void *value;

    *found = false;
    if (key.len > cache->key_max || cache->entry_count == 0) {
        cache->counts.misses++;
        return memset(cache->spare, 0, cache->value_size);
    }
    hash = XXH3_64bits_withSeed(key.data, key.len, cache->seed);
    i = find(cache, hash, key);
    *found = i != NONE;
    if (*found) {
        cache->counts.hits++;
        cache->entries[i].recent = true;
        return cache->values + i * value_room(cache);
    }
    cache->counts.misses++;
    value = cache->values + add(cache, hash, key) * value_room(cache);
    return memset(value, 0, cache->value_size);
}

bool cache_number(const struct cache *cache, const void *value, uint32_t *number)
{
    if (value == cache->spare)
        return false;
    *number =
        (uint32_t)((size_t)((const unsigned char *)value - cache->values) / value_room(cache));
    return true;
}

void *cache_at(struct cache *cache, uint32_t number)
{
    cache->entries[number].recent = true;
    return cache->values + number * value_room(cache);
}

void cache_flush_counts(struct cache *cache)
{
    cache_counts_flush(&cache->counts);
}

size_t cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}

void cache_close(struct cache *cache)
{
    if (!cache)
        return;
    cache_flush_counts(cache);
    free(cache->entries);
    free(cache->chains);
    free(cache->pieces);
    free(cache->values);
    free(cache);
}
