/*
 * record_extras.h - private to record*.c and who fills records from foreign names: the tree of
 * objects behind the dotted names, and values outside of the schema.
 */
#ifndef COMMON_RECORD_EXTRAS_H
#define COMMON_RECORD_EXTRAS_H

#include "common/json_text.h"
#include "common/record.h"

#define NODE_MAX   64     /* objects of the schema; a bit each in encode's mask */
#define EXTRAS_MAX 200000 /* members outside of the schema: a line of 1 MiB holds 175,000 */
#define NODE_ROOT  0
#define NODE_NONE  0xff

/* An object of the JSON form: the root, "http", "http.request", … in pre-order. */
struct record_node {
    struct slice key; /* last part of its name */
    const char *path; /* whole name, of path_len bytes; "" for the root */
    size_t path_len;
    uint8_t parent, depth;
    uint8_t last;         /* highest node number inside of it, itself included */
    uint16_t first_field; /* first row at or below it */
};

#define RECORD_DEPTH_MAX 8
#define RECORD_PATH_MAX  64 /* copied as a whole: a constant length costs least */

/* Where a field hangs. */
struct record_leaf {
    struct slice key; /* last part of its name */
    char path[2 *
              RECORD_PATH_MAX]; /* `"http":{"request":{"method":`, and room to copy from inside */
    uint8_t path_len;
    uint8_t below[RECORD_DEPTH_MAX]; /* where the part of `path` begins that is inside of an object
                                        at this depth */
    uint8_t node, depth;             /* of the object that it hangs in */
};

struct record_tree {
    struct record_node nodes[NODE_MAX];
    unsigned node_count;
    struct record_leaf leaves[FIELD_COUNT];
    uint8_t object_node[FIELD_COUNT];   /* of OBJECT fields, else NODE_NONE */
    uint8_t shared[NODE_MAX][NODE_MAX]; /* depth of the innermost object that both are in */
};

/* Built once, from the table; immutable. */
const struct record_tree *record_tree(void);

/* record_names.c; once, by record_tree. */
void record_names_build(const struct record_tree *tree);

struct record_extra {
    struct record_extra *next;      /* in order of arrival */
    struct record_extra *same_slot; /* in the table */
    struct slice key;               /* JSON text without the quotes */
    struct slice raw;               /* JSON text */
    uint8_t node;
};

/* Would Elasticsearch take this value for a field of this type? */
bool record_value_fits(enum field_type type, const struct json_value *value);

/* The schema's name for `key` inside of `node`, dotted keys included: a field or an object. */
bool record_find_name(const struct record_tree *tree, uint8_t node, struct slice key, int *field,
                      int *child);

struct record_name {
    uint8_t node;         /* the object that it is called so in */
    int16_t field, child; /* what it is: a field or an object; the other is -1 */
};

/* NULL: the schema has no such name inside of `node`. */
const struct record_name *record_name_find(uint8_t node, struct slice key);

/*
 * The name that came behind number *at the last time in this thread, when `"name":` is at *p: *p
 * becomes where that ends, *at its number. NULL: it is another one. A text begins with number 0.
 */
const struct record_name *record_name_foretold(unsigned *at, uint8_t node, const char **p,
                                               const char *end);

/* It was `name` this time. */
void record_name_learn(unsigned *at, const struct record_name *name);

/* The object that a dotted name of ours begins with, as in labels.team: the key becomes the rest.
 */
uint8_t record_inner_node(const struct record_tree *tree, uint8_t node, struct slice *key);

/* NULL: there is none of that key. */
struct record_extra *record_find_extra(const struct record *record, uint8_t node, struct slice key);

/* Takes it out of list and table; it must be in them. */
void record_remove_extra(struct record *record, struct record_extra *extra);

/* Adds or replaces; key and raw are kept, not copied. False without memory or room. */
bool record_add_extra(struct record *record, uint8_t node, struct slice key, struct slice raw);

#endif
