/*
 * The examples of the language's description, with this schema's names: what
 * each query finds, and its Elasticsearch DSL to the letter.
 */
#include "tests/unit/common/query/query_check.h"

/* clang-format off */
#define A \
    "{\"@timestamp\":\"2026-11-21T11:55:00Z\",\"source\":{\"ip\":\"203.0.113.9\",\"geo\":{\"country_iso_" \
    "code\":\"DE\"}},\"http\":{\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":503,\"body\":{" \
    "\"bytes\":1200}}},\"url\":{\"original\":\"/api/v1/orders?id=7\",\"path\":\"/api/v1/orders\",\"query" \
    "\":\"id=7\"},\"user_agent\":{\"original\":\"Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0\",\"is_" \
    "bot\":false},\"event\":{\"duration\":2300000000,\"dataset\":\"proxy\",\"original\":\"203.0.113.9 G" \
    "ET /api/v1/orders?id=7 503 upstream timed out: Connection reset by peer\"},\"log\":{\"leve" \
    "l\":\"error\"},\"host\":{\"name\":\"www.example.com\"},\"tags\":[\"prod\",\"eu\"]}"
#define B \
    "{\"@timestamp\":\"2026-11-21T11:00:00Z\",\"source\":{\"ip\":\"10.1.2.3\",\"geo\":{\"country_iso_cod" \
    "e\":\"US\"}},\"http\":{\"request\":{\"method\":\"POST\"},\"response\":{\"status_code\":401,\"body\":{\"b" \
    "ytes\":512}}},\"url\":{\"original\":\"/wp-login.php\",\"path\":\"/wp-login.php\"},\"user_agent\":{\"" \
    "original\":\"python-requests/2.32\",\"is_bot\":true},\"event\":{\"duration\":45000000,\"original" \
    "\":\"10.1.2.3 POST /wp-login.php 401 login failed for user Admin\"},\"log\":{\"level\":\"warn\"" \
    "},\"host\":{\"name\":\"blog.example.com\"},\"security\":{\"threat\":true,\"categories\":[\"brute_fo" \
    "rce\"]}}"
#define C \
    "{\"@timestamp\":\"2026-11-20T23:59:59Z\",\"source\":{\"ip\":\"2001:db8::17\"},\"http\":{\"request\":" \
    "{\"method\":\"GET\"},\"response\":{\"status_code\":200,\"body\":{\"bytes\":15360}}},\"url\":{\"origin" \
    "al\":\"/img/logo.png\",\"path\":\"/img/logo.png\"},\"user_agent\":{\"original\":\"Googlebot/2.1\",\"" \
    "is_bot\":true},\"event\":{\"duration\":900000,\"original\":\"2001:db8::17 GET /img/logo.png 20" \
    "0 OK\"},\"log\":{\"level\":\"info\"},\"host\":{\"name\":\"www.example.com\"}}"
#define D \
    "{\"@timestamp\":\"2026-11-21T11:59:30Z\",\"source\":{\"ip\":\"198.51.100.77\"},\"http\":{\"request\"" \
    ":{\"method\":\"GET\"},\"response\":{\"status_code\":404,\"body\":{\"bytes\":0}}},\"url\":{\"original\"" \
    ":\"/files/../../etc/passwd\",\"path\":\"/files/../../etc/passwd\"},\"user_agent\":{\"original\":" \
    "\"curl/8.5\",\"is_bot\":false},\"event\":{\"original\":\"198.51.100.77 GET /files/../../etc/pas" \
    "swd 404 not found\"},\"log\":{\"level\":\"notice\"},\"host\":{\"name\":\"www.example.com\"},\"securi" \
    "ty\":{\"threat\":true,\"categories\":[\"path_traversal\"]}}"

static const struct {
    const char *query, *record;
    bool matches;
    const char *dsl;
} examples[] = {
    {"", A, true, "{\"match_all\":{}}"},
    {"status:503", A, true, "{\"term\":{\"http.response.status_code\":503}}"},
    {"status:5xx", A, true, "{\"range\":{\"http.response.status_code\":{\"gte\":500,\"lte\":599}}}"},
    {"status >= 500", B, false, "{\"range\":{\"http.response.status_code\":{\"gte\":500}}}"},
    {"status:400..499", B, true, "{\"range\":{\"http.response.status_code\":{\"gte\":400,\"lte\":499}}}"},
    {"status:(401, 403 or 404)", D, true, "{\"terms\":{\"http.response.status_code\":[401,403,404]}}"},
    {"not status:200", C, false, "{\"bool\":{\"must_not\":[{\"term\":{\"http.response.status_code\":200}}]}}"},
    {"-bot:true", A, true, "{\"bool\":{\"must_not\":[{\"term\":{\"user_agent.is_bot\":true}}]}}"},
    {"method:get", A, true, "{\"term\":{\"http.request.method\":{\"value\":\"get\",\"case_insensitive\":true}}}"},
    {"method=get", A, false, "{\"term\":{\"http.request.method\":\"get\"}}"},
    {"method=GET and status!=200", A, true, "{\"bool\":{\"filter\":[{\"term\":{\"http.request.method\":\"GET\"}}],\"must_not\":[{\"term\":{\"http.response.status_code\":200}}]}}"},
    {"path:/wp-*", B, true, "{\"prefix\":{\"url.path\":{\"value\":\"/wp-\",\"case_insensitive\":true}}}"},
    {"path:*/etc/passwd", D, true, "{\"wildcard\":{\"url.path\":{\"value\":\"*/etc/passwd\",\"case_insensitive\":true}}}"},
    {"url:/api/v1/orders?id=7", A, true, "{\"term\":{\"url.original\":{\"value\":\"/api/v1/orders?id=7\",\"case_insensitive\":true}}}"},
    {"path:\"/api/*\"", A, false, "{\"term\":{\"url.path\":{\"value\":\"/api/*\",\"case_insensitive\":true}}}"},
    {"path:*.PNG", C, true, "{\"wildcard\":{\"url.path\":{\"value\":\"*.PNG\",\"case_insensitive\":true}}}"},
    {"path:../../etc/passwd", D, false, "{\"term\":{\"url.path\":{\"value\":\"../../etc/passwd\",\"case_insensitive\":true}}}"},
    {"path:*../*", D, true, "{\"wildcard\":{\"url.path\":{\"value\":\"*../*\",\"case_insensitive\":true}}}"},
    {"ip:10.0.0.0/8", B, true, "{\"term\":{\"source.ip\":\"10.0.0.0/8\"}}"},
    {"ip:10.1.*", B, true, "{\"term\":{\"source.ip\":\"10.1.0.0/16\"}}"},
    {"ip:2001:db8::/32", C, true, "{\"term\":{\"source.ip\":\"2001:db8::/32\"}}"},
    {"ip:203.0.113.0..203.0.113.127", A, true, "{\"range\":{\"source.ip\":{\"gte\":\"203.0.113.0\",\"lte\":\"203.0.113.127\"}}}"},
    {"not ip:10.0.0.0/8", C, true, "{\"bool\":{\"must_not\":[{\"term\":{\"source.ip\":\"10.0.0.0/8\"}}]}}"},
    {"timeout", A, false, "{\"term\":{\"text\":\"timeout\"}}"},
    {"timed", A, true, "{\"term\":{\"text\":\"timed\"}}"},
    {"\"connection reset\"", A, true, "{\"match_phrase\":{\"text\":\"connection reset\"}}"},
    {"\"reset connection\"", A, false, "{\"match_phrase\":{\"text\":\"reset connection\"}}"},
    {"connection peer", A, true, "{\"bool\":{\"filter\":[{\"term\":{\"text\":\"connection\"}},{\"term\":{\"text\":\"peer\"}}]}}"},
    {"conn*", A, true, "{\"prefix\":{\"text\":\"conn\"}}"},
    {"example", A, false, "{\"term\":{\"text\":\"example\"}}"},
    {"host:*example*", A, true, "{\"wildcard\":{\"host.name\":{\"value\":\"*example*\",\"case_insensitive\":true}}}"},
    {"duration > 1.5s", A, true, "{\"range\":{\"event.duration\":{\"gt\":1500000000}}}"},
    {"duration > 1.5s", D, false, "{\"range\":{\"event.duration\":{\"gt\":1500000000}}}"},
    {"bytes:10KB..1MB", C, true, "{\"range\":{\"http.response.body.bytes\":{\"gte\":10000,\"lte\":1000000}}}"},
    {"threat:*", B, true, "{\"exists\":{\"field\":\"security.threat\"}}"},
    {"not threat:*", A, true, "{\"bool\":{\"must_not\":[{\"exists\":{\"field\":\"security.threat\"}}]}}"},
    {"tags:PROD tags:eu", A, true, "{\"bool\":{\"filter\":[{\"term\":{\"tags\":{\"value\":\"PROD\",\"case_insensitive\":true}}},{\"term\":{\"tags\":{\"value\":\"eu\",\"case_insensitive\":true}}}]}}"},
    {"@timestamp >= now-15m", A, true, "{\"range\":{\"@timestamp\":{\"gte\":\"2026-11-21T11:45:00Z\"}}}"},
    {"@timestamp:2026-11-20", C, true, "{\"range\":{\"@timestamp\":{\"gte\":\"2026-11-20T00:00:00Z\",\"lt\":\"2026-11-21T00:00:00Z\"}}}"},
    {"level:(error or warn) and (path:/api/* or host:blog.*) -ip:10.0.0.0/8", A, true, "{\"bool\":{\"filter\":[{\"bool\":{\"should\":[{\"term\":{\"log.level\":{\"value\":\"error\",\"case_insensitive\":true}}},{\"term\":{\"log.level\":{\"value\":\"warn\",\"case_insensitive\":true}}}],\"minimum_should_match\":1}},{\"bool\":{\"should\":[{\"prefix\":{\"url.path\":{\"value\":\"/api/\",\"case_insensitive\":true}}},{\"prefix\":{\"host.name\":{\"value\":\"blog.\",\"case_insensitive\":true}}}],\"minimum_should_match\":1}}],\"must_not\":[{\"term\":{\"source.ip\":\"10.0.0.0/8\"}}]}}"},
    {"level:(error or warn) and (path:/api/* or host:blog.*) -ip:10.0.0.0/8", B, false, "{\"bool\":{\"filter\":[{\"bool\":{\"should\":[{\"term\":{\"log.level\":{\"value\":\"error\",\"case_insensitive\":true}}},{\"term\":{\"log.level\":{\"value\":\"warn\",\"case_insensitive\":true}}}],\"minimum_should_match\":1}},{\"bool\":{\"should\":[{\"prefix\":{\"url.path\":{\"value\":\"/api/\",\"case_insensitive\":true}}},{\"prefix\":{\"host.name\":{\"value\":\"blog.\",\"case_insensitive\":true}}}],\"minimum_should_match\":1}}],\"must_not\":[{\"term\":{\"source.ip\":\"10.0.0.0/8\"}}]}}"},
    {"country:de or country:us and bot:true", A, true, "{\"bool\":{\"should\":[{\"term\":{\"source.geo.country_iso_code\":{\"value\":\"de\",\"case_insensitive\":true}}},{\"bool\":{\"filter\":[{\"term\":{\"source.geo.country_iso_code\":{\"value\":\"us\",\"case_insensitive\":true}}},{\"term\":{\"user_agent.is_bot\":true}}]}}],\"minimum_should_match\":1}}"},
    {"10.1.2.3", B, true, "{\"match_phrase\":{\"text\":\"10 1 2 3\"}}"},
    {"(status>=500 or duration>2s) not path:/health*", A, true, "{\"bool\":{\"filter\":[{\"bool\":{\"should\":[{\"range\":{\"http.response.status_code\":{\"gte\":500}}},{\"range\":{\"event.duration\":{\"gt\":2000000000}}}],\"minimum_should_match\":1}}],\"must_not\":[{\"prefix\":{\"url.path\":{\"value\":\"/health\",\"case_insensitive\":true}}}]}}"},
};
/* clang-format on */

static void each_example_finds_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_match(examples[i].query, examples[i].record, examples[i].matches);
}

static void each_example_has_its_dsl(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        assert_string_equal(dsl_of(examples[i].query), examples[i].dsl);
}

static void each_example_is_printed_as_an_equal_query(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct query *query = parse(examples[i].query);

        assert_true(query_equal(query, parse(print_of(query))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_example_finds_what_it_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_example_has_its_dsl, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_example_is_printed_as_an_equal_query, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
