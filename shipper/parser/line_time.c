/*
 * line_time.c - the time stamps of lines that do not say all of their time.
 */
#include "shipper/parser/line_time.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/time/epoch.h"
#include "shipper/parser/scan.h"

#define EPOCH_S_MIN 100000000 /* a smaller number says something else */

#define MINUTE_LEN 17 /* "2026-11-21T12:00:" */

struct minute_memo {
    char text[MINUTE_LEN];
    bool filled;
    int64_t s; /* its first second */
};

enum status line_clock_init(struct line_clock *clock, const struct parser_options *options,
                            struct error *err)
{
    *clock = (struct line_clock){.zones = time_zones_open(),
                                 .memo = calloc(1, sizeof(struct timestamp_memo)),
                                 .minute = calloc(1, sizeof(struct minute_memo))};
    if (!clock->zones || !clock->memo || !clock->minute)
        return error_set(err, FATAL, "out of memory");
    return options->timezone ? time_zone_open(options->timezone, &clock->zone, err) : OK;
}

void line_clock_release(struct line_clock *clock)
{
    time_zones_close(clock->zones);
    free(clock->memo);
    free(clock->minute);
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

/* `SS[.digits]Z`, seconds below 60. */
static bool read_seconds(const char *p, const char *end, unsigned *second, uint32_t *ns)
{
    static const uint32_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                     10000,      1000,      100,      10,      1};
    unsigned tens = (unsigned)(p[0] - '0'), ones = (unsigned)(p[1] - '0'), digit;
    uint32_t value = 0;
    const char *point = p + 2;

    if (tens > 5 || ones > 9 || end[-1] != 'Z')
        return false;
    *second = tens * 10 + ones;
    *ns = 0;
    p = point + 1;
    if (p == end)
        return true;
    if (*point != '.' || end - p < 2 || end - p > 10)
        return false;
    for (; p < end - 1; p++) {
        digit = (unsigned)(*p - '0');
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *ns = value * scale[p - point - 1];
    return true;
}

bool line_time_iso(const struct line_clock *clock, struct slice text, struct timestamp *out)
{
    struct minute_memo *minute = clock->minute;
    const char *end = text.data + text.len;
    struct timestamp time;
    unsigned second;
    uint32_t ns;
    bool plain =
        text.len > MINUTE_LEN + 2 && read_seconds(text.data + MINUTE_LEN, end, &second, &ns);

    if (plain && minute->filled && memcmp(text.data, minute->text, MINUTE_LEN) == 0) {
        *out = (struct timestamp){minute->s + second, ns};
        return true;
    }
    if (!timestamp_parse_iso(text, &time))
        return false;
    *out = time;
    if (plain) {
        memcpy(minute->text, text.data, MINUTE_LEN);
        minute->filled = true;
        minute->s = time.s - second;
    }
    return true;
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

    if (line_time_iso(clock, text, out))
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
