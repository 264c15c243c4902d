/*
 * pipeline.c - the agent's one thread: reads, parses, hands over, waits.
 *
 * Reading stops by itself when the outbox is full, and goes on when Kafka has
 * acknowledged something: a file is its own buffer.
 */
#include "shipper/pipeline_private.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/stop.h"
#include "shipper/accounts.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/outbox.h"
#include "shipper/process/rate.h"
#include "shipper/producer.h"
#include "shipper/progress.h"
#include "shipper/quarantine.h"
#include "shipper/status.h"
#include "shipper/stream.h"

#define ARENA_BLOCK   (16u << 10)
#define RECORD_ROOM   4096         /* bytes that most records need fewer of */
#define ARENA_MAX     (512u << 20) /* a line of 64 MiB, its escapes resolved and written */
#define LOOP_LIMIT_MS 30000
#define TICK_MS       10000 /* the loop wakes at least this often, for its health */
#define TOPIC_WAIT_MS 2000
#define GAUGE_MS      250
#define ACCOUNTS_MS   3000 /* at the end, for the last accounts to be acknowledged */
#define DELAY_MAX_MS  1000 /* an input with a rate limit is asked at least this often */

/* Encodes into the outbox. False: it is full. */
static bool send_record(struct pipeline *pipeline, struct stream *stream, const struct event *event,
                        struct record *record, const struct position *after, enum status *status)
{
    struct record_encoder *encoder = &pipeline->lines->encoder;
    char *room = outbox_reserve(pipeline->outbox, RECORD_ROOM);
    size_t len;

    if (!room)
        return false;
    len = record_encoder_try(encoder, record, room, RECORD_ROOM, &pipeline->invalid_bytes);
    if (!len) {
        room = outbox_reserve(pipeline->outbox, record_encoder_bound(encoder, record));
        if (!room)
            return false;
        len = record_encoder_write(encoder, record, room, &pipeline->invalid_bytes);
    }
    *status = outbox_commit(pipeline->outbox, stream, len, event->offset, event->lines, after);
    return *status != RETRY;
}

/* The line is no record. */
static bool pass_line(struct pipeline *pipeline, struct stream *stream, const struct event *event,
                      enum line_verdict verdict, const struct position *after)
{
    const struct account counted = {
        .lines = event->lines,
        .filtered = verdict == LINE_FILTERED ? event->lines : 0,
        .dropped = verdict == LINE_DROPPED ? event->lines : 0,
        .headings = verdict == LINE_NOTHING ? event->lines : 0,
    };

    if (outbox_pass(pipeline->outbox, stream, &counted, after) != OK)
        return false;
    if (verdict == LINE_NOTHING)
        pipeline->result->headings++;
    else
        pipeline->result->filtered++;
    pipeline->result->lines += event->lines;
    return true;
}

/* lines_taker: a line's record goes to the outbox. */
static bool take_line(void *arg, struct stream *stream, const struct event *event,
                      enum line_verdict verdict, struct record *record,
                      const struct position *after)
{
    struct pipeline *pipeline = arg;
    enum status status;

    if (verdict == LINE_FILTERED || verdict == LINE_DROPPED || verdict == LINE_NOTHING)
        return pass_line(pipeline, stream, event, verdict, after);
    if (!send_record(pipeline, stream, event, record, after, &status))
        return false;
    if (status == REJECT) {
        lines_shorten(pipeline->lines, stream, event, record,
                      pipeline->config->kafka.message_max_bytes);
        if (!send_record(pipeline, stream, event, record, after, &status))
            return false;
    }
    if (event->cut || status == REJECT)
        metric_add(pipeline->counters.truncated, 1);
    pipeline->result->lines += event->lines;
    pipeline->result->records++;
    pipeline->result->unparsed += verdict == LINE_UNPARSED;
    return true;
}

/* One piece of one content through all stages. False: the outbox is full. */
static bool take_piece(struct pipeline *pipeline, struct source *source,
                       const struct input_piece *piece)
{
    struct pipeline_result before = *pipeline->result;
    uint64_t from = piece->stream->read.offset;
    bool taken;

    pipeline->lines = &source->lines;
    taken = lines_each(&source->lines, piece, &pipeline->record, take_line, pipeline);
    /* A line that was cut ends here: nothing else would move the position over its rest. */
    if (taken && !piece->stream->skipping && piece->stream->read.offset > from)
        taken = outbox_pass(pipeline->outbox, piece->stream, NULL, &piece->stream->read) == OK;
    outbox_piece_done(pipeline->outbox);
    pipeline_count(pipeline, &before, piece->stream->read.offset - from);
    return taken;
}

/*
 * Too much for now: the input is asked again when something may pass, and each second, since what
 * it reads from may change meanwhile.
 */
static void delay(struct source *source, int64_t now_ms)
{
    int64_t pause_ms = rate_wait_ms(source->lines.rate, clock_mono_ns());

    source->due_ms = now_ms + (pause_ms < DELAY_MAX_MS ? pause_ms : DELAY_MAX_MS);
}

/* What a rate limit has dropped is said when it is time. */
static void say_drops(struct source *source, int64_t now_ms, int64_t *wake_ms)
{
    int64_t now_ns = clock_mono_ns(), in_ms = rate_say_in_ms(source->lines.rate, now_ns);

    if (in_ms == 0)
        rate_say(source->lines.rate, now_ns);
    else if (in_ms > 0 && now_ms + in_ms < *wake_ms)
        *wake_ms = now_ms + in_ms;
}

/* A piece of one input. True: there was one, and there may be more right now. */
static bool read_input(struct pipeline *pipeline, struct source *source, int64_t now_ms,
                       int64_t *wake_ms)
{
    struct input_piece piece = {0};
    enum status status = source->input->type->read(source->input, now_ms, &piece, wake_ms);
    bool taken;

    source->due_ms = 0;
    source->exhausted = status == DONE;
    if (status != OK)
        return false;
    taken = take_piece(pipeline, source, &piece);
    source->waiting = !taken;
    source->waiting_since = piece.stream->read.time;
    source->input->type->done(source->input, &piece, !taken);
    if (!taken && source->lines.delayed) {
        delay(source, now_ms);
        *wake_ms = source->due_ms;
        return false;
    }
    pipeline->blocked = !taken;
    return true;
}

/* Reads a piece of each input that has one. Returns whether any had; when to ask again in *wake. */
static bool read_inputs(struct pipeline *pipeline, int64_t now_ms, int64_t *wake_ms)
{
    bool any = false;

    pipeline->blocked = false;
    for (unsigned i = 0; i < pipeline->sources.count && !pipeline->blocked; i++) {
        struct source *source = &pipeline->sources.items[i];
        int64_t due_ms = INT64_MAX;

        if (source->lines.rate)
            say_drops(source, now_ms, wake_ms);
        if (source->exhausted)
            continue;
        if (source->due_ms > now_ms)
            due_ms = source->due_ms;
        else
            any = read_input(pipeline, source, now_ms, &due_ms) || any;
        if (due_ms < *wake_ms)
            *wake_ms = due_ms;
    }
    return any;
}

static void on_acked(void *arg, struct stream *stream)
{
    struct pipeline *pipeline = arg;

    accounts_moved(pipeline->accounts, stream);
    sources_acked(&pipeline->sources, stream);
}

static bool save_checkpoint(struct pipeline *pipeline, int64_t now_ms)
{
    struct error err;

    pipeline->save_ms = now_ms + (int64_t)pipeline->config->delivery.checkpoint_interval_ms;
    if (!pipeline->sources.checkpoint ||
        checkpoint_save(pipeline->sources.checkpoint, clock_wall_ms(), &err) == OK)
        return true;
    log_error("%s; tried again, nothing is lost by that", err.text);
    return false;
}

/* What is told of the lines must be on disk. */
static void tell_accounts(struct pipeline *pipeline, int64_t now_ms)
{
    if (save_checkpoint(pipeline, now_ms))
        accounts_tell(pipeline->accounts, now_ms);
}

static void heed_signals(struct pipeline *pipeline)
{
    if (pipeline->options->stop_fd) { /* whoever runs us reads it */
        pipeline->leaving = true;
        return;
    }
    switch (stop_read(pipeline->stop_fd)) {
    case STOP_ASKED:
        log_info("stopping: waiting for what is under way");
        pipeline->leaving = true;
        break;
    case STOP_AGAIN:
        pipeline->leaving = pipeline->at_once = true;
        break;
    case STOP_RELOAD:
        pipeline_want_reload(pipeline, clock_mono_ms());
        break;
    case STOP_NONE:
        break;
    }
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Waits for a signal, a delivery, something new to read (unless blocked), or `wake_ms`. */
static void wait_for_work(struct pipeline *pipeline, int64_t now_ms, int64_t wake_ms)
{
    struct pollfd fds[3 + SOURCES_MAX];
    nfds_t n = 0;
    int64_t pause_ms = wake_ms - now_ms;

    fds[n++] = (struct pollfd){.fd = pipeline->stop_fd, .events = POLLIN};
    if (pipeline->options->stop_fd && pipeline->leaving)
        fds[0].fd = -1; /* it has said all that it can */
    fds[n++] = (struct pollfd){.fd = producer_fd(pipeline->producer), .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = pipeline->board ? status_board_fd(pipeline->board) : -1,
                               .events = POLLIN};
    for (unsigned i = 0; i < pipeline->sources.count && !pipeline->blocked; i++) {
        const struct source *source = &pipeline->sources.items[i];

        if (!source->exhausted && !pipeline->leaving && source->due_ms <= now_ms)
            fds[n++] =
                (struct pollfd){.fd = source->input->type->fd(source->input), .events = POLLIN};
    }
    if (pause_ms < 0)
        pause_ms = 0;
    poll(fds, n, (int)(pause_ms < TICK_MS ? pause_ms : TICK_MS));
    if (fds[0].revents)
        heed_signals(pipeline);
    if (fds[2].revents)
        pipeline_answer_status(pipeline);
}

/* Lets the producer rest after a while without anything to send. Returns when to look again. */
static int64_t rest_when_idle(struct pipeline *pipeline, int64_t now_ms)
{
    int64_t after_ms = (int64_t)pipeline->config->kafka.rest_after_ms;

    if (pipeline->result->records != pipeline->busy_records || outbox_waiting(pipeline->outbox)) {
        pipeline->busy_records = pipeline->result->records;
        pipeline->busy_ms = now_ms;
    }
    if (after_ms == 0 || outbox_waiting(pipeline->outbox) || accounts_busy(pipeline->accounts))
        return INT64_MAX;
    if (now_ms - pipeline->busy_ms < after_ms)
        return pipeline->busy_ms + after_ms;
    producer_rest(pipeline->producer);
    return INT64_MAX;
}

static void work(struct pipeline *pipeline)
{
    while (!pipeline->leaving) {
        int64_t now_ms = clock_mono_ms(), wake_ms = INT64_MAX;
        bool more;

        health_loop_tick(pipeline->loop, now_ms);
        producer_poll(pipeline->producer);
        pipeline_heed_reload(pipeline, now_ms);
        more = !pipeline->reload && read_inputs(pipeline, now_ms, &wake_ms);
        outbox_flush(pipeline->outbox, now_ms);
        wake_ms = earliest(wake_ms, rest_when_idle(pipeline, now_ms));
        if (pipeline->gauges_ms == INT64_MAX)
            pipeline->gauges_ms = now_ms + GAUGE_MS;
        else if (now_ms >= pipeline->gauges_ms)
            pipeline_set_gauges(pipeline);
        if (now_ms >= accounts_due_ms(pipeline->accounts, now_ms))
            tell_accounts(pipeline, now_ms);
        else if (now_ms >= pipeline->save_ms)
            save_checkpoint(pipeline, now_ms);
        progress_show(pipeline->bar, pipeline->result, pipeline->sources.items[0].input, now_ms);
        if (sources_exhausted(&pipeline->sources) && outbox_waiting(pipeline->outbox) == 0)
            return; /* whole files, or the end of standard input */
        wake_ms = earliest(wake_ms, outbox_due_ms(pipeline->outbox));
        wake_ms = earliest(wake_ms, producer_due_ms(pipeline->producer));
        wake_ms = earliest(wake_ms, pipeline->gauges_ms);
        wake_ms = earliest(wake_ms, accounts_due_ms(pipeline->accounts, now_ms));
        if (pipeline->sources.checkpoint && outbox_waiting(pipeline->outbox))
            wake_ms = earliest(wake_ms, pipeline->save_ms);
        if (pipeline->reload)
            wake_ms = earliest(wake_ms, pipeline->relink_ms);
        if (pipeline->bar)
            wake_ms = earliest(wake_ms, now_ms + 200);
        wait_for_work(pipeline, now_ms, more && !pipeline->blocked ? now_ms : wake_ms);
    }
}

/* Is all that the inputs will still give read and acknowledged? */
static bool is_drained(const struct pipeline *pipeline)
{
    return outbox_waiting(pipeline->outbox) == 0 && sources_exhausted(&pipeline->sources);
}

/* The last accounts, unless Kafka is away. */
static void tell_last_accounts(struct pipeline *pipeline)
{
    int64_t now_ms = clock_mono_ms(), deadline_ms = now_ms + ACCOUNTS_MS;

    /* Those under way go first; what has moved since then is told behind them. */
    for (bool told = false; !pipeline->at_once && now_ms < deadline_ms; now_ms = clock_mono_ms()) {
        producer_poll(pipeline->producer);
        if (!told && accounts_due_ms(pipeline->accounts, now_ms) != INT64_MAX) {
            accounts_tell(pipeline->accounts, now_ms);
            told = true;
        }
        if (!accounts_busy(pipeline->accounts))
            return;
        wait_for_work(pipeline, now_ms, deadline_ms);
    }
}

/*
 * What is under way is waited for, within the limit, and what network inputs have taken in; the
 * rest is read again next time.
 */
static void drain(struct pipeline *pipeline)
{
    int64_t deadline_ms = clock_mono_ms() + (int64_t)pipeline->config->delivery.drain_timeout_ms;

    sources_stop(&pipeline->sources);
    while (!is_drained(pipeline) && !pipeline->at_once) {
        int64_t now_ms = clock_mono_ms(), wake_ms = deadline_ms;
        bool more;

        if (now_ms >= deadline_ms)
            break;
        producer_poll(pipeline->producer);
        more = read_inputs(pipeline, now_ms, &wake_ms);
        outbox_flush(pipeline->outbox, now_ms);
        wake_ms = earliest(wake_ms, outbox_due_ms(pipeline->outbox));
        wake_ms = earliest(wake_ms, producer_due_ms(pipeline->producer));
        if (!is_drained(pipeline))
            wait_for_work(pipeline, now_ms, more && !pipeline->blocked ? now_ms : wake_ms);
    }
    pipeline->result->undelivered = outbox_waiting(pipeline->outbox);
    if (pipeline->result->undelivered)
        log_warn("%llu records were not acknowledged; they are %s",
                 (unsigned long long)pipeline->result->undelivered,
                 pipeline->sources.checkpoint ? "read again at the next start"
                                              : "not known to be shipped");
    if (save_checkpoint(pipeline, clock_mono_ms()) && !pipeline->result->undelivered)
        tell_last_accounts(pipeline);
}

/* Kafka may not be there yet: reading begins when the topic is. */
static void await_topic(struct pipeline *pipeline)
{
    struct backoff backoff;
    struct error err;

    backoff_init(&backoff, 200, 5000, 0);
    while (!pipeline->leaving) {
        enum status status;
        int64_t pause_ms;

        health_loop_tick(pipeline->loop, clock_mono_ms());
        status = producer_ensure_topic(pipeline->producer, TOPIC_WAIT_MS, &err);
        if (status == OK)
            return;
        if (status == FATAL) {
            log_warn("%s; going on, it may exist", err.text);
            return;
        }
        pause_ms = backoff_next_ms(&backoff);
        log_warn("%s; trying again", err.text);
        pipeline->blocked = true;
        wait_for_work(pipeline, clock_mono_ms(), clock_mono_ms() + pause_ms);
        producer_poll(pipeline->producer);
        pipeline_heed_reload(pipeline, clock_mono_ms());
    }
}

static enum status open_web(struct pipeline *pipeline, const char *listen, struct error *err)
{
    if (status_board_open(&pipeline->board, err))
        return err->status;
    pipeline->status_route = status_board_route(pipeline->board);
    return web_open(listen, &pipeline->status_route, 1, &pipeline->web, err);
}

static enum status open_stages(struct pipeline *pipeline, struct config *holder, struct error *err)
{
    const struct shipper_config *config = pipeline->config;
    bool whole = pipeline->options->whole;
    /* Who asks before all conditions are known must not hear that all are met. */
    struct health_condition *started = health_condition_add("start");
    enum status status;

    /* First of all: from here on, what `holder` is for is closed with the sources. */
    pipeline->stop_fd = pipeline->options->stop_fd ? *pipeline->options->stop_fd : -1;
    if ((!pipeline->options->stop_fd && stop_open(&pipeline->stop_fd, err)) ||
        (!whole && checkpoint_open(config->state_dir, &pipeline->sources.checkpoint, err)) ||
        (!whole && config->http.listen[0] && open_web(pipeline, config->http.listen, err)) ||
        quarantine_open(config->state_dir, config->delivery.quarantine_max_bytes,
                        &pipeline->quarantine, err) ||
        outbox_open(config, pipeline->quarantine, on_acked, pipeline, &pipeline->outbox, err) ||
        accounts_open(config, pipeline->sources.checkpoint, &pipeline->accounts, err) ||
        producer_open(&config->kafka, outbox_report, pipeline->outbox, &pipeline->producer, err)) {
        config_close(holder);
        return err->status;
    }
    outbox_connect(pipeline->outbox, pipeline->producer);
    accounts_connect(pipeline->accounts, pipeline->producer);
    status = sources_open(&pipeline->sources, holder, config, err);
    if (status == OK)
        health_met(started);
    return status;
}

static void close_stages(struct pipeline *pipeline)
{
    if (pipeline->board)
        status_board_end(pipeline->board);
    web_close(pipeline->web);
    status_board_close(pipeline->board);
    accounts_close(pipeline->accounts);
    producer_close(pipeline->producer);
    config_close(pipeline->link_holder);
    outbox_close(pipeline->outbox);
    sources_close(&pipeline->sources);
    checkpoint_close(pipeline->sources.checkpoint);
    quarantine_close(pipeline->quarantine);
    arena_release(&pipeline->arena);
    if (pipeline->stop_fd >= 0 && !pipeline->options->stop_fd)
        close(pipeline->stop_fd);
}

enum status pipeline_run(struct config *holder, const struct shipper_config *config,
                         const struct pipeline_options *options, struct pipeline_result *result,
                         struct error *err)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    enum status status;

    if (!pipeline) {
        config_close(holder);
        return error_set(err, FATAL, "out of memory");
    }
    *result = (struct pipeline_result){0};
    pipeline->config = config;
    pipeline->options = options;
    pipeline->result = result;
    pipeline->sources.type = options->input;
    pipeline->sources.query = options->query;
    pipeline->started_ms = clock_wall_ms();
    pipeline->gauges_ms = INT64_MAX;
    pipeline_register_metrics(&pipeline->counters);
    arena_init(&pipeline->arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&pipeline->record, &pipeline->arena);
    pipeline->loop = health_loop_add("pipeline", LOOP_LIMIT_MS, clock_mono_ms());
    pipeline->room = health_condition_add("outbox");
    pipeline->inputs = health_condition_add("inputs");
    status = open_stages(pipeline, holder, err);
    if (status == OK) {
        health_met(pipeline->inputs);
        progress_open(options->progress, &pipeline->bar);
        await_topic(pipeline);
        work(pipeline);
        drain(pipeline);
        progress_close(pipeline->bar);
    }
    health_loop_end(pipeline->loop);
    close_stages(pipeline);
    free(pipeline);
    return status;
}
