/*
 * test_custom.c - formats of users: what their files may say, and what is wrong with them.
 */
#include "shipper/parser/custom.h"

#include "common/record.h"
#include "common/scope.h"
#include "tests/unit/support/folder.h"

struct bench {
    char folder[64];
    struct arena arena;
    struct record record;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    folder_make(bench->folder);
    arena_init(&bench->arena, 65536, 16 << 20);
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

static void write_in(const struct bench *bench, const char *name, const char *text)
{
    char path[FOLDER_PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
    file_write(path, slice_of(text), O_TRUNC);
}

static struct parser *open_format(const struct bench *bench, const char *text)
{
    const struct parser_options options = {.formats_dir = bench->folder, .timezone = "+01:00"};
    struct parser *parser = NULL;
    struct error err;

    write_in(bench, "x.yaml", text);
    if (parser_open("x", &options, &parser, &err))
        fail_msg("%s\n%s", text, err.text);
    return parser;
}

/* The record of `line` as JSON holds each of the parts, separated by '|'; "!part": does not. */
static void expect(struct bench *bench, struct parser *parser, const char *line, const char *parts)
{
    struct parser_memory memory = {.reference = {1700000000, 0}};
    scoped_free char *text = NULL, *list = strdup(parts);
    uint64_t invalid = 0;
    char *rest = list;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    parser_apply(parser, slice_of(line), &memory, &bench->record);
    text = malloc(record_encode_bound(&bench->record) + 1);
    assert_non_null(text);
    text[record_encode(&bench->record, text, &invalid)] = '\0';
    for (char *part; (part = strsep(&rest, "|"));)
        if (!strstr(text, part + (*part == '!')) != (*part == '!'))
            fail_msg("%s\n in %s", part, text);
}

static void formats_say_what_lines_are(void **state)
{
    static const struct {
        const char *format, *line, *parts;
    } cases[] = {
        {"pattern: '^%{WORD:a} %{INT:b}$'\nfields: {a: keyword, b: long}", "x 07",
         "\"a\":\"x\"|\"b\":7|!_parsefailure"},
        {"pattern: 'regex:^(?<a>\\w+)$'", "x-", "_parsefailure|does not fit the pattern"},
        {"pattern: 'grok:^%{WORD:a}$'", "x", "\"a\":\"x\""},
        /* the first that fits */
        {"pattern: ['^%{INT:n}$', '^%{WORD:w}$', '^%{NOTSPACE:any}$']", "word",
         "\"w\":\"word\"|!\"n\"|!\"any\""},
        /* a line that fits and whose time is wrong is not tried on */
        {"pattern: ['^%{NOTSPACE:timestamp}$', '^%{NOTSPACE:any}$']", "2023-02-30T00:00:00Z",
         "no such time|_parsefailure"},
        /* times */
        {"pattern: '^%{NOTSPACE:timestamp}$'", "2023-10-27T12:00:00", "2023-10-27T11:00:00.000Z"},
        {"pattern: '^%{NOTSPACE:timestamp}$'\ntimezone: America/New_York", "2023-10-27T12:00:00",
         "2023-10-27T16:00:00.000Z"},
        {"pattern: '^%{NOTSPACE:timestamp}$'\ndate_formats: ['%Y/%d/%m', UNIX_MS]", "2023/10/11",
         "2023-11-09T23:00:00.000Z"},
        {"pattern: '^%{NOTSPACE:timestamp}$'\ndate_formats: ['%Y/%d/%m', UNIX_MS]", "1700000000123",
         "2023-11-14T22:13:20.123Z"},
        {"pattern: '^%{NOTSPACE:timestamp}$'\ndate_formats: UNIX_MS", "2023-10-27T12:00:00Z",
         "no such time"},
        {"pattern: '^%{NOTSPACE:begun} %{NOTSPACE:timestamp}$'\n"
         "fields: {begun: {type: date, formats: 'dd.MM.yyyy', to: event.start}}",
         "27.10.2023 2023-10-27T12:00:00Z",
         "\"start\":\"2023-10-26T23:00:00.000Z\"|2023-10-27T12:00:00.000Z"},
        /* types, units, other names */
        {"pattern: '%{NUMBER:t} %{NUMBER:u}'\nfields: {t: {type: duration, unit: s, to: "
         "event.duration}, u: {type: duration, unit: us}}",
         "1.5 3", "\"duration\":1500000000|\"u\":3000"},
        {"pattern: '%{WORD:a} %{WORD:b}'\nfields: {a: {to: user.name}, b: {type: bool, to: "
         "labels.c}}",
         "anna yes", "\"user\":{\"name\":\"anna\"}|\"c\":true|!\"b\""},
        {"pattern: '%{NUMBER:n:int}'\nfields: {n: double}", "1.5",
         "\"n\":1"}, /* the pattern wins */
        /* levels and constants */
        {"pattern: '%{NOTSPACE:level}'\nlevels: {'!!': critical, W: debug}", "!!",
         "\"level\":\"critical\""},
        {"pattern: '%{NOTSPACE:level}'\nlevels: {'!!': critical, W: debug}", "w",
         "\"level\":\"debug\""},
        {"pattern: '%{NOTSPACE:level}'\nlevels: {'!!': critical}", "ERROR", "\"level\":\"error\""},
        {"pattern: '%{WORD:a}'\nconstants: {service.name: s, labels.n: 5, tags: t, process.pid: 7}",
         "x", "\"service\":{\"name\":\"s\"}|\"n\":\"5\"|\"tags\":[\"t\"]|\"pid\":7"},
        /* definitions of its own */
        {"pattern: '^%{Q:q}$'\ndefinitions: {Q: '[0-9A-F]{3}%{D}', D: '\\d'}", "A1F7",
         "\"q\":\"A1F7\""},
        /* another format's parser */
        {"parser: json\nfields: {n: long, s: {to: user.id}, msg: keyword}\nconstants: "
         "{service.name: j}",
         "{\"n\":\"12\",\"s\":\"u1\",\"o\":{\"p\":1},\"message\":\"m\"}",
         "\"n\":12|\"user\":{\"id\":\"u1\"}|\"service\":{\"name\":\"j\"}|!\"s\":"},
        {"parser: json\nfields: {o.p: {type: duration, unit: ms, to: event.duration}}",
         "{\"o\":{\"p\":2.5}}", "\"duration\":2500000|!2.5"},
        {"parser: json\nlevels: {error: warn}", "{\"level\":\"ERROR\"}", "\"level\":\"warn\""},
        {"parser: json", "no json", "_parsefailure"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = open_format(bench, cases[i].format);

        expect(bench, parser, cases[i].line, cases[i].parts);
        expect(bench, parser, cases[i].line, cases[i].parts);
        parser_close(parser);
    }
}

static void datasets_are_the_file_s(void **state)
{
    static const char *const cases[][2] = {
        {"pattern: x\ndataset: a.b", "a.b"},
        {"pattern: x", "x"},
        {"parser: apache-combined", "apache.access"},
        {"parser: apache-combined\ndataset: shop.access", "shop.access"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = open_format(*state, cases[i][0]);

        assert_string_equal(parser->format->dataset, cases[i][1]);
        assert_string_equal(parser->format->name, "x");
        parser_close(parser);
    }
}

/* Each problem with file, line and key. */
static void wrong_files_are_refused(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "pattern: missing; expected this or parser"},
        {"pattern: x\nparser: json", "pattern: expected either this or parser, not both"},
        {"pattern: x\npatern: y", "x.yaml:2: patern: unknown key; did you mean 'pattern'?"},
        {"pattern: {a: b}", "x.yaml:1: pattern: expected a pattern, or a list of them"},
        {"pattern: [a, {b: c}]", "x.yaml:1: pattern[1]: expected a pattern"},
        {"pattern: '%{NOPE}'", "x.yaml:1: pattern: no grok pattern 'NOPE' at character 1"},
        {"pattern:\n  - ok\n  - 'regex:('", "x.yaml:3: pattern: not a regular expression"},
        {"name: y\npattern: x", "x.yaml:1: name: the file's name says 'x'"},
        {"pattern: x\ndataset: No", "x.yaml:2: dataset: 'No' cannot be part of an index name"},
        {"pattern: x\ntimezone: Mars/Olympus", "x.yaml:2: timezone: "},
        {"pattern: x\ndate_formats: '%Q%!'", "x.yaml:2: date_formats: "},
        {"pattern: x\nfields: {a: huge}", "x.yaml:2: fields.a: no type 'huge'"},
        {"pattern: x\nfields:\n  a: {typ: long}",
         "x.yaml:3: fields.a.typ: unknown key; did you mean 'type'?"},
        {"pattern: x\nfields: {a: {unit: weeks}}", "fields.a.unit: no unit 'weeks'"},
        {"pattern: x\nfields: {a: [b]}", "x.yaml:2: fields.a: expected names with types"},
        {"pattern: x\nlevels: {E: loud}", "x.yaml:2: levels.E: no level"},
        {"pattern: x\nconstants: {a: {b: c}}",
         "x.yaml:2: constants.a: expected fields with values"},
        {"pattern: x\ndefinitions: {'a b': c}", "definitions.a b: not a name and a pattern"},
        {"pattern: x\nexamples: nothing", "x.yaml:2: examples: expected a list"},
        {"pattern: x\nexamples: [{record: {}}]", "examples[0]: line is missing"},
        {"parser: nope", "x.yaml:1: parser: unknown format 'nope'"},
        {"parser: x", "x.yaml:1: parser: unknown format 'x'"},
        {"pattern: [", "x.yaml"},
        /* examples that become something else */
        {"pattern: '^%{WORD:a}$'\nexamples:\n- line: 'b c'\n  record: {a: b}",
         "x.yaml:3: examples[0]: the line does not fit the pattern"},
        {"pattern: '^%{WORD:a}$'\nexamples:\n- line: b\n  record: {labels.a: c}",
         "x.yaml:4: examples[0].record.labels.a: got 'b'; expected 'c'"},
        {"pattern: '^%{WORD:a}$'\nexamples:\n- line: b\n  record: {labels: {d: c}}",
         "examples[0].record.labels.d: is not there; expected 'c'"},
        {"pattern: '^%{WORD:a}$'\nexamples:\n- line: b\n  record: {labels.a: }",
         "examples[0].record.labels.a: got 'b'; expected nothing"},
        {"pattern: '^%{WORD:a}$'\nexamples: [{line: b}]", "examples[0]: the line fits"},
        {"pattern: '%{INT:process.pid}'\nexamples: [{line: '7', record: {process.pid: 8}}]",
         "got '7'; expected '8'"},
    };
    struct bench *bench = *state;
    const struct parser_options options = {.formats_dir = bench->folder};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = NULL;
        struct error err;

        write_in(bench, "x.yaml", cases[i].text);
        if (parser_open("x", &options, &parser, &err) != REJECT)
            fail_msg("taken: %s", cases[i].text);
        if (!strstr(err.text, cases[i].problem))
            fail_msg("%s\n got '%s'\n expected '%s'", cases[i].text, err.text, cases[i].problem);
        assert_non_null(strstr(err.text, "format 'x'"));
    }
}

static void count_problem(void *arg, const char *problem)
{
    struct buf *all = arg;

    buf_addf(all, "%s\n", problem);
}

static void all_problems_of_all_files_are_told(void **state)
{
    scoped_buf struct buf all = BUF_INIT(65536);
    struct bench *bench = *state;
    struct error err;

    write_in(bench, "a.yaml", "pattern: '%{NOPE}'\nlevels: {E: loud}\ndataset: No\n");
    write_in(bench, "b.yaml", "pattern: x\n");
    write_in(bench, "c.yaml", "parser: nope\n");
    write_in(bench, ".hidden.yaml", "parser: nope\n");
    write_in(bench, "notes.txt", "parser: nope\n");
    assert_int_equal(custom_check_folder(bench->folder, count_problem, &all, &err), OK);
    assert_non_null(strstr(buf_str(&all), "a.yaml:1: pattern: no grok pattern 'NOPE'"));
    assert_non_null(strstr(buf_str(&all), "a.yaml:2: levels.E: no level"));
    assert_non_null(strstr(buf_str(&all), "a.yaml:3: dataset: "));
    assert_non_null(strstr(buf_str(&all), "c.yaml:1: parser: "));
    assert_null(strstr(buf_str(&all), "b.yaml"));
    assert_null(strstr(buf_str(&all), "hidden"));
    assert_int_equal(custom_check_folder("/nonexistent", count_problem, &all, &err), REJECT);
}

static void names_are_of_files_in_the_folder_only(void **state)
{
    static const char *const names[] = {"../x", "/etc/x", "", ".", "no", "a/b", ".x"};
    struct bench *bench = *state;
    const struct parser_options options = {.formats_dir = bench->folder}, none = {0};
    struct parser *parser;
    struct error err;

    write_in(bench, ".x.yaml", "pattern: x");
    write_in(bench, "x.yaml", "pattern: x");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(custom_open(names[i], &options, &parser, &err), RETRY);
    assert_int_equal(custom_open("x", &none, &parser, &err), RETRY);
}

static void add_format(void *arg, const struct parser_format *format)
{
    buf_addf(arg, "%s %s %s\n", format->name, format->dataset, format->help);
}

static void the_examples_that_come_along_are_right(void **state)
{
    scoped_buf struct buf all = BUF_INIT(65536);
    struct error err;

    (void)state;
    assert_int_equal(custom_check_folder("configs/formats", count_problem, &all, &err), OK);
    assert_string_equal(buf_str(&all), "");
    assert_int_equal(custom_formats("configs/formats", add_format, &all, &err), OK);
    assert_string_equal(buf_str(&all), "shop shop.app a shop's own log\n"
                                       "worker shop.worker JSON of the background workers\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(formats_say_what_lines_are),
        CASE(datasets_are_the_file_s),
        CASE(wrong_files_are_refused),
        CASE(all_problems_of_all_files_are_told),
        CASE(names_are_of_files_in_the_folder_only),
        CASE(the_examples_that_come_along_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
