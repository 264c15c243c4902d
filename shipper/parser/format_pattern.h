/*
 * format_pattern.h - times that a format writes by strftime(3), perhaps in several pieces.
 *
 * `%{%d/%b/%Y}t %{%T}t` is one time: the pieces of a line are joined with
 * blanks and read by the joined pattern, as if they had stood together.
 */
#ifndef SHIPPER_PARSER_FORMAT_PATTERN_H
#define SHIPPER_PARSER_FORMAT_PATTERN_H

#include "common/error.h"
#include "common/record.h"
#include "common/time/format.h"
#include "shipper/parser/line_time.h"

#define FORMAT_TIME_MAX 128 /* bytes of a time in a line */

struct format_pattern {
    struct time_formats *formats; /* of all pieces together; NULL: they are no full time */
    char joined[TIME_FORMAT_MAX];
    size_t joined_len;
    unsigned pieces;

    char text[FORMAT_TIME_MAX]; /* of the line under way, joined as the pattern is */
    size_t len;
    bool too_long;

    char last[FORMAT_TIME_MAX]; /* lines of one second come together */
    size_t last_len;
    struct timestamp last_time;
};

/* Adds a piece. REJECT: too long. */
enum status format_pattern_add(struct format_pattern *pattern, struct slice piece,
                               struct error *err);

/* After the last piece. REJECT: not a pattern; err says where. */
enum status format_pattern_finish(struct format_pattern *pattern, struct error *err);

/* Bytes that a piece always has; 0: not always as many. */
unsigned format_pattern_width(struct slice piece);

/* Adds a text of the line under way. */
void format_pattern_take(struct format_pattern *pattern, struct slice text);

/*
 * The time of the line under way, and forgets its texts. ABSENT: it has none, or the pieces are no
 * full time.
 */
enum timestamp_result format_pattern_read(struct format_pattern *pattern,
                                          const struct timestamp_hints *hints,
                                          struct timestamp *out);

/* NULL is fine. */
void format_pattern_close(struct format_pattern *pattern);

#endif
