/*
 * test_elastic_link.c - taking turns between several scripted nodes.
 */
#include "indexer/sink/elastic_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "indexer/config.h"
#include "tests/unit/indexer/sink/scripted_server.h"

#define NODES 3

static struct server servers[NODES];
static int codes[NODES]; /* what each answers; 0: hangs up */
static char urls[NODES][80];
static char *url_list[NODES];
static struct elasticsearch_config config;
static struct elastic_link nodes;
static struct error err;

static bool answer(struct server *server, const struct request *request, struct buf *out)
{
    int code = codes[server - servers];

    (void)request;
    if (code == 0)
        return false;
    server_reply(out, code, "application/json", "", SLICE("{}"));
    return true;
}

static int start(void **state)
{
    (void)state;
    config = (struct elasticsearch_config){.urls = url_list, .url_count = NODES};
    for (size_t i = 0; i < NODES; i++) {
        server_start(&servers[i], answer, NULL);
        codes[i] = 200;
        snprintf(urls[i], sizeof(urls[i]), "%s", servers[i].url);
        url_list[i] = urls[i];
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    elastic_link_release(&nodes);
    for (size_t i = 0; i < NODES; i++)
        server_stop(&servers[i]);
    return 0;
}

static void open_link(void)
{
    assert_int_equal(elastic_link_init(&nodes, &config, &err), OK);
    nodes.next = 0;
}

static enum status ask(void)
{
    enum status status;

    for (size_t i = 0; i < NODES; i++)
        server_sync(&servers[i]);
    status = elastic_link_request(&nodes, "GET", "/path", NULL, (struct slice){NULL, 0}, &err);
    for (size_t i = 0; i < NODES; i++)
        server_sync(&servers[i]);
    return status;
}

static void expect_requests(size_t a, size_t b, size_t c)
{
    assert_int_equal(servers[0].request_count, a);
    assert_int_equal(servers[1].request_count, b);
    assert_int_equal(servers[2].request_count, c);
}

static void nodes_take_turns(void **state)
{
    (void)state;
    open_link();
    for (int i = 0; i < 6; i++)
        assert_int_equal(ask(), OK);
    expect_requests(2, 2, 2);
}

static void a_dead_nodes_turn_goes_to_the_next_and_it_is_left_out(void **state)
{
    (void)state;
    codes[0] = 0;
    open_link();
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ask(), OK);
        assert_int_equal(nodes.answer.code, 200);
    }
    assert_int_equal(servers[0].request_count, 1);
    assert_int_equal(servers[1].request_count + servers[2].request_count, 6);
}

static void a_node_that_answers_5xx_is_left_out_as_well(void **state)
{
    (void)state;
    codes[1] = 503;
    open_link();
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ask(), OK);
        assert_int_equal(nodes.answer.code, 200);
    }
    assert_int_equal(servers[1].request_count, 1);
}

static void a_429_is_an_answer(void **state)
{
    (void)state;
    codes[0] = codes[1] = codes[2] = 429;
    open_link();
    assert_int_equal(ask(), OK);
    assert_int_equal(nodes.answer.code, 429);
    expect_requests(1, 0, 0);
}

static void when_all_have_failed_one_is_asked_all_the_same(void **state)
{
    (void)state;
    codes[0] = codes[1] = codes[2] = 0;
    open_link();
    assert_int_equal(ask(), RETRY);
    expect_requests(1, 1, 1);
    assert_int_equal(ask(), RETRY);
    assert_int_equal(servers[0].request_count + servers[1].request_count + servers[2].request_count,
                     4);
    codes[0] = codes[1] = codes[2] = 200;
    assert_int_equal(ask(), OK);
}

static void the_last_5xx_is_given_when_there_is_nothing_better(void **state)
{
    (void)state;
    codes[0] = codes[1] = codes[2] = 503;
    open_link();
    assert_int_equal(ask(), OK);
    assert_int_equal(nodes.answer.code, 503);
    expect_requests(1, 1, 1);
}

static void slashes_at_the_end_of_an_address_do_no_harm(void **state)
{
    (void)state;
    strcat(urls[0], "/prefix//");
    config.url_count = 1;
    open_link();
    assert_int_equal(ask(), OK);
    assert_non_null(strstr(servers[0].requests[0].head, "GET /prefix/path HTTP"));
}

static void credentials_are_used_but_not_named(void **state)
{
    (void)state;
    snprintf(urls[0], sizeof(urls[0]), "http://me:p@ss@127.0.0.1%s", strrchr(servers[0].url, ':'));
    config.url_count = 1;
    open_link();
    assert_string_equal(nodes.node, servers[0].url);
    config.username = (char *)(uintptr_t) "user";
    config.password = (char *)(uintptr_t) "pass";
    url_list[0] = servers[0].url;
    elastic_link_release(&nodes);
    open_link();
    assert_int_equal(ask(), OK);
    assert_non_null(strstr(servers[0].requests[0].head, "Authorization: Basic dXNlcjpwYXNz"));
}

static void an_impossible_address_is_final(void **state)
{
    (void)state;
    strcpy(urls[0], "gopher://x");
    config.url_count = 1;
    open_link();
    assert_int_equal(ask(), FATAL);
    assert_non_null(strstr(err.text, "elasticsearch.urls"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nodes_take_turns),
        TEST(a_dead_nodes_turn_goes_to_the_next_and_it_is_left_out),
        TEST(a_node_that_answers_5xx_is_left_out_as_well),
        TEST(a_429_is_an_answer),
        TEST(when_all_have_failed_one_is_asked_all_the_same),
        TEST(the_last_5xx_is_given_when_there_is_nothing_better),
        TEST(slashes_at_the_end_of_an_address_do_no_harm),
        TEST(credentials_are_used_but_not_named),
        TEST(an_impossible_address_is_final),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
