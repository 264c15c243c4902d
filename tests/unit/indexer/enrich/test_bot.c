/*
 * test_bot.c - the enricher: lists that are replaced while it runs, wrong types, metrics.
 */
#include "indexer/enrich/enrich.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/log.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"

struct fixture {
    char path[64], ranges[64];
    char *files[1], *names[1], *range_files[1];
    struct bot_verify_config verify;
    struct indexer_config config;
    struct enrich_set set;
    struct arena arena;
    struct record record;
    int64_t now_ms;
};

static void write_file(const char *path, const char *text)
{
    scoped_file FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    scoped_fd int fd = -1;
    scoped_fd int other = -1;

    if (!f)
        return -1;
    snprintf(f->path, sizeof(f->path), "/tmp/test_botXXXXXX");
    snprintf(f->ranges, sizeof(f->ranges), "/tmp/test_botXXXXXX");
    fd = mkstemp(f->path);
    other = mkstemp(f->ranges);
    write_file(f->path, "bots:\n  in_house:\n    First: [acme*]\n");
    write_file(f->ranges, "192.0.2.0/24\n");
    f->files[0] = f->path;
    f->names[0] = (char *)"google*";
    f->range_files[0] = f->ranges;
    f->verify = (struct bot_verify_config){f->names, f->range_files, 1, 1};
    f->config.bots = (struct bots_config){.enabled = true,
                                          .files = f->files,
                                          .file_count = 1,
                                          .cache_entries = 16,
                                          .verify = &f->verify,
                                          .verify_count = 1};
    f->config.user_agent = (struct user_agent_config){.enabled = true, .cache_entries = 16};
    f->config.geoip.city = f->config.geoip.country = f->config.geoip.asn = (char *)"";
    f->config.redis.url = (char *)"";
    arena_init(&f->arena, 4096, 1u << 20);
    record_init(&f->record, &f->arena);
    f->now_ms = 1000;
    *state = f;
    return fd >= 0 && other >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    enrich_set_release(&f->set);
    arena_release(&f->arena);
    unlink(f->path);
    unlink(f->ranges);
    free(f);
    return 0;
}

static void open_set(struct fixture *f)
{
    struct error err;

    if (enrich_set_open(&f->set, &f->config, &err))
        fail_msg("%s", err.text);
}

static const char *text_of(struct fixture *f, enum record_field field)
{
    struct slice text;
    char *copy;

    if (!record_text(&f->record, field, &text))
        return "";
    copy = arena_bytes(&f->arena, text.len + 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

static const char *bot_of(struct fixture *f, const char *agent)
{
    record_clear(&f->record);
    arena_clear(&f->arena);
    record_set_text(&f->record, FIELD_USER_AGENT_ORIGINAL, slice_of(agent));
    enrich_set_apply(&f->set, &f->record, 0);
    return text_of(f, FIELD_USER_AGENT_BOT_NAME);
}

/* Two looks, a second apart: a file that is still written to is left alone. */
static void refresh(struct fixture *f)
{
    for (int i = 0; i < 3; i++) {
        f->now_ms += 1001;
        enrich_set_refresh(&f->set, f->now_ms);
    }
}

static void a_replaced_list_is_taken_and_a_broken_one_is_not(void **state)
{
    struct fixture *f = *state;

    open_set(f);
    assert_string_equal(bot_of(f, "acme/1"), "First");
    write_file(f->path, "bots:\n  in_house:\n    Second one: [acme*]\n");
    assert_string_equal(bot_of(f, "acme/1"), "First");
    refresh(f);
    assert_string_equal(bot_of(f, "acme/1"), "Second one");
    write_file(f->path, "bots: [broken\n");
    refresh(f);
    assert_string_equal(bot_of(f, "acme/1"), "Second one");
    unlink(f->path);
    refresh(f);
    assert_string_equal(bot_of(f, "acme/1"), "Second one");
    write_file(f->path, "bots:\n  in_house:\n    The third: [acme*]\n");
    refresh(f);
    assert_string_equal(bot_of(f, "acme/1"), "The third");
    assert_string_equal(bot_of(f, "Googlebot/2.1"), "Googlebot");
}

static int verified(struct fixture *f, const char *address)
{
    record_clear(&f->record);
    record_set_text(&f->record, FIELD_USER_AGENT_ORIGINAL, SLICE("Googlebot/2.1"));
    record_set_text(&f->record, FIELD_SOURCE_IP, slice_of(address));
    enrich_set_apply(&f->set, &f->record, 0);
    if (!record_has(&f->record, FIELD_USER_AGENT_BOT_VERIFIED))
        return -1;
    return f->record.values[FIELD_USER_AGENT_BOT_VERIFIED].number != 0;
}

static void replaced_networks_are_taken(void **state)
{
    struct fixture *f = *state;

    open_set(f);
    assert_int_equal(verified(f, "192.0.2.77"), 1);
    assert_int_equal(verified(f, "198.51.100.1"), 0);
    assert_int_equal(verified(f, "nowhere"), -1);
    write_file(f->ranges, "{\"prefixes\":[{\"ipv4Prefix\":\"198.51.100.0/24\"}]}");
    refresh(f);
    assert_int_equal(verified(f, "192.0.2.77"), 0);
    assert_int_equal(verified(f, "198.51.100.1"), 1);
}

static void a_list_that_is_broken_at_the_start_stops_it(void **state)
{
    struct fixture *f = *state;
    struct error err;

    write_file(f->path, "bots: [broken\n");
    assert_int_equal(enrich_set_open(&f->set, &f->config, &err), REJECT);
    assert_non_null(strstr(err.text, f->path));
    write_file(f->path, "");
    write_file(f->ranges, "no network\n");
    assert_int_equal(enrich_set_open(&f->set, &f->config, &err), REJECT);
    assert_non_null(strstr(err.text, f->ranges));
}

static void cached_answers_are_the_same(void **state)
{
    struct fixture *f = *state;
    char agent[64], name[2][64];

    open_set(f);
    for (int round = 0; round < 2; round++) /* sixteen are kept: some come from there */
        for (int i = 0; i < 40; i++) {
            snprintf(agent, sizeof(agent), "agent%dbot/1", i % 20);
            snprintf(name[0], sizeof(name[0]), "agent%dbot", i % 20);
            snprintf(name[1], sizeof(name[1]), "%s", bot_of(f, agent));
            assert_string_equal(name[0], name[1]);
        }
}

static void results_are_counted(void **state)
{
    struct fixture *f = *state;
    struct metric *bots = metrics_counter("indexer_agents_total", "result=\"bot\"", "");
    struct metric *forged = metrics_counter("indexer_agents_total", "result=\"forged\"", "");
    double before = metric_value(bots), forged_before = metric_value(forged);

    open_set(f);
    bot_of(f, "curl/8");
    bot_of(f, "curl/8");
    bot_of(f, "Mozilla/5.0 (Windows NT 10.0) Gecko/1 Firefox/1");
    verified(f, "198.51.100.1");
    refresh(f);
    assert_true(metric_value(bots) == before + 3);
    assert_true(metric_value(forged) == forged_before + 1);
}

/* Workers load, renew and drop at once; the files change meanwhile. */
static void *work(void *arg)
{
    struct fixture *f = arg;
    struct enrich_set set;
    struct arena arena;
    struct record record;
    struct error err;
    bool good = enrich_set_open(&set, &f->config, &err) == OK;

    arena_init(&arena, 4096, 1u << 20);
    record_init(&record, &arena);
    for (int i = 0; good && i < 300; i++) {
        record_clear(&record);
        record_set_text(&record, FIELD_USER_AGENT_ORIGINAL, SLICE("acme/1"));
        enrich_set_apply(&set, &record, 0);
        good = record_has(&record, FIELD_USER_AGENT_BOT_NAME);
        enrich_set_refresh(&set, 1000 + i * 1001);
    }
    enrich_set_release(&set);
    arena_release(&arena);
    return good ? f : NULL;
}

static void workers_share_what_is_loaded(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    void *result;

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, f), 0);
    for (int i = 0; i < 50; i++) {
        char text[80];

        snprintf(text, sizeof(text), "bots:\n  in_house:\n    Number %d: [acme*]\n", i);
        write_file(f->path, text);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_replaced_list_is_taken_and_a_broken_one_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(replaced_networks_are_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_that_is_broken_at_the_start_stops_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(cached_answers_are_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(results_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(workers_share_what_is_loaded, set_up, tear_down),
    };

    log_set_level(LEVEL_ERROR); /* broken files are meant to be */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
