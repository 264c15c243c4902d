/*
 * command.h - a program as a table of commands.
 */
#ifndef COMMON_COMMAND_H
#define COMMON_COMMAND_H

#include <stdbool.h>

#include "common/error.h"

struct config;
struct config_schema;
struct option_row;
struct program;

/* Exit codes of both programs. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SOME_FAILED = 3 };

/* One command of a program: `usage` follows the program's name, e.g. "parse [FILE...]". */
struct command {
    const char *name;
    const char *usage;
    const char *help; /* one line for the list of commands */
    /* argv[0] is the command's name; returns the exit code. */
    int (*run)(const struct program *program, int argc, char **argv);
};

/* The program's own loader (shipper_config_load, …), its struct as void. */
typedef enum status config_loader(const char *path, const char *const *settings,
                                  struct config **holder, void **out, struct error *err);

typedef void value_taker(void *arg, const char *value, const char *about);

/* What an option's value may be, for completion. */
struct value_source {
    const char *name; /* the value's name in the help; the option's where that is only "NAME" */
    void (*each)(value_taker *take, void *arg);
};

struct program {
    const char *name;                   /* "shipper" */
    const char *about;                  /* one sentence */
    const struct command *commands;     /* ends with a NULL name */
    const struct value_source *values;  /* likewise */
    const char *manual;                 /* its page, in Markdown (manual.h) */
    const struct config_schema *schema; /* of its configuration */
    config_loader *load;
};

/* Has the reader of our standard output left, as `head` does when it has enough? */
bool command_reader_left(void);

/*
 * main() of both programs: --help and --version, finds argv[1] among the
 * commands and runs it; a wrong name gets a suggestion and exit 2.
 */
int command_main(const struct program *program, int argc, char **argv);

/* The command called `name`, or NULL. */
const struct command *command_find(const struct command *commands, const char *name);

/*
 * What a command begins with. True: go on with `rest`. Else its help (with `text`, may be NULL)
 * or what is wrong has been printed, and *code is the exit code.
 */
bool command_begin(const struct program *program, const struct option_row *rows, const char *text,
                   int argc, char **argv, char ***rest, int *code);

/* Help of one command on stdout, from the table: usage, `text` (may be NULL), options. */
void options_help(const char *program, const struct command *command, const char *text,
                  const struct option_row *rows);

typedef void command_taker(void *arg, const struct command *command, const char *text,
                           const struct option_row *rows);

/*
 * Hands the text and options of a command to `take`, once. A command's table is among the
 * locals of its function, so the command is run with --help, and gives here what it
 * would print. One thread only.
 */
void command_describe(const struct program *program, const struct command *command,
                      command_taker *take, void *arg);

#endif
