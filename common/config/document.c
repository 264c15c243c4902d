/*
 * document.c - a tree of values that know where they stand: making, finding, laying over.
 */
#include "common/config/document.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/text.h"

#define BLOCK_BYTES (16u << 10)
#define TREE_MAX    (32u << 20) /* bytes: CONFIG_NODES_MAX nodes and a few documents' text */

void config_tree_init(struct config_tree *tree, struct config_report *report)
{
    *tree = (struct config_tree){.report = report};
    arena_init(&tree->arena, BLOCK_BYTES, TREE_MAX);
}

void config_tree_release(struct config_tree *tree)
{
    arena_release(&tree->arena);
}

struct slice config_tree_text(struct config_tree *tree, struct slice text)
{
    char *copy = arena_bytes(&tree->arena, text.len + 1);

    if (!copy)
        return (struct slice){NULL, 0};
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (struct slice){copy, text.len};
}

const struct config_source *config_source_make(struct config_tree *tree, enum config_layer layer,
                                               const char *name)
{
    struct config_source *source = arena_alloc(&tree->arena, sizeof(*source));
    struct slice copy = config_tree_text(tree, slice_of(name));

    if (!source || !copy.data)
        return NULL;
    *source = (struct config_source){layer, copy.data};
    return source;
}

struct config_node *config_node_make(struct config_tree *tree, enum config_kind kind,
                                     const struct config_source *source, size_t line)
{
    struct config_node *node;

    if (tree->nodes == CONFIG_NODES_MAX)
        return NULL;
    node = arena_alloc(&tree->arena, sizeof(*node));
    if (!node)
        return NULL;
    tree->nodes++;
    *node = (struct config_node){.kind = kind, .source = source, .line = line};
    return node;
}

void config_node_append(struct config_node *parent, struct config_node *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
    if (parent->height <= child->height)
        parent->height = (unsigned char)(child->height + 1);
}

struct config_node *config_node_copy(struct config_tree *tree, const struct config_node *node)
{
    struct config_node *copy = config_node_make(tree, node->kind, node->source, node->line), *child;

    if (!copy)
        return NULL;
    copy->key = node->key;
    copy->text = node->text;
    for (const struct config_node *from = node->first; from; from = from->next) {
        child = config_node_copy(tree, from);
        if (!child)
            return NULL;
        config_node_append(copy, child);
    }
    return copy;
}

struct config_node *config_node_get(const struct config_node *node, const char *key)
{
    struct config_node *child;

    if (node->kind != KIND_MAPPING)
        return NULL;
    for (child = node->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

void config_node_overlay(struct config_node *base, struct config_node *over)
{
    struct config_node *child, *next, *below, *after;

    base->source = over->source;
    base->line = over->line;
    for (child = over->first; child; child = next) {
        next = child->next;
        below = config_node_get(base, child->key);
        if (!below) {
            config_node_append(base, child);
        } else if (below->kind == KIND_MAPPING && child->kind == KIND_MAPPING) {
            config_node_overlay(below, child);
        } else if (child->kind != KIND_NULL) {
            after = below->next;
            *below = *child;
            below->next = after;
        }
    }
}

/* One step of a path: a key, or an index when `key` is empty. */
struct step {
    struct slice key;
    size_t index;
};

/* Takes the first step off *path; false: it is not a path. */
static bool take_step(const char **path, bool is_first, struct step *step)
{
    const char *p = *path;
    char *end;

    if (*p == '[' && isdigit((unsigned char)p[1])) {
        *step = (struct step){.index = strtoul(p + 1, &end, 10)};
        *path = end + 1;
        return *end == ']';
    }
    p += !is_first && *p == '.';
    *step = (struct step){.key = {p, strcspn(p, ".[")}};
    *path = p + step->key.len;
    return step->key.len > 0;
}

/* The child that `step` leads to; NULL: not there, or `node` is of another kind. */
static struct config_node *child_at(const struct config_node *node, const struct step *step)
{
    struct config_node *child;
    size_t index = 0;

    if (node->kind != (step->key.len ? KIND_MAPPING : KIND_LIST))
        return NULL;
    for (child = node->first; child; child = child->next, index++)
        if (step->key.len ? slice_is(step->key, child->key) : index == step->index)
            return child;
    return NULL;
}

struct config_node *config_node_find(struct config_node *root, const char *path)
{
    struct config_node *node = root;
    struct step step;

    while (node && *path)
        node = take_step(&path, node == root, &step) ? child_at(node, &step) : NULL;
    return node;
}

/* Makes the child that `step` leads to, which is not there. NULL: *why says why. */
static struct config_node *add_child(struct config_tree *tree, struct config_node *node,
                                     const struct step *step, const struct config_source *source,
                                     const char **why)
{
    enum config_kind kind = step->key.len ? KIND_MAPPING : KIND_LIST;
    struct config_node *child;

    if (node->kind == KIND_NULL) {
        node->kind = kind;
        node->source = source;
        node->line = 0;
    }
    *why = node->kind != kind                                ? "what is above it has no such part"
           : kind == KIND_LIST && step->index != node->count ? "the list ends before this element"
                                                             : "too many values";
    if (node->kind != kind || node->count == CONFIG_KEYS_MAX ||
        (kind == KIND_LIST && step->index != node->count))
        return NULL;
    child = config_node_make(tree, KIND_NULL, source, 0);
    if (!child)
        return NULL;
    child->key = step->key.len ? config_tree_text(tree, step->key).data : NULL;
    if (step->key.len && !child->key)
        return NULL;
    config_node_append(node, child);
    return child;
}

struct config_node *config_node_reach(struct config_tree *tree, struct config_node *root,
                                      const char *path, const struct config_source *source,
                                      const char **why)
{
    struct config_node *node = root, *child;
    struct step step;

    for (size_t depth = 1; node && *path; depth++) {
        *why = "it is not the path of a key";
        if (!take_step(&path, node == root, &step) || depth > CONFIG_DEPTH_MAX)
            return NULL;
        child = child_at(node, &step);
        node = child ? child : add_child(tree, node, &step, source, why);
    }
    return node;
}

size_t config_path_key(struct buf *path, const char *key)
{
    size_t before = path->len;
    struct config_quoted name;

    buf_addf(path, "%s%s", before ? "." : "", config_shorten(&name, slice_of(key)));
    return before;
}

size_t config_path_index(struct buf *path, size_t index)
{
    size_t before = path->len;

    buf_addf(path, "[%zu]", index);
    return before;
}
