/*
 * replay.c - reads, hands parts to the workers, and retires them in their order.
 */
#include "indexer/replay/replay.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/breaker.h"
#include "common/clock.h"
#include "common/limiter.h"
#include "common/log.h"
#include "common/queue.h"
#include "common/stop.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/deadletter/read.h"
#include "indexer/progress.h"
#include "indexer/reader.h"
#include "indexer/replay/part.h"

#define WORKERS_MAX   64 /* as the configuration allows */
#define PARTS_AHEAD   3  /* being read, for the worker that is done next, being retired */
#define POLL_MS       20
#define RATE_POLL_MS  50
#define SAVE_MS       2000
#define LINES_MAX     (1u << 30)
#define LINES_KEEP    (16u << 20)
#define REFUSED_SHOWN 5

struct replay {
    struct replay_job *job;
    struct replay_shared shared;
    struct breaker breaker;
    struct replay_worker *workers[WORKERS_MAX];
    struct part *parts; /* a ring */
    unsigned part_count;
    uint64_t head, tail; /* the oldest part under way; the one that is being filled */
    struct limiter limiter;
    struct progress progress;
    bool read_all, stopping, at_once;
    bool skip_marks; /* it is the dead letter topic */
    int64_t saved_ms;
    unsigned refused_shown;
};

static struct part *part_at(const struct replay *replay, uint64_t number)
{
    return &replay->parts[number % replay->part_count];
}

/* --- parts that are done --- */

static enum status save(struct replay *replay, bool complete, struct error *err)
{
    struct replay_job *job = replay->job;
    struct replay_state *state = &job->state;

    replay->saved_ms = clock_mono_ms();
    if ((job->goal == REPLAY_LINES && outlet_sync(&job->out, err)) ||
        (job->rejects.fd >= 0 && outlet_sync(&job->rejects, err)))
        return err->status;
    state->complete = complete;
    return job->state_path ? replay_state_save(state, job->state_path, err) : OK;
}

static void show_refused(struct replay *replay, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count && replay->refused_shown < REFUSED_SHOWN; i++) {
        const struct batch_entry *entry = &batch->entries[i];

        if (entry->outcome != OUTCOME_REFUSED)
            continue;
        progress_clear(&replay->progress);
        log_warn("partition %" PRId32 ", offset %" PRId64 " is refused: %s: %s%s",
                 entry->message->partition, entry->message->offset, reason_names[entry->reason],
                 entry->detail ? entry->detail : "no reason was given",
                 ++replay->refused_shown == REFUSED_SHOWN ? "; more are counted, and listed with "
                                                            "--rejects"
                                                          : "");
    }
}

static void count_part(struct replay *replay, const struct part *part)
{
    struct replay_state *state = &replay->job->state;
    const struct batch *batch = part->batch;

    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];

        state->counts.filtered += entry->outcome == OUTCOME_FILTERED;
        state->counts.refused += entry->outcome == OUTCOME_REFUSED;
        state->parts[entry->message->partition].next = entry->message->offset + 1;
    }
    state->counts.read += batch->count;
    state->counts.stored += part->written;
    state->counts.replaced += part->replaced;
}

static void clear_part(struct part *part)
{
    batch_clear(part->batch);
    if (part->lines.cap > LINES_KEEP)
        buf_release(&part->lines);
    buf_clear(&part->lines);
    buf_clear(&part->rejects);
    part->written = part->replaced = 0;
    part->settled = false;
}

static enum status retire(struct replay *replay, struct part *part, struct error *err)
{
    struct replay_job *job = replay->job;
    enum status status = OK;

    if (part->lines.len)
        status = outlet_write(&job->out, buf_slice(&part->lines), err);
    if (status == OK && part->rejects.len && job->rejects.fd >= 0)
        status = outlet_write(&job->rejects, buf_slice(&part->rejects), err);
    if (status != OK)
        return status;
    if (part->rejects.len)
        show_refused(replay, part->batch);
    job->state.out_bytes = job->out.bytes; /* not what is written of a part that failed */
    job->state.reject_bytes = job->rejects.bytes;
    count_part(replay, part);
    clear_part(part);
    return OK;
}

/* Takes back what workers have done, waiting up to `timeout_ms` for the first (0: not at all). */
static enum status take_back(struct replay *replay, int64_t timeout_ms, struct error *err)
{
    enum status status = OK;
    void *item;

    while (queue_pop(replay->shared.done, &item, timeout_ms) == OK) {
        ((struct part *)item)->busy = false;
        timeout_ms = 0;
    }
    while (replay->head < replay->tail && status == OK) {
        struct part *part = part_at(replay, replay->head);

        if (part->busy)
            break;
        if (!part->settled) /* in a hurry, or without memory */
            return error_set(err, replay->at_once ? DONE : FATAL,
                             "a part of the replay could not be finished");
        status = retire(replay, part, err);
        replay->head += status == OK;
    }
    if (status == OK && replay->job->state_path && clock_mono_ms() >= replay->saved_ms + SAVE_MS)
        status = save(replay, false, err);
    progress_show(&replay->progress, replay_state_done(&replay->job->state), clock_mono_ms());
    return status;
}

/* --- reading --- */

static void hand_out(struct replay *replay)
{
    struct part *part = part_at(replay, replay->tail);

    if (part->batch->count == 0)
        return;
    part->busy = true;
    replay->tail++;
    queue_push(replay->shared.work, part, 0); /* as long as all parts */
}

static bool is_full(const struct replay *replay, const struct batch *batch)
{
    const struct batch_config *limits = &replay->job->config->batch;

    return batch->count >= limits->max_records || batch->bytes >= limits->max_bytes;
}

/* May another record pass? Else it has been waited a little. */
static bool has_turn(struct replay *replay)
{
    struct pollfd stop = {.fd = replay->job->stop_fd, .events = POLLIN};
    int64_t now_ns, wait_ns, most_ns = RATE_POLL_MS * 1000000;
    struct timespec wait;

    if (replay->job->rate_per_s <= 0)
        return true;
    now_ns = clock_mono_ns();
    if (limiter_take(&replay->limiter, 1, 0, now_ns))
        return true;
    hand_out(replay);
    wait_ns = limiter_wait_ns(&replay->limiter, now_ns);
    wait = (struct timespec){0, wait_ns < most_ns ? wait_ns : most_ns};
    ppoll(&stop, 1, &wait, NULL);
    return false;
}

static void add_message(struct replay *replay, struct batch *batch, rd_kafka_message_t *message)
{
    struct letter letter;

    if ((replay->skip_marks && !letter_decode(message, &letter)) || !batch_add(batch, message))
        rd_kafka_message_destroy(message); /* it is a mark; there is always room */
}

/* Fills the part at the tail as long as messages are there. */
static enum status fill(struct replay *replay, struct error *err)
{
    struct batch *batch = part_at(replay, replay->tail)->batch;
    rd_kafka_message_t *message;
    enum status status = OK;

    while (!is_full(replay, batch)) {
        if (!has_turn(replay))
            return OK;
        status = reader_poll(replay->job->reader, batch->count ? 0 : POLL_MS, &message, err);
        if (status != OK)
            break;
        add_message(replay, batch, message);
    }
    if (status != OK)
        limiter_give_back(&replay->limiter, 1, 0);
    if (status == RETRY && err->text[0])
        log_warn("%s; waiting for it", err->text);
    if (status == DONE)
        replay->read_all = true;
    hand_out(replay);
    return status == FATAL ? FATAL : OK;
}

static void look_for_signals(struct replay *replay)
{
    switch (stop_read(replay->job->stop_fd)) {
    case STOP_ASKED:
    case STOP_RELOAD: /* the terminal is gone */
        progress_clear(&replay->progress);
        log_info("stopping: finishing what is under way");
        replay->stopping = true;
        break;
    case STOP_AGAIN:
        replay->stopping = replay->at_once = true;
        break;
    case STOP_NONE:
        break;
    }
}

static enum status read_on(struct replay *replay, struct error *err)
{
    enum status status = OK;

    while (status == OK && !replay->stopping) {
        bool full = replay->tail - replay->head == replay->part_count;

        look_for_signals(replay);
        status = take_back(replay, full || replay->read_all ? POLL_MS : 0, err);
        if (status != OK || replay->stopping)
            break;
        if (replay->read_all && replay->head == replay->tail)
            return OK;
        if (!replay->read_all && replay->tail - replay->head < replay->part_count)
            status = fill(replay, err);
    }
    return status == OK && replay->stopping ? DONE : status;
}

/* After a signal: what is with the workers may finish. */
static enum status drain(struct replay *replay, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + (int64_t)replay->job->config->kafka.drain_timeout_ms;
    enum status status = OK;

    while (status == OK && replay->head < replay->tail) {
        look_for_signals(replay);
        if (clock_mono_ms() >= deadline_ms)
            replay->at_once = true;
        if (replay->at_once)
            atomic_store(&replay->shared.hurry, true);
        status = take_back(replay, POLL_MS, err);
    }
    if (status == OK && replay->read_all) /* the signal came when all was read */
        return OK;
    return status == FATAL ? FATAL : DONE;
}

/* --- begin and end --- */

static enum status open_parts(struct replay *replay, struct error *err)
{
    const struct indexer_config *config = replay->job->config;
    unsigned count = config->workers + PARTS_AHEAD;

    replay->parts = calloc(count, sizeof(*replay->parts));
    if (!replay->parts)
        return error_set(err, FATAL, "out of memory");
    for (; replay->part_count < count; replay->part_count++) {
        struct part *part = &replay->parts[replay->part_count];

        part->lines = part->rejects = (struct buf)BUF_INIT(LINES_MAX);
        if (batch_open(config->batch.max_records, &part->batch, err))
            return err->status;
    }
    if (queue_open(count, &replay->shared.work, err))
        return err->status;
    return queue_open(count, &replay->shared.done, err);
}

static enum status start(struct replay *replay, struct error *err)
{
    const struct replay_job *job = replay->job;

    if (open_parts(replay, err))
        return err->status;
    for (uint32_t i = 0; i < job->config->workers; i++)
        if (replay_worker_start(&replay->shared, i + 1, &replay->workers[i], err))
            return err->status;
    if (save(replay, false, err)) /* killed before the first part: it goes on from here */
        return err->status;
    progress_begin(&replay->progress, replay_state_done(&job->state),
                   replay_state_total(&job->state), clock_mono_ms());
    return reader_start(job->reader, err);
}

static void stop(struct replay *replay)
{
    atomic_store(&replay->shared.hurry, true);
    if (replay->shared.work)
        queue_shut(replay->shared.work);
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        replay_worker_join(replay->workers[i]);
    for (unsigned i = 0; i < replay->part_count; i++) {
        batch_close(replay->parts[i].batch);
        buf_release(&replay->parts[i].lines);
        buf_release(&replay->parts[i].rejects);
    }
    free(replay->parts);
    queue_close(replay->shared.work);
    queue_close(replay->shared.done);
    breaker_release(&replay->breaker);
    progress_clear(&replay->progress);
}

/* What ends without messages is done as well. */
static enum status finish(struct replay *replay, struct error *err)
{
    struct replay_state *state = &replay->job->state;

    for (size_t i = 0; i < state->count; i++)
        state->parts[i].next = state->parts[i].to;
    return save(replay, true, err);
}

enum status replay_run(struct replay_job *job, struct error *err)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    const struct breaker_options breaker = {.failures_in_row = 5};
    struct error why;
    enum status status;

    if (!replay)
        return error_set(err, FATAL, "out of memory");
    replay->job = job;
    replay->shared.job = job;
    replay->shared.breaker = &replay->breaker;
    replay->skip_marks = strcmp(job->topic, job->config->kafka.dlq_topic) == 0;
    breaker_init(&replay->breaker, &breaker);
    limiter_init(&replay->limiter, job->rate_per_s, 0, 0.1, clock_mono_ns());
    status = start(replay, err);
    if (status == OK)
        status = read_on(replay, err);
    if (status == DONE && replay->stopping)
        status = drain(replay, err);
    if (status == OK)
        status = finish(replay, err);
    else if (status == DONE && save(replay, false, &why)) {
        *err = why;
        status = FATAL;
    }
    stop(replay);
    free(replay);
    return status;
}
