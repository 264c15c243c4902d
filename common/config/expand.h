/*
 * expand.h - ${NAME}, ${NAME:-default} and ${file:/path} in the values of a tree.
 */
#ifndef COMMON_CONFIG_EXPAND_H
#define COMMON_CONFIG_EXPAND_H

#include "common/config/document.h"

/*
 * Expands every text below `root` in place and marks the secret ones: below a
 * key that says so, from a file, or from a variable whose name says so. What
 * cannot be expanded goes to the report and is marked as broken.
 */
void config_expand(struct config_tree *tree, struct config_node *root);

#endif
