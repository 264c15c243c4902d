/*
 * test_flood.c - who makes too many requests, alone and with other indexers.
 *
 * Tests with Redis start a server of their own.
 */
#include "indexer/enrich/enrich.h"

#include "common/clock.h"
#include "common/metrics.h"
#include "common/record.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "tests/unit/support/redis_server.h"

#define ENTRIES 2000
#define NOON    1795262400 /* 2026-11-21T12:00:00Z */

struct indexer { /* one worker's enricher and its batch */
    struct enrich_set set;
    struct batch *batch;
    unsigned flagged; /* of the batch */
    int64_t requests; /* of the last that was flagged */
};

struct fixture {
    char none[1];
    struct redis_server server;
    char *allow[2];
    struct indexer_config config;
    struct indexer one, two;
    struct arena arena;
    struct record record;
};

static void open_indexer(struct fixture *f, struct indexer *indexer)
{
    indexer->set = (struct enrich_set){.until_sample = 1};
    assert_int_equal(enrich_set_add(&indexer->set, &enrich_flood, &f->config, NULL), OK);
    assert_int_equal(batch_open(ENTRIES, &indexer->batch, NULL), OK);
}

static void close_indexer(struct indexer *indexer)
{
    enrich_set_release(&indexer->set);
    batch_close(indexer->batch);
    *indexer = (struct indexer){.batch = NULL};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    redis_server_make(&f->server);
    f->config.redis = (struct redis_config){.url = f->none,
                                            .ca_file = f->none,
                                            .certificate_file = f->none,
                                            .key_file = f->none,
                                            .timeout_ms = 500};
    f->config.floods = (struct floods_config){
        .enabled = true, .limit = 20, .window_ms = 60000, .score = 5, .clients = 1024};
    arena_init(&f->arena, 65536, 1u << 24);
    record_init(&f->record, &f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    close_indexer(&f->one);
    close_indexer(&f->two);
    redis_server_remove(&f->server);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static void start_server(struct fixture *f)
{
    f->config.redis.url = f->server.url;
    redis_server_start(&f->server, NULL);
}

/* The number that a command answers with. */
static long long ask(const struct fixture *f, const char *command)
{
    redisContext *client = redis_server_client(&f->server);
    redisReply *reply = redisCommand(client, command);
    long long number = reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;

    freeReplyObject(reply);
    redisFree(client);
    return number;
}

static void make_request(struct fixture *f, const char *ip, int64_t s)
{
    record_clear(&f->record);
    arena_clear(&f->arena);
    record_set_time(&f->record, FIELD_TIMESTAMP, timestamp_from_ms(s * 1000));
    record_set_text(&f->record, FIELD_SOURCE_IP, slice_of(ip));
    record_set_text(&f->record, FIELD_HTTP_REQUEST_METHOD, SLICE("GET"));
}

static bool is_flagged(struct fixture *f)
{
    struct slice list;

    if (!record_has(&f->record, FIELD_SECURITY_THREAT))
        return false;
    assert_true(record_has(&f->record, FIELD_SECURITY_REQUESTS));
    list = f->record.values[FIELD_SECURITY_CATEGORIES].text;
    assert_non_null(memmem(list.data, list.len, "flood", 5));
    return true;
}

static void begin(struct indexer *indexer, size_t count)
{
    batch_clear(indexer->batch);
    for (size_t i = 0; i < count; i++)
        assert_true(batch_add_payload(indexer->batch, SLICE("{}")));
    indexer->flagged = 0;
    enrich_set_begin(&indexer->set, indexer->batch);
}

/* A batch of requests of one client; they end as `outcome`. Returns how many were flagged. */
static unsigned run(struct fixture *f, struct indexer *indexer, const char *ip, int64_t s,
                    size_t count, enum outcome outcome)
{
    begin(indexer, count);
    for (size_t i = 0; i < count; i++) {
        make_request(f, ip, s);
        enrich_set_apply(&indexer->set, &f->record, i);
        indexer->batch->entries[i].outcome = outcome;
        if (is_flagged(f)) {
            indexer->flagged++;
            record_long(&f->record, FIELD_SECURITY_REQUESTS, &indexer->requests);
        }
    }
    enrich_set_settle(&indexer->set, indexer->batch, clock_mono_ms());
    return indexer->flagged;
}

/* ---- alone ---- */

static void requests_beyond_the_limit_are_flagged(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 20, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON + 59, 3, OUTCOME_INDEXED), 3);
    assert_int_equal(f->one.requests, 23);
    assert_int_equal(run(f, &f->one, "192.0.2.2", NOON + 59, 20, OUTCOME_INDEXED), 0);
}

static void a_flood_within_one_batch_is_flagged_from_the_limit_on(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 100, OUTCOME_INDEXED), 80);
}

static void the_next_window_begins_anew(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 25, OUTCOME_INDEXED), 5);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON + 60, 20, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1); /* a late one */
    assert_int_equal(run(f, &f->one, "192.0.2.1", -1, 20, OUTCOME_INDEXED), 0);  /* 1969 */
    assert_int_equal(run(f, &f->one, "192.0.2.1", 0, 20, OUTCOME_INDEXED), 0);
}

static void only_what_was_indexed_counts(void **state)
{
    static const enum outcome others[] = {OUTCOME_DUPLICATE, OUTCOME_REDELIVERED,
                                          OUTCOME_REFUSED,   OUTCOME_DEAD_LETTERED,
                                          OUTCOME_DROPPED,   OUTCOME_PENDING};
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    run(f, &f->one, "192.0.2.1", NOON, 15, OUTCOME_INDEXED);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        run(f, &f->one, "192.0.2.1", NOON, 100, others[i]);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 5, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
}

static void a_batch_that_is_not_settled_does_not_count(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    for (int i = 0; i < 5; i++) {
        begin(&f->one, 15);
        for (size_t entry = 0; entry < 15; entry++) {
            make_request(f, "192.0.2.1", NOON);
            enrich_set_apply(&f->one.set, &f->record, entry);
            assert_false(is_flagged(f));
        }
    }
}

static void without_batches_nothing_is_flagged(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    for (int i = 0; i < 1000; i++) {
        make_request(f, "192.0.2.1", NOON);
        enrich_set_apply(&f->one.set, &f->record, 0);
        assert_false(is_flagged(f));
    }
}

static void what_others_found_stays(void **state)
{
    struct fixture *f = *state;
    int64_t score = 0;
    struct slice list;

    f->config.floods.limit = 1;
    open_indexer(f, &f->one);
    begin(&f->one, 2);
    for (size_t i = 0; i < 2; i++) {
        make_request(f, "192.0.2.1", NOON);
        record_set_long(&f->record, FIELD_SECURITY_SCORE, 7);
        record_add_item(&f->record, FIELD_SECURITY_CATEGORIES, SLICE("sql_injection"));
        enrich_set_apply(&f->one.set, &f->record, i);
    }
    assert_true(is_flagged(f));
    assert_true(record_long(&f->record, FIELD_SECURITY_SCORE, &score));
    assert_int_equal(score, 12);
    list = f->record.values[FIELD_SECURITY_CATEGORIES].text;
    assert_non_null(memmem(list.data, list.len, "sql_injection", 13));
}

static void other_records_do_not_count(void **state)
{
    struct fixture *f = *state;

    open_indexer(f, &f->one);
    begin(&f->one, 200);
    for (size_t i = 0; i < 200; i++) {
        make_request(f, "192.0.2.1", NOON);
        switch (i % 4) {
        case 0: /* no request */
            record_drop(&f->record, FIELD_HTTP_REQUEST_METHOD);
            break;
        case 1:
            record_drop(&f->record, FIELD_SOURCE_IP);
            break;
        case 2:
            record_drop(&f->record, FIELD_TIMESTAMP);
            break;
        default:
            record_set_long(&f->record, FIELD_SOURCE_IP, 5);
        }
        enrich_set_apply(&f->one.set, &f->record, i);
        assert_false(is_flagged(f));
    }
}

static void allowed_networks_may_do_as_they_like(void **state)
{
    static char first[] = "192.0.2.0/24", second[] = "2001:db8::/32";
    struct fixture *f = *state;

    f->allow[0] = first;
    f->allow[1] = second;
    f->config.floods.allow = f->allow;
    f->config.floods.allow_count = 2;
    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 100, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "2001:db8::1", NOON, 100, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "198.51.100.1", NOON, 100, OUTCOME_INDEXED), 80);
}

static void switched_off_there_is_no_enricher(void **state)
{
    struct fixture *f = *state;
    struct enrich_set set = {.count = 0};

    f->config.floods.limit = 0;
    assert_int_equal(enrich_set_add(&set, &enrich_flood, &f->config, NULL), OK);
    assert_int_equal(set.count, 0);
    f->config.floods.limit = 5;
    f->config.floods.enabled = false;
    assert_int_equal(enrich_set_add(&set, &enrich_flood, &f->config, NULL), OK);
    assert_int_equal(set.count, 0);
    enrich_flood.close(NULL);
}

/* ---- with others ---- */

static void indexers_count_together(void **state)
{
    struct fixture *f = *state;

    start_server(f);
    open_indexer(f, &f->one);
    open_indexer(f, &f->two);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 12, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->two, "192.0.2.1", NOON, 12, OUTCOME_INDEXED), 0);
    /* The second has learned of 24 with its exchange. */
    assert_int_equal(run(f, &f->two, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
    assert_int_equal(f->two.requests, 25);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
    assert_int_equal(f->one.requests, 27);
}

static void quiet_clients_cost_redis_nothing(void **state)
{
    struct fixture *f = *state;
    char ip[32];

    start_server(f);
    f->config.floods.limit = 640; /* told from 20 on */
    f->config.floods.clients = 65536;
    open_indexer(f, &f->one);
    begin(&f->one, ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++) {
        snprintf(ip, sizeof(ip), "10.0.%zu.%zu", i / 250, i % 250);
        make_request(f, ip, NOON);
        enrich_set_apply(&f->one.set, &f->record, i);
        f->one.batch->entries[i].outcome = OUTCOME_INDEXED;
    }
    enrich_set_settle(&f->one.set, f->one.batch, clock_mono_ms());
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 19, OUTCOME_INDEXED), 0);
    assert_int_equal(ask(f, "DBSIZE"), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 0);
    assert_int_equal(ask(f, "DBSIZE"), 1);
}

static void keys_end_by_themselves(void **state)
{
    struct fixture *f = *state;
    char command[96];
    redisContext *client;
    redisReply *reply;

    start_server(f);
    open_indexer(f, &f->one);
    run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED);
    client = redis_server_client(&f->server);
    reply = redisCommand(client, "KEYS alpex:flood:*");
    assert_true(reply && reply->elements == 1);
    snprintf(command, sizeof(command), "TTL %s", reply->element[0]->str);
    freeReplyObject(reply);
    redisFree(client);
    assert_in_range(ask(f, command), 100, 120);
}

static void without_redis_each_counts_alone_and_tells_it_later(void **state)
{
    struct fixture *f = *state;

    f->config.redis.url = f->server.url; /* nobody listens there */
    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 15, OUTCOME_INDEXED), 0);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 15, OUTCOME_INDEXED), 10);
    start_server(f);
    open_indexer(f, &f->two);
    enrich_set_settle(&f->one.set, f->one.batch, clock_mono_ms() + 3600000);
    begin(&f->one, 1);
    make_request(f, "192.0.2.1", NOON);
    enrich_set_apply(&f->one.set, &f->record, 0);
    f->one.batch->entries[0].outcome = OUTCOME_INDEXED;
    enrich_set_settle(&f->one.set, f->one.batch, clock_mono_ms() + 3600000); /* the pause is over */
    run(f, &f->two, "192.0.2.1", NOON, 1, OUTCOME_INDEXED);
    assert_int_equal(run(f, &f->two, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
    assert_int_equal(f->two.requests, 33);
}

static void redis_that_was_emptied_takes_nothing_back(void **state)
{
    struct fixture *f = *state;

    start_server(f);
    open_indexer(f, &f->one);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 20, OUTCOME_INDEXED), 0);
    ask(f, "FLUSHALL");
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
    assert_int_equal(run(f, &f->one, "192.0.2.1", NOON, 1, OUTCOME_INDEXED), 1);
    assert_int_equal(f->one.requests, 22);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(requests_beyond_the_limit_are_flagged),
        TEST(a_flood_within_one_batch_is_flagged_from_the_limit_on),
        TEST(the_next_window_begins_anew),
        TEST(only_what_was_indexed_counts),
        TEST(a_batch_that_is_not_settled_does_not_count),
        TEST(without_batches_nothing_is_flagged),
        TEST(what_others_found_stays),
        TEST(other_records_do_not_count),
        TEST(allowed_networks_may_do_as_they_like),
        TEST(switched_off_there_is_no_enricher),
        TEST(indexers_count_together),
        TEST(quiet_clients_cost_redis_nothing),
        TEST(keys_end_by_themselves),
        TEST(without_redis_each_counts_alone_and_tells_it_later),
        TEST(redis_that_was_emptied_takes_nothing_back),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
