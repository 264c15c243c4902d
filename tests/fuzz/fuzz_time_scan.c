/*
 * fuzz_time_scan.c - any bytes as a time stamp of unknown form.
 *
 * What is taken lies within the text and is an instant that can be printed;
 * what follows the part that was taken changes nothing of it, unless it makes it longer.
 */
#include <stdlib.h>

#include "common/time/epoch.h"
#include "common/time/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct timestamp time)
{
    char text[TIMESTAMP_TEXT_MAX];
    struct timestamp again;
    size_t len = timestamp_print(time, text);

    if (!timestamp_parse_iso((struct slice){text, len}, &again) || again.s != time.s ||
        again.ns != time.ns)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct time_zones *zones;
    static struct timestamp_memo memo;
    static struct time_zone *berlin;
    struct slice text = {(const char *)data, size};
    struct timestamp_hints hints = {.has_reference = true, .reference_s = 1795273200};
    struct timestamp_found found;
    struct timestamp time;

    if (!zones)
        zones = time_zones_open();
    if (!berlin && time_zone_open("Europe/Berlin", &berlin, NULL))
        abort();
    hints.zone = berlin;
    hints.zones = zones;
    hints.memo = size % 2 ? &memo : NULL;
    hints.order = size ? data[0] % 4 : 0;
    if (timestamp_scan(text, &hints, &found) == TIMESTAMP_FOUND) {
        if (found.len == 0 || found.len > size)
            abort();
        check(found.time);
    }
    if (timestamp_read(text, &hints, &found) == TIMESTAMP_FOUND)
        check(found.time);
    if (timestamp_parse_epoch(text, size % 5, &time))
        check(time);
    if (timestamp_parse_tai64(text, &time))
        check(time);
    return 0;
}
