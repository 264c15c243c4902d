/*
 * config_keys.h - the keys of a configuration's schema, for completion and manual.
 */
#ifndef COMMON_CONFIG_KEYS_H
#define COMMON_CONFIG_KEYS_H

#include "common/config.h"

struct config_key {
    const char *path; /* "inputs[0].format": of lists the first element stands for all */
    const char *type; /* what a value is: "text", "size", … */
    const cyaml_schema_value_t *value;
};

/* Calls `take` for each key that holds a value or a list of values, in the schema's order. */
void config_each_key(const struct config_schema *schema,
                     void (*take)(void *arg, const struct config_key *key), void *arg);

/* Calls `take` for each value that the key may have, when those are few. */
void config_key_choices(const struct config_key *key, void (*take)(void *arg, const char *value),
                        void *arg);

#endif
