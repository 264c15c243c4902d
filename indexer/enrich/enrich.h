/*
 * enrich.h - adds to a record what it does not know itself.
 *
 * The variants are the other files of this folder, listed in enrich.c. Each
 * sets fields of its own; none fails a record: what it cannot know stays
 * absent. Threads: an enricher belongs to the worker that opened it.
 */
#ifndef INDEXER_ENRICH_H
#define INDEXER_ENRICH_H

#include <stdint.h>

#include "common/error.h"

struct record;
struct indexer_config;

struct enrich { /* first member of every variant's own struct */
    const struct enrich_type *type;
};

struct enrich_type {
    const char *name; /* label of its metrics */

    /*
     * Creates an enricher; the caller closes *out. DONE: the configuration
     * does not ask for it, *out is not set. A database that is absent or
     * damaged is no failure: it is reported once and tried again.
     */
    enum status (*open)(const struct indexer_config *config, struct enrich **out,
                        struct error *err);

    /* Adds fields to `record`; what is added lives in its arena or in the enricher. */
    void (*apply)(struct enrich *enrich, struct record *record);

    /* Between batches, about once a second: notices replaced files. */
    void (*refresh)(struct enrich *enrich, int64_t now_ms);

    void (*close)(struct enrich *enrich); /* NULL is fine */
};

#define ENRICH_MAX 8

/* All enrichers that the configuration asks for, in their order. */
struct enrich_set {
    struct enrich *items[ENRICH_MAX];
    unsigned count;
};

enum status enrich_set_open(struct enrich_set *set, const struct indexer_config *config,
                            struct error *err);
void enrich_set_apply(struct enrich_set *set, struct record *record);
void enrich_set_refresh(struct enrich_set *set, int64_t now_ms);
void enrich_set_release(struct enrich_set *set);

extern const struct enrich_type enrich_geoip;

#endif
