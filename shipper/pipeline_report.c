/*
 * pipeline_report.c - what the agent tells of itself: metrics and GET /status.
 */
#include <inttypes.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/health.h"
#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/input/input.h"
#include "shipper/outbox.h"
#include "shipper/pipeline_private.h"
#include "shipper/status.h"

struct status_list {
    struct buf *out;
    size_t count;
};

void pipeline_register_metrics(struct counters *c)
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

void pipeline_count(struct pipeline *pipeline, const struct pipeline_result *before, uint64_t bytes)
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

static int64_t older(int64_t ms, struct timestamp time)
{
    return timestamp_ms(time) < ms ? timestamp_ms(time) : ms;
}

/* How old is the oldest line that Kafka has not acknowledged, of those that we know of? */
static double lag_s(const struct pipeline *pipeline)
{
    int64_t now_ms = clock_wall_ms(), oldest_ms = now_ms;
    struct timestamp time;

    if (outbox_oldest(pipeline->outbox, &time))
        oldest_ms = older(oldest_ms, time);
    for (unsigned i = 0; i < pipeline->sources.count; i++)
        if (pipeline->sources.items[i].waiting)
            oldest_ms = older(oldest_ms, pipeline->sources.items[i].waiting_since);
    return (double)(now_ms - oldest_ms) / 1000;
}

/* Gauges follow what happens within GAUGE_MS, and cost nothing while nothing does. */
void pipeline_set_gauges(struct pipeline *pipeline)
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

static void add_stream(void *arg, const struct stream_status *stream)
{
    struct status_list *list = arg;

    status_write_stream(list->out, stream, list->count++ == 0);
}

void pipeline_answer_status(struct pipeline *pipeline)
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
