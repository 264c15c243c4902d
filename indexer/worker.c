/*
 * worker.c - a thread that settles batches.
 *
 * A batch is held until each of its records is stored or acknowledged in the
 * dead letter topic. While Elasticsearch is away that may take long: the
 * other batches wait behind it, and the consumer stops fetching. Only records that
 * wait for something of their own, such as a read-only index, are parked.
 */
#include "indexer/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/queue.h"
#include "common/thread.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/deadletter/deadletter.h"
#include "indexer/dedup.h"
#include "indexer/documents.h"
#include "indexer/parking.h"
#include "indexer/patience.h"
#include "indexer/sink/sink.h"

#define DEADLETTER_MS 5000
#define LOOP_LIMIT_MS 120000 /* a step may take a whole request's time-out */
#define IDLE_MS       10000  /* without work: until the loop says that it lives */

struct worker {
    struct worker_shared *shared;
    pthread_t thread;
    char name[16];
    struct documents documents;
    struct arena memory; /* of the batch that is worked on */
    struct sink_context sink_context;
    struct sink *sink;
    struct dedup *dedup;
    struct deadletter *deadletter;
    struct patience patience;
    struct metric *outcomes[OUTCOME_COUNT];
    struct metric *processed, *failed, *seconds;
};

/* How far a batch has come. */
enum progress {
    PROGRESS_ALL,    /* every record is settled */
    PROGRESS_PARKED, /* the rest can wait elsewhere, until again_ms */
    PROGRESS_HURRY,  /* not all, and there is no time */
};

/* May what is left of `batch` wait elsewhere? */
static bool may_park(struct worker *worker, struct batch *batch, int64_t pause_ms)
{
    if (!batch->stuck || !(batch->parked || parking_reserve(worker->shared->parking, batch->bytes)))
        return false;
    batch->again_ms = clock_mono_ms() + pause_ms;
    return true;
}

/* Until Elasticsearch has decided on every record. */
static enum progress store(struct worker *worker, struct batch *batch)
{
    struct error err;

    if (batch_pending(batch) && !patience_prepare(&worker->patience, worker->sink))
        return PROGRESS_HURRY;
    while (batch_pending(batch)) {
        int64_t pause_ms = 0;
        enum status status;

        health_loop_tick(worker->patience.loop, clock_mono_ms());
        err.text[0] = '\0';
        status = worker->sink->type->write(worker->sink, batch, &pause_ms, &err);
        if (status == OK)
            break;
        if (err.text[0] && !batch->stuck) /* a stuck index is said once, by the sink */
            log_warn("%s; %zu records wait", err.text, batch_pending(batch));
        if (pause_ms <= 0)
            pause_ms = patience_next_ms(&worker->patience);
        if (may_park(worker, batch, pause_ms))
            return PROGRESS_PARKED;
        if (!patience_wait(&worker->patience, pause_ms))
            return PROGRESS_HURRY;
    }
    patience_reset(&worker->patience);
    return PROGRESS_ALL;
}

/* Until every refused record is in the dead letter topic. False: in a hurry. */
static bool bury(struct worker *worker, struct batch *batch)
{
    struct error err;

    while (deadletter_write(worker->deadletter, batch, DEADLETTER_MS, &err) != OK) {
        log_error("%s; nothing goes on until that is possible", err.text);
        if (!patience_wait_next(&worker->patience))
            return false;
    }
    patience_reset(&worker->patience);
    return true;
}

static void count_outcomes(struct worker *worker, const struct batch *batch)
{
    uint64_t counts[OUTCOME_COUNT] = {0};

    for (size_t i = 0; i < batch->count; i++)
        counts[batch->entries[i].outcome]++;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (counts[i])
            metric_add(worker->outcomes[i], counts[i]);
    metric_add(worker->processed, batch->count);
    metric_add(worker->failed, counts[OUTCOME_DEAD_LETTERED]);
    metric_observe(worker->seconds, (double)(clock_mono_ms() - batch->opened_ms) / 1000);
}

/* Documents of what is not known to be stored already. False: in a hurry. */
static bool make_documents(struct worker *worker, struct batch *batch)
{
    struct error err;

    while (documents_make(&worker->documents, batch, clock_wall_ms(), &err) != OK) {
        log_error("%s; trying again", err.text);
        if (!patience_wait_next(&worker->patience))
            return false;
    }
    dedup_check(worker->dedup, batch, clock_mono_ms());
    return true;
}

/* All stages for one batch. */
static enum progress settle(struct worker *worker, struct batch *batch)
{
    enum progress progress;

    if (!batch->parked && !make_documents(worker, batch))
        return PROGRESS_HURRY;
    progress = store(worker, batch);
    if (progress == PROGRESS_HURRY)
        return progress;
    dedup_mark(worker->dedup, batch, clock_mono_ms());
    if (!bury(worker, batch))
        return PROGRESS_HURRY;
    if (!batch->parked) /* which the enrichers do not know any more */
        documents_settle(&worker->documents, batch);
    return progress;
}

/* Moves what is left of `batch` into one that is parked. False: in a hurry. */
static bool park(struct worker *worker, struct batch *batch)
{
    struct batch *rest;
    struct error err;

    while (batch_split(batch, &rest, &err) != OK) {
        log_error("%s; trying again", err.text);
        if (!patience_wait_next(&worker->patience))
            return false;
    }
    rest->again_ms = batch->again_ms;
    queue_push(worker->shared->done, rest, 0);
    return true;
}

static void work_on(struct worker *worker, struct batch *batch)
{
    enum progress progress;

    if (!batch->parked) /* which has its documents already */
        batch_lend(batch, &worker->memory);
    progress = settle(worker, batch);
    if (progress == PROGRESS_PARKED && !batch->parked && park(worker, batch))
        progress = PROGRESS_ALL; /* of what is still in it */
    if (!batch->parked)
        batch_give_back(batch, &worker->memory);
    batch->settled = progress == PROGRESS_ALL;
    if (batch->settled)
        count_outcomes(worker, batch);
    queue_push(worker->shared->done, batch, 0);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    enum status status;
    void *item;

    /* Now, so that readiness does not wait for the first record. */
    patience_prepare(&worker->patience, worker->sink);
    while ((status = queue_pop(worker->shared->work, &item, IDLE_MS)) != DONE) {
        health_loop_tick(worker->patience.loop, clock_mono_ms());
        if (status == OK)
            work_on(worker, item);
    }
    health_loop_end(worker->patience.loop);
    return NULL;
}

static void register_metrics(struct worker *worker)
{
    static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                    1,     2.5,  5,     10,   30,  60};

    for (int i = 0; i < OUTCOME_COUNT; i++)
        worker->outcomes[i] =
            metrics_counter("indexer_records_total", metrics_label("outcome", outcome_names[i]),
                            "Records by what became of them.");
    worker->processed = metrics_counter("logs_processed_total", NULL,
                                        "Records settled: indexed, recognised or dead-lettered.");
    worker->failed = metrics_counter("logs_failed_total", NULL,
                                     "Records refused for good and sent to the dead letter topic.");
    worker->seconds =
        metrics_histogram("log_processing_seconds", NULL,
                          "From a batch's first message to the last of its records being settled.",
                          bounds, sizeof(bounds) / sizeof(bounds[0]));
}

static void worker_free(struct worker *worker)
{
    if (worker->sink)
        worker->sink->type->close(worker->sink);
    dedup_close(worker->dedup);
    deadletter_close(worker->deadletter);
    documents_close(&worker->documents);
    arena_release(&worker->memory);
    free(worker);
}

enum status worker_start(struct worker_shared *shared, unsigned number, struct worker **out,
                         struct error *err)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return error_set(err, FATAL, "out of memory");
    worker->shared = shared;
    snprintf(worker->name, sizeof(worker->name), "worker %u", number);
    batch_memory_init(&worker->memory);
    patience_init(&worker->patience, &shared->hurry);
    register_metrics(worker);
    worker->sink_context = (struct sink_context){.config = shared->config,
                                                 .breaker = shared->breaker,
                                                 .concurrency = shared->concurrency,
                                                 .blocks = shared->blocks,
                                                 .hurry = &shared->hurry,
                                                 .reach = &shared->reach,
                                                 .degrade = documents_degrade,
                                                 .arg = &worker->documents};
    if (documents_open(&worker->documents, shared->config, err) ||
        sink_elastic.open(&worker->sink_context, &worker->sink, err) ||
        dedup_open(&shared->config->redis, &worker->dedup, err) ||
        deadletter_open(&shared->config->kafka, &worker->deadletter, err)) {
        worker_free(worker);
        return err->status;
    }
    worker->documents.names.new_max = shared->config->elasticsearch.new_indices_per_hour;
    worker->patience.loop = health_loop_add(worker->name, LOOP_LIMIT_MS, clock_mono_ms());
    if (thread_start(worker->name, work, worker, &worker->thread, err)) {
        worker_free(worker);
        return FATAL;
    }
    *out = worker;
    return OK;
}

void worker_join(struct worker *worker)
{
    if (!worker)
        return;
    pthread_join(worker->thread, NULL);
    worker_free(worker);
}
