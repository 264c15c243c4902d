/*
 * nest.h - values of dotted names that the schema does not know, as objects.
 *
 * {"haproxy":{"server":"s1","retries":0}} of haproxy.server and haproxy.retries. The names are
 * given once, the values line by line.
 */
#ifndef SHIPPER_PARSER_NEST_H
#define SHIPPER_PARSER_NEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/record.h"

#define NEST_NAMES_MAX 256

struct nest_name {
    struct slice key; /* dotted, behind what the schema knows of it */
    struct slice raw; /* its value's JSON; data NULL: not there */
    unsigned char node;
    bool is_blocked; /* another name would be in it: "a.b" beside "a.b.c" */
};

struct nest {
    struct nest_name names[NEST_NAMES_MAX]; /* in order, when sealed */
    size_t count;
    bool is_used; /* a value has been set since the last write */
};

/*
 * Adds a name of none of the schema; the key must live as long as the nest. False: it has no dot
 * behind what the schema knows, or there are too many.
 */
bool nest_add(struct nest *nest, const struct record_target *target);

void nest_seal(struct nest *nest); /* after the last name */

/* Where the value of a name goes; NULL: it has no place. */
struct nest_name *nest_find(struct nest *nest, const struct record_target *target);

void nest_clear(struct nest *nest); /* forgets the values */

/* Puts what is there into the record and forgets it. False: no memory. */
bool nest_write(struct nest *nest, struct record *record);

#endif
