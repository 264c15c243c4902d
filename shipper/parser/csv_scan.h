/*
 * csv_scan.h - values separated by a delimiter, maybe quoted: RFC 4180.
 *
 * A value that begins with a quote goes to the quote that closes it; two
 * quotes inside of it are one. Quotes elsewhere are ordinary bytes.
 */
#ifndef SHIPPER_PARSER_CSV_SCAN_H
#define SHIPPER_PARSER_CSV_SCAN_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"

struct csv_style {
    char delimiter;
    char quote; /* '\0': none */
};

/* The delimiter that stands most often outside of quotes, of: , ; tab | ; a comma without any. */
char csv_find_delimiter(struct slice line, char quote);

enum csv_result {
    CSV_VALUE,
    CSV_LAST,     /* a value, and no more behind it */
    CSV_UNCLOSED, /* a quote that nothing closes: a line break may belong to the value */
    CSV_GARBAGE,  /* something stands behind a closing quote */
};

/*
 * Takes the next value off `rest`. `value` is a view, or, when quotes were
 * doubled inside of it, in the arena; {NULL, 0} without memory.
 */
enum csv_result csv_next(struct csv_style style, struct arena *arena, struct slice *rest,
                         struct slice *value);

/*
 * The bytes of the first record of `text`, its line's end included: a quoted value may hold line
 * ends. 0: it does not end here. A quote that is closed in the middle of a value closes nothing:
 * then the record is the first line.
 */
size_t csv_record_end(struct csv_style style, struct slice text);

#endif
