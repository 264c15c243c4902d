/*
 * elastic_settle.h - from verdicts to the outcomes of a batch's entries.
 *
 * What can be taken later stays pending; what does not fit the mapping goes
 * once more in a reduced form; what is refused for good gets its reason, as
 * long as the quota lasts: a wrong template must not empty a topic into the
 * dead letters.
 */
#ifndef INDEXER_SINK_ELASTIC_SETTLE_H
#define INDEXER_SINK_ELASTIC_SETTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "indexer/sink/elastic_report.h"
#include "indexer/sink/elastic_verdict.h"

struct batch;
struct index_blocks;
struct sink_context;

/* One call of a sink's write(); all but the first three start zeroed. */
struct elastic_settle {
    const struct sink_context *context;
    struct batch *batch;
    struct index_blocks *blocks;
    struct elastic_tally tally;
    size_t overloaded;    /* pending, refused for load one by one */
    size_t blocked;       /* pending, their index takes nothing */
    size_t degraded;      /* pending, can go again at once in their reduced form */
    size_t over_quota;    /* pending, would have been refused */
    struct error problem; /* the first one; status OK = none yet */
    const char *last_blocked, *last_stored; /* names of indices, by address */
};

/* Settles entries by their items' answers and counts them; counts[] is how many of which class. */
void elastic_settle_items(struct elastic_settle *settle, const struct elastic_item *items,
                          size_t count, size_t counts[VERDICT_COUNT]);

/* A document that Elasticsearch answers with a 400 or 413 for the whole request, even alone. */
void elastic_settle_bad(struct elastic_settle *settle, struct batch_entry *entry,
                        const char *detail);
void elastic_settle_too_large(struct elastic_settle *settle, struct batch_entry *entry,
                              const char *detail);

/* True: `entry` cannot be part of any request and is not to be sent. */
bool elastic_settle_unfit(struct elastic_settle *settle, struct batch_entry *entry);

void elastic_settle_problem(struct elastic_settle *settle, const char *text);

#endif
