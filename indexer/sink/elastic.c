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
#include "common/log.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_bulk.h"
#include "indexer/sink/elastic_report.h"
#include "indexer/sink/elastic_settle.h"
#include "indexer/sink/elastic_template.h"
#include "indexer/sink/elastic_verdict.h"
#include "indexer/sink/index_blocks.h"

#define REQUEST_MAX    (8u << 20)   /* bytes of a body, unless configured */
#define REQUEST_MIN    (256u << 10) /* what is left of it when somebody cannot take so much */
#define BAD_ROW_MAX    16           /* single documents answered by a request-level 400 in a row */
#define PAUSE_MIN_MS   200
#define PAUSE_MAX_MS   10000  /* for a server that is away there is the breaker */
#define RETRY_AFTER_MS 300000 /* at most: a mistaken header must not stop us for a day */

#define STUCK_ATTEMPTS 3
#define PLACE_MS       500 /* waited for a place among the requests under way */

struct elastic {
    struct sink base;
    const struct sink_context *context;
    const struct elasticsearch_config *config;
    struct elastic_bulk bulk;
    struct index_blocks *blocks;
    struct backoff backoff;
    size_t request_max; /* bytes, between REQUEST_MIN and what is configured */
    unsigned bad_row;
    struct concurrency own_concurrency; /* when the context has none */
    struct index_blocks own_blocks;
};

/* One call of write(). */
struct attempt {
    struct elastic *es;
    struct elastic_settle settle;
    int64_t wait_ms;    /* asked for by Retry-After or the breaker */
    int64_t blocked_ms; /* until an index that takes nothing may be tried; 0: none waits */
    bool held;          /* the breaker did not let us, or too much is under way */
    bool failed;        /* a request as a whole */
    bool stopped;       /* no further request in this attempt */
    struct slice index; /* of the entry before */
    bool index_allowed;
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
    attempt->failed = true;
    stop(attempt, 0);
}

static void fail(struct attempt *attempt, const char *why)
{
    elastic_settle_problem(&attempt->settle, why);
    elastic_report_failure(attempt->es->context->breaker, clock_mono_ms(), why);
    attempt->failed = true;
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
    if (max < REQUEST_MIN)
        max = REQUEST_MIN;
    if (max < es->request_max)
        es->request_max = max;
}

static size_t request_ceiling(const struct elastic *es)
{
    return es->config->bulk_max_bytes ? es->config->bulk_max_bytes : REQUEST_MAX;
}

static void grow(struct elastic *es)
{
    es->request_max += es->request_max / 32;
    if (es->request_max > request_ceiling(es))
        es->request_max = request_ceiling(es);
}

/* What the verdicts of a request's documents say of Elasticsearch as a whole. */
static void report_items(struct attempt *attempt, const size_t counts[VERDICT_COUNT], size_t count)
{
    size_t busy = counts[VERDICT_OVERLOADED] + counts[VERDICT_UNAVAILABLE];
    size_t of_index =
        counts[VERDICT_BLOCKED] + counts[VERDICT_NO_INDEX] + counts[VERDICT_NO_SHARDS];
    char why[sizeof(attempt->settle.problem.text)];

    snprintf(why, sizeof(why), "Elasticsearch at '%.100s' takes no documents: %.300s",
             attempt->es->bulk.link.node, attempt->settle.problem.text);
    if (attempt->settle.over_quota) {
        report_flood(attempt);
    } else if (counts[VERDICT_DENIED]) {
        trip(attempt, why);
    } else if (busy && busy + of_index == count) {
        fail(attempt, why);
        stop(attempt, attempt->es->bulk.link.answer.retry_after_ms);
    } else {
        succeed(attempt);
        if (counts[VERDICT_OVERLOADED]) {
            shrink(attempt->es, attempt->es->request_max / 2);
            stop(attempt, attempt->es->bulk.link.answer.retry_after_ms);
        }
    }
}

static void settle_items(struct attempt *attempt, size_t lo, size_t hi)
{
    size_t counts[VERDICT_COUNT];

    attempt->es->bad_row = 0;
    grow(attempt->es);
    elastic_settle_items(&attempt->settle, attempt->es->bulk.body.items + lo, hi - lo, counts);
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
    elastic_error_text(buf_slice(&attempt->es->bulk.link.answer.body), true, detail,
                       sizeof(detail));
    elastic_settle_bad(&attempt->settle, entry, detail);
    if (attempt->settle.over_quota)
        report_flood(attempt);
    else
        succeed(attempt);
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
    struct batch_entry *entry = es->bulk.body.items[lo].entry;
    bool too_large = verdict == VERDICT_TOO_LARGE;

    if (hi - lo > 1) {
        if (too_large)
            shrink(es, elastic_body_part(&es->bulk.body, lo, hi).len / 2);
        send_halves(attempt, lo, hi);
    } else if (too_large) {
        elastic_settle_too_large(&attempt->settle, entry, why);
        succeed(attempt);
    } else {
        settle_bad(attempt, entry, why);
    }
}

static void hold(struct attempt *attempt, const char *why, int64_t wait_ms)
{
    elastic_settle_problem(&attempt->settle, why);
    attempt->held = true;
    stop(attempt, wait_ms);
}

/* True: a request may be sent, and has its place among those that are under way. */
static bool may_send(struct attempt *attempt)
{
    struct concurrency *concurrency = attempt->es->bulk.concurrency;
    int64_t wait_ms = 0;

    if (!concurrency_enter(concurrency, PLACE_MS)) {
        hold(attempt, "", 1);
        return false;
    }
    elastic_report_concurrency(concurrency);
    if (elastic_report_allow(attempt->es->context->breaker, clock_mono_ms(), &wait_ms))
        return true;
    concurrency_leave(concurrency, CONCURRENCY_NONE, 0, 0, 0);
    hold(attempt, "writing to Elasticsearch is held", wait_ms);
    return false;
}

/* Sends the documents lo to hi - 1 and settles them, in parts when the whole is not taken. */
static void send_part(struct attempt *attempt, size_t lo, size_t hi)
{
    struct elastic *es = attempt->es;
    struct error why = {0};
    enum elastic_verdict verdict;

    if (attempt->stopped || !may_send(attempt))
        return;
    verdict = elastic_bulk_send(&es->bulk, lo, hi, &why);
    elastic_report_concurrency(es->bulk.concurrency);
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
    stop(attempt, es->bulk.link.answer.retry_after_ms);
}

static void no_memory(struct attempt *attempt)
{
    elastic_settle_problem(&attempt->settle, "out of memory");
    stop(attempt, 0);
}

/* May something be sent to the index of `entry`? If not, it waits. */
static bool index_is_open(struct attempt *attempt, const struct batch_entry *entry)
{
    char why[sizeof(attempt->es->blocks->slots[0].why)];
    int64_t wait_ms = 0;

    if (!attempt->index.data || entry->index.data != attempt->index.data) {
        attempt->index = entry->index;
        attempt->index_allowed = index_blocks_allow(attempt->es->blocks, entry->index, attempt->es,
                                                    clock_mono_ms(), &wait_ms, why);
        if (!attempt->index_allowed) {
            elastic_settle_problem(&attempt->settle, why);
            if (!attempt->blocked_ms || wait_ms < attempt->blocked_ms)
                attempt->blocked_ms = wait_ms;
        }
    }
    attempt->settle.blocked += !attempt->index_allowed;
    return attempt->index_allowed;
}

/* Makes a request of pending entries from `next` on; returns where the next one begins. */
static size_t build(struct attempt *attempt, size_t next)
{
    struct elastic *es = attempt->es;
    struct batch *batch = attempt->settle.batch;

    elastic_body_clear(&es->bulk.body);
    attempt->index = (struct slice){NULL, 0}; /* the last request may have changed what is open */
    for (; next < batch->count; next++) {
        struct batch_entry *entry = &batch->entries[next];
        enum status status;

        if (entry->outcome != OUTCOME_PENDING || elastic_settle_unfit(&attempt->settle, entry) ||
            !index_is_open(attempt, entry))
            continue;
        status = elastic_body_add(&es->bulk.body, entry, es->request_max);
        if (status == FATAL && es->bulk.body.count == 0)
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
    if (attempt->blocked_ms && pending == attempt->settle.blocked)
        return attempt->blocked_ms;
    if (!attempt->stopped && pending == attempt->settle.degraded)
        return 0;
    pause_ms = backoff_next_ms(&es->backoff);
    return pause_ms > attempt->wait_ms ? pause_ms : attempt->wait_ms;
}

/* Documents that were refused for load one by one have been so for some time. */
static bool is_refused_long(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].outcome == OUTCOME_PENDING &&
            batch->entries[i].attempts >= STUCK_ATTEMPTS)
            return true;
    return false;
}

/*
 * Does what is left wait for something of its own, while Elasticsearch takes other documents? A
 * server that takes none at all is not to be offered more and more of them.
 */
static bool is_stuck(const struct attempt *attempt, size_t pending)
{
    const struct elastic_settle *settle = &attempt->settle;

    if (attempt->held || attempt->failed || pending != settle->blocked + settle->overloaded)
        return false;
    return settle->overloaded == 0 || (settle->tally.created && is_refused_long(settle->batch));
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
    settle->batch->stuck = is_stuck(attempt, pending);
    if (settle->problem.status && !settle->problem.text[0]) /* others are at it: nothing to say */
        return error_set(err, RETRY, "%s", "");
    elastic_settle_problem(settle, "the mapping refuses them, they go again in a reduced form");
    return error_set(err, RETRY, "%zu of %zu documents are not stored yet: %s", pending,
                     settle->batch->count, settle->problem.text);
}

/* Addresses, credentials, certificates: as they are now. */
static void follow_reach(struct elastic *es)
{
    const struct elasticsearch_config *now =
        es->context->reach ? atomic_load(es->context->reach) : NULL;
    struct error err;

    if (now && now != es->bulk.config && elastic_bulk_reach(&es->bulk, now, &err))
        log_error("the new configuration of Elasticsearch is not used: %s", err.text);
}

static enum status elastic_write(struct sink *sink, struct batch *batch, int64_t *pause_ms,
                                 struct error *err)
{
    struct elastic *es = (struct elastic *)sink;
    struct attempt attempt = {
        .es = es, .settle = {.context = es->context, .batch = batch, .blocks = es->blocks}};

    follow_reach(es);
    if (!elastic_body_start(&es->bulk.body, batch->count))
        no_memory(&attempt);
    for (size_t next = 0; next < batch->count && !attempt.stopped;) {
        next = build(&attempt, next);
        if (attempt.settle.over_quota)
            report_flood(&attempt);
        else if (es->bulk.body.count)
            send_part(&attempt, 0, es->bulk.body.count);
    }
    elastic_body_clear(&es->bulk.body);
    index_blocks_leave(es->blocks, es);
    elastic_report_blocks(es->blocks);
    return conclude(&attempt, pause_ms, err);
}

static enum status elastic_prepare(struct sink *sink, struct error *err)
{
    struct elastic *es = (struct elastic *)sink;
    struct error why;
    enum status status;

    follow_reach(es);
    status = elastic_template_ensure(&es->bulk.link, es->config, &why);
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
    elastic_bulk_release(&es->bulk);
    concurrency_release(&es->own_concurrency);
    index_blocks_release(&es->own_blocks);
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
    es->request_max = request_ceiling(es);
    concurrency_init(&es->own_concurrency, es->config->max_in_flight);
    index_blocks_init(&es->own_blocks);
    es->blocks = context->blocks ? context->blocks : &es->own_blocks;
    backoff_init(&es->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
    elastic_report_setup();
    status = elastic_bulk_init(&es->bulk, es->config,
                               context->concurrency ? context->concurrency : &es->own_concurrency,
                               context->hurry, err);
    es->bulk.body.replace = context->replace;
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
