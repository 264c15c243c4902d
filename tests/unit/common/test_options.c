#include "common/options.h"
#include "common/version.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/scope.h"

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

static int ran;
static char ran_with[512];

static int run(int argc, char **argv)
{
    ran++;
    ran_with[0] = '\0';
    for (int i = 0; i < argc; i++)
        snprintf(ran_with + strlen(ran_with), sizeof(ran_with) - strlen(ran_with), "%s%s",
                 i ? " " : "", argv[i]);
    assert_null(argv[argc]);
    return EXIT_SOME_FAILED;
}

static const struct command commands[] = {
    {"parse", "parse [FILE...]", "lines in, records out", run},
    {"status", "status", "what the running agent is doing", run},
    {0}};

/* Calls `command_main` with stdout and stderr in `out`. */
static int call_main(const char *line, char *out, size_t size)
{
    scoped_fd int file = memfd_create("out", MFD_CLOEXEC), saved_out = dup(1), saved_err = dup(2);
    int count, code;
    ssize_t n;

    fflush(stdout);
    dup2(file, 1);
    dup2(file, 2);
    count = split(line);
    ran = 0;
    code = command_main("shipper", "ships logs", commands, count, args);
    fflush(stdout);
    dup2(saved_out, 1);
    dup2(saved_err, 2);
    n = pread(file, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    return code;
}

static void expect_main(const char *line, int code, const char *output)
{
    char out[4096];

    assert_int_equal(call_main(line, out, sizeof(out)), code);
    assert_string_equal(out, output);
    assert_int_equal(ran, 0);
}

static void expect_run(const char *line, const char *with)
{
    char out[4096];

    assert_int_equal(call_main(line, out, sizeof(out)), EXIT_SOME_FAILED);
    assert_string_equal(ran_with, with);
    assert_int_equal(ran, 1);
}

static void commands_get_their_arguments_and_give_the_code(void **state)
{
    (void)state;
    expect_run("parse --format x a", "parse --format x a");
    expect_run("status", "status");
    expect_run("parse status", "parse status");
}

static void options_before_the_command_are_its_own(void **state)
{
    (void)state;
    expect_run("--config x.yaml parse a", "parse --config x.yaml a");
    expect_run("--config=x.yaml status", "status --config=x.yaml");
}

static void wrong_commands_get_a_suggestion(void **state)
{
    (void)state;
    expect_main("prase x", EXIT_USAGE, "shipper: unknown command 'prase'; did you mean 'parse'?\n");
    expect_main("zebra", EXIT_USAGE, "shipper: unknown command 'zebra'; see 'shipper --help'\n");
    expect_main("prase status", EXIT_USAGE,
                "shipper: unknown command 'prase'; did you mean 'parse'?\n");
    expect_main("", EXIT_USAGE, "shipper: which command? See 'shipper --help'\n");
    expect_main("--json", EXIT_USAGE,
                "shipper: which command? '--json' alone names none; see 'shipper --help'\n");
}

static void version_and_help_are_results(void **state)
{
    (void)state;
    char version[256];

    snprintf(version, sizeof(version), "shipper %s\n", alpex_version);
    expect_main("--version", EXIT_DONE, version);
    expect_main("--help", EXIT_DONE,
                "shipper - ships logs\n\nUsage: shipper COMMAND [OPTION...]\n\nCommands:\n"
                "  parse   lines in, records out\n"
                "  status  what the running agent is doing\n\n"
                "'shipper COMMAND --help' tells more; 'shipper --version' prints the version.\n");
}

static void result_that_cannot_be_written_is_a_failure(void **state)
{
    scoped_fd int full = open("/dev/full", O_WRONLY), saved = dup(1), saved_err = dup(2);
    int count = split("--version"), code;

    (void)state;
    fflush(stdout);
    dup2(full, 1);
    dup2(full, 2);
    code = command_main("shipper", "ships logs", commands, count, args);
    dup2(saved, 1);
    dup2(saved_err, 2);
    clearerr(stdout);
    assert_int_equal(code, EXIT_FAILED);
}

static void help_is_aligned_and_wrapped(void **state)
{
    scoped_fd int file = memfd_create("out", MFD_CLOEXEC), saved = dup(1);
    char out[4096] = "";

    (void)state;
    fflush(stdout);
    dup2(file, 1);
    options_help("shipper", &commands[0], "More about it.", rows);
    fflush(stdout);
    dup2(saved, 1);
    assert_true(pread(file, out, sizeof(out) - 1, 0) > 0);
    assert_string_equal(
        out, "Usage: shipper parse [FILE...]\n\nlines in, records out\n\nMore about it.\n\n"
             "Options:\n"
             "  -f, --format NAME  format of the lines\n"
             "  -n, --limit N      how many\n"
             "  -j, --json         print JSON instead of a table\n"
             "      --quiet        say nothing, not even that there was nothing to say, which\n"
             "                     is what this long help is for\n"
             "  -h, --help         print this help\n");
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
        cmocka_unit_test(commands_get_their_arguments_and_give_the_code),
        cmocka_unit_test(options_before_the_command_are_its_own),
        cmocka_unit_test(wrong_commands_get_a_suggestion),
        cmocka_unit_test(version_and_help_are_results),
        cmocka_unit_test(result_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(help_is_aligned_and_wrapped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
