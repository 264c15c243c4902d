/*
 * config_keys.c - the keys of a configuration's schema.
 */
#include "common/config_keys.h"

#include <string.h>

#include "common/config/document.h"

struct walk {
    struct buf *path;
    void (*take)(void *arg, const struct config_key *key);
    void *arg;
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static const char *type_name(const char *path, const cyaml_schema_value_t *value)
{
    switch (value->type) {
    case CYAML_INT:
    case CYAML_UINT:
        return ends_with(path, "_ms") ? "duration" : ends_with(path, "_bytes") ? "size" : "number";
    case CYAML_FLOAT:
        return "number";
    case CYAML_BOOL:
        return "true or false";
    case CYAML_ENUM:
    case CYAML_FLAGS:
        return "choice";
    case CYAML_SEQUENCE:
    case CYAML_SEQUENCE_FIXED:
        return "list";
    default:
        return "text";
    }
}

static bool is_list(const cyaml_schema_value_t *value)
{
    return value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED;
}

static void visit(struct walk *walk, const cyaml_schema_value_t *value, int depth)
{
    struct config_key key = {.value = value};
    size_t before = walk->path->len;

    if (depth == CONFIG_DEPTH_MAX)
        return;
    if (is_list(value) && value->sequence.entry->type == CYAML_MAPPING) {
        config_path_index(walk->path, 0);
        visit(walk, value->sequence.entry, depth + 1);
        walk->path->len = before;
        return;
    }
    if (value->type == CYAML_MAPPING) {
        for (const cyaml_schema_field_t *field = value->mapping.fields; field->key; field++) {
            config_path_key(walk->path, field->key);
            visit(walk, &field->value, depth + 1);
            walk->path->len = before;
        }
        return;
    }
    key.path = buf_str(walk->path);
    key.type = type_name(key.path, value);
    walk->take(walk->arg, &key);
}

void config_each_key(const struct config_schema *schema,
                     void (*take)(void *arg, const struct config_key *key), void *arg)
{
    scoped_buf struct buf path = BUF_INIT(CONFIG_PATH_MAX);
    struct walk walk = {&path, take, arg};

    visit(&walk, schema->schema, 0);
}

void config_key_choices(const struct config_key *key, void (*take)(void *arg, const char *value),
                        void *arg)
{
    const cyaml_schema_value_t *value = key->value;

    if (value->type == CYAML_BOOL) {
        take(arg, "true");
        take(arg, "false");
    }
    if (value->type == CYAML_ENUM || value->type == CYAML_FLAGS)
        for (uint32_t i = 0; i < value->enumeration.count; i++)
            take(arg, value->enumeration.strings[i].str);
}
