/*
 * What may come at the end of a command line.
 */
#include "common/completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/config_command.h"
#include "common/log_config.h"
#include "common/shell_line.h"

struct settings {
    char *name, *key_file;
    struct log_config log;
    bool careful;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct settings, name, 0, 10),
    CYAML_FIELD_STRING_PTR("key_file", CYAML_FLAG_POINTER, struct settings, key_file, 0, 10),
    CYAML_FIELD_BOOL("careful", CYAML_FLAG_DEFAULT, struct settings, careful),
    CYAML_FIELD_MAPPING("log", CYAML_FLAG_DEFAULT, struct settings, log, log_config_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, fields)};
static const struct config_schema schema = {.program = "shipper", .schema = &value};

static int run_search(const struct program *program, int argc, char **argv)
{
    static const char *path, *format, *names, *order, *from, *level;
    static struct option_list settings;
    static bool count;
    const struct option_row rows[] = {
        CONFIG_OPTIONS(path, settings),
        {"format", 'f', "NAME", OPTION_TEXT, &format, "table, csv"},
        {"fields", 0, "A,B", OPTION_TEXT, &names, "names"},
        {"sort", 0, "FIELD[:desc]", OPTION_TEXT, &order, "order"},
        {"from", 0, "TIME", OPTION_TEXT, &from, "not older"},
        {"level", 0, "WHICH", OPTION_TEXT, &level, "as in the configuration"},
        {"count", 'n', NULL, OPTION_FLAG, &count, "only how many"},
        {0}};
    char **rest;
    int code;

    if (command_begin(program, rows, NULL, argc, argv, &rest, &code))
        fail_msg("the command was run");
    return code;
}

static void each_format(value_taker *taker, void *arg)
{
    taker(arg, "table", "for people");
    taker(arg, "csv", "for spreadsheets");
}

static const struct command commands[] = {
    {"search", "search [QUERY]", "what a query finds", run_search},
    {"ship", "ship FILE...", "ships files", run_search},
    {"status", "status", "how it goes", run_search},
    {0}};
static const struct value_source values[] = {{"format", each_format}, {0}};
static const struct program program = {
    .name = "shipper", .commands = commands, .values = values, .schema = &schema};

static struct buf offered = BUF_INIT(1u << 20);
static struct completion found;

static void take_candidate(void *arg, struct slice text, const char *about)
{
    (void)arg;
    assert_non_null(about);
    buf_addf(&offered, "%s%.*s", offered.len ? " " : "", SLICE_FMT(text));
}

/* The last word of `text` is under the cursor. */
static const char *complete(const char *text)
{
    static struct shell_line line;
    struct arena arena;
    struct error err;

    arena_init(&arena, 4096, 4u << 20);
    assert_int_equal(shell_line_read(&arena, slice_of(text), &line, &err), OK);
    buf_clear(&offered);
    found = complete_words(&program, line.words, line.count, take_candidate, NULL);
    assert_true(found.from <= line.words[line.count - 1].len);
    arena_release(&arena);
    return buf_str(&offered);
}

static void expect(const char *text, const char *expected)
{
    assert_string_equal(complete(text), expected);
    assert_false(found.files);
}

static void expect_files(const char *text, size_t from)
{
    assert_string_equal(complete(text), "");
    assert_true(found.files);
    assert_int_equal(found.from, from);
}

static void commands_come_first(void **state)
{
    (void)state;
    expect("shipper ", "search ship status");
    expect("shipper s", "search ship status");
    expect("shipper se", "search");
    expect("shipper --", "--help --version");
    expect("shipper --config x se", "search");
    expect("shipper xyz", "");
}

static void options_are_offered_behind_a_dash(void **state)
{
    (void)state;
    expect("shipper search --f", "--format --fields --from");
    expect("shipper search -",
           "--config --set --format --fields --sort --from --level --count --help");
    expect("shipper status --h", "--help");
    expect_files("shipper ship -- --f", 0);
    expect("shipper status x", "");
}

static void values_follow_their_option(void **state)
{
    (void)state;
    expect("shipper search --format ", "table csv");
    expect("shipper search -f c", "csv");
    expect("shipper search -nf c", "csv");
    expect("shipper search --format=c", "csv");
    assert_int_equal(found.from, strlen("--format="));
    expect("shipper search --fields ip,stat", "status");
    assert_int_equal(found.from, 3);
    expect("shipper search --sort log.lev", "log.level");
    expect("shipper search --from now-1", "now-15m now-1h now-1d/d");
    expect("shipper search --level ", "debug info warn error");
    expect("shipper search --count --form", "--format");
    expect("shipper --format csv search --form", "--format");
}

static void settings_are_keys_and_their_values(void **state)
{
    (void)state;
    expect("shipper search --set ", "name= key_file= careful= log.level= log.format=");
    expect("shipper search -s log.l", "log.level=");
    expect("shipper search --set log.level=", "debug info warn error");
    assert_int_equal(found.from, strlen("log.level="));
    expect("shipper search --set=log.level=w", "warn");
    expect("shipper search --set careful=t", "true");
    expect("shipper search --set name=", "");
    expect("shipper search --set nope=", "");
    expect_files("shipper search --set key_file=/et", strlen("key_file="));
}

static void files_are_left_to_the_shell(void **state)
{
    (void)state;
    expect_files("shipper ship ", 0);
    expect_files("shipper ship a b", 0);
    expect_files("shipper search --config x", 0);
    expect_files("shipper search --config=x", strlen("--config="));
    expect_files("shipper search -c ", 0);
}

static void query_in_quotes(void **state)
{
    (void)state;
    expect("shipper search 'stat", "status:");
    expect("shipper search 'status:5xx and meth", "method:");
    assert_int_equal(found.from, strlen("status:5xx and "));
    expect("shipper search 'method:(get, p", "POST PUT PATCH");
    expect("shipper search \"bot:t", "true");
    expect("shipper search 'path:/x ", complete("shipper search 'path:/y "));
    assert_non_null(strstr(complete("shipper search 'bytes "), "> >= < <= = !="));
    assert_null(strstr(complete("shipper search '"), "."));
    assert_non_null(strstr(complete("shipper search 'h"), "http.response.status_code:"));
}

static void query_of_several_words(void **state)
{
    (void)state;
    expect("shipper search status:5xx and meth", "method:");
    assert_int_equal(found.from, 0);
    expect("shipper search status:5xx --count bot:f", "false");
    assert_int_equal(found.from, strlen("bot:"));
    expect("shipper search --format csv level:cri", "crit critical");
    /* A value begun in an earlier word is not completed in this one. */
    expect("shipper search '\"a' 'b", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_first),
        cmocka_unit_test(options_are_offered_behind_a_dash),
        cmocka_unit_test(values_follow_their_option),
        cmocka_unit_test(settings_are_keys_and_their_values),
        cmocka_unit_test(files_are_left_to_the_shell),
        cmocka_unit_test(query_in_quotes),
        cmocka_unit_test(query_of_several_words),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_release(&offered);
    return failed;
}
