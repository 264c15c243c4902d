#include "common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 16

static bool json, quiet;
static const char *format;
static int64_t limit;

static const struct option_row rows[] = {
    {"format", 'f', "NAME", OPTION_TEXT, &format, "format of the lines"},
    {"limit", 'n', "N", OPTION_NUMBER, &limit, "how many"},
    {"json", 'j', NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
    {"quiet", 0, NULL, OPTION_FLAG, &quiet,
     "say nothing, not even that there was nothing to say, which is what this long help is for"},
    {0}};

static char *args[ARGS_MAX];
static char words[512];
static char **rest;
static struct error err;

/* Splits `line` into args, the command's name first. */
static int split(const char *line)
{
    char *at = words, *word;
    int count = 1;

    snprintf(words, sizeof(words), "%s", line);
    args[0] = (char *)(uintptr_t) "parse";
    while ((word = strsep(&at, " ")))
        if (*word)
            args[count++] = word;
    args[count] = NULL;
    return count;
}

static enum status parse(const char *line)
{
    json = quiet = false;
    format = NULL;
    limit = -1;
    return options_parse(rows, split(line), args, &rest, &err);
}

static void expect_rest(const char *line, const char *expected)
{
    char joined[512] = "";

    assert_int_equal(parse(line), OK);
    for (size_t i = 0, len = 0; rest[i]; i++)
        len += (size_t)snprintf(joined + len, sizeof(joined) - len, "%s%s", i ? " " : "", rest[i]);
    assert_string_equal(joined, expected);
}

static void expect_format(const char *line, const char *expected)
{
    assert_int_equal(parse(line), OK);
    assert_string_equal(format, expected);
}

static void expect_refused(const char *line, const char *text)
{
    assert_int_equal(parse(line), REJECT);
    assert_string_equal(err.text, text);
}

static void values_may_be_written_in_all_usual_ways(void **state)
{
    (void)state;
    expect_format("--format apache", "apache");
    expect_format("--format=apache", "apache");
    expect_format("--format=a=b", "a=b");
    expect_format("--format=", "");
    expect_format("-f apache", "apache");
    expect_format("-fapache", "apache");
    expect_format("-jf apache", "apache");
    assert_true(json);
    expect_format("--format -", "-");
}

static void flags_and_numbers_are_set(void **state)
{
    (void)state;
    assert_int_equal(parse("--json -n 12 --quiet"), OK);
    assert_true(json && quiet);
    assert_int_equal(limit, 12);
    assert_int_equal(parse(""), OK);
    assert_false(json || quiet);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    expect_rest("a --json b -f x c", "a b c");
    assert_true(json);
    expect_rest("", "");
    expect_rest("- a", "- a");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    expect_rest("a --json -- --quiet -- b", "a --quiet -- b");
    assert_true(json);
    assert_false(quiet);
}

static void last_value_wins(void **state)
{
    (void)state;
    expect_format("-f a -f b", "b");
}

static void wrong_options_get_a_suggestion(void **state)
{
    (void)state;
    expect_refused("--formt x", "unknown option '--formt'; did you mean '--format'?");
    expect_refused("--jsno", "unknown option '--jsno'; did you mean '--json'?");
    expect_refused("--Quiet=1", "unknown option '--Quiet'; did you mean '--quiet'?");
    expect_refused("--zebra", "unknown option '--zebra'; see --help");
    expect_refused("-x", "unknown option '-x'; see --help");
}

static void values_are_checked(void **state)
{
    (void)state;
    expect_refused("--json=yes", "option '--json' takes no value");
    expect_refused("--format", "option '--format' needs a value: NAME");
    expect_refused("-f --json", "option '--format' needs a value: NAME");
    expect_refused("-n", "option '--limit' needs a value: N");
    expect_refused("-n 1x", "option '--limit' takes a number, 0 or more, not '1x'");
    expect_refused("-n -1", "option '--limit' takes a number, 0 or more, not '-1'");
    expect_refused("-n 99999999999999999999",
                   "option '--limit' takes a number, 0 or more, not '99999999999999999999'");
}

static void help_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(parse("--json --help --wrong"), DONE);
    assert_int_equal(parse("-h"), DONE);
    assert_int_equal(parse("-- --help"), OK);
}

static void no_table_means_no_options(void **state)
{
    (void)state;
    assert_int_equal(options_parse(NULL, split("a"), args, &rest, &err), OK);
    assert_string_equal(rest[0], "a");
    assert_int_equal(options_parse(NULL, split("--json"), args, &rest, &err), REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_may_be_written_in_all_usual_ways),
        cmocka_unit_test(flags_and_numbers_are_set),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(last_value_wins),
        cmocka_unit_test(wrong_options_get_a_suggestion),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(help_is_asked_for),
        cmocka_unit_test(no_table_means_no_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
