/*
 * config_input.h - the inputs of shipper.yaml: their keys, and what each kind needs.
 */
#ifndef SHIPPER_CONFIG_INPUT_H
#define SHIPPER_CONFIG_INPUT_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/config.h"

struct input_config;
struct shipper_config;

extern const cyaml_schema_value_t input_config_value; /* one element of `inputs` */

/* Reports what is wrong with inputs[i]. */
void input_config_check(struct config *config, const struct shipper_config *c, unsigned i);

/* Its lines come from a spool. */
bool input_config_is_spooled(const struct input_config *input);

/* Sets what follows from its keys, after it was checked. */
void input_config_settle(struct input_config *input);

/* All its keys as YAML, secrets as they are: to see whether it changed. False without memory. */
bool input_config_write(const struct input_config *input, struct buf *out);

#endif
