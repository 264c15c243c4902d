/*
 * part.h - a part of a replay under way, and the workers that make something of it.
 */
#ifndef INDEXER_REPLAY_PART_H
#define INDEXER_REPLAY_PART_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

struct batch;
struct breaker;
struct queue;
struct replay_job;
struct replay_worker;

struct part {
    struct batch *batch;
    struct buf lines;   /* for the outlet */
    struct buf rejects; /* a JSON line for each that was refused */
    uint64_t written;   /* lines */
    uint64_t replaced;
    bool busy;    /* with a worker */
    bool settled; /* by it: every record has its outcome */
};

struct replay_shared {
    const struct replay_job *job;
    struct queue *work, *done; /* parts; `done` is never full */
    struct breaker *breaker;
    atomic_bool hurry; /* give up waiting */
};

/* Opens everything that the worker owns and starts its thread. */
enum status replay_worker_start(struct replay_shared *shared, unsigned number,
                                struct replay_worker **out, struct error *err);

/* Waits for the thread, which ends when `work` is shut and empty. NULL is fine. */
void replay_worker_join(struct replay_worker *worker);

#endif
