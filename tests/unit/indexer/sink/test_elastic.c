/*
 * test_elastic.c - the sink against a scripted Elasticsearch: every row of the
 * tables of answers, for whole requests and for single documents.
 */
#include "indexer/sink/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/sink/concurrency.h"
#include "indexer/sink/index_blocks.h"
#include "tests/unit/indexer/sink/scripted_server.h"

#define INDEX "logs-apache.access-2026.11.21"
#define OTHER "logs-nginx.error-2026.11.21"

/* --- the scripted Elasticsearch --- */

struct reply { /* to one whole request; code 0 = as the documents deserve */
    int code;
    const char *type, *headers, *body;
    bool drop; /* closes the connection, after `body` as it is */
};

struct rule { /* for one document */
    const char *id;
    int status;
    const char *error; /* type, or the whole error object */
};

static struct {
    const struct reply *replies; /* to the first requests */
    size_t reply_count;
    const struct rule *rules;
    size_t rule_count;
    size_t bytes_max;    /* 413 for what is larger; 0 = no limit */
    const char *spoiled; /* 400 for a request that contains this */
} script;

static struct server server;

static const struct rule *rule_for(struct slice id)
{
    for (size_t i = 0; i < script.rule_count; i++)
        if (slice_is(id, script.rules[i].id))
            return &script.rules[i];
    return NULL;
}

static void add_item(struct buf *out, struct slice id)
{
    const struct rule *rule = rule_for(id);

    buf_addf(out, "{\"create\":{\"_id\":\"%.*s\",\"status\":%d", SLICE_FMT(id),
             rule ? rule->status : 201);
    if (rule && rule->error && *rule->error == '{')
        buf_addf(out, ",\"error\":%s", rule->error);
    else if (rule && rule->error)
        buf_addf(out, ",\"error\":{\"type\":\"%s\",\"reason\":\"because\"}", rule->error);
    buf_add_text(out, "}},");
}

static void add_items(struct buf *out, const struct request *request)
{
    const char *p = request->body;
    static const char action[] = "{\"create\":{\"_index\":\"", name[] = "\",\"_id\":\"";

    buf_add_text(out, "{\"errors\":true,\"items\":[");
    while (strncmp(p, action, strlen(action)) == 0) {
        const char *id = strstr(p, name) + strlen(name);

        add_item(out, (struct slice){id, strcspn(id, "\"")});
        p = strchr(p, '\n') + 1; /* the action */
        p = strchr(p, '\n') + 1; /* the document */
    }
    if (*p)
        buf_add_text(out, "not a bulk of ours");
    out->len--; /* the last comma */
    buf_add_text(out, "]}");
}

static bool answer(struct server *from, const struct request *request, struct buf *out)
{
    size_t n = from->request_count - 1;
    static const struct reply usual = {0};
    const struct reply *reply = n < script.reply_count ? &script.replies[n] : &usual;
    struct buf items = BUF_INIT(SERVER_BYTES_MAX);

    if (reply->drop) {
        buf_add_text(out, reply->body ? reply->body : "");
        return false;
    }
    if (reply->code) {
        server_reply(out, reply->code, reply->type ? reply->type : "application/json",
                     reply->headers ? reply->headers : "",
                     slice_of(reply->body ? reply->body : "{}"));
    } else if (script.bytes_max && request->body_bytes > script.bytes_max) {
        server_reply(out, 413, "text/html", "", SLICE("<html>too large</html>"));
    } else if (script.spoiled && strstr(request->body, script.spoiled)) {
        server_reply(out, 400, "application/json", "",
                     SLICE("{\"error\":{\"type\":\"illegal_argument_exception\","
                           "\"reason\":\"Malformed\"},\"status\":400}"));
    } else {
        add_items(&items, request);
        server_reply(out, 200, "application/json", "", buf_slice(&items));
    }
    buf_release(&items);
    return true;
}

/* --- what each test begins with --- */

static struct indexer_config config;
static struct breaker breaker;
static struct concurrency concurrency;
static struct index_blocks blocks;
static _Atomic(const struct elasticsearch_config *) reach;
static struct sink_context context;
static struct sink *sink;
static struct batch *batch;
static struct error err;
static int64_t pause_ms;
static unsigned degrade_calls;

static bool degrade(struct batch_entry *entry, struct arena *arena, void *arg)
{
    struct slice reduced = SLICE("{\"reduced\":true}");

    assert_ptr_equal(arg, &config);
    degrade_calls++;
    entry->document = arena_copy(arena, reduced);
    return entry->document.data;
}

static int start(void **state)
{
    static char *urls[2];

    (void)state;
    memset(&script, 0, sizeof(script));
    server_start(&server, answer, NULL);
    urls[0] = server.url;
    config = (struct indexer_config){0};
    config.elasticsearch.urls = urls;
    config.elasticsearch.url_count = 1;
    config.elasticsearch.index_prefix = (char *)(uintptr_t) "logs";
    config.elasticsearch.timeout_ms = 5000;
    breaker_init(&breaker, &(struct breaker_options){.failures_in_row = 3, .pause_ms = 60000});
    concurrency_init(&concurrency, 4);
    index_blocks_init(&blocks);
    atomic_store(&reach, NULL);
    context = (struct sink_context){.config = &config,
                                    .breaker = &breaker,
                                    .concurrency = &concurrency,
                                    .blocks = &blocks,
                                    .reach = &reach,
                                    .degrade = degrade,
                                    .arg = &config};
    degrade_calls = 0;
    assert_int_equal(sink_elastic.open(&context, &sink, &err), OK);
    assert_int_equal(batch_open(4000, &batch, &err), OK);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sink_elastic.close(sink);
    batch_close(batch);
    server_stop(&server);
    breaker_release(&breaker);
    assert_int_equal(concurrency_in_flight(&concurrency), 0);
    concurrency_release(&concurrency);
    index_blocks_release(&blocks);
    return 0;
}

static struct batch_entry *add_document(const char *id, struct slice document)
{
    struct batch_entry *entry;

    assert_true(batch_add_payload(batch, SLICE("original")));
    entry = &batch->entries[batch->count - 1];
    entry->id = arena_copy(&batch->arena, slice_of(id));
    entry->index = SLICE(INDEX);
    entry->document = document;
    return entry;
}

/* Documents "0", "1", … */
static void add_documents(size_t count)
{
    char id[24];

    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%zu", i);
        add_document(id, SLICE("{\"message\":\"x\"}"));
    }
}

#define SCRIPT_REPLIES(...)                                                                        \
    do {                                                                                           \
        static const struct reply replies_[] = {__VA_ARGS__};                                      \
        script.replies = replies_;                                                                 \
        script.reply_count = ARRAY_LEN(replies_);                                                  \
    } while (0)

#define SCRIPT_RULES(...)                                                                          \
    do {                                                                                           \
        static const struct rule rules_[] = {__VA_ARGS__};                                         \
        script.rules = rules_;                                                                     \
        script.rule_count = ARRAY_LEN(rules_);                                                     \
    } while (0)

static void expect_write(enum status expected)
{
    enum status status;

    pause_ms = -1;
    err = (struct error){0};
    server_sync(&server);
    status = sink_elastic.write(sink, batch, &pause_ms, &err);
    server_sync(&server);
    if (status != expected)
        fail_msg("write: %d instead of %d: %s", (int)status, (int)expected, err.text);
    assert_true(pause_ms >= 0);
}

/* The pauses of indices that take nothing are over. */
static void end_index_pauses(void)
{
    for (size_t i = 0; i < INDEX_BLOCKS_MAX; i++)
        blocks.slots[i].until_ms = 0;
}

static unsigned blocked_count(void)
{
    char why[240];

    return index_blocks_count(&blocks, why);
}

static void expect_all(enum outcome outcome)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].outcome != outcome)
            fail_msg("document %zu is %s", i, outcome_names[batch->entries[i].outcome]);
}

static void expect_refused(size_t i, enum reason reason, int status)
{
    const struct batch_entry *entry = &batch->entries[i];

    assert_string_equal(outcome_names[entry->outcome], "refused");
    assert_string_equal(reason_names[entry->reason], reason_names[reason]);
    assert_int_equal(entry->status, status);
    assert_non_null(entry->detail);
}

static void expect_breaker(enum breaker_state state)
{
    assert_string_equal(breaker_state_name(breaker_state(&breaker)), breaker_state_name(state));
}

static bool is_ready(void)
{
    struct buf json = BUF_INIT(4096);
    bool ready = health_ready(&json);

    buf_release(&json);
    return ready;
}

static double errors_of(const char *label)
{
    return metric_value(metrics_counter("elasticsearch_errors_total", label, ""));
}

static const char *body_of_request(size_t i)
{
    assert_true(i < server.request_count);
    return server.requests[i].body;
}

static void expect_body_begins(size_t i, const char *text)
{
    assert_int_equal(strncmp(body_of_request(i), text, strlen(text)), 0);
}

/* --- the usual case --- */

static void documents_are_created_by_id(void **state)
{
    (void)state;
    add_documents(3);
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
    assert_int_equal(server.request_count, 1);
    assert_non_null(strstr(server.requests[0].head, "POST /_bulk?filter_path="));
    assert_non_null(strstr(server.requests[0].head, "application/x-ndjson"));
    expect_body_begins(0, "{\"create\":{\"_index\":\"" INDEX "\",\"_id\":\"0\"}}\n"
                          "{\"message\":\"x\"}\n{\"create\"");
    assert_int_equal(batch->entries[0].status, 201);
}

static void settled_documents_are_not_sent(void **state)
{
    (void)state;
    add_documents(3);
    batch->entries[0].outcome = OUTCOME_DUPLICATE;
    batch->entries[2].outcome = OUTCOME_REFUSED;
    expect_write(OK);
    assert_null(strstr(body_of_request(0), "\"_id\":\"0\""));
    assert_null(strstr(body_of_request(0), "\"_id\":\"2\""));
    assert_int_equal(batch->entries[0].outcome, OUTCOME_DUPLICATE);
    assert_int_equal(batch->entries[2].outcome, OUTCOME_REFUSED);
}

static void without_pending_documents_nothing_is_sent(void **state)
{
    (void)state;
    expect_write(OK);
    add_documents(1);
    batch->entries[0].outcome = OUTCOME_REDELIVERED;
    expect_write(OK);
    assert_int_equal(server.request_count, 0);
}

static void a_connection_is_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        add_documents(2);
        expect_write(OK);
        batch_clear(batch);
    }
    assert_int_equal(server.accepted, 1);
    assert_int_equal(server.request_count, 5);
}

static void a_large_batch_is_several_requests(void **state)
{
    size_t bytes = 3 << 20;
    scoped_free char *document = malloc(bytes);

    (void)state;
    memset(document, 'x', bytes);
    for (int i = 0; i < 5; i++)
        add_document((char[]){(char)('a' + i), 0}, (struct slice){document, bytes});
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
    assert_int_equal(server.request_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(server.requests[i].body_bytes <= 8 << 20);
}

static void one_giant_document_goes_alone(void **state)
{
    size_t bytes = 9 << 20;
    scoped_free char *document = malloc(bytes);

    (void)state;
    memset(document, 'x', bytes);
    add_document("a", SLICE("{}"));
    add_document("b", (struct slice){document, bytes});
    add_document("c", SLICE("{}"));
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
    assert_int_equal(server.request_count, 3);
}

/* --- answers to whole requests --- */

/* One answer that settles nothing and is worth another try. */
static void expect_transient(const struct reply *reply, const char *label)
{
    double before = errors_of(label);

    script.replies = reply;
    script.reply_count = 1;
    add_documents(3);
    expect_write(RETRY);
    expect_all(OUTCOME_PENDING);
    expect_breaker(BREAKER_CLOSED);
    assert_true(pause_ms > 0);
    assert_int_equal((int)(errors_of(label) - before), 1);
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
}

#define TRANSIENT(name, label, ...)                                                                \
    static void name(void **state)                                                                 \
    {                                                                                              \
        static const struct reply reply_ = {__VA_ARGS__};                                          \
        (void)state;                                                                               \
        expect_transient(&reply_, "class=\"" label "\"");                                          \
    }

TRANSIENT(http_408_is_tried_again, "unavailable", .code = 408)
TRANSIENT(http_429_is_tried_again, "overloaded", .code = 429)
TRANSIENT(http_500_is_tried_again, "unavailable", .code = 500)
TRANSIENT(http_502_is_tried_again, "unavailable", .code = 502, .type = "text/html")
TRANSIENT(http_503_is_tried_again, "unavailable", .code = 503)
TRANSIENT(http_504_is_tried_again, "unavailable", .code = 504)
TRANSIENT(a_lost_connection_is_tried_again, "unavailable", .drop = true)
TRANSIENT(a_cut_transfer_is_tried_again, "unavailable", .drop = true,
          .body = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"errors\":false,\"items\":[")
TRANSIENT(an_empty_answer_is_tried_again, "garbled_answer", .code = 200, .body = "")
TRANSIENT(cut_json_is_tried_again, "garbled_answer", .code = 200,
          .body = "{\"errors\":false,\"items\":[{\"create\":{\"_id\":\"0\",\"status\":201}},")
TRANSIENT(too_few_items_are_tried_again, "garbled_answer", .code = 200,
          .body = "{\"errors\":false,\"items\":[{\"create\":{\"_id\":\"0\",\"status\":201}}]}")
TRANSIENT(too_many_items_are_tried_again, "garbled_answer", .code = 200,
          .body = "{\"items\":[{\"create\":{\"_id\":\"0\",\"status\":201}},"
                  "{\"create\":{\"_id\":\"1\",\"status\":201}},"
                  "{\"create\":{\"_id\":\"2\",\"status\":201}},"
                  "{\"create\":{\"_id\":\"3\",\"status\":201}}]}")
TRANSIENT(items_in_another_order_are_tried_again, "garbled_answer", .code = 200,
          .body = "{\"items\":[{\"create\":{\"_id\":\"1\",\"status\":201}},"
                  "{\"create\":{\"_id\":\"0\",\"status\":201}},"
                  "{\"create\":{\"_id\":\"2\",\"status\":201}}]}")
TRANSIENT(json_of_another_service_is_tried_again, "garbled_answer", .code = 200,
          .body = "{\"status\":\"ok\"}")
TRANSIENT(a_block_of_the_whole_cluster_is_tried_again, "index_blocked", .code = 403,
          .body = "{\"error\":{\"type\":\"cluster_block_exception\"},\"status\":403}")

/* One answer after which nothing is sent until somebody has looked. */
static void expect_held(const struct reply *reply, const char *label, const char *mentions)
{
    double before = errors_of(label);

    script.replies = reply;
    script.reply_count = 1;
    add_documents(3);
    expect_write(RETRY);
    expect_all(OUTCOME_PENDING);
    expect_breaker(BREAKER_OPEN);
    assert_false(is_ready());
    assert_non_null(strstr(err.text, server.url));
    assert_non_null(strstr(err.text, mentions));
    assert_int_equal((int)(errors_of(label) - before), 1);
    expect_write(RETRY);
    assert_int_equal(server.request_count, 1);
    assert_true(pause_ms > 50000 && pause_ms <= 60000);
}

#define HELD(name, label, mentions, ...)                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        static const struct reply reply_ = {__VA_ARGS__};                                          \
        (void)state;                                                                               \
        expect_held(&reply_, "class=\"" label "\"", mentions);                                     \
    }

HELD(http_401_holds, "auth", "elasticsearch.username", .code = 401)
HELD(http_403_holds, "auth", "action [bulk] is unauthorized", .code = 403,
     .body = "{\"error\":{\"type\":\"security_exception\",\"reason\":\"action [bulk] is "
             "unauthorized\"}}")
HELD(http_404_holds, "endpoint", "elasticsearch.urls", .code = 404)
HELD(http_405_holds, "endpoint", "Incorrect HTTP method", .code = 405,
     .body = "{\"error\":\"Incorrect HTTP method\",\"status\":405}")
HELD(a_redirect_holds, "endpoint", "HTTP 302", .code = 302,
     .headers = "Location: http://127.0.0.1:1/\r\n")
HELD(a_page_instead_of_json_holds, "endpoint", "text/html", .code = 200, .type = "text/html",
     .body = "<html>Please sign in</html>")
HELD(text_instead_of_json_holds, "endpoint", "HTTP 200", .code = 200, .type = "text/plain",
     .body = "OK")
HELD(a_proxys_400_holds_and_blames_no_document, "endpoint", "HTTP 400", .code = 400,
     .type = "text/html", .body = "<html>The plain HTTP request was sent to HTTPS port</html>")

static void retry_after_is_honoured_within_reason(void **state)
{
    (void)state;
    SCRIPT_REPLIES({.code = 429, .headers = "Retry-After: 7\r\n"},
                   {.code = 503, .headers = "Retry-After: 86400\r\n"});
    add_documents(1);
    expect_write(RETRY);
    assert_true(pause_ms >= 7000 && pause_ms < 8000);
    expect_write(RETRY);
    assert_int_equal(pause_ms, 300000);
}

static void pauses_grow_and_begin_anew_after_a_success(void **state)
{
    (void)state;
    breaker_release(&breaker);
    breaker_init(&breaker, &(struct breaker_options){.failures_in_row = 100});
    SCRIPT_REPLIES({.code = 429}, {.code = 429}, {.code = 429}, {.code = 429}, {.code = 429}, {0},
                   {.code = 429});
    add_documents(1);
    for (int64_t ceiling_ms = 200; ceiling_ms <= 3200; ceiling_ms *= 2) {
        expect_write(RETRY);
        assert_true(pause_ms >= ceiling_ms / 2 && pause_ms <= ceiling_ms);
    }
    expect_write(OK);
    batch->entries[0].outcome = OUTCOME_PENDING;
    expect_write(RETRY);
    assert_true(pause_ms <= 200);
}

static void failures_in_a_row_open_the_breaker(void **state)
{
    (void)state;
    SCRIPT_REPLIES({.code = 503}, {.code = 502}, {.code = 429});
    add_documents(1);
    expect_write(RETRY);
    expect_write(RETRY);
    expect_breaker(BREAKER_CLOSED);
    expect_write(RETRY);
    expect_breaker(BREAKER_OPEN);
    assert_false(is_ready());
    expect_write(RETRY);
    assert_int_equal(server.request_count, 3);
    assert_int_equal(batch->entries[0].attempts, 3);
    expect_all(OUTCOME_PENDING);
}

static void a_good_probe_closes_the_breaker(void **state)
{
    (void)state;
    breaker_release(&breaker);
    breaker_init(&breaker, &(struct breaker_options){.pause_ms = 1});
    SCRIPT_REPLIES({.code = 401}, {.code = 401});
    add_documents(1);
    expect_write(RETRY);
    expect_breaker(BREAKER_OPEN);
    while (batch_pending(batch)) /* each call asks the breaker; its pauses are milliseconds */
        sink_elastic.write(sink, batch, &pause_ms, &err);
    server_sync(&server);
    assert_int_equal(server.request_count, 3);
    expect_all(OUTCOME_INDEXED);
    expect_breaker(BREAKER_CLOSED);
    assert_true(is_ready());
}

static void nobody_there_is_tried_again(void **state)
{
    static char dead[] = "http://127.0.0.1:1";
    struct sink *lonely;

    (void)state;
    config.elasticsearch.urls = (char *[]){dead};
    assert_int_equal(sink_elastic.open(&context, &lonely, &err), OK);
    add_documents(1);
    assert_int_equal(sink_elastic.write(lonely, batch, &pause_ms, &err), RETRY);
    assert_non_null(strstr(err.text, dead));
    expect_all(OUTCOME_PENDING);
    sink_elastic.close(lonely);
}

/* --- 413 --- */

static void http_413_splits_until_it_fits(void **state)
{
    (void)state;
    add_documents(100);
    script.bytes_max = 700; /* about ten documents */
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
    assert_true(server.request_count < 40);
    expect_breaker(BREAKER_CLOSED);
}

static void one_document_too_large_is_refused_and_the_others_stored(void **state)
{
    char large[2000];

    (void)state;
    memset(large, 'x', sizeof(large));
    add_documents(9);
    batch->entries[4].document = (struct slice){large, sizeof(large)};
    script.bytes_max = 1000;
    expect_write(OK);
    expect_refused(4, REASON_TOO_LARGE, 413);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(batch->entries[i].outcome, i == 4 ? OUTCOME_REFUSED : OUTCOME_INDEXED);
}

static void after_a_413_requests_are_smaller(void **state)
{
    size_t bytes = 400 << 10;
    scoped_free char *document = malloc(bytes);
    size_t before;

    (void)state;
    memset(document, 'x', bytes);
    script.bytes_max = 1 << 20;
    for (int i = 0; i < 8; i++)
        add_document((char[]){(char)('a' + i), 0}, (struct slice){document, bytes});
    expect_write(OK);
    before = server.request_count; /* 8 | 4 | 2 2 | 4 | 2 2 */
    assert_int_equal(before, 7);
    for (size_t i = 0; i < 8; i++)
        batch->entries[i].outcome = OUTCOME_PENDING;
    expect_write(OK);
    assert_true(server.request_count - before <= 5);
}

/* --- 400 for the whole request --- */

static void one_bad_document_is_found_degraded_and_refused(void **state)
{
    (void)state;
    add_documents(100);
    batch->entries[37].document = SLICE("{BAD}");
    script.spoiled = "BAD";
    expect_write(RETRY);
    assert_int_equal(pause_ms, 0);
    assert_int_equal(degrade_calls, 1);
    assert_true(batch->entries[37].degraded);
    assert_int_equal(batch_pending(batch), 1);
    assert_true(server.request_count <= 16);
    script.spoiled = "reduced";
    expect_write(OK);
    expect_refused(37, REASON_REJECTED, 400);
    assert_non_null(strstr(batch->entries[37].detail, "illegal_argument_exception: Malformed"));
    assert_int_equal(degrade_calls, 1);
    expect_breaker(BREAKER_CLOSED);
}

static void a_bad_document_that_cannot_be_degraded_is_refused(void **state)
{
    (void)state;
    context.degrade = NULL;
    add_documents(3);
    batch->entries[1].document = SLICE("{BAD}");
    script.spoiled = "BAD";
    expect_write(OK);
    expect_refused(1, REASON_REJECTED, 400);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_INDEXED);
    assert_int_equal(batch->entries[2].outcome, OUTCOME_INDEXED);
}

static void a_400_for_everything_blames_the_request(void **state)
{
    size_t refused = 0;

    (void)state;
    context.degrade = NULL;
    add_documents(200);
    script.spoiled = "message";
    expect_write(RETRY);
    expect_breaker(BREAKER_OPEN);
    for (size_t i = 0; i < batch->count; i++)
        refused += batch->entries[i].outcome == OUTCOME_REFUSED;
    assert_true(refused <= 16);
    assert_int_equal(batch_pending(batch), 200 - refused);
}

/* --- verdicts of single documents --- */

static void a_conflict_is_a_duplicate(void **state)
{
    (void)state;
    SCRIPT_RULES({"1", 409, "version_conflict_engine_exception"});
    add_documents(3);
    expect_write(OK);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_DUPLICATE);
    assert_int_equal(batch->entries[1].status, 409);
    assert_int_equal(batch->entries[2].outcome, OUTCOME_INDEXED);
}

/* One document that can be taken later: only it is sent again. */
static void expect_item_transient(const struct rule *rule)
{
    script.rules = rule;
    script.rule_count = 1;
    add_documents(1000);
    expect_write(RETRY);
    assert_int_equal(batch_pending(batch), 1);
    assert_int_equal(batch->entries[500].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[500].status, rule->status);
    assert_true(pause_ms > 0);
    assert_non_null(strstr(err.text, INDEX));
    expect_breaker(BREAKER_CLOSED);
    script.rule_count = 0;
    end_index_pauses();
    expect_write(OK);
    assert_int_equal(blocked_count(), 0);
    assert_int_equal(server.request_count, 2);
    expect_body_begins(1, "{\"create\":{\"_index\":\"" INDEX "\",\"_id\":\"500\"}}");
    assert_int_equal(server.requests[1].body_bytes, strlen(body_of_request(1)));
    assert_true(server.requests[1].body_bytes < 100);
    batch_clear(batch);
}

static void items_that_can_be_taken_later_stay_pending(void **state)
{
    static const struct rule rules[] = {
        {"500", 429, "es_rejected_execution_exception"},
        {"500", 429, "circuit_breaking_exception"},
        {"500", 429, NULL},
        {"500", 500, "anything"},
        {"500", 502, NULL},
        {"500", 503, "unavailable_shards_exception"},
        {"500", 503, "process_cluster_event_timeout_exception"},
        {"500", 504, NULL},
        {"500", 403, "cluster_block_exception"},
        {"500", 429, "cluster_block_exception"},
        {"500", 404, "index_not_found_exception"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (i) { /* the first has been started by the group */
            start(state);
        }
        expect_item_transient(&rules[i]);
        if (i + 1 < ARRAY_LEN(rules))
            stop(state);
    }
}

static void all_items_refused_for_now_count_against_the_breaker(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 503, NULL}, {"1", 429, "es_rejected_execution_exception"});
    add_documents(2);
    for (int i = 0; i < 3; i++) {
        expect_write(RETRY);
        assert_false(batch->stuck);
    }
    expect_breaker(BREAKER_OPEN);
    expect_all(OUTCOME_PENDING);
}

static struct batch_entry *add_other(const char *id)
{
    struct batch_entry *entry = add_document(id, SLICE("{\"message\":\"x\"}"));

    entry->index = SLICE(OTHER);
    return entry;
}

static void a_blocked_index_is_waited_for_and_the_breaker_stays_closed(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 403, "cluster_block_exception"}, {"1", 403, "cluster_block_exception"});
    add_documents(2);
    for (int i = 0; i < 5; i++) {
        expect_write(RETRY);
        assert_true(batch->stuck);
        assert_non_null(strstr(err.text, "read-only"));
    }
    assert_int_equal(server.request_count, 1); /* it is not asked again before its pause is over */
    expect_breaker(BREAKER_CLOSED);
    expect_all(OUTCOME_PENDING);
    assert_false(is_ready());
    end_index_pauses();
    expect_write(RETRY);
    assert_int_equal(server.request_count, 2);
    script.rule_count = 0;
    end_index_pauses();
    expect_write(OK);
    expect_all(OUTCOME_INDEXED);
    assert_int_equal(blocked_count(), 0);
}

static void a_blocked_index_holds_up_no_other(void **state)
{
    (void)state;
    SCRIPT_RULES({"a", 429, "cluster_block_exception"});
    add_document("a", SLICE("{}"));
    add_other("b");
    expect_write(RETRY);
    assert_true(batch->stuck);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_INDEXED);
    batch_clear(batch);
    add_document("c", SLICE("{}"));
    add_other("d");
    expect_write(RETRY);
    expect_body_begins(1, "{\"create\":{\"_index\":\"" OTHER "\",\"_id\":\"d\"}}");
    assert_null(strstr(body_of_request(1), INDEX));
    assert_int_equal(batch->entries[1].outcome, OUTCOME_INDEXED);
}

static void documents_that_cannot_be_placed_wait_for_the_cluster(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 400, "validation_exception"});
    add_documents(1);
    expect_write(RETRY);
    assert_true(batch->stuck);
    assert_non_null(strstr(err.text, "max_shards_per_node"));
    assert_int_equal(degrade_calls, 0);
}

static void documents_refused_for_load_again_and_again_let_others_pass(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 429, "es_rejected_execution_exception"});
    for (int i = 0; i < 4; i++) {
        char id[16];

        if (i == 0)
            add_document("0", SLICE("{}"));
        snprintf(id, sizeof(id), "x%d", i);
        add_document(id, SLICE("{}"));
        expect_write(RETRY);
        assert_int_equal(batch->stuck, i >= 2);
    }
}

static void no_request_is_sent_without_a_place(void **state)
{
    (void)state;
    add_documents(2);
    assert_true(concurrency_enter(&concurrency, 0)); /* another worker's */
    expect_write(RETRY);
    assert_string_equal(err.text, "");
    assert_int_equal(server.request_count, 0);
    concurrency_leave(&concurrency, CONCURRENCY_NONE, 0, 0, 0);
    expect_write(OK);
}

static void refusals_for_load_lower_the_limit_of_requests_under_way(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 429, "es_rejected_execution_exception"});
    concurrency.limit = 4;
    add_documents(2);
    expect_write(RETRY);
    assert_int_equal(concurrency_limit(&concurrency), 3);
}

static void credentials_that_are_read_again_are_used(void **state)
{
    struct elasticsearch_config later = config.elasticsearch;

    (void)state;
    later.api_key = (char *)(uintptr_t) "another";
    add_documents(1);
    expect_write(OK);
    assert_null(strstr(server.requests[0].head, "Authorization"));
    atomic_store(&reach, &later);
    batch_clear(batch);
    add_documents(1);
    expect_write(OK);
    assert_non_null(strstr(server.requests[1].head, "Authorization: ApiKey another"));
}

static void requests_are_as_large_as_configured(void **state)
{
    size_t bytes = 200 << 10;
    scoped_free char *document = malloc(bytes);

    (void)state;
    memset(document, 'x', bytes);
    sink_elastic.close(sink);
    config.elasticsearch.bulk_max_bytes = 512 << 10;
    assert_int_equal(sink_elastic.open(&context, &sink, &err), OK);
    for (int i = 0; i < 6; i++)
        add_document((const char[]){(char)('a' + i), '\0'}, (struct slice){document, bytes});
    expect_write(OK);
    assert_int_equal(server.request_count, 3);
}

static void a_missing_right_on_an_index_holds_and_refuses_nothing(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 429, "es_rejected_execution_exception"}, {"1", 403, "security_exception"});
    add_documents(3);
    expect_write(RETRY);
    expect_breaker(BREAKER_OPEN);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[2].outcome, OUTCOME_INDEXED);
    assert_non_null(strstr(err.text, "security_exception"));
    assert_non_null(strstr(err.text, server.url));
}

#define MAPPING                                                                                    \
    "{\"type\":\"document_parsing_exception\",\"reason\":\"failed to parse field [a] of type "     \
    "[long]\"}"

static void a_mapping_conflict_is_degraded_once(void **state)
{
    (void)state;
    SCRIPT_RULES({"1", 400, MAPPING});
    add_documents(3);
    expect_write(RETRY);
    assert_int_equal(pause_ms, 0);
    assert_int_equal(degrade_calls, 1);
    assert_true(batch->entries[1].degraded);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[1].status, 400);
    script.rule_count = 0;
    expect_write(OK);
    assert_string_equal(body_of_request(1), "{\"create\":{\"_index\":\"" INDEX
                                            "\",\"_id\":\"1\"}}\n{\"reduced\":true}\n");
    assert_int_equal(batch->entries[1].outcome, OUTCOME_INDEXED);
    expect_breaker(BREAKER_CLOSED);
}

static void a_mapping_conflict_of_the_reduced_form_is_refused(void **state)
{
    (void)state;
    SCRIPT_RULES({"1", 400, MAPPING});
    add_documents(3);
    expect_write(RETRY);
    expect_write(OK);
    expect_refused(1, REASON_MAPPING, 400);
    assert_string_equal(batch->entries[1].detail,
                        "document_parsing_exception: failed to parse field [a] of type [long]");
    assert_int_equal(degrade_calls, 1);
    assert_int_equal(server.request_count, 2);
    assert_int_equal(batch->entries[0].attempts, 1);
    assert_int_equal(batch->entries[1].attempts, 2);
}

static void other_4xx_are_refused_at_once(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 400, "invalid_index_name_exception"}, {"1", 404, "whatever_exception"},
                 {"2", 422, NULL}, {"3", 409, "other_exception"});
    add_documents(5);
    expect_write(OK);
    expect_refused(0, REASON_REJECTED, 400);
    expect_refused(1, REASON_REJECTED, 404);
    assert_int_equal(batch->entries[2].reason, REASON_REJECTED);
    assert_null(batch->entries[2].detail);
    expect_refused(3, REASON_REJECTED, 409);
    assert_int_equal(batch->entries[4].outcome, OUTCOME_INDEXED);
    assert_int_equal(degrade_calls, 0);
}

static void each_document_has_its_own_verdict(void **state)
{
    (void)state;
    SCRIPT_RULES({"0", 429, "es_rejected_execution_exception"}, {"1", 400, MAPPING},
                 {"2", 409, "version_conflict_engine_exception"},
                 {"3", 503, "unavailable_shards_exception"}, {"5", 422, "some_exception"});
    add_documents(6);
    expect_write(RETRY);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[2].outcome, OUTCOME_DUPLICATE);
    assert_int_equal(batch->entries[3].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[4].outcome, OUTCOME_INDEXED);
    expect_refused(5, REASON_REJECTED, 422);
    assert_true(pause_ms > 0);
}

static void an_overloaded_server_is_not_sent_the_rest_at_once(void **state)
{
    size_t bytes = 5 << 20;
    scoped_free char *document = malloc(bytes);

    (void)state;
    memset(document, 'x', bytes);
    SCRIPT_RULES({"b", 429, "es_rejected_execution_exception"});
    add_document("a", SLICE("{}"));
    add_document("b", (struct slice){document, bytes});
    add_document("c", (struct slice){document, bytes});
    expect_write(RETRY);
    assert_int_equal(server.request_count, 1);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_INDEXED);
    assert_true(pause_ms > 0);
    script.rule_count = 0;
    expect_write(OK);
    assert_int_equal(server.request_count, 3);
}

static void a_blocked_index_does_not_hold_up_the_next_request(void **state)
{
    size_t bytes = 5 << 20;
    scoped_free char *document = malloc(bytes);

    (void)state;
    memset(document, 'x', bytes);
    SCRIPT_RULES({"a", 403, "cluster_block_exception"});
    add_document("a", (struct slice){document, bytes});
    add_other("b")->document = (struct slice){document, bytes};
    expect_write(RETRY);
    assert_int_equal(server.request_count, 2);
    assert_int_equal(batch->entries[0].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[1].outcome, OUTCOME_INDEXED);
}

/* --- documents that must not be sent --- */

static void unsendable_documents_are_refused_and_the_others_stored(void **state)
{
    char long_id[514];

    (void)state;
    memset(long_id, 'x', 513);
    long_id[513] = '\0';
    add_document("", SLICE("{}"));
    add_document(long_id, SLICE("{}"));
    add_document("\xff", SLICE("{}"));
    add_document("a", SLICE("{\"x\":\n{\"delete\":{\"_index\":\"i\",\"_id\":\"1\"}}\n}"));
    add_document("b", SLICE(""));
    add_document("c", SLICE("{}"));
    expect_write(OK);
    for (size_t i = 0; i < 5; i++)
        expect_refused(i, REASON_REJECTED, 0);
    assert_int_equal(batch->entries[5].outcome, OUTCOME_INDEXED);
    assert_int_equal(server.request_count, 1);
    assert_null(strstr(body_of_request(0), "delete"));
}

static void ids_are_escaped(void **state)
{
    static const char body[] = "{\"items\":[{\"create\":{\"_id\":\"a\\\"\\u000a\","
                               "\"status\":201}}]}";

    (void)state;
    SCRIPT_REPLIES({.code = 200, .body = body});
    add_document("a\"\n", SLICE("{}"));
    expect_write(OK);
    assert_non_null(strstr(body_of_request(0), "\"_id\":\"a\\\"\\n\"}}\n{}\n"));
    expect_all(OUTCOME_INDEXED);
}

/* --- quota --- */

static void a_flood_of_mapping_refusals_stops_everything(void **state)
{
    static char ids[30][24];
    static struct rule rules[30];
    double before = errors_of("class=\"dlq_flood\"");
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%zu", i);
        rules[i] = (struct rule){ids[i], 400, MAPPING};
    }
    script.rules = rules;
    script.rule_count = 30;
    context.degrade = NULL;
    config.elasticsearch.dlq_max_per_minute = 10; /* a test may see the end of one minute */
    add_documents(31);
    expect_write(RETRY);
    for (size_t i = 0; i < 30; i++)
        refused += batch->entries[i].outcome == OUTCOME_REFUSED;
    assert_true(refused <= 20);
    assert_int_equal(batch->entries[29].outcome, OUTCOME_PENDING);
    assert_int_equal(batch->entries[30].outcome, OUTCOME_INDEXED);
    expect_breaker(BREAKER_OPEN);
    assert_false(is_ready());
    assert_non_null(strstr(err.text, "dlq_max_per_minute"));
    assert_int_equal((int)(errors_of("class=\"dlq_flood\"") - before), (int)(30 - refused));
    expect_write(RETRY);
    assert_int_equal(server.request_count, 1);
}

/* --- the rest --- */

static void the_password_is_never_in_a_message(void **state)
{
    char url[128];

    (void)state;
    snprintf(url, sizeof(url), "http://user:hunter2@%.63s", server.url + strlen("http://"));
    config.elasticsearch.urls = (char *[]){url};
    sink_elastic.close(sink);
    assert_int_equal(sink_elastic.open(&context, &sink, &err), OK);
    SCRIPT_REPLIES({.code = 401});
    add_documents(1);
    expect_write(RETRY);
    assert_null(strstr(err.text, "hunter2"));
    assert_non_null(strstr(err.text, server.url));
}

static void documents_are_counted_by_what_became_of_them(void **state)
{
    static const char *const labels[] = {"result=\"created\"", "result=\"duplicate\"",
                                         "result=\"retried\"", "result=\"refused\""};
    double before[4];

    (void)state;
    SCRIPT_RULES({"0", 409, "version_conflict_engine_exception"}, {"1", 429, NULL},
                 {"2", 422, NULL});
    for (size_t i = 0; i < 4; i++)
        before[i] = metric_value(metrics_counter("indexer_bulk_documents_total", labels[i], ""));
    add_documents(7);
    expect_write(RETRY);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            (int)(metric_value(metrics_counter("indexer_bulk_documents_total", labels[i], "")) -
                  before[i]),
            i == 0 ? 4 : 1);
}

static void without_addresses_it_does_not_open(void **state)
{
    struct sink *none = NULL;

    (void)state;
    config.elasticsearch.url_count = 0;
    assert_int_equal(sink_elastic.open(&context, &none, &err), FATAL);
    assert_null(none);
    sink_elastic.close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_flood_of_mapping_refusals_stops_everything), /* first: the quota is the process's
                                                             */
        TEST(documents_are_created_by_id),
        TEST(settled_documents_are_not_sent),
        TEST(without_pending_documents_nothing_is_sent),
        TEST(a_connection_is_used_again),
        TEST(a_large_batch_is_several_requests),
        TEST(one_giant_document_goes_alone),
        TEST(http_408_is_tried_again),
        TEST(http_429_is_tried_again),
        TEST(http_500_is_tried_again),
        TEST(http_502_is_tried_again),
        TEST(http_503_is_tried_again),
        TEST(http_504_is_tried_again),
        TEST(a_lost_connection_is_tried_again),
        TEST(a_cut_transfer_is_tried_again),
        TEST(an_empty_answer_is_tried_again),
        TEST(cut_json_is_tried_again),
        TEST(too_few_items_are_tried_again),
        TEST(too_many_items_are_tried_again),
        TEST(items_in_another_order_are_tried_again),
        TEST(json_of_another_service_is_tried_again),
        TEST(a_block_of_the_whole_cluster_is_tried_again),
        TEST(http_401_holds),
        TEST(http_403_holds),
        TEST(http_404_holds),
        TEST(http_405_holds),
        TEST(a_redirect_holds),
        TEST(a_page_instead_of_json_holds),
        TEST(text_instead_of_json_holds),
        TEST(a_proxys_400_holds_and_blames_no_document),
        TEST(retry_after_is_honoured_within_reason),
        TEST(pauses_grow_and_begin_anew_after_a_success),
        TEST(failures_in_a_row_open_the_breaker),
        TEST(a_good_probe_closes_the_breaker),
        TEST(nobody_there_is_tried_again),
        TEST(http_413_splits_until_it_fits),
        TEST(one_document_too_large_is_refused_and_the_others_stored),
        TEST(after_a_413_requests_are_smaller),
        TEST(one_bad_document_is_found_degraded_and_refused),
        TEST(a_bad_document_that_cannot_be_degraded_is_refused),
        TEST(a_400_for_everything_blames_the_request),
        TEST(a_conflict_is_a_duplicate),
        TEST(items_that_can_be_taken_later_stay_pending),
        TEST(all_items_refused_for_now_count_against_the_breaker),
        TEST(a_blocked_index_is_waited_for_and_the_breaker_stays_closed),
        TEST(a_blocked_index_holds_up_no_other),
        TEST(documents_that_cannot_be_placed_wait_for_the_cluster),
        TEST(documents_refused_for_load_again_and_again_let_others_pass),
        TEST(no_request_is_sent_without_a_place),
        TEST(refusals_for_load_lower_the_limit_of_requests_under_way),
        TEST(credentials_that_are_read_again_are_used),
        TEST(requests_are_as_large_as_configured),
        TEST(a_missing_right_on_an_index_holds_and_refuses_nothing),
        TEST(a_mapping_conflict_is_degraded_once),
        TEST(a_mapping_conflict_of_the_reduced_form_is_refused),
        TEST(other_4xx_are_refused_at_once),
        TEST(each_document_has_its_own_verdict),
        TEST(an_overloaded_server_is_not_sent_the_rest_at_once),
        TEST(a_blocked_index_does_not_hold_up_the_next_request),
        TEST(unsendable_documents_are_refused_and_the_others_stored),
        TEST(ids_are_escaped),
        TEST(the_password_is_never_in_a_message),
        TEST(documents_are_counted_by_what_became_of_them),
        TEST(without_addresses_it_does_not_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
