/*
 * parser.h - a line into a record's fields.
 *
 * The variants are the other files of this folder, listed in parser.c. A
 * parser is compiled once from a format's name and then used line by line; it
 * may remember what helps with the next line (the last time stamp), so it
 * belongs to one thread.
 */
#ifndef SHIPPER_PARSER_H
#define SHIPPER_PARSER_H

#include "common/buf.h"
#include "common/error.h"

struct record;

struct parser { /* first member of every variant's own struct */
    const struct parser_type *type;
};

struct parser_type {
    const char *const *formats; /* names that it takes, ends with NULL */

    /* Creates a parser; the caller closes *out. REJECT: err says what is wrong with the format. */
    enum status (*compile)(const char *format, struct parser **out, struct error *err);

    /*
     * Sets the fields of `line`; views into it, or text in the record's arena.
     * NULL: it fits. Otherwise a constant text that says why not; the record
     * then holds some fields already and must be cleared.
     */
    const char *(*parse)(struct parser *parser, struct slice line, struct record *record);

    void (*close)(struct parser *parser); /* NULL is fine */
};

/* Compiles `format`. REJECT: no such format; the text lists them. */
enum status parser_open(const char *format, struct parser **out, struct error *err);
void parser_close(struct parser *parser); /* NULL is fine */

/*
 * Parses whatever the line holds: one that does not fit becomes message, event.original,
 * error.message and the tag _parsefailure. True: it did fit.
 */
bool parser_apply(struct parser *parser, struct slice line, struct record *record);

extern const struct parser_type parser_apache, parser_nginx;

#endif
