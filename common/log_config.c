/*
 * log_config.c - the `log:` section of both programs' configuration.
 */
#include "common/log_config.h"

static const cyaml_strval_t levels[] = {
    {"debug", LEVEL_DEBUG}, {"info", LEVEL_INFO}, {"warn", LEVEL_WARN}, {"error", LEVEL_ERROR}};
static const cyaml_strval_t formats[] = {
    {"auto", LOG_FORMAT_AUTO}, {"json", LOG_FORMAT_JSON}, {"text", LOG_FORMAT_TEXT}};

const cyaml_schema_field_t log_config_fields[] = {
    CYAML_FIELD_ENUM("level", CYAML_FLAG_STRICT, struct log_config, level, levels,
                     CYAML_ARRAY_LEN(levels)),
    CYAML_FIELD_ENUM("format", CYAML_FLAG_STRICT, struct log_config, format, formats,
                     CYAML_ARRAY_LEN(formats)),
    CYAML_FIELD_END,
};
