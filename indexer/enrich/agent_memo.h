/*
 * agent_memo.h - what enrichers made of user agents, kept for when they come again.
 *
 * Several look at the agent of each record: it is kept once for all of them, so that the second
 * finds in the processor's cache what the first has touched. Each has a part of its own, which it
 * may forget alone. Threads: a memo belongs to one worker's set of enrichers.
 */
#ifndef INDEXER_ENRICH_AGENT_MEMO_H
#define INDEXER_ENRICH_AGENT_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/enrich/agent_parse.h"
#include "indexer/enrich/bot_list.h"

enum agent_part { AGENT_SYSTEM, AGENT_BOT, AGENT_THREAT, AGENT_PARTS };

#define AGENT_FIELDS 7

struct agent_system {              /* of agent.c */
    uint8_t lengths[AGENT_FIELDS]; /* of its texts, in the order of agent.c's table */
    uint8_t plain;                 /* bit i: the text stands for itself in JSON */
    struct agent agent;
};

struct agent_bot { /* of bot.c */
    struct bot bot;
    bool is_visitor; /* named, and no tool that people use as well */
    uint32_t verify; /* entry of the configuration, from 1 on; 0: none */
};

#define AGENT_RULES 15 /* one that hits more is an attack anyway */

struct agent_threat { /* of threat.c; also what it keeps of referrers */
    uint16_t count, rules[AGENT_RULES];
};

struct agent_memo;
struct indexer_config;

/* For the enrichers that `config` asks for. FATAL: no memory. */
enum status agent_memo_open(const struct indexer_config *config, struct agent_memo **out,
                            struct error *err);

/* Another record follows: texts at the same place are others from now on. */
void agent_memo_next(struct agent_memo *memo);

/*
 * The part of an agent, of the type above. *found false: it is zeroed, and the caller fills it at
 * once. Good until the next call with another text.
 */
void *agent_memo_get(struct agent_memo *memo, enum agent_part part, struct slice agent,
                     bool *found);

/* Forgets that part of all agents: what it was made from has changed. */
void agent_memo_forget(struct agent_memo *memo, enum agent_part part);

/* Adds what was counted of the part to indexer_enrich_cache_{hits,misses}_total. */
void agent_memo_flush_counts(struct agent_memo *memo, enum agent_part part);

void agent_memo_close(struct agent_memo *memo); /* NULL is fine */

#endif
