/*
 * days.c - was a day's index deleted because its time was over?
 */
#include "indexer/audit/days.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/grow.h"
#include "common/json_walk.h"
#include "indexer/config.h"
#include "indexer/retention/name.h"
#include "indexer/retention/rule.h"
#include "indexer/search_private.h"

#define DAY_MS 86400000

static int64_t day_of(int64_t time_ms)
{
    return time_ms / DAY_MS - (time_ms % DAY_MS < 0);
}

static bool add(struct audit_days *days, const struct index_day *day)
{
    if (!grow(&days->list, &days->room, days->count, sizeof(*days->list), 64))
        return false;
    days->list[days->count++] = *day;
    return true;
}

/* `"<name>":{…}` each, as the answer to a question for settings is. */
static enum status take_names(struct audit_days *days, struct slice answer, struct error *err)
{
    const char *p = answer.data + 1, *end = answer.data + answer.len;
    const char *prefix = days->config->elasticsearch.index_prefix;
    struct json_value name, value;
    struct index_day day;

    while ((p = json_read_string(json_skip_space(p, end), end, &name)) && p < end) {
        p = json_skip_space(p, end);
        if (p == end || *p != ':' || !(p = json_read(json_skip_space(p + 1, end), end, &value)))
            break;
        if (index_day_parse((struct slice){name.raw.data + 1, name.raw.len - 2}, prefix, &day) &&
            !add(days, &day))
            return error_set(err, FATAL, "out of memory");
        p = json_skip_space(p, end);
        if (p == end || *p != ',')
            break;
        p++;
    }
    return OK;
}

enum status audit_days_read(const struct indexer_config *config, struct audit_days *days,
                            struct error *err)
{
    scoped_buf struct buf path = BUF_INIT(1024);
    struct search *search = NULL;
    struct slice answer;
    enum status status;

    *days = (struct audit_days){.config = config, .now_ms = clock_wall_ms()};
    if (!config->retention.enabled)
        return OK;
    status = search_open(&config->elasticsearch, (struct slice){NULL, 0}, &search, err);
    if (status == OK) {
        buf_addf(&path,
                 "/%s/_settings/index.uuid?expand_wildcards=all&ignore_unavailable=true"
                 "&allow_no_indices=true",
                 search->indices);
        status = search_ask(search, "GET", buf_str(&path), (struct slice){NULL, 0}, &answer, err);
    }
    if (status == OK)
        status = take_names(days, answer, err);
    search_close(search);
    return status == DONE ? OK : status;
}

bool audit_days_expired(const struct audit_days *days, struct slice dataset, int64_t time_ms)
{
    const struct retention_config *retention = &days->config->retention;
    int64_t day = day_of(time_ms), oldest_there = INT64_MAX, oldest;
    const struct retention_rule *rule;
    char name[INDEX_DATASET_MAX + 1];

    if (!retention->enabled || dataset.len > INDEX_DATASET_MAX || time_ms == INT64_MIN)
        return false;
    memcpy(name, dataset.data, dataset.len);
    name[dataset.len] = '\0';
    for (size_t i = 0; i < days->count; i++) {
        const struct index_day *there = &days->list[i];

        if (strcmp(there->dataset, name) != 0)
            continue;
        if (there->day == day)
            return false;
        oldest_there = there->day < oldest_there ? there->day : oldest_there;
    }
    oldest = retention_oldest_day(retention, name, days->now_ms);
    if (oldest != RETENTION_NO_LIMIT && day < oldest)
        return true;
    rule = retention_rule_of(retention, name);
    return (rule->max_total_bytes || retention->max_all_bytes || retention->ilm_policy[0]) &&
           day < oldest_there;
}

bool audit_days_due(const struct audit_days *days, int64_t time_ms)
{
    const struct retention_config *retention = &days->config->retention;
    int64_t day = day_of(time_ms), latest;

    if (!retention->enabled || time_ms == INT64_MIN)
        return false;
    latest = retention_oldest_day(retention, "", days->now_ms);
    for (uint32_t i = 0; i < retention->dataset_count; i++) {
        uint64_t age_ms = retention->datasets[i].max_age_ms;
        int64_t oldest = age_ms ? day_of(days->now_ms - (int64_t)age_ms) : RETENTION_NO_LIMIT;

        latest = oldest > latest ? oldest : latest;
    }
    return latest != RETENTION_NO_LIMIT && day < latest;
}

void audit_days_release(struct audit_days *days)
{
    free(days->list);
}
