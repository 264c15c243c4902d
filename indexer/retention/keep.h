/*
 * keep.h - keeps what the rule's query finds in a day's index, then lets the index go.
 *
 *  1. The records are copied to the month's index of kept records, which no search for
 *     "<prefix>-*" finds; their ids are the same, so copying again changes nothing.
 *  2. Both sides are read: as many, the same ids, the same documents.
 *  3. The day's index takes no writes any more; when one came since 1, again from there.
 *  4. In one request that Elasticsearch does wholly or not at all, the index goes and its name
 *     becomes an alias of the kept records of that day. A search finds each record once at any
 * time. Killed at any point, the next run begins again at 1, and lifts what 3 left behind.
 */
#ifndef INDEXER_RETENTION_KEEP_H
#define INDEXER_RETENTION_KEEP_H

#include "indexer/retention/job.h"

/*
 * *kept: records that stay. RETRY: not done, the index is as it was. DONE: the lease is
 * lost, or the job is to stop.
 */
enum status keep_day(struct retention_job *job, const struct retention_action *action,
                     uint64_t *kept, struct error *err);

/* Lets the index `name` be written again, which a run that was killed in step 3 prevents. */
enum status keep_unblock(struct elastic_link *link, const char *name, struct error *err);

#endif
