/*
 * options.c - command line by table.
 */
#include "common/options.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/version.h"

#define HELP_WIDTH 80
#define LEFT_MAX   30 /* a longer left column gets a line of its own */
#define NAME_LEN   40 /* no option or command is longer; compared for suggestions only */

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, by rows. */
static size_t distance(const char *a, size_t a_len, const char *b)
{
    size_t row[NAME_LEN + 1], b_len = strlen(b), diagonal, above;

    if (a_len > NAME_LEN || b_len > NAME_LEN)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

struct nearest {
    const char *name;
    size_t distance;
};

/* A name counts as near when a third of what was typed is wrong at most. */
static void nearest_try(struct nearest *nearest, const char *typed, size_t len, const char *name)
{
    size_t d = distance(typed, len, name);

    if (d <= (len + 2) / 3 && (!nearest->name || d < nearest->distance))
        *nearest = (struct nearest){name, d};
}

static const struct option_row help_row = {
    .name = "help", .letter = 'h', .help = "print this help"};

static const struct option_row *find_name(const struct option_row *rows, const char *name,
                                          size_t len)
{
    for (; rows && rows->name; rows++)
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
            return rows;
    return len == 4 && memcmp(name, "help", len) == 0 ? &help_row : NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
    for (; rows && rows->name; rows++)
        if (rows->letter && rows->letter == letter)
            return rows;
    return letter == 'h' ? &help_row : NULL;
}

static enum status unknown(const struct option_row *rows, const char *name, size_t len,
                           struct error *err)
{
    struct nearest nearest = {NULL, 0};

    for (; rows && rows->name; rows++)
        nearest_try(&nearest, name, len, rows->name);
    if (nearest.name)
        return error_set(err, REJECT, "unknown option '--%.*s'; did you mean '--%s'?", (int)len,
                         name, nearest.name);
    return error_set(err, REJECT, "unknown option '--%.*s'; see --help", (int)len, name);
}

static enum status set_number(const struct option_row *row, const char *value, struct error *err)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (end == value || *end || errno || number < 0)
        return error_set(err, REJECT, "option '--%s' takes a number, 0 or more, not '%s'",
                         row->name, value);
    *(int64_t *)row->target = number;
    return OK;
}

/* `value` is empty for a flag. */
static enum status add_item(const struct option_row *row, const char *value, struct error *err)
{
    struct option_list *list = row->target;

    if (list->count == OPTION_LIST_MAX)
        return error_set(err, REJECT, "--%s is given more than %d times", row->name,
                         OPTION_LIST_MAX);
    list->items[list->count++] = value;
    return OK;
}

static enum status set(const struct option_row *row, const char *value, struct error *err)
{
    if (row == &help_row)
        return DONE;
    if (row->kind == OPTION_NUMBER)
        return set_number(row, value, err);
    if (row->kind == OPTION_LIST)
        return add_item(row, value, err);
    if (row->kind == OPTION_FLAG)
        *(bool *)row->target = true;
    else
        *(const char **)row->target = value;
    return OK;
}

static bool takes_value(const struct option_row *row)
{
    return row != &help_row && row->kind != OPTION_FLAG;
}

/* The next argument as the value of `row`; another option there means that it was forgotten. */
static enum status set_from_next(const struct option_row *rows, const struct option_row *row,
                                 char ***next, struct error *err)
{
    const char *value = **next;

    if (!value ||
        (strncmp(value, "--", 2) == 0 && find_name(rows, value + 2, strcspn(value + 2, "="))))
        return error_set(err, REJECT, "option '--%s' needs a value: %s", row->name,
                         row->value ? row->value : "VALUE");
    (*next)++;
    return set(row, value, err);
}

/* `arg` begins behind the "--". */
static enum status parse_long(const struct option_row *rows, const char *arg, char ***next,
                              struct error *err)
{
    size_t len = strcspn(arg, "=");
    const struct option_row *row = find_name(rows, arg, len);

    if (!row)
        return unknown(rows, arg, len, err);
    if (!takes_value(row) && arg[len])
        return error_set(err, REJECT, "option '--%s' takes no value", row->name);
    if (takes_value(row) && !arg[len])
        return set_from_next(rows, row, next, err);
    return set(row, arg[len] ? arg + len + 1 : "", err);
}

/* `arg` begins behind the "-": letters of flags, of which the last may take a value. */
static enum status parse_short(const struct option_row *rows, const char *arg, char ***next,
                               struct error *err)
{
    const struct option_row *row;
    enum status status;

    for (; *arg; arg++) {
        row = find_letter(rows, *arg);
        if (!row)
            return error_set(err, REJECT, "unknown option '-%c'; see --help", *arg);
        if (takes_value(row))
            return arg[1] ? set(row, arg + 1, err) : set_from_next(rows, row, next, err);
        status = set(row, "", err);
        if (status)
            return status;
    }
    return OK;
}

enum status options_parse(const struct option_row *rows, int argc, char **argv, char ***rest,
                          struct error *err)
{
    char **next = argv + (argc > 0), **keep = next, **first = next, *arg;
    enum status status = OK;

    while (status == OK && (arg = *next) && strcmp(arg, "--") != 0) {
        next++;
        if (strncmp(arg, "--", 2) == 0)
            status = parse_long(rows, arg + 2, &next, err);
        else if (arg[0] == '-' && arg[1])
            status = parse_short(rows, arg + 1, &next, err);
        else
            *keep++ = arg;
    }
    if (status)
        return status;
    if (*next)
        next++;
    while (*next)
        *keep++ = *next++;
    *keep = NULL;
    *rest = first;
    return OK;
}

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
    size_t left = wider(0, left_text(&help_row, part, sizeof(part)));

    for (row = rows; row && row->name; row++)
        left = wider(left, left_text(row, part, sizeof(part)));
    printf("Usage: %s %s\n\n", program, command->usage);
    print_wrapped(command->help, 0, 0);
    if (text)
        printf("\n%s\n", text);
    printf("\nOptions:\n");
    for (row = rows; row && row->name; row++)
        print_row(part, left_text(row, part, sizeof(part)), left, row->help);
    print_row(part, left_text(&help_row, part, sizeof(part)), left, help_row.help);
}

const struct command *command_find(const struct command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (strcmp(commands->name, name) == 0)
            return commands;
    return NULL;
}

static void print_commands(const char *program, const char *about, const struct command *commands)
{
    const struct command *command;
    char part[NAME_LEN + 4];
    size_t left = 0, len;

    for (command = commands; command->name; command++)
        left = wider(left, strlen(command->name) + 2);
    printf("%s - %s\n\nUsage: %s COMMAND [OPTION...]\n\nCommands:\n", program, about, program);
    for (command = commands; command->name; command++) {
        len = (size_t)snprintf(part, sizeof(part), "  %s", command->name);
        print_row(part, len, left, command->help);
    }
    printf("\n'%s COMMAND --help' tells more; '%s --version' prints the version.\n", program,
           program);
}

static int wrong_command(const char *program, const struct command *commands, const char *name)
{
    struct nearest nearest = {NULL, 0};

    for (; commands->name; commands++)
        nearest_try(&nearest, name, strlen(name), commands->name);
    if (nearest.name)
        fprintf(stderr, "%s: unknown command '%s'; did you mean '%s'?\n", program, name,
                nearest.name);
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

/* Did the reader of our output leave, as `head` does when it has enough? */
static bool reader_left(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) == 1 && output.revents & (POLLERR | POLLHUP);
}

/* What was printed is a result only when it has arrived; or nobody wants more of it. */
static int check_stdout(const char *program, int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_left())
        return code;
    fprintf(stderr, "%s: cannot write to standard output: %s\n", program, strerror(errno));
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

static int run_command(const char *program, const char *about, const struct command *commands,
                       int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        fprintf(stderr, "%s: which command? See '%s --help'\n", program, program);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_commands(program, about, commands);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", program, alpex_version);
        return EXIT_DONE;
    }
    command = command_to_front(commands, argv);
    if (command)
        return command->run(argc - 1, argv + 1);
    if (argv[1][0] != '-')
        return wrong_command(program, commands, argv[1]);
    fprintf(stderr, "%s: which command? '%s' alone names none; see '%s --help'\n", program, argv[1],
            program);
    return EXIT_USAGE;
}

int command_main(const char *program, const char *about, const struct command *commands, int argc,
                 char **argv)
{
    return check_stdout(program, run_command(program, about, commands, argc, argv));
}
