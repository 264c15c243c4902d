/*
 * copy.h - reads the records that a query finds in one index: to write them into
 * another, and to tell whether two are the same.
 */
#ifndef INDEXER_RETENTION_COPY_H
#define INDEXER_RETENTION_COPY_H

#include "indexer/retention/job.h"

/* What was read: equal sums mean the same ids with the same documents, in any order. */
struct copy_sum {
    uint64_t count, hash;
};

/*
 * Reads what `filter` (inside of bool.filter) finds in `from`, and writes it to `to` unless that
 * is NULL. The words of the line, which the index has but does not give back, are made
 * anew. DONE: the job is to stop, or the lease is lost. RETRY: anything else that went wrong.
 */
enum status copy_records(struct retention_job *job, const struct retention_action *action,
                         const char *from, struct slice filter, const char *to,
                         struct copy_sum *sum, struct error *err);

#endif
