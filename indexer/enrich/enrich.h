/*
 * enrich.h - adds to a record what it does not know itself.
 *
 * The variants are the other files of this folder, listed in enrich.c in the
 * order in which they are applied. Each sets fields of its own, can be switched
 * off by its section of the configuration, is timed, and fails alone: the
 * record goes on with what the others know. Threads: an enricher belongs to
 * the worker that opened it; what several share is behind its own lock.
 *
 * Metrics, by enricher: indexer_enrich_seconds, a histogram over a sample of
 * the records (its mean is sum / count; its count is not the number of
 * records), and indexer_enrich_errors_total.
 */
#ifndef INDEXER_ENRICH_H
#define INDEXER_ENRICH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct batch;
struct record;
struct indexer_config;
struct metric;

struct agent_memo;

struct enrich { /* first member of every variant's own struct */
    const struct enrich_type *type;
    struct agent_memo *agents; /* the set's, which all its enrichers share; from open to close */
    size_t entry;              /* while apply runs: the record's number in its batch */
};

struct enrich_type {
    const char *name; /* label of its metrics */

    /*
     * Creates an enricher; the caller closes *out. DONE: the configuration
     * does not ask for it, *out is not set. A database that is absent or
     * damaged is no failure: it is reported once and tried again. REJECT,
     * FATAL: the program does not start.
     */
    enum status (*open)(const struct indexer_config *config, struct enrich **out,
                        struct error *err);

    /*
     * Before the enrichers are applied to `record`: has what it will look up there fetched into the
     * processor's cache, while the others work. May be NULL.
     */
    void (*expect)(struct enrich *enrich, struct record *record);

    /*
     * Adds fields to `record`; what is added lives in its arena or in the
     * enricher until the next record. Fields that are absent or of another
     * type are no failure. False: it could not do its work on this record (no
     * memory, an engine's error); counted, the record goes on.
     */
    bool (*apply)(struct enrich *enrich, struct record *record);

    /* Between batches, about once a second: notices replaced files, adds up metrics. May be NULL.
     */
    void (*refresh)(struct enrich *enrich, int64_t now_ms);

    /*
     * Before and after a batch, for those that work by batches (one exchange
     * with Redis for all its records). `begin`: what is known of the batch
     * before is void unless it was settled. `settle`: every entry has its
     * final outcome. Not called by `indexer enrich`, which counts nothing.
     * Both may be NULL.
     */
    void (*begin)(struct enrich *enrich, const struct batch *batch);
    void (*settle)(struct enrich *enrich, const struct batch *batch, int64_t now_ms);

    void (*close)(struct enrich *enrich); /* NULL is fine */
};

#define ENRICH_MAX 8

/* All enrichers that the configuration asks for, in their order. */
struct enrich_set {
    struct enrich_item {
        struct enrich *enrich;
        struct metric *seconds, *errors;
        uint64_t failed; /* since the last refresh */
    } items[ENRICH_MAX];
    unsigned count;
    struct agent_memo *agents; /* NULL: no enricher yet */
    unsigned until_sample;     /* records until one is timed */
    int64_t refreshed_ms;
};

/* On failure *set is released. */
enum status enrich_set_open(struct enrich_set *set, const struct indexer_config *config,
                            struct error *err);

/* Opens one more, applied after those before it; at most ENRICH_MAX. OK too when it is off. */
enum status enrich_set_add(struct enrich_set *set, const struct enrich_type *type,
                           const struct indexer_config *config, struct error *err);

/* `entry`: the record's number in its batch. */
void enrich_set_apply(struct enrich_set *set, struct record *record, size_t entry);

/* `now_ms` is monotonic. Passed on about once a second, at once the first time. */
void enrich_set_refresh(struct enrich_set *set, int64_t now_ms);

void enrich_set_begin(struct enrich_set *set, const struct batch *batch);
void enrich_set_settle(struct enrich_set *set, const struct batch *batch, int64_t now_ms);
void enrich_set_release(struct enrich_set *set);

extern const struct enrich_type enrich_geoip, enrich_agent, enrich_bot, enrich_threat, enrich_flood;

#endif
