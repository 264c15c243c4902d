/*
 * enrich.c - the list of enrichers, and what is done for all of them.
 */
#include "indexer/enrich/enrich.h"

#include <assert.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "indexer/enrich/agent_memo.h"

/*
 * Asking the clock around every enricher of every record would cost a tenth of
 * the work itself: one record in so many is timed. A prime, so that a rhythm
 * in the traffic is not always or never hit.
 */
#define SAMPLE_EVERY 61
#define REFRESH_MS   1000

/* In the order in which they are applied: what one adds the later ones see. Floods come last. */
static const struct enrich_type *const types[] = {
    &enrich_agent, &enrich_bot, &enrich_threat, &enrich_geoip, &enrich_flood,
};

static_assert(ARRAY_LEN(types) <= ENRICH_MAX, "ENRICH_MAX is too small");

static void add_item(struct enrich_set *set, struct enrich *enrich, const char *name)
{
    static const double bounds[] = {1e-7, 2.5e-7, 5e-7, 1e-6,   2.5e-6, 5e-6,
                                    1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3,   1e-2};
    const char *label = metrics_label("enricher", name);

    set->items[set->count++] = (struct enrich_item){
        .enrich = enrich,
        .seconds =
            metrics_histogram("indexer_enrich_seconds", label,
                              "Time of an enricher for a record, over a sample of the records",
                              bounds, ARRAY_LEN(bounds)),
        .errors = metrics_counter("indexer_enrich_errors_total", label,
                                  "Records that an enricher failed on; they go on without it"),
    };
}

enum status enrich_set_add(struct enrich_set *set, const struct enrich_type *type,
                           const struct indexer_config *config, struct error *err)
{
    struct enrich *enrich;
    enum status status;

    assert(set->count < ENRICH_MAX);
    status = type->open(config, &enrich, err);
    if (status != OK)
        return status == DONE ? OK : status;
    if (!set->agents && agent_memo_open(config, &set->agents, err)) {
        type->close(enrich);
        return FATAL;
    }
    enrich->agents = set->agents;
    add_item(set, enrich, type->name);
    return OK;
}

enum status enrich_set_open(struct enrich_set *set, const struct indexer_config *config,
                            struct error *err)
{
    *set = (struct enrich_set){.until_sample = SAMPLE_EVERY, .refreshed_ms = INT64_MIN / 2};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (enrich_set_add(set, types[i], config, err)) {
            enrich_set_release(set);
            return err->status;
        }
    }
    return OK;
}

static void apply_one(struct enrich_item *item, struct record *record, size_t entry)
{
    item->enrich->entry = entry;
    if (!item->enrich->type->apply(item->enrich, record))
        item->failed++;
}

static void apply_timed(struct enrich_set *set, struct record *record, size_t entry)
{
    int64_t before = clock_mono_ns(), after;

    for (unsigned i = 0; i < set->count; i++) {
        apply_one(&set->items[i], record, entry);
        after = clock_mono_ns();
        metric_observe(set->items[i].seconds, (double)(after - before) / 1e9);
        before = after;
    }
}

static void expect(struct enrich_set *set, struct record *record)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].enrich->type->expect)
            set->items[i].enrich->type->expect(set->items[i].enrich, record);
}

void enrich_set_apply(struct enrich_set *set, struct record *record, size_t entry)
{
    agent_memo_next(set->agents);
    expect(set, record);
    if (--set->until_sample == 0) {
        set->until_sample = SAMPLE_EVERY;
        apply_timed(set, record, entry);
        return;
    }
    for (unsigned i = 0; i < set->count; i++)
        apply_one(&set->items[i], record, entry);
}

static void flush_failed(struct enrich_item *item)
{
    if (item->failed)
        metric_add(item->errors, item->failed);
    item->failed = 0;
}

void enrich_set_refresh(struct enrich_set *set, int64_t now_ms)
{
    if (now_ms - set->refreshed_ms < REFRESH_MS)
        return;
    set->refreshed_ms = now_ms;
    for (unsigned i = 0; i < set->count; i++) {
        flush_failed(&set->items[i]);
        if (set->items[i].enrich->type->refresh)
            set->items[i].enrich->type->refresh(set->items[i].enrich, now_ms);
    }
}

void enrich_set_begin(struct enrich_set *set, const struct batch *batch)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].enrich->type->begin)
            set->items[i].enrich->type->begin(set->items[i].enrich, batch);
}

void enrich_set_settle(struct enrich_set *set, const struct batch *batch, int64_t now_ms)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].enrich->type->settle)
            set->items[i].enrich->type->settle(set->items[i].enrich, batch, now_ms);
}

void enrich_set_release(struct enrich_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        flush_failed(&set->items[i]);
        set->items[i].enrich->type->close(set->items[i].enrich);
    }
    agent_memo_close(set->agents);
    *set = (struct enrich_set){0};
}
