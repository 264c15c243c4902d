/*
 * test_json_walk.c - values found in JSON text, their bytes untouched.
 */
#include "common/json_walk.h"

#include "tests/unit/support/check.h"

static void expect_member(const char *object, const char *key, const char *raw)
{
    struct json_value value = {.raw = {"untouched", 9}};

    assert_int_equal(json_member(slice_of(object), key, &value), raw != NULL);
    assert_slice(value.raw, raw ? raw : "untouched");
}

static void members_are_found_as_they_are_written(void **state)
{
    (void)state;
    expect_member("{\"a\":1.10}", "a", "1.10");
    expect_member(" { \"x\" : {\"a\":2} , \"a\" : 9007199254740993 } ", "a", "9007199254740993");
    expect_member("{\"a\":\"b\\u0041\"}", "a", "\"b\\u0041\"");
    expect_member("{\"a\":[1, 2]}", "a", "[1, 2]");
    expect_member("{\"\":1}", "", "1");
    expect_member("{\"a\":1,\"a\":2}", "a", "1");
}

static void what_is_not_there_is_not_found(void **state)
{
    static const char *const objects[] = {"",
                                          "{}",
                                          "[1]",
                                          "\"a\"",
                                          "{\"b\":1}",
                                          "{",
                                          "{\"a\"",
                                          "{\"a\":",
                                          "{\"a\":nul}",
                                          "null",
                                          "{\"b\":}",
                                          "{,\"a\":1}",
                                          "{\"b\":1 \"a\":2}"};

    (void)state;
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        expect_member(objects[i], "a", NULL);
    assert_false(json_member((struct slice){NULL, 0}, "a", &(struct json_value){0}));
}

/* NULL: it has no such member. The output has as much room as it may take. */
static void expect_without(const char *object, const char *key, const char *rest)
{
    size_t size = strlen(object);
    char *out = malloc(size ? size : 1);

    assert_non_null(out);
    assert_slice(((struct slice){out, json_without(slice_of(object), key, out)}), rest ? rest : "");
    free(out);
}

static void one_member_is_cut_out(void **state)
{
    (void)state;
    expect_without("{\"x\":1.10,\"a\":\"b c\"}", "a", "{\"x\":1.10}");
    expect_without("{\"a\":{\"a\":1},\"x\":1e300}", "a", "{\"x\":1e300}");
    expect_without("{\"x\":1,\"a\":[1,2],\"y\":{\"a\":3}}", "a", "{\"x\":1,\"y\":{\"a\":3}}");
    expect_without("{\"a\":1}", "a", "{}");
    expect_without(" { \"a\" : 1 } ", "a", " {} ");
    expect_without(" { \"x\" : 1 , \"a\" : 2 } ", "a", " { \"x\" : 1 } ");
    expect_without("{ \"x\":1,\n\t\"a\":2 , \"y\":3}", "a", "{ \"x\":1,\n\t\"y\":3}");
    expect_without("{\"a\":1,\"a\":2}", "a", "{\"a\":2}");
    expect_without("{\"x\":{\"a\":1}}", "a", NULL);
    expect_without("{\"a\":", "a", NULL);
    expect_without("{}", "a", NULL);
    expect_without("[\"a\",1]", "a", NULL);
    expect_without("", "a", NULL);
}

static void expect_elements(const char *array, const char *joined)
{
    struct json_elements elements = json_elements(slice_of(array));
    struct json_value value;
    char text[256] = "";

    while (json_next_element(&elements, &value))
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s;", SLICE_FMT(value.raw));
    assert_string_equal(text, joined);
    assert_false(json_next_element(&elements, &value));
}

static void elements_come_one_after_the_other(void **state)
{
    (void)state;
    expect_elements("[]", "");
    expect_elements("[ 1 , {\"a\":[2,3]},\"x\" ]", "1;{\"a\":[2,3]};\"x\";");
    expect_elements("[1,2", "1;2;");
    expect_elements("[1,,2]", "1;");
    expect_elements("{\"a\":1}", "");
    expect_elements("", "");
}

static void expect_whole(const char *text, bool whole)
{
    struct json_value value;

    assert_int_equal(json_whole(slice_of(text), &value), whole);
}

static void a_text_is_one_value_or_none(void **state)
{
    (void)state;
    expect_whole(" {\"a\":1}\n", true);
    expect_whole("1", true);
    expect_whole("{} {}", false);
    expect_whole("{}x", false);
    expect_whole("", false);
    expect_whole("<html>", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_as_they_are_written),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(one_member_is_cut_out),
        cmocka_unit_test(elements_come_one_after_the_other),
        cmocka_unit_test(a_text_is_one_value_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
