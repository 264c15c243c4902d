/*
 * pipeline.c - the indexer's consumer thread: polls, hands out, commits.
 *
 * There is a fixed number of batches. When all are under way, nothing is
 * polled; when that lasts, partitions are paused and polled on, so that the
 * member stays in its group while Elasticsearch is away. Beside them there are
 * those that are parked (parking.h).
 */
#include "indexer/pipeline.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/breaker.h"
#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/queue.h"
#include "common/stop.h"
#include "common/web.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/consumer.h"
#include "indexer/offsets.h"
#include "indexer/parking.h"
#include "indexer/reload.h"
#include "indexer/retention/retention.h"
#include "indexer/sink/concurrency.h"
#include "indexer/sink/elastic_report.h"
#include "indexer/sink/index_blocks.h"
#include "indexer/worker.h"

#define WORKERS_MAX     64    /* as the configuration allows */
#define LOOP_LIMIT_MS   60000 /* a rebalance may wait for its drain */
#define POLL_IDLE_MS    500
#define POLL_BUSY_MS    50
#define STALL_MS        1000 /* without a free batch for this long: pause */
#define JOIN_TIMEOUT_MS 2000
#define MEASURE_MS      1000
#define BATCHES_AHEAD   2 /* one being filled, one for the worker that is done next */
#define BATCHES_SPARE   1
#define RELOAD_MS       10000 /* while Elasticsearch cannot be used: secrets may be new */
#define PROBES          3     /* good ones in a row close the breaker */
#define PROBE_MAX_MS    10000 /* a small request: who waits for Elasticsearch wants to see it back */

struct pipeline {
    const struct indexer_config *config;
    int stop_fd;
    bool leaving, at_once;
    struct web *web;
    struct breaker breaker;
    struct concurrency concurrency;
    struct index_blocks blocks;
    struct parking parking;
    struct reload reload;
    struct offsets *offsets;
    struct consumer *consumer;
    struct worker_shared shared;
    struct worker *workers[WORKERS_MAX];
    struct batch **batches; /* all of them */
    struct batch **free;    /* those that are not under way */
    unsigned batch_count, free_count, with_workers;
    struct batch *current; /* being filled */
    int64_t stalled_ms;    /* since when there is no free batch; 0 = there is one */
    int64_t commit_ms, measure_ms, reload_ms;
    struct retention *retention;
    struct health_loop *loop;
    struct metric *consumed, *bytes, *under_way;
};

/* Takes back what workers have done, waiting up to `timeout_ms` for the first. */
static void take_back(struct pipeline *pipeline, int64_t timeout_ms)
{
    void *item;

    while (queue_pop(pipeline->shared.done, &item, timeout_ms) == OK) {
        struct batch *batch = item;

        pipeline->with_workers -= batch->with_worker;
        batch->with_worker = false;
        timeout_ms = 0;
        if (batch->parked && !batch->settled) {
            parking_add(&pipeline->parking, batch);
            continue;
        }
        offsets_take_back(pipeline->offsets, batch, batch->settled);
        if (batch->parked) {
            parking_release(&pipeline->parking, batch->bytes);
            batch_close(batch);
        } else {
            batch_clear(batch);
            pipeline->free[pipeline->free_count++] = batch;
        }
    }
}

static void give(struct pipeline *pipeline, struct batch *batch)
{
    batch->with_worker = true;
    pipeline->with_workers++;
    queue_push(pipeline->shared.work, batch, 0); /* as long as all batches */
}

/* What was parked goes on when its pause is over. */
static void give_parked(struct pipeline *pipeline, int64_t now_ms)
{
    struct batch *batch;

    while ((batch = parking_take(&pipeline->parking, now_ms)))
        give(pipeline, batch);
}

static void hand_out(struct pipeline *pipeline)
{
    struct batch *batch = pipeline->current;

    if (!batch || batch->count == 0)
        return;
    pipeline->current = NULL;
    if (!offsets_hand_out(pipeline->offsets, batch))
        log_error("out of memory: what a batch holds is not committed, and read again later");
    metric_add(pipeline->consumed, batch->count);
    metric_add(pipeline->bytes, batch->bytes);
    give(pipeline, batch);
}

/* For the consumer, before it gives partitions back: waits for what is under way. */
static void drain(void *arg)
{
    struct pipeline *pipeline = arg;
    int64_t deadline_ms = clock_mono_ms() + (int64_t)pipeline->config->kafka.drain_timeout_ms;

    /* It may hold messages of partitions that stay: those would not come again. */
    hand_out(pipeline);
    while (pipeline->with_workers && !pipeline->at_once) { /* what is parked may take for ever */
        int64_t now_ms = clock_mono_ms();

        health_loop_tick(pipeline->loop, now_ms);
        if (now_ms >= deadline_ms) {
            log_warn("%u batches are still under way; what they hold is read again and recognised",
                     pipeline->with_workers);
            break;
        }
        take_back(pipeline, deadline_ms - now_ms < 100 ? deadline_ms - now_ms : 100);
        if (pipeline->leaving && stop_read(pipeline->stop_fd) == STOP_AGAIN)
            pipeline->at_once = true;
    }
}

static bool is_full(const struct pipeline *pipeline, const struct batch *batch, int64_t now_ms)
{
    const struct batch_config *limits = &pipeline->config->batch;

    if (batch->count == 0)
        return false;
    return batch->count >= limits->max_records || batch->bytes >= limits->max_bytes ||
           now_ms - batch->opened_ms >= (int64_t)limits->max_wait_ms;
}

/*
 * A batch to fill, or NULL: all are under way. One is held back for messages
 * that come when none should.
 */
static struct batch *need_batch(struct pipeline *pipeline, int64_t now_ms)
{
    if (!pipeline->current && pipeline->free_count > BATCHES_SPARE) {
        pipeline->current = pipeline->free[--pipeline->free_count];
        pipeline->stalled_ms = 0;
        consumer_resume(pipeline->consumer);
    }
    if (!pipeline->current && !pipeline->stalled_ms)
        pipeline->stalled_ms = now_ms;
    return pipeline->current;
}

/* Puts the message into the current batch, or the spare one. */
static enum status add_message(struct pipeline *pipeline, rd_kafka_message_t *message,
                               struct error *err)
{
    if (!pipeline->current && pipeline->free_count)
        pipeline->current = pipeline->free[--pipeline->free_count];
    if (!pipeline->current || !batch_add(pipeline->current, message)) {
        rd_kafka_message_destroy(message);
        return error_set(err, FATAL, "no room for a message that Kafka gave all the same");
    }
    if (pipeline->current->count == 1)
        pipeline->current->opened_ms = clock_mono_ms();
    return OK;
}

/* Nothing can be taken: wait for the workers, and stay a member of the group. */
static enum status stand_by(struct pipeline *pipeline, int64_t now_ms, struct error *err)
{
    rd_kafka_message_t *message;
    enum status status;

    if (now_ms - pipeline->stalled_ms < STALL_MS) {
        take_back(pipeline, 100);
        return OK;
    }
    consumer_pause(pipeline->consumer);
    status = consumer_poll(pipeline->consumer, 0, &message, err);
    if (status == OK)
        return add_message(pipeline, message, err);
    take_back(pipeline, 100);
    return status == FATAL ? FATAL : OK;
}

/* How long a poll may block: a batch that has begun must not wait longer than configured. */
static int64_t poll_ms(const struct pipeline *pipeline, const struct batch *batch, int64_t now_ms)
{
    int64_t left_ms;

    if (batch->count == 0)
        return offsets_outstanding(pipeline->offsets, -1) ? POLL_BUSY_MS : POLL_IDLE_MS;
    left_ms = batch->opened_ms + (int64_t)pipeline->config->batch.max_wait_ms - now_ms;
    return left_ms < 0 ? 0 : left_ms < POLL_BUSY_MS ? left_ms : POLL_BUSY_MS;
}

/* Polls one message into the current batch. */
static enum status consume(struct pipeline *pipeline, struct batch *batch, int64_t now_ms,
                           struct error *err)
{
    rd_kafka_message_t *message;
    enum status status;

    /* With a time-out the library asks the clock three times a message. */
    status = consumer_poll(pipeline->consumer, 0, &message, err);
    if (status == RETRY && pipeline->current == batch)
        status = consumer_poll(pipeline->consumer, poll_ms(pipeline, batch, now_ms), &message, err);

    /* A rebalance within the poll may have handed the batch out. */
    return status == OK ? add_message(pipeline, message, err) : status;
}

/* Fills the current batch as long as messages are there, then hands it out when it is due. */
static enum status fill(struct pipeline *pipeline, struct error *err)
{
    int64_t now_ms = clock_mono_ms();
    struct batch *batch = need_batch(pipeline, now_ms);
    enum status status = OK;

    if (!batch)
        return stand_by(pipeline, now_ms, err);
    while (status == OK && !is_full(pipeline, batch, now_ms)) {
        status = consume(pipeline, batch, now_ms, err);
        if (status == FATAL)
            return FATAL;
        batch = pipeline->current;
        if (!batch)
            return OK;
        /* Asking the clock a message would cost more than taking it. */
        if (status != OK || batch->count % 64 == 1)
            now_ms = clock_mono_ms();
        if (batch->count == 0)
            return OK;
    }
    if (is_full(pipeline, batch, now_ms))
        hand_out(pipeline);
    return OK;
}

static void show_under_way(struct pipeline *pipeline)
{
    metric_set(pipeline->under_way, pipeline->batch_count - pipeline->free_count);
}

/* Secrets change while we run: at SIGHUP, and while they may be what is wrong. */
static void reload(struct pipeline *pipeline, bool asked, int64_t now_ms)
{
    bool changed = reload_read(&pipeline->reload, asked, &pipeline->shared.reach);

    pipeline->reload_ms = now_ms + RELOAD_MS;
    if (changed)
        log_info("Elasticsearch is reached by what the configuration says now");
    if (changed || asked)
        breaker_hurry(&pipeline->breaker, now_ms);
}

static void housekeep(struct pipeline *pipeline, int64_t now_ms)
{
    health_loop_tick(pipeline->loop, now_ms);
    take_back(pipeline, 0);
    give_parked(pipeline, now_ms);
    if (elastic_report_is_away() && now_ms >= pipeline->reload_ms)
        reload(pipeline, false, now_ms);
    if (now_ms >= pipeline->commit_ms) {
        consumer_commit(pipeline->consumer, false);
        pipeline->commit_ms = now_ms + (int64_t)pipeline->config->kafka.commit_interval_ms;
    }
    if (now_ms >= pipeline->measure_ms) {
        consumer_measure(pipeline->consumer);
        show_under_way(pipeline);
        pipeline->measure_ms = now_ms + MEASURE_MS;
    }
    switch (stop_read(pipeline->stop_fd)) {
    case STOP_ASKED:
        log_info("stopping: finishing what is under way");
        pipeline->leaving = true;
        break;
    case STOP_AGAIN:
        pipeline->leaving = pipeline->at_once = true;
        break;
    case STOP_RELOAD:
        log_info("SIGHUP: addresses, credentials and certificates of Elasticsearch are read again");
        reload(pipeline, true, now_ms);
        break;
    case STOP_NONE:
        break;
    }
}

static enum status open_consumer(struct pipeline *pipeline, struct consumer **out,
                                 struct error *err)
{
    return consumer_open(&pipeline->config->kafka, pipeline->offsets, drain, pipeline, out, err);
}

/*
 * True: there is a new consumer that has not joined yet. Only with nothing under way: messages
 * belong to the client that has read them.
 */
static bool renew_consumer(struct pipeline *pipeline, int64_t now_ms)
{
    struct consumer *consumer;
    struct error err;

    if (pipeline->current && pipeline->current->count == 0) {
        pipeline->free[pipeline->free_count++] = pipeline->current;
        pipeline->current = NULL;
    }
    if (pipeline->free_count != pipeline->batch_count || pipeline->with_workers ||
        !consumer_is_stale(pipeline->consumer, now_ms))
        return false;
    parking_drop(&pipeline->parking, pipeline->offsets);
    if (open_consumer(pipeline, &consumer, &err)) {
        log_error("the new certificate files are not used: %s", err.text);
        return false;
    }
    log_info("certificate files of Kafka were replaced: connecting with the new ones");
    consumer_close(pipeline->consumer);
    pipeline->consumer = consumer;
    return true;
}

/* Kafka may not be there yet. */
static enum status join_group(struct pipeline *pipeline, struct error *err)
{
    struct backoff backoff;

    backoff_init(&backoff, 200, 5000, 0);
    while (!pipeline->leaving) {
        enum status status = consumer_join(pipeline->consumer, JOIN_TIMEOUT_MS, err);
        int64_t until_ms = clock_mono_ms() + backoff_next_ms(&backoff);

        if (status != RETRY)
            return status;
        log_warn("%s; trying again", err->text);
        while (!pipeline->leaving && clock_mono_ms() < until_ms) {
            rd_kafka_message_t *message;

            housekeep(pipeline, clock_mono_ms());
            if (consumer_poll(pipeline->consumer, 100, &message, err) == FATAL)
                return FATAL;
            renew_consumer(pipeline, clock_mono_ms());
        }
    }
    return OK;
}

static enum status consume_all(struct pipeline *pipeline, struct error *err)
{
    enum status status = join_group(pipeline, err);

    while (status == OK && !pipeline->leaving) {
        status = fill(pipeline, err);
        housekeep(pipeline, clock_mono_ms());
        if (status == OK && renew_consumer(pipeline, clock_mono_ms()))
            status = join_group(pipeline, err);
    }
    return status;
}

static enum status open_batches(struct pipeline *pipeline, struct error *err)
{
    unsigned count = pipeline->config->workers + BATCHES_AHEAD + BATCHES_SPARE;

    pipeline->batches = calloc(count, sizeof(struct batch *));
    pipeline->free = calloc(count, sizeof(struct batch *));
    if (!pipeline->batches || !pipeline->free)
        return error_set(err, FATAL, "out of memory");
    while (pipeline->batch_count < count) {
        struct batch *batch;

        if (batch_open(pipeline->config->batch.max_records, &batch, err))
            return err->status;
        pipeline->batches[pipeline->batch_count++] = batch;
        pipeline->free[pipeline->free_count++] = batch;
    }
    if (queue_open(count + PARKING_MAX, &pipeline->shared.work, err))
        return err->status;
    return queue_open(count + PARKING_MAX, &pipeline->shared.done, err);
}

static enum status open_stages(struct pipeline *pipeline, struct error *err)
{
    const struct indexer_config *config = pipeline->config;
    /* Who asks before all conditions are known must not hear that all are met. */
    struct health_condition *started = health_condition_add("start");
    enum status status;

    if (stop_open(&pipeline->stop_fd, err))
        return err->status;
    if (config->http.listen[0] && web_open(config->http.listen, NULL, 0, &pipeline->web, err))
        return err->status;
    if (open_batches(pipeline, err) || offsets_open(&pipeline->offsets, err) ||
        open_consumer(pipeline, &pipeline->consumer, err))
        return err->status;
    for (uint32_t i = 0; i < config->workers; i++)
        if (worker_start(&pipeline->shared, i + 1, &pipeline->workers[i], err))
            return err->status;
    status = retention_start(config, &pipeline->shared.reach, &pipeline->retention, err);
    if (status == OK)
        health_met(started);
    return status;
}

static void close_stages(struct pipeline *pipeline)
{
    retention_stop(pipeline->retention);
    consumer_leave(pipeline->consumer); /* while the workers still work */
    atomic_store(&pipeline->shared.hurry, true);
    if (pipeline->shared.work)
        queue_shut(pipeline->shared.work);
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        worker_join(pipeline->workers[i]);
    if (pipeline->shared.done && pipeline->offsets)
        take_back(pipeline, 0);
    if (pipeline->offsets)
        parking_drop(&pipeline->parking, pipeline->offsets);
    web_close(pipeline->web);
    for (unsigned i = 0; i < pipeline->batch_count; i++)
        batch_close(pipeline->batches[i]);
    consumer_close(pipeline->consumer); /* its messages were in the batches */
    offsets_close(pipeline->offsets);
    free(pipeline->batches);
    free(pipeline->free);
    queue_close(pipeline->shared.work);
    queue_close(pipeline->shared.done);
    breaker_release(&pipeline->breaker);
    concurrency_release(&pipeline->concurrency);
    index_blocks_release(&pipeline->blocks);
    reload_release(&pipeline->reload);
    if (pipeline->stop_fd >= 0)
        close(pipeline->stop_fd);
}

/* What all workers know of Elasticsearch. */
static void share(struct pipeline *pipeline, const struct reload_source *source)
{
    const struct elasticsearch_config *config = &pipeline->config->elasticsearch;

    breaker_init(&pipeline->breaker,
                 &(struct breaker_options){.probes = PROBES, .pause_max_ms = PROBE_MAX_MS});
    concurrency_init(&pipeline->concurrency, config->max_in_flight);
    index_blocks_init(&pipeline->blocks);
    parking_init(&pipeline->parking);
    reload_init(&pipeline->reload, source, config);
    pipeline->shared.config = pipeline->config;
    pipeline->shared.parking = &pipeline->parking;
    pipeline->shared.breaker = &pipeline->breaker;
    pipeline->shared.concurrency = &pipeline->concurrency;
    pipeline->shared.blocks = &pipeline->blocks;
}

enum status pipeline_run(const struct indexer_config *config, const struct reload_source *source,
                         struct error *err)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    enum status status;

    if (!pipeline)
        return error_set(err, FATAL, "out of memory");
    pipeline->config = config;
    pipeline->stop_fd = -1;
    share(pipeline, source);
    pipeline->loop = health_loop_add("consumer", LOOP_LIMIT_MS, clock_mono_ms());
    pipeline->consumed =
        metrics_counter("indexer_records_consumed_total", NULL, "Records read from Kafka.");
    pipeline->bytes = metrics_counter("indexer_bytes_consumed_total", NULL, "Bytes of them.");
    pipeline->under_way = metrics_gauge("indexer_batches_under_way", NULL,
                                        "Batches with the workers or being filled.");
    status = open_stages(pipeline, err);
    if (status == OK)
        status = consume_all(pipeline, err);
    close_stages(pipeline);
    free(pipeline);
    return status;
}
