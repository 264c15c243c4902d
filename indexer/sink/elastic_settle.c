/*
 * elastic_settle.c - from verdicts to the outcomes of a batch's entries.
 */
#include "indexer/sink/elastic_settle.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/sink/elastic_body.h"
#include "indexer/sink/index_blocks.h"
#include "indexer/sink/sink.h"

static struct elastic_quota refusals; /* of the process */

void elastic_settle_problem(struct elastic_settle *settle, const char *text)
{
    if (settle->problem.status == OK)
        error_set(&settle->problem, RETRY, "%s", text);
}

static const char *keep(struct elastic_settle *settle, const char *text)
{
    struct slice with_nul = {text, strlen(text) + 1};

    return arena_copy(&settle->batch->arena, with_nul).data;
}

static void refuse(struct elastic_settle *settle, struct batch_entry *entry, enum reason reason,
                   const char *detail)
{
    entry->outcome = OUTCOME_REFUSED;
    entry->reason = reason;
    if (detail)
        entry->detail = detail;
    settle->tally.refused++;
}

/* False: too many have been refused in this minute, the entry stays pending. */
static bool quota_left(struct elastic_settle *settle)
{
    uint32_t limit = settle->context->config->elasticsearch.dlq_max_per_minute;

    if (elastic_quota_take(&refusals, limit, clock_mono_ms()))
        return true;
    settle->over_quota++;
    settle->tally.retried++;
    return false;
}

/* True: it goes again in its reduced form. */
static bool degrade(struct elastic_settle *settle, struct batch_entry *entry)
{
    const struct sink_context *context = settle->context;

    if (entry->degraded || !context->degrade ||
        !context->degrade(entry, &settle->batch->arena, context->arg))
        return false;
    entry->degraded = true;
    settle->degraded++;
    settle->tally.retried++;
    return true;
}

static void settle_mapping(struct elastic_settle *settle, const struct elastic_item *item)
{
    struct arena *arena = &settle->batch->arena;

    if (degrade(settle, item->entry))
        item->entry->detail = elastic_item_detail(item, arena);
    else if (quota_left(settle))
        refuse(settle, item->entry, REASON_MAPPING, elastic_item_detail(item, arena));
}

static void settle_rejected(struct elastic_settle *settle, const struct elastic_item *item)
{
    if (quota_left(settle))
        refuse(settle, item->entry, REASON_REJECTED,
               elastic_item_detail(item, &settle->batch->arena));
}

static const char *hint(enum elastic_verdict verdict)
{
    switch (verdict) {
    case VERDICT_BLOCKED:
        return "; it is read-only: check the disks of Elasticsearch and index.blocks";
    case VERDICT_NO_INDEX:
        return "; it may not be created: check action.auto_create_index and "
               "cluster.max_shards_per_node";
    case VERDICT_NO_SHARDS:
        return "; its shards are away: check the nodes of Elasticsearch";
    case VERDICT_DENIED:
        return "; check the rights of elasticsearch.username or api_key";
    default:
        return "";
    }
}

/* The documents of an index follow each other mostly, and all have the same to say of it. */
static void block(struct elastic_settle *settle, const struct elastic_item *item, const char *why)
{
    struct slice index = item->entry->index;

    settle->blocked++;
    if (index.data == settle->last_blocked)
        return;
    settle->last_blocked = index.data;
    if (index_blocks_add(settle->blocks, index, why, clock_mono_ms()))
        log_error("%s; what is for it waits, all else goes on", why);
}

static void settle_later(struct elastic_settle *settle, const struct elastic_item *item,
                         enum elastic_verdict verdict)
{
    bool of_index = elastic_verdict_is_of_index(verdict);
    struct slice index = item->entry->index;
    char why[480];

    settle->tally.retried++;
    settle->overloaded += verdict == VERDICT_OVERLOADED;
    if (settle->problem.status && verdict != VERDICT_DENIED && !of_index)
        return;
    snprintf(why, sizeof(why), "index '%.*s': HTTP %d %.*s%s",
             (int)(index.len < 255 ? index.len : 255), index.data, item->status,
             (int)(item->type.len < 80 ? item->type.len : 80), item->type.data, hint(verdict));
    if (of_index)
        block(settle, item, why);
    if (verdict == VERDICT_DENIED)
        settle->problem.status = OK; /* the right that is missing goes before what may pass */
    elastic_settle_problem(settle, why);
}

static void settle_stored(struct elastic_settle *settle, struct slice index)
{
    if (index.data == settle->last_stored)
        return;
    settle->last_stored = index.data;
    if (index_blocks_remove(settle->blocks, index))
        log_info("index '%.*s' takes documents again", SLICE_FMT(index));
}

static enum elastic_verdict settle_item(struct elastic_settle *settle,
                                        const struct elastic_item *item)
{
    enum elastic_verdict verdict = elastic_item_verdict(item);
    struct batch_entry *entry = item->entry;

    entry->status = item->status;
    if (verdict == VERDICT_STORED || verdict == VERDICT_DUPLICATE)
        settle_stored(settle, entry->index);
    if (verdict == VERDICT_STORED) {
        entry->outcome = OUTCOME_INDEXED;
        settle->tally.created++;
    } else if (verdict == VERDICT_DUPLICATE) {
        entry->outcome = OUTCOME_DUPLICATE;
        settle->tally.duplicate++;
    } else if (verdict == VERDICT_MAPPING) {
        settle_mapping(settle, item);
    } else if (verdict == VERDICT_REJECTED) {
        settle_rejected(settle, item);
    } else {
        settle_later(settle, item, verdict);
    }
    return verdict;
}

void elastic_settle_items(struct elastic_settle *settle, const struct elastic_item *items,
                          size_t count, size_t counts[VERDICT_COUNT])
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        counts[i] = 0;
    for (size_t i = 0; i < count; i++)
        counts[settle_item(settle, &items[i])]++;
    elastic_count_items(counts);
}

void elastic_settle_bad(struct elastic_settle *settle, struct batch_entry *entry,
                        const char *detail)
{
    entry->status = 400;
    if (degrade(settle, entry))
        entry->detail = keep(settle, detail);
    else if (quota_left(settle))
        refuse(settle, entry, REASON_REJECTED, keep(settle, detail));
}

void elastic_settle_too_large(struct elastic_settle *settle, struct batch_entry *entry,
                              const char *detail)
{
    entry->status = 413;
    refuse(settle, entry, REASON_TOO_LARGE, keep(settle, detail));
}

bool elastic_settle_unfit(struct elastic_settle *settle, struct batch_entry *entry)
{
    const char *why;

    if (elastic_body_too_large(entry)) {
        refuse(settle, entry, REASON_TOO_LARGE, "larger than any request may be");
        return true;
    }
    why = elastic_body_unfit(entry);
    if (why && quota_left(settle))
        refuse(settle, entry, REASON_REJECTED, why);
    return why;
}
