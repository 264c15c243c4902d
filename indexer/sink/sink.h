/*
 * sink.h - where finished batches go.
 *
 * A sink stores a batch and says of each record how it went. The variants are
 * the other files of this folder, listed in sink.c; nobody else names them.
 * Threads: a sink belongs to the worker that opened it; nothing here locks.
 */
#ifndef INDEXER_SINK_H
#define INDEXER_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/breaker.h"
#include "common/error.h"

struct batch;
struct batch_entry;
struct arena;
struct concurrency;
struct elasticsearch_config;
struct index_blocks;
struct indexer_config;

struct sink { /* first member of every variant's own struct */
    const struct sink_type *type;
};

/* What a sink needs of the rest; outlives it. Callbacks are called in the worker's thread. */
struct sink_context {
    const struct indexer_config *config;
    struct breaker *breaker; /* shared by all workers */
    bool replace;            /* a document that is there already is replaced: a replay's */

    /* Shared by all workers as well; NULL: the sink has its own. */
    struct concurrency *concurrency; /* requests under way */
    struct index_blocks *blocks;     /* indices that take nothing */

    const atomic_bool *hurry; /* true: requests under way are given up; NULL: never */

    /*
     * Addresses, credentials and certificates as they were read again; NULL or
     * pointing to NULL: those of `config`. What was once there stays valid.
     */
    _Atomic(const struct elasticsearch_config *) *reach;

    /*
     * Makes the reduced form of an entry whose document was refused by the
     * mapping: core fields and everything else as text. False: cannot.
     */
    bool (*degrade)(struct batch_entry *entry, struct arena *arena, void *arg);
    void *arg;
};

struct sink_type {
    const char *name;

    /* Creates a sink; the caller closes *out. `context` must outlive it. No I/O. */
    enum status (*open)(const struct sink_context *context, struct sink **out, struct error *err);

    /*
     * Once, before the first write, by one worker: what the store needs
     * (index template). RETRY: call again after a pause.
     */
    enum status (*prepare)(struct sink *sink, struct error *err);

    /*
     * Tries to settle every pending record of `batch`, once. Blocks up to the
     * configured time-out. OK: none is pending. RETRY: some are; call again
     * after `*pause_ms` (0: as you like). Never changes settled entries. Sets
     * batch->stuck: the entries that are left wait for something of their own.
     */
    enum status (*write)(struct sink *sink, struct batch *batch, int64_t *pause_ms,
                         struct error *err);

    void (*close)(struct sink *sink); /* NULL is fine */
};

/* The type called `name`, or NULL. Types are static. */
const struct sink_type *sink_type_find(const char *name);

extern const struct sink_type sink_elastic;

#endif
