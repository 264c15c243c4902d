/*
 * parser.h - a line into a record's fields.
 *
 * The variants are the other files of this folder, listed in parser.c. A
 * parser is compiled once from a format's name and then used line by line. It
 * serves all streams of an input; what it must know of one of them is in that
 * stream's parser_memory. It may remember what helps with the next line (the
 * last time stamp), so it belongs to one thread.
 */
#ifndef SHIPPER_PARSER_H
#define SHIPPER_PARSER_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/timestamp.h"

struct record;

struct parser_format {
    const char *name; /* one that ends with ':' takes what follows as its argument */
    const char
        *dataset;     /* event.dataset unless the configuration says another; NULL: parse sets it */
    const char *help; /* one line for lists */
};

/* What a parser is compiled with; everything may be NULL. */
struct parser_options {
    const char *timezone;    /* of times without an offset: an IANA name, or an offset; NULL: UTC */
    const char *formats_dir; /* of custom formats */
    const char *plugins_dir; /* of shared objects */
};

/* What is known of the stream that a line comes from. Zeroed at its beginning. */
struct parser_memory {
    struct timestamp
        reference;        /* about when the line was written: dates without a year are near it */
    struct slice heading; /* the line that names the columns; the parser sets it to such a line */
    unsigned choice;      /* of `auto`: what the lines before were */
    struct slice path;    /* of the file; may be empty */
    bool no_record;       /* set by parse: the line is a heading or a comment */
};

struct parser { /* first member of every variant's own struct */
    const struct parser_type *type;
    const struct parser_format *format; /* the row it was opened as */
};

struct parser_type {
    const struct parser_format *formats; /* ends with a row without a name */

    /*
     * Creates a parser for `name`, one of `formats`; `argument` is what follows its ':', or "".
     * The caller closes *out. REJECT: err says what is wrong with the argument.
     */
    enum status (*compile)(const char *name, const char *argument,
                           const struct parser_options *options, struct parser **out,
                           struct error *err);

    /*
     * Sets the fields of `line`: views into it, or text in the record's arena.
     * NULL: it fits. Otherwise a constant text that says why not; the record
     * then holds some fields already and must be cleared.
     */
    const char *(*parse)(struct parser *parser, struct slice line, struct parser_memory *memory,
                         struct record *record);

    void (*close)(struct parser *parser); /* NULL is fine */

    /*
     * Of formats whose records may have several lines, otherwise NULL: the bytes of the first
     * record of `text`, its line's end included; 0: more of it must come. `whole`: one that never
     * ends is a record as it is, otherwise its lines are records of their own.
     */
    size_t (*record_end)(struct parser *parser, struct slice text);
    bool whole;
};

/* Compiles `format`. REJECT: no such format (the text lists them), or its argument is wrong. */
enum status parser_open(const char *format, const struct parser_options *options,
                        struct parser **out, struct error *err);
void parser_close(struct parser *parser); /* NULL is fine */

/* The row of `format`, or NULL. */
const struct parser_format *parser_format_find(const char *format);

/* May a record of `format` have several lines? */
bool parser_format_spans_lines(const char *format);

/* Calls `each` for every format, in the order of the list. */
void parser_formats(void (*each)(void *arg, const struct parser_format *format), void *arg);

/*
 * Parses whatever the line holds: one that does not fit becomes message, event.original,
 * error.message and the tag _parsefailure. True: it did fit, or memory->no_record is set.
 */
bool parser_apply(struct parser *parser, struct slice line, struct parser_memory *memory,
                  struct record *record);

extern const struct parser_type parser_apache, parser_nginx, parser_syslog;
extern const struct parser_type parser_json, parser_apache_error, parser_nginx_error, parser_regex,
    parser_auto, parser_haproxy, parser_text, parser_logfmt, parser_csv, parser_w3c, parser_cef,
    parser_xml;

#endif
