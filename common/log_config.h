/*
 * log_config.h - the `log:` section of both programs' configuration.
 */
#ifndef COMMON_LOG_CONFIG_H
#define COMMON_LOG_CONFIG_H

#include <cyaml/cyaml.h>

#include "common/log.h"

struct log_config {
    enum log_level level;
    enum log_format format;
};

extern const cyaml_schema_field_t log_config_fields[];

#endif
