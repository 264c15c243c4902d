/*
 * test_auto.c - `auto` finds the format of every line of tests/samples/<format>.log.
 *
 * Adding lines to these files adds to the test.
 */
#include "shipper/parser/parser.h"

#include <glob.h>

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "tests/unit/support/folder.h"
#include "tests/unit/support/rng.h"

#define FILES_MAX 40
#define LINES_MAX 200

struct sample { /* a file: lines of one format */
    char format[64];
    struct slice content;
    struct slice lines[LINES_MAX];
    size_t count;
    bool has_heading; /* its lines mean nothing by themselves */
};

struct bench {
    struct sample samples[FILES_MAX];
    size_t count;
    struct arena arena;
    struct record record;
    struct parser *automatic;
};

static struct parser *open_parser(const char *format)
{
    struct parser *parser = NULL;
    struct error err;

    if (parser_open(format, NULL, &parser, &err))
        fail_msg("%s: %s", format, err.text);
    return parser;
}

static void read_sample(struct sample *sample, const char *path)
{
    const char *name = strrchr(path, '/') + 1, *p, *end, *newline;

    snprintf(sample->format, sizeof(sample->format), "%.*s", (int)strcspn(name, "."), name);
    sample->has_heading = strstr("csv tsv w3c", sample->format) != NULL;
    sample->content = file_read(path);
    p = sample->content.data;
    end = p + sample->content.len;
    for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
        assert_true(sample->count < LINES_MAX);
        sample->lines[sample->count++] = (struct slice){p, (size_t)(newline - p)};
    }
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    glob_t found;

    assert_non_null(bench);
    assert_int_equal(glob("tests/samples/*.log", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        assert_true(bench->count < FILES_MAX);
        read_sample(&bench->samples[bench->count++], found.gl_pathv[i]);
    }
    globfree(&found);
    assert_true(bench->count >= 14);
    arena_init(&bench->arena, 65536, 16 << 20);
    record_init(&bench->record, &bench->arena);
    bench->automatic = open_parser("auto");
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < bench->count; i++)
        free((char *)bench->samples[i].content.data);
    parser_close(bench->automatic);
    arena_release(&bench->arena);
    free(bench);
    return 0;
}

static struct parser_memory fresh(const struct sample *sample)
{
    struct parser_memory memory = {.reference = {1698400800, 0}};

    if (sample && strcmp(sample->format, "nginx-combined") == 0)
        memory.path = SLICE("/var/log/nginx/access.log");
    return memory;
}

/* The record as JSON without its dataset, which is left in *dataset. "" for no record; to be freed.
 */
static char *parse(struct bench *bench, struct parser *parser, struct slice line,
                   struct parser_memory *memory, char dataset[64])
{
    struct slice text = {NULL, 0};
    uint64_t invalid = 0;
    struct json_value value;
    char *out, *end;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    parser_apply(parser, line, memory, &bench->record);
    record_text(&bench->record, FIELD_EVENT_DATASET, &text);
    snprintf(dataset, 64, "%.*s", SLICE_FMT(text));
    record_drop(&bench->record, FIELD_EVENT_DATASET);
    if (memory->no_record)
        return strdup("");
    out = malloc(record_encode_bound(&bench->record) + 1);
    assert_non_null(out);
    end = out + record_encode(&bench->record, out, &invalid);
    *end = '\0';
    if (json_read(out, end, &value) != end)
        fail_msg("no JSON: %s", out);
    return out;
}

/* The same record as by its own format, and that one's dataset. */
static void expect_same(struct bench *bench, const struct sample *sample, struct parser *own,
                        struct slice line, struct parser_memory *own_memory,
                        struct parser_memory *memory)
{
    char dataset[64], unused[64];
    scoped_free char *expected = parse(bench, own, line, own_memory, unused);
    scoped_free char *got = parse(bench, bench->automatic, line, memory, dataset);

    if (strcmp(got, expected) != 0 || (*got && strcmp(dataset, own->format->dataset) != 0))
        fail_msg("%s: %.*s\n got      %s %s\n expected %s %s", sample->format, SLICE_FMT(line),
                 dataset, got, own->format->dataset, expected);
}

static void files_are_recognised(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < bench->count; i++) {
        const struct sample *sample = &bench->samples[i];
        struct parser *own = open_parser(sample->format);
        struct parser_memory own_memory = fresh(sample), memory = fresh(sample);

        for (size_t j = 0; j < sample->count; j++)
            expect_same(bench, sample, own, sample->lines[j], &own_memory, &memory);
        parser_close(own);
    }
}

static void single_lines_are_recognised(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < bench->count; i++) {
        const struct sample *sample = &bench->samples[i];
        struct parser *own = open_parser(sample->format);

        for (size_t j = 0; j < sample->count && !sample->has_heading; j++) {
            struct parser_memory own_memory = fresh(sample), memory = fresh(sample);

            expect_same(bench, sample, own, sample->lines[j], &own_memory, &memory);
        }
        parser_close(own);
    }
}

/* Text that looks like the beginning of a document is a broken one where there are documents. */
static bool is_ambiguous(struct slice line)
{
    return line.len && (line.data[0] == '{' || line.data[0] == '<');
}

/* Whatever the lines before were: one stream of all formats, at random. */
static void minds_are_changed(void **state)
{
    struct bench *bench = *state;
    struct parser_memory memory = fresh(NULL);
    struct parser *own[FILES_MAX];
    struct rng rng = rng_start();

    for (size_t i = 0; i < bench->count; i++)
        own[i] = open_parser(bench->samples[i].format);
    for (int round = 0; round < 5000; round++) {
        size_t i = rng_below(&rng, (uint32_t)bench->count);
        const struct sample *sample = &bench->samples[i];
        struct slice line = sample->lines[rng_below(&rng, (uint32_t)sample->count)];
        struct parser_memory own_memory = fresh(NULL);

        if (sample->has_heading || strcmp(sample->format, "nginx-combined") == 0 ||
            (strcmp(sample->format, "text") == 0 && is_ambiguous(line)))
            continue;
        expect_same(bench, sample, own[i], line, &own_memory, &memory);
    }
    for (size_t i = 0; i < bench->count; i++)
        parser_close(own[i]);
}

struct step {
    const char *line, *dataset, *part; /* of the record; NULL: none */
};

static void expect_stream(struct bench *bench, const struct step *step)
{
    struct parser_memory memory = fresh(NULL);

    for (; step->line; step++) {
        char dataset[64];
        scoped_free char *got =
            parse(bench, bench->automatic, slice_of(step->line), &memory, dataset);

        if (strcmp(dataset, step->dataset) != 0 || (step->part && !strstr(got, step->part)))
            fail_msg("%s\n got      %s %s\n expected %s %s", step->line, dataset, got,
                     step->dataset, step->part);
    }
}

#define ACCESS "192.0.2.7 - - [06/Feb/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"ua\""

static void broken_lines_of_a_known_format_are_failures(void **state)
{
    static const struct step access[] = {
        {ACCESS, "apache.access", "\"status_code\":200"},
        {"192.0.2.7 - - [30/Feb/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1", "",
         "_parsefailure"},
        {"192.0.2.7 - - [06/Feb/2023:00:00:00 +0000] \"GET / HT", "", "_parsefailure"},
        {"the server says something else", "text",
         "\"message\":\"the server says something else\""},
        {ACCESS, "apache.access", "\"status_code\":200"},
        {"{\"a\":1}", "json.log", "\"a\":1"},
        {"{\"a\":", "", "_parsefailure"},
        {ACCESS, "apache.access", "\"status_code\":200"},
        {"{\"a\":", "text", "{\\\"a\\\":"},
        {0},
    };
    static const struct step unknown[] = {
        {"192.0.2.7 - - [06/Feb/2023:00:00:00 +0000] \"GET / HT", "text", NULL},
        {"{\"a\":", "text", NULL},
        {"", "text", "{}"},
        {"2023-02-30 10:00:00 INFO x", "", "_parsefailure"},
        {0},
    };

    expect_stream(*state, access);
    expect_stream(*state, unknown);
}

static void only_headings_make_columns(void **state)
{
    static const struct step sentence[] = {
        {"one, two, three", "text", NULL},    /* no name of a column that we know */
        {"time,level,message", "text", NULL}, /* too late */
        {0},
    };
    static const struct step heading[] = {
        {"time;level;message", "", NULL},
        {"2023-10-27T10:00:00Z;error;a", "csv.log", "\"level\":\"error\""},
        {"2023-10-27T10:00:00Z;error", "csv.log", "_columnmismatch"},
        {ACCESS, "apache.access", NULL},
        {"2023-10-27T10:00:01Z;error;b", "csv.log", "\"message\":\"b\""},
        {0},
    };
    static const struct step directives[] = {
        {"#Fields: date time c-ip cs-method cs-uri-stem sc-status", "", NULL},
        {"2023-10-27 10:00:02 192.0.2.9 GET /y 200", "w3c.access", "\"status_code\":200"},
        {"#Fields: date time sc-status c-ip", "", NULL},
        {"2023-10-27 10:00:02 404 192.0.2.9", "w3c.access", "\"status_code\":404"},
        {0},
    };

    expect_stream(*state, sentence);
    expect_stream(*state, heading);
    expect_stream(*state, directives);
}

static void damaged_lines_are_survived(void **state)
{
    struct bench *bench = *state;
    struct parser_memory memory = fresh(NULL);
    struct rng rng = rng_start();

    for (int round = 0; round < 20000; round++) {
        const struct sample *sample = &bench->samples[rng_below(&rng, (uint32_t)bench->count)];
        struct slice good = sample->lines[rng_below(&rng, (uint32_t)sample->count)];
        size_t len = good.len ? 1 + rng_below(&rng, (uint32_t)good.len) : 0;
        char *line = malloc(len + 1), dataset[64];

        assert_non_null(line);
        memcpy(line, good.data, len);
        for (uint32_t n = len ? rng_below(&rng, 4) : 0; n; n--)
            line[rng_below(&rng, (uint32_t)len)] = (char)rng_next(&rng);
        memory.heading = (struct slice){NULL, 0}; /* it would point into a line before */
        free(parse(bench, bench->automatic, (struct slice){line, len}, &memory, dataset));
        free(line);
    }
}

static void the_zone_is_the_input_s(void **state)
{
    const struct parser_options good = {.timezone = "Europe/Berlin"}, bad = {.timezone = "Nowhere"};
    struct parser_memory memory = fresh(NULL);
    struct parser *parser = NULL;
    struct error err;
    char dataset[64];
    scoped_free char *got = NULL;

    assert_int_equal(parser_open("auto", &bad, &parser, &err), REJECT);
    assert_non_null(strstr(err.text, "Nowhere"));
    assert_int_equal(parser_open("auto", &good, &parser, &err), OK);
    got = parse(*state, parser, SLICE("2023/07/01 12:00:00 [error] 1#1: x"), &memory, dataset);
    assert_non_null(strstr(got, "2023-07-01T10:00:00.000Z"));
    assert_string_equal(dataset, "nginx.error");
    parser_close(parser);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(files_are_recognised),       CASE(single_lines_are_recognised),
        CASE(minds_are_changed),          CASE(broken_lines_of_a_known_format_are_failures),
        CASE(only_headings_make_columns), CASE(damaged_lines_are_survived),
        CASE(the_zone_is_the_input_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
