/*
 * printer.h - records for people and programs: a table, JSON lines, CSV, or
 * the raw lines. For search and tail.
 */
#ifndef INDEXER_PRINTER_H
#define INDEXER_PRINTER_H

#include <stdbool.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/record.h"

#define PRINTER_FIELDS_MAX 32

enum printer_format { PRINT_TABLE, PRINT_NDJSON, PRINT_CSV, PRINT_RAW };

struct printer_field {
    enum record_field field;
    struct slice key;  /* below an OBJECT field; else empty */
    struct slice name; /* as it is printed */
};

struct printer {
    FILE *out;
    enum printer_format format;
    struct printer_field fields[PRINTER_FIELDS_MAX];
    unsigned field_count, width; /* columns of the terminal; 0 = no terminal: nothing is cut */
    bool colour, started;
    struct arena arena;
    struct record record;
};

/* Calls `each` with the name of every format. */
void printer_formats(void (*each)(void *arg, const char *name, const char *about), void *arg);

/*
 * `format`: table, ndjson, csv, raw, or NULL: table on a terminal, else ndjson.
 * `fields`: names or aliases, comma-separated, or NULL; must outlive the printer. REJECT: a
 * wrong one; err names it.
 */
enum status printer_open(struct printer *printer, FILE *out, const char *format, const char *fields,
                         struct error *err);

/* Prints a document (JSON text); as it is for ndjson without a choice of fields. False: the output
 * is gone. */
bool printer_document(struct printer *printer, struct slice document);

/* Prints a record. False: the output is gone. */
bool printer_record(struct printer *printer, struct record *record);

/* Prints the names of the columns, if there are any and nothing was printed before. */
void printer_start(struct printer *printer);

void printer_close(struct printer *printer); /* zeroed is fine */

#endif
