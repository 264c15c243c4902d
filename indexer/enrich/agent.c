/*
 * agent.c - browser, system and device of a user agent.
 *
 * The same agents come again and again: what was made of one is kept.
 */
#include "indexer/enrich/enrich.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_memo.h"
#include "indexer/enrich/agent_parse.h"

struct agent_enrich {
    struct enrich base;
    struct agent_parser *parser;
};

static const struct {
    enum record_field field;
    size_t at; /* in struct agent */
} texts[AGENT_FIELDS] = {
    {FIELD_USER_AGENT_NAME, offsetof(struct agent, name)},
    {FIELD_USER_AGENT_VERSION, offsetof(struct agent, version)},
    {FIELD_USER_AGENT_OS_NAME, offsetof(struct agent, os_name)},
    {FIELD_USER_AGENT_OS_VERSION, offsetof(struct agent, os_version)},
    {FIELD_USER_AGENT_OS_FULL, offsetof(struct agent, os_full)},
    {FIELD_USER_AGENT_DEVICE_NAME, offsetof(struct agent, device_name)},
    {FIELD_USER_AGENT_DEVICE_CLASS, offsetof(struct agent, device_class)},
};

static struct slice text_of(const struct agent_system *system, unsigned i)
{
    return (struct slice){(const char *)&system->agent + texts[i].at, system->lengths[i]};
}

/* What is the same for each record that has this agent. */
static void prepare(struct agent_system *system)
{
    for (unsigned i = 0; i < AGENT_FIELDS; i++) {
        system->lengths[i] = (uint8_t)strlen(text_of(system, i).data);
        if (json_plain_len(text_of(system, i)) == system->lengths[i])
            system->plain |= (uint8_t)(1u << i);
    }
}

/* What an earlier enrichment said goes, too: it may have known less. */
static void set_all(struct record *record, const struct agent_system *system)
{
    for (unsigned i = 0; i < AGENT_FIELDS; i++)
        if (system->lengths[i])
            record_set_text_as(record, texts[i].field, text_of(system, i), system->plain >> i & 1);
        else
            record_drop(record, texts[i].field);
}

/* The texts stay in the cache until the next record: that is long enough. */
static bool agent_apply(struct enrich *enrich, struct record *record)
{
    struct agent_enrich *self = (struct agent_enrich *)enrich;
    struct agent_system *system;
    struct slice text;
    bool found;

    if (!record_text(record, FIELD_USER_AGENT_ORIGINAL, &text) || agent_is_absent(text))
        return true;
    system = agent_memo_get(enrich->agents, AGENT_SYSTEM, text, &found);
    if (!found) {
        agent_parse(self->parser, text, &system->agent);
        prepare(system);
    }
    set_all(record, system);
    return true;
}

static void agent_refresh(struct enrich *enrich, int64_t now_ms)
{
    (void)now_ms;
    agent_memo_flush_counts(enrich->agents, AGENT_SYSTEM);
}

static void agent_close(struct enrich *enrich)
{
    struct agent_enrich *self = (struct agent_enrich *)enrich;

    if (!self)
        return;
    agent_parser_close(self->parser);
    free(self);
}

static enum status agent_open(const struct indexer_config *config, struct enrich **out,
                              struct error *err)
{
    struct agent_enrich *self;

    if (!config->user_agent.enabled)
        return DONE;
    self = calloc(1, sizeof(*self));
    if (!self)
        return error_set(err, FATAL, "out of memory");
    self->base.type = &enrich_agent;
    if (agent_parser_open(&self->parser, err)) {
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
