/*
 * test_range.c - bounds and partitions as people write them.
 */
#include "indexer/replay/range.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"

#define NOW_MS 1790000000000 /* 2026-09-21T14:13:20Z */

static const struct query_context context = {.now_ms = NOW_MS};

static void offsets_and_places(void **state)
{
    static const struct {
        const char *text;
        enum bound_kind kind;
        int64_t number;
    } rows[] = {
        {NULL, BOUND_NONE, 0},
        {"beginning", BOUND_BEGINNING, 0},
        {"end", BOUND_END, 0},
        {"0", BOUND_OFFSET, 0},
        {"1205", BOUND_OFFSET, 1205},
        {"-1000", BOUND_LAST, 1000},
        {"-0", BOUND_LAST, 0},
        {"007", BOUND_OFFSET, 7},
        {"9223372036854775807", BOUND_OFFSET, INT64_MAX},
    };
    struct replay_bound bound;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(replay_bound_read("from", rows[i].text, &context, &bound, &err), OK);
        assert_int_equal(bound.kind, rows[i].kind);
        assert_int_equal(bound.number, rows[i].number);
    }
}

static void times(void **state)
{
    static const struct {
        const char *text;
        int64_t first_ms, last_ms;
    } rows[] = {
        {"2026-09-21T14:13:20Z", NOW_MS, NOW_MS},
        {"2026-09-21T14:13:20.000Z", NOW_MS, NOW_MS},
        {"2026-09-21", 1789948800000, 1790035199999},
        {"now", NOW_MS, NOW_MS},
        {"now-1h", NOW_MS - 3600000, NOW_MS - 3600000},
        {"2h", NOW_MS - 7200000, NOW_MS - 7200000},
        {"-2h", NOW_MS - 7200000, NOW_MS - 7200000},
        {"1d12h", NOW_MS - 129600000, NOW_MS - 129600000},
        {"30s", NOW_MS - 30000, NOW_MS - 30000},
        {"1w", NOW_MS - 604800000, NOW_MS - 604800000},
        {"@1790000000", NOW_MS, NOW_MS},
        {"@1790000000.25", NOW_MS + 250, NOW_MS + 250},
    };
    struct replay_bound bound;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (replay_bound_read("from", rows[i].text, &context, &bound, &err) != OK)
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_int_equal(bound.kind, BOUND_TIME);
        if (bound.first_ms != rows[i].first_ms || bound.last_ms != rows[i].last_ms)
            fail_msg("%s: %lld to %lld", rows[i].text, (long long)bound.first_ms,
                     (long long)bound.last_ms);
    }
}

static void what_is_neither(void **state)
{
    static const char *const texts[] = {
        "",           "-",  "--5", "x",  "2x",    "h",    "2hh",   "2h3", "2026-13-01",
        "@",          "@x", "+5",  "5-", "now-5", "1.5h", "2h 3m", "1e5", "99999999999999999999",
        "9999999999h"};
    struct replay_bound bound;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (replay_bound_read("to", texts[i], &context, &bound, &err) != REJECT)
            fail_msg("accepted: '%s'", texts[i]);
        assert_non_null(strstr(err.text, "--to"));
        assert_non_null(strstr(err.text, texts[i]));
    }
}

/* "1011": which of four partitions; "-": refused. */
static const char *read_partitions(const char *first, const char *second)
{
    static char out[8];
    const char *texts[] = {first, second, NULL};
    bool wanted[4];
    struct error err;

    if (replay_partitions_read(texts, wanted, 4, &err))
        return "-";
    for (size_t i = 0; i < 4; i++)
        out[i] = wanted[i] ? '1' : '0';
    return out;
}

static void partitions(void **state)
{
    static const struct {
        const char *first, *second, *expected;
    } rows[] = {
        {NULL, NULL, "1111"},
        {"0", NULL, "1000"},
        {"3", "1", "0101"},
        {"0,2", NULL, "1010"},
        {"1-3", NULL, "0111"},
        {"0-0,3", "3", "1001"},
        {"4", NULL, "-"},
        {"1-4", NULL, "-"},
        {"2-1", NULL, "-"},
        {"", NULL, "-"},
        {"0,", NULL, "-"},
        {",0", NULL, "-"},
        {"-1", NULL, "-"},
        {"1-", NULL, "-"},
        {"x", NULL, "-"},
        {"0 1", NULL, "-"},
        {"0-9223372036854775807", NULL, "-"},
        {"99999999999999999999", NULL, "-"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(read_partitions(rows[i].first, rows[i].second), rows[i].expected) != 0)
            fail_msg("'%s': %s", rows[i].first, read_partitions(rows[i].first, rows[i].second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_places),
        cmocka_unit_test(times),
        cmocka_unit_test(what_is_neither),
        cmocka_unit_test(partitions),
    };

    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
