/*
 * test_zone.c - time zones: names, changes, files that are damaged.
 *
 * Every zone of the database is compared with Python's zoneinfo in
 * tests/integration/test_time.py; here is what can be said by heart.
 */
#include "common/time/zone.h"

#include "common/scope.h"
#include "common/time/rule.h"
#include "common/timestamp.h"
#include "tests/unit/common/time/zones.h"
#include "tests/unit/support/rng.h"

static int64_t instant(const char *text)
{
    struct timestamp time;

    if (!timestamp_parse_iso(slice_of(text), &time))
        fail_msg("no time: %s", text);
    return time.s;
}

static void expect_at(const char *name, const char *time, int32_t offset_s,
                      const char *abbreviation)
{
    struct time_zone_state state = time_zone_at(zone_of(name), instant(time));

    if (state.offset_s != offset_s || strcmp(state.abbreviation, abbreviation) != 0)
        fail_msg("%s at %s: %d %s, expected %d %s", name, time, state.offset_s, state.abbreviation,
                 offset_s, abbreviation);
}

static void names_are_opened(void **state)
{
    static const struct {
        const char *name;
        int32_t offset_s;
        const char *abbreviation;
    } rows[] = {
        {"UTC", 0, "UTC"},
        {"GMT", 0, "GMT"},
        {"Z", 0, "UTC"},
        {"+05:30", 19800, "+0530"},
        {"-0330", -12600, "-0330"},
        {"+02", 7200, "+0200"},
        {"-00:00", 0, "UTC"},
        {"UTC+2", 7200, "+0200"},
        {"UTC+02:00", 7200, "+0200"},
        {"GMT-3", -10800, "-0300"},
        {"GMT+14", 50400, "+1400"},
        {"Europe/Berlin", 3600, "CET"},
        {"Asia/Kathmandu", 20700, "+0545"},
        {"America/Argentina/Buenos_Aires", -10800, "-03"},
        {"Etc/GMT+5", -18000, "-05"}, /* the database's own, turned sign */
        {"EST5EDT", -18000, "EST"},
        {"Pacific/Chatham", 49500, "+1345"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, "CET"},
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10800, "-03"},
        {"EST5EDT,0/0,J365/25", -14400, "EDT"}, /* RFC 9636: summer time all the year */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_at(rows[i].name, "2026-11-21T12:00:00Z", rows[i].offset_s, rows[i].abbreviation);
    assert_string_equal(time_zone_name(time_zone_utc()), "UTC");
    assert_int_equal(time_zone_from_local(time_zone_utc(), -5), -5);
}

static void names_that_are_none_are_refused(void **state)
{
    static const char *const names[] = {"",
                                        "Europe/Nowhere",
                                        "Mars",
                                        "+25:00",
                                        "+05:60",
                                        "+5",
                                        "5",
                                        "UTC+",
                                        "UTC+123",
                                        "UTC+24",
                                        "GMT+2x",
                                        "/etc/passwd",
                                        "../../../etc/passwd",
                                        "Europe/../UTC",
                                        "Europe//Berlin",
                                        ".",
                                        "Europe",
                                        "tzdata.zi",
                                        "leapseconds",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/168",
                                        "right/UTC/x",
                                        "Europe/Berlin\n",
                                        "\xff"};
    struct time_zone *zone = NULL;
    struct error err;
    char longest[400];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        err.text[0] = '\0';
        if (time_zone_open(names[i], &zone, &err) != REJECT)
            fail_msg("accepted: '%s'", names[i]);
        assert_true(strlen(err.text) > 10);
        assert_null(zone);
    }
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(time_zone_open(longest, &zone, &err), REJECT);
    assert_int_equal(time_zone_open("CET-1CEST", &zone, NULL), REJECT);
}

static void missing_database_is_told_with_the_package(void **state)
{
    struct time_zone *zone;
    struct error err;

    (void)state;
    setenv("TZDIR", "/nonexistent/zoneinfo", 1);
    assert_int_equal(time_zone_open("Europe/Berlin", &zone, &err), REJECT);
    assert_non_null(strstr(err.text, "tzdata"));
    assert_non_null(strstr(err.text, "/nonexistent/zoneinfo"));
    assert_int_equal(time_zone_open("+01:00", &zone, &err), OK); /* needs none */
    time_zone_close(zone);
    unsetenv("TZDIR");
}

static void expect_local(const char *tz, int32_t offset_s)
{
    struct time_zone *zone;
    struct error err;

    setenv("TZ", tz, 1);
    if (time_zone_open("local", &zone, &err))
        fail_msg("TZ=%s: %s", tz, err.text);
    assert_int_equal(time_zone_at(zone, instant("2026-11-21T12:00:00Z")).offset_s, offset_s);
    time_zone_close(zone);
    unsetenv("TZ");
}

static void local_is_what_tz_says(void **state)
{
    struct time_zone *zone;

    (void)state;
    expect_local("Europe/Berlin", 3600);
    expect_local(":Asia/Tokyo", 32400);
    expect_local("EST5", -18000);
    expect_local("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
    expect_local("", 0);
    expect_local(":/usr/share/zoneinfo/Asia/Kolkata", 19800);
    setenv("TZ", "Nowhere/Land", 1);
    assert_int_equal(time_zone_open("local", &zone, NULL), REJECT);
    unsetenv("TZ");
    assert_int_equal(time_zone_open("local", &zone, NULL), OK);
    time_zone_close(zone);
}

static void changes_take_effect_to_the_second(void **state)
{
    (void)state;
    expect_at("Europe/Berlin", "2026-03-29T00:59:59Z", 3600, "CET");
    expect_at("Europe/Berlin", "2026-03-29T01:00:00Z", 7200, "CEST");
    expect_at("Europe/Berlin", "2026-10-25T00:59:59Z", 7200, "CEST");
    expect_at("Europe/Berlin", "2026-10-25T01:00:00Z", 3600, "CET");
    expect_at("Europe/Berlin", "1800-01-01T00:00:00Z", 3208, "LMT");
    expect_at("America/New_York", "1883-11-18T17:00:00Z", -18000, "EST");
    expect_at("Australia/Lord_Howe", "2026-04-04T14:59:59Z", 39600, "+11");
    expect_at("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 37800, "+1030");
    expect_at("Europe/Dublin", "2026-07-01T00:00:00Z", 3600, "IST");
    expect_at("Africa/Casablanca", "2026-03-01T00:00:00Z", 0, "+00"); /* Ramadan */
    expect_at("Pacific/Apia", "2011-12-30T09:59:59Z", -36000, "-10");
    expect_at("Pacific/Apia", "2011-12-30T10:00:00Z", 50400, "+14");
    expect_at("Asia/Pyongyang", "2018-05-04T14:59:59Z", 30600, "KST");
}

/* Beyond what the files list: the rule of their last line, also where the table ends. */
static void rules_hold_for_ever(void **state)
{
    (void)state;
    for (int year = 2038; year <= 9998; year += year < 2110 ? 1 : 97) {
        char text[40];
        int64_t days = civil_days(year, 3, 31);
        int64_t sunday = days - (days + 4) % 7;

        snprintf(text, sizeof(text), "%04d-07-01T00:00:00Z", year);
        expect_at("Europe/Berlin", text, 7200, "CEST");
        expect_at("Australia/Sydney", text, 36000, "AEST");
        snprintf(text, sizeof(text), "%04d-01-01T00:00:00Z", year);
        expect_at("Europe/Berlin", text, 3600, "CET");
        expect_at("Australia/Sydney", text, 39600, "AEDT");
        assert_int_equal(time_zone_at(zone_of("Europe/Berlin"), sunday * 86400 + 3599).offset_s,
                         3600);
        assert_int_equal(time_zone_at(zone_of("Europe/Berlin"), sunday * 86400 + 3600).offset_s,
                         7200);
        assert_int_equal(time_zone_from_local(zone_of("Europe/Berlin"), sunday * 86400 + 10800),
                         sunday * 86400 + 3600);
    }
}

static void local_times_come_back(void **state)
{
    static const char *const names[] = {
        "Europe/Berlin", "America/St_Johns",  "Asia/Kolkata",    "Australia/Lord_Howe",
        "Pacific/Apia",  "Africa/Casablanca", "America/Caracas", "Asia/Tehran",
        "+05:45",        "Antarctica/Troll"};
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 200000; i++) {
        const struct time_zone *zone = zone_of(names[rng_next(&rng) % ARRAY_LEN(names)]);
        int64_t s = (int64_t)(rng_next(&rng) % 8000000000u) - 3000000000;
        int64_t local_s = s + time_zone_at(zone, s).offset_s;
        int64_t back = time_zone_from_local(zone, local_s);

        /* The same, or an earlier one at which the clocks showed the same. */
        assert_true(back <= s);
        assert_int_equal(back + time_zone_at(zone, back).offset_s, local_s);
    }
}

static void abbreviations_tell_the_second_from_the_first(void **state)
{
    const struct time_zone *berlin = zone_of("Europe/Berlin");
    int64_t twice = instant("2026-10-25T02:30:00Z"), july = instant("2026-07-01T12:00:00Z"), s;

    (void)state;
    assert_true(time_zone_from_named(berlin, twice, SLICE("CEST"), &s));
    assert_int_equal(s, twice - 7200);
    assert_true(time_zone_from_named(berlin, twice, SLICE("CET"), &s));
    assert_int_equal(s, twice - 3600);
    assert_true(time_zone_from_named(berlin, july, SLICE("CET"), &s));
    assert_int_equal(s, july - 3600);
    assert_true(time_zone_from_named(zone_of("Asia/Shanghai"), july, SLICE("CST"), &s));
    assert_int_equal(s, july - 28800);
    assert_false(time_zone_from_named(berlin, july, SLICE("EST"), &s));
    assert_false(time_zone_from_named(berlin, july, SLICE("CES"), &s));
    assert_false(time_zone_from_named(berlin, july, SLICE(""), &s));
}

static void usual_abbreviations_are_known(void **state)
{
    static const struct {
        const char *name;
        int32_t offset_s;
    } rows[] = {
        {"UTC", 0},       {"GMT", 0},       {"Z", 0},        {"UT", 0},       {"EST", -18000},
        {"EDT", -14400},  {"CST", -21600},  {"CDT", -18000}, {"MST", -25200}, {"MDT", -21600},
        {"PST", -28800},  {"PDT", -25200},  {"CET", 3600},   {"CEST", 7200},  {"BST", 3600},
        {"WET", 0},       {"WEST", 3600},   {"EET", 7200},   {"EEST", 10800}, {"MSK", 10800},
        {"IST", 19800},   {"JST", 32400},   {"KST", 32400},  {"AEST", 36000}, {"AEDT", 39600},
        {"ACST", 34200},  {"AWST", 28800},  {"NZST", 43200}, {"NZDT", 46800}, {"HST", -36000},
        {"AKST", -32400}, {"AKDT", -28800}, {"BRT", -10800}, {"SGT", 28800},  {"HKT", 28800}};
    int32_t offset_s;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!time_zone_abbreviation(slice_of(rows[i].name), &offset_s))
            fail_msg("unknown: %s", rows[i].name);
        assert_int_equal(offset_s, rows[i].offset_s);
    }
    assert_false(time_zone_abbreviation(SLICE(""), &offset_s));
    assert_false(time_zone_abbreviation(SLICE("cet"), &offset_s));
    assert_false(time_zone_abbreviation(SLICE("GET"), &offset_s));
    assert_false(time_zone_abbreviation(SLICE("INFO"), &offset_s));
    assert_false(time_zone_abbreviation(SLICE("CETCET"), &offset_s));
    assert_false(time_zone_abbreviation(SLICE("Z\0"), &offset_s));
}

static void rules_of_all_kinds(void **state)
{
    static const struct {
        const char *text;
        int year;
        const char *to_dst, *to_standard;
    } rows[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"},
        {"EST5EDT,M3.2.0,M11.1.0", 2026, "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 2026, "2026-10-03T16:00:00Z", "2026-04-04T16:00:00Z"},
        {"XXX0YYY,J60,J365/24", 2024, "2024-03-01T02:00:00Z", "2024-12-31T23:00:00Z"},
        {"XXX0YYY,59,364/0", 2024, "2024-02-29T02:00:00Z", "2024-12-29T23:00:00Z"},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"},
        {"IST-2IDT,M3.4.4/26,M10.5.0", 2026, "2026-03-27T00:00:00Z", "2026-10-24T23:00:00Z"},
        {"XXX0YYY-3:15:30,M1.1.1/167,M2.1.2/-167:30:15", 2026, "2026-01-11T23:00:00Z",
         "2026-01-26T21:14:15Z"},
    };
    struct zone_rule rule;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t to_dst, to_standard;

        if (!zone_rule_parse(slice_of(rows[i].text), &rule))
            fail_msg("refused: %s", rows[i].text);
        zone_rule_year(&rule, rows[i].year, &to_dst, &to_standard);
        if (to_dst != instant(rows[i].to_dst) || to_standard != instant(rows[i].to_standard))
            fail_msg("%s: %lld %lld", rows[i].text, (long long)to_dst, (long long)to_standard);
    }
}

static size_t read_zone(const char *path, char *out, size_t size)
{
    scoped_file FILE *file = fopen(path, "rb");

    if (!file)
        fail_msg("no %s", path);
    return fread(out, 1, size, file);
}

/* A copy that ends where its memory ends. */
static enum status read_copy(const char *data, size_t len)
{
    scoped_free char *copy = malloc(len ? len : 1);
    struct time_zone *zone = NULL;
    struct error err;
    enum status status;

    memcpy(copy, data, len);
    status = time_zone_read("test", (struct slice){copy, len}, &zone, &err);
    if (status == OK) {
        for (int64_t s = -70000000000; s < 300000000000; s += 7777777777) {
            time_zone_at(zone, s);
            time_zone_from_local(zone, s);
        }
        time_zone_at(zone, INT64_MIN);
        time_zone_at(zone, INT64_MAX);
        time_zone_close(zone);
    } else {
        assert_null(zone);
    }
    return status;
}

static void truncated_files_are_refused(void **state)
{
    static char data[8192];
    size_t len = read_zone("/usr/share/zoneinfo/America/New_York", data, sizeof(data));

    (void)state;
    assert_true(len > 100 && len < sizeof(data));
    assert_int_equal(read_copy(data, len), OK);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(read_copy(data, cut), REJECT);
}

static void damaged_files_are_survived(void **state)
{
    static char data[8192], copy[8192];
    size_t len = read_zone("/usr/share/zoneinfo/Europe/Dublin", data, sizeof(data));
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 20000; i++) {
        memcpy(copy, data, len);
        for (uint64_t n = 1 + rng_next(&rng) % 4; n > 0; n--)
            copy[rng_next(&rng) % (i % 2 ? len : 100)] = (char)rng_next(&rng);
        read_copy(copy, len);
    }
    /* Counts as large as can be. */
    for (size_t at = 20; at < 44; at += 4) {
        memcpy(copy, data, len);
        memset(copy + at, 0xff, 4);
        assert_int_equal(read_copy(copy, len), REJECT);
    }
}

/* One type, no change, 32-bit only: the smallest that there is. */
static void version_1_is_read(void **state)
{
    char data[44 + 6 + 4] = "TZif";
    struct time_zone *zone;

    (void)state;
    data[39] = 1;        /* types */
    data[43] = 4;        /* characters */
    data[44 + 2] = 0x0e; /* 3600 */
    data[44 + 3] = 0x10;
    memcpy(data + 50, "CET", 4);
    assert_int_equal(time_zone_read("x", (struct slice){data, sizeof(data)}, &zone, NULL), OK);
    assert_int_equal(time_zone_at(zone, 0).offset_s, 3600);
    assert_string_equal(time_zone_at(zone, 0).abbreviation, "CET");
    time_zone_close(zone);
    data[31] = 1; /* a leap second */
    assert_int_equal(time_zone_read("x", (struct slice){data, sizeof(data)}, &zone, NULL), REJECT);
}

static void sets_remember_zones_and_what_is_none(void **state)
{
    struct time_zones *zones = time_zones_open();
    const struct time_zone *berlin = time_zones_find(zones, SLICE("Europe/Berlin"));
    char name[40];

    (void)state;
    assert_non_null(berlin);
    for (int i = 0; i < 3 * TIME_ZONES_MAX; i++) {
        snprintf(name, sizeof(name), "Europe/Nowhere%d", i);
        assert_null(time_zones_find(zones, slice_of(name)));
    }
    assert_ptr_equal(time_zones_find(zones, SLICE("Europe/Berlin")), berlin);
    assert_non_null(time_zones_find(zones, SLICE("Asia/Tokyo"))); /* made-up names took no room */
    assert_null(time_zones_find(zones, SLICE("")));
    assert_null(time_zones_find(zones, SLICE("UTC\0")));
    time_zones_close(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_opened),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(missing_database_is_told_with_the_package),
        cmocka_unit_test(local_is_what_tz_says),
        cmocka_unit_test(changes_take_effect_to_the_second),
        cmocka_unit_test(rules_hold_for_ever),
        cmocka_unit_test(local_times_come_back),
        cmocka_unit_test(abbreviations_tell_the_second_from_the_first),
        cmocka_unit_test(usual_abbreviations_are_known),
        cmocka_unit_test(rules_of_all_kinds),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(sets_remember_zones_and_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, close_zones);
}
