/*
 * record_mapping.c - the index mapping, from the schema's table.
 */
#include "common/record.h"

#include "common/record_extras.h"

/*
 * Lucene takes terms of up to 32766 bytes; 8191 characters of four bytes stay
 * below. What is longer is kept in the document but cannot be searched.
 */
#define KEYWORD "{\"type\":\"keyword\",\"ignore_above\":8191}"

static const char *type_mapping(enum field_type type)
{
    switch (type) {
    case TYPE_KEYWORD:
    case TYPE_LIST:
        return KEYWORD;
    case TYPE_TEXT:
        return "{\"type\":\"text\",\"norms\":false}";
    case TYPE_RAW:
        return "{\"type\":\"keyword\",\"index\":false,\"doc_values\":false}";
    case TYPE_LONG:
        return "{\"type\":\"long\"}";
    case TYPE_BOOL:
        return "{\"type\":\"boolean\"}";
    case TYPE_IP:
        return "{\"type\":\"ip\"}";
    case TYPE_DATE:
        return "{\"type\":\"date\"}";
    case TYPE_GEO:
        return "{\"type\":\"geo_point\"}";
    case TYPE_OBJECT:
        return "{\"type\":\"flattened\",\"ignore_above\":8191}";
    }
    return KEYWORD;
}

/* The members of `node`: its own fields, then the objects below it. */
static void add_properties(struct buf *out, const struct record_tree *tree, uint8_t node)
{
    bool first = true;

    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if (tree->leaves[field].node != node)
            continue;
        if (!first)
            buf_add_char(out, ',');
        first = false;
        buf_addf(out, "\"%.*s\":", SLICE_FMT(tree->leaves[field].key));
        buf_add_text(out, type_mapping(record_fields[field].type));
    }
    for (unsigned child = node + 1u; child <= tree->nodes[node].last; child++) {
        bool is_object_field = false;

        if (tree->nodes[child].parent != node)
            continue;
        for (unsigned field = 0; field < FIELD_COUNT; field++)
            is_object_field |= tree->object_node[field] == child;
        if (is_object_field)
            continue; /* written above, as a field */
        buf_addf(out, "%s\"%.*s\":{\"properties\":{", first ? "" : ",",
                 SLICE_FMT(tree->nodes[child].key));
        first = false;
        add_properties(out, tree, (uint8_t)child);
        buf_add_text(out, "}}");
    }
}

/* The words of the line (words.h), no field of the record: the analyzer only cuts at blanks. */
#define WORDS "\"text\":{\"type\":\"text\",\"analyzer\":\"whitespace\",\"norms\":false}"

void record_mapping(struct buf *out)
{
    buf_add_text(out, "{\"dynamic\":false,\"properties\":{");
    add_properties(out, record_tree(), NODE_ROOT);
    buf_add_text(out, "," WORDS "}}");
}
