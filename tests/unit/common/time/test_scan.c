/*
 * test_scan.c - time stamps of unknown form.
 *
 * Each row: the text, the zone of the log, what must come out, what is left
 * of the text. The reference time is the same for all but the tests of years.
 */
#include "common/time/scan.h"

#include "common/scope.h"
#include "tests/unit/common/time/zones.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define REFERENCE 1795273200 /* 2026-11-21T15:00:00Z */
#define ABSENT    "absent"
#define NEVER     "impossible"

struct row {
    const char *text, *zone, *expected, *rest;
};

static const char *scanned(struct slice text, const struct timestamp_hints *hints, bool whole,
                           size_t *len)
{
    static char printed[TIMESTAMP_TEXT_MAX + 1];
    struct timestamp_found found = {.len = 12345};
    enum timestamp_result result =
        whole ? timestamp_read(text, hints, &found) : timestamp_scan(text, hints, &found);

    if (result != TIMESTAMP_FOUND) {
        assert_int_equal(found.len, 12345); /* written only on success */
        return result == TIMESTAMP_ABSENT ? ABSENT : NEVER;
    }
    printed[timestamp_print(found.time, printed)] = '\0';
    *len = found.len;
    return printed;
}

static struct timestamp_memo memo;

/* The text stands at the end of its memory, so that reading behind it is noticed. */
static void check_row(const struct row *row, struct timestamp_hints hints, bool whole)
{
    size_t size = strlen(row->text), len = 0;
    scoped_free char *copy = malloc(size + 1);
    const char *got;

    memcpy(copy, row->text, size + 1);
    hints.zone = zone_of(row->zone);
    hints.zones = named_zones();
    for (int pass = 0; pass < 3; pass++) { /* with a memo: of another text, then of this one */
        hints.memo = pass == 0 ? NULL : &memo;
        got = scanned((struct slice){copy, size}, &hints, whole, &len);
        if (strcmp(got, row->expected) != 0)
            fail_msg("'%s' (%s, pass %d): got %s, expected %s", row->text, row->zone, pass, got,
                     row->expected);
    }
    if (row->rest && strcmp(row->text + len, row->rest) != 0)
        fail_msg("'%s': left '%s', expected '%s'", row->text, row->text + len, row->rest);
}

static const struct timestamp_hints usual = {.has_reference = true, .reference_s = REFERENCE};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i], usual, false);
}

#define NOON   "2026-11-21T12:00:00.000Z"
#define MS     "2026-11-21T12:00:00.123Z"
#define ELEVEN "2026-11-21T11:00:00.000Z"

static void iso_8601_in_all_spellings(void **state)
{
    static const struct row rows[] = {
        {"2026-11-21T12:00:00Z", "UTC", NOON, ""},
        {"2026-11-21t12:00:00z", "Asia/Tokyo", NOON, ""},
        {"2026-11-21 12:00:00Z x", "Asia/Tokyo", NOON, " x"},
        {"2026-11-21_12:00:00 x", "UTC", NOON, " x"},
        {"2026-11-21-12:00:00 x", "UTC", NOON, " x"},
        {"2026-11-21,12:00:00 x", "UTC", NOON, " x"},
        {"2026-11-21 @ 12:00:00.123", "UTC", MS, ""},
        {"2026-11-21  12:00:00", "UTC", NOON, ""},
        {"2026-11-21\t12:00:00\tx", "UTC", NOON, "\tx"},
        {"2026-11-21 12:00", "UTC", NOON, ""},
        {"2026-11-21T12:00Z", "UTC", NOON, ""},
        {"2026-11-21T12:00+01:00 x", "UTC", ELEVEN, " x"},
        {"2026-11-21 12:00: x", "UTC", NOON, ": x"},
        {"2026-11-21 9:05:07", "UTC", "2026-11-21T09:05:07.000Z", ""},
        {"2026-11-21T12:00:00.1Z", "UTC", "2026-11-21T12:00:00.100Z", ""},
        {"2026-11-21T12:00:00,123Z", "UTC", MS, ""},
        {"2026-11-21T12:00:00.123456Z", "UTC", "2026-11-21T12:00:00.123456Z", ""},
        {"2026-11-21T12:00:00.000000001Z", "UTC", "2026-11-21T12:00:00.000000001Z", ""},
        {"2026-11-21T12:00:00.123456789987Z", "UTC", "2026-11-21T12:00:00.123456789Z", ""},
        {"2026-11-21T12:00:00.999999999999Z", "UTC", "2026-11-21T12:00:00.999999999Z", ""},
        {"2026-11-21 12:00:00. x", "UTC", NOON, ". x"},
        {"2026-11-21 12:00:00, Info", "UTC", NOON, ", Info"},
        {"2026-11-21T12:00:00+01:00", "UTC", ELEVEN, ""},
        {"2026-11-21T12:00:00+0100", "UTC", ELEVEN, ""},
        {"2026-11-21T12:00:00+01", "UTC", ELEVEN, ""},
        {"2026-11-21 12:00:00-05 x", "UTC", "2026-11-21T17:00:00.000Z", " x"},
        {"2026-11-21T12:00:00\xe2\x88\x92"
         "05:00",
         "UTC", "2026-11-21T17:00:00.000Z", ""},
        {"2026-11-21T12:00:00+05:45", "UTC", "2026-11-21T06:15:00.000Z", ""},
        {"2026-11-21T12:00:00+14:00", "UTC", "2026-11-20T22:00:00.000Z", ""},
        {"2026-11-21T12:00:00-12:00", "UTC", "2026-11-22T00:00:00.000Z", ""},
        {"2026-11-21T12:00:00-00:00", "Asia/Tokyo", NOON, ""},
        {"2026-11-21T12:00:00+00:53:28", "UTC", "2026-11-21T11:06:32.000Z", ""},
        {"2026-11-21 12:00:00 +0100 x", "UTC", ELEVEN, " x"},
        {"2026-11-21 12:00:00.123456 -0700", "UTC", "2026-11-21T19:00:00.123456Z", ""},
        {"20261121T120000Z", "UTC", NOON, ""},
        {"20261121T120000", "Asia/Tokyo", "2026-11-21T03:00:00.000Z", ""},
        {"20261121T1200Z", "UTC", NOON, ""},
        {"20261121T120000.123+0100", "UTC", "2026-11-21T11:00:00.123Z", ""},
        {"20261121 12:00:00 x", "UTC", NOON, " x"},
        {"20261121_120000 x", "UTC", NOON, " x"},
        {"20261121-12:0:0", "UTC", ABSENT, NULL},
        {"20261121-12:00:00:123|x", "UTC", MS, "|x"},
        {"20261121120000 x", "UTC", NOON, " x"},
        {"20261121120000Z", "Asia/Tokyo", NOON, ""},
        {"20261121120000.123Z", "UTC", MS, ""},
        {"20261121120000123 x", "UTC", MS, " x"},
        {"2026-W47-6T12:00:00Z", "UTC", NOON, ""},
        {"2026W476T120000Z", "UTC", NOON, ""},
        {"2020-W53-7 12:00:00", "UTC", "2021-01-03T12:00:00.000Z", ""},
        {"2025-W01-1T12:00:00", "UTC", "2024-12-30T12:00:00.000Z", ""},
        {"2021-W53-1 12:00:00", "UTC", NEVER, NULL},
        {"2026-W00-1 12:00:00", "UTC", NEVER, NULL},
        {"2026-W10-8 12:00:00", "UTC", NEVER, NULL},
        {"2026-325T12:00:00Z", "UTC", NOON, ""},
        {"2026325T120000Z", "UTC", NOON, ""},
        {"2024-366 12:00:00", "UTC", "2024-12-31T12:00:00.000Z", ""},
        {"2026-366 12:00:00", "UTC", NEVER, NULL},
        {"2026-000 12:00:00", "UTC", NEVER, NULL},
        {"0000-01-01T00:00:00Z", "UTC", "0000-01-01T00:00:00.000Z", ""},
        {"9999-12-31T23:59:59Z", "UTC", "9999-12-31T23:59:59.000Z", ""},
        {"1900-01-01 00:00:00", "UTC", "1900-01-01T00:00:00.000Z", ""},
        {"2016-12-31T23:59:60Z", "UTC", "2017-01-01T00:00:00.000Z", ""},
        {"2016-12-31 18:59:60.5", "America/New_York", "2017-01-01T00:00:00.500Z", ""},
        {"2026-11-21T12:00:60Z", "UTC", NEVER, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void zones_behind_the_time(void **state)
{
    static const struct row rows[] = {
        {"2026-11-21 12:00:00 UTC x", "Asia/Tokyo", NOON, " x"},
        {"2026-11-21 12:00:00 utc x", "Asia/Tokyo", NOON, " x"},
        {"2026-11-21 12:00:00 Z x", "Asia/Tokyo", NOON, " x"},
        {"2026-11-21 12:00:00UTC", "Asia/Tokyo", NOON, ""},
        {"2026-11-21 12:00:00 GMT+1", "UTC", ELEVEN, ""},
        {"2026-11-21 12:00:00 UTC+01:00 x", "UTC", ELEVEN, " x"},
        {"2026-11-21 12:00:00 GMT-0330", "UTC", "2026-11-21T15:30:00.000Z", ""},
        {"2026-11-21 12:00:00 CET", "UTC", ELEVEN, ""},
        {"2026-11-21 12:00:00 CET [12] LOG:", "UTC", ELEVEN, " [12] LOG:"},
        {"2026-11-21 12:00:00 CEST", "UTC", "2026-11-21T10:00:00.000Z", ""},
        {"2026-11-21 12:00:00 EST", "UTC", "2026-11-21T17:00:00.000Z", ""},
        {"2026-11-21 12:00:00 EDT", "UTC", "2026-11-21T16:00:00.000Z", ""},
        {"2026-11-21 12:00:00 PST x", "UTC", "2026-11-21T20:00:00.000Z", " x"},
        {"2026-11-21 12:00:00 HST", "UTC", "2026-11-21T22:00:00.000Z", ""},
        {"2026-11-21 12:00:00 AKST", "UTC", "2026-11-21T21:00:00.000Z", ""},
        {"2026-11-21 12:00:00 MSK", "UTC", "2026-11-21T09:00:00.000Z", ""},
        {"2026-11-21 12:00:00 JST", "UTC", "2026-11-21T03:00:00.000Z", ""},
        {"2026-11-21 12:00:00 NZDT", "UTC", "2026-11-20T23:00:00.000Z", ""},
        {"2026-11-21 12:00:00 ACST", "UTC", "2026-11-21T02:30:00.000Z", ""},
        {"2026-11-21 12:00:00 +03 2026", "UTC", "2026-11-21T09:00:00.000Z", " 2026"},
        {"2026-11-21 12:00:00 +03", "UTC", "2026-11-21T09:00:00.000Z", ""},
        {"[2026-11-21 12:00:00 +03] x", "UTC", "2026-11-21T09:00:00.000Z", " x"},
        /* which one is meant: the log's own zone knows */
        {"2026-11-21 12:00:00 CST", "UTC", "2026-11-21T18:00:00.000Z", ""},
        {"2026-11-21 12:00:00 CST", "Asia/Shanghai", "2026-11-21T04:00:00.000Z", ""},
        {"2026-11-21 12:00:00 IST", "UTC", "2026-11-21T06:30:00.000Z", ""},
        {"2026-11-21 12:00:00 IST", "Asia/Jerusalem", "2026-11-21T10:00:00.000Z", ""},
        {"2026-07-21 12:00:00 IST", "Europe/Dublin", "2026-07-21T11:00:00.000Z", ""},
        {"2026-07-21 12:00:00 BST", "UTC", "2026-07-21T11:00:00.000Z", ""},
        /* a season's name in the other season counts as written */
        {"2026-07-21 12:00:00 CET", "Europe/Berlin", "2026-07-21T11:00:00.000Z", ""},
        {"2026-11-21 12:00:00 CEST", "Europe/Berlin", "2026-11-21T10:00:00.000Z", ""},
        /* names of the database */
        {"2026-11-21 12:00:00 Europe/Berlin x", "UTC", ELEVEN, " x"},
        {"2026-11-21 12:00:00 America/Argentina/Buenos_Aires", "UTC", "2026-11-21T15:00:00.000Z",
         ""},
        {"2026-07-21T12:00:00[Europe/Berlin] x", "UTC", "2026-07-21T10:00:00.000Z", " x"},
        {"2026-11-21T12:00:00+01:00[Europe/Berlin]", "UTC", ELEVEN, ""},
        {"2026-11-21T12:00:00.5Z[Etc/UTC] x", "UTC", "2026-11-21T12:00:00.500Z", " x"},
        {"2026-11-21T12:00:00Z[UTC] x", "Asia/Tokyo", NOON, " x"},
        {"2026-11-21T12:00:00[UTC]", "Asia/Tokyo", NOON, ""},
        {"2026-11-21T12:00:00.123Z[Z]", "Asia/Tokyo", MS, ""},
        {"2026-11-21T12:00:00Z[UTX]", "Asia/Tokyo", NOON, "[UTX]"},
        {"2026-11-21 07:00:00 EST5EDT x", "UTC", NOON, " x"},
        {"2026-11-21 12:00:00 EST5EDTX", "UTC", NOON, " EST5EDTX"},
        {"2026-11-21 12:00:00 Europe/Nowhere x", "UTC", NEVER, NULL},
        {"2026-11-21 12:00:00 Europe/../Berlin", "UTC", NEVER, NULL},
        /* no zones: messages */
        {"2026-11-21 12:00:00 GET /", "UTC", NOON, " GET /"},
        {"2026-11-21 12:00:00 ERROR x", "UTC", NOON, " ERROR x"},
        {"2026-11-21 12:00:00 WARN x", "UTC", NOON, " WARN x"},
        {"2026-11-21 12:00:00 INFO x", "UTC", NOON, " INFO x"},
        {"2026-11-21 12:00:00 E x", "UTC", NOON, " E x"},
        {"2026-11-21 12:00:00 EST_x", "UTC", NOON, " EST_x"},
        {"2026-11-21 12:00:00 EST-5", "UTC", NOON, " EST-5"},
        {"2026-11-21 12:00:00 utcfoo", "UTC", NOON, " utcfoo"},
        {"2026-11-21 12:00:00 -5 x", "UTC", NOON, " -5 x"},
        {"2026-11-21 12:00:00 -10 degrees", "UTC", NOON, " -10 degrees"},
        {"2026-11-21 12:00:00 -12345", "UTC", NOON, " -12345"},
        {"2026-11-21 12:00:00 [main] x", "UTC", NOON, " [main] x"},
        {"2026-11-21 12:00:00 [Europe/Berlin x", "UTC", NOON, " [Europe/Berlin x"},
        {"2026-11-21 12:00:00 10.0.0.1 GET", "UTC", NOON, " 10.0.0.1 GET"},
        {"2026-11-21 12:00:00Z (INFO) x", "UTC", NOON, " (INFO) x"},
        {"2026-11-21 12:00:00 - x", "UTC", NOON, " - x"},
        {"2026-11-21 12:00:00|x", "UTC", NOON, "|x"},
        {"2026-11-21 12:00:00+25:00", "UTC", NEVER, NULL},
        {"2026-11-21 12:00:00+01:60", "UTC", NEVER, NULL},
        {"2026-11-21 12:00:00+1900", "UTC", NEVER, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void forms_of_servers_and_languages(void **state)
{
    static const struct row rows[] = {
        {"2026/11/21 12:00:00 [error] 1#0", "UTC", NOON, " [error] 1#0"},
        {"2026/11/21 12:00:00.123456 x", "UTC", "2026-11-21T12:00:00.123456Z", " x"},
        {"2026.11.21 12:00:00 x", "UTC", NOON, " x"},
        {"2026:11:21 12:00:00 x", "UTC", NOON, " x"},
        {"2026-11-21 12:00:00,123 INFO", "UTC", MS, " INFO"},
        {"2026-11-21-12.00.00.123456 R02", "UTC", "2026-11-21T12:00:00.123456Z", " R02"},
        {"2026-11-21-12.00.00.123456+060 I1", "UTC", "2026-11-21T11:00:00.123456Z", " I1"},
        {"2026-11-21-12.00.00.123456-330 I1", "UTC", "2026-11-21T17:30:00.123456Z", " I1"},
        {"[21/Nov/2026:12:00:00 +0100] x", "UTC", ELEVEN, " x"},
        {"21/Nov/2026:12:00:00 +0000", "UTC", NOON, ""},
        {"[21/nov/2026:12:00:00.123] x", "UTC", MS, " x"},
        {"[1/Nov/2026:12:00:00 +0000]", "UTC", "2026-11-01T12:00:00.000Z", ""},
        {"[Sat Nov 21 12:00:00.123456 2026] [core:error]", "UTC", "2026-11-21T12:00:00.123456Z",
         " [core:error]"},
        {"[Sat Nov 21 12:00:00 2026] [error]", "Europe/Berlin", ELEVEN, " [error]"},
        {"Sat Nov  1 12:00:00 2026", "UTC", "2026-11-01T12:00:00.000Z", ""},
        {"Sat Nov 21 12:00:00 CET 2026 x", "UTC", ELEVEN, " x"},
        {"Sat Nov 21 12:00:00 +03 2026", "UTC", "2026-11-21T09:00:00.000Z", ""},
        {"Sat Nov 21 12:00:00 AM CET 2026", "UTC", "2026-11-20T23:00:00.000Z", ""},
        {"Sat Nov 21 12:00:00 2026 +0100", "UTC", ELEVEN, ""},
        {"Sat 21 Nov 12:00:00 CET 2026", "UTC", ELEVEN, ""},
        {"Sat 21 Nov 2026 12:00:00 PM CET", "UTC", ELEVEN, ""},
        {"Sat 2026-11-21 12:00:00 CET x", "UTC", ELEVEN, " x"},
        {"SATURDAY, NOVEMBER 21, 2026 12:00:00 pm", "UTC", NOON, ""},
        {"Sat, 21 Nov 2026 12:00:00 GMT", "Asia/Tokyo", NOON, ""},
        {"Sat, 21 Nov 26 12:00:00 GMT", "Asia/Tokyo", NOON, ""},
        {"Sat, 21 Nov 2026 12:00:00 +0100 (CET) x", "UTC", ELEVEN, " x"},
        {"21 Nov 2026 12:00 EST", "UTC", "2026-11-21T17:00:00.000Z", ""},
        {"Saturday, 21-Nov-26 12:00:00 GMT", "Asia/Tokyo", NOON, ""},
        {"Sunday, 06-Nov-94 08:49:37 GMT", "Asia/Tokyo", "1994-11-06T08:49:37.000Z", ""},
        {"Sun Nov  6 08:49:37 1994", "UTC", "1994-11-06T08:49:37.000Z", ""},
        {"Sat Nov 21 2026 12:00:00 GMT+0100 (Central European Standard Time) x", "UTC", ELEVEN,
         " x"},
        {"Fri Nov 21 12:00:00 2026", "UTC", NOON, ""}, /* a Saturday: the date counts */
        {"Nov 21 12:00:00 web1 app[1]: x", "UTC", NOON, " web1 app[1]: x"},
        {"Nov  1 12:00:00 web1", "UTC", "2026-11-01T12:00:00.000Z", " web1"},
        {"Nov 1 12:00:00 web1", "UTC", "2026-11-01T12:00:00.000Z", " web1"},
        {"Nov 21 12:00:00.123 web1", "UTC", MS, " web1"},
        {"Nov 21 12:00:00 2026 web1", "UTC", NOON, " web1"},
        {"Nov 21 12:00:00 1234 x", "UTC", NOON, " 1234 x"},
        {"Nov 21 12:00:00 2026-x", "UTC", NOON, " 2026-x"},
        {"Nov 21 12:00:00 10.1.2.3 x", "UTC", NOON, " 10.1.2.3 x"},
        {"Nov 21 2026 12:00:00: %ASA-6", "UTC", NOON, ": %ASA-6"},
        {"2026 Nov 21 12:00:00 x", "UTC", NOON, " x"},
        {"2026 Nov  1 12:00:00 x", "UTC", "2026-11-01T12:00:00.000Z", " x"},
        {"2026-Nov-21 12:00:00 x", "UTC", NOON, " x"},
        {"*Nov 21 12:00:00.123: %SYS", "UTC", MS, ": %SYS"},
        {".Nov 21 13:00:00.123 CET: %SYS", "UTC", MS, ": %SYS"},
        {"November 21 2026 12:00:00", "UTC", NOON, ""},
        {"Sept 21, 2026 12:00", "UTC", "2026-09-21T12:00:00.000Z", ""},
        {"Nov 21, 2026 12:00:00 PM java", "UTC", NOON, " java"},
        {"Nov 21, 2026, 12:00:00\xe2\x80\xafPM x", "UTC", NOON, " x"},
        {"Nov 21, 2026 12:00:00 AM java", "UTC", "2026-11-21T00:00:00.000Z", " java"},
        {"Nov 21, 2026 1:05:07 p.m. x", "UTC", "2026-11-21T13:05:07.000Z", " x"},
        {"Nov 21, 2026 @ 12:00:00.123", "UTC", MS, ""},
        {"November 21, 2026 at 12:00:00 PM CET", "UTC", ELEVEN, ""},
        {"21-Nov-2026 12:00:00.123 INFO", "UTC", MS, " INFO"},
        {"21-NOV-26 12:00:00", "UTC", NOON, ""},
        {"21-Nov 12:00:00", "UTC", NOON, ""},
        {"21 Nov 2026 12:00:00.123 * x", "UTC", MS, " * x"},
        {"21 Nov 12:00:00 x", "UTC", NOON, " x"},
        {"21Nov2026:12:00:00", "UTC", NOON, ""},
        {"21Nov2026 12:00:00", "UTC", NOON, ""},
        {"21. November 2026 12:00:00", "UTC", NOON, ""},
        {"21. Dez. 2026 12:00:00", "UTC", "2026-12-21T12:00:00.000Z", ""},
        {"21 f\xc3\xa9vr. 2026 12:00:00", "UTC", "2026-02-21T12:00:00.000Z", ""},
        {"21 ago 2026 12:00:00", "UTC", "2026-08-21T12:00:00.000Z", ""},
        {"I1121 12:00:00.123456 1 x.cc:1]", "UTC", "2026-11-21T12:00:00.123456Z", " 1 x.cc:1]"},
        {"W20261121 12:00:00.123 x", "UTC", MS, " x"},
        {"261121 12:00:00 [Note]", "UTC", NOON, " [Note]"},
        {"261121  9:05:07 [Note]", "UTC", "2026-11-21T09:05:07.000Z", " [Note]"},
        {"081109 203615 148 INFO", "UTC", "2008-11-09T20:36:15.000Z", " 148 INFO"},
        {"[11/21/26 12:00:00:123 CET] 0001", "UTC", "2026-11-21T11:00:00.123Z", " 0001"},
        {"11-21 12:00:00.123  1702 D", "UTC", MS, "  1702 D"},
        {"11/21-12:00:00.123  [**]", "UTC", MS, "  [**]"},
        {"11/21/2026-12:00:00.123  [**]", "UTC", MS, "  [**]"},
        {"[11.21 12:00:00] x", "UTC", NOON, " x"},
        {"21.11. 12:00:00 x", "UTC", NOON, " x"},
        {"17/06/09 20:10:40 INFO", "UTC", "2017-06-09T20:10:40.000Z", " INFO"},
        {"(2026-11-21 12:00:00) x", "UTC", NOON, " x"},
        {"[2026-11-21 12:00:00,123 INFO main]", "UTC", MS, " INFO main]"},
        {"12:00:00.123 x", "UTC", MS, " x"},
        {"12:05 PM x", "UTC", "2026-11-21T12:05:00.000Z", " x"},
        {"2026-11-21 01:00:00.123 PM x", "UTC", "2026-11-21T13:00:00.123Z", " x"},
        {"2026/11/21 01:00:00 PM CET x", "UTC", NOON, " x"},
        {"2026-11-21 12:00:00 a message", "UTC", NOON, " a message"},
        {"2026-11-21 12:00:00 pmount", "UTC", NOON, " pmount"},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void numbers_since_1970(void **state)
{
    static const struct row rows[] = {
        {"1795262400", "Asia/Tokyo", NOON, ""},
        {"1795262400.123    567 10.0.0.1", "UTC", MS, "    567 10.0.0.1"},
        {"1795262400.000000001", "UTC", "2026-11-21T12:00:00.000000001Z", ""},
        {"1795262400.1234567899 x", "UTC", "2026-11-21T12:00:00.123456789Z", " x"},
        {"1795262400.1", "UTC", "2026-11-21T12:00:00.100Z", ""},
        {"1795262400123", "UTC", MS, ""},
        {"1795262400123.456", "UTC", "2026-11-21T12:00:00.123456Z", ""},
        {"1795262400123456", "UTC", "2026-11-21T12:00:00.123456Z", ""},
        {"1795262400123456789", "UTC", "2026-11-21T12:00:00.123456789Z", ""},
        {"[1795262400.123] x", "UTC", MS, " x"},
        {"1795262400: x", "UTC", NOON, ": x"},
        {"1795262400x", "UTC", ABSENT, NULL},
        {"179526240 x", "UTC", ABSENT, NULL},
        {"17952624001 x", "UTC", ABSENT, NULL},
        {"5551234567 x", "UTC", ABSENT, NULL}, /* a telephone number */
        {"@400000006b01a5ca0758eb00 x", "UTC", "2026-11-21T14:08:00.123267840Z", " x"},
        {"@4000000037c219bf2ef02e94", "UTC", "1999-08-24T04:04:05.787492500Z", ""},
        {"@400000000000000a", "UTC", "1970-01-01T00:00:00.000Z", ""},
        {"@400000000000000900000000", "UTC", "1969-12-31T23:59:59.000Z", ""},
        {"@40000000000000093b9aca00", "UTC", ABSENT, NULL},
        {"@4000", "UTC", ABSENT, NULL},
        {"@ffffffffffffffff00000000", "UTC", ABSENT, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void a_time_alone(void **state)
{
    static const struct row rows[] = {
        {"2026-11-21", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {" 2026-11-21T12:00:00Z \r\n", "UTC", NOON, NULL},
        {"2026-11-21", "Europe/Berlin", "2026-11-20T23:00:00.000Z", ""},
        {"20261121", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {"21.11.2026", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {"Nov 21, 2026", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {"21/Nov/2026", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {"2026-W47-6", "UTC", "2026-11-21T00:00:00.000Z", ""},
        {"12:00", "UTC", NOON, ""},
        {"179526240", "UTC", "1975-09-09T20:24:00.000Z", ""},
        {"253402300799", "UTC", "1978-01-11T21:31:40.799Z", ""},
        {"1795262400.5", "UTC", "2026-11-21T12:00:00.500Z", ""},
        {"2026-11-21T12:00:00Z x", "UTC", ABSENT, NULL},
        {"2026-11-21x", "UTC", ABSENT, NULL},
        {"2026-11", "UTC", ABSENT, NULL},
        {"2026", "UTC", ABSENT, NULL},
        {"11/21", "UTC", ABSENT, NULL},
        {"Nov 21", "UTC", ABSENT, NULL},
        {"12345678", "UTC", NEVER, NULL},
        {"2026-02-30", "UTC", NEVER, NULL},
        {"20260230", "UTC", NEVER, NULL},
        {"20260230120000", "UTC", NEVER, NULL}, /* not milliseconds of the year 2612 */
        {"20261121250000", "UTC", NEVER, NULL},
        {"20261121120000", "UTC", NOON, ""},
        {"20261121120000123", "UTC", MS, ""},
        {"", "UTC", ABSENT, NULL},
        {"   ", "UTC", ABSENT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], usual, true);
}

static void day_and_month_by_number_by_hint_by_separator(void **state)
{
    static const struct {
        const char *text;
        enum date_order order;
        const char *expected;
    } rows[] = {
        {"11/12/2026 00:00:00", DATE_ORDER_DEFAULT, "2026-11-12T00:00:00.000Z"},
        {"11/12/2026 00:00:00", DATE_MONTH_FIRST, "2026-11-12T00:00:00.000Z"},
        {"11/12/2026 00:00:00", DATE_DAY_FIRST, "2026-12-11T00:00:00.000Z"},
        {"11-12-2026 00:00:00", DATE_ORDER_DEFAULT, "2026-12-11T00:00:00.000Z"},
        {"11-12-2026 00:00:00", DATE_MONTH_FIRST, "2026-11-12T00:00:00.000Z"},
        {"11.12.2026 00:00:00", DATE_ORDER_DEFAULT, "2026-12-11T00:00:00.000Z"},
        {"11.12.2026 00:00:00", DATE_MONTH_FIRST, "2026-11-12T00:00:00.000Z"},
        {"21/11/2026 00:00:00", DATE_MONTH_FIRST, "2026-11-21T00:00:00.000Z"},
        {"11/21/2026 00:00:00", DATE_DAY_FIRST, "2026-11-21T00:00:00.000Z"},
        {"1/2/2026 0:00:00", DATE_ORDER_DEFAULT, "2026-01-02T00:00:00.000Z"},
        {"31/31/2026 00:00:00", DATE_ORDER_DEFAULT, NEVER},
        {"13/13/2026 00:00:00", DATE_ORDER_DEFAULT, NEVER},
        {"00/12/2026 00:00:00", DATE_ORDER_DEFAULT, NEVER},
        {"11/12/26 00:00:00", DATE_ORDER_DEFAULT, "2026-11-12T00:00:00.000Z"},
        {"11/12/26 00:00:00", DATE_DAY_FIRST, "2026-12-11T00:00:00.000Z"},
        {"11/12/26 00:00:00", DATE_YEAR_FIRST, "2011-12-26T00:00:00.000Z"},
        {"11.12.26 00:00:00", DATE_ORDER_DEFAULT, "2026-12-11T00:00:00.000Z"},
        {"26-11-20 00:00:00", DATE_ORDER_DEFAULT, "2026-11-20T00:00:00.000Z"},
        {"20-11-26 00:00:00", DATE_ORDER_DEFAULT, "2026-11-20T00:00:00.000Z"},
        {"30-02-26 00:00:00", DATE_ORDER_DEFAULT, NEVER}, /* not 2030 */
        {"21/02/30 00:00:00", DATE_ORDER_DEFAULT, NEVER},
        {"30-02-26 00:00:00", DATE_DAY_FIRST, NEVER},
        {"95/11/21 00:00:00", DATE_ORDER_DEFAULT, "1995-11-21T00:00:00.000Z"},
        {"11/21/69 00:00:00", DATE_ORDER_DEFAULT, "1969-11-21T00:00:00.000Z"},
        {"11/21/68 00:00:00", DATE_ORDER_DEFAULT, "2068-11-21T00:00:00.000Z"},
        {"11/12 00:00:00", DATE_ORDER_DEFAULT, "2026-11-12T00:00:00.000Z"},
        {"11/12 00:00:00", DATE_DAY_FIRST, "2025-12-11T00:00:00.000Z"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct row row = {rows[i].text, "UTC", rows[i].expected, NULL};
        struct timestamp_hints hints = usual;

        hints.order = rows[i].order;
        check_row(&row, hints, false);
    }
}

static void year_is_the_nearest_that_is_not_ahead(void **state)
{
    static const struct {
        const char *text, *zone, *reference, *expected;
    } rows[] = {
        {"Dec 31 23:59:59", "UTC", "2027-01-01T00:00:10Z", "2026-12-31T23:59:59.000Z"},
        {"Jan  1 00:00:05", "UTC", "2026-12-31T23:59:50Z", "2027-01-01T00:00:05.000Z"},
        /* the log's zone has the New Year at another time than the reader */
        {"Dec 31 18:59:59", "America/New_York", "2027-01-01T00:00:10Z", "2026-12-31T23:59:59.000Z"},
        {"Jan  1 08:59:59", "Asia/Tokyo", "2026-12-31T23:59:59Z", "2026-12-31T23:59:59.000Z"},
        {"Jan  1 13:59:59", "Pacific/Kiritimati", "2026-12-31T23:59:59Z",
         "2026-12-31T23:59:59.000Z"},
        {"Dec 31 12:00:00", "Pacific/Kiritimati", "2026-12-31T00:00:00Z",
         "2026-12-30T22:00:00.000Z"},
        {"Jan  1 00:30:00 CET", "UTC", "2026-12-31T23:40:00Z", "2026-12-31T23:30:00.000Z"},
        {"Dec 31 23:30:00 -0500", "UTC", "2027-01-01T04:40:00Z", "2027-01-01T04:30:00.000Z"},
        {"I1231 23:59:59.5 1", "UTC", "2027-01-01T00:00:10Z", "2026-12-31T23:59:59.500Z"},
        {"12-31 23:59:59.5", "UTC", "2027-01-01T00:00:10Z", "2026-12-31T23:59:59.500Z"},
        /* half a year old, a little ahead, far ahead */
        {"Mar  1 12:00:00", "UTC", "2026-11-21T12:00:00Z", "2026-03-01T12:00:00.000Z"},
        {"Nov 28 11:59:59", "UTC", "2026-11-21T12:00:00Z", "2026-11-28T11:59:59.000Z"},
        {"Nov 30 12:00:00", "UTC", "2026-11-21T12:00:00Z", "2025-11-30T12:00:00.000Z"},
        /* leap days */
        {"Feb 29 12:00:00", "UTC", "2024-03-01T12:00:00Z", "2024-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", "UTC", "2026-03-01T12:00:00Z", "2024-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", "UTC", "2103-03-01T12:00:00Z", "2096-02-29T12:00:00.000Z"},
        {"Feb 29 12:00:00", "UTC", "2024-02-28T12:00:00Z", "2024-02-29T12:00:00.000Z"},
        {"Feb 30 12:00:00", "UTC", "2024-03-01T12:00:00Z", NEVER},
        {"Nov 31 12:00:00", "UTC", "2024-03-01T12:00:00Z", NEVER},
        /* no date at all */
        {"23:59:59", "UTC", "2026-11-21T00:00:10Z", "2026-11-20T23:59:59.000Z"},
        {"00:00:05", "UTC", "2026-11-21T23:59:50Z", "2026-11-22T00:00:05.000Z"},
        {"08:00:00", "Asia/Tokyo", "2026-11-20T23:30:00Z", "2026-11-20T23:00:00.000Z"},
        {"Dec 31 23:59:59", "UTC", "0000-01-01T00:00:10Z", NEVER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct row row = {rows[i].text, rows[i].zone, rows[i].expected, NULL};
        struct timestamp_hints hints = {.has_reference = true};
        struct timestamp reference;

        assert_true(timestamp_parse_iso(slice_of(rows[i].reference), &reference));
        hints.reference_s = reference.s;
        check_row(&row, hints, false);
    }
}

static void without_a_reference_nothing_is_guessed(void **state)
{
    static const struct row rows[] = {
        {"Nov 21 12:00:00 x", "UTC", NEVER, NULL},
        {"12:00:00 x", "UTC", NEVER, NULL},
        {"2026-11-21 12:00:00 x", "UTC", NOON, " x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(&rows[i], (struct timestamp_hints){0}, false);
}

static void times_of_other_zones_and_summer_nights(void **state)
{
    static const struct row rows[] = {
        {"2026-07-21 12:00:00", "Europe/Berlin", "2026-07-21T10:00:00.000Z", ""},
        {"2026-11-21 12:00:00", "Europe/Berlin", ELEVEN, ""},
        {"2026-11-21 12:00:00", "Asia/Kathmandu", "2026-11-21T06:15:00.000Z", ""},
        {"2026-11-21 12:00:00", "Pacific/Kiritimati", "2026-11-20T22:00:00.000Z", ""},
        {"2026-11-21 12:00:00", "+05:30", "2026-11-21T06:30:00.000Z", ""},
        {"2026-11-21 12:00:00", "UTC-3", "2026-11-21T15:00:00.000Z", ""},
        /* twice: the first, unless the zone is written */
        {"2026-10-25 01:59:59", "Europe/Berlin", "2026-10-24T23:59:59.000Z", ""},
        {"2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z", ""},
        {"2026-10-25 02:30:00 CEST", "Europe/Berlin", "2026-10-25T00:30:00.000Z", ""},
        {"2026-10-25 02:30:00 CET", "Europe/Berlin", "2026-10-25T01:30:00.000Z", ""},
        {"2026-10-25 02:30:00 CET", "UTC", "2026-10-25T01:30:00.000Z", ""},
        {"2026-10-25 03:00:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z", ""},
        {"2026-11-01 01:30:00", "America/New_York", "2026-11-01T05:30:00.000Z", ""},
        {"2026-11-01 01:30:00 EST", "America/New_York", "2026-11-01T06:30:00.000Z", ""},
        {"2026-04-05 01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00.000Z", ""},
        /* never: as a clock that was not put forward */
        {"2026-03-29 01:59:59", "Europe/Berlin", "2026-03-29T00:59:59.000Z", ""},
        {"2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z", ""},
        {"2026-03-29 03:00:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z", ""},
        {"2011-12-30 12:00:00", "Pacific/Apia", "2011-12-30T22:00:00.000Z", ""},
        /* long ago, far ahead */
        {"1890-01-01 00:00:00", "Europe/Berlin", "1889-12-31T23:06:32.000Z", ""},
        {"2500-07-01 12:00:00", "Europe/Berlin", "2500-07-01T10:00:00.000Z", ""},
        {"9999-12-31 12:00:00", "America/New_York", "9999-12-31T17:00:00.000Z", ""},
        {"0000-01-01 00:00:00", "Asia/Tokyo", NEVER, NULL},
        {"9999-12-31 23:59:59", "America/New_York", NEVER, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void what_is_no_time_is_left_alone(void **state)
{
    static const struct row rows[] = {
        {"", "UTC", ABSENT, NULL},
        {"x", "UTC", ABSENT, NULL},
        {"[", "UTC", ABSENT, NULL},
        {"*", "UTC", ABSENT, NULL},
        {"@", "UTC", ABSENT, NULL},
        {"2", "UTC", ABSENT, NULL},
        {"2026", "UTC", ABSENT, NULL},
        {"2026-", "UTC", ABSENT, NULL},
        {"2026-11-21", "UTC", ABSENT, NULL},
        {"2026-11-21 message", "UTC", ABSENT, NULL},
        {"2026-11-21 10.10.10.10 GET", "UTC", ABSENT, NULL},
        {"2026-11-21 12", "UTC", ABSENT, NULL},
        {"2026-11-21 12:0", "UTC", ABSENT, NULL},
        {"2026-11-21 12:00:0", "UTC", ABSENT, NULL},
        {"2026-11-21 12:00:001", "UTC", ABSENT, NULL},
        {"2026-11-21 12:000", "UTC", ABSENT, NULL},
        {"2026-11-21T12:00:00Zulu", "UTC", ABSENT, NULL},
        {"2026-11-21T12:00:00x", "UTC", ABSENT, NULL},
        {"12 monkeys", "UTC", ABSENT, NULL},
        {"12:00 x", "UTC", ABSENT, NULL},
        {"10.1.2.3 - - [21/Nov/2026:12:00:00 +0000]", "UTC", ABSENT, NULL},
        {"192.168.1.1 x", "UTC", ABSENT, NULL},
        {"1.2.3 12:00:00", "UTC", ABSENT, NULL},
        {"2026-1121 12:00:00", "UTC", ABSENT, NULL},
        {"Monday morning", "UTC", ABSENT, NULL},
        {"Mayor 12 12:00:00", "UTC", ABSENT, NULL},
        {"March against 12:00:00", "UTC", ABSENT, NULL},
        {"Nov", "UTC", ABSENT, NULL},
        {"Nov 21", "UTC", ABSENT, NULL},
        {"Nov 211 12:00:00", "UTC", ABSENT, NULL},
        {"INFO 12:00:00", "UTC", ABSENT, NULL},
        {"I1121", "UTC", ABSENT, NULL},
        {"ERROR: x", "UTC", ABSENT, NULL},
        {"Sat 12:00:00", "UTC", ABSENT, NULL},
        {"{\"a\":1}", "UTC", ABSENT, NULL},
        {"\xff\xfe", "UTC", ABSENT, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void impossible_times_are_no_other_times(void **state)
{
    static const struct row rows[] = {
        {"2026-02-29 12:00:00", "UTC", NEVER, NULL},
        {"2026-02-30 12:00:00", "UTC", NEVER, NULL},
        {"2100-02-29 12:00:00", "UTC", NEVER, NULL},
        {"2026-04-31T12:00:00Z", "UTC", NEVER, NULL},
        {"2026-13-01 12:00:00", "UTC", NEVER, NULL},
        {"2026-00-01 12:00:00", "UTC", NEVER, NULL},
        {"2026-01-00 12:00:00", "UTC", NEVER, NULL},
        {"2026-01-32 12:00:00", "UTC", NEVER, NULL},
        {"2026-11-21 24:00:00", "UTC", NEVER, NULL},
        {"2026-11-21 99:00:00", "UTC", NEVER, NULL},
        {"2026-11-21 12:60:00", "UTC", NEVER, NULL},
        {"2026-11-21 12:00:61", "UTC", NEVER, NULL},
        {"2026-11-21 12:34:60", "UTC", NEVER, NULL},
        {"20260230T120000Z", "UTC", NEVER, NULL},
        {"20261121T250000Z", "UTC", NEVER, NULL},
        {"31/Nov/2026:12:00:00 +0000", "UTC", NEVER, NULL},
        {"[Sat Feb 30 12:00:00 2026] x", "UTC", NEVER, NULL},
        {"Nov 21, 2026 13:00:00 AM", "UTC", NEVER, NULL},
        {"30.02.2026 12:00:00", "UTC", NEVER, NULL},
        {"I1345 12:00:00", "UTC", NEVER, NULL},
        {"99:00:00 x", "UTC", NEVER, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void what_the_text_says_is_told(void **state)
{
    struct timestamp_hints hints = usual;
    struct timestamp_found found;

    (void)state;
    hints.zone = zone_of("Europe/Berlin");
    assert_int_equal(timestamp_scan(SLICE("Nov 21 12:00:00 x"), &hints, &found), TIMESTAMP_FOUND);
    assert_false(found.has_zone);
    assert_false(found.has_year);
    assert_true(found.has_date);
    assert_int_equal(found.offset_s, 3600);
    assert_int_equal(timestamp_scan(SLICE("2026-11-21 12:00:00 EST"), &hints, &found),
                     TIMESTAMP_FOUND);
    assert_true(found.has_zone);
    assert_true(found.has_year);
    assert_int_equal(found.offset_s, -18000);
    assert_int_equal(timestamp_scan(SLICE("12:00:00"), &hints, &found), TIMESTAMP_FOUND);
    assert_false(found.has_date);
}

/* Cut and changed time stamps: never more than the text is taken, no byte behind it is read. */
static void random_damage_is_survived(void **state)
{
    static const char *const seeds[] = {"2026-11-21T12:00:00.123+01:00[Europe/Berlin] x",
                                        "Sat, 21 Nov 2026 12:00:00 +0100 (CET)",
                                        "*Nov 21 12:00:00.123 CET: %SYS",
                                        "21/Nov/2026:12:00:00 +0100",
                                        "1795262400.123456789",
                                        "@400000006b01a5ca0758eb00",
                                        "11/21/26 12:00:00:123 PM CEST",
                                        "2026-W47-6T12:00:00Z",
                                        "2026-11-21-12.00.00.123456+060",
                                        "I1121 12:00:00.1",
                                        "261121  9:05:07",
                                        "20261121120000.5Z"};
    static const char alphabet[] = "0123456789:-+/., TZWAPMnovtes[]@*\xe2\x80\xaf\xc2\xa0";
    struct rng rng = rng_start();
    struct timestamp_hints hints = usual;

    (void)state;
    hints.zones = named_zones();
    for (int i = 0; i < 200000; i++) {
        const char *seed = seeds[rng_next(&rng) % ARRAY_LEN(seeds)];
        size_t len = rng_next(&rng) % (strlen(seed) + 1);
        scoped_free char *copy = malloc(len ? len : 1);
        struct timestamp_found found;

        memcpy(copy, seed, len);
        for (uint64_t n = rng_next(&rng) % 3; n > 0 && len > 0; n--)
            copy[rng_next(&rng) % len] = alphabet[rng_next(&rng) % (sizeof(alphabet) - 1)];
        if (timestamp_scan((struct slice){copy, len}, &hints, &found) == TIMESTAMP_FOUND) {
            assert_true(found.len > 0 && found.len <= len);
            assert_true(found.time.s >= TIMESTAMP_S_MIN && found.time.s <= TIMESTAMP_S_MAX);
            assert_true(found.time.ns <= 999999999);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_8601_in_all_spellings),
        cmocka_unit_test(zones_behind_the_time),
        cmocka_unit_test(forms_of_servers_and_languages),
        cmocka_unit_test(numbers_since_1970),
        cmocka_unit_test(a_time_alone),
        cmocka_unit_test(day_and_month_by_number_by_hint_by_separator),
        cmocka_unit_test(year_is_the_nearest_that_is_not_ahead),
        cmocka_unit_test(without_a_reference_nothing_is_guessed),
        cmocka_unit_test(times_of_other_zones_and_summer_nights),
        cmocka_unit_test(what_is_no_time_is_left_alone),
        cmocka_unit_test(impossible_times_are_no_other_times),
        cmocka_unit_test(what_the_text_says_is_told),
        cmocka_unit_test(random_damage_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, close_zones);
}
