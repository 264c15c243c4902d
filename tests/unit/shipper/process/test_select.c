/*
 * test_select.c - which records pass, and which rule took the others.
 */
#include "shipper/process/select.h"

#include "common/metrics.h"
#include "common/record.h"
#include "shipper/config_process.h"
#include "tests/unit/support/record_bench.h"

static void make(struct record_bench *bench, const char *path, int status)
{
    record_clear(&bench->record);
    record_set_text(&bench->record, FIELD_URL_PATH, slice_of(path));
    record_set_long(&bench->record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
}

static double count_of(const char *name, const char *rule)
{
    return metric_value(metrics_counter(name, metrics_label("rule", rule), ""));
}

static void without_rules_there_is_nothing_to_do(void **state)
{
    const struct process_config none = {.keep = (char *)""};
    struct selector *selector;

    (void)state;
    assert_int_equal(select_open(&none, &none, "inputs[0].", &selector, NULL), OK);
    assert_null(selector);
    select_close(NULL);
}

static void records_pass_all_rules_of_both(void **state)
{
    char *drops[] = {(char *)"path:/health*", (char *)"path:/ping"};
    char *more[] = {(char *)"status:404"};
    const struct process_config common = {
        .keep = (char *)"path:/*", .drop = drops, .drop_count = 2};
    const struct process_config own = {
        .keep = (char *)"status:>=400", .drop = more, .drop_count = 1};
    static const struct {
        const char *path;
        int status;
        bool wanted;
        const char *rule;
    } cases[] = {
        {"/a", 500, true, NULL},
        {"/a", 200, false, "inputs[7].keep"},
        {"a", 500, false, "processing.keep"},
        {"/healthz", 500, false, "processing.drop[0]"},
        {"/ping", 500, false, "processing.drop[1]"},
        {"/a", 404, false, "inputs[7].drop[0]"},
    };
    struct record_bench *bench = *state;
    struct selector *selector;
    struct error err;

    assert_int_equal(select_open(&common, &own, "inputs[7].", &selector, &err), OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double before = cases[i].rule ? count_of("shipper_lines_dropped_total", cases[i].rule) : 0;

        make(bench, cases[i].path, cases[i].status);
        assert_int_equal(select_wants(selector, &bench->record, SLICE("id")), cases[i].wanted);
        if (cases[i].rule && count_of("shipper_lines_dropped_total", cases[i].rule) != before + 1)
            fail_msg("case %zu is not counted for %s", i, cases[i].rule);
    }
    select_close(selector);
}

static void first_sample_that_finds_a_record_decides(void **state)
{
    double none = 0, all = 100, tenth = 10;
    struct sample_config own_samples[] = {{(char *)"status:200 path:/important", &all},
                                          {(char *)"status:200", &tenth}};
    struct sample_config common_samples[] = {{(char *)"*", &none}};
    const struct process_config common = {.sample = common_samples, .sample_count = 1};
    const struct process_config own = {.sample = own_samples, .sample_count = 2};
    struct record_bench *bench = *state;
    struct selector *selector;
    struct error err;
    unsigned kept = 0;
    char id[32];

    assert_int_equal(select_open(&common, &own, "inputs[0].", &selector, &err), OK);
    make(bench, "/x", 500);
    assert_false(select_wants(selector, &bench->record, SLICE("id")));
    make(bench, "/important", 200);
    assert_true(select_wants(selector, &bench->record, SLICE("id")));
    make(bench, "/x", 200);
    for (int i = 0; i < 20000; i++) {
        bool wanted;

        snprintf(id, sizeof(id), "id-%d", i);
        wanted = select_wants(selector, &bench->record, slice_of(id));
        assert_int_equal(wanted, select_wants(selector, &bench->record, slice_of(id)));
        kept += wanted;
    }
    assert_in_range(kept, 1800, 2200);
    assert_true(count_of("shipper_lines_sampled_out_total", "inputs[0].sample[1]") > 30000);
    assert_true(count_of("shipper_lines_sampled_out_total", "processing.sample[0]") == 1);
    select_close(selector);
}

static void wrong_query_is_refused(void **state)
{
    const struct process_config common = {.keep = (char *)"stats:200"}, own = {.keep = NULL};
    const struct process_config timed = {.keep = (char *)"@timestamp:>now-1h"};
    struct selector *selector;
    struct error err;

    (void)state;
    assert_int_equal(select_open(&common, &own, "inputs[0].", &selector, &err), REJECT);
    assert_non_null(strstr(err.text, "stats"));
    assert_int_equal(select_open(&own, &timed, "inputs[0].", &selector, &err), REJECT);
    assert_non_null(strstr(err.text, "now"));
}

int main(void)
{
#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, record_bench_set_up, record_bench_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(without_rules_there_is_nothing_to_do),
        CASE(records_pass_all_rules_of_both),
        CASE(first_sample_that_finds_a_record_decides),
        CASE(wrong_query_is_refused),
    };

    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
