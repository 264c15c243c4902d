/*
 * elastic_report.c - what the sinks of all workers tell the process.
 */
#include "indexer/sink/elastic_report.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/sink/concurrency.h"
#include "indexer/sink/index_blocks.h"

#define MINUTE_MS 60000

/* NULL: no error. */
static const char *const error_labels[VERDICT_COUNT] = {
    [VERDICT_OVERLOADED] = "class=\"overloaded\"",
    [VERDICT_UNAVAILABLE] = "class=\"unavailable\"",
    [VERDICT_NO_SHARDS] = "class=\"no_shards\"",
    [VERDICT_BLOCKED] = "class=\"index_blocked\"",
    [VERDICT_NO_INDEX] = "class=\"no_index\"",
    [VERDICT_GARBLED] = "class=\"garbled_answer\"",
    [VERDICT_DENIED] = "class=\"auth\"",
    [VERDICT_ENDPOINT] = "class=\"endpoint\"",
    [VERDICT_FLOOD] = "class=\"dlq_flood\"",
    [VERDICT_TOO_LARGE] = "class=\"too_large\"",
    [VERDICT_BAD_REQUEST] = "class=\"bad_request\"",
    [VERDICT_MAPPING] = "class=\"mapping\"",
    [VERDICT_REJECTED] = "class=\"rejected\"",
};

enum result { RESULT_OK, RESULT_RETRY, RESULT_HELD, RESULT_SPLIT, RESULT_COUNT };

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static struct metric *errors[VERDICT_COUNT];
static struct metric *requests[RESULT_COUNT], *request_seconds, *breaker_gauge;
static struct metric *created, *duplicate, *retried, *refused;
static struct metric *blocked_indices, *concurrent, *in_flight;
static struct health_condition *condition, *indices_condition;
static atomic_bool is_held; /* the breaker has opened, and no success since */
static atomic_bool is_away; /* the condition "elasticsearch" is not met */

static void met(void)
{
    atomic_store(&is_away, false);
    health_met(condition);
}

static void unmet(const char *why)
{
    atomic_store(&is_away, true);
    health_unmet(condition, "%s", why);
}

static struct metric *document_counter(const char *labels)
{
    return metrics_counter("indexer_bulk_documents_total", labels,
                           "Documents sent to Elasticsearch, by what became of them.");
}

static void setup_requests(void)
{
    static const char *const labels[RESULT_COUNT] = {
        [RESULT_OK] = "result=\"ok\"",
        [RESULT_RETRY] = "result=\"retry\"",
        [RESULT_HELD] = "result=\"held\"",
        [RESULT_SPLIT] = "result=\"split\"",
    };
    static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                    1,     2.5,  5,     10,   30,  60};

    for (size_t i = 0; i < RESULT_COUNT; i++)
        requests[i] = metrics_counter("indexer_elasticsearch_requests_total", labels[i],
                                      "Bulk requests to Elasticsearch.");
    request_seconds =
        metrics_histogram("indexer_elasticsearch_request_seconds", NULL,
                          "Duration of bulk requests to Elasticsearch.", bounds, ARRAY_LEN(bounds));
}

static void setup(void)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        if (error_labels[i])
            errors[i] = metrics_counter(
                "elasticsearch_errors_total", error_labels[i],
                "Errors of Elasticsearch: of whole requests, and of single documents.");
    setup_requests();
    created = document_counter("result=\"created\"");
    duplicate = document_counter("result=\"duplicate\"");
    retried = document_counter("result=\"retried\"");
    refused = document_counter("result=\"refused\"");
    breaker_gauge = metrics_gauge("indexer_elasticsearch_breaker_state", NULL,
                                  "0 closed, 1 half-open, 2 open: nothing is written.");
    blocked_indices = metrics_gauge("indexer_elasticsearch_blocked_indices", NULL,
                                    "Indices that take no documents while others do.");
    concurrent = metrics_gauge("indexer_elasticsearch_concurrency_limit", NULL,
                               "Bulk requests that may be under way at once.");
    in_flight =
        metrics_gauge("indexer_elasticsearch_requests_in_flight", NULL, "Bulk requests under way.");
    condition = health_condition_add("elasticsearch");
    indices_condition = health_condition_add("elasticsearch indices");
    health_met(indices_condition);
}

void elastic_report_setup(void)
{
    pthread_once(&setup_once, setup);
}

static enum breaker_state publish(struct breaker *breaker)
{
    enum breaker_state state = breaker_state(breaker);

    metric_set(breaker_gauge, (double)state);
    return state;
}

bool elastic_report_allow(struct breaker *breaker, int64_t now_ms, int64_t *wait_ms)
{
    bool allowed = breaker_allow(breaker, now_ms, wait_ms);

    publish(breaker);
    return allowed;
}

void elastic_report_success(struct breaker *breaker, int64_t now_ms)
{
    breaker_success(breaker, now_ms);
    if (publish(breaker) != BREAKER_CLOSED)
        return;
    met();
    if (atomic_exchange(&is_held, false))
        log_info("Elasticsearch takes documents again");
}

static void after_failure(struct breaker *breaker, enum breaker_state before, const char *why)
{
    if (publish(breaker) != BREAKER_OPEN)
        return;
    unmet(why);
    if (before == BREAKER_OPEN)
        return;
    atomic_store(&is_held, true);
    log_error("%s; writing is held and tried again by itself", why);
}

void elastic_report_failure(struct breaker *breaker, int64_t now_ms, const char *why)
{
    enum breaker_state before = breaker_state(breaker);

    breaker_failure(breaker, now_ms);
    after_failure(breaker, before, why);
}

void elastic_report_trip(struct breaker *breaker, int64_t now_ms, const char *why)
{
    enum breaker_state before = breaker_state(breaker);

    breaker_trip(breaker, now_ms);
    after_failure(breaker, before, why);
}

void elastic_report_blocks(struct index_blocks *blocks)
{
    char why[sizeof(blocks->slots[0].why)] = "";
    unsigned count = index_blocks_count(blocks, why);

    metric_set(blocked_indices, count);
    if (count == 0)
        health_met(indices_condition);
    else
        health_unmet(indices_condition, "%s (%u indices take no documents)", why, count);
}

void elastic_report_concurrency(struct concurrency *concurrency)
{
    metric_set(concurrent, concurrency_limit(concurrency));
    metric_set(in_flight, concurrency_in_flight(concurrency));
}

void elastic_report_ready(void)
{
    met();
}

void elastic_report_not_ready(const char *why)
{
    unmet(why);
}

bool elastic_report_is_away(void)
{
    return atomic_load(&is_away);
}

static enum result result_of(enum elastic_verdict verdict)
{
    switch (verdict) {
    case VERDICT_STORED:
        return RESULT_OK;
    case VERDICT_DENIED:
    case VERDICT_ENDPOINT:
        return RESULT_HELD;
    case VERDICT_TOO_LARGE:
    case VERDICT_BAD_REQUEST:
        return RESULT_SPLIT;
    default:
        return RESULT_RETRY;
    }
}

void elastic_count_request(enum elastic_verdict verdict, double seconds)
{
    metric_add(requests[result_of(verdict)], 1);
    metric_observe(request_seconds, seconds);
    if (errors[verdict])
        metric_add(errors[verdict], 1);
}

void elastic_count_items(const size_t counts[VERDICT_COUNT])
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        if (errors[i] && counts[i])
            metric_add(errors[i], counts[i]);
}

void elastic_count_documents(const struct elastic_tally *tally)
{
    metric_add(created, tally->created);
    metric_add(duplicate, tally->duplicate);
    metric_add(retried, tally->retried);
    metric_add(refused, tally->refused);
}

bool elastic_quota_take(struct elastic_quota *quota, uint32_t limit, int64_t now_ms)
{
    uint64_t minute = (uint64_t)(now_ms / MINUTE_MS) & UINT32_MAX;
    uint64_t old = atomic_load(&quota->window), next;

    do {
        next = old >> 32 == minute ? old + 1 : (minute << 32) + 1;
        if (limit && (next & UINT32_MAX) > limit)
            return false;
    } while (!atomic_compare_exchange_weak(&quota->window, &old, next));
    return true;
}
