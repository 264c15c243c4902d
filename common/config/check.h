/*
 * check.h - a tree against the tables of libcyaml: everything that is wrong, not the first.
 */
#ifndef COMMON_CONFIG_CHECK_H
#define COMMON_CONFIG_CHECK_H

#include <cyaml/cyaml.h>

#include "common/config/document.h"
#include "common/error.h"

/*
 * Reports what does not fit `schema`. Rewrites what does as libcyaml reads it:
 * units become numbers, bools true or false, "a,b" a list. FATAL: the schema
 * has something that configurations do not support (bit fields, lists in lists).
 */
enum status config_check(struct config_tree *tree, const cyaml_schema_value_t *schema,
                         struct config_node *root, struct error *err);

#endif
