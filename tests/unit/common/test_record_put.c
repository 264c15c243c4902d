/*
 * test_record_put.c - values under names that formats choose: typed, placed, never lost.
 */
#include "common/record.h"

#include "common/scope.h"
#include "tests/unit/support/record_bench.h"

static void put(struct record_bench *bench, const char *name, const char *text, bool json)
{
    struct record_target target;

    assert_true(record_target_init(&target, slice_of(name)));
    if (json)
        assert_true(record_put_json(&bench->record, &target, slice_of(text)));
    else
        assert_true(record_put(&bench->record, &target, slice_of(text)));
}

static void values_take_the_type_and_place_of_their_name(void **state)
{
    static const struct {
        const char *name, *text, *expected;
        bool json;
    } cases[] = {
        {"http.response.status_code", "404", "{\"http\":{\"response\":{\"status_code\":404}}}",
         false},
        {"status", "404", "{\"http\":{\"response\":{\"status_code\":404}}}", false},
        {"ip", "2001:db8::1", "{\"source\":{\"ip\":\"2001:db8::1\"}}", false},
        {"is_bot", "true", "{\"user_agent\":{\"is_bot\":true}}", false},
        {"event.created", "2026-11-21T12:00:00+01:00",
         "{\"event\":{\"created\":\"2026-11-21T11:00:00.000Z\"}}", false},
        {"tags", "a \"b\"", "{\"tags\":[\"a \\\"b\\\"\"]}", false},
        {"colour", "red\n", "{\"labels\":{\"colour\":\"red\\n\"}}", false},
        {"labels.team", "web", "{\"labels\":{\"team\":\"web\"}}", false},
        {"cloud.region", "eu", "{\"cloud.region\":\"eu\"}", false},
        {"source.mac", "00-00", "{\"source\":{\"mac\":\"00-00\"}}", false},
        {"a\"b", "x", "{\"labels\":{\"a\\\"b\":\"x\"}}", false},
        {"status", "abc",
         "{\"tags\":[\"_typeconflict\"],\"labels\":{\"http.response.status_code\":\"abc\"}}",
         false},
        {"ip", "1.2.3", "{\"tags\":[\"_typeconflict\"],\"labels\":{\"source.ip\":\"1.2.3\"}}",
         false},
        {"source", "x", "{\"labels\":{\"source\":\"x\"}}", false},
        {"labels", "x", "{\"labels\":{\"labels\":\"x\"}}", false},
        {"status", "404", "{\"http\":{\"response\":{\"status_code\":404}}}", true},
        {"status", "null", "{}", true},
        {"status", "{}",
         "{\"tags\":[\"_typeconflict\"],\"labels\":{\"http.response.status_code\":{}}}", true},
        {"size", "1.5", "{\"labels\":{\"size\":1.5}}", true},
    };
    struct record_bench *bench = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        record_clear(&bench->record);
        put(bench, cases[i].name, cases[i].text, cases[i].json);
        assert_string_equal(record_bench_encode(bench), cases[i].expected);
    }
}

/* Text that is known to stand for itself becomes what it becomes otherwise. */
static void plain_values_are_the_same(void **state)
{
    static const char *const names[] = {"colour",    "status",        "ip",     "tags", "is_bot",
                                        "user.name", "event.created", "message"};
    static const char *const texts[] = {
        "", "x", "404", "192.0.2.1", "2026-11-21T12:00:00Z", "a text of more than sixteen bytes"};
    struct record_bench *bench = *state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (size_t j = 0; j < ARRAY_LEN(texts); j++) {
            struct record_target target;
            scoped_free char *expected = NULL;
            char quoted[64];

            record_clear(&bench->record);
            put(bench, names[i], texts[j], false);
            expected = strdup(record_bench_encode(bench));
            assert_non_null(expected);
            record_clear(&bench->record);
            assert_true(record_target_init(&target, slice_of(names[i])));
            assert_true(record_put_as(&bench->record, &target, slice_of(texts[j]), true));
            assert_string_equal(record_bench_encode(bench), expected);
            record_clear(&bench->record);
            snprintf(quoted, sizeof(quoted), "\"%s\"", texts[j]);
            assert_true(record_put_quoted(&bench->record, &target, slice_of(quoted)));
            assert_string_equal(record_bench_encode(bench), expected);
        }
}

static void names_have_a_length(void **state)
{
    char name[RECORD_NAME_MAX + 1];
    struct record_target target;
    struct record_bench *bench = *state;

    memset(name, '\x01', sizeof(name)); /* each becomes six characters */
    assert_false(record_target_init(&target, (struct slice){name, 0}));
    assert_false(record_target_init(&target, (struct slice){name, sizeof(name)}));
    assert_true(record_target_init(&target, (struct slice){name, RECORD_NAME_MAX}));
    assert_true(record_put(&bench->record, &target, SLICE("x")));
    assert_int_equal(strlen(record_bench_encode(bench)),
                     strlen("{\"labels\":{\"\":\"x\"}}") + 6 * RECORD_NAME_MAX);
}

#define TAKEN_COUNT 2000 /* so many that they are found by a table */

static void values_are_taken_out_again(void **state)
{
    static const char *const names[] = {"a", "b", "x.y", "http.request.c"};
    struct record_target *targets = calloc(TAKEN_COUNT, sizeof(*targets));
    struct record_bench *bench = *state;
    struct slice raw;
    char name[20];

    assert_non_null(targets);
    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        snprintf(name, sizeof(name), "n%zu", i);
        assert_true(
            record_target_init(&targets[i], slice_of(i < ARRAY_LEN(names) ? names[i] : name)));
        assert_true(record_put(&bench->record, &targets[i], SLICE("v")));
    }
    for (size_t i = 0; i < TAKEN_COUNT; i++) {
        struct record_target *target = &targets[i * 7 % TAKEN_COUNT];

        assert_true(record_take(&bench->record, target, &raw));
        assert_slice(raw, "\"v\"");
        assert_false(record_take(&bench->record, target, &raw));
    }
    assert_string_equal(record_bench_encode(bench), "{}");
    assert_true(record_put_json(&bench->record, &targets[0], SLICE("1")));
    assert_string_equal(record_bench_encode(bench), "{\"labels\":{\"a\":1}}");
    assert_true(record_target_init(&targets[1], SLICE("status")));
    assert_false(record_take(&bench->record, &targets[1], &raw));
    free(targets);
}

#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, record_bench_set_up, record_bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(values_take_the_type_and_place_of_their_name),
        CASE(plain_values_are_the_same),
        CASE(names_have_a_length),
        CASE(values_are_taken_out_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
