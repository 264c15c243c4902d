/*
 * elastic.c - stores batches through Elasticsearch's _bulk API.
 *
 * A record's id is its document id and documents are created, never replaced:
 * when a batch is sent again after a lost answer, what had been stored comes
 * back as a duplicate. So retrying is safe, and whenever it is unclear what an
 * answer means, the documents count as not stored.
 */
#include "indexer/sink/sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_body.h"
#include "indexer/sink/elastic_link.h"
#include "indexer/sink/elastic_report.h"
#include "indexer/sink/elastic_settle.h"
#include "indexer/sink/elastic_template.h"
#include "indexer/sink/elastic_verdict.h"

#define REQUEST_MAX    (8u << 20)   /* bytes of a body; larger ones are no faster */
#define REQUEST_MIN    (256u << 10) /* what is left of it when somebody cannot take so much */
#define BAD_ROW_MAX    16           /* single documents answered by a request-level 400 in a row */
#define PAUSE_MIN_MS   200
#define PAUSE_MAX_MS   10000  /* for a server that is away there is the breaker */
#define RETRY_AFTER_MS 300000 /* at most: a mistaken header must not stop us for a day */

#define BULK_PATH                                                                                  \
    "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*._id"

struct elastic {
    struct sink base;
    const struct sink_context *context;
    const struct elasticsearch_config *config;
    struct elastic_link link;
    struct elastic_body body;
    struct backoff backoff;
    size_t request_max; /* bytes, between REQUEST_MIN and REQUEST_MAX */
    unsigned bad_row;
};

/* One call of write(). */
struct attempt {
    struct elastic *es;
    struct elastic_settle settle;
    int64_t wait_ms; /* asked for by Retry-After or the breaker */
    bool held;       /* the breaker did not let us */
    bool stopped;    /* no further request in this attempt */
};

static void stop(struct attempt *attempt, int64_t wait_ms)
{
    attempt->stopped = true;
    if (wait_ms > attempt->wait_ms)
        attempt->wait_ms = wait_ms < RETRY_AFTER_MS ? wait_ms : RETRY_AFTER_MS;
}

static void trip(struct attempt *attempt, const char *why)
{
    attempt->settle.problem.status = OK; /* what somebody must mend goes before what may pass */
    elastic_settle_problem(&attempt->settle, why);
    elastic_report_trip(attempt->es->context->breaker, clock_mono_ms(), why);
    stop(attempt, 0);
}

static void fail(struct attempt *attempt, const char *why)
{
    elastic_settle_problem(&attempt->settle, why);
    elastic_report_failure(attempt->es->context->breaker, clock_mono_ms(), why);
}

static void succeed(struct attempt *attempt)
{
    elastic_report_success(attempt->es->context->breaker, clock_mono_ms());
}

static void report_flood(struct attempt *attempt)
{
    size_t counts[VERDICT_COUNT] = {[VERDICT_FLOOD] = attempt->settle.over_quota};
    char why[200];

    snprintf(why, sizeof(why),
             "Elasticsearch refuses more than %" PRIu32 " documents in a minute "
             "(elasticsearch.dlq_max_per_minute); check the index template",
             attempt->es->config->dlq_max_per_minute);
    elastic_count_items(counts);
    trip(attempt, why);
}

/*
 * Large requests hurt a server in trouble, and what a proxy lets through is
 * known only by trying. Grows back slowly, in case that has passed.
 */
static void shrink(struct elastic *es, size_t max)
{
    es->request_max = max > REQUEST_MIN ? max : REQUEST_MIN;
}

static void grow(struct elastic *es)
{
    es->request_max += es->request_max / 32;
    if (es->request_max > REQUEST_MAX)
        es->request_max = REQUEST_MAX;
}

/* What the verdicts of a request's documents say of Elasticsearch as a whole. */
static void report_items(struct attempt *attempt, const size_t counts[VERDICT_COUNT], size_t count)
{
    size_t busy = counts[VERDICT_OVERLOADED] + counts[VERDICT_UNAVAILABLE];
    size_t blocked = counts[VERDICT_BLOCKED] + counts[VERDICT_NO_INDEX];
    char why[sizeof(attempt->settle.problem.text)];

    snprintf(why, sizeof(why), "Elasticsearch at '%.100s' takes no documents: %.300s",
             attempt->es->link.node, attempt->settle.problem.text);
    if (attempt->settle.over_quota) {
        report_flood(attempt);
    } else if (counts[VERDICT_DENIED]) {
        trip(attempt, why);
    } else if (busy + blocked == count) {
        fail(attempt, why);
        if (busy) /* the others may be for another index than the blocked one */
            stop(attempt, attempt->es->link.answer.retry_after_ms);
    } else {
        succeed(attempt);
        if (counts[VERDICT_OVERLOADED]) {
            shrink(attempt->es, attempt->es->request_max / 2);
            stop(attempt, attempt->es->link.answer.retry_after_ms);
        }
    }
}

static void settle_items(struct attempt *attempt, size_t lo, size_t hi)
{
    size_t counts[VERDICT_COUNT];

    attempt->es->bad_row = 0;
    grow(attempt->es);
    elastic_settle_items(&attempt->settle, attempt->es->body.items + lo, hi - lo, counts);
    report_items(attempt, counts, hi - lo);
}

/* One document that makes a whole request a bad one. */
static void settle_bad(struct attempt *attempt, struct batch_entry *entry, const char *why)
{
    char detail[400];

    if (++attempt->es->bad_row > BAD_ROW_MAX) { /* not the documents then, but what we ask for */
        attempt->settle.tally.retried++;
        trip(attempt, why);
        return;
    }
    elastic_error_text(buf_slice(&attempt->es->link.answer.body), true, detail, sizeof(detail));
    elastic_settle_bad(&attempt->settle, entry, detail);
    if (attempt->settle.over_quota)
        report_flood(attempt);
    else
        succeed(attempt);
}

/* Why a request as a whole was not taken. */
static void explain(const struct elastic *es, enum elastic_verdict verdict, struct error *why)
{
    const struct http_answer *answer = &es->link.answer;
    bool with_reason = verdict == VERDICT_DENIED || verdict == VERDICT_ENDPOINT;
    char text[160], said[200] = "";

    elastic_error_text(buf_slice(&answer->body), with_reason, text, sizeof(text));
    if (*text || *answer->content_type)
        snprintf(said, sizeof(said), " %s", *text ? text : answer->content_type);
    if (verdict == VERDICT_DENIED)
        error_set(why, RETRY,
                  "Elasticsearch at '%s' lets us write nothing: HTTP %ld%s; check "
                  "elasticsearch.username and password or api_key, and the rights on '%s-*'",
                  es->link.node, answer->code, said, es->config->index_prefix);
    else if (verdict == VERDICT_ENDPOINT)
        error_set(why, RETRY,
                  "'%s' does not answer like Elasticsearch: HTTP %ld%s; check "
                  "elasticsearch.urls and what stands in between",
                  es->link.node, answer->code, said);
    else
        error_set(why, RETRY, "'%s' answered HTTP %ld%s", es->link.node, answer->code, said);
}

/* STORED: there is a usable answer for each of the documents. Otherwise `why` is set. */
static enum elastic_verdict request(struct elastic *es, size_t lo, size_t hi, struct error *why)
{
    enum elastic_verdict verdict;

    switch (elastic_link_request(&es->link, "POST", BULK_PATH, "application/x-ndjson",
                                 elastic_body_part(&es->body, lo, hi), why)) {
    case OK:
        break;
    case FATAL:
        return VERDICT_ENDPOINT;
    default:
        return VERDICT_UNAVAILABLE;
    }
    verdict = elastic_request_verdict(&es->link.answer);
    if (verdict != VERDICT_STORED) {
        explain(es, verdict, why);
        return verdict;
    }
    if (elastic_read_items(buf_slice(&es->link.answer.body), es->body.items + lo, hi - lo, why)) {
        error_prefix(why, "the answer of '%s' cannot be used", es->link.node);
        return VERDICT_GARBLED;
    }
    return VERDICT_STORED;
}

static void count_attempts(struct elastic *es, size_t lo, size_t hi)
{
    for (size_t i = lo; i < hi; i++) {
        struct batch_entry *entry = es->body.items[i].entry;

        if (entry->attempts < UINT16_MAX)
            entry->attempts++;
    }
}

static enum elastic_verdict timed_request(struct elastic *es, size_t lo, size_t hi,
                                          struct error *why)
{
    int64_t begin_ns = clock_mono_ns();
    enum elastic_verdict verdict;

    count_attempts(es, lo, hi);
    verdict = request(es, lo, hi, why);
    elastic_count_request(verdict, (double)(clock_mono_ns() - begin_ns) / 1e9);
    return verdict;
}

static void send_part(struct attempt *attempt, size_t lo, size_t hi);

static void send_halves(struct attempt *attempt, size_t lo, size_t hi)
{
    size_t middle = lo + (hi - lo) / 2;

    succeed(attempt);
    send_part(attempt, lo, middle);
    send_part(attempt, middle, hi);
}

/* Each level halves the documents, so that it cannot go deep. */
static void split_or_settle(struct attempt *attempt, size_t lo, size_t hi,
                            enum elastic_verdict verdict, const char *why)
{
    struct elastic *es = attempt->es;
    struct batch_entry *entry = es->body.items[lo].entry;
    bool too_large = verdict == VERDICT_TOO_LARGE;

    if (hi - lo > 1) {
        if (too_large)
            shrink(es, elastic_body_part(&es->body, lo, hi).len / 2);
        send_halves(attempt, lo, hi);
    } else if (too_large) {
        elastic_settle_too_large(&attempt->settle, entry, why);
        succeed(attempt);
    } else {
        settle_bad(attempt, entry, why);
    }
}

/* Sends the documents lo to hi - 1 and settles them, in parts when the whole is not taken. */
static void send_part(struct attempt *attempt, size_t lo, size_t hi)
{
    struct elastic *es = attempt->es;
    struct error why = {0};
    int64_t wait_ms = 0;
    enum elastic_verdict verdict;

    if (attempt->stopped)
        return;
    if (!elastic_report_allow(es->context->breaker, clock_mono_ms(), &wait_ms)) {
        elastic_settle_problem(&attempt->settle, "writing to Elasticsearch is held");
        attempt->held = true;
        stop(attempt, wait_ms);
        return;
    }
    verdict = timed_request(es, lo, hi, &why);
    if (verdict == VERDICT_STORED) {
        settle_items(attempt, lo, hi);
        return;
    }
    if (verdict == VERDICT_TOO_LARGE || verdict == VERDICT_BAD_REQUEST) {
        split_or_settle(attempt, lo, hi, verdict, why.text);
        return;
    }
    attempt->settle.tally.retried += hi - lo;
    if (verdict == VERDICT_DENIED || verdict == VERDICT_ENDPOINT) {
        trip(attempt, why.text);
        return;
    }
    shrink(es, es->request_max / 2);
    fail(attempt, why.text);
    stop(attempt, es->link.answer.retry_after_ms);
}

static void no_memory(struct attempt *attempt)
{
    elastic_settle_problem(&attempt->settle, "out of memory");
    stop(attempt, 0);
}

/* Makes a request of pending entries from `next` on; returns where the next one begins. */
static size_t build(struct attempt *attempt, size_t next)
{
    struct elastic *es = attempt->es;
    struct batch *batch = attempt->settle.batch;

    elastic_body_clear(&es->body);
    for (; next < batch->count; next++) {
        struct batch_entry *entry = &batch->entries[next];
        enum status status;

        if (entry->outcome != OUTCOME_PENDING || elastic_settle_unfit(&attempt->settle, entry))
            continue;
        status = elastic_body_add(&es->body, entry, es->request_max);
        if (status == FATAL && es->body.count == 0)
            no_memory(attempt);
        if (status)
            break;
    }
    return next;
}

/* How long to wait, with `pending` documents left. */
static int64_t pause_of(struct attempt *attempt, size_t pending)
{
    struct elastic *es = attempt->es;
    const struct elastic_tally *tally = &attempt->settle.tally;
    int64_t pause_ms;

    if (!attempt->stopped && tally->created + tally->duplicate + tally->refused)
        backoff_reset(&es->backoff);
    if (attempt->held)
        return attempt->wait_ms;
    if (!attempt->stopped && pending == attempt->settle.degraded)
        return 0;
    pause_ms = backoff_next_ms(&es->backoff);
    return pause_ms > attempt->wait_ms ? pause_ms : attempt->wait_ms;
}

static enum status conclude(struct attempt *attempt, int64_t *pause_ms, struct error *err)
{
    struct elastic_settle *settle = &attempt->settle;
    size_t pending = batch_pending(settle->batch);

    elastic_count_documents(&settle->tally);
    if (pending == 0) {
        backoff_reset(&attempt->es->backoff);
        *pause_ms = 0;
        return OK;
    }
    *pause_ms = pause_of(attempt, pending);
    elastic_settle_problem(settle, "the mapping refuses them, they go again in a reduced form");
    return error_set(err, RETRY, "%zu of %zu documents are not stored yet: %s", pending,
                     settle->batch->count, settle->problem.text);
}

static enum status elastic_write(struct sink *sink, struct batch *batch, int64_t *pause_ms,
                                 struct error *err)
{
    struct elastic *es = (struct elastic *)sink;
    struct attempt attempt = {.es = es, .settle = {.context = es->context, .batch = batch}};

    if (!elastic_body_start(&es->body, batch->count))
        no_memory(&attempt);
    for (size_t next = 0; next < batch->count && !attempt.stopped;) {
        next = build(&attempt, next);
        if (attempt.settle.over_quota)
            report_flood(&attempt);
        else if (es->body.count)
            send_part(&attempt, 0, es->body.count);
    }
    elastic_body_clear(&es->body);
    return conclude(&attempt, pause_ms, err);
}

static enum status elastic_prepare(struct sink *sink, struct error *err)
{
    struct elastic *es = (struct elastic *)sink;
    struct error why;
    enum status status = elastic_template_ensure(&es->link, es->config, &why);

    if (status == OK)
        elastic_report_ready();
    else
        elastic_report_not_ready(why.text);
    return status ? error_set(err, status, "%s", why.text) : OK;
}

static void elastic_close(struct sink *sink)
{
    struct elastic *es = (struct elastic *)sink;

    if (!es)
        return;
    elastic_link_release(&es->link);
    elastic_body_release(&es->body);
    free(es);
}

static enum status elastic_open(const struct sink_context *context, struct sink **out,
                                struct error *err)
{
    struct elastic *es = calloc(1, sizeof(*es));
    enum status status;

    if (!es)
        return error_set(err, FATAL, "out of memory");
    es->base.type = &sink_elastic;
    es->context = context;
    es->config = &context->config->elasticsearch;
    es->request_max = REQUEST_MAX;
    elastic_body_init(&es->body);
    es->body.replace = context->replace;
    backoff_init(&es->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    elastic_report_setup();
    status = elastic_link_init(&es->link, es->config, err);
    if (status) {
        elastic_close(&es->base); /* copes with a half-built sink */
        return status;
    }
    *out = &es->base;
    return OK;
}

const struct sink_type sink_elastic = {
    .name = "elasticsearch",
    .open = elastic_open,
    .prepare = elastic_prepare,
    .write = elastic_write,
    .close = elastic_close,
};
