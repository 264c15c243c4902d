/*
 * agent_config.h - the sections user_agent and bots of indexer.yaml.
 */
#ifndef INDEXER_ENRICH_AGENT_CONFIG_H
#define INDEXER_ENRICH_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"

struct user_agent_config {
    bool enabled;
    uint32_t cache_entries;
};

extern const cyaml_schema_field_t user_agent_config_fields[];

void user_agent_config_check(struct config *config, const struct user_agent_config *c);

#endif
