/*
 * test_format.c - compiled date formats.
 */
#include "common/time/format.h"

#include "common/scope.h"
#include "common/timestamp.h"
#include "tests/unit/common/time/zones.h"
#include "tests/unit/support/rng.h"

#define REFERENCE 1795273200 /* 2026-11-21T15:00:00Z */
#define ABSENT    "absent"
#define NEVER     "impossible"
#define NOON      "2026-11-21T12:00:00.000Z"
#define MS        "2026-11-21T12:00:00.123Z"
#define DAY       "2026-11-21T00:00:00.000Z"

struct row {
    const char *format, *text, *expected;
};

static struct time_formats *open_formats(const char *const *formats, size_t count)
{
    struct time_formats *opened;
    struct error err;

    if (time_formats_open(formats, count, &opened, &err))
        fail_msg("%s", err.text);
    return opened;
}

static const char *read_with(const struct time_formats *formats, const char *text, bool whole,
                             size_t *len)
{
    static char printed[TIMESTAMP_TEXT_MAX + 1];
    struct timestamp_hints hints = {
        .has_reference = true, .reference_s = REFERENCE, .zones = named_zones()};
    struct timestamp_found found = {0};
    size_t size = strlen(text);
    scoped_free char *copy = malloc(size ? size : 1);
    struct slice slice = {copy, size};
    enum timestamp_result result;

    memcpy(copy, text, size); /* ends where its memory ends */
    result = whole ? time_formats_read(formats, slice, &hints, &found)
                   : time_formats_scan(formats, slice, &hints, &found);
    if (result != TIMESTAMP_FOUND)
        return result == TIMESTAMP_ABSENT ? ABSENT : NEVER;
    printed[timestamp_print(found.time, printed)] = '\0';
    *len = found.len;
    return printed;
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct time_formats *formats = open_formats(&rows[i].format, 1);
        size_t len;
        const char *got = read_with(formats, rows[i].text, true, &len);

        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("'%s' by '%s': got %s, expected %s", rows[i].text, rows[i].format, got,
                     rows[i].expected);
        time_formats_close(formats);
    }
}

static void strptime_is_read(void **state)
{
    static const struct row rows[] = {
        {"%Y-%m-%d %H:%M:%S", "2026-11-21 12:00:00", NOON},
        {"%Y-%m-%d %H:%M:%S", "  2026-11-21 12:00:00\r\n", NOON},
        {"%Y-%m-%d %H:%M:%S", "2026-1-2 3:4:5", "2026-01-02T03:04:05.000Z"},
        {"%Y-%m-%d%n%H:%M", "2026-11-21 \t 12:00", NOON},
        {"%Y-%m-%dT%H:%M:%S.%f%z", "2026-11-21T13:00:00.123+01:00", MS},
        {"%Y-%m-%dT%H:%M:%S.%f%z", "2026-11-21T12:00:00.123Z", MS},
        {"%Y-%m-%dT%H:%M:%S.%f%z", "2026-11-21T13:00:00.123+0100", MS},
        {"%Y-%m-%dT%H:%M:%S,%f", "2026-11-21T12:00:00,123456789", "2026-11-21T12:00:00.123456789Z"},
        {"%d/%b/%Y:%H:%M:%S %z", "21/Nov/2026:13:00:00 +0100", NOON},
        {"%b %e %H:%M:%S", "Nov  1 12:00:00", "2026-11-01T12:00:00.000Z"},
        {"%b %d %H:%M:%S", "Dec 31 12:00:00", "2025-12-31T12:00:00.000Z"},
        {"%B %d, %Y %l:%M %p", "November 21, 2026 12:00 PM", NOON},
        {"%A, %d-%b-%y %T %Z", "Saturday, 21-Nov-26 12:00:00 GMT", NOON},
        {"%a %b %d %H:%M:%S.%f %Y", "Sat Nov 21 12:00:00.123 2026", MS},
        {"%c", "Sat Nov 21 12:00:00 2026", NOON},
        {"%D %r", "11/21/26 12:00:00 PM", NOON},
        {"%F %T%.f", "2026-11-21 12:00:00.123", MS},
        {"%F %T%.f", "2026-11-21 12:00:00", NOON},
        {"%F %T%.3f", "2026-11-21 12:00:00.123", MS},
        {"%F %T.%3N", "2026-11-21 12:00:00.123", MS},
        {"%F %T.%L", "2026-11-21 12:00:00.123", MS},
        {"%F %R %Z", "2026-11-21 13:00 CET", NOON},
        {"%F %R %Z", "2026-11-21 13:00 Europe/Berlin", NOON},
        {"%F %R %:z", "2026-11-21 13:00 +01:00", NOON},
        {"%-d.%-m.%Y %-H:%M", "21.11.2026 12:00", NOON},
        {"%Y%m%d%H%M%S", "20261121120000", NOON},
        {"%Y%m%d%H%M%S%f", "20261121120000123", MS},
        {"%Y%m%d%H%M%S", "2026112112000", ABSENT},
        {"%y%m%d %H%M%S", "081109 203615", "2008-11-09T20:36:15.000Z"},
        {"%y%m%d %k:%M:%S", "261121  9:05:07", "2026-11-21T09:05:07.000Z"},
        {"%y", "68", "2068-01-01T00:00:00.000Z"},
        {"%y", "69", "1969-01-01T00:00:00.000Z"},
        {"%Y %j", "2026 325", DAY},
        {"%Y%j", "2026325", DAY},
        {"%G-W%V-%u", "2026-W47-6", DAY},
        {"%GW%V%u", "2026W476", DAY},
        {"%Y-%m", "2026-11", "2026-11-01T00:00:00.000Z"},
        {"%H:%M:%S", "12:00:00", NOON},
        {"%I:%M:%S %p", "12:00:00 am", DAY},
        {"%s", "1795262400", NOON},
        {"%s", "1795262400.123", MS},
        {"%s.%L", "1795262400.123", MS},
        {"%s.%f x", "-0.5 x", "1969-12-31T23:59:59.500Z"},
        {"%Q", "1795262400123", MS},
        {"%+", "2026-11-21T12:00:00Z", NOON},
        {"100%% %F", "100% 2026-11-21", DAY},
        {"[%F] %T", "[2026-11-21] 12:00:00", NOON},
        /* no match, no such time */
        {"%F", "2026-11-21x", ABSENT},
        {"%F", "2026/11/21", ABSENT},
        {"%F", "", ABSENT},
        {"%F %T%z", "2026-11-21 12:00:00", ABSENT},
        {"%F %T%z", "2026-11-21 12:00:00CET", ABSENT},
        {"%F %T %Z", "2026-11-21 12:00:00 XYZ", ABSENT},
        {"%F", "2026-02-29", NEVER},
        {"%F", "2026-13-01", NEVER},
        {"%F", "2026-01-00", NEVER},
        {"%T", "24:00:00", NEVER},
        {"%T", "12:60:00", NEVER},
        {"%F %T", "2026-11-21 12:34:60", NEVER},
        {"%F %T", "2016-12-31 23:59:60", "2017-01-01T00:00:00.000Z"},
        {"%I:%M %p", "13:00 PM", NEVER},
        {"%I:%M %p", "0:30 AM", NEVER},
        {"%Y %j", "2026 366", NEVER},
        {"%G-W%V-%u", "2026-W54-1", NEVER},
        {"%F %T%z", "2026-11-21 12:00:00+25:00", NEVER},
        {"%s", "99999999999999", ABSENT},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void java_is_read(void **state)
{
    static const struct row rows[] = {
        {"yyyy-MM-dd HH:mm:ss", "2026-11-21 12:00:00", NOON},
        {"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-21T13:00:00.123+01:00", MS},
        {"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-21T12:00:00.123Z", MS},
        {"yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2026-11-21T13:00:00.123+0100", MS},
        {"yyyy-MM-dd'T'HH:mm:ss.SSSZZ", "2026-11-21T13:00:00.123+01:00", MS},
        {"yyyy-MM-dd HH:mm:ss,SSS", "2026-11-21 12:00:00,123", MS},
        {"uuuu-MM-dd HH:mm:ss.SSSSSSSSS", "2026-11-21 12:00:00.000000001",
         "2026-11-21T12:00:00.000000001Z"},
        {"YYYY-MM-dd HH:mm", "2026-11-21 12:00", NOON},
        {"MMM d HH:mm:ss", "Nov 1 12:00:00", "2026-11-01T12:00:00.000Z"},
        {"MMM  d HH:mm:ss", "Nov  1 12:00:00", "2026-11-01T12:00:00.000Z"},
        {"MMM dd HH:mm:ss", "Nov 21 12:00:00", NOON},
        {"MMM d yyyy", "Nov 21 2026", DAY},
        {"MMMM d, yyyy h:mm:ss a", "November 21, 2026 12:00:00 PM", NOON},
        {"EEE, dd MMM yyyy HH:mm:ss zzz", "Sat, 21 Nov 2026 12:00:00 GMT", NOON},
        {"EEEE, dd-MMM-yy HH:mm:ss z", "Saturday, 21-Nov-26 13:00:00 CET", NOON},
        {"EEE MMM dd HH:mm:ss.SSSSSS yyyy", "Sat Nov 21 12:00:00.123 2026", MS},
        {"dd/MMM/yyyy:HH:mm:ss Z", "21/Nov/2026:13:00:00 +0100", NOON},
        {"dd.MM.yy HH:mm", "21.11.26 12:00", NOON},
        {"M/d/yyyy K:mm a", "11/21/2026 0:00 PM", NOON},
        {"yyyy-MM-dd kk:mm", "2026-11-21 24:30", "2026-11-21T00:30:00.000Z"},
        {"yyyyMMddHHmmss", "20261121120000", NOON},
        {"yyyyMMddHHmmssSSS", "20261121120000123", MS},
        {"yyyyDDD", "2026325", DAY},
        {"yyyy-MM-dd HH:mm:ss[.SSS][ z]", "2026-11-21 12:00:00", NOON},
        {"yyyy-MM-dd HH:mm:ss[.SSS][ z]", "2026-11-21 12:00:00.123", MS},
        {"yyyy-MM-dd HH:mm:ss[.SSS][ z]", "2026-11-21 13:00:00.123 CET", MS},
        {"yyyy-MM-dd[ HH:mm[:ss]]", "2026-11-21", DAY},
        {"yyyy-MM-dd[ HH:mm[:ss]]", "2026-11-21 12:00", NOON},
        {"yyyy-MM-dd HH:mm:ss VV", "2026-11-21 13:00:00 Europe/Berlin", NOON},
        {"yyyy-MM-dd HH:mm:ss O", "2026-11-21 13:00:00 GMT+1", NOON},
        {"yyyy-MM-dd 'at' h 'o''clock' a", "2026-11-21 at 12 o'clock PM", NOON},
        {"''yyyy''", "'2026'", "2026-01-01T00:00:00.000Z"},
        {"x[yyyy]['T'HH]", "x", ABSENT},
        {"[yyyy]", "", ABSENT},
        {"yyyy-MM-dd", "2026-02-30", NEVER},
        {"yyyy-MM-dd HH:mm", "2026-11-21 24:00", NEVER},
        {"yyyy-MM-dd", "26-11-21", ABSENT},
        {"yyyy-MM-dd'T'HH:mm", "2026-11-21 12:00", ABSENT},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void names_are_read(void **state)
{
    static const struct row rows[] = {
        {"ISO8601", "2026-11-21T12:00:00Z", NOON},
        {"iso8601", "2026-11-21 12:00:00,123", MS},
        {"ISO8601", "20261121T120000Z", NOON},
        {"ISO8601", "2026-11-21", DAY},
        {"ISO8601", "20261121", DAY},
        {"ISO8601", "2026-W47-6", DAY},
        {"ISO8601", "2026-02-30T12:00:00Z", NEVER},
        {"ISO8601", "21.11.2026 12:00:00", ABSENT},
        {"ISO8601", "1795262400", ABSENT},
        {"RFC3339", "2026-11-21T12:00:00Z", NOON},
        {"RFC3339", "2026-11-21T12:00:00", ABSENT},
        {"RFC3339", "2026-11-21T12:00Z", ABSENT},
        {"CLF", "21/Nov/2026:13:00:00 +0100", NOON},
        {"clf", "[21/Nov/2026:13:00:00 +0100]", NOON},
        {"RFC822", "Sat, 21 Nov 26 07:00 EST", NOON},
        {"RFC2822", "Sat, 21 Nov 2026 13:00:00 +0100", NOON},
        {"RFC1123", "21 Nov 2026 12:00:00 GMT", NOON},
        {"HTTP", "Sat, 21 Nov 2026 12:00:00 GMT", NOON},
        {"RFC850", "Saturday, 21-Nov-26 12:00:00 GMT", NOON},
        {"ASCTIME", "Sat Nov 21 12:00:00 2026", NOON},
        {"ASCTIME", "Sat Nov 21 12:00:00.123 2026", MS},
        {"SYSLOG", "Nov 21 12:00:00", NOON},
        {"RFC3164", "Nov 21 12:00:00.123", MS},
        {"UNIX", "1795262400", NOON},
        {"UNIX", "1795262400.123", MS},
        {"UNIX", "1.795262400123E9", MS},
        {"UNIX", "0", "1970-01-01T00:00:00.000Z"},
        {"UNIX", "-1", "1969-12-31T23:59:59.000Z"},
        {"UNIX", "-0.25", "1969-12-31T23:59:59.750Z"},
        {"UNIX_MS", "1795262400123", MS},
        {"UNIX_MS", "5", "1970-01-01T00:00:00.005Z"},
        {"UNIX_US", "1795262400123456", "2026-11-21T12:00:00.123456Z"},
        {"UNIX_NS", "1795262400123456789", "2026-11-21T12:00:00.123456789Z"},
        {"EPOCH", "1795262400123", MS},
        {"EPOCH_MILLIS", "1795262400123", MS},
        {"TAI64N", "@400000006b01a5ca0758eb00", "2026-11-21T14:08:00.123267840Z"},
        {"AUTO", "Nov 21, 2026 12:00:00 PM", NOON},
        {"AUTO", "message", ABSENT},
        {"UNIX", "", ABSENT},
        {"UNIX", "1e", ABSENT},
        {"UNIX", "1e50", ABSENT},
        {"UNIX", "nan", ABSENT},
        {"UNIX", "0x10", ABSENT},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void wrong_formats_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *format, *reason;
    } rows[] = {
        {"", "neither a date nor an hour"},
        {"x", "neither a date nor an hour"},
        {"foo", "'f' at position 1"},
        {"%", "nothing follows"},
        {"%Y-%q", "'%q' at position 4"},
        {"%Y-%", "nothing follows"},
        {"%5Y", "number of digits"},
        {"%.Y", "number of digits"},
        {"%d %H", "a day but no month"},
        {"%m", "neither day nor year"},
        {"%I:%M", "without AM or PM"},
        {"%p %F", "no hour"},
        {"%F %M", "no hour"},
        {"%F %H:%S", "no minute"},
        {"%G-%V", "%G, %V and %u"},
        {"%Y-W%V-%u", "%G, %V and %u"},
        {"%m %d %j", "a month and a day of the year"},
        {"%a", "neither a date nor an hour"},
        {"%f", "neither a date nor an hour"},
        {"hh:mm", "without AM or PM"},
        {"yyyy-MM-ddTHH", "'T' at position 11"},
        {"yyyy-ww", "'w' at position 6"},
        {"yyyy'x", "not closed"},
        {"[yyyy", "not closed"},
        {"yyyy]", "not opened"},
        {"yyyy{", "reserved"},
        {"[[[[[yyyy]]]]]", "too deep"},
        {"yyyy-MM-dd HHH", "too many letters"},
    };
    struct time_formats *formats = NULL;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (time_formats_open(&rows[i].format, 1, &formats, &err) != REJECT)
            fail_msg("accepted: '%s'", rows[i].format);
        if (!strstr(err.text, rows[i].reason) || !strstr(err.text, "date format '"))
            fail_msg("'%s': said '%s', expected '%s'", rows[i].format, err.text, rows[i].reason);
        assert_null(formats);
    }
}

static void long_formats_are_refused(void **state)
{
    char text[1000];
    const char *list = text;
    struct time_formats *formats;

    (void)state;
    memset(text, '-', sizeof(text));
    memcpy(text, "%F", 2);
    text[150] = '\0';
    assert_int_equal(time_formats_open(&list, 1, &formats, NULL), REJECT);
    text[150] = '-';
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(time_formats_open(&list, 1, &formats, NULL), REJECT);
    assert_int_equal(time_formats_open(&list, 0, &formats, NULL), REJECT);
}

static void formats_are_tried_in_order(void **state)
{
    static const char *const list[] = {"dd/MM/yyyy", "%m/%d/%Y", "UNIX", "yyyy-MM-dd"};
    struct time_formats *formats = open_formats(list, ARRAY_LEN(list));
    size_t len;

    (void)state;
    assert_string_equal(read_with(formats, "11/12/2026", true, &len), "2026-12-11T00:00:00.000Z");
    assert_string_equal(read_with(formats, "11/21/2026", true, &len), DAY);
    assert_string_equal(read_with(formats, "1795262400", true, &len), NOON);
    assert_string_equal(read_with(formats, "2026-11-21", true, &len), DAY);
    assert_string_equal(read_with(formats, "31/31/2026", true, &len), NEVER);
    assert_string_equal(read_with(formats, "x", true, &len), ABSENT);
    time_formats_close(formats);
    time_formats_close(NULL);
}

static void beginning_of_a_text_is_enough_for_scan(void **state)
{
    static const struct {
        const char *format, *text, *expected;
        size_t len;
    } rows[] = {
        {"%F %T", "2026-11-21 12:00:00 x", NOON, 19},
        {"%F %T.%f", "2026-11-21 12:00:00.123 x", MS, 23},
        {"%F %T", "2026-11-21 12:00:001", ABSENT, 0},
        {"MMM d HH:mm:ss", "Nov 21 12:00:00 web1", NOON, 15},
        {"ISO8601", "2026-11-21T12:00:00Z x", NOON, 20},
        {"RFC3339", "2026-11-21T12:00:00Z x", NOON, 20},
        {"RFC3339", "2026-11-21 12:00 x", ABSENT, 0},
        {"UNIX", "1795262400.123 x", MS, 14},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct time_formats *formats = open_formats(&rows[i].format, 1);
        size_t len = 0;

        assert_string_equal(read_with(formats, rows[i].text, false, &len), rows[i].expected);
        assert_int_equal(len, rows[i].len);
        time_formats_close(formats);
    }
}

/* Random formats and texts: whatever is accepted can be run, within the text. */
static void random_formats_are_survived(void **state)
{
    static const char *const pieces[] = {"%Y",  "%m",  "%d",  "%H",   "%M", "%S", "%f",  "%z", "%Z",
                                         "%b",  "%s",  "%p",  "%I",   "%j", "%G", "%V",  "%u", "%%",
                                         "%3N", "%.f", "%c",  "yyyy", "yy", "MM", "MMM", "dd", "HH",
                                         "mm",  "ss",  "SSS", "XXX",  "[",  "]",  "'T'", "''", " ",
                                         "-",   ":",   "%",   "'",    "Z",  "a",  "h"};
    static const char *const texts[] = {"2026-11-21T12:00:00.123+01:00",
                                        "Nov 21 2026 12:00:00 PM",
                                        "20261121120000",
                                        "",
                                        "%",
                                        "1795262400.5",
                                        "2026-W47-6",
                                        "12",
                                        "   ",
                                        "T'T"};
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 50000; i++) {
        char format[128] = "";
        const char *list = format;
        struct time_formats *formats;
        struct error err;
        size_t len;

        for (uint64_t n = rng_next(&rng) % 12; n > 0; n--)
            strncat(format, pieces[rng_next(&rng) % ARRAY_LEN(pieces)],
                    sizeof(format) - strlen(format) - 1);
        if (time_formats_open(&list, 1, &formats, &err)) {
            assert_true(strlen(err.text) > 15);
            continue;
        }
        for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
            read_with(formats, texts[t], true, &len);
            read_with(formats, texts[t], false, &len);
        }
        time_formats_close(formats);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strptime_is_read),
        cmocka_unit_test(java_is_read),
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(wrong_formats_are_refused_with_a_reason),
        cmocka_unit_test(long_formats_are_refused),
        cmocka_unit_test(formats_are_tried_in_order),
        cmocka_unit_test(beginning_of_a_text_is_enough_for_scan),
        cmocka_unit_test(random_formats_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, close_zones);
}
