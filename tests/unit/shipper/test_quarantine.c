/*
 * test_quarantine.c - what is kept of refused records, and when it is full.
 */
#include "shipper/quarantine.h"

#include <signal.h>
#include <sys/resource.h>

#include "common/json.h"
#include "common/log.h"
#include "common/metrics.h"
#include "tests/unit/support/folder.h"

static struct {
    char folder[64], path[100];
    struct quarantine *quarantine;
} bench;

static int setup(void **state)
{
    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    folder_make(bench.folder);
    snprintf(bench.path, sizeof(bench.path), "%s/quarantine.ndjson", bench.folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    quarantine_close(bench.quarantine);
    bench.quarantine = NULL;
    folder_remove(bench.folder);
    return 0;
}

static void open_quarantine(uint64_t max_bytes)
{
    struct error err;

    assert_int_equal(quarantine_open(bench.folder, max_bytes, &bench.quarantine, &err), OK);
}

static double abandoned(void)
{
    return metric_value(metrics_counter("shipper_records_abandoned_total", NULL, ""));
}

/* Every line of the file is an object with the three members; returns how many there are. */
static unsigned check_lines(void)
{
    struct slice text = file_read(bench.path);
    const char *p = text.data, *end = text.data + text.len, *newline;
    unsigned count = 0;

    for (; p < end; p = newline + 1, count++) {
        newline = memchr(p, '\n', (size_t)(end - p));
        assert_non_null(newline);
        {
            scoped_json cJSON *json = cJSON_ParseWithLength(p, (size_t)(newline - p));

            assert_non_null(json_text(json, "reason", NULL));
            assert_non_null(json_text(json, "time", NULL));
            assert_true(cJSON_IsObject(cJSON_GetObjectItem(json, "record")));
        }
    }
    free((char *)text.data);
    return count;
}

static void no_file_without_a_record(void **state)
{
    (void)state;
    open_quarantine(1000);
    assert_int_equal(access(bench.path, F_OK), -1);
}

static void records_are_kept_a_line_each(void **state)
{
    (void)state;
    open_quarantine(1 << 20);
    quarantine_add(bench.quarantine, SLICE("{\"message\":\"a\"}"), "too large");
    quarantine_add(bench.quarantine, SLICE("{\"message\":\"b\"}"), "a \"quoted\"\nreason \xff");
    assert_int_equal(check_lines(), 2);
}

static void long_reason_is_shortened(void **state)
{
    char reason[5000];

    (void)state;
    memset(reason, '\1', sizeof(reason));
    reason[sizeof(reason) - 1] = '\0';
    open_quarantine(1 << 20);
    quarantine_add(bench.quarantine, SLICE("{}"), reason);
    assert_int_equal(check_lines(), 1);
}

static void what_was_there_stays(void **state)
{
    (void)state;
    open_quarantine(1 << 20);
    quarantine_add(bench.quarantine, SLICE("{}"), "one");
    quarantine_close(bench.quarantine);
    open_quarantine(1 << 20);
    quarantine_add(bench.quarantine, SLICE("{}"), "two");
    assert_int_equal(check_lines(), 2);
}

static void beyond_its_size_records_are_counted(void **state)
{
    double before = abandoned();

    (void)state;
    open_quarantine(150);
    quarantine_add(bench.quarantine, SLICE("{}"), "one");
    quarantine_add(bench.quarantine, SLICE("{}"), "two");
    quarantine_add(bench.quarantine, SLICE("{}"), "three");
    assert_int_equal(check_lines(), 2);
    assert_int_equal(abandoned() - before, 1);
}

static void full_disk_leaves_no_half_line(void **state)
{
    struct rlimit old, small = {.rlim_cur = 100};
    double before = abandoned();

    (void)state;
    open_quarantine(1 << 20);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    quarantine_add(bench.quarantine, SLICE("{}"), "one");
    quarantine_add(bench.quarantine, SLICE("{}"), "two");
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(abandoned() - before, 1);
    quarantine_add(bench.quarantine, SLICE("{}"), "three");
    assert_int_equal(check_lines(), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_file_without_a_record),
        TEST(records_are_kept_a_line_each),
        TEST(long_reason_is_shortened),
        TEST(what_was_there_stays),
        TEST(beyond_its_size_records_are_counted),
        TEST(full_disk_leaves_no_half_line),
    };

    return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}
