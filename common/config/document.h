/*
 * document.h - a configuration as a tree of values that know where they stand.
 *
 * One tree holds all layers: documents are parsed into it and laid over each
 * other. Everything in it lives in the tree's arena and goes with it.
 */
#ifndef COMMON_CONFIG_DOCUMENT_H
#define COMMON_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/config/report.h"

#define CONFIG_DEPTH_MAX 32    /* levels of mappings and lists */
#define CONFIG_NODES_MAX 50000 /* values: what aliases can multiply is bounded */
#define CONFIG_KEYS_MAX  1000  /* keys of one mapping: looking for duplicates is quadratic */
#define CONFIG_PATH_MAX  8192  /* bytes of a key with its path: shortened names */

enum config_kind { KIND_NULL, KIND_TEXT, KIND_LIST, KIND_MAPPING };

struct config_node {
    struct config_node *next; /* in the list or mapping that holds it */
    const char *key;          /* NULL in a list */
    enum config_kind kind;
    unsigned char height; /* levels below */
    bool secret;          /* never shown */
    bool is_broken;       /* reported already: not looked at again */
    bool is_list_text;    /* KIND_TEXT that may stand for a list: "a,b" */
    bool is_number;       /* KIND_TEXT: checked to be a number or a bool; written without quotes */
    struct slice text;    /* KIND_TEXT */
    struct slice written; /* a number as it was written, with its unit */
    struct config_node *first, *last;
    size_t count;
    const struct config_source *source;
    size_t line;
};

struct config_tree {
    struct arena arena;
    size_t nodes;
    struct config_report *report;
};

void config_tree_init(struct config_tree *tree, struct config_report *report);
void config_tree_release(struct config_tree *tree);

/* A copy with a NUL behind it, as every text in the tree has; {NULL, 0}: no memory. */
struct slice config_tree_text(struct config_tree *tree, struct slice text);

/* A source that lives as long as the tree; NULL: no memory. */
const struct config_source *config_source_make(struct config_tree *tree, enum config_layer layer,
                                               const char *name);

/* A node without key and content; NULL beyond CONFIG_NODES_MAX or without memory. */
struct config_node *config_node_make(struct config_tree *tree, enum config_kind kind,
                                     const struct config_source *source, size_t line);
void config_node_append(struct config_node *parent, struct config_node *child);

/* A deep copy, or NULL as config_node_make. */
struct config_node *config_node_copy(struct config_tree *tree, const struct config_node *node);

/* The value of `key` in a mapping; NULL: not there, or no mapping. */
struct config_node *config_node_get(const struct config_node *node, const char *key);

/* Lays mapping `over` on mapping `base`: merges mappings, replaces the rest; null changes nothing.
 */
void config_node_overlay(struct config_node *base, struct config_node *over);

/* The node of `path` ("inputs[0].format"), or NULL. */
struct config_node *config_node_find(struct config_node *root, const char *path);

/*
 * As config_node_find, but makes what is missing on the way: keys, and the next
 * element of a list. NULL: cannot be, and *why says why.
 */
struct config_node *config_node_reach(struct config_tree *tree, struct config_node *root,
                                      const char *path, const struct config_source *source,
                                      const char **why);

/* Adds a key or an index to a path; to take it off again, set path->len to what is returned. */
size_t config_path_key(struct buf *path, const char *key);
size_t config_path_index(struct buf *path, size_t index);

#endif
