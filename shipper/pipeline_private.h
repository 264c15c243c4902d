/*
 * pipeline_private.h - private to pipeline*.c: the agent's one thread and what it holds.
 */
#ifndef SHIPPER_PIPELINE_PRIVATE_H
#define SHIPPER_PIPELINE_PRIVATE_H

#include "common/record.h"
#include "common/web.h"
#include "shipper/pipeline.h"
#include "shipper/sources.h"

struct counters {
    struct metric *lines, *bytes, *parsed, *unparsed, *filtered, *headings, *truncated, *repaired;
    struct metric *behind, *lag, *streams, *outbox_bytes, *waiting, *reloads, *reloads_failed;
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
    struct accounts *accounts;
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

/* ---- pipeline_reload.c: SIGHUP ---- */

/* It was asked for: as soon as what is under way allows. */
void pipeline_want_reload(struct pipeline *pipeline, int64_t now_ms);
void pipeline_heed_reload(struct pipeline *pipeline, int64_t now_ms);

/* ---- pipeline_report.c: what it tells of itself ---- */

void pipeline_register_metrics(struct counters *counters);

/* Counts what has happened since `before`. */
void pipeline_count(struct pipeline *pipeline, const struct pipeline_result *before,
                    uint64_t bytes);

void pipeline_set_gauges(struct pipeline *pipeline);

/* Writes what somebody has asked for by GET /status. */
void pipeline_answer_status(struct pipeline *pipeline);

#endif
