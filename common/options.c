/*
 * options.c - options by table.
 */
#include "common/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"

const struct option_row options_help_row = {
    .name = "help", .letter = 'h', .help = "print this help"};

const struct option_row *options_find(const struct option_row *rows, const char *name, size_t len)
{
    for (; rows && rows->name; rows++)
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
            return rows;
    return len == 4 && memcmp(name, "help", len) == 0 ? &options_help_row : NULL;
}

const struct option_row *options_find_letter(const struct option_row *rows, char letter)
{
    for (; rows && rows->name; rows++)
        if (rows->letter && rows->letter == letter)
            return rows;
    return letter == 'h' ? &options_help_row : NULL;
}

static enum status unknown(const struct option_row *rows, const char *name, size_t len,
                           struct error *err)
{
    struct nearest nearest = nearest_to((struct slice){name, len});

    for (; rows && rows->name; rows++)
        nearest_try(&nearest, slice_of(rows->name));
    if (nearest.name.data)
        return error_set(err, REJECT, "unknown option '--%.*s'; did you mean '--%s'?", (int)len,
                         name, nearest.name.data);
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
    if (row == &options_help_row)
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

bool option_takes_value(const struct option_row *row)
{
    return row != &options_help_row && row->kind != OPTION_FLAG;
}

/* The next argument as the value of `row`; another option there means that it was forgotten. */
static enum status set_from_next(const struct option_row *rows, const struct option_row *row,
                                 char ***next, struct error *err)
{
    const char *value = **next;

    if (!value ||
        (strncmp(value, "--", 2) == 0 && options_find(rows, value + 2, strcspn(value + 2, "="))))
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
    const struct option_row *row = options_find(rows, arg, len);

    if (!row)
        return unknown(rows, arg, len, err);
    if (!option_takes_value(row) && arg[len])
        return error_set(err, REJECT, "option '--%s' takes no value", row->name);
    if (option_takes_value(row) && !arg[len])
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
        row = options_find_letter(rows, *arg);
        if (!row)
            return error_set(err, REJECT, "unknown option '-%c'; see --help", *arg);
        if (option_takes_value(row))
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
