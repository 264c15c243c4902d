/*
 * geoip_cache.h - answers for addresses that come again.
 *
 * Many addresses are in one place: an address leads to a place, in 16 bytes, and what is said of
 * the place is kept once. Both are of fixed size: what was not asked for lately is given up. An
 * address is known by 64 bits of a hash of its text, with a seed that nobody outside knows: that
 * two are taken for one is not to be expected in the life of a machine. Threads: a cache belongs
 * to the worker that opened it.
 */
#ifndef INDEXER_ENRICH_GEOIP_CACHE_H
#define INDEXER_ENRICH_GEOIP_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/enrich/geoip_answer.h"

#define GEOIP_CACHE_PLACES 2048

struct geoip_cache;

/*
 * `addresses`: 0: nothing is kept; `place_max`: bytes of a place's key. FATAL: no memory.
 */
enum status geoip_cache_open(uint32_t addresses, uint32_t place_max, struct geoip_cache **out,
                             struct error *err);

/* geoip_cache_find will be called with that address: fetches what it looks at. */
void geoip_cache_expect(const struct geoip_cache *cache, struct slice address);

/* The answer for an address, good until the next call; NULL: it must be looked up and put. */
const struct geoip_answer *geoip_cache_find(struct geoip_cache *cache, struct slice address);

/*
 * The address that was not found is in `place`. Its answer; *found false: it is zeroed, and the
 * caller fills it at once.
 */
struct geoip_answer *geoip_cache_put(struct geoip_cache *cache, struct slice place, bool *found);

/* Forgets everything: the databases have changed. */
void geoip_cache_clear(struct geoip_cache *cache);

/*
 * Adds what was counted to indexer_enrich_cache_{hits,misses}_total: of addresses as `geoip`, and
 * where they were looked up, of their places as `geoip_place`.
 */
void geoip_cache_flush_counts(struct geoip_cache *cache);

void geoip_cache_close(struct geoip_cache *cache); /* NULL is fine */

#endif
