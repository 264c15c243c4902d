/*
 * mention.h - whether a document names every key of a schema.
 */
#ifndef COMMON_CONFIG_MENTION_H
#define COMMON_CONFIG_MENTION_H

#include <cyaml/cyaml.h>

#include "common/config/document.h"

/*
 * Adds the paths of the schema's keys that the document (`text`, parsed as
 * `root`) does not mention, one a line; returns how many. Keys of a list's
 * elements may stand in any element, or in a comment: `#   key: example`.
 */
size_t config_mention_missing(const cyaml_schema_value_t *schema, const struct config_node *root,
                              struct slice text, struct buf *names);

#endif
