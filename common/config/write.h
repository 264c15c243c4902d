/*
 * write.h - a checked tree as YAML, in order of the schema.
 */
#ifndef COMMON_CONFIG_WRITE_H
#define COMMON_CONFIG_WRITE_H

#include <cyaml/cyaml.h>

#include "common/config/document.h"

enum config_audience {
    FOR_LIBCYAML, /* everything as it is */
    FOR_READERS,  /* secrets masked, few quotes, a comment where a value is not the default */
};

/* Leaves out what is not given. A failure shows in out->failed. */
void config_write(struct buf *out, const cyaml_schema_value_t *schema,
                  const struct config_node *root, enum config_audience audience);

#endif
