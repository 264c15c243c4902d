/*
 * fuzz_time_zone.c - any bytes as a file of the time-zone database, and as a TZ string.
 *
 * A zone that is opened answers at every instant, with an offset that dates can have.
 */
#include <stdlib.h>

#include "common/time/rule.h"
#include "common/time/zone.h"
#include "common/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct time_zone *zone, int64_t s)
{
    struct time_zone_state state = time_zone_at(zone, s);

    if (state.offset_s > TIMESTAMP_OFFSET_MAX || state.offset_s < -TIMESTAMP_OFFSET_MAX ||
        strlen(state.abbreviation) > 255)
        abort();
    if (s > TIMESTAMP_S_MIN && s < TIMESTAMP_S_MAX &&
        llabs(time_zone_from_local(zone, s) - s) > TIMESTAMP_OFFSET_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    struct time_zone *zone;
    struct zone_rule rule;

    if (time_zone_read("fuzz", bytes, &zone, NULL) == OK) {
        for (int64_t s = TIMESTAMP_S_MIN; s < TIMESTAMP_S_MAX; s += 3333333333)
            ask(zone, s);
        ask(zone, INT64_MIN);
        ask(zone, INT64_MAX);
        time_zone_close(zone);
    }
    if (zone_rule_parse(bytes, &rule) && rule.has_dst) {
        int64_t to_dst, to_standard;

        for (int year = 0; year <= 9999; year += 111)
            zone_rule_year(&rule, year, &to_dst, &to_standard);
    }
    return 0;
}
