/*
 * test_config.c - indexer.yaml: the schema, its defaults, and what is checked beyond it.
 */
#include "indexer/config.h"

#include "common/log.h"
#include "common/scope.h"
#include "tests/unit/support/check.h"

static void every_key_is_in_the_default_document(void **state)
{
    scoped_buf struct buf names = BUF_INIT(65536);

    (void)state;
    if (config_keys_missing(&indexer_config_schema, &names) != 0)
        fail_msg("not in configs/indexer.yaml:\n%s", buf_str(&names));
}

static void defaults_are_usable_and_workers_are_counted(void **state)
{
    struct indexer_config *config = NULL;
    struct config *holder = NULL;
    struct error err;

    (void)state;
    assert_int_equal(indexer_config_load(NULL, NULL, &holder, &config, &err), OK);
    assert_in_range(config->workers, 1, 64);
    assert_string_equal(config->kafka.group, "alpex-indexer");
    assert_int_equal(config->elasticsearch.url_count, 1);
    config_close(holder);
}

/* The only problem that `setting` makes ("" = none). */
static void expect_problem(const char *setting, const char *expected)
{
    const char *settings[] = {setting, NULL};
    struct indexer_config *config = NULL;
    struct config *holder = NULL;
    struct error err;
    enum status status = indexer_config_load(NULL, settings, &holder, &config, &err);
    const char *problems = holder ? config_problems(holder) : err.text;

    assert_int_equal(status, *expected ? REJECT : OK);
    if (!strstr(problems, expected) || (*expected && strchr(problems, '\n')[1]))
        fail_msg("%s: got '%s', expected '%s'", setting, problems, expected);
    config_close(holder);
}

static void values_that_cannot_be_used_are_problems(void **state)
{
    static const char *const cases[][2] = {
        {"workers=65", "workers"},
        {"workers=64", ""},
        {"batch.max_records=0", "batch.max_records"},
        {"batch.max_bytes=1", "batch.max_bytes"},
        {"batch.max_wait_ms=0", "batch.max_wait_ms"},
        {"kafka.assignor=fair", "kafka.assignor"},
        {"kafka.assignor=cooperative-sticky", ""},
        {"kafka.dlq_topic=logs", "kafka.dlq_topic"},
        {"kafka.session_timeout_ms=1s", "kafka.session_timeout_ms"},
        {"kafka.prefetch_max_bytes=1KiB", "kafka.prefetch_max_bytes"},
        {"kafka.drain_timeout_ms=6m", "kafka.drain_timeout_ms"},
        {"kafka.commit_interval_ms=1", "kafka.commit_interval_ms"},
        {"user_agent.cache_entries=1000001", "user_agent.cache_entries"},
        {"user_agent.cache_entries=0", ""},
        {"bots.cache_entries=1000001", "bots.cache_entries"},
        {"bots.files=/there/is/none.yaml", "bots.files"},
        {"redis.timeout_ms=0", "redis.timeout_ms"},
        {"redis.mark_ttl_ms=1", "redis.mark_ttl_ms"},
        {"redis.url=http://x", "redis.url"},
        {"redis.url=redis://127.0.0.1:6379/1", ""},
        {"elasticsearch.urls=x:9200", "elasticsearch.urls[0]"},
        {"elasticsearch.urls=http://a:9200,https://b:9200", ""},
        {"elasticsearch.index_prefix=Logs", "elasticsearch.index_prefix"},
        {"elasticsearch.index_prefix=-logs", "elasticsearch.index_prefix"},
        {"elasticsearch.ca_file=/there/is/none", "elasticsearch.ca_file"},
        {"elasticsearch.timeout_ms=1", "elasticsearch.timeout_ms"},
        {"elasticsearch.shards=0", "elasticsearch.shards"},
        {"elasticsearch.replicas=101", "elasticsearch.replicas"},
        {"elasticsearch.refresh_interval_ms=1", "elasticsearch.refresh_interval_ms"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_problem(cases[i][0], cases[i][1]);
}

static void every_problem_is_told(void **state)
{
    const char *settings[] = {"workers=99",
                              "batch.max_records=0",
                              "kafka.assignor=fair",
                              "elasticsearch.username=u",
                              "elasticsearch.api_key=k",
                              NULL};
    static const char *const keys[] = {"workers", "batch.max_records", "kafka.assignor",
                                       "elasticsearch.api_key"};
    struct indexer_config *config = NULL;
    struct config *holder = NULL;
    struct error err;

    (void)state;
    assert_int_equal(indexer_config_load(NULL, settings, &holder, &config, &err), REJECT);
    assert_int_equal(config_problem_count(holder), ARRAY_LEN(keys));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_non_null(strstr(config_problems(holder), keys[i]));
    config_close(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_in_the_default_document),
        cmocka_unit_test(defaults_are_usable_and_workers_are_counted),
        cmocka_unit_test(values_that_cannot_be_used_are_problems),
        cmocka_unit_test(every_problem_is_told),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
