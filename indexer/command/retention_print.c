/*
 * retention_print.c - what `indexer retention` prints.
 */
#include "indexer/command/retention_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/timestamp.h"
#include "indexer/retention/config.h"
#include "indexer/retention/lease.h"
#include "indexer/retention/plan.h"
#include "indexer/retention/survey.h"

#define DAY_MS      86400000
#define TEXT_MAX    64
#define RULE_MAX    96
#define OUTPUT_MAX_ (64u << 20)

static const char *bytes_text(uint64_t bytes, char out[TEXT_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;

    for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        value /= 1024;
    snprintf(out, TEXT_MAX, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

static const char *span_text(uint64_t ms, char out[TEXT_MAX])
{
    if (ms >= 2 * (uint64_t)DAY_MS)
        snprintf(out, TEXT_MAX, ms % DAY_MS ? "%.1fd" : "%.0fd", (double)ms / DAY_MS);
    else
        snprintf(out, TEXT_MAX, "%" PRIu64 "h", ms / 3600000);
    return out;
}

static const char *day_text(const struct retention_index *index, char out[TEXT_MAX])
{
    timestamp_print_day((struct timestamp){index->day.day * 86400, 0}, out);
    if (index->kind == INDEX_KEPT)
        out[7] = '\0';
    return out;
}

static const char *when_text(int64_t ms, char out[TEXT_MAX])
{
    out[timestamp_print(timestamp_from_ms(ms - ms % 1000), out)] = '\0';
    return out;
}

static const char *step_text(enum retention_step step)
{
    static const char *const texts[] = {
        [STEP_STAY] = "stays",
        [STEP_DELETE] = "delete",
        [STEP_KEEP] = "copy and delete",
        [STEP_MANAGE] = "to policy",
    };

    return texts[step];
}

static const char *step_name(enum retention_step step)
{
    static const char *const names[] = {
        [STEP_STAY] = "stay",
        [STEP_DELETE] = "delete",
        [STEP_KEEP] = "keep_and_delete",
        [STEP_MANAGE] = "manage",
    };

    return names[step];
}

static const char *rule_text(const struct retention_rule *rule, enum index_kind kind,
                             char out[RULE_MAX])
{
    char age[TEXT_MAX] = "", size[TEXT_MAX] = "", keep[TEXT_MAX] = "";
    bool keeps = rule->keep && rule->keep[0];

    if (kind == INDEX_KEPT) {
        snprintf(out, RULE_MAX, "%s", keeps ? span_text(rule->keep_ms, keep) : "no limit");
        return out;
    }
    if (rule->max_age_ms)
        span_text(rule->max_age_ms, age);
    if (rule->max_total_bytes)
        bytes_text(rule->max_total_bytes, size);
    if (keeps)
        span_text(rule->keep_ms, keep);
    snprintf(out, RULE_MAX, "%.20s%s%.20s%s%.20s", age, *age && *size ? ", " : "", size,
             keeps ? ", some " : "", keep);
    if (out[0] == '\0')
        snprintf(out, RULE_MAX, "no limit");
    return out;
}

/* --- by dataset --- */

struct group {
    const struct retention_action *first;
    uint64_t indices, docs, bytes, go;
    const struct retention_action *oldest, *newest;
    int64_t due_ms; /* when the next goes by its age */
};

static bool same_group(const struct retention_action *a, const struct retention_action *b)
{
    return a->index->kind == b->index->kind &&
           strcmp(a->index->day.dataset, b->index->day.dataset) == 0;
}

/* The group that begins at `i`. False: it began before, or is not ours. */
static bool make_group(const struct retention_status *status, size_t i, struct group *group)
{
    const struct retention_action *actions = status->actions;

    if (actions[i].index->kind == INDEX_FOREIGN)
        return false;
    for (size_t before = 0; before < i; before++)
        if (same_group(&actions[before], &actions[i]))
            return false;
    *group = (struct group){.first = &actions[i], .oldest = &actions[i], .due_ms = INT64_MAX};
    for (size_t k = i; k < status->count; k++) {
        if (!same_group(&actions[k], &actions[i]))
            continue;
        group->indices++;
        group->docs += actions[k].index->docs;
        group->bytes += actions[k].index->bytes;
        group->newest = &actions[k];
        if (actions[k].step != STEP_STAY)
            group->go++;
        else if (actions[k].due_ms > status->now_ms && actions[k].due_ms < group->due_ms)
            group->due_ms = actions[k].due_ms;
    }
    return true;
}

static void print_next(const struct group *group)
{
    char when[TEXT_MAX];

    if (group->go)
        printf("%" PRIu64 " now\n", group->go);
    else if (group->due_ms != INT64_MAX)
        printf("%.16sZ\n", when_text(group->due_ms, when));
    else
        puts("-");
}

static int widest(const struct retention_status *status)
{
    int width = (int)strlen("DATASET");

    for (size_t i = 0; i < status->count; i++) {
        const struct retention_index *index = status->actions[i].index;
        int len = (int)strlen(index->day.dataset) + (index->kind == INDEX_KEPT ? 7 : 0);

        if (index->kind != INDEX_FOREIGN && len > width)
            width = len;
    }
    return width;
}

static void print_table(const struct retention_status *status)
{
    int width = widest(status);
    char oldest[TEXT_MAX], newest[TEXT_MAX], size[TEXT_MAX], rule[RULE_MAX], name[TEXT_MAX + 80];
    struct group group;

    printf("%-*s %7s  %-10s  %-10s %12s %9s  %-32s %s\n", width, "DATASET", "INDICES", "OLDEST",
           "NEWEST", "RECORDS", "SIZE", "GOES AFTER", "NEXT");
    for (size_t i = 0; i < status->count; i++) {
        if (!make_group(status, i, &group))
            continue;
        snprintf(name, sizeof(name), "%s%s", group.first->index->day.dataset,
                 group.first->index->kind == INDEX_KEPT ? " (kept)" : "");
        printf("%-*s %7" PRIu64 "  %-10s  %-10s %12" PRIu64 " %9s  %-32s ", width, name,
               group.indices, day_text(group.oldest->index, oldest),
               day_text(group.newest->index, newest), group.docs, bytes_text(group.bytes, size),
               rule_text(group.first->rule, group.first->index->kind, rule));
        print_next(&group);
    }
}

/* Those that are due, or look like ours, and stay all the same. */
static void print_exceptions(const struct retention_status *status)
{
    uint64_t foreign = 0, unmarked = 0;

    for (size_t i = 0; i < status->count; i++) {
        const struct retention_action *action = &status->actions[i];

        if (action->why == WHY_FOREIGN)
            foreign++;
        else if (action->why == WHY_UNMARKED)
            unmarked++;
        else if (action->step == STEP_STAY && action->why >= WHY_FUTURE && action->why < WHY_AGE &&
                 action->why != WHY_LIFECYCLE)
            printf("%s stays: %s\n", action->index->name, retention_why_texts[action->why]);
    }
    if (unmarked)
        printf("%" PRIu64 " have names like ours and not our mark: they are never touched\n",
               unmarked);
    if (foreign)
        printf("%" PRIu64 " more begin with '%s-' and are not ours: they are never touched\n",
               foreign, status->prefix);
}

static void print_disks(const struct survey_disks *disks)
{
    char used[TEXT_MAX], total[TEXT_MAX];

    for (size_t i = 0; i < disks->count; i++) {
        const struct survey_disk *disk = &disks->list[i];

        printf("disk of %s: %s of %s used (%.0f %%); Elasticsearch stops new shards at %s and "
               "writing at %s\n",
               disk->node, bytes_text(disk->used_bytes, used), bytes_text(disk->total_bytes, total),
               100 * (double)disk->used_bytes / (double)disk->total_bytes,
               disks->low[0] ? disks->low : "?", disks->flood_stage[0] ? disks->flood_stage : "?");
    }
}

static void print_state(const struct retention_status *status)
{
    const struct lease_state *lease = status->lease;
    char when[TEXT_MAX];

    if (!status->config->enabled)
        puts("retention.enabled is false: nothing is deleted");
    else if (lease->until_ms > status->now_ms)
        printf("at work now: %s\n", lease->owner);
    else if (lease->finished_ms)
        printf("last run: %s\n", when_text(lease->finished_ms, when));
    else
        puts("last run: none yet");
}

/* --- as JSON --- */

static cJSON *index_json(const struct retention_action *action)
{
    static const char *const kinds[] = {
        [INDEX_DAY] = "day", [INDEX_KEPT] = "kept", [INDEX_FOREIGN] = "foreign"};
    const struct retention_index *index = action->index;
    cJSON *json = cJSON_CreateObject();
    char text[TEXT_MAX];

    cJSON_AddStringToObject(json, "index", index->name);
    cJSON_AddStringToObject(json, "kind", kinds[index->kind]);
    if (index->kind != INDEX_FOREIGN) {
        cJSON_AddStringToObject(json, "dataset", index->day.dataset);
        cJSON_AddStringToObject(json, "day", day_text(index, text));
    }
    cJSON_AddNumberToObject(json, "records", (double)index->docs);
    cJSON_AddNumberToObject(json, "bytes", (double)index->bytes);
    cJSON_AddStringToObject(json, "step", step_name(action->step));
    cJSON_AddStringToObject(json, "reason", retention_why_names[action->why]);
    if (action->due_ms != INT64_MAX)
        cJSON_AddStringToObject(json, "due", when_text(action->due_ms, text));
    return json;
}

static cJSON *group_json(const struct group *group)
{
    const struct retention_rule *rule = group->first->rule;
    cJSON *json = cJSON_CreateObject(), *limits = cJSON_AddObjectToObject(json, "rule");
    char text[TEXT_MAX];

    cJSON_AddStringToObject(json, "dataset", group->first->index->day.dataset);
    cJSON_AddBoolToObject(json, "kept", group->first->index->kind == INDEX_KEPT);
    cJSON_AddNumberToObject(json, "indices", (double)group->indices);
    cJSON_AddStringToObject(json, "oldest", day_text(group->oldest->index, text));
    cJSON_AddStringToObject(json, "newest", day_text(group->newest->index, text));
    cJSON_AddNumberToObject(json, "records", (double)group->docs);
    cJSON_AddNumberToObject(json, "bytes", (double)group->bytes);
    cJSON_AddNumberToObject(json, "due_now", (double)group->go);
    if (group->due_ms != INT64_MAX)
        cJSON_AddStringToObject(json, "next", when_text(group->due_ms, text));
    cJSON_AddNumberToObject(limits, "max_age_ms", (double)rule->max_age_ms);
    cJSON_AddNumberToObject(limits, "max_total_bytes", (double)rule->max_total_bytes);
    cJSON_AddStringToObject(limits, "keep", rule->keep ? rule->keep : "");
    cJSON_AddNumberToObject(limits, "keep_ms", (double)rule->keep_ms);
    return json;
}

static cJSON *disks_json(const struct survey_disks *disks)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < disks->count; i++) {
        cJSON *disk = cJSON_CreateObject();

        cJSON_AddStringToObject(disk, "node", disks->list[i].node);
        cJSON_AddNumberToObject(disk, "used_bytes", (double)disks->list[i].used_bytes);
        cJSON_AddNumberToObject(disk, "total_bytes", (double)disks->list[i].total_bytes);
        cJSON_AddStringToObject(disk, "low_watermark", disks->low);
        cJSON_AddStringToObject(disk, "flood_stage_watermark", disks->flood_stage);
        cJSON_AddItemToArray(list, disk);
    }
    return list;
}

/* Without memory it is printed as far as it came, which is no JSON. */
static void print_json(const cJSON *json)
{
    scoped_buf struct buf text = BUF_INIT(OUTPUT_MAX_);

    json_write(json, &text);
    puts(buf_str(&text));
}

static void print_status_json(const struct retention_status *status)
{
    scoped_json cJSON *json = cJSON_CreateObject();
    cJSON *datasets = cJSON_AddArrayToObject(json, "datasets");
    cJSON *indices = cJSON_AddArrayToObject(json, "indices");
    struct group group;
    char text[TEXT_MAX];

    cJSON_AddBoolToObject(json, "enabled", status->config->enabled);
    if (status->lease->finished_ms)
        cJSON_AddStringToObject(json, "last_run", when_text(status->lease->finished_ms, text));
    cJSON_AddBoolToObject(json, "running", status->lease->until_ms > status->now_ms);
    for (size_t i = 0; i < status->count; i++) {
        cJSON_AddItemToArray(indices, index_json(&status->actions[i]));
        if (make_group(status, i, &group))
            cJSON_AddItemToArray(datasets, group_json(&group));
    }
    cJSON_AddItemToObject(json, "disks", disks_json(status->disks));
    print_json(json);
}

void retention_print_status(const struct retention_status *status, bool json)
{
    if (json) {
        print_status_json(status);
        return;
    }
    print_table(status);
    print_exceptions(status);
    print_disks(status->disks);
    print_state(status);
}

void retention_print_action(const struct retention_action *action, const char *state, uint64_t kept,
                            bool json)
{
    char size[TEXT_MAX], copied[TEXT_MAX] = "";

    if (json) {
        scoped_json cJSON *line = index_json(action);

        cJSON_AddStringToObject(line, "state", state);
        if (strcmp(state, "done") == 0)
            cJSON_AddNumberToObject(line, "kept_records", (double)kept);
        print_json(line);
        return;
    }
    if (action->step == STEP_KEEP && strcmp(state, "done") == 0)
        snprintf(copied, sizeof(copied), ", %" PRIu64 " kept", kept);
    printf("%-6s %-15s %-48s %12" PRIu64 " records %9s  %s%s\n", state, step_text(action->step),
           action->index->name, action->index->docs, bytes_text(action->index->bytes, size),
           retention_why_texts[action->why], copied);
}

void retention_print_sum(uint64_t indices, uint64_t bytes)
{
    char size[TEXT_MAX];

    if (indices)
        printf("%" PRIu64 " %s, %s\n", indices, indices == 1 ? "index" : "indices",
               bytes_text(bytes, size));
    else
        puts("nothing is due");
}
