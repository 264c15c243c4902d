/*
 * command.c - a program as a table of commands.
 */
#include "common/command.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/nearest.h"
#include "common/options.h"
#include "common/version.h"

#define HELP_WIDTH 80
#define LEFT_MAX   30 /* a longer left column gets a line of its own */
#define NAME_LEN   40 /* no option or command is longer */

/* Who takes what a command would print as its help; without a taker it is printed. */
static struct {
    command_taker *take;
    void *arg;
} describer;

/* Prints `text` from column `left` on, wrapped between words; the cursor is at `column`. */
static void print_wrapped(const char *text, size_t column, size_t left)
{
    size_t len, space;

    for (; *text; text += len) {
        space = strspn(text, " ");
        len = space + strcspn(text + space, " ");
        if (column + len > HELP_WIDTH && column > left) {
            printf("\n");
            column = 0;
        }
        if (column < left) {
            printf("%*s", (int)(left - column), "");
            column = left;
            text += space;
            len -= space;
        }
        printf("%.*s", (int)len, text);
        column += len;
    }
    printf("\n");
}

/* "  -f, --format NAME" */
static size_t left_text(const struct option_row *row, char *text, size_t size)
{
    char letter[8] = "    ";

    if (row->letter)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    return (size_t)snprintf(text, size, "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
                            row->value ? row->value : "");
}

static void print_row(const char *left_part, size_t len, size_t left, const char *help)
{
    printf("%s", left_part);
    if (len + 2 > left) {
        printf("\n");
        len = 0;
    }
    print_wrapped(help, len, left);
}

static size_t wider(size_t left, size_t len)
{
    return len + 2 > left && len + 2 <= LEFT_MAX ? len + 2 : left;
}

void options_help(const char *program, const struct command *command, const char *text,
                  const struct option_row *rows)
{
    const struct option_row *row;
    char part[NAME_LEN * 2];
    size_t left = wider(0, left_text(&options_help_row, part, sizeof(part)));

    if (describer.take) {
        describer.take(describer.arg, command, text, rows);
        return;
    }
    for (row = rows; row && row->name; row++)
        left = wider(left, left_text(row, part, sizeof(part)));
    printf("Usage: %s %s\n\n", program, command->usage);
    print_wrapped(command->help, 0, 0);
    if (text)
        printf("\n%s\n", text);
    printf("\nOptions:\n");
    for (row = rows; row && row->name; row++)
        print_row(part, left_text(row, part, sizeof(part)), left, row->help);
    print_row(part, left_text(&options_help_row, part, sizeof(part)), left, options_help_row.help);
}

void command_describe(const struct program *program, const struct command *command,
                      command_taker *take, void *arg)
{
    char name[NAME_LEN], option[] = "--help", *argv[] = {name, option, NULL};

    snprintf(name, sizeof(name), "%s", command->name);
    describer.take = take;
    describer.arg = arg;
    command->run(program, 2, argv);
    describer.take = NULL;
}

bool command_begin(const struct program *program, const struct option_row *rows, const char *text,
                   int argc, char **argv, char ***rest, int *code)
{
    struct error err;
    enum status status = options_parse(rows, argc, argv, rest, &err);

    if (status == OK)
        return true;
    *code = EXIT_DONE;
    if (status == DONE) {
        options_help(program->name, command_find(program->commands, argv[0]), text, rows);
    } else {
        fprintf(stderr, "%s %s: %s; see '%s %s --help'\n", program->name, argv[0], err.text,
                program->name, argv[0]);
        *code = EXIT_USAGE;
    }
    return false;
}

const struct command *command_find(const struct command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (strcmp(commands->name, name) == 0)
            return commands;
    return NULL;
}

static void print_commands(const struct program *program)
{
    const struct command *command;
    char part[NAME_LEN + 4];
    size_t left = 0, len;

    for (command = program->commands; command->name; command++)
        left = wider(left, strlen(command->name) + 2);
    printf("%s - %s\n\nUsage: %s COMMAND [OPTION...]\n\nCommands:\n", program->name, program->about,
           program->name);
    for (command = program->commands; command->name; command++) {
        len = (size_t)snprintf(part, sizeof(part), "  %s", command->name);
        print_row(part, len, left, command->help);
    }
    printf("\n'%s COMMAND --help' tells more; '%s --version' prints the version.\n", program->name,
           program->name);
}

static int wrong_command(const char *program, const struct command *commands, const char *name)
{
    struct nearest nearest = nearest_to(slice_of(name));

    for (; commands->name; commands++)
        nearest_try(&nearest, slice_of(commands->name));
    if (nearest.name.data)
        fprintf(stderr, "%s: unknown command '%s'; did you mean '%s'?\n", program, name,
                nearest.name.data);
    else
        fprintf(stderr, "%s: unknown command '%s'; see '%s --help'\n", program, name, program);
    return EXIT_USAGE;
}

/* Options before the command go behind its name: `shipper --config x run` is `shipper run --config
 * x`. */
static const struct command *command_to_front(const struct command *commands, char **argv)
{
    const struct command *command = NULL;
    size_t at = 1;
    char *name;

    while (argv[at] && !(command = command_find(commands, argv[at])))
        at++;
    if (!command || (at > 1 && argv[1][0] != '-'))
        return NULL;
    name = argv[at];
    memmove(argv + 2, argv + 1, (at - 1) * sizeof(*argv));
    argv[1] = name;
    return command;
}

bool command_reader_left(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) == 1 && output.revents & (POLLERR | POLLHUP);
}

/* What was printed is a result only when it has arrived; or nobody wants more of it. */
static int check_stdout(const char *program, int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || command_reader_left())
        return code;
    fprintf(stderr, "%s: cannot write to standard output: %s\n", program, strerror(errno));
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

static int run_command(const struct program *program, int argc, char **argv)
{
    const struct command *command;
    const char *name = program->name;

    if (argc < 2) {
        fprintf(stderr, "%s: which command? See '%s --help'\n", name, name);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_commands(program);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", name, alpex_version);
        return EXIT_DONE;
    }
    command = command_to_front(program->commands, argv);
    if (command)
        return command->run(program, argc - 1, argv + 1);
    if (argv[1][0] != '-')
        return wrong_command(name, program->commands, argv[1]);
    fprintf(stderr, "%s: which command? '%s' alone names none; see '%s --help'\n", name, argv[1],
            name);
    return EXIT_USAGE;
}

int command_main(const struct program *program, int argc, char **argv)
{
    return check_stdout(program->name, run_command(program, argc, argv));
}
