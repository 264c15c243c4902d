/*
 * test_enrich.c - what is done for all enrichers, with scripted ones.
 */
#include "indexer/enrich/enrich.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/metrics.h"
#include "common/record.h"
#include "indexer/batch.h"
#include "indexer/config.h"

#define RECORDS 6100

static struct indexer_config config; /* all is off but what the tests add */
static char calls[256];              /* what was called, one letter each */
static size_t entries_seen;
static bool bad_fails;

static void note(char c)
{
    size_t len = strlen(calls);

    if (len + 1 < sizeof(calls))
        calls[len] = c;
}

static enum status make(const struct enrich_type *type, struct enrich **out)
{
    *out = calloc(1, sizeof(**out));
    assert_non_null(*out);
    (*out)->type = type;
    return OK;
}

static void fake_close(struct enrich *enrich)
{
    note('c');
    free(enrich);
}

static enum status good_open(const struct indexer_config *c, struct enrich **out,
                             struct error *err);
static bool good_apply(struct enrich *enrich, struct record *record)
{
    entries_seen += enrich->entry;
    record_set_bool(record, FIELD_SECURITY_THREAT, true);
    note('g');
    return true;
}

static void good_refresh(struct enrich *enrich, int64_t now_ms)
{
    (void)enrich;
    (void)now_ms;
    note('r');
}

static void good_begin(struct enrich *enrich, const struct batch *batch)
{
    (void)enrich;
    (void)batch;
    note('(');
}

static void good_settle(struct enrich *enrich, const struct batch *batch, int64_t now_ms)
{
    (void)enrich;
    (void)batch;
    (void)now_ms;
    note(')');
}

static const struct enrich_type good = {
    .name = "good",
    .open = good_open,
    .apply = good_apply,
    .refresh = good_refresh,
    .begin = good_begin,
    .settle = good_settle,
    .close = fake_close,
};

static enum status good_open(const struct indexer_config *c, struct enrich **out, struct error *err)
{
    (void)c;
    (void)err;
    return make(&good, out);
}

static enum status bad_open(const struct indexer_config *c, struct enrich **out, struct error *err);
static bool bad_apply(struct enrich *enrich, struct record *record)
{
    (void)enrich;
    (void)record;
    note('b');
    return !bad_fails;
}

static const struct enrich_type bad = {
    .name = "bad", .open = bad_open, .apply = bad_apply, .close = fake_close};

static enum status bad_open(const struct indexer_config *c, struct enrich **out, struct error *err)
{
    (void)c;
    (void)err;
    return make(&bad, out);
}

static enum status off_open(const struct indexer_config *c, struct enrich **out, struct error *err)
{
    (void)c;
    (void)out;
    (void)err;
    return DONE;
}

static const struct enrich_type off = {.name = "off", .open = off_open};

static enum status broken_open(const struct indexer_config *c, struct enrich **out,
                               struct error *err)
{
    (void)c;
    (void)out;
    return error_set(err, REJECT, "as told by the test");
}

static const struct enrich_type broken = {.name = "broken", .open = broken_open};

struct fixture {
    struct enrich_set set;
    struct arena arena;
    struct record record;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    memset(calls, 0, sizeof(calls));
    entries_seen = 0;
    bad_fails = true;
    arena_init(&f->arena, 4096, 1u << 20);
    record_init(&f->record, &f->arena);
    assert_int_equal(enrich_set_open(&f->set, &config, NULL), OK);
    assert_int_equal(f->set.count, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    enrich_set_release(&f->set);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static void add(struct fixture *f, const struct enrich_type *type)
{
    assert_int_equal(enrich_set_add(&f->set, type, &config, NULL), OK);
}

static void all_are_applied_in_the_order_in_which_they_were_added(void **state)
{
    struct fixture *f = *state;

    add(f, &bad);
    add(f, &good);
    enrich_set_apply(&f->set, &f->record, 0);
    enrich_set_apply(&f->set, &f->record, 1);
    assert_string_equal(calls, "bgbg");
}

static void one_that_is_off_takes_no_part(void **state)
{
    struct fixture *f = *state;

    add(f, &off);
    assert_int_equal(f->set.count, 0);
    enrich_set_apply(&f->set, &f->record, 0);
}

static void refused_configuration_is_passed_on(void **state)
{
    struct fixture *f = *state;
    struct error err;

    add(f, &good);
    assert_int_equal(enrich_set_add(&f->set, &broken, &config, &err), REJECT);
    assert_string_equal(err.text, "as told by the test");
    assert_int_equal(f->set.count, 1);
}

static void one_that_fails_leaves_the_others_alone_and_is_counted(void **state)
{
    struct fixture *f = *state;
    struct metric *errors = metrics_counter("indexer_enrich_errors_total", "enricher=\"bad\"", "");
    double before = metric_value(errors);

    add(f, &bad);
    add(f, &good);
    for (int i = 0; i < 3; i++)
        enrich_set_apply(&f->set, &f->record, 0);
    bad_fails = false;
    enrich_set_apply(&f->set, &f->record, 0);
    assert_true(record_has(&f->record, FIELD_SECURITY_THREAT));
    enrich_set_refresh(&f->set, 1000);
    assert_true(metric_value(errors) - before == 3);
}

static void a_sample_of_the_records_is_timed(void **state)
{
    struct fixture *f = *state;
    struct metric *seconds =
        metrics_histogram("indexer_enrich_seconds", "enricher=\"good\"", "", NULL, 0);
    double before = metric_value(seconds), timed;

    add(f, &good);
    for (int i = 0; i < RECORDS; i++)
        enrich_set_apply(&f->set, &f->record, 0);
    timed = metric_value(seconds) - before;
    assert_in_range((uintmax_t)timed, RECORDS / 100, RECORDS / 20);
}

static void number_of_the_record_in_its_batch_is_known(void **state)
{
    struct fixture *f = *state;

    add(f, &good);
    for (size_t i = 1; i <= 200; i++) /* those that are timed too */
        enrich_set_apply(&f->set, &f->record, i);
    assert_int_equal(entries_seen, 200 * 201 / 2);
}

static void refresh_comes_at_once_and_then_once_a_second(void **state)
{
    struct fixture *f = *state;

    add(f, &good);
    for (int64_t now_ms = 5; now_ms < 3005; now_ms += 10)
        enrich_set_refresh(&f->set, now_ms);
    assert_string_equal(calls, "rrr");
}

static void batches_begin_and_are_settled(void **state)
{
    struct fixture *f = *state;
    struct batch *batch;

    add(f, &bad); /* has none of the hooks */
    add(f, &good);
    assert_int_equal(batch_open(1, &batch, NULL), OK);
    enrich_set_begin(&f->set, batch);
    enrich_set_settle(&f->set, batch, 0);
    enrich_set_refresh(&f->set, 0);
    assert_string_equal(calls, "()r");
    batch_close(batch);
}

static void release_closes_all(void **state)
{
    struct fixture *f = *state;

    add(f, &good);
    add(f, &bad);
    enrich_set_release(&f->set);
    assert_string_equal(calls, "cc");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_applied_in_the_order_in_which_they_were_added),
        TEST(one_that_is_off_takes_no_part),
        TEST(refused_configuration_is_passed_on),
        TEST(one_that_fails_leaves_the_others_alone_and_is_counted),
        TEST(a_sample_of_the_records_is_timed),
        TEST(number_of_the_record_in_its_batch_is_known),
        TEST(refresh_comes_at_once_and_then_once_a_second),
        TEST(batches_begin_and_are_settled),
        TEST(release_closes_all),
    };

    return cmocka_run_group_tests_name("enrich", tests, NULL, NULL);
}
