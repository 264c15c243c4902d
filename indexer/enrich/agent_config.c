/*
 * agent_config.c - the sections user_agent and bots of indexer.yaml.
 */
#include "indexer/enrich/agent_config.h"

#include <stdio.h>

#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/bot_ranges.h"
#include "indexer/enrich/cache.h"

#define PATH_LEN   4096
#define FILES_MAX  100
#define VERIFY_MAX 100
#define NAMES_MAX  100

const cyaml_schema_field_t user_agent_config_fields[] = {
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct user_agent_config, enabled),
    CYAML_FIELD_UINT("cache_entries", CYAML_FLAG_DEFAULT, struct user_agent_config, cache_entries),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_LEN)};

static const cyaml_schema_field_t verify_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("names", CYAML_FLAG_POINTER, struct bot_verify_config, names,
                               name_count, &text_value, 1, NAMES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("files", CYAML_FLAG_POINTER, struct bot_verify_config, files,
                               file_count, &text_value, 1, FILES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t verify_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct bot_verify_config, verify_fields)};

const cyaml_schema_field_t bots_config_fields[] = {
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct bots_config, enabled),
    CYAML_FIELD_SEQUENCE_COUNT("files", CYAML_FLAG_POINTER, struct bots_config, files, file_count,
                               &text_value, 0, FILES_MAX),
    CYAML_FIELD_UINT("cache_entries", CYAML_FLAG_DEFAULT, struct bots_config, cache_entries),
    CYAML_FIELD_SEQUENCE_COUNT("verify", CYAML_FLAG_POINTER, struct bots_config, verify,
                               verify_count, &verify_value, 0, VERIFY_MAX),
    CYAML_FIELD_END,
};

void user_agent_config_check(struct config *config, const struct user_agent_config *c)
{
    config_check_range(config, "user_agent.cache_entries", c->cache_entries, 0, CACHE_ENTRIES_MAX,
                       "0 to 1000000");
}

static void check_verify(struct config *config, const struct bot_verify_config *c, uint32_t number)
{
    struct bot_ranges *ranges = NULL;
    struct error err;
    char key[64];

    snprintf(key, sizeof(key), "bots.verify[%u].names", number);
    if (c->name_count == 0 && !config_has_problem(config, key))
        config_problem(config, key, "missing; expected names of bots");
    snprintf(key, sizeof(key), "bots.verify[%u].files", number);
    if (c->file_count == 0 && !config_has_problem(config, key))
        config_problem(config, key, "missing; expected files of networks");
    if (bot_ranges_open(c->files, c->file_count, &ranges, &err))
        config_problem(config, key, "%s", err.text);
    bot_ranges_close(ranges);
}

void bots_config_check(struct config *config, const struct bots_config *c)
{
    struct bot_list *list = NULL;
    struct error err;

    config_check_range(config, "bots.cache_entries", c->cache_entries, 0, CACHE_ENTRIES_MAX,
                       "0 to 1000000");
    if (!c->enabled)
        return;
    if (bot_list_open(c->files, c->file_count, &list, &err))
        config_problem(config, "bots.files", "%s", err.text);
    bot_list_close(list);
    for (uint32_t i = 0; i < c->verify_count; i++)
        check_verify(config, &c->verify[i], i);
}
