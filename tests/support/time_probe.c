/*
 * time_probe.c - what the time library says, for tests in Python.
 *
 * A line asks, a line answers; columns are separated by tabs:
 *
 *   at     ZONE  S                     -> offset, abbreviation, dst
 *   local  ZONE  S                     -> the instant at which its clocks show S
 *   scan   ZONE  REFERENCE|-  TEXT     -> s, ns, bytes taken; or absent, impossible
 *   read   ZONE  REFERENCE|-  TEXT     -> the same for a text that is a time
 *   format ZONE  REFERENCE|-  TEXT  FORMAT -> the same by a date format
 *
 * What cannot be asked is answered with "error" and why.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/time/format.h"
#include "common/time/scan.h"

#define COLUMNS 8
#define ZONES   2048

static struct {
    char *name;
    struct time_zone *zone;
} zones[ZONES];
static size_t zone_count;

static struct timestamp_memo memo; /* zones stay open */

static const struct time_zone *zone_of(const char *name)
{
    struct error err;

    for (size_t i = 0; i < zone_count; i++)
        if (strcmp(zones[i].name, name) == 0)
            return zones[i].zone;
    if (zone_count == ZONES || time_zone_open(name, &zones[zone_count].zone, &err)) {
        printf("error\t%s\n", zone_count == ZONES ? "too many zones" : err.text);
        return NULL;
    }
    zones[zone_count].name = strdup(name);
    return zones[zone_count++].zone;
}

static int split(char *line, char *columns[COLUMNS])
{
    int count = 0;

    for (char *p = line; p && count < COLUMNS; count++) {
        columns[count] = p;
        p = strchr(p, '\t');
        if (p)
            *p++ = '\0';
    }
    return count;
}

static void print_result(enum timestamp_result result, const struct timestamp_found *found)
{
    if (result == TIMESTAMP_FOUND)
        printf("%" PRId64 "\t%u\t%zu\n", found->time.s, found->time.ns, found->len);
    else
        puts(result == TIMESTAMP_ABSENT ? "absent" : "impossible");
}

static void read_by_format(const char *format, const char *text,
                           const struct timestamp_hints *hints)
{
    struct timestamp_found found = {0};
    struct time_formats *formats;
    struct error err;

    if (time_formats_open(&format, 1, &formats, &err)) {
        printf("error\t%s\n", err.text);
        return;
    }
    print_result(time_formats_read(formats, slice_of(text), hints, &found), &found);
    time_formats_close(formats);
}

static void answer(char *columns[COLUMNS], int count, struct time_zones *named)
{
    const char *verb = columns[0];
    const struct time_zone *zone = count >= 3 ? zone_of(columns[1]) : NULL;
    struct timestamp_hints hints = {.zone = zone, .zones = named, .memo = &memo};
    struct timestamp_found found = {0};

    if (count < 3)
        puts("error\ttoo few columns");
    if (!zone)
        return;
    if (strcmp(verb, "at") == 0) {
        struct time_zone_state state = time_zone_at(zone, strtoll(columns[2], NULL, 10));

        printf("%d\t%s\t%d\n", state.offset_s, state.abbreviation, state.dst);
        return;
    }
    if (strcmp(verb, "local") == 0) {
        printf("%" PRId64 "\n", time_zone_from_local(zone, strtoll(columns[2], NULL, 10)));
        return;
    }
    hints.has_reference = strcmp(columns[2], "-") != 0;
    if (hints.has_reference)
        hints.reference_s = strtoll(columns[2], NULL, 10);
    if (count == 4 && strcmp(verb, "scan") == 0)
        print_result(timestamp_scan(slice_of(columns[3]), &hints, &found), &found);
    else if (count == 4 && strcmp(verb, "read") == 0)
        print_result(timestamp_read(slice_of(columns[3]), &hints, &found), &found);
    else if (count == 5 && strcmp(verb, "format") == 0)
        read_by_format(columns[4], columns[3], &hints);
    else
        puts("error\tunknown verb");
}

int main(void)
{
    struct time_zones *named = time_zones_open();
    char *line = NULL, *columns[COLUMNS];
    size_t cap = 0;
    ssize_t len;

    while (named && (len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        answer(columns, split(line, columns), named);
    }
    for (size_t i = 0; i < zone_count; i++) {
        time_zone_close(zones[i].zone);
        free(zones[i].name);
    }
    time_zones_close(named);
    free(line);
    return 0;
}
