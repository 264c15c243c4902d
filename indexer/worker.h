/*
 * worker.h - a thread that settles batches: documents, dedup, sink, marks, dead letters.
 */
#ifndef INDEXER_WORKER_H
#define INDEXER_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/error.h"

struct batch;
struct breaker;
struct concurrency;
struct elasticsearch_config;
struct index_blocks;
struct indexer_config;
struct parking;
struct queue;
struct worker;

/* What all workers share; outlives them. */
struct worker_shared {
    const struct indexer_config *config;
    struct queue *work; /* batches in */
    struct queue *done; /* batches out; never full */
    struct parking *parking;
    struct breaker *breaker; /* this and the next two: of Elasticsearch */
    struct concurrency *concurrency;
    struct index_blocks *blocks;
    _Atomic(const struct elasticsearch_config *) reach; /* as read again, or NULL; see sink.h */
    atomic_bool hurry; /* give up waiting: hand batches back as they are */
};

/* Opens everything that the worker owns and starts its thread. */
enum status worker_start(struct worker_shared *shared, unsigned number, struct worker **out,
                         struct error *err);

/* Waits for the thread, which ends when `work` is shut and empty. NULL is fine. */
void worker_join(struct worker *worker);

#endif
