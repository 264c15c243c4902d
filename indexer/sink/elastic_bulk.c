/*
 * elastic_bulk.c - one bulk request: sends part of a body, reads its verdicts.
 */
#include "indexer/sink/elastic_bulk.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_report.h"

#define NO_ANSWER_MS  1000 /* without one for so long is a time-out, sooner a refused connection */
#define SHARDS_PART   3    /* of our own time-out: what Elasticsearch may wait for its shards */
#define SHARDS_MIN_MS 500
#define SHARDS_MAX_MS 20000

/* Nothing but what is read is to be sent back. */
#define ANSWER                                                                                     \
    "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*._id"

/* With its own default, 1 minute, one lost shard would cost us the whole answer. */
static void make_path(struct elastic_bulk *bulk)
{
    uint64_t shards_ms = bulk->config->timeout_ms / SHARDS_PART;

    if (shards_ms < SHARDS_MIN_MS)
        shards_ms = SHARDS_MIN_MS;
    if (shards_ms > SHARDS_MAX_MS)
        shards_ms = SHARDS_MAX_MS;
    snprintf(bulk->path, sizeof(bulk->path), "/_bulk?" ANSWER "&timeout=%" PRIu64 "ms", shards_ms);
}

enum status elastic_bulk_init(struct elastic_bulk *bulk, const struct elasticsearch_config *config,
                              struct concurrency *concurrency, const atomic_bool *hurry,
                              struct error *err)
{
    *bulk = (struct elastic_bulk){.config = config, .concurrency = concurrency, .hurry = hurry};
    elastic_body_init(&bulk->body);
    make_path(bulk);
    if (elastic_link_init(&bulk->link, config, err))
        return err->status;
    elastic_link_give_up_when(&bulk->link, hurry);
    return OK;
}

enum status elastic_bulk_reach(struct elastic_bulk *bulk, const struct elasticsearch_config *config,
                               struct error *err)
{
    struct elastic_link link;

    if (elastic_link_init(&link, config, err)) {
        elastic_link_release(&link);
        return err->status;
    }
    elastic_link_give_up_when(&link, bulk->hurry);
    elastic_link_release(&bulk->link);
    bulk->link = link;
    bulk->config = config;
    make_path(bulk);
    return OK;
}

void elastic_bulk_release(struct elastic_bulk *bulk)
{
    elastic_link_release(&bulk->link);
    elastic_body_release(&bulk->body);
}

/* Why a request as a whole was not taken. */
static void explain(const struct elastic_bulk *bulk, enum elastic_verdict verdict,
                    struct error *why)
{
    const struct http_answer *answer = &bulk->link.answer;
    bool with_reason = verdict == VERDICT_DENIED || verdict == VERDICT_ENDPOINT;
    char text[160], said[200] = "";

    elastic_error_text(buf_slice(&answer->body), with_reason, text, sizeof(text));
    if (*text || *answer->content_type)
        snprintf(said, sizeof(said), " %s", *text ? text : answer->content_type);
    if (verdict == VERDICT_DENIED)
        error_set(why, RETRY,
                  "Elasticsearch at '%s' lets us write nothing: HTTP %ld%s; check "
                  "elasticsearch.username and password or api_key, and the rights on '%s-*'",
                  bulk->link.node, answer->code, said, bulk->config->index_prefix);
    else if (verdict == VERDICT_ENDPOINT)
        error_set(why, RETRY,
                  "'%s' does not answer like Elasticsearch: HTTP %ld%s; check "
                  "elasticsearch.urls and what stands in between",
                  bulk->link.node, answer->code, said);
    else
        error_set(why, RETRY, "'%s' answered HTTP %ld%s", bulk->link.node, answer->code, said);
}

static enum elastic_verdict request(struct elastic_bulk *bulk, size_t lo, size_t hi,
                                    struct error *why)
{
    struct elastic_link *link = &bulk->link;
    enum elastic_verdict verdict;

    switch (elastic_link_request(link, "POST", bulk->path, "application/x-ndjson",
                                 elastic_body_part(&bulk->body, lo, hi), why)) {
    case OK:
        break;
    case FATAL:
        return VERDICT_ENDPOINT;
    default:
        return VERDICT_UNAVAILABLE;
    }
    verdict = elastic_request_verdict(&link->answer);
    if (verdict != VERDICT_STORED) {
        explain(bulk, verdict, why);
        return verdict;
    }
    if (elastic_read_items(buf_slice(&link->answer.body), bulk->body.items + lo, hi - lo, why)) {
        error_prefix(why, "the answer of '%s' cannot be used", link->node);
        return VERDICT_GARBLED;
    }
    return VERDICT_STORED;
}

static void count_attempts(struct elastic_bulk *bulk, size_t lo, size_t hi)
{
    for (size_t i = lo; i < hi; i++) {
        struct batch_entry *entry = bulk->body.items[i].entry;

        if (entry->attempts < UINT16_MAX)
            entry->attempts++;
    }
}

static bool refused_for_load(const struct elastic_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].status == 429 && elastic_item_verdict(&items[i]) == VERDICT_OVERLOADED)
            return true;
    return false;
}

static enum concurrency_result load_of(const struct elastic_bulk *bulk, size_t lo, size_t hi,
                                       enum elastic_verdict verdict, int64_t duration_ns)
{
    switch (verdict) {
    case VERDICT_STORED:
        return refused_for_load(bulk->body.items + lo, hi - lo) ? CONCURRENCY_BUSY
                                                                : CONCURRENCY_GOOD;
    case VERDICT_OVERLOADED:
        return CONCURRENCY_BUSY;
    case VERDICT_UNAVAILABLE:
        return bulk->link.answer.code == 503 || duration_ns >= NO_ANSWER_MS * INT64_C(1000000)
                   ? CONCURRENCY_BUSY
                   : CONCURRENCY_NONE;
    default:
        return CONCURRENCY_NONE;
    }
}

enum elastic_verdict elastic_bulk_send(struct elastic_bulk *bulk, size_t lo, size_t hi,
                                       struct error *why)
{
    int64_t begin_ns = clock_mono_ns(), end_ns;
    enum elastic_verdict verdict;

    count_attempts(bulk, lo, hi);
    verdict = request(bulk, lo, hi, why);
    end_ns = clock_mono_ns();
    concurrency_leave(bulk->concurrency, load_of(bulk, lo, hi, verdict, end_ns - begin_ns),
                      elastic_body_part(&bulk->body, lo, hi).len, end_ns - begin_ns, end_ns);
    elastic_count_request(verdict, (double)(end_ns - begin_ns) / 1e9);
    return verdict;
}
