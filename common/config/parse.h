/*
 * parse.h - the text of one YAML document into the tree (libyaml).
 */
#ifndef COMMON_CONFIG_PARSE_H
#define COMMON_CONFIG_PARSE_H

#include "common/config/document.h"
#include "common/error.h"

#define CONFIG_DOCUMENT_MAX (1u << 20) /* bytes */

/*
 * *root is a mapping, empty when the document is. Anchors, aliases and merge
 * keys (`<<`) are resolved. What is wrong goes to the tree's report. REJECT:
 * the document could not be read to its end. FATAL: no memory.
 */
enum status config_parse(struct config_tree *tree, const struct config_source *source,
                         struct slice text, struct config_node **root, struct error *err);

#endif
