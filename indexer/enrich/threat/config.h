/*
 * config.h - the section threats of indexer.yaml.
 */
#ifndef INDEXER_ENRICH_THREAT_CONFIG_H
#define INDEXER_ENRICH_THREAT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"

struct threats_config {
    bool enabled;
    char **files, **disabled_rules;
    uint32_t file_count, disabled_rule_count, threshold, cache_entries;
    char *engine;
};

extern const cyaml_schema_field_t threats_config_fields[];

/*
 * Adds to the configuration's problems: numbers out of range, an engine that is not there, rule
 * files that are wrong, examples in them that come out otherwise than they say, disabled rules
 * that do not exist.
 */
void threats_config_check(struct config *config, const struct threats_config *c);

#endif
