/*
 * test_config.c - `retention:` of indexer.yaml: what is refused, and what a rule gets.
 */
#include "indexer/retention/config.h"

#include "common/log.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "tests/unit/support/check.h"

#define SETTINGS_MAX 8

struct config_case {
    const char *settings[SETTINGS_MAX];
    const char *problem; /* a part of the only one; NULL: there is none */
};

static void expect(const struct config_case *c)
{
    struct indexer_config *config = NULL;
    struct config *holder = NULL;
    struct error err;
    enum status status = indexer_config_load(NULL, c->settings, &holder, &config, &err);
    const char *problems = holder ? config_problems(holder) : err.text;

    if (status != (c->problem ? REJECT : OK) || (c->problem && !strstr(problems, c->problem)) ||
        (c->problem && config_problem_count(holder) != 1))
        fail_msg("%s %s: got '%s', expected '%s'", c->settings[0],
                 c->settings[1] ? c->settings[1] : "", problems, c->problem ? c->problem : "");
    config_close(holder);
}

static void values_that_cannot_be_used_are_problems(void **state)
{
    static const struct config_case cases[] = {
        {{"retention.enabled=true"}, NULL},
        {{"retention.check_interval_ms=1ms"}, "retention.check_interval_ms"},
        {{"retention.copy_max_per_s=99"}, "retention.copy_max_per_s"},
        {{"retention.max_age_ms=2d"}, NULL},
        {{"retention.max_age_ms=47h"}, "retention.max_age_ms: out of range"},
        {{"retention.max_age_ms=36501d"}, "retention.max_age_ms: out of range"},
        {{"retention.keep_ms=5d"}, "retention.keep_ms: given without keep"},
        {{"retention.keep=status:5xx", "retention.keep_ms=5d"}, "everything is kept"},
        {{"retention.max_age_ms=2d", "retention.keep=status:5xx"}, "retention.keep_ms: missing"},
        {{"retention.max_age_ms=2d", "retention.keep=status:5xx", "retention.keep_ms=2d"},
         "is not longer than max_age_ms"},
        {{"retention.max_age_ms=2d", "retention.keep=status:5xx", "retention.keep_ms=3d"}, NULL},
        {{"retention.max_total_bytes=1GiB", "retention.keep=threat:true", "retention.keep_ms=365d"},
         NULL},
        {{"retention.max_age_ms=2d", "retention.keep=nosuchfield:1", "retention.keep_ms=3d"},
         "not a query"},
        {{"retention.max_age_ms=2d", "retention.keep=@timestamp > now-1d", "retention.keep_ms=3d"},
         "not a query"},
        {{"retention.kept_prefix=Kept"}, "retention.kept_prefix"},
        {{"retention.kept_prefix=logs"}, "would be found by 'logs-*'"},
        {{"retention.kept_prefix=logs-kept"}, "would be found by 'logs-*'"},
        {{"elasticsearch.index_prefix=kept"}, "would be found by 'kept-*'"},
        {{"elasticsearch.index_prefix=kept-x"}, NULL},
        {{"retention.ilm_policy=mine"}, "given without retention.max_age_ms"},
        {{"retention.ilm_policy=mine", "retention.max_age_ms=9d"}, NULL},
        {{"retention.ilm_policy=_x", "retention.max_age_ms=9d"}, "cannot be the name"},
        {{"retention.ilm_policy=a/b", "retention.max_age_ms=9d"}, "cannot be the name"},
        {{"retention.ilm_policy=mine", "retention.max_age_ms=9d", "retention.max_all_bytes=1GiB"},
         "knows only the age"},
        {{"retention.datasets[0].dataset=apache.*", "retention.datasets[0].max_age_ms=9d"}, NULL},
        {{"retention.datasets[0].max_age_ms=9d"}, "retention.datasets[0].dataset: missing"},
        {{"retention.datasets[0].dataset=Apache"}, "retention.datasets[0].dataset"},
        {{"retention.datasets[0].dataset=a", "retention.datasets[0].max_age_ms=1h"},
         "retention.datasets[0].max_age_ms"},
        {{"retention.datasets[0].dataset=a", "retention.datasets[0].max_age_ms=5d",
          "retention.datasets[0].keep=(", "retention.datasets[0].keep_ms=50d"},
         "retention.datasets[0].keep"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect(&cases[i]);
}

static void nothing_is_deleted_by_default(void **state)
{
    struct indexer_config *config = NULL;
    struct config *holder = NULL;
    struct error err;

    (void)state;
    assert_int_equal(indexer_config_load(NULL, NULL, &holder, &config, &err), OK);
    assert_false(config->retention.enabled);
    assert_int_equal(config->retention.rest.max_age_ms, 0);
    assert_int_equal(config->retention.rest.max_total_bytes, 0);
    assert_int_equal(config->retention.max_all_bytes, 0);
    assert_int_equal(config->retention.dataset_count, 0);
    config_close(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_cannot_be_used_are_problems),
        cmocka_unit_test(nothing_is_deleted_by_default),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
