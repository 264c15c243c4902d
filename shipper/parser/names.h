/*
 * names.h - what loggers call the things that ECS has a name for.
 *
 * One table serves all formats whose lines name their values (JSON, logfmt,
 * CSV, XML, …). Names are compared without regard to case, underscores, hyphens
 * and blanks: remote_addr, remoteAddr and "Remote Addr" are the same. Members of
 * an object have its name in front: request.headers.User-Agent.
 */
#ifndef SHIPPER_PARSER_NAMES_H
#define SHIPPER_PARSER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/record.h"

#define NAME_MAX_FOLDED 64 /* bytes of the longest name that means something to us */

struct members;
struct member;
struct name_rule;

/* Takes the value. False: it is not of the kind that the name promises, or its place is taken. */
typedef bool name_taker(struct members *members, const struct name_rule *rule,
                        const struct member *member);

struct name_rule {
    const char *name;
    name_taker *take;
    enum record_field field; /* that it is for; FIELD_COUNT: none of the schema */
    int64_t unit;            /* of times and durations: ns; 0: not known */
    uint8_t rank;            /* of two names for one field the lower one is believed */
    bool late;               /* taken when all others are: it depends on them */
    uint8_t node;            /* of names of ECS that the schema has not: the object */
    const char *key;         /* and the name inside of it */
};

#define NAME_RANK_ECS 0 /* the field's own name */

/* NULL: the name means nothing to us. */
const struct name_rule *names_find(struct slice name);

/*
 * Names that were looked up before, as they came: the same few are in each line. Zeroed is a new
 * one; it is of one thread, and of one finder.
 */
#define NAMES_MEMO_SLOTS 128
#define NAMES_MEMO_LEN   47

struct names_memo {
    struct names_memo_slot {
        const struct name_rule *rule;
        uint8_t len; /* 0: free */
        char name[NAMES_MEMO_LEN];
    } slots[NAMES_MEMO_SLOTS];
};

typedef const struct name_rule *names_finder(struct slice name);

/* What `finder` finds. */
const struct name_rule *names_recall(struct names_memo *memo, names_finder *finder,
                                     struct slice name);

#endif
