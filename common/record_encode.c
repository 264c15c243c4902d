/*
 * record_encode.c - a record as one line of JSON.
 *
 * The fields are walked in the order of the table, in which those of an object
 * stand together: going from one to the next closes and opens objects along
 * the tree. Extras are written when their object is about to close.
 */
#include "common/record.h"

#include "common/record_extras.h"
#include "common/record_value.h"

#define NODE_BYTES                                                                                 \
    64               /* `"key":{` and `},` of one object, and what is copied too much of a path    \
                      */
#define KEY_BYTES 36 /* `,"key":` of one field */

struct encoder {
    const struct record_tree *tree;
    const struct record *record;
    char *p;
    uint8_t node; /* the object that is open */
};

/* The next present field at or after `field`, or FIELD_COUNT. */
static inline unsigned next_field(const struct record *record, unsigned field)
{
    unsigned word = field / 64;
    uint64_t bits;

    if (field >= FIELD_COUNT)
        return FIELD_COUNT;
    bits = record->present[word] & (~(uint64_t)0 << (field % 64));
    while (bits == 0) {
        if (++word == RECORD_WORDS)
            return FIELD_COUNT;
        bits = record->present[word];
    }
    return word * 64 + (unsigned)__builtin_ctzll(bits);
}

size_t record_encode_bound(const struct record *record)
{
    size_t bound = 2 + NODE_BYTES * (size_t)NODE_MAX;
    const struct record_extra *extra;

    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            unsigned field = word * 64 + (unsigned)__builtin_ctzll(bits);

            bound += KEY_BYTES + record_value_bound(&record->values[field]);
        }
    for (extra = record->extras; extra; extra = extra->next)
        bound += extra->key.len + extra->raw.len + 4;
    return bound;
}

static inline void put(struct encoder *encoder, const char *data, size_t len)
{
    memcpy(encoder->p, data, len);
    encoder->p += len;
}

static inline void put_comma(struct encoder *encoder)
{
    if (encoder->p[-1] != '{')
        *encoder->p++ = ',';
}

static void put_extras(struct encoder *encoder, uint8_t node)
{
    const struct record_extra *extra;

    for (extra = encoder->record->extras; extra; extra = extra->next) {
        if (extra->node != node)
            continue;
        put_comma(encoder);
        *encoder->p++ = '"';
        put(encoder, extra->key.data, extra->key.len);
        put(encoder, "\":", 2);
        put(encoder, extra->raw.data, extra->raw.len);
    }
}

static void close_node(struct encoder *encoder)
{
    put_extras(encoder, encoder->node);
    *encoder->p++ = '}';
    encoder->node = encoder->tree->nodes[encoder->node].parent;
}

static void open_node(struct encoder *encoder, uint8_t node)
{
    const struct record_node *target = &encoder->tree->nodes[node];

    put_comma(encoder);
    *encoder->p++ = '"';
    put(encoder, target->key.data, target->key.len);
    put(encoder, "\":{", 3);
    encoder->node = node;
}

/* Closes and opens objects until `node` is the open one. */
static void go_to(struct encoder *encoder, uint8_t node)
{
    const struct record_node *nodes = encoder->tree->nodes;
    uint8_t path[8], depth = 0;

    while (!(encoder->node <= node && node <= nodes[encoder->node].last))
        close_node(encoder);
    for (; node != encoder->node; node = nodes[node].parent)
        path[depth++] = node;
    while (depth)
        open_node(encoder, path[--depth]);
}

/* The fields before `limit`, where no object has extras yet. */
static void put_fields(struct encoder *encoder, unsigned limit, uint64_t *invalid)
{
    const struct record *record = encoder->record;
    char *p = encoder->p; /* locals: the compiler cannot know that text does not change them */
    uint8_t node = NODE_ROOT, depth = 0;
    bool first = true;

    for (unsigned word = 0; word * 64 < limit; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            unsigned field = word * 64 + (unsigned)__builtin_ctzll(bits);
            const struct record_leaf *leaf = &encoder->tree->leaves[field];

            if (field >= limit)
                break;
            p = record_put_path(p, encoder->tree, node, depth, leaf, first);
            p = record_put_value(p, &record->values[field], invalid);
            node = leaf->node;
            depth = leaf->depth;
            first = false;
        }
    encoder->p = p;
    encoder->node = node;
}

/* A bit for each object that holds extras. */
static uint64_t extra_nodes(const struct record *record)
{
    const struct record_extra *extra;
    uint64_t mask = 0;

    for (extra = record->extras; extra; extra = extra->next)
        mask |= (uint64_t)1 << extra->node;
    return mask & ~(uint64_t)1; /* the root is open anyway */
}

/* The fields from `field` on, and the extras of the objects in `pending`. */
static void put_extras_and_fields(struct encoder *encoder, unsigned field, uint64_t pending,
                                  uint64_t *invalid)
{
    field = next_field(encoder->record, field);
    for (;;) {
        const struct record_leaf *leaf;
        unsigned node = pending ? (unsigned)__builtin_ctzll(pending) : NODE_NONE;

        /* Objects are opened for their extras at their place in the order of fields. */
        if (node != NODE_NONE && encoder->tree->nodes[node].first_field <= field) {
            go_to(encoder, (uint8_t)node);
            pending &= pending - 1;
            continue;
        }
        if (field == FIELD_COUNT)
            break;
        leaf = &encoder->tree->leaves[field];
        go_to(encoder, leaf->node);
        put_comma(encoder);
        put(encoder, leaf->path + leaf->below[leaf->depth],
            (size_t)leaf->path_len - leaf->below[leaf->depth]);
        encoder->p = record_put_value(encoder->p, &encoder->record->values[field], invalid);
        field = next_field(encoder->record, field + 1);
    }
}

size_t record_encode(const struct record *record, char *out, uint64_t *invalid)
{
    struct encoder encoder = {.tree = record_tree(), .record = record, .p = out};
    uint64_t pending = record->extras ? extra_nodes(record) : 0;
    unsigned limit =
        pending ? encoder.tree->nodes[__builtin_ctzll(pending)].first_field : FIELD_COUNT;

    *encoder.p++ = '{';
    put_fields(&encoder, limit, invalid);
    if (pending)
        put_extras_and_fields(&encoder, limit, pending, invalid);
    if (record->extras) {
        go_to(&encoder, NODE_ROOT);
        put_extras(&encoder, NODE_ROOT);
    }
    memset(encoder.p, '}', RECORD_DEPTH_MAX);
    encoder.p += encoder.tree->nodes[encoder.node].depth + 1;
    return (size_t)(encoder.p - out);
}
