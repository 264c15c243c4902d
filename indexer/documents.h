/*
 * documents.h - a batch's messages into documents: decode, enrich, stamp, encode.
 *
 * One worker owns a documents; what it makes lives in the batch's arena.
 */
#ifndef INDEXER_DOCUMENTS_H
#define INDEXER_DOCUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/record.h"
#include "common/record_encoder.h"
#include "common/record_reader.h"
#include "indexer/enrich/enrich.h"
#include "indexer/index_name.h"

struct batch;
struct batch_entry;
struct indexer_config;
struct retention_config;

/* Is `record`, as it is enriched, wanted? */
typedef bool documents_keep(void *arg, struct record *record);

struct documents {
    const char *topic; /* that ids of records without one need not name */
    struct enrich_set enrich;
    struct index_names names;
    bool with_pages; /* somebody asks for them: dedup.c */
    struct record_reader reader;
    struct record_encoder encoder;
    struct arena arena; /* of the record that is worked on */
    struct record record;
    struct buf words; /* of that record */
    struct metric *repaired;
    const struct retention_config *retention; /* refuses what is older than it allows; or NULL */
    const char *judged;                       /* index name of this batch that was compared last */
    bool judged_too_old;

    /* Of a replay; set after opening. */
    documents_keep *keep; /* others become OUTCOME_FILTERED; NULL: all are wanted */
    void *keep_arg;
    bool bare; /* documents for readers: without the words that the index wants */
};

enum status documents_open(struct documents *documents, const struct indexer_config *config,
                           struct error *err);

/* Without enrichers. */
void documents_open_plain(struct documents *documents, const struct indexer_config *config);

/*
 * Sets id, index and document of every pending entry. One whose message is no
 * record becomes OUTCOME_REFUSED, REASON_DECODE, one of a day that retention
 * has deleted REASON_TOO_OLD. `now_ms` is wall time.
 * FATAL: no memory; nothing may be settled then.
 */
enum status documents_make(struct documents *documents, struct batch *batch, int64_t now_ms,
                           struct error *err);

/* Every entry has its final outcome: for what is counted by outcome. Never fails. */
void documents_settle(struct documents *documents, const struct batch *batch);

/*
 * The reduced form of a document that Elasticsearch cannot map: who, when,
 * where and message; the whole record as text in event.original; tagged
 * _degraded. False: no memory. For sink_context.degrade; `documents` is the arg.
 */
bool documents_degrade(struct batch_entry *entry, struct arena *arena, void *documents);

void documents_close(struct documents *documents);

#endif
