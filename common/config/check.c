/*
 * check.c - a tree against the tables of libcyaml: everything that is wrong, not the first.
 */
#include "common/config/check.h"

#include <string.h>

#include "common/config/scalar.h"
#include "common/config/text.h"
#include "common/nearest.h"

#define KEYS_MAX 12 /* keys of a mapping that are listed to who used another */

#define complain config_check_complain

static void check_value(struct config_check *check, const cyaml_schema_value_t *value,
                        struct config_node *node);

/* "a, b" into a list: what a variable holds, or was put in by ${NAME}. */
static void split(struct config_check *check, struct config_node *node)
{
    struct slice rest = node->text, piece, copy;
    struct config_node *child;
    const char *comma;

    node->kind = KIND_LIST;
    while (rest.len) {
        comma = memchr(rest.data, ',', rest.len);
        piece = (struct slice){rest.data, comma ? (size_t)(comma - rest.data) : rest.len};
        rest = comma ? (struct slice){comma + 1, rest.len - piece.len - 1} : (struct slice){0};
        while (piece.len && strchr(" \t\r\n", piece.data[0]))
            piece = (struct slice){piece.data + 1, piece.len - 1};
        while (piece.len && strchr(" \t\r\n", piece.data[piece.len - 1]))
            piece.len--;
        if (piece.len == 0)
            continue;
        child = config_node_make(check->tree, KIND_TEXT, node->source, node->line);
        copy = config_tree_text(check->tree, piece);
        if (!child || !copy.data) {
            complain(check, node, "more than a configuration can hold");
            return;
        }
        child->text = copy;
        child->secret = node->secret;
        config_node_append(node, child);
    }
}

static void check_elements(struct config_check *check, const cyaml_schema_value_t *value,
                           struct config_node *node)
{
    bool is_flags = value->type == CYAML_FLAGS;
    size_t index = 0, before;

    for (struct config_node *child = node->first; child; child = child->next) {
        before = config_path_index(&check->path, index++);
        if (child->kind == KIND_NULL)
            complain(check, child, "is empty");
        else if (is_flags && child->kind != KIND_TEXT)
            complain(check, child, "expected a word");
        else if (is_flags)
            config_check_scalar(check, value, child);
        else
            check_value(check, value->sequence.entry, child);
        check->path.len = before;
    }
}

static void check_list(struct config_check *check, const cyaml_schema_value_t *value,
                       struct config_node *node)
{
    bool is_flags = value->type == CYAML_FLAGS;
    size_t min = is_flags ? 0 : value->sequence.min,
           max = is_flags ? SIZE_MAX : value->sequence.max;

    if (!is_flags && value->sequence.entry->type == CYAML_SEQUENCE)
        check->is_unsupported = true;
    if (node->count < min)
        complain(check, node, "has %zu elements; expected at least %zu", node->count, min);
    else if (node->count > max)
        complain(check, node, "has %zu elements; expected at most %zu", node->count, max);
    check_elements(check, value, node);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_value_t *value, const char *key)
{
    const cyaml_schema_field_t *field;

    for (field = value->mapping.fields; field->key; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

static void complain_unknown(struct config_check *check, const cyaml_schema_value_t *value,
                             struct config_node *node)
{
    scoped_buf struct buf keys = BUF_INIT(CONFIG_WORDS_MAX);
    struct nearest nearest = nearest_to(slice_of(node->key));
    const cyaml_schema_field_t *field;

    for (field = value->mapping.fields; field->key; field++) {
        nearest_try(&nearest, slice_of(field->key));
        buf_addf(&keys, "%s%s", keys.len ? ", " : "", field->key);
    }
    if (nearest.name.data)
        complain(check, node, "unknown key; did you mean '%s'?", nearest.name.data);
    else if (field - value->mapping.fields <= KEYS_MAX)
        complain(check, node, "unknown key; expected one of: %s", buf_str(&keys));
    else
        complain(check, node, "unknown key");
}

static void check_missing(struct config_check *check, const cyaml_schema_value_t *value,
                          struct config_node *node)
{
    const cyaml_schema_field_t *field;
    struct config_node *child;
    size_t before;

    for (field = value->mapping.fields; field->key; field++) {
        child = config_node_get(node, field->key);
        if (field->value.flags & CYAML_FLAG_OPTIONAL || field->value.type == CYAML_IGNORE ||
            (child && child->kind != KIND_NULL))
            continue;
        before = config_path_key(&check->path, field->key);
        complain(check, child ? child : node, "missing; it is required");
        check->path.len = before;
    }
}

static void check_mapping(struct config_check *check, const cyaml_schema_value_t *value,
                          struct config_node *node)
{
    const cyaml_schema_field_t *field;
    size_t before;

    for (struct config_node *child = node->first; child; child = child->next) {
        field = find_field(value, child->key);
        before = config_path_key(&check->path, child->key);
        check->key = child->key;
        if (!field) {
            complain_unknown(check, value, child);
        } else {
            check_value(check, &field->value, child);
        }
        check->path.len = before;
    }
    check_missing(check, value, node);
}

static enum config_kind kind_of(const cyaml_schema_value_t *value)
{
    switch (value->type) {
    case CYAML_MAPPING:
        return KIND_MAPPING;
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED:
    case CYAML_FLAGS:
        return KIND_LIST;
    default:
        return KIND_TEXT;
    }
}

static bool is_list_of_words(const cyaml_schema_value_t *value)
{
    return value->type == CYAML_FLAGS ||
           (kind_of(value) == KIND_LIST && kind_of(value->sequence.entry) == KIND_TEXT);
}

static void complain_kind(struct config_check *check, const cyaml_schema_value_t *value,
                          struct config_node *node)
{
    static const char *const names[] = {"nothing", "text", "a list", "a mapping"};
    enum config_kind wanted = kind_of(value);
    struct config_quoted quoted;

    complain(check, node, "expected %s, found %s%s",
             wanted == KIND_TEXT ? "one value"
             : wanted == KIND_LIST
                 ? is_list_of_words(value) ? "a list such as [a, b]" : "a list of mappings"
                 : "a mapping (keys below it)",
             node->kind == KIND_TEXT ? config_quote(&quoted, node->text, node->secret)
                                     : names[node->kind],
             node->source->layer == LAYER_ENVIRONMENT && wanted == KIND_MAPPING
                 ? "; its keys have variables of their own"
                 : "");
}

static void check_value(struct config_check *check, const cyaml_schema_value_t *value,
                        struct config_node *node)
{
    const char *key = check->key;

    if (value->type == CYAML_BITFIELD)
        check->is_unsupported = true;
    if (value->type == CYAML_IGNORE || node->kind == KIND_NULL || node->is_broken)
        return;
    if (node->kind == KIND_TEXT && node->is_list_text && is_list_of_words(value))
        split(check, node);
    if (node->kind != kind_of(value))
        complain_kind(check, value, node);
    else if (node->kind == KIND_MAPPING)
        check_mapping(check, value, node);
    else if (node->kind == KIND_LIST)
        check_list(check, value, node);
    else
        config_check_scalar(check, value, node);
    check->key = key;
}

enum status config_check(struct config_tree *tree, const cyaml_schema_value_t *schema,
                         struct config_node *root, struct error *err)
{
    struct config_check check = {.tree = tree, .path = BUF_INIT(CONFIG_PATH_MAX), .key = ""};

    check_value(&check, schema, root);
    buf_release(&check.path);
    if (check.is_unsupported)
        return error_set(err, FATAL, "the schema has a type that configurations do not support");
    return OK;
}
