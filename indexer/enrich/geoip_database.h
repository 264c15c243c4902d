/*
 * geoip_database.h - a MaxMind DB file, loaded once for all workers.
 *
 * A file is copied into memory before it is opened: updaters rewrite and
 * truncate in place, and a map of such a file ends in SIGBUS. There is one copy
 * for all workers, outside of the heap (memfd); of the process's resident
 * memory are only the pages that look-ups have touched.
 */
#ifndef INDEXER_ENRICH_GEOIP_DATABASE_H
#define INDEXER_ENRICH_GEOIP_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indexer/enrich/shared_source.h"

struct sockaddr;

struct geoip_database; /* a struct shared_data */

/* The source of a file's database. A file that cannot be loaded yet is no failure. */
enum status geoip_database_source(const char *path, struct shared_source **out, struct error *err);

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
