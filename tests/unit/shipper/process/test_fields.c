/*
 * test_fields.c - steps on fields: what they do, and which are refused.
 */
#include "shipper/process/fields.h"

#include "shipper/config_process.h"
#include "tests/unit/support/record_bench.h"

#define STEPS_MAX 4

static const char *run(struct record_bench *bench, const struct field_step_config *steps,
                       const char *json)
{
    struct field_step made[STEPS_MAX]; /* records point into them */
    struct error err;

    record_bench_decode(bench, json);
    for (int i = 0; i < STEPS_MAX && (steps[i].set || steps[i].add || steps[i].copy ||
                                      steps[i].rename || steps[i].remove || steps[i].tag);
         i++) {
        if (field_step_init(&made[i], &steps[i], &err))
            fail_msg("%s", err.text);
        field_step_apply(&made[i], &bench->record);
    }
    return record_bench_encode(bench);
}

static void steps_do_what_they_say_in_their_order(void **state)
{
    static const struct {
        struct field_step_config steps[STEPS_MAX];
        const char *before, *after;
    } cases[] = {
        {{{.set = "labels.team", .value = "web"}}, "{}", "{\"labels\":{\"team\":\"web\"}}"},
        {{{.set = "team", .value = "web"}},
         "{\"labels\":{\"team\":\"x\"}}",
         "{\"labels\":{\"team\":\"web\"}}"},
        {{{.add = "team", .value = "web"}},
         "{\"labels\":{\"team\":\"x\"}}",
         "{\"labels\":{\"team\":\"x\"}}"},
        {{{.add = "team", .value = "web"}}, "{}", "{\"labels\":{\"team\":\"web\"}}"},
        {{{.set = "status", .value = "404"}},
         "{}",
         "{\"http\":{\"response\":{\"status_code\":404}}}"},
        {{{.set = "service.name", .value = ""}}, "{}", "{\"service\":{\"name\":\"\"}}"},
        {{{.copy = "message", .to = "labels.m"}},
         "{\"message\":\"a\\nb\"}",
         "{\"message\":\"a\\nb\",\"labels\":{\"m\":\"a\\nb\"}}"},
        {{{.copy = "status", .to = "labels.s"}},
         "{\"http\":{\"response\":{\"status_code\":404}}}",
         "{\"http\":{\"response\":{\"status_code\":404}},\"labels\":{\"s\":404}}"},
        {{{.copy = "nothing", .to = "labels.s"}}, "{\"message\":\"m\"}", "{\"message\":\"m\"}"},
        {{{.rename = "labels.usr", .to = "user.name"}},
         "{\"labels\":{\"usr\":\"bob\",\"a\":1}}",
         "{\"user\":{\"name\":\"bob\"},\"labels\":{\"a\":1}}"},
        {{{.rename = "user", .to = "user.name"}},
         "{\"user\":{\"name\":\"bob\"}}",
         "{\"user\":{\"name\":\"bob\"}}"},
        {{{.rename = "shop.cart.id", .to = "labels.cart"}},
         "{\"shop\":{\"cart\":{\"id\":7,\"n\":1}}}",
         "{\"labels\":{\"cart\":7},\"shop\":{\"cart\":{\"n\":1}}}"},
        {{{.rename = "labels.code", .to = "status"}},
         "{\"labels\":{\"code\":\"200\"}}",
         "{\"http\":{\"response\":{\"status_code\":200}}}"},
        {{{.rename = "labels.code", .to = "status"}},
         "{\"labels\":{\"code\":\"good\"}}",
         "{\"tags\":[\"_typeconflict\"],\"labels\":{\"http.response.status_code\":\"good\"}}"},
        {{{.rename = "labels.addr", .to = "client.ip"}},
         "{\"labels\":{\"addr\":\"10.0.0.1\"}}",
         "{\"client\":{\"ip\":\"10.0.0.1\"}}"},
        {{{.rename = "labels.when", .to = "event.created"}},
         "{\"labels\":{\"when\":\"2026-11-21T12:00:00Z\"}}",
         "{\"event\":{\"created\":\"2026-11-21T12:00:00.000Z\"}}"},
        {{{.remove = "message"}},
         "{\"message\":\"m\",\"labels\":{\"a\":1}}",
         "{\"labels\":{\"a\":1}}"},
        {{{.remove = "labels.*"}},
         "{\"message\":\"m\",\"labels\":{\"a\":1}}",
         "{\"message\":\"m\"}"},
        {{{.remove = "user_agent"}},
         "{\"user_agent\":{\"original\":\"x\",\"os\":{\"name\":\"y\"}}}",
         "{\"user_agent\":{\"os\":{\"name\":\"y\"}}}"},
        {{{.remove = "user_agent.*"}},
         "{\"user_agent\":{\"original\":\"x\",\"os\":{\"name\":\"y\"}}}",
         "{}"},
        {{{.tag = "edge"}, {.tag = "edge"}}, "{\"tags\":[\"a\"]}", "{\"tags\":[\"a\",\"edge\"]}"},
        {{{.rename = "labels.a", .to = "labels.b"}, {.rename = "labels.b", .to = "labels.c"}},
         "{\"labels\":{\"a\":1}}",
         "{\"labels\":{\"c\":1}}"},
        {{{.set = "labels.x", .value = "1"}, {.remove = "labels.x"}}, "{}", "{}"},
    };
    struct record_bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(run(bench, cases[i].steps, cases[i].before), cases[i].after) != 0)
            fail_msg("case %zu, %s: got %s, expected %s", i, cases[i].before, bench->text,
                     cases[i].after);
}

static void wrong_steps_are_refused_with_a_reason(void **state)
{
    static const struct {
        struct field_step_config step;
        const char *why;
    } cases[] = {
        {{.set = NULL}, "does nothing"},
        {{.set = "a", .value = "b", .tag = "c"}, "several"},
        {{.set = "a"}, "no value"},
        {{.copy = "a"}, "nowhere"},
        {{.rename = "a"}, "nowhere"},
        {{.set = "status", .value = "abc"}, "no value for http.response.status_code"},
        {{.set = "source.ip", .value = "10.0.0.300"}, "no value for source.ip"},
        {{.set = "event.id", .value = "x"}, "identity"},
        {{.remove = "event.id"}, "identity"},
        {{.remove = "event.*"}, "identity"},
        {{.remove = "nothing.*"}, "no object"},
        {{.remove = "labels"}, "labels.*"},
        {{.rename = "@timestamp", .to = "labels.t"}, "index"},
        {{.rename = "labels.t", .to = "@timestamp"}, "index"},
        {{.copy = "labels.d", .to = "event.dataset"}, "dataset"},
        {{.remove = "log.offset"}, "where the line was read"},
        {{.remove = "log.file.fingerprint"}, "finds the record"},
        {{.remove = "log.*"}, "where the line was read"},
        {{.copy = "labels", .to = "x"}, "object"},
        {{.copy = "x", .to = "labels"}, "object"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct field_step step;
        struct error err = {0};

        assert_int_equal(field_step_init(&step, &cases[i].step, &err), REJECT);
        if (!strstr(err.text, cases[i].why))
            fail_msg("case %zu: '%s' lacks '%s'", i, err.text, cases[i].why);
    }
}

/* Where a line was read, and its identity, may be read all the same. */
static void guarded_fields_can_be_copied(void **state)
{
    static const struct field_step_config steps[STEPS_MAX] = {
        {.copy = "event.id", .to = "labels.i"}};

    assert_string_equal(run(*state, steps, "{\"event\":{\"id\":\"x\"}}"),
                        "{\"event\":{\"id\":\"x\"},\"labels\":{\"i\":\"x\"}}");
}

int main(void)
{
#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, record_bench_set_up, record_bench_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(steps_do_what_they_say_in_their_order),
        CASE(wrong_steps_are_refused_with_a_reason),
        CASE(guarded_fields_can_be_copied),
    };

    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
