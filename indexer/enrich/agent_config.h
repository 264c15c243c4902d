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

struct bot_verify_config { /* where bots are at home */
    char **names;          /* patterns of fnmatch(3) */
    char **files;
    uint32_t name_count, file_count;
};

struct bots_config {
    bool enabled;
    char **files;
    uint32_t file_count, cache_entries;
    struct bot_verify_config *verify;
    uint32_t verify_count;
};

extern const cyaml_schema_field_t user_agent_config_fields[], bots_config_fields[];

void user_agent_config_check(struct config *config, const struct user_agent_config *c);

/* Reads the files, too. */
void bots_config_check(struct config *config, const struct bots_config *c);

#endif
