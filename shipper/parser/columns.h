/*
 * columns.h - the columns that a heading names, ready for line after line.
 */
#ifndef SHIPPER_PARSER_COLUMNS_H
#define SHIPPER_PARSER_COLUMNS_H

#include <stdbool.h>

#include "shipper/parser/members.h"

#define COLUMNS_MAX 4096

struct column {
    struct slice name; /* as in JSON, without quotes */
    const struct name_rule *rule;
};

struct columns {
    struct arena arena; /* the names */
    struct column *items;
    unsigned count;
    size_t room;
    unsigned named; /* up to the last one that has a name */
};

void columns_init(struct columns *columns);
void columns_release(struct columns *columns);
void columns_clear(struct columns *columns);

/*
 * Adds one; the name is copied. Its values go where names.h says, looked up with
 * `prefix` in front. One without a name is column_N. False: too many, or no memory.
 */
bool columns_add(struct columns *columns, const char *prefix, struct slice name);

/* Column `index`, from 0; behind the last one they are called column_N. */
void columns_put(const struct columns *columns, unsigned index, struct members *members,
                 struct slice text);

#endif
