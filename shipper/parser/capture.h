/*
 * capture.h - a named piece of a line into the record: what grok, regular expressions and custom
 * formats have in common.
 *
 * The name says where it goes: a field of the schema, by its own name or
 * one that loggers use for it (clientip, verb, loglevel); any other name becomes a
 * label, a dotted one keeps its place. The type says how it is read. All that is
 * found out when the capture is made; `-` and nothing are absent.
 */
#ifndef SHIPPER_PARSER_CAPTURE_H
#define SHIPPER_PARSER_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/record.h"
#include "common/time/hints.h"
#include "shipper/parser/level.h"
#include "shipper/parser/nest.h"

enum capture_type {
    CAPTURE_AS_FIELD, /* what the field wants; text for a label */
    CAPTURE_AS_TEXT,
    CAPTURE_AS_LONG, /* fractions are cut off */
    CAPTURE_AS_DOUBLE,
    CAPTURE_AS_BOOL,
    CAPTURE_AS_IP,
    CAPTURE_AS_DATE,
    CAPTURE_AS_DURATION,
};

/* The words for types in patterns and format files. False: not one of them. */
bool capture_type_find(struct slice word, enum capture_type *type);

#define CAPTURE_TYPES "keyword, long, double, bool, ip, date, duration"

struct time_formats;

struct capture_rule {
    enum capture_type type;
    int64_t unit_ns;                   /* of a duration without a unit; 0: not known */
    struct slice to;                   /* the name to use instead; empty: none */
    const struct time_formats *format; /* of a date; NULL: the line's usual ones */
};

enum capture_action {
    CAPTURE_PUT,
    CAPTURE_MESSAGE,
    CAPTURE_ADDRESS,
    CAPTURE_TARGET, /* of a request, or the whole request line */
    CAPTURE_QUERY,
    CAPTURE_STATUS,
    CAPTURE_LEVEL,
    CAPTURE_SEVERITY, /* a word is log.level, a number event.severity */
    CAPTURE_TIME,
    CAPTURE_DAY,   /* the date of a time whose time of day is another capture */
    CAPTURE_CLOCK, /* and that */
    CAPTURE_DURATION,
};

/* A name that means a field of the schema (capture_name.c). */
struct capture_name {
    const char *name, *field;
    int64_t unit_ns;            /* of durations; 0: not known */
    enum capture_action action; /* CAPTURE_PUT: what goes with the field */
};

const struct capture_name *capture_name_find(struct slice name); /* NULL: it means none */

struct capture {
    enum capture_action action;
    struct capture_rule rule;
    bool strict;    /* a time that is none makes the line one that does not fit */
    bool in_quotes; /* quotes around it are not part of a field's value */
    bool is_label;  /* not of the schema */
    struct record_target target;
    struct record_target aside; /* a label of its own name, when it is no value for target */
    struct nest *nest;          /* that name belongs to */
    struct nest_name *name;     /* a place within an object of names like it; NULL: none */
    struct slice raw;           /* JSON of the label that line number `serial` has set */
    uint64_t serial;
};

/*
 * `name` is dotted. The type of `rule` wins over what the name promises. False: no name.
 */
bool capture_init(struct capture *capture, struct slice name, const struct capture_rule *rule);

struct capture_half {        /* of a time stamp */
    struct capture *capture; /* NULL: not there */
    struct slice text;
};

/* What the captures of one line share. */
struct capture_line {
    struct record *record;
    uint64_t serial; /* another one for each line, from 1 on */
    struct capture_half day, clock;
    bool no_memory;
    /* Reads a whole text as a time; `format` as in capture_rule. */
    enum timestamp_result (*read_time)(void *arg, const struct time_formats *format,
                                       struct slice text, struct timestamp *out);
    /* What a word for a level means here, before what it usually means. May be NULL. */
    enum level (*find_level)(void *arg, struct slice word);
    void *arg;
};

/* NULL, or why the line does not fit. */
const char *capture_set(struct capture *capture, struct slice text, struct capture_line *line);

/* After the last one: what needs to see all of them. `whole` is the line. */
const char *capture_finish(struct capture_line *line, struct slice whole);

#endif
