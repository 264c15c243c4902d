/*
 * dedup.h - seen before? Redis as a cache in front of Elasticsearch.
 *
 * A mark is written after Elasticsearch has answered, never before: there is
 * no moment at which a mark exists without a stored document. "Cannot tell" is
 * an answer too: without Redis everything goes on, and Elasticsearch's 409
 * decides. Keys: alpex:seen: and eight bytes, a hash of epoch and page (see
 * batch.h); members: twelve bytes, a hash of index and id, with partition and
 * offset in one number. Threads: a dedup belongs to one worker.
 */
#ifndef INDEXER_DEDUP_H
#define INDEXER_DEDUP_H

#include <stdint.h>

#include "common/error.h"

struct batch;
struct dedup;
struct redis_config;

/*
 * No I/O. REJECT: the URL is not usable (rediss:// with a hiredis without TLS,
 * a wrong scheme); err says what to change. `config` must outlive it.
 */
enum status dedup_open(const struct redis_config *config, struct dedup **out, struct error *err);

/*
 * Settles pending entries whose mark is found: OUTCOME_REDELIVERED when the mark's
 * partition and offset are the entry's own, OUTCOME_DUPLICATE otherwise; and
 * all but the first of those that share index and id within the batch
 * (OUTCOME_DUPLICATE; without Redis too). Never fails; blocks up to the configured time-out.
 */
void dedup_check(struct dedup *dedup, struct batch *batch, int64_t now_ms);

/* Marks the entries that are OUTCOME_INDEXED, or OUTCOME_DUPLICATE by Elasticsearch's verdict
 * (status 409). Never fails. */
void dedup_mark(struct dedup *dedup, const struct batch *batch, int64_t now_ms);

void dedup_close(struct dedup *dedup); /* NULL is fine */

#endif
