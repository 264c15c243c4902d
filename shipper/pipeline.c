/*
 * pipeline.c - the agent's one thread: reads, parses, hands over, waits.
 *
 * Reading stops by itself when the outbox is full, and goes on when Kafka has
 * acknowledged something: a file is its own buffer.
 */
#include "shipper/pipeline.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/stop.h"
#include "common/web.h"
#include "shipper/checkpoint.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/outbox.h"
#include "shipper/process/rate.h"
#include "shipper/producer.h"
#include "shipper/progress.h"
#include "shipper/quarantine.h"
#include "shipper/sources.h"
#include "shipper/status.h"
#include "shipper/stream.h"

#define ARENA_BLOCK   (16u << 10)
#define ARENA_MAX     (512u << 20) /* a line of 64 MiB, its escapes resolved and written */
#define LOOP_LIMIT_MS 30000
#define TICK_MS       10000 /* the loop wakes at least this often, for its health */
#define TOPIC_WAIT_MS 2000
#define RELINK_MS     4000 /* between attempts to change only how Kafka is reached */
#define GAUGE_MS      250
#define DELAY_MAX_MS  1000 /* an input with a rate limit is asked at least this often */

struct counters {
    struct metric *lines, *bytes, *parsed, *unparsed, *filtered, *headings, *truncated, *repaired;
    struct metric *behind, *lag, *streams, *outbox_bytes, *waiting, *reloads, *reloads_failed;
};

struct status_list {
    struct buf *out;
    size_t count;
};

struct pipeline {
    const struct shipper_config *config;
    const struct pipeline_options *options;
    struct pipeline_result *result;
    int stop_fd;
    bool leaving, at_once;
    bool reload;                /* as soon as nothing is under way */
    int64_t relink_ms;          /* then, the producer's link without waiting for that */
    struct config *link_holder; /* what such a link points into, or NULL */
    struct sources sources;
    struct lines *lines; /* of the source whose piece is on its way */
    struct quarantine *quarantine;
    struct outbox *outbox;
    struct producer *producer;
    struct web *web;
    struct status_board *board; /* NULL: nobody can ask */
    struct web_route status_route;
    int64_t started_ms; /* wall */
    struct arena arena;
    struct record record;
    struct counters counters;
    struct health_loop *loop;
    struct health_condition *room, *inputs;
    struct progress *bar;
    uint64_t invalid_bytes;
    int64_t save_ms;
    int64_t busy_ms; /* when something was under way last; and how many records there were */
    uint64_t busy_records;
    int64_t gauges_ms; /* when they are set next; INT64_MAX: nothing has happened since */
    bool blocked;      /* the outbox is full */
};

/* Encodes into the outbox. False: it is full. */
static bool send_record(struct pipeline *pipeline, struct stream *stream, struct record *record,
                        const struct position *after, enum status *status)
{
    char *room = outbox_reserve(pipeline->outbox, record_encode_bound(record));

    if (!room)
        return false;
    *status = outbox_commit(pipeline->outbox, stream,
                            record_encode(record, room, &pipeline->invalid_bytes), after);
    return *status != RETRY;
}

/* lines_taker: a line's record goes to the outbox. */
static bool take_line(void *arg, struct stream *stream, const struct event *event,
                      enum line_verdict verdict, struct record *record,
                      const struct position *after)
{
    struct pipeline *pipeline = arg;
    enum status status;

    if (verdict == LINE_FILTERED || verdict == LINE_NOTHING) {
        if (outbox_pass(pipeline->outbox, stream, after) != OK)
            return false;
        pipeline->result->filtered += verdict == LINE_FILTERED;
        pipeline->result->headings += verdict == LINE_NOTHING;
        pipeline->result->lines += event->lines;
        return true;
    }
    if (!send_record(pipeline, stream, record, after, &status))
        return false;
    if (status == REJECT) {
        lines_shorten(pipeline->lines, stream, event, record,
                      pipeline->config->kafka.message_max_bytes);
        if (!send_record(pipeline, stream, record, after, &status))
            return false;
    }
    if (event->cut || status == REJECT)
        metric_add(pipeline->counters.truncated, 1);
    pipeline->result->lines += event->lines;
    pipeline->result->records++;
    pipeline->result->unparsed += verdict == LINE_UNPARSED;
    return true;
}

static void count(struct pipeline *pipeline, const struct pipeline_result *before, uint64_t bytes)
{
    const struct pipeline_result *now = pipeline->result;
    struct counters *counters = &pipeline->counters;

    metric_add(counters->bytes, bytes);
    metric_add(counters->lines, now->lines - before->lines);
    metric_add(counters->unparsed, now->unparsed - before->unparsed);
    metric_add(counters->parsed,
               now->records - before->records - (now->unparsed - before->unparsed));
    metric_add(counters->filtered, now->filtered - before->filtered);
    metric_add(counters->headings, now->headings - before->headings);
    metric_add(counters->repaired, pipeline->invalid_bytes);
    pipeline->invalid_bytes = 0;
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
        taken = outbox_pass(pipeline->outbox, piece->stream, &piece->stream->read) == OK;
    count(pipeline, &before, piece->stream->read.offset - from);
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

    sources_acked(&pipeline->sources, stream);
}

static void save_checkpoint(struct pipeline *pipeline, int64_t now_ms)
{
    struct error err;

    pipeline->save_ms = now_ms + (int64_t)pipeline->config->delivery.checkpoint_interval_ms;
    if (pipeline->sources.checkpoint &&
        checkpoint_save(pipeline->sources.checkpoint, clock_wall_ms(), &err))
        log_error("%s; tried again, nothing is lost by that", err.text);
}

/* What cannot change while the agent runs. NULL: nothing of it has. */
static const char *needs_restart(const struct shipper_config *old, const struct shipper_config *new)
{
    if (strcmp(old->agent.id, new->agent.id) != 0)
        return "agent.id";
    if (strcmp(old->state_dir, new->state_dir) != 0)
        return "state_dir";
    return strcmp(old->http.listen, new->http.listen) != 0 ? "http.listen" : NULL;
}

/* Loads the configuration again. False: it stays as it is, and why is logged. */
static bool load_again(struct pipeline *pipeline, struct config **holder,
                       struct shipper_config **config)
{
    const char *key;
    struct error err;

    if (!pipeline->options->load) {
        log_info("SIGHUP: there is no configuration file to read again");
        return false;
    }
    *holder = NULL;
    if (pipeline->options->load(pipeline->options->load_arg, holder, config, &err)) {
        const char *why = *holder ? config_problems(*holder) : err.text;
        size_t len = strlen(why);

        log_error("the configuration stays as it was: %.*s",
                  (int)(len && why[len - 1] == '\n' ? len - 1 : len), why);
    } else if ((key = needs_restart(pipeline->config, *config))) {
        log_error("the configuration stays as it was: a new '%s' needs a restart", key);
    } else {
        return true;
    }
    config_close(*holder);
    return false;
}

/*
 * With nothing under way: inputs, formats and everything about Kafka as the configuration says
 * now. Inputs that did not change stay open.
 */
static void reload(struct pipeline *pipeline)
{
    struct producer *producer;
    struct shipper_config *config;
    struct config *holder;
    struct error err;
    enum status status;

    pipeline->reload = false;
    if (!load_again(pipeline, &holder, &config)) {
        metric_add(pipeline->counters.reloads_failed, 1);
        return;
    }
    if (producer_open(&config->kafka, outbox_report, pipeline->outbox, &producer, &err)) {
        log_error("the configuration stays as it was: %s", err.text);
        metric_add(pipeline->counters.reloads_failed, 1);
        config_close(holder);
        return;
    }
    producer_close(pipeline->producer);
    config_close(pipeline->link_holder);
    pipeline->link_holder = NULL;
    pipeline->producer = producer;
    outbox_connect(pipeline->outbox, producer);
    outbox_configure(pipeline->outbox, config);
    log_setup("shipper", config->log.level, config->log.format);
    status = sources_change(&pipeline->sources, holder, config, &err);
    if (status != FATAL)
        pipeline->config = config;
    if (status)
        log_error("not all of the configuration is in force: %s", err.text);
    else
        log_info("the configuration was read again: %u inputs", pipeline->sources.count);
    metric_add(status ? pipeline->counters.reloads_failed : pipeline->counters.reloads, 1);
    if (status)
        health_unmet(pipeline->inputs, "%s", err.text);
    else
        health_met(pipeline->inputs);
}

/*
 * Something is under way and stays so: what Kafka is reached by may be what is to change. The link
 * alone is changed at once; the rest follows when what was under way is acknowledged.
 */
static void relink(struct pipeline *pipeline, int64_t now_ms)
{
    struct shipper_config *config;
    struct config *holder;
    struct error err;

    pipeline->relink_ms = now_ms + RELINK_MS;
    if (!load_again(pipeline, &holder, &config)) {
        metric_add(pipeline->counters.reloads_failed, 1);
        pipeline->reload = false;
        return;
    }
    if (producer_relink(pipeline->producer, &config->kafka.link, &err)) {
        log_error("Kafka is connected as it was: %s", err.text);
        config_close(holder);
        return;
    }
    log_info("connecting to Kafka as the configuration says now; the rest of it follows when what "
             "is under way is acknowledged");
    config_close(pipeline->link_holder);
    pipeline->link_holder = holder;
}

/* Heeds SIGHUP as far as what is under way allows. */
static void heed_reload(struct pipeline *pipeline, int64_t now_ms)
{
    if (!pipeline->reload)
        return;
    if (outbox_waiting(pipeline->outbox) == 0)
        reload(pipeline);
    else if (now_ms >= pipeline->relink_ms)
        relink(pipeline, now_ms);
}

static void add_stream(void *arg, const struct stream_status *stream)
{
    struct status_list *list = arg;

    status_write_stream(list->out, stream, list->count++ == 0);
}

/* Writes what somebody has asked for. */
static void answer_status(struct pipeline *pipeline)
{
    struct status_list list = {0};
    struct buf *out;

    if (!status_board_asked(pipeline->board, &out))
        return;
    list.out = out;
    buf_addf(out,
             "{\"agent\":\"%s\",\"pid\":%d,\"up_seconds\":%" PRId64 ",\"lines\":%" PRIu64
             ",\"waiting\":%" PRIu64 ",\"outbox_bytes\":%zu,\"blocked\":%s,\"streams\":[",
             pipeline->config->agent.id, (int)getpid(),
             (clock_wall_ms() - pipeline->started_ms) / 1000, pipeline->result->lines,
             outbox_waiting(pipeline->outbox), outbox_bytes(pipeline->outbox),
             pipeline->blocked ? "true" : "false");
    for (unsigned i = 0; i < pipeline->sources.count; i++) {
        struct input *input = pipeline->sources.items[i].input;

        if (input->type->report)
            input->type->report(input, clock_mono_ms(), add_stream, &list);
    }
    buf_add_text(out, "]}\n");
    status_board_answer(pipeline->board);
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
        pipeline->reload = true;
        pipeline->relink_ms = clock_mono_ms() + RELINK_MS / 2;
        break;
    case STOP_NONE:
        break;
    }
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
        answer_status(pipeline);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How old is the oldest line that Kafka has not acknowledged, of those that we know of? */
static double lag_s(const struct pipeline *pipeline)
{
    int64_t now_ms = clock_wall_ms(), oldest_ms = now_ms;
    struct timestamp time;

    if (outbox_oldest(pipeline->outbox, &time))
        oldest_ms = earliest(oldest_ms, timestamp_ms(time));
    for (unsigned i = 0; i < pipeline->sources.count; i++)
        if (pipeline->sources.items[i].waiting)
            oldest_ms = earliest(oldest_ms, timestamp_ms(pipeline->sources.items[i].waiting_since));
    return (double)(now_ms - oldest_ms) / 1000;
}

/* Gauges follow what happens within GAUGE_MS, and cost nothing while nothing does. */
static void set_gauges(struct pipeline *pipeline)
{
    struct input_progress sum = sources_progress(&pipeline->sources);

    outbox_trim(pipeline->outbox);
    metric_set(pipeline->counters.behind, (double)sum.bytes_behind);
    metric_set(pipeline->counters.lag, lag_s(pipeline));
    metric_set(pipeline->counters.streams, sum.streams);
    metric_set(pipeline->counters.outbox_bytes, (double)outbox_bytes(pipeline->outbox));
    metric_set(pipeline->counters.waiting, (double)outbox_waiting(pipeline->outbox));
    if (pipeline->blocked)
        health_unmet(pipeline->room, "%llu records wait for Kafka; reading pauses",
                     (unsigned long long)outbox_waiting(pipeline->outbox));
    else
        health_met(pipeline->room);
    pipeline->gauges_ms = INT64_MAX;
}

/* Lets the producer rest after a while without anything to send. Returns when to look again. */
static int64_t rest_when_idle(struct pipeline *pipeline, int64_t now_ms)
{
    int64_t after_ms = (int64_t)pipeline->config->kafka.rest_after_ms;

    if (pipeline->result->records != pipeline->busy_records || outbox_waiting(pipeline->outbox)) {
        pipeline->busy_records = pipeline->result->records;
        pipeline->busy_ms = now_ms;
    }
    if (after_ms == 0 || outbox_waiting(pipeline->outbox))
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
        heed_reload(pipeline, now_ms);
        more = !pipeline->reload && read_inputs(pipeline, now_ms, &wake_ms);
        outbox_flush(pipeline->outbox, now_ms);
        wake_ms = earliest(wake_ms, rest_when_idle(pipeline, now_ms));
        if (pipeline->gauges_ms == INT64_MAX)
            pipeline->gauges_ms = now_ms + GAUGE_MS;
        else if (now_ms >= pipeline->gauges_ms)
            set_gauges(pipeline);
        if (now_ms >= pipeline->save_ms)
            save_checkpoint(pipeline, now_ms);
        progress_show(pipeline->bar, pipeline->result, pipeline->sources.items[0].input, now_ms);
        if (sources_exhausted(&pipeline->sources) && outbox_waiting(pipeline->outbox) == 0)
            return; /* whole files, or the end of standard input */
        wake_ms = earliest(wake_ms, outbox_due_ms(pipeline->outbox));
        wake_ms = earliest(wake_ms, pipeline->gauges_ms);
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
        if (!is_drained(pipeline))
            wait_for_work(pipeline, now_ms, more && !pipeline->blocked ? now_ms : wake_ms);
    }
    pipeline->result->undelivered = outbox_waiting(pipeline->outbox);
    if (pipeline->result->undelivered)
        log_warn("%llu records were not acknowledged; they are %s",
                 (unsigned long long)pipeline->result->undelivered,
                 pipeline->sources.checkpoint ? "read again at the next start"
                                              : "not known to be shipped");
    save_checkpoint(pipeline, clock_mono_ms());
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
        heed_reload(pipeline, clock_mono_ms());
    }
}

static void register_metrics(struct counters *c)
{
    c->lines = metrics_counter("shipper_lines_read_total", NULL, "Lines read.");
    c->bytes = metrics_counter("shipper_bytes_read_total", NULL, "Bytes of lines read.");
    c->parsed =
        metrics_counter("shipper_lines_parsed_total", NULL, "Lines that their format fits.");
    c->unparsed = metrics_counter("shipper_lines_unparsed_total", NULL,
                                  "Lines shipped as text because their format does not fit.");
    c->filtered = metrics_counter("shipper_lines_filtered_total", NULL,
                                  "Lines left out because the configuration says so.");
    c->headings = metrics_counter("shipper_lines_headings_total", NULL,
                                  "Lines that are headings or comments of their format.");
    c->truncated =
        metrics_counter("shipper_lines_truncated_total", NULL, "Lines that were too long and cut.");
    c->repaired = metrics_counter("shipper_invalid_utf8_bytes_total", NULL,
                                  "Bytes that were no UTF-8 and became U+FFFD.");
    c->reloads = metrics_counter("shipper_config_reloads_total", "result=\"ok\"",
                                 "Times that the configuration was read again.");
    c->reloads_failed = metrics_counter("shipper_config_reloads_total", "result=\"failed\"",
                                        "Times that the configuration was read again.");
    c->behind = metrics_gauge("shipper_bytes_behind", NULL,
                              "Bytes of followed files that Kafka has not acknowledged yet.");
    c->lag =
        metrics_gauge("shipper_lag_seconds", NULL,
                      "Age of the oldest line read and not acknowledged by Kafka; 0: all are.");
    c->streams = metrics_gauge("shipper_files_open", NULL, "Files that are followed.");
    c->outbox_bytes =
        metrics_gauge("shipper_outbox_bytes", NULL, "Memory of records that are under way.");
    c->waiting = metrics_gauge("shipper_records_waiting", NULL,
                               "Records handed over and not yet acknowledged.");
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

    /* First of all: from here on, what `holder` is for is closed with the sources. */
    pipeline->stop_fd = pipeline->options->stop_fd ? *pipeline->options->stop_fd : -1;
    if ((!pipeline->options->stop_fd && stop_open(&pipeline->stop_fd, err)) ||
        (!whole && checkpoint_open(config->state_dir, &pipeline->sources.checkpoint, err)) ||
        (!whole && config->http.listen[0] && open_web(pipeline, config->http.listen, err)) ||
        quarantine_open(config->state_dir, config->delivery.quarantine_max_bytes,
                        &pipeline->quarantine, err) ||
        outbox_open(config, pipeline->quarantine, on_acked, pipeline, &pipeline->outbox, err) ||
        producer_open(&config->kafka, outbox_report, pipeline->outbox, &pipeline->producer, err)) {
        config_close(holder);
        return err->status;
    }
    outbox_connect(pipeline->outbox, pipeline->producer);
    return sources_open(&pipeline->sources, holder, config, err);
}
static void close_stages(struct pipeline *pipeline)
{
    web_close(pipeline->web);
    status_board_close(pipeline->board);
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
    register_metrics(&pipeline->counters);
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
