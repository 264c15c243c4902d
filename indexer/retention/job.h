/*
 * job.h - one run of retention: what its parts need, and what it has done.
 */
#ifndef INDEXER_RETENTION_JOB_H
#define INDEXER_RETENTION_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "indexer/retention/lease.h"
#include "indexer/retention/plan.h"
#include "indexer/retention/survey.h"
#include "indexer/sink/elastic_link.h"

struct elasticsearch_config;
struct indexer_config;

struct retention_sum {
    uint64_t deleted_indices, deleted_bytes;
    uint64_t kept_documents; /* copied for days that are deleted now */
    uint64_t managed_indices;
    uint64_t failed; /* indices that should have gone and are there */
};

struct retention_job {
    const struct indexer_config *config;
    const struct elasticsearch_config *reach; /* how Elasticsearch is reached */
    struct elastic_link link;
    struct lease lease;

    /* Asked often, also while records are copied. False: stop as soon as that is safe. */
    bool (*go_on)(void *arg);
    /* What is being done to an index: `done` of `total` records; 0 of 0 at the beginning. */
    void (*progress)(void *arg, const struct retention_action *action, uint64_t done,
                     uint64_t total);
    /* What was done, or not: `err` NULL is done. */
    void (*result)(void *arg, const struct retention_action *action, uint64_t kept,
                   const struct error *err);
    void *arg;

    struct retention_sum sum;
};

/* No I/O. Release it in any case; the callbacks may be NULL. */
enum status retention_job_init(struct retention_job *job, const struct indexer_config *config,
                               struct error *err);
void retention_job_release(struct retention_job *job);

/* Other addresses or credentials, which must outlive the job. Not OK: the old ones stay. */
enum status retention_job_reach(struct retention_job *job, const struct elasticsearch_config *reach,
                                struct error *err);

bool retention_goes_on(const struct retention_job *job);

/*
 * DONE: another indexer is at it. RETRY: Elasticsearch cannot be asked, the clocks differ, or
 * some indices could not be dealt with; again later. `job->sum` is what was done all the same.
 */
enum status retention_run(struct retention_job *job, struct error *err);

/* Survey and plan alone; nothing is changed. *actions is malloced, as long as the survey. */
enum status retention_look(struct retention_job *job, struct survey *survey,
                           struct retention_action **actions, struct error *err);

#endif
