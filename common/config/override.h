/*
 * override.h - the environment and the command line laid over a tree.
 */
#ifndef COMMON_CONFIG_OVERRIDE_H
#define COMMON_CONFIG_OVERRIDE_H

#include "common/config.h"
#include "common/config/document.h"

/*
 * Sets what ALPEX_... variables and the schema's aliases say. Variables that
 * fit no key belong to the other program, or to nobody, and are passed over.
 */
enum status config_override_environment(struct config_tree *tree, struct config_node *root,
                                        const struct config_schema *schema, struct error *err);

/* `settings`: "key=value", NULL-terminated; NULL: none. */
enum status config_override_settings(struct config_tree *tree, struct config_node *root,
                                     const char *const *settings, struct error *err);

#endif
