/*
 * agent_config.c - the sections user_agent and bots of indexer.yaml.
 */
#include "indexer/enrich/agent_config.h"

#include "indexer/enrich/cache.h"

const cyaml_schema_field_t user_agent_config_fields[] = {
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct user_agent_config, enabled),
    CYAML_FIELD_UINT("cache_entries", CYAML_FLAG_DEFAULT, struct user_agent_config, cache_entries),
    CYAML_FIELD_END,
};

void user_agent_config_check(struct config *config, const struct user_agent_config *c)
{
    config_check_range(config, "user_agent.cache_entries", c->cache_entries, 0, CACHE_ENTRIES_MAX,
                       "0 to 1000000");
}
