/*
 * cache.h - what was worked out for a text, kept for when the text comes again.
 *
 * A fixed number of entries and of bytes for their keys, allocated at once;
 * what was not asked for lately is given up when either runs out (the clock
 * algorithm: one bit of memory, nothing moves when something is found). Values
 * are of one size and plain bytes: they are overwritten without being told.
 * Threads: a cache belongs to the worker that opened it; its counters are
 * shared and read without a lock.
 */
#ifndef INDEXER_ENRICH_CACHE_H
#define INDEXER_ENRICH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

#define CACHE_ENTRIES_MAX 1000000u

struct cache;

struct cache_options {
    const char *enricher; /* label of the metrics; outlives the cache; NULL: somebody else counts */
    uint32_t entries;     /* 0: nothing is kept; at most CACHE_ENTRIES_MAX */
    uint32_t key_max;     /* bytes; a longer key is not kept */
    uint32_t key_bytes;   /* of all keys together; 0: 128 an entry or one of key_max */
    uint32_t value_size;  /* bytes */
};

struct metric;

struct cache_counts {
    uint64_t hits, misses; /* since the last flush */
    struct metric *hits_total, *misses_total;
};

/* Registers the metrics of what is kept for an enricher. */
void cache_counts_open(struct cache_counts *counts, const char *enricher);

/* Adds them to indexer_enrich_cache_{hits,misses}_total; without metrics nothing. */
void cache_counts_flush(struct cache_counts *counts);

/* FATAL: no memory. What it takes is in cache_bytes(). */
enum status cache_open(const struct cache_options *options, struct cache **out, struct error *err);

/*
 * The value for `key`, never NULL. *found false: it is zeroed, and the caller fills it at once:
 * the next such call finds it unless it was given up, or the key is too long to be kept. The
 * pointer is good until the next call.
 */
void *cache_get(struct cache *cache, struct slice key, bool *found);

/*
 * Where a value that cache_get returned is kept: it may be had again by that number, without its
 * key, as long as it is known otherwise that no other has taken its place. False: it is not kept.
 */
bool cache_number(const struct cache *cache, const void *value, uint32_t *number);
void *cache_at(struct cache *cache, uint32_t number); /* counts as asked for, and as no hit */

/* Forgets everything: what the values were made from has changed. */
void cache_clear(struct cache *cache);

/* Adds what was counted since the last call to indexer_enrich_cache_{hits,misses}_total. */
void cache_flush_counts(struct cache *cache);

/* Memory that it holds. */
size_t cache_bytes(const struct cache *cache);

void cache_close(struct cache *cache); /* NULL is fine */

#endif
