/*
 * test_timestamp.c - instants: parsing, printing, calendar.
 */
#include "common/timestamp.h"

#include <time.h>

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *printed(struct timestamp time)
{
    static char text[TIMESTAMP_TEXT_MAX + 1];

    text[timestamp_print(time, text)] = '\0';
    return text;
}

static void expect_iso(const char *text, const char *expected)
{
    struct timestamp time;

    if (!timestamp_parse_iso(slice_of(text), &time))
        fail_msg("refused: %s", text);
    assert_string_equal(printed(time), expected);
}

static void expect_clf(const char *text, const char *expected)
{
    struct timestamp time;

    if (!timestamp_parse_clf(slice_of(text), &time))
        fail_msg("refused: %s", text);
    assert_string_equal(printed(time), expected);
}

static void iso_is_read_in_its_variants(void **state)
{
    static const char *const cases[][2] = {
        {"2026-11-21T12:00:00Z", "2026-11-21T12:00:00.000Z"},
        {"2026-11-21t12:00:00z", "2026-11-21T12:00:00.000Z"},
        {"2026-11-21 12:00:00Z", "2026-11-21T12:00:00.000Z"},
        {"2026-11-21T12:00:00,5Z", "2026-11-21T12:00:00.500Z"},
        {"2026-11-21T12:00:00.123+0100", "2026-11-21T11:00:00.123Z"},
        {"2026-11-21T12:00:00+01", "2026-11-21T11:00:00.000Z"},
        {"2026-11-21T12:00:00-00:00", "2026-11-21T12:00:00.000Z"},
        {"2026-12-31T23:59:60Z", "2027-01-01T00:00:00.000Z"},
        {"2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000Z"},
        {"2016-12-31T23:59:60-08:00", "2017-01-01T08:00:00.000Z"},
        {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
        {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},
        {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
        {"2024-02-29T23:59:59-14:00", "2024-03-01T13:59:59.000Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_iso(cases[i][0], cases[i][1]);
}

static void fraction_has_as_many_digits_as_it_needs(void **state)
{
    static const char *const cases[][2] = {
        {"0", "000"},
        {"1", "100"},
        {"123", "123"},
        {"1234", "123400"},
        {"123456", "123456"},
        {"1234567", "123456700"},
        {"000001", "000001"},
        {"000000001", "000000001"},
        {"123456789", "123456789"},
        {"1234567899999", "123456789"},
        {"0000000009", "000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64], expected[64];

        snprintf(text, sizeof(text), "1969-07-20T20:17:40.%sZ", cases[i][0]);
        snprintf(expected, sizeof(expected), "1969-07-20T20:17:40.%sZ", cases[i][1]);
        expect_iso(text, expected);
    }
}

/* -12:00 to +14:00 by quarters of an hour, in both formats. */
static void every_offset_is_taken_off(void **state)
{
    (void)state;
    for (int minutes = -12 * 60; minutes <= 14 * 60; minutes += 15) {
        struct timestamp iso, clf;
        char text[64];
        int size = abs(minutes);
        char sign = minutes < 0 ? '-' : '+';

        snprintf(text, sizeof(text), "2026-03-01T00:00:00%c%02d:%02d", sign, size / 60, size % 60);
        assert_true(timestamp_parse_iso(slice_of(text), &iso));
        snprintf(text, sizeof(text), "01/Mar/2026:00:00:00 %c%02d%02d", sign, size / 60, size % 60);
        assert_true(timestamp_parse_clf(slice_of(text), &clf));
        assert_int_equal(iso.s, 1772323200 - minutes * 60);
        assert_int_equal(clf.s, iso.s);
    }
}

static void impossible_iso_times_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T12:00:00",
        "2026-11-21T12:00Z",
        "2026-00-21T12:00:00Z",
        "2026-13-21T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2026-11-31T12:00:00Z",
        "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2100-02-29T12:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T12:60:00Z",
        "2026-11-21T12:34:60Z",
        "2026-11-21T23:58:60Z",
        "2026-11-21T23:59:61Z",
        "2017-01-01T05:30:60+05:30",
        "2026-11-21T12:00:61Z",
        "2026-11-21T12:00:00.Z",
        "2026-11-21T12:00:00.1.2Z",
        "2026-11-21T12:00:00+19:00",
        "2026-11-21T12:00:00+01:60",
        "2026-11-21T12:00:00+1",
        "2026-11-21T12:00:00+01:",
        "2026-11-21T12:00:00+01:0",
        "2026-11-21T12:00:00ZZ",
        "2026-11-21T12:00:00Z ",
        " 2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00 Z",
        "2026-1-21T12:00:00Z",
        "26-11-21T12:00:00Z",
        "-2026-11-21T12:00:00Z",
        "2026/11/21T12:00:00Z",
        "2026-11-21X12:00:00Z",
        "2026-11-21T-1:00:00Z",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
    };
    struct timestamp time;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (timestamp_parse_iso(slice_of(texts[i]), &time))
            fail_msg("accepted: %s", texts[i]);
    assert_false(timestamp_parse_iso(SLICE("2026-11-21T12:00:00\0Z"), &time));
}

static void clf_is_read(void **state)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64], expected[64];

    (void)state;
    expect_clf("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36.000Z");
    expect_clf("29/Feb/2024:23:59:60 +0000", "2024-03-01T00:00:00.000Z");
    for (int month = 0; month < 12; month++) {
        snprintf(text, sizeof(text), "28/%s/1969:01:02:03 +0000", months[month]);
        snprintf(expected, sizeof(expected), "1969-%02d-28T01:02:03.000Z", month + 1);
        expect_clf(text, expected);
    }
}

static void impossible_clf_times_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "10/Oct/2000",
        "10/Oct/2000:13:55:36",
        "10/Oct/2000:13:55:36 0700",
        "10/oct/2000:13:55:36 -0700",
        "10/Okt/2000:13:55:36 -0700",
        "1/Oct/2000:13:55:36 -0700",
        "32/Oct/2000:13:55:36 -0700",
        "00/Oct/2000:13:55:36 -0700",
        "31/Nov/2000:13:55:36 -0700",
        "29/Feb/2023:13:55:36 +0000",
        "10/Oct/2000:24:00:00 +0000",
        "10/Oct/2000:13:60:00 +0000",
        "10/Oct/2000:13:55:36 -0700 ",
        "10/Oct/00:13:55:36 -0700",
        "10-Oct-2000:13:55:36 -0700",
        "10/Oct/2000 13:55:36 -0700",
        "10/Oct/2000:13:55:36 -07000",
        "10/Oct/2000:13:55:36  -0700",
        "31/Dec/9999:23:59:59 -0001",
    };
    struct timestamp time;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (timestamp_parse_clf(slice_of(texts[i]), &time))
            fail_msg("accepted: %s", texts[i]);
}

static void cut_texts_are_refused(void **state)
{
    static const char iso[] = "2026-11-21T12:00:00.5+01:00", clf[] = "10/Oct/2000:13:55:36 -0700";
    struct timestamp time;

    (void)state;
    for (size_t len = 0; len < sizeof(iso) - 1; len++) {
        char *copy = strndup(iso, len);
        bool hours_only = len == sizeof(iso) - 4; /* "+01" is an offset by itself */

        assert_int_equal(timestamp_parse_iso((struct slice){copy, len}, &time), hours_only);
        free(copy);
    }
    for (size_t len = 0; len < sizeof(clf) - 3; len++) {
        char *copy = strndup(clf, len);

        assert_false(timestamp_parse_clf((struct slice){copy, len}, &time));
        free(copy);
    }
}

/* Every day of 0000 to 9999 is the one after the day before. */
static void calendar_has_every_day_once(void **state)
{
    int64_t days = civil_days(0, 1, 1), last = civil_days(9999, 12, 31);
    struct civil before = civil_from_days(days - 1);

    (void)state;
    assert_int_equal(days * 86400, TIMESTAMP_S_MIN);
    assert_int_equal(last * 86400 + 86399, TIMESTAMP_S_MAX);
    for (; days <= last; days++) {
        struct civil c = civil_from_days(days);

        assert_true(civil_days(c.year, c.month, c.day) == days);
        if (c.day != 1)
            assert_true(c.day == before.day + 1 && c.month == before.month);
        else
            assert_true(c.month == before.month % 12 + 1 && before.day >= 28);
        before = c;
    }
}

static void random_times_agree_with_the_c_library(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 50000; round++) {
        struct timestamp time = {
            TIMESTAMP_S_MIN + (int64_t)(rng_next(&rng) % (TIMESTAMP_S_MAX - TIMESTAMP_S_MIN + 1)),
            rng_one_in(&rng, 2) ? rng_below(&rng, 1000) * 1000000 : rng_below(&rng, 1000000000)};
        struct timestamp back;
        struct tm tm;
        char expected[80], day[11], expected_day[40];
        time_t s = (time_t)time.s;

        assert_non_null(gmtime_r(&s, &tm));
        assert_true(timegm(&tm) == s);
        snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        snprintf(expected_day, sizeof(expected_day), "%04d.%02d.%02d", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday);
        assert_memory_equal(printed(time), expected, 20);
        timestamp_print_day(time, day);
        assert_string_equal(day, expected_day);
        assert_true(timestamp_parse_iso(slice_of(printed(time)), &back));
        assert_true(back.s == time.s && back.ns == time.ns);
    }
}

/* Times of few minutes, and what is almost one, one after the other. */
static void near_times_are_read_as_any(void **state)
{
    static const char days[][12] = {"2026-11-21T", "2026-11-21 ", "2026-12-31T"};
    static const char fractions[][8] = {"", ".000", ".123456", ",250", "."};
    static const char zones[][8] = {"Z", "Z", "z", "+01:00", ""};
    struct rng rng = rng_start();
    struct timestamp_minute minute = {0};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct timestamp near = {1, 1}, any = {1, 1};
        char text[64];
        struct slice read = {text, 0};
        bool valid;

        read.len = (size_t)snprintf(
            text, sizeof(text), "%s23:%02u:%02u%s%s", days[rng_below(&rng, COUNT(days))],
            58 + rng_below(&rng, 2), rng_below(&rng, 62),
            fractions[rng_below(&rng, COUNT(fractions))], zones[rng_below(&rng, COUNT(zones))]);
        if (rng_one_in(&rng, 4))
            text[rng_below(&rng, (uint32_t)read.len)] = "0123456789:.Z-"[rng_below(&rng, 14)];
        if (rng_one_in(&rng, 8))
            read.len = rng_below(&rng, (uint32_t)read.len + 1);
        valid = timestamp_parse_iso(read, &any);
        assert_int_equal(timestamp_parse_near(&minute, read, &near), valid);
        if (valid) {
            assert_int_equal(near.s, any.s);
            assert_int_equal(near.ns, any.ns);
        }
    }
}

static void expect_ms(int64_t ms, int64_t s, uint32_t ns)
{
    struct timestamp time = timestamp_from_ms(ms);

    assert_true(time.s == s);
    assert_int_equal(time.ns, ns);
    assert_true(timestamp_ms(time) == ms);
}

static void milliseconds_before_1970_count_forward(void **state)
{
    (void)state;
    expect_ms(0, 0, 0);
    expect_ms(1, 0, 1000000);
    expect_ms(1999, 1, 999000000);
    expect_ms(-1, -1, 999000000);
    expect_ms(-1000, -1, 0);
    expect_ms(-1001, -2, 999000000);
    assert_int_equal(timestamp_ms((struct timestamp){-1, 999999999}), -1);
}

static void civil_times_out_of_range_are_refused(void **state)
{
    const struct civil good = {2026, 11, 21, 12, 0, 0};
    struct timestamp time;

    (void)state;
    assert_true(timestamp_from_civil(&good, 0, 999999999, &time));
    assert_false(timestamp_from_civil(&good, 0, 1000000000, &time));
    assert_false(timestamp_from_civil(&good, 19 * 3600, 0, &time));
    assert_false(timestamp_from_civil(&(struct civil){-1, 1, 1, 0, 0, 0}, 0, 0, &time));
    assert_false(timestamp_from_civil(&(struct civil){2026, 1, 1, -1, 0, 0}, 0, 0, &time));
    assert_false(timestamp_from_civil(&(struct civil){2026, 1, -1, 0, 0, 0}, 0, 0, &time));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_is_read_in_its_variants),
        cmocka_unit_test(fraction_has_as_many_digits_as_it_needs),
        cmocka_unit_test(every_offset_is_taken_off),
        cmocka_unit_test(impossible_iso_times_are_refused),
        cmocka_unit_test(clf_is_read),
        cmocka_unit_test(impossible_clf_times_are_refused),
        cmocka_unit_test(cut_texts_are_refused),
        cmocka_unit_test(calendar_has_every_day_once),
        cmocka_unit_test(random_times_agree_with_the_c_library),
        cmocka_unit_test(near_times_are_read_as_any),
        cmocka_unit_test(milliseconds_before_1970_count_forward),
        cmocka_unit_test(civil_times_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
