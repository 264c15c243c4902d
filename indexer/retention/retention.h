/*
 * retention.h - retention in the background of `indexer run`.
 *
 * Reading order of this folder: config.h, name.h, rule.h (what is to be), survey.h (what is),
 * plan.h (what goes), job.h and run.c (a run), keep.h and copy.h (what is kept for longer),
 * policy.h (a lifecycle policy instead), lease.h (one indexer at a time).
 *
 * Every indexer has the thread; the lease's document tells when the last run was, so one of
 * them runs each check_interval_ms. Nothing of it touches the records' way.
 */
#ifndef INDEXER_RETENTION_H
#define INDEXER_RETENTION_H

#include "common/error.h"

struct elasticsearch_config;
struct indexer_config;
struct retention;

/*
 * *out is NULL when retention is not enabled. `config` must outlive it, and so must what
 * `reach` points to: how Elasticsearch is reached as that was read again, or NULL.
 */
enum status retention_start(const struct indexer_config *config,
                            _Atomic(const struct elasticsearch_config *) *reach,
                            struct retention **out, struct error *err);

/* Ends what is under way as soon as that is safe; blocks for a request's time. NULL is fine. */
void retention_stop(struct retention *retention);

#endif
