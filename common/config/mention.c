/*
 * mention.c - whether a document names every key of a schema.
 */
#include "common/config/mention.h"

#include <string.h>

#define ELEMENT "[]" /* in a path: any element of a list */

struct mention {
    const struct config_node *root;
    struct slice text;
    const char *keys[CONFIG_DEPTH_MAX]; /* the path */
    size_t elements;                    /* ELEMENTs in it */
    struct buf *names;
};

/* Whether `node` has the key at the end of `keys`. */
static bool is_in_tree(const struct config_node *node, const char *const *keys, size_t count)
{
    if (count == 0)
        return true;
    if (strcmp(keys[0], ELEMENT) != 0) {
        node = config_node_get(node, keys[0]);
        return node && is_in_tree(node, keys + 1, count - 1);
    }
    for (const struct config_node *child = node->first; child; child = child->next)
        if (is_in_tree(child, keys + 1, count - 1))
            return true;
    return false;
}

/* Whether a line of comment begins with `key:` or `- key:`. */
static bool is_in_comment(struct slice text, const char *key)
{
    const char *p = text.data, *end = text.data + text.len;
    size_t len = strlen(key);

    while (p < end && (p = memchr(p, '#', (size_t)(end - p)))) {
        while (p < end && strchr("# -", *p))
            p++;
        if ((size_t)(end - p) > len && memcmp(p, key, len) == 0 && p[len] == ':')
            return true;
    }
    return false;
}

static void add_name(struct mention *mention, size_t depth)
{
    const char *key;

    for (size_t i = 0; i <= depth; i++) {
        key = mention->keys[i];
        buf_addf(mention->names, "%s%s", i && strcmp(key, ELEMENT) != 0 ? "." : "", key);
    }
    buf_add_char(mention->names, '\n');
}

static size_t walk(struct mention *mention, const cyaml_schema_value_t *value, size_t depth)
{
    const cyaml_schema_field_t *field;
    size_t missing = 0;

    if (depth == CONFIG_DEPTH_MAX)
        return 0;
    if (value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED) {
        mention->keys[depth] = ELEMENT;
        mention->elements++;
        missing = walk(mention, value->sequence.entry, depth + 1);
        mention->elements--;
    }
    if (value->type != CYAML_MAPPING)
        return missing;
    for (field = value->mapping.fields; field->key; field++) {
        mention->keys[depth] = field->key;
        if (is_in_tree(mention->root, mention->keys, depth + 1) ||
            (mention->elements && is_in_comment(mention->text, field->key))) {
            missing += walk(mention, &field->value, depth + 1);
            continue;
        }
        add_name(mention, depth);
        missing++;
    }
    return missing;
}

size_t config_mention_missing(const cyaml_schema_value_t *schema, const struct config_node *root,
                              struct slice text, struct buf *names)
{
    struct mention mention = {.root = root, .text = text, .names = names};

    return walk(&mention, schema, 0);
}
