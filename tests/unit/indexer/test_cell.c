/*
 * test_cell.c - text on a terminal: columns, and what is kept from it.
 */
#include "indexer/cell.h"

#include "tests/unit/support/check.h"

static void expect_print(struct slice text, unsigned width, bool cut, bool pad,
                         const char *expected)
{
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);

    assert_non_null(out);
    cell_print(out, text, width, cut, pad);
    fclose(out);
    assert_string_equal(shown, expected);
    free(shown);
}

#define EXPECT(text, width, cut, pad, expected) expect_print(SLICE(text), width, cut, pad, expected)

static void short_text_is_filled_up(void **state)
{
    (void)state;
    EXPECT("ab", 4, true, true, "ab  ");
    EXPECT("abcd", 4, true, true, "abcd");
    EXPECT("", 3, true, true, "   ");
    EXPECT("ab", 4, true, false, "ab");
    expect_print((struct slice){NULL, 0}, 2, true, true, "  ");
}

static void long_text_is_cut_and_says_so(void **state)
{
    (void)state;
    EXPECT("abcde", 4, true, true, "abc…");
    EXPECT("abcde", 4, false, true, "abcde");
    EXPECT("abcde", 0, true, false, "abcde");
    EXPECT("abcde", 1, true, true, "…");
}

static void wide_and_combining_characters_count_as_they_are_shown(void **state)
{
    (void)state;
    EXPECT("日本", 4, true, true, "日本");
    EXPECT("日本", 6, true, true, "日本  ");
    EXPECT("日本語", 4, true, true, "日… ");
    EXPECT("日本語", 5, true, true, "日本…");
    EXPECT("e\xcc\x81x", 3, true, true, "e\xcc\x81x ");
    EXPECT("\xf0\x9f\x98\x80x", 4, true, true, "\xf0\x9f\x98\x80x ");
    EXPECT("ü", 2, true, true, "ü ");
}

static void control_characters_become_dots(void **state)
{
    (void)state;
    EXPECT("\x1b[31mx\x07\n\r", 0, false, false, ".[31mx...");
    EXPECT("a\tb", 0, false, false, "a b");
    EXPECT("nul\0del\x7f", 0, false, false, "nul.del.");
    EXPECT("c1\xc2\x9b"
           "31m",
           0, false, false, "c1.31m");
    EXPECT("\xe2\x80\xaex\xe2\x81\xa6y\xe2\x80\xa8", 0, false, false, ".x.y.");
    EXPECT("\xff\xc3", 0, false, false, "..");
}

static void json_keeps_its_value(void **state)
{
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);

    (void)state;
    assert_non_null(out);
    cell_print_json(out, SLICE("{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae ü 日\"}"));
    fclose(out);
    assert_string_equal(shown, "{\"a\":\"\\u009b\\u007f\\u202e ü 日\"}");
    free(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_text_is_filled_up),
        cmocka_unit_test(long_text_is_cut_and_says_so),
        cmocka_unit_test(wide_and_combining_characters_count_as_they_are_shown),
        cmocka_unit_test(control_characters_become_dots),
        cmocka_unit_test(json_keeps_its_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
