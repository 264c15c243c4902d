/*
 * record_encode.c - a record as one line of JSON.
 *
 * The fields are walked in the order of the table, in which those of an object
 * stand together: going from one to the next closes and opens objects along
 * the tree. Extras are written when their object is about to close.
 */
#include "common/record.h"

#include <math.h>
#include <stdio.h>

#include "common/json_text.h"
#include "common/record_extras.h"

#define NUMBER_MAX 24
#define GEO_MAX    80
#define NODE_BYTES 64 /* `"key":{` and `},` of one object, keys of our own table */
#define KEY_BYTES  36 /* `,"key":` of one field */

struct encoder {
    const struct record_tree *tree;
    const struct record *record;
    char *p;
    uint8_t node; /* the object that is open */
    uint64_t invalid;
};

static size_t value_bound(const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        return JSON_STRING_MAX(value->text.len);
    case VALUE_JSON:
        return value->text.len;
    case VALUE_GEO:
        return GEO_MAX;
    default:
        return TIMESTAMP_TEXT_MAX + 2;
    }
}

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
    unsigned field;

    for (field = next_field(record, 0); field < FIELD_COUNT; field = next_field(record, field + 1))
        bound += KEY_BYTES + value_bound(&record->values[field]);
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
    if (encoder->record->extras)
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

static char *put_long(char *p, int64_t number)
{
    char digits[NUMBER_MAX];
    uint64_t value = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    int n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10));
    if (number < 0)
        *p++ = '-';
    while (n)
        *p++ = digits[--n];
    return p;
}

/* Eight digits: a metre or two. JSON has no word for what is no number. */
static void put_geo(struct encoder *encoder, const struct value *value)
{
    if (isfinite(value->geo.lat) && isfinite(value->geo.lon))
        encoder->p += snprintf(encoder->p, GEO_MAX, "{\"lat\":%.8g,\"lon\":%.8g}", value->geo.lat,
                               value->geo.lon);
    else
        put(encoder, "null", 4);
}

static void put_value(struct encoder *encoder, const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        encoder->p = json_write_string(encoder->p, value->text, &encoder->invalid);
        break;
    case VALUE_JSON:
        put(encoder, value->text.data, value->text.len);
        break;
    case VALUE_LONG:
        encoder->p = put_long(encoder->p, value->number);
        break;
    case VALUE_BOOL:
        put(encoder, value->number ? "true" : "false", value->number ? 4 : 5);
        break;
    case VALUE_TIME:
        *encoder->p++ = '"';
        encoder->p += timestamp_print(value->time, encoder->p);
        *encoder->p++ = '"';
        break;
    case VALUE_GEO:
        put_geo(encoder, value);
        break;
    }
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

size_t record_encode(const struct record *record, char *out, uint64_t *invalid)
{
    struct encoder encoder = {.tree = record_tree(), .record = record, .p = out};
    uint64_t pending = extra_nodes(record);
    unsigned field = next_field(record, 0), node;

    *encoder.p++ = '{';
    for (;;) {
        /* Objects are opened for their extras at their place in the order of fields. */
        node = pending ? (unsigned)__builtin_ctzll(pending) : NODE_NONE;
        if (node != NODE_NONE && encoder.tree->nodes[node].first_field <= field) {
            go_to(&encoder, (uint8_t)node);
            pending &= pending - 1;
            continue;
        }
        if (field == FIELD_COUNT)
            break;
        go_to(&encoder, encoder.tree->leaves[field].node);
        put_comma(&encoder);
        put(&encoder, encoder.tree->leaves[field].prefix.data,
            encoder.tree->leaves[field].prefix.len);
        put_value(&encoder, &record->values[field]);
        field = next_field(record, field + 1);
    }
    go_to(&encoder, NODE_ROOT);
    if (record->extras)
        put_extras(&encoder, NODE_ROOT);
    *encoder.p++ = '}';
    *invalid += encoder.invalid;
    return (size_t)(encoder.p - out);
}
