/*
 * line_time.c - the time stamps of lines that do not say all of their time.
 */
#include "shipper/parser/line_time.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/time/epoch.h"
#include "shipper/parser/scan.h"

#define EPOCH_S_MIN 100000000 /* a smaller number says something else */

enum status line_clock_init(struct line_clock *clock, const struct parser_options *options,
                            struct error *err)
{
    *clock = (struct line_clock){.zones = time_zones_open(),
                                 .memo = calloc(1, sizeof(struct timestamp_memo))};
    if (!clock->zones || !clock->memo)
        return error_set(err, FATAL, "out of memory");
    return options->timezone ? time_zone_open(options->timezone, &clock->zone, err) : OK;
}

void line_clock_release(struct line_clock *clock)
{
    time_zones_close(clock->zones);
    free(clock->memo);
    time_zone_close(clock->zone);
}

enum status timed_parser_open(size_t size, const struct parser_options *options,
                              struct parser **out, struct error *err)
{
    struct timed_parser *timed = calloc(1, size);
    enum status status;

    if (!timed)
        return error_set(err, FATAL, "out of memory");
    status = line_clock_init(&timed->clock, options, err);
    if (status != OK) {
        timed_parser_close(&timed->base);
        return status;
    }
    *out = &timed->base;
    return OK;
}

void timed_parser_close(struct parser *parser)
{
    if (parser)
        line_clock_release(&((struct timed_parser *)parser)->clock);
    free(parser);
}

enum status timed_parser_compile(const char *name, const char *argument,
                                 const struct parser_options *options, struct parser **out,
                                 struct error *err)
{
    (void)name;
    (void)argument;
    return timed_parser_open(sizeof(struct timed_parser), options, out, err);
}

struct timestamp_hints line_clock_hints(const struct line_clock *clock,
                                        const struct parser_memory *memory)
{
    return (struct timestamp_hints){
        .zone = clock->zone,
        .zones = clock->zones,
        .memo = clock->memo,
        .has_reference = memory->reference.s != 0,
        .reference_s = memory->reference.s,
    };
}

enum timestamp_result line_time_take(const struct line_clock *clock,
                                     const struct parser_memory *memory, struct slice *rest,
                                     struct record *record)
{
    const struct timestamp_hints hints = line_clock_hints(clock, memory);
    struct timestamp_found found;
    enum timestamp_result result = timestamp_scan(*rest, &hints, &found);

    if (result != TIMESTAMP_FOUND)
        return result;
    record_set_time(record, FIELD_TIMESTAMP, found.time);
    scan_skip(rest, found.len);
    return TIMESTAMP_FOUND;
}

static enum epoch_unit epoch_unit_of(int64_t ns)
{
    return ns == 1 ? EPOCH_NS : ns == 1000 ? EPOCH_US : ns == 1000000 ? EPOCH_MS : EPOCH_S;
}

bool line_time_read(const struct line_clock *clock, const struct parser_memory *memory,
                    struct slice text, int64_t unit, struct timestamp *out)
{
    const struct timestamp_hints hints = line_clock_hints(clock, memory);
    struct timestamp_found found;
    struct timestamp time;

    if (timestamp_parse_iso(text, out))
        return true;
    if (unit && timestamp_parse_epoch(text, epoch_unit_of(unit), out))
        return true;
    if (timestamp_read(text, &hints, &found) == TIMESTAMP_FOUND && found.has_date) {
        *out = found.time;
        return true;
    }
    if (!timestamp_parse_epoch(text, EPOCH_AUTO, &time) || time.s < EPOCH_S_MIN)
        return false;
    *out = time;
    return true;
}
