/*
 * custom_file.c - a custom format's YAML file: read, and its form checked.
 */
#include "shipper/parser/custom_file.h"

#include <stdlib.h>

#include "common/config/parse.h"
#include "common/nearest.h"
#include "common/scope.h"
#include "shipper/folder.h"

#define FILE_MAX  (256u << 10) /* bytes */
#define ENDING    ".yaml"
#define KEY_MAX   300
#define TEXT_MASK (1u << KIND_TEXT)
#define LIST_MASK (1u << KIND_LIST)
#define MAP_MASK  (1u << KIND_MAPPING)

enum content { CONTENT_NONE, CONTENT_TEXTS, CONTENT_MAPPINGS, CONTENT_EITHER };

static const struct key {
    const char *name;
    size_t place; /* in struct custom_file */
    unsigned kinds;
    enum content content;
    const char *expected;
} keys[] = {
    {"name", offsetof(struct custom_file, given_name), TEXT_MASK, CONTENT_NONE, "a text"},
    {"dataset", offsetof(struct custom_file, dataset), TEXT_MASK, CONTENT_NONE, "a text"},
    {"help", offsetof(struct custom_file, help), TEXT_MASK, CONTENT_NONE, "a text"},
    {"parser", offsetof(struct custom_file, parser), TEXT_MASK, CONTENT_NONE, "a format's name"},
    {"timezone", offsetof(struct custom_file, timezone), TEXT_MASK, CONTENT_NONE, "a text"},
    {"pattern", offsetof(struct custom_file, pattern), TEXT_MASK | LIST_MASK, CONTENT_TEXTS,
     "a pattern, or a list of them"},
    {"date_formats", offsetof(struct custom_file, date_formats), TEXT_MASK | LIST_MASK,
     CONTENT_TEXTS, "a date format, or a list of them"},
    {"definitions", offsetof(struct custom_file, definitions), MAP_MASK, CONTENT_TEXTS,
     "names with patterns"},
    {"fields", offsetof(struct custom_file, fields), MAP_MASK, CONTENT_EITHER, "names with types"},
    {"levels", offsetof(struct custom_file, levels), MAP_MASK, CONTENT_TEXTS, "words with levels"},
    {"constants", offsetof(struct custom_file, constants), MAP_MASK, CONTENT_TEXTS,
     "fields with values"},
    {"examples", offsetof(struct custom_file, examples), LIST_MASK, CONTENT_MAPPINGS,
     "a list of lines with what they become"},
};

void custom_file_problem(struct custom_file *file, const struct config_node *node, const char *key,
                         const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    config_report_vadd(&file->report, file->source, node ? node->line : 0, key, fmt, args);
    va_end(args);
}

void custom_file_unknown(struct custom_file *file, const struct config_node *node, const char *path,
                         const char *const *known)
{
    struct nearest nearest = nearest_to(slice_of(node->key));

    for (; *known; known++)
        nearest_try(&nearest, slice_of(*known));
    if (nearest.name.data)
        custom_file_problem(file, node, path, "unknown key; did you mean '%s'?", nearest.name.data);
    else
        custom_file_problem(file, node, path, "unknown key");
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool content_suits(enum content content, const struct config_node *child)
{
    switch (content) {
    case CONTENT_NONE:
        break;
    case CONTENT_TEXTS:
        return child->kind == KIND_TEXT;
    case CONTENT_MAPPINGS:
        return child->kind == KIND_MAPPING;
    case CONTENT_EITHER:
        return child->kind == KIND_TEXT || child->kind == KIND_MAPPING;
    }
    return true;
}

static void check_content(struct custom_file *file, const struct key *key,
                          const struct config_node *node)
{
    size_t index = 0;
    char path[KEY_MAX];

    for (const struct config_node *child = node->first; child; child = child->next, index++) {
        if (content_suits(key->content, child))
            continue;
        if (child->key)
            snprintf(path, sizeof(path), "%s.%s", key->name, child->key);
        else
            snprintf(path, sizeof(path), "%s[%zu]", key->name, index);
        custom_file_problem(file, child, path, "expected %s", key->expected);
    }
}

static void take_key(struct custom_file *file, const struct config_node *node)
{
    const char *names[ARRAY_LEN(keys) + 1] = {NULL};
    const struct key *key = find_key(node->key);

    if (!key) {
        for (size_t i = 0; i < ARRAY_LEN(keys); i++)
            names[i] = keys[i].name;
        custom_file_unknown(file, node, node->key, names);
        return;
    }
    if (node->kind == KIND_NULL)
        return;
    if (!(key->kinds & 1u << node->kind)) {
        custom_file_problem(file, node, key->name, "expected %s", key->expected);
        return;
    }
    check_content(file, key, node);
    *(const struct config_node **)((char *)file + key->place) = node;
}

static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    size_t len = strlen(start), ending = strlen(ENDING);

    if (len > ending && strcmp(start + len - ending, ENDING) == 0)
        len -= ending;
    return strndup(start, len);
}

static enum status parse(struct custom_file *file, struct slice text, struct error *err)
{
    struct config_node *root;
    enum status status = config_parse(&file->tree, file->source, text, &root, err);

    if (status == FATAL)
        return FATAL;
    if (status == OK)
        for (const struct config_node *node = root->first; node; node = node->next)
            take_key(file, node);
    if (file->given_name && strcmp(file->given_name->text.data, file->name) != 0)
        custom_file_problem(file, file->given_name, "name",
                            "the file's name says '%s'; expected the same", file->name);
    if (file->report.count == 0 && !file->pattern == !file->parser)
        custom_file_problem(file, NULL, "pattern", "%s",
                            file->pattern ? "expected either this or parser, not both"
                                          : "missing; expected this or parser");
    return OK;
}

enum status custom_file_open(const char *path, struct custom_file **out, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(FILE_MAX);
    struct custom_file *file;
    enum status status = folder_read(path, &text, err);

    if (status != OK)
        return status;
    file = calloc(1, sizeof(*file));
    if (!file)
        return error_set(err, FATAL, "out of memory");
    config_report_init(&file->report);
    config_tree_init(&file->tree, &file->report);
    file->source = config_source_make(&file->tree, LAYER_FILE, path);
    file->name = name_of(path);
    status = file->source && file->name ? parse(file, buf_slice(&text), err)
                                        : error_set(err, FATAL, "out of memory");
    if (status != OK) {
        custom_file_close(file);
        return status;
    }
    *out = file;
    return OK;
}

void custom_file_close(struct custom_file *file)
{
    if (!file)
        return;
    config_tree_release(&file->tree);
    config_report_release(&file->report);
    free(file->name);
    free(file);
}
