/*
 * plan.c - what goes and what stays, and why.
 */
#include "indexer/retention/plan.h"

#include <stdbool.h>
#include <string.h>

#include "indexer/retention/config.h"
#include "indexer/retention/rule.h"
#include "indexer/retention/survey.h"

#define DAY_MS 86400000

const char *const retention_why_names[WHY_COUNT] = {
    [WHY_YOUNG] = "within_limits", [WHY_NO_LIMIT] = "no_limit", [WHY_RECENT] = "recent",
    [WHY_FUTURE] = "future",       [WHY_CLOSED] = "closed",     [WHY_READ_ONLY] = "read_only",
    [WHY_LIFECYCLE] = "lifecycle", [WHY_SNAPSHOT] = "snapshot", [WHY_DATA_STREAM] = "data_stream",
    [WHY_FOREIGN] = "foreign",     [WHY_UNMARKED] = "unmarked", [WHY_AGE] = "age",
    [WHY_SIZE] = "size",           [WHY_ALL_SIZE] = "all_size", [WHY_KEPT_AGE] = "kept_age",
};

const char *const retention_why_texts[WHY_COUNT] = {
    [WHY_YOUNG] = "within its limits",
    [WHY_NO_LIMIT] = "no limit",
    [WHY_RECENT] = "today's and yesterday's always stay",
    [WHY_FUTURE] = "of a day to come",
    [WHY_CLOSED] = "closed: open it, so that what is to be kept can be read",
    [WHY_READ_ONLY] = "held by its read_only or metadata block",
    [WHY_LIFECYCLE] = "its lifecycle policy decides",
    [WHY_SNAPSHOT] = "mounted from a snapshot",
    [WHY_DATA_STREAM] = "part of a data stream",
    [WHY_FOREIGN] = "not ours: another name",
    [WHY_UNMARKED] = "not ours: no mark in its mapping",
    [WHY_AGE] = "older than max_age_ms",
    [WHY_SIZE] = "beyond max_total_bytes",
    [WHY_ALL_SIZE] = "beyond max_all_bytes",
    [WHY_KEPT_AGE] = "older than keep_ms",
};

static bool keeps(const struct retention_rule *rule)
{
    return rule->keep && rule->keep[0] && rule->keep_ms;
}

static bool has_limit(const struct retention_rule *rule)
{
    return rule->max_age_ms || rule->max_total_bytes;
}

static int64_t today(int64_t now_ms)
{
    return now_ms / DAY_MS - (now_ms % DAY_MS < 0);
}

/* How an index of a day would go: what is older than keep_ms is not worth a copy. */
static enum retention_step step_of(const struct retention_action *action, int64_t now_ms)
{
    int64_t end_ms = (action->index->day.day + 1) * DAY_MS;

    if (!keeps(action->rule) || end_ms + (int64_t)action->rule->keep_ms <= now_ms)
        return STEP_DELETE;
    return STEP_KEEP;
}

/* Something keeps it whatever the rules say. False: it may go. */
static bool is_held(const struct retention_action *action, enum retention_why *why, int64_t now_ms)
{
    static const enum retention_why holds[] = {
        [HOLD_READ_ONLY] = WHY_READ_ONLY,
        [HOLD_LIFECYCLE] = WHY_LIFECYCLE,
        [HOLD_SNAPSHOT] = WHY_SNAPSHOT,
        [HOLD_DATA_STREAM] = WHY_DATA_STREAM,
    };
    const struct retention_index *index = action->index;

    if (index->hold != HOLD_NONE)
        *why = holds[index->hold];
    else if (index->kind == INDEX_DAY && index->day.day > today(now_ms))
        *why = WHY_FUTURE;
    else if (index->kind == INDEX_DAY && index->day.day >= today(now_ms) - 1)
        *why = WHY_RECENT;
    else if (index->kind == INDEX_DAY && index->closed && step_of(action, now_ms) == STEP_KEEP)
        *why = WHY_CLOSED;
    else
        return false;
    return true;
}

static void go(struct retention_action *action, enum retention_why why, int64_t now_ms)
{
    if (is_held(action, &action->why, now_ms))
        return;
    action->why = why;
    action->step = action->index->kind == INDEX_KEPT ? STEP_DELETE : step_of(action, now_ms);
}

static void plan_day(const struct retention_config *config, struct retention_action *action,
                     int64_t now_ms)
{
    const struct index_day *day = &action->index->day;

    if (action->rule->max_age_ms)
        action->due_ms = (day->day + 1) * DAY_MS + (int64_t)action->rule->max_age_ms;
    if (config->ilm_policy && config->ilm_policy[0]) {
        if (!is_held(action, &action->why, now_ms) || action->why == WHY_RECENT)
            action->step = STEP_MANAGE;
        action->why = action->step == STEP_MANAGE ? WHY_LIFECYCLE : action->why;
        return;
    }
    if (action->rule->max_age_ms && day->day < retention_oldest_day(config, day->dataset, now_ms)) {
        go(action, WHY_AGE, now_ms);
        return;
    }
    if (is_held(action, &action->why, now_ms) && action->why != WHY_CLOSED)
        return;
    action->why = has_limit(action->rule) ? WHY_YOUNG : WHY_NO_LIMIT;
}

static void plan_kept(struct retention_action *action, int64_t now_ms)
{
    action->why = keeps(action->rule) ? WHY_YOUNG : WHY_NO_LIMIT;
    if (!keeps(action->rule))
        return;
    action->due_ms = month_end(action->index->day.day) * DAY_MS + (int64_t)action->rule->keep_ms;
    if (action->due_ms <= now_ms)
        go(action, WHY_KEPT_AGE, now_ms);
}

static void plan_by_age(const struct retention_config *config, struct retention_action *action,
                        int64_t now_ms)
{
    switch (action->index->kind) {
    case INDEX_DAY:
        action->rule = retention_rule_of(config, action->index->day.dataset);
        plan_day(config, action, now_ms);
        break;
    case INDEX_KEPT:
        action->rule = retention_rule_of(config, action->index->day.dataset);
        plan_kept(action, now_ms);
        break;
    case INDEX_FOREIGN:
        action->why = action->index->named ? WHY_UNMARKED : WHY_FOREIGN;
        break;
    }
}

static bool is_of(const struct retention_action *action, const char *dataset)
{
    return action->index->kind == INDEX_DAY &&
           (!dataset || strcmp(action->index->day.dataset, dataset) == 0);
}

/* Bytes of the days that stay. `dataset` NULL: of all. */
static uint64_t staying_bytes(const struct retention_action *actions, size_t count,
                              const char *dataset)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        if (is_of(&actions[i], dataset) && actions[i].step == STEP_STAY)
            bytes += actions[i].index->bytes;
    return bytes;
}

/* The oldest go until the others take at most `max_bytes`. */
static void plan_by_size(struct retention_action *actions, size_t count, const char *dataset,
                         uint64_t max_bytes, int64_t now_ms)
{
    uint64_t bytes = staying_bytes(actions, count, dataset);

    for (size_t i = 0; i < count && bytes > max_bytes; i++) {
        struct retention_action *action = &actions[i];

        if (!is_of(action, dataset) || action->step != STEP_STAY ||
            (!dataset && !has_limit(action->rule)))
            continue;
        go(action, dataset ? WHY_SIZE : WHY_ALL_SIZE, now_ms);
        if (action->step != STEP_STAY)
            bytes -= action->index->bytes;
    }
}

/* Is this the first index of its dataset? */
static bool is_first(const struct retention_action *actions, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (is_of(&actions[before], actions[i].index->day.dataset))
            return false;
    return true;
}

void retention_plan(const struct retention_config *config, const struct retention_index *indices,
                    size_t count, int64_t now_ms, struct retention_action *actions)
{
    for (size_t i = 0; i < count; i++) {
        actions[i] = (struct retention_action){.index = &indices[i], .due_ms = INT64_MAX};
        plan_by_age(config, &actions[i], now_ms);
    }
    for (size_t i = 0; i < count; i++)
        if (indices[i].kind == INDEX_DAY && actions[i].rule->max_total_bytes &&
            is_first(actions, i))
            plan_by_size(actions, count, indices[i].day.dataset, actions[i].rule->max_total_bytes,
                         now_ms);
    if (config->max_all_bytes)
        plan_by_size(actions, count, NULL, config->max_all_bytes, now_ms);
}
