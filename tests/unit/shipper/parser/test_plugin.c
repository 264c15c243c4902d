/*
 * test_plugin.c - formats of shared objects: the example, one that behaves badly, and whom not to
 * trust.
 */
#include "shipper/parser/plugin.h"

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/plugin.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/rng.h"

#define EXAMPLE PLUGINS "/deploy/plugin-example/netstring.so"
#define HOSTILE PLUGINS "/tests/plugins/hostile.so"

struct bench {
    char folder[64];
    struct parser_options options;
    struct arena arena;
    struct record record;
};

static void lay_in(const struct bench *bench, const char *from, const char *name)
{
    struct slice content = file_read(from);
    char path[FOLDER_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
    file_write(path, content, O_TRUNC);
    free((char *)content.data);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    folder_make(bench->folder);
    bench->options.plugins_dir = bench->folder;
    lay_in(bench, EXAMPLE, "netstring.so");
    lay_in(bench, HOSTILE, "hostile.so");
    arena_init(&bench->arena, 65536, 128 << 20);
    record_init(&bench->record, &bench->arena);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    folder_remove(bench->folder);
    arena_release(&bench->arena);
    free(bench);
    return 0;
}

static struct parser *open_format(const struct bench *bench, const char *format)
{
    struct parser *parser = NULL;
    struct error err;

    if (parser_open(format, &bench->options, &parser, &err))
        fail_msg("%s: %s", format, err.text);
    return parser;
}

/* The record as JSON, which is strict; to be freed. NULL: no record. */
static char *parse(struct bench *bench, struct parser *parser, struct slice line)
{
    struct parser_memory memory = {0};
    struct json_value value;
    uint64_t invalid = 0;
    char *text, *end;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    parser_apply(parser, line, &memory, &bench->record);
    if (memory.no_record)
        return NULL;
    text = malloc(record_encode_bound(&bench->record) + 1);
    assert_non_null(text);
    end = text + record_encode(&bench->record, text, &invalid);
    *end = '\0';
    if (json_read(text, end, &value) != end || value.spaced)
        fail_msg("no JSON: %s", text);
    return text;
}

static void the_example_parses_what_patterns_cannot(void **state)
{
    static const struct {
        const char *format, *line, *record;
    } cases[] = {
        {"netstring", "4:user,4:anna,5:bytes,2:42,7:message,12:hello, world,",
         "{\"message\":\"hello, world\",\"user\":{\"name\":\"anna\"},\"http\":{\"response\":{"
         "\"body\":{\"bytes\":42}}}}"},
        {"netstring", "6:status,3:404,1:x,1:y,",
         "{\"message\":\"6:status,3:404,1:x,1:y,\",\"event\":{\"outcome\":\"failure\"},"
         "\"log\":{\"level\":\"warn\"},\"http\":{\"response\":{\"status_code\":404}},\"labels\":{"
         "\"x\":\"y\"}}"},
        {"netstring", "9:timestamp,20:2023-10-27T10:00:00Z,1:m,0:,",
         "{\"@timestamp\":\"2023-10-27T10:00:00.000Z\",\"message\":\"9:timestamp,20:2023-10-27T10:"
         "00:00Z,1:m,0:,\"}"},
        {"netstring", "# a comment", NULL},
        {"netstring", "4:user,5:anna,",
         "{\"message\":\"4:user,5:anna,\",\"event\":{\"original\":\"4:user,5:anna,\"},\"error\":{"
         "\"message\":\"not pairs of netstrings\"},\"tags\":[\"_parsefailure\"]}"},
        {"netstring:strict", "1:m,0:,",
         "{\"message\":\"1:m,0:,\",\"event\":{\"original\":\"1:m,0:,\"},\"error\":{\"message\":"
         "\"not pairs of netstrings\"},\"tags\":[\"_parsefailure\"]}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = open_format(*state, cases[i].format);

        assert_string_equal(parser->format->dataset, "netstring");
        for (int round = 0; round < 2; round++) {
            scoped_free char *got = parse(*state, parser, slice_of(cases[i].line));

            if (!got != !cases[i].record || (got && strcmp(got, cases[i].record) != 0))
                fail_msg("%s\n got      %s\n expected %s", cases[i].line, got, cases[i].record);
        }
        parser_close(parser);
    }
}

/* Each line makes the plugin say other things; what must be in the record, and what not. */
static void a_plugin_cannot_break_a_record(void **state)
{
    static const struct {
        const char *line, *has[4], *not [4];
    } cases[] = {
        {"n",
         {"\"labels\":{", "\"http\":\"an object\"", "\"event.id\":\"mine\""},
         {"too long", "\"empty\"", "\"none\"", "\"event\":{\"id\""}},
        {"v",
         {"\xef\xbf\xbd", "\"e\":0.1", "_typeconflict", "\"user\":{\"name\":\"5\"}"},
         {"nan", "inf", "9223372036854775807"}},
        {"j",
         {"\"h\":{\"a\":2}", "\"i\":[1]", "\"a\":\"\"", "_typeconflict"},
         {"\\ud800", "\"j\":", "\"source\":{\"ip\":{"}},
        {"m", {"_truncated", "\"n7\":7"}, {"xxxxxxxx", "[[[[", "\"n19999\""}},
        {"t", {"no such time", "_parsefailure"}, {"@timestamp"}},
        {"x", {"the plugin does not take the line", "_parsefailure"}, {NULL}},
        {"q", {"_parsefailure", "\xef\xbf\xbd no"}, {"over"}},
        {"", {"\"message\":\"\""}, {NULL}},
    };
    struct parser *parser = open_format(*state, "hostile");

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            scoped_free char *got = parse(*state, parser, slice_of(cases[i].line));

            for (int j = 0; j < 4; j++) {
                if (cases[i].has[j] && !strstr(got, cases[i].has[j]))
                    fail_msg("'%s': no %s in %.3000s", cases[i].line, cases[i].has[j], got);
                if (cases[i].not [j] && strstr(got, cases[i].not [j]))
                    fail_msg("'%s': %s in %.3000s", cases[i].line, cases[i].not [j], got);
            }
        }
    parser_close(parser);
}

static void damaged_lines_are_survived(void **state)
{
    static const char good[] = "4:user,4:anna,9:timestamp,20:2023-10-27T10:00:00Z,6:status,3:404,";
    struct parser *parser = open_format(*state, "netstring");
    struct rng rng = rng_start();

    for (int round = 0; round < 5000; round++) {
        size_t len = 1 + rng_below(&rng, sizeof(good) - 1);
        char *line = malloc(len);

        assert_non_null(line);
        memcpy(line, good, len);
        for (uint32_t n = rng_below(&rng, 4); n; n--)
            line[rng_below(&rng, (uint32_t)len)] = (char)rng_next(&rng);
        free(parse(*state, parser, (struct slice){line, len}));
        free(line);
    }
    parser_close(parser);
}

static void expect_refused(struct bench *bench, const char *format, const char *text)
{
    struct parser *parser = NULL;
    struct error err;

    if (parser_open(format, &bench->options, &parser, &err) != REJECT)
        fail_msg("taken: %s", format);
    if (!strstr(err.text, text))
        fail_msg("%s: got '%s', expected '%s'", format, err.text, text);
}

static void wrong_arguments_and_names_are_refused(void **state)
{
    expect_refused(*state, "netstring:lax", "unknown option 'lax'; expected: strict");
    expect_refused(*state, "hostile:refuse", "format 'hostile:refuse': eeee");
    expect_refused(*state, "nothing", "unknown format 'nothing'");
}

static void folders_and_files_of_others_are_not_trusted(void **state)
{
    struct bench *bench = *state;
    char path[FOLDER_PATH_MAX];

    snprintf(path, sizeof(path), "%s/netstring.so", bench->folder);
    assert_int_equal(chmod(path, 0620), 0);
    expect_refused(bench, "netstring", "others may write to it");
    assert_int_equal(chmod(path, 0602), 0);
    expect_refused(bench, "netstring", "others may write to it");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(bench->folder, 0770), 0);
    expect_refused(bench, "netstring", "are not loaded: others may write to it");
    assert_int_equal(chmod(bench->folder, 0700), 0);
    parser_close(open_format(bench, "netstring"));
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        expect_refused(bench, "netstring", "belongs to another user");
    }
    bench->options.plugins_dir = "relative/folder";
    expect_refused(bench, "netstring", "is not absolute");
    bench->options.plugins_dir = "/nonexistent/plugins";
    expect_refused(bench, "netstring", "cannot read the folder");
    bench->options.plugins_dir = path;
    expect_refused(bench, "netstring", "is no folder");
}

static void keep(void *arg, const char *problem)
{
    buf_addf(arg, "%s\n", problem);
}

static void keep_name(void *arg, const struct parser_format *format)
{
    buf_addf(arg, "%s %s %s\n", format->name, format->dataset, format->help);
}

static void what_is_no_plugin_is_told(void **state)
{
    scoped_buf struct buf text = BUF_INIT(65536);
    struct bench *bench = *state;
    char path[FOLDER_PATH_MAX], other[FOLDER_PATH_MAX];
    struct error err;

    snprintf(path, sizeof(path), "%s/bad.so", bench->folder);
    snprintf(other, sizeof(other), "%s/link.so", bench->folder);
    file_write(path, SLICE("no object"), O_TRUNC);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(plugin_check_folder(bench->folder, keep, &text, &err), OK);
    assert_non_null(strstr(buf_str(&text), "bad.so' is not loaded: "));
    assert_non_null(strstr(buf_str(&text), "link.so' is not loaded: it is no file"));
    assert_null(strstr(buf_str(&text), "netstring"));
    buf_clear(&text);
    assert_int_equal(plugin_formats(bench->folder, keep_name, &text, &err), OK);
    assert_string_equal(buf_str(&text),
                        "hostile hostile says all the wrong things\n"
                        "netstring netstring pairs of netstrings: 4:user,4:anna,\n");
    /* The right one is found in spite of the others; what is nowhere may have been in a bad one. */
    parser_close(open_format(bench, "netstring"));
    expect_refused(bench, "nothing", "bad.so' is not loaded");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_example_parses_what_patterns_cannot),
        CASE(a_plugin_cannot_break_a_record),
        CASE(damaged_lines_are_survived),
        CASE(wrong_arguments_and_names_are_refused),
        CASE(folders_and_files_of_others_are_not_trusted),
        CASE(what_is_no_plugin_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
