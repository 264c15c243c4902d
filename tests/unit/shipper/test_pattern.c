/*
 * test_pattern.c - regular expressions: groups, names, errors, limits.
 */
#include "shipper/pattern.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"

static struct pattern *open_pattern(const char *text)
{
    struct pattern *pattern = NULL;
    struct error err;

    if (pattern_open(slice_of(text), &pattern, &err))
        fail_msg("%s: %s", text, err.text);
    return pattern;
}

static void test_groups(void **state)
{
    struct pattern *pattern = open_pattern("(?<user>\\w+)@(?<host>[\\w.]+)(:(\\d+))?");
    const struct pattern_name *names;

    (void)state;
    assert_int_equal(pattern_names(pattern, &names), 2);
    assert_string_equal(names[0].name, "user");
    assert_int_equal(names[0].number, 1);
    assert_string_equal(names[1].name, "host");
    assert_int_equal(pattern_group_count(pattern), 4);
    assert_true(pattern_match(pattern, SLICE("to alice@example.org now"), 0));
    assert_true(slice_is(pattern_group(pattern, 0), "alice@example.org"));
    assert_true(slice_is(pattern_group(pattern, 1), "alice"));
    assert_true(slice_is(pattern_group(pattern, 2), "example.org"));
    assert_null(pattern_group(pattern, 4).data);
    assert_null(pattern_group(pattern, 99).data);
    assert_false(pattern_match(pattern, SLICE("to alice@example.org now"), 5 + 4));
    assert_null(pattern_group(pattern, 0).data);
    assert_false(pattern_match(pattern, (struct slice){NULL, 0}, 0));
    pattern_close(pattern);
}

static void test_bytes_that_are_no_text_match_nothing_and_hurt_nothing(void **state)
{
    struct pattern *pattern = open_pattern("^(.*) end$");

    (void)state;
    assert_true(pattern_match(pattern, SLICE("gr\xc3\xbc\xc3\x9f end"), 0));
    assert_false(pattern_match(pattern, SLICE("bad \xff\xfe end"), 0));
    assert_true(pattern_match(pattern, SLICE("nul \0 end"), 0));
    pattern_close(pattern);
}

static void test_wrong_patterns_are_refused_with_the_place(void **state)
{
    static const char *const wrong[] = {"(", "[a-", "a{2,1}", "(?<n>a)(?<n>b)", "*a", "\\C"};
    struct pattern *pattern;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(pattern_open(slice_of(wrong[i]), &pattern, &err), REJECT);
        assert_non_null(strstr(err.text, "at character"));
    }
}

static void test_a_pattern_that_explodes_is_stopped_and_counted(void **state)
{
    struct pattern *pattern = open_pattern("^(a|aa|a?)+(b|bb|b?)+$");
    char text[201];

    (void)state;
    memset(text, 'a', 200);
    text[200] = '!';
    assert_false(pattern_match(pattern, (struct slice){text, 201}, 0));
    assert_int_equal(pattern_exhausted(pattern), 1);
    assert_true(pattern_match(pattern, SLICE("aaabb"), 0));
    assert_int_equal(pattern_exhausted(pattern), 1);
    pattern_close(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_bytes_that_are_no_text_match_nothing_and_hurt_nothing),
        cmocka_unit_test(test_wrong_patterns_are_refused_with_the_place),
        cmocka_unit_test(test_a_pattern_that_explodes_is_stopped_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
