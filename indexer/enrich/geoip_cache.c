/*
 * geoip_cache.c - answers for addresses that come again.
 *
 * An address may be in one of four entries, which are a line of the processor's cache; the one
 * that was asked for last comes first, the last one goes.
 */
#include "indexer/enrich/geoip_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "indexer/enrich/cache.h"

#define WAYS            4
#define LINE            64
#define PLACE_KEY_USUAL 60 /* a piece of cache.c: up to seven databases */

struct entry {
    uint64_t hash;
    uint32_t number; /* where its place is */
    uint32_t id;     /* which it was: another one may be there by now; 0: no entry */
};

struct place {
    uint32_t id;
    struct geoip_answer answer;
};

struct geoip_cache {
    struct entry *entries; /* in groups of WAYS; NULL: nothing is kept */
    struct cache *places;
    uint64_t mask; /* of a group's number */
    uint64_t seed, hash;
    uint32_t last_id;
    struct cache_counts counts;
};

static size_t entries_bytes(const struct geoip_cache *cache)
{
    return (cache->mask + 1) * WAYS * sizeof(struct entry);
}

static bool allocate(struct geoip_cache *cache, uint32_t addresses)
{
    while ((cache->mask + 1) * WAYS < addresses)
        cache->mask = cache->mask * 2 + 1;
    if (addresses == 0)
        return true;
    cache->entries = aligned_alloc(LINE, entries_bytes(cache));
    if (cache->entries)
        memset(cache->entries, 0, entries_bytes(cache));
    return cache->entries != NULL;
}

enum status geoip_cache_open(uint32_t addresses, uint32_t place_max, struct geoip_cache **out,
                             struct error *err)
{
    const struct cache_options places = {
        .enricher = "geoip_place",
        .entries = addresses < GEOIP_CACHE_PLACES ? addresses : GEOIP_CACHE_PLACES,
        .key_max = place_max,
        .key_bytes = GEOIP_CACHE_PLACES * PLACE_KEY_USUAL,
        .value_size = sizeof(struct place)};
    struct geoip_cache *cache = calloc(1, sizeof(*cache));

    if (!cache || !allocate(cache, addresses) || cache_open(&places, &cache->places, err)) {
        geoip_cache_close(cache);
        return error_set(err, FATAL, "out of memory");
    }
    cache_counts_open(&cache->counts, "geoip");
    if (getrandom(&cache->seed, sizeof(cache->seed), GRND_NONBLOCK) < 0)
        cache->seed = (uint64_t)(uintptr_t)cache;
    *out = cache;
    return OK;
}

static struct entry *group_of(const struct geoip_cache *cache, uint64_t hash)
{
    return &cache->entries[(hash & cache->mask) * WAYS];
}

static uint64_t hash_of(const struct geoip_cache *cache, struct slice address)
{
    return XXH3_64bits_withSeed(address.data, address.len, cache->seed);
}

void geoip_cache_expect(const struct geoip_cache *cache, struct slice address)
{
    if (cache->entries)
        __builtin_prefetch(group_of(cache, hash_of(cache, address)));
}

const struct geoip_answer *geoip_cache_find(struct geoip_cache *cache, struct slice address)
{
    uint64_t hash = hash_of(cache, address);
    struct entry *group, found;
    const struct place *place;

    cache->hash = hash;
    for (unsigned i = 0; i < WAYS && cache->entries; i++) {
        group = group_of(cache, hash);
        found = group[i];
        if (found.hash != hash || found.id == 0)
            continue;
        place = cache_at(cache->places, found.number);
        if (place->id != found.id)
            break;
        memmove(group + 1, group, i * sizeof(*group));
        group[0] = found;
        cache->counts.hits++;
        return &place->answer;
    }
    cache->counts.misses++;
    return NULL;
}

struct geoip_answer *geoip_cache_put(struct geoip_cache *cache, struct slice key, bool *found)
{
    struct place *place = cache_get(cache->places, key, found);
    struct entry *group, made = {.hash = cache->hash};
    unsigned i = 0;

    if (!*found) {
        cache->last_id += cache->last_id == UINT32_MAX ? 2 : 1; /* never 0 */
        place->id = cache->last_id;
    }
    if (!cache->entries || !cache_number(cache->places, place, &made.number))
        return &place->answer;
    made.id = place->id;
    group = group_of(cache, cache->hash);
    while (i < WAYS - 1 && group[i].hash != cache->hash)
        i++;
    memmove(group + 1, group, i * sizeof(*group)); /* over its old place, or the last one */
    group[0] = made;
    return &place->answer;
}

void geoip_cache_clear(struct geoip_cache *cache)
{
    if (cache->entries)
        memset(cache->entries, 0, entries_bytes(cache));
    cache_clear(cache->places);
}

void geoip_cache_flush_counts(struct geoip_cache *cache)
{
    cache_counts_flush(&cache->counts);
    cache_flush_counts(cache->places);
}

void geoip_cache_close(struct geoip_cache *cache)
{
    if (!cache)
        return;
    cache_counts_flush(&cache->counts);
    cache_close(cache->places);
    free(cache->entries);
    free(cache);
}
