/*
 * elastic_report.h - what the sinks of all workers tell the process.
 *
 * The breaker they share, the readiness condition "elasticsearch", the metrics,
 * and the quota of refusals. Thread-safe; nothing here blocks.
 */
#ifndef INDEXER_SINK_ELASTIC_REPORT_H
#define INDEXER_SINK_ELASTIC_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/breaker.h"
#include "indexer/sink/elastic_verdict.h"

/* Registers metrics and condition; further calls do nothing. */
void elastic_report_setup(void);

/* May a request be sent now? As breaker_allow; what comes of it is reported by one of the three
 * below. */
bool elastic_report_allow(struct breaker *breaker, int64_t now_ms, int64_t *wait_ms);

void elastic_report_success(struct breaker *breaker, int64_t now_ms);

/* `why` is one line without secrets; it is logged when this opens the breaker. */
void elastic_report_failure(struct breaker *breaker, int64_t now_ms, const char *why);
void elastic_report_trip(struct breaker *breaker, int64_t now_ms, const char *why);

struct index_blocks;
struct concurrency;

/* How many indices take nothing, and that requests are under way: into metrics and readiness. */
void elastic_report_blocks(struct index_blocks *blocks);
void elastic_report_concurrency(struct concurrency *concurrency);

/* Outside of the breaker: while preparing. */
void elastic_report_ready(void);
void elastic_report_not_ready(const char *why);

/* Is something wrong with Elasticsearch as a whole, by what was reported last? */
bool elastic_report_is_away(void);

/* A request of `seconds` and what came of it; errors of this class count once more. */
void elastic_count_request(enum elastic_verdict verdict, double seconds);

/* Verdicts of the documents of one request, by class. */
void elastic_count_items(const size_t counts[VERDICT_COUNT]);

/* What became of documents: the columns of indexer_bulk_documents_total. */
struct elastic_tally {
    size_t created, duplicate, retried, refused;
};
void elastic_count_documents(const struct elastic_tally *tally);

/* How many refusals one minute has seen. Starts zeroed. */
struct elastic_quota {
    _Atomic uint64_t window; /* minute and count, changed together */
};

/* Counts one refusal. False: this minute has had `limit` already (0 = no limit). */
bool elastic_quota_take(struct elastic_quota *quota, uint32_t limit, int64_t now_ms);

#endif
