/*
 * test_json_tidy.c - foreign JSON as we pass it on.
 */
#include "common/json_tidy.h"

#include "common/json.h"
#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 64u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void expect_tidy(const char *text, const char *expected)
{
    struct slice tidy = json_tidy(&arena, slice_of(text));

    assert_slice(tidy, expected);
}

static void white_space_outside_of_strings_goes(void **state)
{
    (void)state;
    expect_tidy("{ \"a b\" : [ 1 ,\n\t2 , \" c \" ] , \"d\":{ } }",
                "{\"a b\":[1,2,\" c \"],\"d\":{}}");
    expect_tidy("[ ]", "[]");
    expect_tidy("[ [ ] , { } ]", "[[],{}]");
}

static void what_is_tidy_stays(void **state)
{
    static const char *const texts[] = {
        "1", "-1.5e+7", "true", "null", "\"\"", "{}", "[]", "{\"a\":{\"b\":[{},[],\"\",0]}}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_tidy(texts[i], texts[i]);
}

static void last_of_two_members_counts(void **state)
{
    (void)state;
    expect_tidy("{\"a\":1,\"a\":2}", "{\"a\":2}");
    expect_tidy("{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}");
    expect_tidy("{\"a\":1,\"a\":2,\"a\":3,\"b\":4}", "{\"a\":3,\"b\":4}");
    expect_tidy("{\"\":1,\"\":2}", "{\"\":2}");
    expect_tidy("[{\"a\":{\"x\":1,\"x\":[]},\"a\":{\"x\":2,\"y\":{\"z\":1,\"z\":2}}}]",
                "[{\"a\":{\"x\":2,\"y\":{\"z\":2}}}]");
}

static void equal_keys_of_different_objects_stay(void **state)
{
    (void)state;
    expect_tidy("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}",
                "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}");
}

static void escapes_do_not_hide_equal_keys(void **state)
{
    (void)state;
    expect_tidy("{\"a\\u0062\":1,\"ab\":2}", "{\"ab\":2}");
    expect_tidy("{\"a/\":1,\"a\\/\":2}", "{\"a/\":2}");
    expect_tidy("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", "{\"\xf0\x9f\x98\x80\":2}");
    expect_tidy("{\"\\u000a\":1,\"\\n\":2}", "{\"\\n\":2}");
}

static void lone_surrogates_are_replaced(void **state)
{
    (void)state;
    expect_tidy("\"\\ud800\"", "\"\xef\xbf\xbd\"");
    expect_tidy("[\"\\udc00\\ud83d\\ude00\\ud83d\"]",
                "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\"]");
    expect_tidy("{\"\\ud800\":1}", "{\"\xef\xbf\xbd\":1}");
}

static void only_what_may_need_it_is_tidied(void **state)
{
    static const struct {
        const char *text;
        bool needed;
    } cases[] = {
        {"1", false},          {"\"a\"", false},
        {"\"a\\n\"", false},   {"\"\\u00e9\"", false},
        {"\"\\ud800\"", true}, {"\"\\uD800\"", true},
        {"[\"a\",1]", false},  {"[ 1]", true},
        {"[{}]", true},        {"[\"\\ud800\"]", true},
        {"{\"a\":1}", true},
    };
    struct json_value value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice s = slice_of(cases[i].text);

        assert_non_null(json_read(s.data, s.data + s.len, &value));
        assert_int_equal(json_needs_tidying(&value), cases[i].needed);
    }
}

/* Each of 100,000 keys twice. */
static void many_members_take_no_time(void **state)
{
    scoped_buf struct buf text = BUF_INIT(16u << 20);
    struct slice tidy;

    (void)state;
    for (int i = 0; i < 200000; i++)
        buf_addf(&text, "%s\"key%d\":%d", i ? "," : "{", i % 100000, i);
    buf_add_char(&text, '}');
    tidy = json_tidy(&arena, buf_slice(&text));
    assert_true(tidy.len > 0 && tidy.len < text.len);
    assert_memory_equal(tidy.data, "{\"key0\":100000,", 15);
}

static void deepest_nesting_is_written(void **state)
{
    char text[4 * JSON_DEPTH_MAX * 5];
    struct json_value value;
    char *p = text;

    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
        p = stpcpy(p, "{\"a\":");
    p = stpcpy(p, "[]");
    memset(p, '}', JSON_DEPTH_MAX - 1);
    p[JSON_DEPTH_MAX - 1] = '\0';
    assert_non_null(json_read(text, text + strlen(text), &value));
    expect_tidy(text, text);
}

static void no_memory_is_told(void **state)
{
    struct arena small;

    (void)state;
    arena_init(&small, 64, 100);
    assert_null(json_tidy(&small, SLICE("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}")).data);
    arena_release(&small);
}

static void add_random_value(struct rng *rng, struct buf *out, int depth)
{
    static const char *const keys[] = {"a", "b", "\\u0061", "c\\/", "c/", "\\ud800", ""};
    unsigned kind = rng_below(rng, depth > 4 ? 3 : 5);
    unsigned count = rng_below(rng, 5);

    switch (kind) {
    case 0:
        buf_addf(out, "%u", rng_below(rng, 1000));
        break;
    case 1:
        buf_addf(out, "\"%s\"", keys[rng_below(rng, ARRAY_LEN(keys))]);
        break;
    case 2:
        buf_add_text(out, rng_one_in(rng, 2) ? "true" : "null");
        break;
    default:
        buf_add_text(out, kind == 3 ? "{ " : "[ ");
        for (unsigned i = 0; i < count; i++) {
            if (i)
                buf_add_text(out, " ,");
            if (kind == 3)
                buf_addf(out, "\"%s\" : ", keys[rng_below(rng, ARRAY_LEN(keys))]);
            add_random_value(rng, out, depth + 1);
        }
        buf_add_text(out, kind == 3 ? "}" : "]");
    }
}

static void expect_unique_keys(const cJSON *json)
{
    for (const cJSON *a = json->child; a; a = a->next) {
        for (const cJSON *b = a->next; b && cJSON_IsObject(json); b = b->next)
            if (strcmp(a->string, b->string) == 0)
                fail_msg("key '%s' twice", a->string);
        expect_unique_keys(a);
    }
}

static void random_values_have_unique_keys_and_stay_so(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 20000; round++) {
        scoped_buf struct buf text = BUF_INIT(1u << 20);
        struct slice tidy;
        struct json_value value;

        arena_clear(&arena);
        add_random_value(&rng, &text, 0);
        assert_non_null(json_read(text.data, text.data + text.len, &value));
        tidy = json_tidy(&arena, value.raw);
        assert_true(tidy.len > 0 && tidy.len <= text.len);
        assert_ptr_equal(json_read(tidy.data, tidy.data + tidy.len, &value), tidy.data + tidy.len);
        assert_false(value.spaced);
        {
            scoped_json cJSON *json = cJSON_ParseWithLength(tidy.data, tidy.len);

            assert_non_null(json);
            expect_unique_keys(json);
        }
        assert_true(slice_equal(json_tidy(&arena, tidy), tidy));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(white_space_outside_of_strings_goes),
        TEST(what_is_tidy_stays),
        TEST(last_of_two_members_counts),
        TEST(equal_keys_of_different_objects_stay),
        TEST(escapes_do_not_hide_equal_keys),
        TEST(lone_surrogates_are_replaced),
        TEST(only_what_may_need_it_is_tidied),
        TEST(many_members_take_no_time),
        TEST(deepest_nesting_is_written),
        TEST(no_memory_is_told),
        TEST(random_values_have_unique_keys_and_stay_so),
    };

    return cmocka_run_group_tests_name("json_tidy", tests, NULL, NULL);
}
