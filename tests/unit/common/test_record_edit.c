/*
 * test_record_edit.c - values found and removed by name, wherever they are kept.
 */
#include "common/record.h"

#include "common/json_text.h"
#include "common/scope.h"
#include "tests/unit/support/record_bench.h"
#include "tests/unit/support/rng.h"

static void values_are_found_and_removed_wherever_they_are(void **state)
{
    static const struct {
        const char *record, *name, *found, *left;
    } cases[] = {
        {"{\"http\":{\"version\":\"1.1\"}}", "http.version", "\"1.1\"", "{}"},
        {"{\"http\":{\"version\":\"1.1\"},\"message\":\"m\"}", "message", "\"m\"",
         "{\"http\":{\"version\":\"1.1\"}}"},
        {"{\"source\":{\"ip\":\"10.0.0.1\"}}", "ip", "\"10.0.0.1\"", "{}"},
        {"{\"labels\":{\"a\":\"1\",\"b\":\"2\"}}", "labels.a", "\"1\"",
         "{\"labels\":{\"b\":\"2\"}}"},
        {"{\"labels\":{\"a\":\"1\",\"b\":\"2\"}}", "b", "\"2\"", "{\"labels\":{\"a\":\"1\"}}"},
        {"{\"labels\":{\"a\":\"1\"}}", "c", NULL, "{\"labels\":{\"a\":\"1\"}}"},
        {"{\"labels\":{\"a.b\":1}}", "labels.a.b", "1", "{}"},
        {"{\"labels\":{\"a\":{\"b\":1,\"c\":2}}}", "labels.a.b", "1",
         "{\"labels\":{\"a\":{\"c\":2}}}"},
        {"{\"shop\":{\"cart\":{\"id\":7,\"n\":1}}}", "shop.cart.id", "7",
         "{\"shop\":{\"cart\":{\"n\":1}}}"},
        {"{\"shop\":{\"cart.id\":7}}", "shop.cart.id", "7", "{\"shop\":{}}"},
        {"{\"shop.cart\":{\"id\":7}}", "shop.cart.id", "7", "{\"shop.cart\":{}}"},
        {"{\"shop\":{\"x\":1,\"cart\":{\"id\":[1,{\"id\":2}]}}}", "shop.cart.id", "[1,{\"id\":2}]",
         "{\"shop\":{\"x\":1,\"cart\":{}}}"},
        {"{\"shop\":{\"x\":\"shop.cart\"}}", "shop.cart", NULL, "{\"shop\":{\"x\":\"shop.cart\"}}"},
        {"{\"shop\":[{\"cart\":1}]}", "shop.cart", NULL, "{\"shop\":[{\"cart\":1}]}"},
        {"{\"shop\":\"text\"}", "shop.cart", NULL, "{\"shop\":\"text\"}"},
    };
    struct record_bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record_target target;
        struct value value = {0};

        record_bench_decode(bench, cases[i].record);
        assert_true(record_target_init(&target, slice_of(cases[i].name)));
        assert_int_equal(record_get(&bench->record, &target, &value), cases[i].found != NULL);
        if (cases[i].found && !slice_is(value.text, cases[i].found))
            fail_msg("%s in %s: '%.*s'", cases[i].name, cases[i].record, SLICE_FMT(value.text));
        assert_true(record_remove(&bench->record, &target));
        if (strcmp(record_bench_encode(bench), cases[i].left) != 0)
            fail_msg("%s without %s: %s", cases[i].record, cases[i].name, bench->text);
        assert_false(record_get(&bench->record, &target, &value));
    }
}

static void objects_go_with_all_that_is_in_them(void **state)
{
    static const struct {
        const char *record, *name, *left;
    } cases[] = {
        {"{\"labels\":{\"a\":\"1\"},\"message\":\"m\"}", "labels", "{\"message\":\"m\"}"},
        {"{\"source\":{\"ip\":\"10.0.0.1\",\"geo\":{\"city_name\":\"X\",\"mine\":1}}}",
         "source.geo", "{\"source\":{\"ip\":\"10.0.0.1\"}}"},
        {"{\"user_agent\":{\"original\":\"a\",\"os\":{\"name\":\"b\"}},\"x\":1}", "user_agent",
         "{\"x\":1}"},
    };
    struct record_bench *bench = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned object = record_object_find(slice_of(cases[i].name));

        assert_true(object);
        record_bench_decode(bench, cases[i].record);
        record_remove_object(&bench->record, object);
        if (strcmp(record_bench_encode(bench), cases[i].left) != 0)
            fail_msg("%s without %s: %s", cases[i].record, cases[i].name, bench->text);
    }
    assert_int_equal(record_object_find(SLICE("message")), 0);
    assert_int_equal(record_object_find(SLICE("labels.x")), 0);
    assert_int_equal(record_object_find(SLICE("")), 0);
}

/* Also with so many that the table is used; what stays keeps its order. */
static void members_removed_at_random_are_gone_and_the_others_stay(void **state)
{
    struct rng rng = rng_start();
    struct record_bench *bench = *state;

    for (int round = 0; round < 200; round++) {
        bool there[120] = {false};
        unsigned count = 1 + rng_below(&rng, 120);
        static struct record_target targets[120]; /* members point to their names */
        struct value value;
        char name[16];

        record_clear(&bench->record);
        arena_clear(&bench->arena);
        for (unsigned n = 0; n < 2 * count; n++) {
            unsigned i = rng_below(&rng, count);

            snprintf(name, sizeof(name), "label%u", i);
            assert_true(record_target_init(&targets[i], slice_of(name)));
            there[i] = rng_one_in(&rng, 3) ? false : true;
            if (there[i])
                assert_true(record_put(&bench->record, &targets[i], SLICE("v")));
            else
                assert_true(record_remove(&bench->record, &targets[i]));
        }
        for (unsigned i = 0; i < count; i++) {
            snprintf(name, sizeof(name), "label%u", i);
            assert_true(record_target_init(&targets[i], slice_of(name)));
            assert_int_equal(record_get(&bench->record, &targets[i], &value), there[i]);
        }
        record_bench_encode(bench);
    }
}

int main(void)
{
#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, record_bench_set_up, record_bench_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(values_are_found_and_removed_wherever_they_are),
        CASE(objects_go_with_all_that_is_in_them),
        CASE(members_removed_at_random_are_gone_and_the_others_stay),
    };

    return cmocka_run_group_tests_name("record_edit", tests, NULL, NULL);
}
