/*
 * test_parser.c - access log lines with traps.
 *
 * Whole lines and what they become are pairs in tests/data; here stands one
 * field at a time.
 */
#include "shipper/parser/parser.h"

#include "common/record.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIME         "[10/Oct/2000:13:55:36 -0700]"
#define REST         "200 1 \"-\" \"-\""

struct bench {
    struct arena arena;
    struct record record;
    struct parser *combined;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct error err;

    assert_non_null(bench);
    arena_init(&bench->arena, 65536, 1 << 20);
    record_init(&bench->record, &bench->arena);
    assert_int_equal(parser_open("apache-combined", NULL, &bench->combined, &err), OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    parser_close(bench->combined);
    arena_release(&bench->arena);
    free(bench);
    return 0;
}

static bool parse(struct bench *bench, struct slice line)
{
    struct parser_memory memory = {0};

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    return parser_apply(bench->combined, line, &memory, &bench->record);
}

/* NULL: absent. */
static void expect_field(struct bench *bench, enum record_field field, const char *expected)
{
    struct slice text;

    if (!expected) {
        if (record_has(&bench->record, field))
            fail_msg("%s is there", record_fields[field].name);
        return;
    }
    if (!record_text(&bench->record, field, &text))
        fail_msg("%s is not there", record_fields[field].name);
    assert_slice(text, expected);
}

static void expect_number(struct bench *bench, enum record_field field, int64_t expected)
{
    int64_t number;

    assert_true(record_long(&bench->record, field, &number));
    assert_int_equal(number, expected);
}

/* The record as JSON holds `part`. */
static void expect_json(struct bench *bench, const char *part)
{
    char *text = malloc(record_encode_bound(&bench->record) + 1);
    uint64_t invalid = 0;

    assert_non_null(text);
    text[record_encode(&bench->record, text, &invalid)] = '\0';
    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
    free(text);
}

static void expect_parsed(struct bench *bench, const char *line)
{
    if (!parse(bench, slice_of(line)))
        fail_msg("not parsed: %s", line);
}

/* Kept as text, marked, with a reason. */
static void expect_unparsed(struct bench *bench, struct slice line)
{
    struct slice text;

    if (parse(bench, line))
        fail_msg("parsed: %.*s", SLICE_FMT(line));
    assert_true(record_text(&bench->record, FIELD_MESSAGE, &text) && slice_equal(text, line));
    assert_true(record_text(&bench->record, FIELD_EVENT_ORIGINAL, &text) &&
                slice_equal(text, line));
    assert_true(record_text(&bench->record, FIELD_ERROR_MESSAGE, &text) && text.len);
    expect_json(bench, "\"tags\":[\"_parsefailure\"]");
    assert_false(record_has(&bench->record, FIELD_SOURCE_ADDRESS));
    assert_false(record_has(&bench->record, FIELD_TIMESTAMP));
}

/* ---- the client ---- */

static void addresses_are_ips_or_names(void **state)
{
    static const struct {
        const char *text, *address, *ip;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1", "2001:db8::1"},
        {"::1", "::1", "::1"},
        {"::ffff:10.1.2.3", "::ffff:10.1.2.3", "10.1.2.3"},
        {"::FFFF:10.1.2.3", "::FFFF:10.1.2.3", "10.1.2.3"},
        {"host.example.org", "host.example.org", NULL},
        {"localhost", "localhost", NULL},
        {"999.1.1.1", "999.1.1.1", NULL},
        {"192.0.2.01", "192.0.2.01", NULL},
        {"192.0.2", "192.0.2", NULL},
        {"192.0.2.1.5", "192.0.2.1.5", NULL},
        {"fe80::1%eth0", "fe80::1%eth0", NULL},
        {"::ffff:999.1.1.1", "::ffff:999.1.1.1", NULL},
        {"-", NULL, NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[300];

        snprintf(line, sizeof(line), "%s - - " TIME " \"GET / HTTP/1.1\" " REST, cases[i].text);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_SOURCE_ADDRESS, cases[i].address);
        expect_field(*state, FIELD_SOURCE_IP, cases[i].ip);
    }
}

static void users_may_hold_anything(void **state)
{
    static const char *const users[] = {
        "frank", "frank@example.org", "Frank von und zu", "DOMAIN/user", "a[b]", "caf\xc3\xa9"};

    for (size_t i = 0; i < COUNT(users); i++) {
        char line[300];

        snprintf(line, sizeof(line), "h - %s " TIME " \"GET / HTTP/1.1\" " REST, users[i]);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_USER_NAME, users[i]);
    }
}

static void dashes_are_absent(void **state)
{
    expect_parsed(*state, "- - - " TIME " \"-\" - - \"-\" \"-\"");
    expect_field(*state, FIELD_USER_NAME, NULL);
    expect_field(*state, FIELD_MESSAGE, NULL);
    expect_field(*state, FIELD_HTTP_RESPONSE_STATUS_CODE, NULL);
    expect_field(*state, FIELD_HTTP_RESPONSE_BODY_BYTES, NULL);
    expect_field(*state, FIELD_HTTP_REQUEST_REFERRER, NULL);
    expect_field(*state, FIELD_USER_AGENT_ORIGINAL, NULL);
    expect_field(*state, FIELD_EVENT_OUTCOME, NULL);
}

/* ---- the request ---- */

static void request_lines_of_every_kind(void **state)
{
    static const struct {
        const char *text, *method, *url, *version, *message;
    } cases[] = {
        {"GET / HTTP/1.1", "GET", "/", "1.1", "GET / HTTP/1.1"},
        {"GET / HTTP/2.0", "GET", "/", "2.0", "GET / HTTP/2.0"},
        {"GET / HTTP/3", "GET", "/", "3", "GET / HTTP/3"},
        {"GET /", "GET", "/", NULL, "GET /"},
        {"GET /a b HTTP/1.0", "GET", "/a b", "1.0", "GET /a b HTTP/1.0"},
        {"-", NULL, NULL, NULL, NULL},
        {"", NULL, NULL, NULL, NULL},
        {"\\x16\\x03\\x01", NULL, NULL, NULL, "\x16\x03\x01"},
        {"\\x80\\x00", NULL, NULL, NULL, "\\x80\\x00"},
        {"\\x16 \\xff x", NULL, NULL, NULL, "\x16 \\xff x"},
        {"quit", NULL, NULL, NULL, "quit"},
        {"M-SEARCH * HTTP/1.1", "M-SEARCH", "*", "1.1", "M-SEARCH * HTTP/1.1"},
        {"GET /\\\"x\\\" HTTP/1.1", "GET", "/\"x\"", "1.1", "GET /\"x\" HTTP/1.1"},
        {"GET /\\xc3\\xa9 HTTP/1.1", "GET", "/\xc3\xa9", "1.1", "GET /\xc3\xa9 HTTP/1.1"},
        {"GET  HTTP/1.1", "GET", NULL, "1.1", "GET  HTTP/1.1"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[300];

        snprintf(line, sizeof(line), "h - - " TIME " \"%s\" " REST, cases[i].text);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_HTTP_REQUEST_METHOD, cases[i].method);
        expect_field(*state, FIELD_URL_ORIGINAL, cases[i].url);
        expect_field(*state, FIELD_HTTP_VERSION, cases[i].version);
        expect_field(*state, FIELD_MESSAGE, cases[i].message);
    }
}

static void targets_are_taken_apart(void **state)
{
    static const struct {
        const char *request, *scheme, *domain, *path, *query;
        int64_t port;
    } cases[] = {
        {"GET /a/b?c=d&e", NULL, NULL, "/a/b", "c=d&e", -1},
        {"GET /a?", NULL, NULL, "/a", NULL, -1},
        {"GET /?b?c", NULL, NULL, "/", "b?c", -1},
        {"GET http://x.org/a?b", "http", "x.org", "/a", "b", -1},
        {"GET http://x.org:8080/", "http", "x.org", "/", NULL, 8080},
        {"GET http://x.org", "http", "x.org", NULL, NULL, -1},
        {"GET /r?to=http://x.org/", NULL, NULL, "/r", "to=http://x.org/", -1},
        {"CONNECT x.org:443", NULL, "x.org", NULL, NULL, 443},
        {"CONNECT [2001:db8::1]:443", NULL, "[2001:db8::1]", NULL, NULL, 443},
        {"OPTIONS *", NULL, NULL, "*", NULL, -1},
        {"GET http://x.org:99999/", "http", "x.org:99999", "/", NULL, -1},
        {"GET http://x.org?a=/b", "http", "x.org", NULL, "a=/b", -1},
        {"GET a?to=http://x.org/", NULL, NULL, "a", "to=http://x.org/", -1},
        {"GET ://x", NULL, NULL, "://x", NULL, -1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[300];

        snprintf(line, sizeof(line), "h - - " TIME " \"%s HTTP/1.1\" " REST, cases[i].request);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_URL_SCHEME, cases[i].scheme);
        expect_field(*state, FIELD_URL_DOMAIN, cases[i].domain);
        expect_field(*state, FIELD_URL_PATH, cases[i].path);
        expect_field(*state, FIELD_URL_QUERY, cases[i].query);
        if (cases[i].port >= 0)
            expect_number(*state, FIELD_URL_PORT, cases[i].port);
        else
            expect_field(*state, FIELD_URL_PORT, NULL);
    }
}

static void quoted_texts_are_unescaped(void **state)
{
    static const char *const cases[][2] = {
        {"say \\\"hi\\\"", "say \"hi\""},
        {"\\\"", "\""},
        {"ends in \\\\", "ends in \\"},
        {"\\\\\\\"", "\\\""},
        {"\\t\\n\\r\\v\\b", "\t\n\r\v\b"},
        {"\\x41\\xe2\\x82\\xac", "A\xe2\x82\xac"},
        {"\\xe2\\x82", "\\xe2\\x82"},
        {"\\xZZ \\x4", "\\xZZ \\x4"},
        {"\\y", "\\y"},
        {"raw \"quote\" in it", "raw \"quote\" in it"},
        {"\\\\x41", "\\x41"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[300];

        snprintf(line, sizeof(line), "h - - " TIME " \"GET / HTTP/1.1\" 200 1 \"%s\" \"ua\"",
                 cases[i][0]);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_HTTP_REQUEST_REFERRER, cases[i][1]);
        expect_field(*state, FIELD_USER_AGENT_ORIGINAL, "ua");
    }
}

/* ---- numbers, and what follows ---- */

static void status_makes_outcome_and_level(void **state)
{
    static const struct {
        const char *status, *outcome, *level;
    } cases[] = {
        {"200", "success", "info"},  {"399", "success", "info"}, {"404", "failure", "warn"},
        {"503", "failure", "error"}, {"-", NULL, NULL},          {"000", NULL, NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[300];

        snprintf(line, sizeof(line), "h - - " TIME " \"GET / HTTP/1.1\" %s 0 \"-\" \"-\"",
                 cases[i].status);
        expect_parsed(*state, line);
        expect_field(*state, FIELD_EVENT_OUTCOME, cases[i].outcome);
        expect_field(*state, FIELD_LOG_LEVEL, cases[i].level);
    }
}

static void trailing_fields_become_a_label(void **state)
{
    expect_parsed(*state, "h - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"ua\" 0.003 \"x\"");
    expect_field(*state, FIELD_USER_AGENT_ORIGINAL, "ua");
    expect_json(*state, "\"labels\":{\"extra\":\"0.003 \\\"x\\\"\"}");
    expect_parsed(*state, "h - - " TIME " \"GET / HTTP/1.1\" 200 5 \"-\" \"ua\"   ");
    assert_null(((struct bench *)*state)->record.extras);
}

static void identity_becomes_a_label(void **state)
{
    expect_parsed(*state, "h ident - " TIME " \"GET / HTTP/1.1\" " REST);
    expect_json(*state, "\"labels\":{\"ident\":\"ident\"}");
}

/* ---- what does not fit ---- */

static void lines_that_do_not_fit_stay_text(void **state)
{
    static const char *const lines[] = {
        "",
        " ",
        "-",
        "h",
        "some other text",
        "h - - ",
        "h - - [",
        "h - - []",
        "h - - [] \"GET / HTTP/1.1\" " REST,
        "h - - [-] \"GET / HTTP/1.1\" " REST,
        "h - - [32/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" " REST,
        "h - - [30/Feb/2000:13:55:36 -0700] \"GET / HTTP/1.1\" " REST,
        "h - - [10/Oct/2000:25:55:36 -0700] \"GET / HTTP/1.1\" " REST,
        "h - - " TIME " \"GET / HTTP/1.1\" 200",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 1",
        "h - - " TIME " \"GET / HTTP/1.1\" 2000 1 \"-\" \"-\"",
        "h - - " TIME " \"GET / HTTP/1.1\" abc 1 \"-\" \"-\"",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 1k \"-\" \"-\"",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 -1 \"-\" \"-\"",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 99999999999999999999 \"-\" \"-\"",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 1 \"-\" \"open",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 1 \"-\" \"open\\\"",
        "h - - " TIME " \"GET / HTTP/1.1\" 200 1 \"-\" \"open\\",
        "h - - " TIME " \"GET / HTTP/1.1 200 1 - -",
        "{\"json\":true}",
    };

    for (size_t i = 0; i < COUNT(lines); i++)
        expect_unparsed(*state, slice_of(lines[i]));
    expect_unparsed(*state, SLICE("\0\xff\x80 \0"));
}

static void failed_time_is_not_remembered(void **state)
{
    struct bench *bench = *state;
    struct timestamp time;

    expect_parsed(bench, "h - - " TIME " \"GET / HTTP/1.1\" " REST);
    expect_unparsed(bench, SLICE("h - - [] \"GET / HTTP/1.1\" " REST));
    expect_unparsed(bench, SLICE("h - - [] \"GET / HTTP/1.1\" " REST));
    expect_parsed(bench, "h - - " TIME " \"GET / HTTP/1.1\" " REST);
    assert_true(record_time(&bench->record, FIELD_TIMESTAMP, &time));
    assert_int_equal(time.s, 971211336);
    expect_parsed(bench, "h - - [10/Oct/2000:13:55:37 -0700] \"GET / HTTP/1.1\" " REST);
    assert_true(record_time(&bench->record, FIELD_TIMESTAMP, &time));
    assert_int_equal(time.s, 971211337);
}

static void damaged_lines_are_survived(void **state)
{
    static const char good[] =
        "::ffff:10.0.0.1 - a b " TIME
        " \"GET http://x:80/a?b HTTP/1.1\" 200 1 \"\\xc3\\xa9\\\"\" \"ua\" x";
    struct bench *bench = *state;
    struct rng rng = rng_start();

    for (int round = 0; round < 20000; round++) {
        size_t len = 1 + rng_below(&rng, sizeof(good) - 1);
        char *line = malloc(len);
        uint64_t invalid = 0;
        char *out;

        assert_non_null(line);
        memcpy(line, good, len);
        for (uint32_t n = rng_below(&rng, 4); n; n--)
            line[rng_below(&rng, (uint32_t)len)] = rng_one_in(&rng, 2)
                                                       ? (char)rng_next(&rng)
                                                       : good[rng_below(&rng, sizeof(good) - 1)];
        parse(bench, (struct slice){line, len});
        out = malloc(record_encode_bound(&bench->record));
        record_encode(&bench->record, out, &invalid);
        free(out);
        free(line);
    }
}

/* ---- formats ---- */

static void unknown_format_lists_the_known(void **state)
{
    static const char *const known[] = {"apache-common", "apache-combined", "nginx-combined"};
    struct parser *parser = NULL;
    struct error err;

    (void)state;
    assert_int_equal(parser_open("apache", NULL, &parser, &err), REJECT);
    assert_non_null(strstr(err.text, "'apache'"));
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_non_null(strstr(err.text, known[i]));
        assert_int_equal(parser_open(known[i], NULL, &parser, &err), OK);
        parser_close(parser);
    }
    parser_close(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(addresses_are_ips_or_names),
        CASE(users_may_hold_anything),
        CASE(dashes_are_absent),
        CASE(request_lines_of_every_kind),
        CASE(targets_are_taken_apart),
        CASE(quoted_texts_are_unescaped),
        CASE(status_makes_outcome_and_level),
        CASE(trailing_fields_become_a_label),
        CASE(identity_becomes_a_label),
        CASE(lines_that_do_not_fit_stay_text),
        CASE(failed_time_is_not_remembered),
        CASE(damaged_lines_are_survived),
        CASE(unknown_format_lists_the_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
