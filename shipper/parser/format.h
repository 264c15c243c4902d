/*
 * format.h - an access log's format, compiled once into steps, walked per line.
 *
 * A step takes the text up to the literal that follows it and hands it to a
 * setter. apache.c and nginx.c translate their directives into steps; the
 * setters here are what both share. Values between double quotes may hold
 * escaped quotes; `-` and nothing mean absent.
 */
#ifndef SHIPPER_PARSER_FORMAT_H
#define SHIPPER_PARSER_FORMAT_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/record.h"

#define FORMAT_STEPS_MAX   64
#define FORMAT_LITERAL_MAX 32
#define FORMAT_TIME_MAX    40

struct format;
struct format_step;

/* Puts `text` into the record. NULL, or a constant text that says why it does not fit. */
typedef const char *format_setter(struct format *format, const struct format_step *step,
                                  struct slice text, struct record *record);

struct format_step {
    format_setter *set;
    enum record_field field; /* for setters that serve several */
    const char *label;       /* for format_set_label */
    bool quoted;             /* between double quotes: a backslash protects the next byte */
    unsigned char end_len;   /* of `end`; 0 = up to the end of the line */
    char end[FORMAT_LITERAL_MAX];
};

struct format {
    struct format_step steps[FORMAT_STEPS_MAX];
    unsigned count;
    unsigned char start_len;
    char start[FORMAT_LITERAL_MAX]; /* literal before the first step */

    /* The last time stamp: lines of one second come together. */
    char time_text[FORMAT_TIME_MAX];
    size_t time_len;
    struct timestamp time;
};

/* Builders. False: too many steps, or literals too long. */
bool format_literal(struct format *format, const char *text, size_t len);
bool format_step(struct format *format, format_setter *set, enum record_field field,
                 const char *label);

/* As parser_type.parse. What follows a complete line becomes `labels.extra`. */
const char *format_parse(struct format *format, struct slice line, struct record *record);

format_setter format_set_address; /* source.address, and source.ip when it is one */
format_setter format_set_text;    /* step->field */
format_setter format_set_label;   /* labels.<step->label> */
format_setter format_set_time_clf;
format_setter format_set_request; /* http.request.method, url.*, http.version, message */
format_setter format_set_status;
format_setter format_set_number; /* step->field: digits */

#endif
