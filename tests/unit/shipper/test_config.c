/*
 * test_config.c - shipper.yaml: the schema, its defaults, and what is checked beyond it.
 */
#include "shipper/config.h"

#include "common/log.h"
#include "common/scope.h"
#include "tests/unit/support/folder.h"

static void every_key_is_in_the_default_document(void **state)
{
    scoped_buf struct buf names = BUF_INIT(65536);

    (void)state;
    if (config_keys_missing(&shipper_config_schema, &names) != 0)
        fail_msg("not in configs/shipper.yaml:\n%s", buf_str(&names));
}

/* The problems that `setting` makes ("" = none). */
static void expect_problem(const char *setting, const char *expected)
{
    const char *settings[] = {setting, NULL};
    struct shipper_config *config = NULL;
    struct config *holder = NULL;
    struct error err;
    enum status status = shipper_config_load(NULL, settings, &holder, &config, &err);
    const char *problems = holder ? config_problems(holder) : err.text;

    assert_int_equal(status, *expected ? REJECT : OK);
    if (!strstr(problems, expected) || (*expected && strchr(problems, '\n')[1]))
        fail_msg("%s: got '%s', expected '%s'", setting, problems, expected);
    config_close(holder);
}

static void defaults_are_usable_and_names_are_filled(void **state)
{
    struct shipper_config *config = NULL;
    struct config *holder = NULL;
    struct error err;

    (void)state;
    assert_int_equal(shipper_config_load(NULL, NULL, &holder, &config, &err), OK);
    assert_true(config->agent.id[0] && config->host_name[0]);
    assert_int_equal(config->line_max_bytes, 1 << 20);
    assert_int_equal(config->input_count, 0);
    config_close(holder);
}

static void values_out_of_range_are_problems(void **state)
{
    static const char *const cases[][2] = {
        {"line_max_bytes=255", "line_max_bytes"},
        {"line_max_bytes=256", ""},
        {"line_max_bytes=64MiB", ""},
        {"line_max_bytes=65MiB", "line_max_bytes"},
        {"kafka.message_max_bytes=1KiB", "kafka.message_max_bytes"},
        {"kafka.linger_ms=16m", "kafka.linger_ms"},
        {"kafka.partitions=10001", "kafka.partitions"},
        {"kafka.replication_factor=101", "kafka.replication_factor"},
        {"kafka.compression=best", "kafka.compression"},
        {"kafka.partition_by=chance", "kafka.partition_by"},
        {"delivery.memory_max_bytes=1000", "delivery.memory_max_bytes"},
        {"delivery.memory_max_bytes=17GiB", "delivery.memory_max_bytes"},
        {"delivery.checkpoint_interval_ms=9", "delivery.checkpoint_interval_ms"},
        {"delivery.drain_timeout_ms=2h", "delivery.drain_timeout_ms"},
        {"log.level=loud", "log.level"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_problem(cases[i][0], cases[i][1]);
}

/* Each of `parts` is in one line of the problems of this document, and there are no more lines. */
static void expect_problems_of(const char *text, const char *const *parts, size_t count)
{
    char folder[64], path[FOLDER_PATH_MAX];
    struct shipper_config *config = NULL;
    struct config *holder = NULL;
    struct error err;
    size_t lines = 0;

    folder_make(folder);
    snprintf(path, sizeof(path), "%s/shipper.yaml", folder);
    file_write(path, slice_of(text), O_TRUNC);
    assert_int_equal(shipper_config_load(path, NULL, &holder, &config, &err), count ? REJECT : OK);
    for (const char *p = config_problems(holder); (p = strchr(p, '\n')); p++)
        lines++;
    for (size_t i = 0; i < count; i++)
        if (!strstr(config_problems(holder), parts[i]))
            fail_msg("'%s' is not in:\n%s", parts[i], config_problems(holder));
    if (lines != count)
        fail_msg("%zu problems instead of %zu:\n%s", lines, count, config_problems(holder));
    config_close(holder);
    folder_remove(folder);
}

static void every_problem_of_every_input_is_told(void **state)
{
    static const char text[] = "line_max_bytes: 1\n"
                               "inputs:\n"
                               "  - {type: tape, paths: [relative, /a], format: unheard-of}\n"
                               "  - {type: file, paths: [/b], format: nginx-combined,\n"
                               "     dataset: Nginx-Access, sample_percent: 101}\n"
                               "  - {type: file, paths: [/c], format: apache-common,\n"
                               "     dataset: _x, sample_percent: -1}\n";
    static const char *const parts[] = {
        "line_max_bytes",     "inputs[0].type: unknown input 'tape'",
        "inputs[0].paths[0]", "inputs[0].format: unknown format 'unheard-of'",
        "inputs[1].dataset",  "inputs[1].sample_percent",
        "inputs[2].dataset",  "inputs[2].sample_percent",
    };

    (void)state;
    expect_problems_of(text, parts, ARRAY_LEN(parts));
}

static void settings_of_files_are_checked(void **state)
{
    static const char text[] =
        "inputs:\n"
        "  - {type: file, paths: [/a], format: apache-common, when_done: delete}\n"
        "  - {type: folder, paths: [/b], format: apache-common, when_done: burn}\n"
        "  - {type: folder, paths: [/c], format: apache-common, when_done: 'move:relative'}\n"
        "  - {type: file, paths: [/d], format: apache-common, close_quiet_ms: 1ms,\n"
        "     scan_interval_ms: 1ms, poll_interval_ms: 1ms, max_open_files: 1}\n";
    static const char *const parts[] = {
        "inputs[0].when_done",      "inputs[1].when_done",        "inputs[2].when_done",
        "inputs[3].close_quiet_ms", "inputs[3].scan_interval_ms", "inputs[3].poll_interval_ms",
        "inputs[3].max_open_files",
    };

    (void)state;
    expect_problems_of(text, parts, ARRAY_LEN(parts));
    expect_problems_of(
        "inputs:\n"
        "  - {type: folder, paths: [/c], format: apache-common,\n"
        "     when_done: 'move:/d', complete_after_ms: 2s}\n"
        "  - {type: file, paths: [/d/**/*.log], format: apache-common, poll: always,\n"
        "     poll_interval_ms: 250ms, ignore_older_ms: 24h, close_quiet_ms: 1m,\n"
        "     scan_interval_ms: 5m, max_open_files: 1000}\n",
        NULL, 0);
}

static void missing_keys_of_an_input_are_told(void **state)
{
    static const char *const parts[] = {"inputs[0].type", "inputs[0].paths", "inputs[0].format"};

    (void)state;
    expect_problems_of("inputs:\n  - dataset: a.b\n", parts, ARRAY_LEN(parts));
}

static void good_inputs_have_no_problem(void **state)
{
    (void)state;
    expect_problems_of(
        "inputs:\n"
        "  - {type: file, paths: [/a/*.log], exclude: ['*.gz'], format: apache-combined,\n"
        "     dataset: apache.access, start_at: end, keep_original: true,\n"
        "     sample_percent: 12.5}\n",
        NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_in_the_default_document),
        cmocka_unit_test(defaults_are_usable_and_names_are_filled),
        cmocka_unit_test(values_out_of_range_are_problems),
        cmocka_unit_test(every_problem_of_every_input_is_told),
        cmocka_unit_test(settings_of_files_are_checked),
        cmocka_unit_test(missing_keys_of_an_input_are_told),
        cmocka_unit_test(good_inputs_have_no_problem),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
