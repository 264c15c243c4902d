/*
 * rule.c - which rule a dataset has, and how old its records may be.
 */
#include "indexer/retention/rule.h"

#include <fnmatch.h>

#include "indexer/retention/config.h"
#include "indexer/retention/name.h"

#define DAY_MS 86400000

static int64_t day_of_ms(int64_t ms)
{
    return ms / DAY_MS - (ms % DAY_MS < 0);
}

const struct retention_rule *retention_rule_of(const struct retention_config *config,
                                               const char *dataset)
{
    for (uint32_t i = 0; i < config->dataset_count; i++)
        if (fnmatch(config->datasets[i].dataset, dataset, FNM_NOESCAPE) == 0)
            return &config->datasets[i];
    return &config->rest;
}

int64_t retention_oldest_day(const struct retention_config *config, const char *dataset,
                             int64_t now_ms)
{
    const struct retention_rule *rule = retention_rule_of(config, dataset);
    uint64_t age_ms = rule->max_age_ms;

    if (age_ms == 0)
        return RETENTION_NO_LIMIT;
    return day_of_ms(now_ms -
                     (int64_t)(age_ms > RETENTION_AGE_MIN_MS ? age_ms : RETENTION_AGE_MIN_MS));
}

bool retention_is_too_old(const struct retention_config *config, const char *index_prefix,
                          struct slice index, int64_t now_ms)
{
    struct index_day day;

    return config->enabled && index_day_parse(index, index_prefix, &day) &&
           day.day < retention_oldest_day(config, day.dataset, now_ms);
}
