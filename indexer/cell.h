/*
 * cell.h - text of records on a terminal: what a log line must not tell it,
 * and how many columns it takes.
 */
#ifndef INDEXER_CELL_H
#define INDEXER_CELL_H

#include <stdbool.h>
#include <stdio.h>

#include "common/buf.h"

/*
 * Prints `text` on one line. Control characters, C1 and those that turn the
 * direction of text included, and bytes that are no UTF-8 become dots. With
 * `cut`, what is wider than `width` columns ends in "…"; with `pad`, blanks
 * fill it up. East Asian characters take two columns, combining marks none.
 */
void cell_print(FILE *out, struct slice text, unsigned width, bool cut, bool pad);

/* Prints JSON text, which escapes most control characters, with the others (DEL, C1) escaped too.
 */
void cell_print_json(FILE *out, struct slice json);

#endif
