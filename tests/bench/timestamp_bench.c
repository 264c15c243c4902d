/*
 * timestamp_bench.c - what reading a time costs.
 *
 * Prints nanoseconds of processor time a text, of each form.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/options.h"
#include "common/scope.h"
#include "common/time/format.h"
#include "common/time/scan.h"

#define PASSES   100000
#define RUNS_MAX 1000

struct subject {
    const char *kind, *text;
    void (*run)(const char *text);
};

static struct timestamp_memo memo;
static struct timestamp_hints hints = {.has_reference = true, .reference_s = 1795273200};
static struct time_formats *formats;
static int64_t sum; /* what was found is used */

static void run_scan(const char *text)
{
    struct timestamp_found found;

    if (timestamp_scan(slice_of(text), &hints, &found) == TIMESTAMP_FOUND)
        sum += found.time.s;
}

/* Line after line of the same second. */
static void run_memo(const char *text)
{
    hints.memo = &memo;
    run_scan(text);
    hints.memo = NULL;
}

static void run_iso(const char *text)
{
    struct timestamp time;

    if (timestamp_parse_iso(slice_of(text), &time))
        sum += time.s;
}

static void run_clf(const char *text)
{
    struct timestamp time;

    if (timestamp_parse_clf(slice_of(text), &time))
        sum += time.s;
}

static void run_format(const char *text)
{
    struct timestamp_found found;

    if (time_formats_read(formats, slice_of(text), &hints, &found) == TIMESTAMP_FOUND)
        sum += found.time.s;
}

static void run_local(const char *text)
{
    (void)text;
    sum += time_zone_from_local(hints.zone, 1700000000 + (int64_t)((uint64_t)sum % 100000000));
}

static const struct subject subjects[] = {
    {"iso", "2026-11-21T12:00:00.123Z", run_iso},
    {"iso", "2026-11-21T12:00:00.123456+01:00", run_iso},
    {"clf", "21/Nov/2026:12:00:00 +0100", run_clf},
    {"local", "local time of Europe/Berlin", run_local},
    {"format", "2026-11-21 12:00:00.123", run_format},
    {"format", "21/Nov/2026:12:00:00 +0100", run_format},
    {"memo", "2026-11-21T12:00:00.123Z GET", run_memo},
    {"memo", "2026-11-21 12:00:00,123 INFO x", run_memo},
    {"memo", "Nov 21 12:00:00 web1 app[1]: x", run_memo},
    {"memo", "[Sat Nov 21 12:00:00.123456 2026] [core:error]", run_memo},
    {"scan", "2026-11-21T12:00:00.123Z GET", run_scan},
    {"scan", "2026-11-21T12:00:00.123+01:00 GET", run_scan},
    {"scan", "2026-11-21 12:00:00,123 INFO x", run_scan},
    {"scan", "2026-11-21 12:00:00 CET x", run_scan},
    {"scan", "2026-11-21T12:00:00[America/New_York] x", run_scan},
    {"scan", "2026/11/21 12:00:00 [error] x", run_scan},
    {"scan", "[21/Nov/2026:12:00:00 +0100] x", run_scan},
    {"scan", "Nov 21 12:00:00 web1 app[1]: x", run_scan},
    {"scan", "[Sat Nov 21 12:00:00.123456 2026] [core:error]", run_scan},
    {"scan", "Sat, 21 Nov 2026 12:00:00 GMT x", run_scan},
    {"scan", "21.11.2026 12:00:00 x", run_scan},
    {"scan", "Nov 21, 2026 12:00:00 PM x", run_scan},
    {"scan", "20261121T120000Z x", run_scan},
    {"scan", "I1121 12:00:00.123456 1 x.cc:1] x", run_scan},
    {"scan", "1795262400.123 567 x", run_scan},
    {"scan", "12:00:00.123 x", run_scan},
    {"scan", "an error message without any time", run_scan},
};

/* Processor time: other programs do not count. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void run_passes(const struct subject *subject, int passes)
{
    for (int i = 0; i < passes; i++)
        subject->run(subject->text);
}

static void measure(const struct subject *subject, int64_t runs, bool json, bool first)
{
    double times[RUNS_MAX], start;

    run_passes(subject, PASSES / 4); /* warm */
    for (int64_t run = 0; run < runs; run++) {
        start = now_ns();
        run_passes(subject, PASSES);
        times[run] = (now_ns() - start) / PASSES;
    }
    qsort(times, (size_t)runs, sizeof(*times), compare);
    /* No text has what JSON escapes. */
    printf(json ? "%s\n  {\"kind\":\"%s\",\"text\":\"%s\",\"min_ns\":%.1f,\"median_ns\":%.1f,"
                  "\"max_ns\":%.1f}"
                : "%s%-8s %-50s %9.1f %9.1f %9.1f\n",
           !json || first ? "" : ",", subject->kind, subject->text, times[0],
           (times[(runs - 1) / 2] + times[runs / 2]) / 2, times[runs - 1]);
    fflush(stdout);
}

static void run_all(int64_t runs, bool json)
{
    if (json)
        printf("{\"unit\":\"ns of processor time a text\",\"runs\":%" PRId64 ",\"results\":[",
               runs);
    else
        printf("%-59s %9s %9s %9s   ns a text, %" PRId64 " runs\n", "", "min", "median", "max",
               runs);
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        measure(&subjects[i], runs, json, i == 0);
    if (json)
        puts("\n]}");
}

int main(int argc, char **argv)
{
    static const char *const list[] = {"%Y-%m-%d %H:%M:%S.%f", "dd/MMM/yyyy:HH:mm:ss Z"};
    int64_t runs = 9;
    bool json = false;
    const struct option_row rows[] = {
        {"runs", 'n', "N", OPTION_NUMBER, &runs, "how often each is measured (9)"},
        {"json", 0, NULL, OPTION_FLAG, &json, "print JSON instead of a table"},
        {0}};
    struct time_zone *zone;
    struct error err;
    char **rest;

    if (options_parse(rows, argc, argv, &rest, &err) || rest[0] || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: timestamp_bench [--runs 1..%d] [--json]\n", RUNS_MAX);
        return EXIT_USAGE;
    }
    if (time_zone_open("Europe/Berlin", &zone, &err) ||
        time_formats_open(list, ARRAY_LEN(list), &formats, &err)) {
        fprintf(stderr, "timestamp_bench: %s\n", err.text);
        return EXIT_FAILED;
    }
    hints.zone = zone;
    hints.zones = time_zones_open();
    run_all(runs, json);
    time_zones_close(hints.zones);
    time_zone_close(zone);
    time_formats_close(formats);
    return EXIT_DONE;
}
