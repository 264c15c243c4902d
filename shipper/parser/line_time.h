/*
 * line_time.h - the time stamps of lines that do not say all of their time.
 *
 * An input's time zone, and what is known of the stream that a line comes
 * from, as hints for common/time. Belongs to one parser, and so to one thread.
 */
#ifndef SHIPPER_PARSER_LINE_TIME_H
#define SHIPPER_PARSER_LINE_TIME_H

#include "common/time/scan.h"
#include "shipper/parser/parser.h"

struct minute_memo; /* the last one that a time in UTC was in */

struct line_clock {
    struct time_zone *zone;   /* NULL: UTC */
    struct time_zones *zones; /* that lines name themselves */
    struct timestamp_memo *memo;
    struct minute_memo *minute;
};

/* REJECT: options->timezone is none; FATAL: no memory. To be released also then. */
enum status line_clock_init(struct line_clock *clock, const struct parser_options *options,
                            struct error *err);
void line_clock_release(struct line_clock *clock);

/* Of parsers that need no more than a clock, or as the first member of those that do. */
struct timed_parser {
    struct parser base;
    struct line_clock clock;
};

/*
 * Makes a zeroed struct of `size` bytes that begins with a timed_parser, its clock initialised.
 * Errors as of line_clock_init.
 */
enum status timed_parser_open(size_t size, const struct parser_options *options,
                              struct parser **out, struct error *err);

/* Releases the clock and the whole struct; NULL is fine. */
void timed_parser_close(struct parser *parser);

/* parser_type.compile of formats without an argument that are a timed_parser and nothing else. */
enum status timed_parser_compile(const char *name, const char *argument,
                                 const struct parser_options *options, struct parser **out,
                                 struct error *err);

struct timestamp_hints line_clock_hints(const struct line_clock *clock,
                                        const struct parser_memory *memory);

/*
 * Takes the time stamp that `rest` begins with and sets @timestamp. Unless it is FOUND, nothing
 * changes.
 */
enum timestamp_result line_time_take(const struct line_clock *clock,
                                     const struct parser_memory *memory, struct slice *rest,
                                     struct record *record);

/* As timestamp_parse_iso; in the minute of the last one there is little to read. */
bool line_time_iso(const struct line_clock *clock, struct slice text, struct timestamp *out);

/*
 * `text` is a time as a whole, with its date. A number is an epoch in `unit`
 * ns, or 0: by its size (from 1973 on). False: no time, or an impossible one.
 */
bool line_time_read(const struct line_clock *clock, const struct parser_memory *memory,
                    struct slice text, int64_t unit, struct timestamp *out);

#endif
