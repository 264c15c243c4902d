/*
 * test_line_time.c - times that a parser reads one after the other: the last one makes no
 * difference.
 */
#include "shipper/parser/line_time.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

static int set_up(void **state)
{
    static const struct parser_options none = {0};
    struct line_clock *clock = calloc(1, sizeof(*clock));

    assert_non_null(clock);
    assert_int_equal(line_clock_init(clock, &none, NULL), OK);
    *state = clock;
    return 0;
}

static int tear_down(void **state)
{
    line_clock_release(*state);
    free(*state);
    return 0;
}

static void expect_same(const struct line_clock *clock, const char *text)
{
    struct timestamp got = {1, 1}, expected = {1, 1};
    bool is_time = timestamp_parse_iso(slice_of(text), &expected);

    if (line_time_iso(clock, slice_of(text), &got) != is_time || got.s != expected.s ||
        got.ns != expected.ns)
        fail_msg("%s: %lld.%09u, not %lld.%09u", text, (long long)got.s, got.ns,
                 (long long)expected.s, expected.ns);
}

static void times_of_a_minute_are_as_those_read_alone(void **state)
{
    static const char *const texts[] = {
        "2026-03-01T00:00:00Z",        "2026-03-01T00:00:59.999999999Z",
        "2026-03-01T00:00:60Z",        "2026-03-01T00:00:5Z",
        "2026-03-01T00:00:05.Z",       "2026-03-01T00:00:05.1",
        "2026-03-01T00:00:05.1z",      "2026-03-01T00:00:05,1Z",
        "2026-03-01T00:00:05.1+01:00", "2026-03-01T00:00:05.1234567891Z",
        "2026-03-01T00:00:05.12a4Z",   "2026-03-01T00:00:05 1Z",
        "2026-03-01T00:00:0:.1Z",      "2026-03-01T00:00:ZZZ",
        "2026-03-01 00:00:05Z",        "2026-03-01T00:00:05Z ",
        "2026-02-30T00:00:05Z",        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",        "2026-12-31T23:59:60Z",
        "2026-12-31T23:59:59.5Z",      "1969-12-31T23:59:59.5Z",
        "2026-03-01T00:00:00ZZ",       "",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t j = 0; j < ARRAY_LEN(texts); j++) {
            expect_same(*state, texts[i]);
            expect_same(*state, texts[j]);
        }
}

static void zeroes_are_no_minute(void **state)
{
    struct timestamp time;
    char text[20] = {0};

    memcpy(text + 17, "00Z", 3);
    assert_false(line_time_iso(*state, (struct slice){text, 20}, &time));
}

static void random_times_are_as_those_read_alone(void **state)
{
    static const char bytes[] = "0123456789:.TZ+- ";
    struct rng rng = rng_start();

    for (int i = 0; i < 200000; i++) {
        char text[64];
        int n =
            snprintf(text, sizeof(text), "2026-0%u-2%uT1%u:3%u:%02u.%0*uZ", 1 + rng_below(&rng, 2),
                     rng_below(&rng, 10), rng_below(&rng, 2), rng_below(&rng, 2),
                     rng_below(&rng, 62), (int)rng_below(&rng, 11), rng_below(&rng, 1000));

        if (rng_one_in(&rng, 3))
            text[rng_below(&rng, (uint32_t)n)] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        if (rng_one_in(&rng, 20))
            text[rng_below(&rng, (uint32_t)n)] = '\0';
        expect_same(*state, text);
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(times_of_a_minute_are_as_those_read_alone),
        CASE(zeroes_are_no_minute),
        CASE(random_times_are_as_those_read_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
