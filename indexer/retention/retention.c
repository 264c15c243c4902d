/*
 * retention.c - retention in the background of `indexer run`.
 */
#include "indexer/retention/retention.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/thread.h"
#include "indexer/config.h"
#include "indexer/retention/job.h"

#define LOOP_LIMIT_MS  900000 /* several requests of the longest time-out in a row */
#define LOOK_MS        60000  /* how soon the run of a killed indexer is taken up */
#define AFTER_ERROR_MS 300000

struct retention {
    const struct indexer_config *config;
    _Atomic(const struct elasticsearch_config *) *reach;
    struct retention_job job;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop_asked;
    atomic_bool stop;
    struct health_loop *loop;
    struct metric *deleted_indices, *deleted_bytes, *kept, *errors, *success;
};

static bool go_on(void *arg)
{
    struct retention *retention = arg;

    health_loop_tick(retention->loop, clock_mono_ms());
    return !atomic_load(&retention->stop);
}

static void tell_result(void *arg, const struct retention_action *action, uint64_t kept,
                        const struct error *err)
{
    struct retention *retention = arg;
    const struct retention_index *index = action->index;

    if (err) {
        if (err->status != DONE)
            log_warn("retention: %s", err->text);
        return;
    }
    if (action->step == STEP_MANAGE) {
        log_info("retention: '%s' is given to the lifecycle policy '%s'", index->name,
                 retention->config->retention.ilm_policy);
        return;
    }
    metric_add(retention->deleted_indices, 1);
    metric_add(retention->deleted_bytes, index->bytes);
    metric_add(retention->kept, kept);
    if (action->step == STEP_KEEP)
        log_info("retention: '%s' is deleted, %s; %" PRIu64 " of its %" PRIu64 " records are kept",
                 index->name, retention_why_texts[action->why], kept, index->docs);
    else
        log_info("retention: '%s' is deleted, %s; %" PRIu64 " records", index->name,
                 retention_why_texts[action->why], index->docs);
}

/* Has nobody run for an interval, or was a run cut off that has to be mended? */
static bool is_due(struct retention *retention, int64_t now_ms, struct error *err)
{
    const struct lease_state *state = &retention->job.lease.state;
    int64_t interval_ms = (int64_t)retention->config->retention.check_interval_ms;

    if (lease_look(&retention->job.lease, err) != OK || state->until_ms > now_ms)
        return false;
    if (state->until_ms > 0) /* not given back: cut off */
        return true;
    return now_ms - state->finished_ms >= interval_ms || state->finished_ms > now_ms;
}

static void run(struct retention *retention, struct error *err)
{
    enum status status = retention_run(&retention->job, err);

    if (status == OK) {
        metric_set(retention->success, (double)clock_wall_ms() / 1000);
        err->text[0] = '\0';
    }
    err->status = status;
}

static void follow_reach(struct retention *retention)
{
    const struct elasticsearch_config *now = atomic_load(retention->reach);
    struct error err;

    if (now && now != retention->job.reach && retention_job_reach(&retention->job, now, &err))
        log_warn("retention goes on with the old addresses and credentials: %s", err.text);
}

/* One look; returns how long to wait for the next. */
static int64_t look(struct retention *retention)
{
    int64_t pause_ms = (int64_t)retention->config->retention.check_interval_ms;
    struct error err = {.status = OK};

    pause_ms = pause_ms < LOOK_MS ? pause_ms : LOOK_MS;
    follow_reach(retention);
    if (is_due(retention, clock_wall_ms(), &err))
        run(retention, &err);
    if (err.status == OK || err.status == DONE)
        return pause_ms;
    metric_add(retention->errors, 1);
    log_warn("retention is tried again later: %s", err.text);
    return (int64_t)retention->config->retention.check_interval_ms < AFTER_ERROR_MS
               ? (int64_t)retention->config->retention.check_interval_ms
               : AFTER_ERROR_MS;
}

/* True: it is time to stop. */
static bool wait_until(struct retention *retention, int64_t until_ms)
{
    while (!atomic_load(&retention->stop) && clock_mono_ms() < until_ms) {
        int64_t now_ms = clock_mono_ms();
        int64_t step_ms = until_ms - now_ms < LOOK_MS ? until_ms - now_ms : LOOK_MS;
        struct timespec wake = {(now_ms + step_ms) / 1000, (now_ms + step_ms) % 1000 * 1000000};

        health_loop_tick(retention->loop, now_ms);
        pthread_mutex_lock(&retention->lock);
        if (!atomic_load(&retention->stop))
            pthread_cond_timedwait(&retention->stop_asked, &retention->lock, &wake);
        pthread_mutex_unlock(&retention->lock);
    }
    return atomic_load(&retention->stop);
}

static void *work(void *arg)
{
    struct retention *retention = arg;

    while (!wait_until(retention, clock_mono_ms() + look(retention)))
        ;
    health_loop_end(retention->loop);
    return NULL;
}

static void register_metrics(struct retention *retention)
{
    retention->deleted_indices = metrics_counter("indexer_retention_deleted_indices_total", NULL,
                                                 "Indices that retention has deleted.");
    retention->deleted_bytes =
        metrics_counter("indexer_retention_deleted_bytes_total", NULL,
                        "What they took on disk, with replicas, when they were looked at.");
    retention->kept = metrics_counter("indexer_retention_kept_documents_total", NULL,
                                      "Documents of them that are kept for longer.");
    retention->errors = metrics_counter("indexer_retention_errors_total", NULL,
                                        "Runs of retention that did not do all they should.");
    retention->success =
        metrics_gauge("indexer_retention_last_success_timestamp_seconds", NULL,
                      "When this indexer last ended a run without an error; 0: not yet.");
}

static void release(struct retention *retention)
{
    retention_job_release(&retention->job);
    pthread_cond_destroy(&retention->stop_asked);
    pthread_mutex_destroy(&retention->lock);
    free(retention);
}

enum status retention_start(const struct indexer_config *config,
                            _Atomic(const struct elasticsearch_config *) *reach,
                            struct retention **out, struct error *err)
{
    struct retention *retention;
    pthread_condattr_t clock;

    *out = NULL;
    if (!config->retention.enabled)
        return OK;
    retention = calloc(1, sizeof(*retention));
    if (!retention)
        return error_set(err, FATAL, "out of memory");
    retention->config = config;
    retention->reach = reach;
    pthread_mutex_init(&retention->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&retention->stop_asked, &clock);
    pthread_condattr_destroy(&clock);
    register_metrics(retention);
    if (retention_job_init(&retention->job, config, err)) {
        release(retention);
        return err->status;
    }
    retention->job.go_on = go_on;
    retention->job.result = tell_result;
    retention->job.arg = retention;
    retention->loop = health_loop_add("retention", LOOP_LIMIT_MS, clock_mono_ms());
    if (thread_start("retention", work, retention, &retention->thread, err)) {
        release(retention);
        return FATAL;
    }
    *out = retention;
    return OK;
}

void retention_stop(struct retention *retention)
{
    if (!retention)
        return;
    atomic_store(&retention->stop, true);
    pthread_mutex_lock(&retention->lock);
    pthread_cond_signal(&retention->stop_asked);
    pthread_mutex_unlock(&retention->lock);
    pthread_join(retention->thread, NULL);
    release(retention);
}
