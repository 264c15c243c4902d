/*
 * timestamp_bench.c - what reading a time costs, in nanoseconds of processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/scope.h"
#include "common/time/scan.h"

#define RUNS   200000
#define ROUNDS 7

static const char *const texts[] = {
    "2026-11-21T12:00:00.123Z GET",
    "2026-11-21T12:00:00.123+01:00 GET",
    "2026-11-21 12:00:00,123 INFO x",
    "2026-11-21 12:00:00 CET x",
    "2026-11-21T12:00:00[America/New_York] x",
    "2026/11/21 12:00:00 [error] x",
    "[21/Nov/2026:12:00:00 +0100] x",
    "Nov 21 12:00:00 web1 app[1]: x",
    "[Sat Nov 21 12:00:00.123456 2026] [core:error]",
    "Sat, 21 Nov 2026 12:00:00 GMT x",
    "21.11.2026 12:00:00 x",
    "Nov 21, 2026 12:00:00 PM x",
    "20261121T120000Z x",
    "I1121 12:00:00.123456 1 x.cc:1] x",
    "1795262400.123 567 x",
    "12:00:00.123 x",
    "an error message without any time",
};

/* Processor time: other programs do not count. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int64_t sum; /* what was found is used */

static void run_scan(const char *text, const struct timestamp_hints *hints)
{
    struct timestamp_found found;

    if (timestamp_scan(slice_of(text), hints, &found) == TIMESTAMP_FOUND)
        sum += found.time.s;
}

static void run_iso(const char *text, const struct timestamp_hints *hints)
{
    struct timestamp time;

    (void)hints;
    if (timestamp_parse_iso(slice_of(text), &time))
        sum += time.s;
}

static void run_clf(const char *text, const struct timestamp_hints *hints)
{
    struct timestamp time;

    (void)hints;
    if (timestamp_parse_clf(slice_of(text), &time))
        sum += time.s;
}

/* As access logs come: many lines of one second. */
static void run_local(const char *text, const struct timestamp_hints *hints)
{
    (void)text;
    sum += time_zone_from_local(hints->zone, 1700000000 + sum % 100000000);
}

static void measure(const char *name, const char *text, const struct timestamp_hints *hints,
                    void (*run)(const char *, const struct timestamp_hints *))
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();

        for (int i = 0; i < RUNS; i++)
            run(text, hints);
        if (now_ns() - start < best)
            best = now_ns() - start;
    }
    printf("%-10s %-50s %7.1f ns\n", name, text, best / RUNS);
}

int main(void)
{
    struct timestamp_hints hints = {.has_reference = true, .reference_s = 1795273200};
    struct time_zone *zone;
    struct error err;

    if (time_zone_open("Europe/Berlin", &zone, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    hints.zone = zone;
    hints.zones = time_zones_open();
    measure("iso", "2026-11-21T12:00:00.123Z", &hints, run_iso);
    measure("iso", "2026-11-21T12:00:00.123456+01:00", &hints, run_iso);
    measure("clf", "21/Nov/2026:12:00:00 +0100", &hints, run_clf);
    measure("local", "local time, Europe/Berlin", &hints, run_local);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        measure("scan", texts[i], &hints, run_scan);
    time_zones_close(hints.zones);
    time_zone_close(zone);
    return sum == 0;
}
