/*
 * scalar.h - one value against its type: numbers with units, bools, words, texts.
 */
#ifndef COMMON_CONFIG_SCALAR_H
#define COMMON_CONFIG_SCALAR_H

#include <cyaml/cyaml.h>

#include "common/config/document.h"

#define CONFIG_WORDS_MAX 2048 /* bytes of a list of what is allowed */

/* Where the check stands. */
struct config_check {
    struct config_tree *tree;
    struct buf path;
    const char *key;     /* the last one on the path: its ending gives the unit */
    bool is_unsupported; /* by us: a mistake in the schema */
};

/* A problem of `node`, at the check's path; the node counts as broken from here on. */
#define config_check_complain(check, node, ...)                                                    \
    ((node)->is_broken = true,                                                                     \
     config_report_add((check)->tree->report, (node)->source, (node)->line,                        \
                       buf_str(&(check)->path), __VA_ARGS__))

/* Checks the text `node` and rewrites it as libcyaml reads it; for CYAML_FLAGS one of the words. */
void config_check_scalar(struct config_check *check, const cyaml_schema_value_t *value,
                         struct config_node *node);

#endif
