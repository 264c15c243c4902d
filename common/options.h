/*
 * options.h - command line by table: parsing and the help text from one source.
 *
 *     static const struct option_row rows[] = {
 *         {"format", 'f', "NAME", OPTION_TEXT, &args.format, "format of the lines"},
 *         {"json", 0, NULL, OPTION_FLAG, &args.json, "print JSON instead of a table"},
 *         {0}};
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

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

/* One command of a program: `usage` follows the program's name, e.g. "parse [FILE...]". */
struct command {
    const char *name;
    const char *usage;
    const char *help;                  /* one line for the list of commands */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

/*
 * Parses argv[1..]: options may stand anywhere, "--" ends them, "--x=v" and
 * "--x v" are the same. *rest (NULL-terminated) gets the other arguments and
 * is argv itself, rearranged. REJECT: a wrong option; the text says which and, when one
 * is near, "did you mean '--format'?". DONE: --help was asked for.
 */
enum status options_parse(const struct option_row *rows, int argc, char **argv, char ***rest,
                          struct error *err);

/* Help of one command on stdout, from the table: usage, `text` (may be NULL), options. */
void options_help(const char *program, const struct command *command, const char *text,
                  const struct option_row *rows);

/* The command called `name`, or NULL. */
const struct command *command_find(const struct command *commands, const char *name);

/* Exit codes of both programs. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SOME_FAILED = 3 };

/*
 * main() of both programs: --help and --version, finds argv[1] in `commands`
 * (ends with a NULL name) and runs it; a wrong name gets a suggestion and exit 2.
 */
int command_main(const char *program, const char *about, const struct command *commands, int argc,
                 char **argv);

#endif
