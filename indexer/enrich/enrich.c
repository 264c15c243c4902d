/*
 * enrich.c - the list of enrichers.
 */
#include "indexer/enrich/enrich.h"

#include <assert.h>

#include "common/scope.h"

/* In the order in which they are applied. */
static const struct enrich_type *const types[] = {
    &enrich_geoip,
};

static_assert(ARRAY_LEN(types) <= ENRICH_MAX, "ENRICH_MAX is too small");

enum status enrich_set_open(struct enrich_set *set, const struct indexer_config *config,
                            struct error *err)
{
    enum status status;

    *set = (struct enrich_set){0};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        status = types[i]->open(config, &set->items[set->count], err);
        if (status == DONE)
            continue;
        if (status) {
            enrich_set_release(set);
            return status;
        }
        set->count++;
    }
    return OK;
}

void enrich_set_apply(struct enrich_set *set, struct record *record)
{
    for (unsigned i = 0; i < set->count; i++)
        set->items[i]->type->apply(set->items[i], record);
}

void enrich_set_refresh(struct enrich_set *set, int64_t now_ms)
{
    for (unsigned i = 0; i < set->count; i++)
        set->items[i]->type->refresh(set->items[i], now_ms);
}

void enrich_set_release(struct enrich_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        set->items[i]->type->close(set->items[i]);
    *set = (struct enrich_set){0};
}
