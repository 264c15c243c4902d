/*
 * test_lease.c - one at a time: a document with a sequence number, as Elasticsearch keeps it.
 */
#include "indexer/retention/lease.h"

#include "common/json.h"
#include "common/log.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_link.h"
#include "tests/unit/support/check.h"

#include "tests/unit/indexer/sink/scripted_server.h"

#define NOW_MS 1790000000000
#define BLOCK  "{\"error\":{\"type\":\"cluster_block_exception\",\"reason\":\"r\"},\"status\":403}"

static struct {
    struct buf document; /* empty: there is none */
    int seq_no;
    int refuse; /* HTTP code for the next writes; 0: none */
    const char *refusal;
} store;

static struct server server;
static struct elasticsearch_config config;
static struct elastic_link links[2];
static struct lease a, b;
static struct error err;

static void reply(struct buf *out, int code, const char *fmt, int seq_no, struct slice source)
{
    scoped_buf struct buf body = BUF_INIT(4096);

    buf_addf(&body, "{\"_seq_no\":%d,\"_primary_term\":1,\"found\":true%s", seq_no, fmt);
    if (source.len) {
        buf_add_text(&body, ",\"_source\":");
        buf_add_slice(&body, source);
    }
    buf_add_char(&body, '}');
    server_reply(out, code, "application/json", "", buf_slice(&body));
}

static void put(const struct request *request, bool create, struct buf *out)
{
    const char *expected = strstr(request->head, "if_seq_no=");

    if (store.refuse) {
        server_reply(out, store.refuse, "application/json", "", slice_of(store.refusal));
        return;
    }
    if ((create && store.document.len) ||
        (expected && (!store.document.len || strtoll(expected + 10, NULL, 10) != store.seq_no))) {
        server_reply(out, 409, "application/json", "", SLICE("{\"status\":409}"));
        return;
    }
    buf_clear(&store.document);
    buf_add(&store.document, request->body, request->body_bytes);
    store.seq_no++;
    reply(out, 200, "", store.seq_no, (struct slice){NULL, 0});
}

static bool answer(struct server *from, const struct request *request, struct buf *out)
{
    (void)from;
    if (strncmp(request->head, "GET /.alpex-logs-control/_doc/retention ", 40) == 0) {
        if (store.document.len)
            reply(out, 200, "", store.seq_no, buf_slice(&store.document));
        else
            server_reply(out, 404, "application/json", "", SLICE("{\"found\":false}"));
    } else if (strncmp(request->head, "PUT /.alpex-logs-control/_create/retention ", 43) == 0) {
        put(request, true, out);
    } else if (strncmp(request->head, "PUT /.alpex-logs-control/_doc/retention?if_seq_no=", 50) ==
               0) {
        put(request, false, out);
    } else {
        server_reply(out, 200, "application/json", "", SLICE("{\"acknowledged\":true}"));
    }
    return true;
}

static int start(void **state)
{
    static char *urls[1];

    (void)state;
    memset(&store, 0, sizeof(store));
    store.document.max = 4096;
    server_start(&server, answer, NULL);
    urls[0] = server.url;
    config = (struct elasticsearch_config){.urls = urls, .url_count = 1, .timeout_ms = 5000};
    for (int i = 0; i < 2; i++)
        assert_int_equal(elastic_link_init(&links[i], &config, &err), OK);
    lease_init(&a, &links[0], "logs");
    lease_init(&b, &links[1], "logs");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    elastic_link_release(&links[0]);
    elastic_link_release(&links[1]);
    server_stop(&server);
    buf_release(&store.document);
    return 0;
}

static void who_comes_second_waits_until_it_is_given_back(void **state)
{
    (void)state;
    assert_int_equal(lease_take(&a, NOW_MS, &err), OK);
    assert_int_equal(lease_take(&b, NOW_MS, &err), DONE);
    assert_non_null(strstr(err.text, a.own));
    assert_false(b.held);
    assert_int_equal(lease_renew(&a, NOW_MS + LEASE_MS / 2, &err), OK);
    assert_int_equal(lease_take(&b, NOW_MS + LEASE_MS + 1, &err), DONE);
    lease_release(&a, true, NOW_MS + LEASE_MS + 2);
    assert_int_equal(lease_take(&b, NOW_MS + LEASE_MS + 3, &err), OK);
    assert_int_equal(b.state.finished_ms, NOW_MS + LEASE_MS + 2);
}

static void time_that_is_over_gives_it_to_the_next(void **state)
{
    (void)state;
    assert_int_equal(lease_take(&a, NOW_MS, &err), OK);
    snprintf(a.state.blocked, sizeof(a.state.blocked), "logs-x-2026.01.01");
    assert_int_equal(lease_renew(&a, NOW_MS, &err), OK);
    assert_int_equal(lease_take(&b, NOW_MS + LEASE_MS + 1, &err), OK);
    assert_string_equal(b.state.blocked, "logs-x-2026.01.01"); /* what has to be mended */
    assert_int_equal(lease_renew(&a, NOW_MS + LEASE_MS + 2, &err), DONE);
    assert_false(a.held);
    lease_release(&a, true, NOW_MS); /* does nothing */
    assert_int_equal(lease_renew(&b, NOW_MS + LEASE_MS + 3, &err), OK);
}

/* Both have seen it free; one of the writes fails. */
static void of_two_at_once_one_gets_it(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        int64_t now_ms = NOW_MS + round * 10 * LEASE_MS;
        enum status first, second;

        assert_int_equal(lease_take(&a, now_ms, &err), OK);
        lease_release(&a, false, now_ms);
        a.state.until_ms = b.state.until_ms = 0;
        assert_int_equal(lease_look(&a, &err), OK);
        assert_int_equal(lease_look(&b, &err), OK);
        first = lease_renew(&a, now_ms, &err);
        second = lease_renew(&b, now_ms, &err);
        assert_int_equal(first, OK);
        assert_int_equal(second, DONE);
        a.held = true;
        lease_release(&a, false, now_ms);
    }
}

/* The answer to a write was lost, so the lease says that it is ours already. */
static void its_own_lease_can_be_taken_again(void **state)
{
    (void)state;
    assert_int_equal(lease_take(&a, NOW_MS, &err), OK);
    a.held = false;
    assert_int_equal(lease_take(&a, NOW_MS + 1, &err), OK);
    assert_int_equal(lease_take(&b, NOW_MS + 2, &err), DONE);
}

static void it_is_renewed_in_time_and_not_all_the_time(void **state)
{
    int written;

    (void)state;
    assert_int_equal(lease_take(&a, NOW_MS, &err), OK);
    written = store.seq_no;
    assert_int_equal(lease_hold(&a, NOW_MS + LEASE_MS / 4, &err), OK);
    assert_int_equal(store.seq_no, written);
    assert_int_equal(lease_hold(&a, NOW_MS + LEASE_MS / 2, &err), OK);
    assert_int_equal(store.seq_no, written + 1);
}

/* Deleting is what helps a disk that is full. */
static void it_is_had_without_the_document_when_disks_are_full(void **state)
{
    (void)state;
    store.refuse = 403;
    store.refusal = BLOCK;
    server_sync(&server);
    assert_int_equal(lease_take(&a, NOW_MS, &err), OK);
    assert_true(a.unwritten);
    assert_int_equal(lease_renew(&a, NOW_MS, &err), OK);
    lease_release(&a, true, NOW_MS);
    lease_init(&a, &links[0], "logs");
    store.refusal = "{\"error\":{\"type\":\"security_exception\"}}";
    assert_int_equal(lease_take(&a, NOW_MS, &err), RETRY); /* but not when it is forbidden */
    assert_false(a.held);
    store.refuse = 500;
    assert_int_equal(lease_take(&a, NOW_MS, &err), RETRY);
}

static void a_document_that_is_none_is_no_lease(void **state)
{
    static const char *const documents[] = {"{}", "[]", "7", "{\"owner\":7,\"until_ms\":\"x\"}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        buf_clear(&store.document);
        buf_add_text(&store.document, documents[i]);
        server_sync(&server);
        assert_int_equal(lease_look(&a, &err), OK);
        assert_int_equal(a.state.until_ms, 0);
        assert_string_equal(a.state.owner, "");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_comes_second_waits_until_it_is_given_back),
        TEST(time_that_is_over_gives_it_to_the_next),
        TEST(of_two_at_once_one_gets_it),
        TEST(its_own_lease_can_be_taken_again),
        TEST(it_is_renewed_in_time_and_not_all_the_time),
        TEST(it_is_had_without_the_document_when_disks_are_full),
        TEST(a_document_that_is_none_is_no_lease),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
