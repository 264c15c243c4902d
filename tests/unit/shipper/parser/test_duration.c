/*
 * test_duration.c - how long something took: exact decimals, units, what is none.
 */
#include "shipper/parser/duration.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

static void numbers_are_exact_in_their_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t unit, ns;
    } cases[] = {
        {"0", DURATION_S, 0},
        {"0.005", DURATION_S, 5000000},
        {"1.234567891", DURATION_S, 1234567891},
        {"1.2345678919", DURATION_S, 1234567891},
        {"0.1", DURATION_MS, 100000},
        {"12", DURATION_US, 12000},
        {"12.5", 1, 12},
        {"5.8e-05", DURATION_S, 58000},
        {"1E3", DURATION_MS, 1000000000},
        {"1.5e+2", 1, 150},
        {"9223372036854775807", 1, INT64_MAX},
        {"9223372036.854775807", DURATION_S, INT64_MAX},
        {"0.00000000000000000000000000000000000001", DURATION_S, 0},
        {"1.0000000000000000000000000000000000000", DURATION_S, 1000000000},
        {".5", DURATION_S, 500000000},
        {"1.", DURATION_S, 1000000000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ns = -1;

        if (!duration_parse(slice_of(cases[i].text), cases[i].unit, &ns) || ns != cases[i].ns)
            fail_msg("%s: %lld", cases[i].text, (long long)ns);
    }
}

/* Those that are read in one pass, and those that are not, against plain arithmetic. */
static void random_numbers_are_exact(void **state)
{
    static const int64_t units[] = {1, DURATION_US, DURATION_MS, DURATION_S};
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 200000; i++) {
        unsigned whole = 1 + rng_below(&rng, 12), places = rng_below(&rng, 12);
        int64_t unit = units[rng_below(&rng, ARRAY_LEN(units))], ns = -1;
        char text[32], *p = text;
        __int128 expected = 0;

        for (unsigned j = 0; j < whole + places; j++) {
            char digit = (char)('0' + rng_below(&rng, 10));

            if (j == whole)
                *p++ = '.';
            *p++ = digit;
            expected = expected * 10 + (digit - '0');
        }
        expected *= unit;
        for (unsigned j = 0; j < places; j++)
            expected /= 10;
        if (duration_scale((struct slice){text, (size_t)(p - text)}, unit, &ns) !=
                (expected <= INT64_MAX) ||
            (expected <= INT64_MAX && ns != (int64_t)expected))
            fail_msg("%.*s in units of %lld ns: %lld", (int)(p - text), text, (long long)unit,
                     (long long)ns);
    }
}

static void units_may_be_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1.5ms", 1500000},  {"250\xc2\xb5s", 250000},    {"250us", 250000},   {"2 s", 2000000000},
        {"12 ms", 12000000}, {"1h2m3.5s", 3723500000000}, {"1m", 60000000000}, {"0s", 0},
        {"3ns", 3},          {"1.5h", 5400000000000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ns = -1;

        if (!duration_parse(slice_of(cases[i].text), 0, &ns) || ns != cases[i].ns)
            fail_msg("%s: %lld", cases[i].text, (long long)ns);
    }
}

static void other_texts_are_none(void **state)
{
    static const char *const texts[] = {"",      "-1s", "fast", "1x",   "1.2.3", "s",
                                        "1s2",   "e5",  ".",    "1e",   "0x10",  "99999999999h",
                                        "1e999", " 1s", "1s ",  "1  s", "NaN"};
    int64_t ns;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (duration_parse(slice_of(texts[i]), 0, &ns))
            fail_msg("%s", texts[i]);
    assert_false(duration_parse(SLICE("5"), 0, &ns));
    assert_false(duration_parse(SLICE("99999999999999999999"), 1, &ns));
    assert_false(duration_parse(SLICE("9223372037"), DURATION_S, &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_exact_in_their_unit),
        cmocka_unit_test(random_numbers_are_exact),
        cmocka_unit_test(units_may_be_written),
        cmocka_unit_test(other_texts_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
