/*
 * geoip_database.h - a MaxMind DB file, loaded once for all workers.
 *
 * A file is copied into memory before it is opened: updaters rewrite and
 * truncate in place, and a map of such a file ends in SIGBUS. There is one copy
 * for all workers, outside of the heap (memfd); of the process's resident
 * memory are only the pages that look-ups have touched. Replaced files
 * are noticed, damaged ones leave the database loaded before in use; both is
 * logged once. Thread-safe.
 */
#ifndef INDEXER_ENRICH_GEOIP_DATABASE_H
#define INDEXER_ENRICH_GEOIP_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct sockaddr;

struct geoip_source;   /* a path, shared by all who opened it */
struct geoip_database; /* what was loaded from it, until the last user drops it */

/* Loads the file at once when the path is new. A file that cannot be loaded is no failure. */
enum status geoip_source_open(const char *path, struct geoip_source **out, struct error *err);

/*
 * Loads the file anew when it was replaced; looks at most once a second, and
 * waits until it has stopped changing. Blocks for the time of a copy.
 */
void geoip_source_refresh(struct geoip_source *source, int64_t now_ms);

void geoip_source_close(struct geoip_source *source); /* NULL is fine */

/*
 * Makes *held the newest database of the source (NULL: none yet), dropping the
 * one held before. True when that changed it: pointers into the old one are gone.
 */
bool geoip_database_renew(struct geoip_source *source, struct geoip_database **held);
void geoip_database_drop(struct geoip_database *database); /* NULL is fine */

struct geoip_place {     /* where a record stands */
    const uint8_t *data; /* the data section; as long as the database is held */
    size_t size, at;
};

/* The record of an address, nothing of it is looked at yet; false when there is none. */
bool geoip_database_find(const struct geoip_database *database, const struct sockaddr *address,
                         struct geoip_place *out);

/* Seconds since 1970. */
uint64_t geoip_database_built(const struct geoip_database *database);

#endif
