/*
 * The semantics of conditions on records, case by case; what was found by
 * comparing with Elasticsearch stands here too.
 */
#include "tests/unit/common/query/query_check.h"

/* clang-format off */
static const struct {
    const char *query, *record;
    bool matches;
} cases[] = {
    /* Missing: every condition is false, its negation true. */
    {"status!=200", "{}", true},
    {"not status:*", "{}", true},
    {"path:*", "{}", false},
    {"path:*", "{\"url.path\":\"\"}", true},
    {"path:\"\"", "{\"url.path\":\"\"}", true},
    {"path=\"\"", "{}", false},
    {"path:*", "{\"url.path\":null}", false},
    {"tags:*", "{\"tags\":[]}", false},
    {"tags:*", "{\"tags\":[null]}", false},
    {"tags:*", "{\"tags\":[null,\"\"]}", true},
    {"location:*", "{\"source\":{\"geo\":{\"location\":{\"lat\":1,\"lon\":2}}}}", true},
    {"message:*", "{\"message\":\"\"}", true},
    {"*", "{}", true},
    {"not *", "{}", false},
    /* Case: ASCII only, and not with "=". */
    {"path:/ABC", "{\"url.path\":\"/abc\"}", true},
    {"path=/ABC", "{\"url.path\":\"/abc\"}", false},
    {"path:/É", "{\"url.path\":\"/é\"}", false},
    {"path:K", "{\"url.path\":\"\u212a\"}", false},
    {"Über", "{\"message\":\"über\"}", false},
    {"ÜBER", "{\"message\":\"Über\"}", true},
    /* Stars; "?" is none; quotes and "=" take them literally. */
    {"path:/a*c*e", "{\"url.path\":\"/abcde\"}", true},
    {"path:/a*c*e", "{\"url.path\":\"/abede\"}", false},
    {"path:*ab*ba*", "{\"url.path\":\"aba\"}", false},
    {"path:ab*ba", "{\"url.path\":\"aba\"}", false},
    {"path:ab*ba", "{\"url.path\":\"abba\"}", true},
    {"path:*aab", "{\"url.path\":\"aaab\"}", true},
    {"path:**", "{\"url.path\":\"\"}", true},
    {"path:/?", "{\"url.path\":\"/a\"}", false},
    {"path:/?*", "{\"url.path\":\"/?a\"}", true},
    {"path:a\\*c", "{\"url.path\":\"abc\"}", false},
    {"path:a\\*c", "{\"url.path\":\"a*c\"}", true},
    {"path:\"a*c\"", "{\"url.path\":\"a*c\"}", true},
    {"path=a*c", "{\"url.path\":\"a*c\"}", true},
    {"path:*\\\\*", "{\"url.path\":\"a\\\\b\"}", true},
    {"path:a\\ b", "{\"url.path\":\"a b\"}", true},
    {"path:\"a\\\"b\"", "{\"url.path\":\"a\\\"b\"}", true},
    /* Numbers. */
    {"status:404", "{\"http.response.status_code\":\"404\"}", true},
    {"status > 403.5", "{\"http.response.status_code\":404}", true},
    {"status > 404.5", "{\"http.response.status_code\":404}", false},
    {"status < 404.5", "{\"http.response.status_code\":404}", true},
    {"status <= -0.5", "{\"http.response.status_code\":0}", false},
    {"status >= -0.5", "{\"http.response.status_code\":0}", true},
    {"status < -0.5", "{\"http.response.status_code\":-1}", true},
    {"status > 4xx", "{\"http.response.status_code\":499}", false},
    {"status >= 4xx", "{\"http.response.status_code\":400}", true},
    {"status < 4XX", "{\"http.response.status_code\":399}", true},
    {"status <= 4xx", "{\"http.response.status_code\":499}", true},
    {"status!=4xx", "{\"http.response.status_code\":404}", false},
    {"status:400..", "{\"http.response.status_code\":9223372036854775807}", true},
    {"status:..400", "{\"http.response.status_code\":-9223372036854775808}", true},
    {"status:(1 or 4xx, 500..502)", "{\"http.response.status_code\":501}", true},
    {"bytes:1KB", "{\"http.response.body.bytes\":1000}", true},
    {"bytes:1kib", "{\"http.response.body.bytes\":1024}", true},
    {"bytes:1.5MiB", "{\"http.response.body.bytes\":1572864}", true},
    {"bytes:2GB", "{\"http.response.body.bytes\":2000000000}", true},
    {"duration:1500us", "{\"event.duration\":1500000}", true},
    {"duration:0.0015s", "{\"event.duration\":1500000}", true},
    {"duration:1500000", "{\"event.duration\":1500000}", true},
    {"duration:90m", "{\"event.duration\":5400000000000}", true},
    {"duration:1.5h", "{\"event.duration\":5400000000000}", true},
    /* Lists in records: any value. */
    {"tags:a tags:b", "{\"tags\":[\"a\",\"b\"]}", true},
    {"tags:a", "{\"tags\":\"A\"}", true},
    {"tags!=a", "{\"tags\":[\"a\",\"b\"]}", false},
    {"tags:x*", "{\"tags\":[\"a\",\"xy\"]}", true},
    {"tags:\"a\\\"b\"", "{\"tags\":[\"a\\\"b\"]}", true},
    {"tags:5", "{\"tags\":[5,true]}", true},
    {"tags:TRUE", "{\"tags\":[5,true]}", true},
    {"user:7", "{\"user.name\":7}", true},
    /* Booleans. */
    {"bot:TRUE", "{\"user_agent.is_bot\":true}", true},
    {"bot:false", "{\"user_agent.is_bot\":false}", true},
    {"bot:false", "{}", false},
    {"bot!=true", "{}", true},
    {"bot:(true or false)", "{\"user_agent.is_bot\":false}", true},
    /* Addresses. */
    {"ip:10.1.2.3", "{\"source.ip\":\"::ffff:10.1.2.3\"}", true},
    {"ip:::ffff:10.1.2.3", "{\"source.ip\":\"10.1.2.3\"}", true},
    {"ip:10.0.0.0/8", "{\"source.ip\":\"::ffff:a01:203\"}", true},
    {"ip:::ffff:10.0.0.0/104", "{\"source.ip\":\"10.1.2.3\"}", true},
    {"ip:2001:db8:0:0::17", "{\"source.ip\":\"2001:DB8::17\"}", true},
    {"ip:10.1.2.3/8", "{\"source.ip\":\"10.9.9.9\"}", true},
    {"ip:10.*", "{\"source.ip\":\"10.9.9.9\"}", true},
    {"ip:10.1.2.*", "{\"source.ip\":\"10.1.3.0\"}", false},
    {"ip:0.0.0.0/0", "{\"source.ip\":\"2001:db8::1\"}", false},
    {"ip:0.0.0.0/0", "{\"source.ip\":\"1.2.3.4\"}", true},
    {"ip:::/0", "{\"source.ip\":\"1.2.3.4\"}", true},
    {"ip > 10.0.0.0/8", "{\"source.ip\":\"10.255.255.255\"}", false},
    {"ip > 10.0.0.0/8", "{\"source.ip\":\"11.0.0.0\"}", true},
    {"ip < 10.0.0.1", "{\"source.ip\":\"10.0.0.0\"}", true},
    {"ip >= 10.0.0.1", "{\"source.ip\":\"2001:db8::1\"}", true},
    {"ip <= 10.0.0.1", "{\"source.ip\":\"::1\"}", true},
    {"ip:..10.0.0.1", "{\"source.ip\":\"10.0.0.1\"}", true},
    {"ip:10.0.0.1..", "{\"source.ip\":\"10.0.0.0\"}", false},
    {"ip!=10.0.0.0/8", "{\"source.ip\":\"10.0.0.0\"}", false},
    {"ip > ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "{\"source.ip\":\"::1\"}", false},
    /* Times: the index keeps milliseconds. What a time leaves out is the whole of it. */
    {"@timestamp:2026-11-20", "{\"@timestamp\":\"2026-11-20T23:59:59.999999999Z\"}", true},
    {"@timestamp <= 2026-11-20", "{\"@timestamp\":\"2026-11-20T23:59:59.9Z\"}", true},
    {"@timestamp < 2026-11-20", "{\"@timestamp\":\"2026-11-20T00:00:00Z\"}", false},
    {"@timestamp > 2026-11-20", "{\"@timestamp\":\"2026-11-20T23:59:59.9Z\"}", false},
    {"@timestamp > 2026-11-20", "{\"@timestamp\":\"2026-11-21T00:00:00Z\"}", true},
    {"@timestamp:2026-11-20T14:05", "{\"@timestamp\":\"2026-11-20T14:05:59.5Z\"}", true},
    {"@timestamp:2026-11-20T14:05:00Z", "{\"@timestamp\":\"2026-11-20T14:05:00.5Z\"}", false},
    {"@timestamp > 2026-11-20T14:05:00Z", "{\"@timestamp\":\"2026-11-20T14:05:00.001Z\"}", true},
    {"@timestamp:2026-11-20T14:05:00.123Z", "{\"@timestamp\":\"2026-11-20T14:05:00.123456Z\"}", true},
    {"@timestamp:2026-11-20T15:05:00+01:00", "{\"@timestamp\":\"2026-11-20T14:05:00Z\"}", true},
    {"@timestamp:\"2026-11-20 14:05:00Z\"", "{\"@timestamp\":\"2026-11-20T14:05:00Z\"}", true},
    {"@timestamp:2026-11-19..2026-11-20", "{\"@timestamp\":\"2026-11-20T23:00:00Z\"}", true},
    {"@timestamp:2026-11-20..", "{\"@timestamp\":1795262400000}", true},
    {"@timestamp:..9999-12-31", "{\"@timestamp\":\"9999-12-31T23:59:59.999Z\"}", true},
    {"@timestamp >= now-15m", "{\"@timestamp\":\"2026-11-21T11:45:00Z\"}", true},
    {"@timestamp:now/d", "{\"@timestamp\":\"2026-11-21T23:59:59Z\"}", true},
    {"@timestamp:now-1d/d", "{\"@timestamp\":\"2026-11-21T00:00:00Z\"}", false},
    {"@timestamp < now+1w-7d", "{\"@timestamp\":\"2026-11-21T11:59:59Z\"}", true},
    {"@timestamp:1969-12-31T23:59:59.999Z", "{\"@timestamp\":\"1969-12-31T23:59:59.9995Z\"}", true},
    /* Free keys: keyword semantics; nested and dotted names are the same. */
    {"labels.team:web", "{\"labels\":{\"team\":\"Web\"}}", true},
    {"labels.team=web", "{\"labels\":{\"team\":\"Web\"}}", false},
    {"labels.team:w*", "{\"labels\":{\"team\":[\"a\",\"Web\"]}}", true},
    {"labels.a.b:5", "{\"labels\":{\"a\":{\"b\":5}}}", true},
    {"labels.a.b:5", "{\"labels\":{\"a.b\":5}}", true},
    {"labels.a.b:2.50", "{\"labels\":{\"a\":[{\"c\":1},{\"b\":2.50}]}}", true},
    {"labels.a:*", "{\"labels\":{\"a\":{\"b\":5}}}", false},
    {"labels.a:*", "{\"labels\":{\"ab\":5}}", false},
    {"labels.a:*", "{\"labels\":{\"a\":null}}", false},
    {"labels.a:*", "{\"labels\":{\"a\":[]}}", false},
    {"labels.a:*", "{\"labels\":{\"a\":\"\"}}", true},
    {"labels:*", "{\"labels\":{\"a\":{\"b\":[null,{\"c\":1}]}}}", true},
    {"labels:*", "{\"labels\":{\"a\":{\"b\":[null,{}]}}}", false},
    {"labels:*", "{\"other\":1}", false},
    {"labels.b:x", "{\"labels\":{\"\\u0062\":\"\\u0078\"}}", true},
    {"log.syslog.structured_data.origin@1.ip:\"1.2.3.4\"",
     "{\"log\":{\"syslog\":{\"structured_data\":{\"origin@1\":{\"ip\":\"1.2.3.4\"}}}}}", true},
    /* Words. */
    {"10.1.2.3", "{\"message\":\"x 110.1.2.3\"}", false},
    {"\"connection reset\"", "{\"message\":\"Connection  RESET.\"}", true},
    {"\"connection reset\"", "{\"message\":\"connections reset\"}", false},
    {"conn*", "{\"message\":\"lost Connection\"}", true},
    {"*ction", "{\"message\":\"lost Connection now\"}", true},
    {"c*n", "{\"message\":\"lost Connection now\"}", true},
    {"c*t", "{\"message\":\"lost Connection now\"}", false},
    {"*ec*", "{\"message\":\"lost Connection now\"}", true},
    {"message:\"lost connection\"", "{\"message\":\"lost Connection now\"}", true},
    {"raw:now", "{\"event.original\":\"lost Connection now\"}", true},
    {"foo-bar", "{\"message\":\"foo_bar\"}", true},
    {"b", "{\"message\":\"a\u3000b\"}", true},
    {"b", "{\"message\":\"a\u00a0b\"}", false},
    {"text", "{}", false},
    {"not text", "{}", true},
    /* Precedence. */
    {"a or b c", "{\"message\":\"a\"}", true},
    {"not a b", "{\"message\":\"b\"}", true},
    {"not (a b)", "{\"message\":\"b\"}", true},
    {"a and not -b", "{\"message\":\"a b\"}", true},
    {"a !b", "{\"message\":\"a b\"}", false},
};
/* clang-format on */

static void each_case_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_match(cases[i].query, cases[i].record, cases[i].matches);
}

static void each_case_is_printed_as_an_equal_query(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct query *query = parse(cases[i].query);

        assert_true(query_equal(query, parse(print_of(query))));
    }
}

static void days_are_those_of_the_zone(void **state)
{
    (void)state;
    check_context.zone_s = 3600;
    expect_match("@timestamp:2026-11-20", "{\"@timestamp\":\"2026-11-19T23:00:00Z\"}", true);
    expect_match("@timestamp:2026-11-20", "{\"@timestamp\":\"2026-11-20T23:00:00Z\"}", false);
    expect_match("@timestamp:2026-11-20T01:00:00", "{\"@timestamp\":\"2026-11-20T00:00:00Z\"}",
                 true);
    expect_match("@timestamp:now/d", "{\"@timestamp\":\"2026-11-20T23:00:00Z\"}", true);
    check_context.zone_s = -5400;
    expect_match("@timestamp:now/h", "{\"@timestamp\":\"2026-11-21T11:30:00Z\"}", true);
    expect_match("@timestamp:now/h", "{\"@timestamp\":\"2026-11-21T11:29:59Z\"}", false);
}

/* Texts beyond the index's limit are missing there. */
static void text_that_the_index_leaves_out_is_missing(void **state)
{
    struct arena *arena = &check_arena;
    struct record *record = arena_alloc(arena, sizeof(*record));
    char *text = arena_bytes(arena, 40000);

    (void)state;
    record_init(record, arena);
    memset(text, 'x', 40000);
    record_set_text(record, FIELD_URL_PATH, (struct slice){text, 8191});
    assert_true(holds("path:*", record));
    record_set_text(record, FIELD_URL_PATH, (struct slice){text, 8192});
    assert_false(holds("path:*", record));
    for (int i = 0; i < 40000; i += 2)
        memcpy(text + i, "é", 2);
    record_set_text(record, FIELD_URL_PATH, (struct slice){text, 2 * 8191});
    assert_true(holds("path:é*", record));
    for (int i = 0; i < 40000; i += 4)
        memcpy(text + i, "\xf0\x9f\x98\x80", 4); /* counts twice */
    record_set_text(record, FIELD_URL_PATH, (struct slice){text, 4 * 4095});
    assert_true(holds("path:*", record));
    record_set_text(record, FIELD_URL_PATH, (struct slice){text, 4 * 4096});
    assert_false(holds("path:*", record));
}

/* As the parsers set them, before a record has been JSON. */
static void values_of_every_kind_are_read(void **state)
{
    struct arena *arena = &check_arena;
    struct record *record = arena_alloc(arena, sizeof(*record));

    (void)state;
    record_init(record, arena);
    record_set_text(record, FIELD_URL_PATH, SLICE("/A\"\\\xff"));
    record_set_text(record, FIELD_SOURCE_IP, SLICE("10.1.2.3"));
    record_set_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, 503);
    record_set_long(record, FIELD_USER_NAME, 7);
    record_set_bool(record, FIELD_USER_AGENT_IS_BOT, false);
    record_set_bool(record, FIELD_HOST_NAME, true);
    record_set_time(record, FIELD_TIMESTAMP, timestamp_from_ms(NOW_MS));
    record_set_geo(record, FIELD_SOURCE_GEO_LOCATION, 1, 2);
    record_tag(record, "x");
    record_label(record, SLICE("team"), SLICE("we\"b"));
    assert_true(
        holds("path:/a\\\"* ip:10.1.* status:5xx user:7 bot:false host:true location:*", record));
    assert_true(
        holds("@timestamp:2026-11-21T12:00:00Z tags:x labels.team:\"we\\\"b\" 503", record));
    record_drop(record, FIELD_URL_PATH);
    assert_false(holds("path:*", record));
    record_set_text(record, FIELD_SOURCE_IP, SLICE("not an address"));
    assert_false(holds("ip:*", record));
}

static void shared_conditions_are_one_test(void **state)
{
    const struct query *queries[] = {
        parse("status:5xx path:/API/*"),
        parse("path:/api/* or not status:500..599"),
        parse("http.response.status_code:5xx foo"),
        parse("FOO not path:/api/*"),
        parse("*"),
        parse("not *"),
    };
    const size_t count = sizeof(queries) / sizeof(queries[0]);
    struct query_program *program;
    uint64_t hits[1] = {~(uint64_t)0};

    (void)state;
    assert_int_equal(query_program_open(queries, count, &program, NULL), OK);
    assert_int_equal(query_program_tests(program), 3);
    query_program_run(program, record_of("{\"http.response.status_code\":503,\"url.path\":\"/x\"}"),
                      hits);
    assert_int_equal(hits[0], 1u << 4);
    query_program_run(program, record_of("{\"url.path\":\"/Api/x\",\"message\":\"a foo\"}"), hits);
    assert_int_equal(hits[0], 1u << 1 | 1u << 4);
    query_program_run(
        program,
        record_of("{\"url.path\":\"/y\",\"message\":\"foo\",\"http.response.status_code\":500}"),
        hits);
    assert_int_equal(hits[0], 1u << 2 | 1u << 3 | 1u << 4);
    query_program_close(program);
}

/* The same answers alone and among many, which share tests and values. */
static void many_queries_answer_as_each_alone(void **state)
{
    const size_t count = sizeof(cases) / sizeof(cases[0]);
    const struct query **queries = arena_alloc(&check_arena, count * sizeof(*queries));
    struct query_program *program;
    uint64_t hits[8];

    (void)state;
    for (size_t i = 0; i < count; i++)
        queries[i] = parse(cases[i].query);
    assert_true(count <= 512);
    assert_int_equal(query_program_open(queries, count, &program, NULL), OK);
    for (size_t i = 0; i < count; i++) {
        struct record *record = record_of(cases[i].record);

        query_program_run(program, record, hits);
        assert_int_equal(hits[i / 64] >> (i % 64) & 1, cases[i].matches);
        for (size_t j = 0; j < count; j += 7)
            assert_int_equal(hits[j / 64] >> (j % 64) & 1, holds(cases[j].query, record));
    }
    query_program_close(program);
}

static void program_without_queries_runs(void **state)
{
    struct query_program *program;
    uint64_t hits[1];

    (void)state;
    assert_int_equal(query_program_open(NULL, 0, &program, NULL), OK);
    query_program_run(program, record_of("{}"), hits);
    query_program_close(program);
    query_program_close(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_case_holds),
        CASE(each_case_is_printed_as_an_equal_query),
        CASE(days_are_those_of_the_zone),
        CASE(text_that_the_index_leaves_out_is_missing),
        CASE(values_of_every_kind_are_read),
        CASE(shared_conditions_are_one_test),
        CASE(many_queries_answer_as_each_alone),
        CASE(program_without_queries_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
