/*
 * agent.c - browser, system and device of a user agent.
 *
 * The same agents come again and again: what was made of one is kept.
 */
#include "indexer/enrich/enrich.h"

#include <stdlib.h>

#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/cache.h"

#define KEY_MAX 512 /* bytes; longer agents are rare, and worked out each time */

struct agent_enrich {
    struct enrich base;
    struct agent_parser *parser;
    struct cache *cache;
};

/* What an earlier enrichment said goes, too: it may have known less. */
static void set(struct record *record, enum record_field field, const char *text)
{
    if (text[0])
        record_set_text(record, field, slice_of(text));
    else
        record_drop(record, field);
}

static void set_all(struct record *record, const struct agent *agent)
{
    set(record, FIELD_USER_AGENT_NAME, agent->name);
    set(record, FIELD_USER_AGENT_VERSION, agent->version);
    set(record, FIELD_USER_AGENT_OS_NAME, agent->os_name);
    set(record, FIELD_USER_AGENT_OS_VERSION, agent->os_version);
    set(record, FIELD_USER_AGENT_OS_FULL, agent->os_full);
    set(record, FIELD_USER_AGENT_DEVICE_NAME, agent->device_name);
    set(record, FIELD_USER_AGENT_DEVICE_CLASS, agent->device_class);
}

/* The texts stay in the cache until the next record: that is long enough. */
static bool agent_apply(struct enrich *enrich, struct record *record)
{
    struct agent_enrich *self = (struct agent_enrich *)enrich;
    struct agent *agent;
    struct slice text;
    bool found;

    if (!record_text(record, FIELD_USER_AGENT_ORIGINAL, &text) || agent_is_absent(text))
        return true;
    agent = cache_get(self->cache, text, &found);
    if (!found)
        agent_parse(self->parser, text, agent);
    set_all(record, agent);
    return true;
}

static void agent_refresh(struct enrich *enrich, int64_t now_ms)
{
    (void)now_ms;
    cache_flush_counts(((struct agent_enrich *)enrich)->cache);
}

static void agent_close(struct enrich *enrich)
{
    struct agent_enrich *self = (struct agent_enrich *)enrich;

    if (!self)
        return;
    agent_parser_close(self->parser);
    cache_close(self->cache);
    free(self);
}

static enum status agent_open(const struct indexer_config *config, struct enrich **out,
                              struct error *err)
{
    const struct cache_options options = {.enricher = "user_agent",
                                          .entries = config->user_agent.cache_entries,
                                          .key_max = KEY_MAX,
                                          .key_bytes = config->user_agent.cache_entries * 192,
                                          .value_size = sizeof(struct agent)};
    struct agent_enrich *self;

    if (!config->user_agent.enabled)
        return DONE;
    self = calloc(1, sizeof(*self));
    if (!self)
        return error_set(err, FATAL, "out of memory");
    self->base.type = &enrich_agent;
    if (agent_parser_open(&self->parser, err) || cache_open(&options, &self->cache, err)) {
        agent_close(&self->base);
        return err->status;
    }
    *out = &self->base;
    return OK;
}

const struct enrich_type enrich_agent = {
    .name = "user_agent",
    .open = agent_open,
    .apply = agent_apply,
    .refresh = agent_refresh,
    .close = agent_close,
};
