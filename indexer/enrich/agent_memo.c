/*
 * agent_memo.c - what enrichers made of user agents, kept for when they come again.
 */
#include "indexer/enrich/agent_memo.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "indexer/config.h"
#include "indexer/enrich/cache.h"

#define KEY_MAX   1024 /* bytes; longer agents are rare, and worked out each time */
#define KEY_USUAL 192

struct kept {
    uint32_t stamps[AGENT_PARTS]; /* a part is good while its stamp is that of the memo */
    struct agent_threat threat;
    struct agent_bot bot;
    struct agent_system system;
};

static const struct {
    const char *name; /* label of its metrics */
    size_t at, size;
} parts[AGENT_PARTS] = {
    [AGENT_SYSTEM] = {"user_agent", offsetof(struct kept, system), sizeof(struct agent_system)},
    [AGENT_BOT] = {"bot", offsetof(struct kept, bot), sizeof(struct agent_bot)},
    [AGENT_THREAT] = {"threat_agent", offsetof(struct kept, threat), sizeof(struct agent_threat)},
};

struct agent_memo {
    struct cache *cache; /* NULL: nothing is kept */
    struct kept *last;   /* what was asked for last, of the same record; NULL: nothing yet */
    struct slice text;   /* and its agent */
    struct kept passing; /* of an agent that is not kept: one part does not touch the others */
    uint32_t stamps[AGENT_PARTS]; /* from 1 on */
    struct cache_counts counts[AGENT_PARTS];
};

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* As many as the one that asks for most. */
static uint32_t entries_for(const struct indexer_config *config)
{
    uint32_t entries = 0;

    if (config->user_agent.enabled)
        entries = larger(entries, config->user_agent.cache_entries);
    if (config->bots.enabled)
        entries = larger(entries, config->bots.cache_entries);
    if (config->threats.enabled)
        entries = larger(entries, config->threats.cache_entries);
    return entries;
}

enum status agent_memo_open(const struct indexer_config *config, struct agent_memo **out,
                            struct error *err)
{
    uint32_t entries = entries_for(config);
    const struct cache_options options = {.entries = entries,
                                          .key_max = KEY_MAX,
                                          .key_bytes = entries * KEY_USUAL,
                                          .value_size = sizeof(struct kept)};
    struct agent_memo *memo = calloc(1, sizeof(*memo));

    if (!memo || (entries && cache_open(&options, &memo->cache, err))) {
        free(memo);
        return error_set(err, FATAL, "out of memory");
    }
    for (int i = 0; i < AGENT_PARTS; i++) {
        memo->stamps[i] = 1;
        cache_counts_open(&memo->counts[i], parts[i].name);
    }
    *out = memo;
    return OK;
}

void agent_memo_next(struct agent_memo *memo)
{
    if (memo) /* which a set without enrichers has not */
        memo->last = NULL;
}

/* All enrichers ask for the same text, one after the other: it is looked up once a record. */
static struct kept *find(struct agent_memo *memo, struct slice agent)
{
    bool found;

    if (!memo->last || agent.data != memo->text.data || agent.len != memo->text.len) {
        memo->text = agent;
        memo->last = cache_get(memo->cache, agent, &found);
    }
    return memo->last;
}

void *agent_memo_get(struct agent_memo *memo, enum agent_part part, struct slice agent, bool *found)
{
    bool is_kept = memo->cache && agent.len <= KEY_MAX;
    struct kept *kept = is_kept ? find(memo, agent) : &memo->passing;
    unsigned char *at = (unsigned char *)kept + parts[part].at;

    *found = is_kept && kept->stamps[part] == memo->stamps[part];
    if (*found) {
        memo->counts[part].hits++;
        return at;
    }
    memo->counts[part].misses++;
    kept->stamps[part] = memo->stamps[part];
    return memset(at, 0, parts[part].size);
}

void agent_memo_forget(struct agent_memo *memo, enum agent_part part)
{
    memo->stamps[part]++;
}

void agent_memo_flush_counts(struct agent_memo *memo, enum agent_part part)
{
    cache_counts_flush(&memo->counts[part]);
}

void agent_memo_close(struct agent_memo *memo)
{
    if (!memo)
        return;
    for (int i = 0; i < AGENT_PARTS; i++)
        agent_memo_flush_counts(memo, (enum agent_part)i);
    cache_close(memo->cache);
    free(memo);
}
