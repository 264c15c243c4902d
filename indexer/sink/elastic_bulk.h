/*
 * elastic_bulk.h - one bulk request: sends part of a body, reads its verdicts.
 *
 * Owned by one worker; the limit of requests under way is shared by all.
 */
#ifndef INDEXER_SINK_ELASTIC_BULK_H
#define INDEXER_SINK_ELASTIC_BULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "indexer/sink/concurrency.h"
#include "indexer/sink/elastic_body.h"
#include "indexer/sink/elastic_link.h"
#include "indexer/sink/elastic_verdict.h"

struct elasticsearch_config;

struct elastic_bulk {
    const struct elasticsearch_config *config;
    struct concurrency *concurrency;
    const atomic_bool *hurry; /* true: nothing is waited for any more; NULL: never */
    struct elastic_link link;
    struct elastic_body body;
    char path[200];
};

/* Release it in any case. `config`, `concurrency` and `hurry` must outlive it. No I/O. */
enum status elastic_bulk_init(struct elastic_bulk *bulk, const struct elasticsearch_config *config,
                              struct concurrency *concurrency, const atomic_bool *hurry,
                              struct error *err);

/* Another configuration of how Elasticsearch is reached. Not OK: the old one stays. */
enum status elastic_bulk_reach(struct elastic_bulk *bulk, const struct elasticsearch_config *config,
                               struct error *err);

void elastic_bulk_release(struct elastic_bulk *bulk);

/*
 * Sends the documents lo to hi - 1 of the body, by a place that
 * concurrency_enter has given, and gives the place back. STORED: each of these
 * items of the body has its answer. Otherwise `why` says what is wrong with the
 * whole; it has no secrets.
 */
enum elastic_verdict elastic_bulk_send(struct elastic_bulk *bulk, size_t lo, size_t hi,
                                       struct error *why);

#endif
