#include "common/command.h"
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

#include "common/options.h"
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

/* Splits `line` into args, the program's name first. */
static int split(const char *line)
{
    char *at = words, *word;
    int count = 1;

    snprintf(words, sizeof(words), "%s", line);
    args[0] = (char *)(uintptr_t) "shipper";
    while ((word = strsep(&at, " ")))
        if (*word)
            args[count++] = word;
    args[count] = NULL;
    return count;
}

#define OPTIONS_HELP                                                                               \
    "Options:\n"                                                                                   \
    "  -f, --format NAME  format of the lines\n"                                                   \
    "  -n, --limit N      how many\n"                                                              \
    "  -j, --json         print JSON instead of a table\n"                                         \
    "      --quiet        say nothing, not even that there was nothing to say, which\n"            \
    "                     is what this long help is for\n"                                         \
    "  -h, --help         print this help\n"

static int ran;
static char ran_with[512];

static int run(const struct program *program, int argc, char **argv)
{
    assert_string_equal(program->name, "shipper");
    ran++;
    ran_with[0] = '\0';
    for (int i = 0; i < argc; i++)
        snprintf(ran_with + strlen(ran_with), sizeof(ran_with) - strlen(ran_with), "%s%s",
                 i ? " " : "", argv[i]);
    assert_null(argv[argc]);
    return EXIT_SOME_FAILED;
}

/* Begins as all real commands do. */
static int run_with_options(const struct program *self, int argc, char **argv)
{
    char **rest;
    int code;

    if (!command_begin(self, rows, "More about it.", argc, argv, &rest, &code))
        return code;
    ran++;
    snprintf(ran_with, sizeof(ran_with), "%s", rest[0] ? rest[0] : "");
    return EXIT_SOME_FAILED;
}

static const struct command commands[] = {
    {"parse", "parse [FILE...]", "lines in, records out", run},
    {"status", "status", "what the running agent is doing", run},
    {"with", "with NAME", "begins as commands do", run_with_options},
    {0}};

static const struct program program = {
    .name = "shipper", .about = "ships logs", .commands = commands};

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
    code = command_main(&program, count, args);
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
                "  status  what the running agent is doing\n"
                "  with    begins as commands do\n\n"
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
    code = command_main(&program, count, args);
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
    assert_string_equal(out, "Usage: shipper parse [FILE...]\n\nlines in, records out\n\nMore "
                             "about it.\n\n" OPTIONS_HELP);
}

static void command_begins_or_says_why_not(void **state)
{
    (void)state;
    expect_run("with --json thing", "thing");
    expect_main("with --jsn", EXIT_USAGE,
                "shipper with: unknown option '--jsn'; did you mean '--json'?; see 'shipper with "
                "--help'\n");
    expect_main(
        "with -h", EXIT_DONE,
        "Usage: shipper with NAME\n\nbegins as commands do\n\nMore about it.\n\n" OPTIONS_HELP);
}

static void take_description(void *arg, const struct command *command, const char *text,
                             const struct option_row *taken)
{
    ++*(int *)arg;
    assert_ptr_equal(command, &commands[2]);
    assert_string_equal(text, "More about it.");
    assert_ptr_equal(taken, rows);
}

static void description_is_taken_instead_of_printed(void **state)
{
    int times = 0;

    (void)state;
    ran = 0;
    command_describe(&program, &commands[2], take_description, &times);
    assert_int_equal(times, 1);
    assert_int_equal(ran, 0);
    /* And printed again afterwards. */
    expect_main(
        "with --quiet --help --json", EXIT_DONE,
        "Usage: shipper with NAME\n\nbegins as commands do\n\nMore about it.\n\n" OPTIONS_HELP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_get_their_arguments_and_give_the_code),
        cmocka_unit_test(options_before_the_command_are_its_own),
        cmocka_unit_test(wrong_commands_get_a_suggestion),
        cmocka_unit_test(version_and_help_are_results),
        cmocka_unit_test(result_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(help_is_aligned_and_wrapped),
        cmocka_unit_test(command_begins_or_says_why_not),
        cmocka_unit_test(description_is_taken_instead_of_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
