#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DOCUMENT                                                                                   \
    "{\"text\":\"a\",\"number\":12,\"large\":1e300,\"least\":-1e300,\"half\":2.5,\"flag\":true}"

static void expect_text(const char *key, const char *expected)
{
    scoped_json cJSON *json = cJSON_Parse(DOCUMENT);

    assert_string_equal(json_text(json, key, "fallback"), expected);
}

static void expect_number(const char *key, int64_t expected)
{
    scoped_json cJSON *json = cJSON_Parse(DOCUMENT);

    assert_int_equal(json_number(json, key, -7), expected);
}

static void members_are_read(void **state)
{
    (void)state;
    expect_text("text", "a");
    expect_number("number", 12);
    expect_number("half", 2);
}

static void missing_or_of_another_type_is_the_fallback(void **state)
{
    (void)state;
    expect_text("absent", "fallback");
    expect_text("number", "fallback");
    expect_text("Text", "fallback");
    expect_number("absent", -7);
    expect_number("text", -7);
    expect_number("flag", -7);
}

static void numbers_beyond_the_range_are_clamped(void **state)
{
    (void)state;
    expect_number("large", INT64_MAX);
    expect_number("least", INT64_MIN);
}

static void no_object_is_the_fallback(void **state)
{
    (void)state;
    assert_null(json_text(NULL, "x", NULL));
    assert_int_equal(json_number(NULL, "x", 5), 5);
}

static void documents_are_written_without_white_space(void **state)
{
    scoped_json cJSON *json = cJSON_Parse("{ \"a\" : [ 1, \"x\\n\" ] }");
    scoped_buf struct buf out = BUF_INIT(100);

    (void)state;
    json_write(json, &out);
    assert_string_equal(buf_str(&out), "{\"a\":[1,\"x\\n\"]}");
}

static void nothing_to_write_is_a_failure(void **state)
{
    scoped_buf struct buf out = BUF_INIT(100);

    (void)state;
    json_write(NULL, &out);
    assert_true(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_read),
        cmocka_unit_test(missing_or_of_another_type_is_the_fallback),
        cmocka_unit_test(numbers_beyond_the_range_are_clamped),
        cmocka_unit_test(no_object_is_the_fallback),
        cmocka_unit_test(documents_are_written_without_white_space),
        cmocka_unit_test(nothing_to_write_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
