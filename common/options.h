/*
 * options.h - options of a command by table: parsing, help, manual page and
 * completion come from one source.
 *
 *     static const struct option_row rows[] = {
 *         {"format", 'f', "NAME", OPTION_TEXT, &args.format, "format of the lines"},
 *         {"json", 0, NULL, OPTION_FLAG, &args.json, "print JSON instead of a table"},
 *         {0}};
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/command.h"
#include "common/error.h"

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *: points into argv */
    OPTION_NUMBER, /* int64_t, not negative */
    OPTION_LIST,   /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 64

struct option_list {
    const char *items[OPTION_LIST_MAX + 1]; /* NULL-terminated; point into argv */
    unsigned count;
};

struct option_row {
    const char *name;  /* without "--"; NULL ends the table */
    char letter;       /* 0 = none */
    const char *value; /* name of the value in the help; NULL for a flag */
    enum option_kind kind;
    void *target;
    const char *help; /* one sentence, lower case, no full stop */
};

/*
 * Parses argv[1..]: options may stand anywhere, "--" ends them, "--x=v" and
 * "--x v" are the same. *rest (NULL-terminated) gets the other arguments and
 * is argv itself, rearranged. REJECT: a wrong option; the text says which and, when one
 * is near, "did you mean '--format'?". DONE: --help was asked for.
 */
enum status options_parse(const struct option_row *rows, int argc, char **argv, char ***rest,
                          struct error *err);

/* The row of "--name" or of "-letter", options_help_row included, or NULL. `rows` may be NULL. */
const struct option_row *options_find(const struct option_row *rows, const char *name, size_t len);
const struct option_row *options_find_letter(const struct option_row *rows, char letter);

bool option_takes_value(const struct option_row *row);

extern const struct option_row options_help_row; /* what every command has: -h, --help */

#endif
