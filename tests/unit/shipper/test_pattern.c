/*
 * test_pattern.c - regular expressions: groups, names, errors, limits.
 */
#include "shipper/pattern.h"

#include "common/clock.h"
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

static void test_text_is_characters_and_what_is_no_text_bytes(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } cases[] = {
        {"^gr..e$",
         "gr\xc3\xbc\xc3\x9f"
         "e",
         true},
        {"^gr....e$",
         "gr\xc3\xbc\xc3\x9f"
         "e",
         false},
        {"^gr..e$",
         "gr\xfc\xdf"
         "e",
         true}, /* Latin-1 */
        {"^(.*) end$", "bad \xff\xfe end", true},
        {"^[^ ]+ end$", "\xc3 end", true},
        {"(?i)^\xc3\x84$", "\xc3\xa4", true},
        {"(?i)^k$", "\xe2\x84\xaa", true}, /* the sign of kelvin */
        {"^\\x{20ac}$", "\xe2\x82\xac", true},
        {"^\\x{20ac}|a$", "\xff a", true},
        {"(*UTF)^.$", "\xe2\x82\xac", true},
        {"(*UTF)^.$", "\xff", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pattern *pattern = open_pattern(cases[i].pattern);

        for (int round = 0; round < 2; round++)
            if (pattern_match(pattern, slice_of(cases[i].text), 0) != cases[i].fits)
                fail_msg("%s on %s", cases[i].pattern, cases[i].text);
        pattern_close(pattern);
    }
}

static void test_nul_is_a_byte_like_others(void **state)
{
    struct pattern *pattern = open_pattern("^(.*) end$");

    (void)state;
    assert_true(pattern_match(pattern, SLICE("nul \0 end"), 0));
    assert_int_equal(pattern_group(pattern, 1).len, 5);
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

/* Each of these costs the square of the text's length, or worse, and no single place hits a limit.
 */
static void test_long_texts_cost_bounded_time(void **state)
{
    static const char *const patterns[] = {"\\w+\\s*@", "(\\w+\\.)*\\w+@[x]", "\\w+ \\w+ \\w+$",
                                           "(a|b|ab)+c"};
    size_t len = 1 << 20;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    text[len - 1] = '!';
    text[len / 2] = '\xff';
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct pattern *pattern = open_pattern(patterns[i]);
        int64_t start_ns = clock_mono_ns(), limit_ns = 5000000000;

        assert_false(pattern_match(pattern, (struct slice){text, len}, 0));
        assert_true(clock_mono_ns() - start_ns < limit_ns);
        pattern_close(pattern);
    }
    free(text);
}

static void test_a_match_far_behind_is_found(void **state)
{
    struct pattern *pattern = open_pattern("(?<=\\xe4)b(\\d+)$");
    size_t len = 300000;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i + 4 < len; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    memcpy(text + len - 4, "b123", 4);
    assert_true(pattern_match(pattern, (struct slice){text, len}, 0));
    assert_true(slice_is(pattern_group(pattern, 1), "123"));
    assert_int_equal(pattern_exhausted(pattern), 0);
    pattern_close(pattern);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_text_is_characters_and_what_is_no_text_bytes),
        cmocka_unit_test(test_nul_is_a_byte_like_others),
        cmocka_unit_test(test_wrong_patterns_are_refused_with_the_place),
        cmocka_unit_test(test_a_pattern_that_explodes_is_stopped_and_counted),
        cmocka_unit_test(test_long_texts_cost_bounded_time),
        cmocka_unit_test(test_a_match_far_behind_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
