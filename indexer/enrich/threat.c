/*
 * threat.c - attacks that show in a request: rules over what is in an access log.
 *
 * Records with a URL, an agent or a referrer are looked at, others are left
 * alone. What the few hundred agents of a log are found to be is kept, and of
 * referrers, when they hold more than words: looking at others costs less than
 * finding them again. URLs are looked at each time. security.threat is set whenever
 * something was looked at; the other fields when rules have hit, also below
 * the threshold. Reading order of what does the work: threat/inspector.h.
 */
#include "indexer/enrich/enrich.h"

#include <stdlib.h>
#include <string.h>

#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/enrich/agent_memo.h"
#include "indexer/enrich/cache.h"
#include "indexer/enrich/threat/inspector.h"

#define KEY_MAX   1024 /* bytes; longer headers are looked at each time */
#define NAMES_MAX (16u << 10)

struct threat {
    struct enrich base;
    struct shared_source *source;
    struct shared_data *held;
    struct threat_book *book; /* which is what is held */
    struct inspector *inspector;
    struct cache *referrers;
    struct metric *categories[THREAT_CATEGORIES_MAX], *looked, *truncated;
    uint64_t category_counts[THREAT_CATEGORIES_MAX], looked_count, truncated_count;
};

/* ---- what is looked at ---- */

static void look(struct threat *threat, enum threat_part part, struct slice text,
                 struct threat_findings *findings)
{
    threat->truncated_count += inspector_look(threat->inspector, part, text, findings);
}

/* What a header that is kept was found to be: only a new one is looked at. */
static void look_once(struct threat *threat, enum threat_part part, struct slice text, bool found,
                      struct agent_threat *kept, struct threat_findings *findings)
{
    struct threat_findings own = {0};

    if (!found) {
        look(threat, part, text, &own);
        for (unsigned i = 0; own.count && i < threat->book->rules.count; i++)
            if (threat_has_rule(&own, i) && kept->count < AGENT_RULES)
                kept->rules[kept->count++] = (uint16_t)i;
    }
    for (unsigned i = 0; i < kept->count; i++)
        threat_add_rule(threat->book, kept->rules[i], findings);
}

static void look_at_agent(struct threat *threat, struct slice text,
                          struct threat_findings *findings)
{
    bool found;
    struct agent_threat *kept = agent_memo_get(threat->base.agents, AGENT_THREAT, text, &found);

    look_once(threat, PART_AGENT, text, found, kept, findings);
}

static void look_at_referrer(struct threat *threat, struct slice text,
                             struct threat_findings *findings)
{
    struct agent_threat *kept;
    bool found;

    if (inspector_look_quick(threat->inspector, PART_REFERRER, text, findings))
        return;
    kept = cache_get(threat->referrers, text, &found);
    look_once(threat, PART_REFERRER, text, found, kept, findings);
}

static bool look_at_url(struct threat *threat, struct record *record,
                        struct threat_findings *findings)
{
    struct slice original = {NULL, 0}, path = {NULL, 0}, query = {NULL, 0};
    char *joined;

    if (record_text(record, FIELD_URL_ORIGINAL, &original) && original.len) {
        look(threat, PART_URL, original, findings);
        return true;
    }
    record_text(record, FIELD_URL_PATH, &path);
    record_text(record, FIELD_URL_QUERY, &query);
    if (path.len + query.len == 0)
        return false;
    joined = arena_bytes(record->arena, path.len + 1 + query.len);
    if (!joined)
        return false;
    if (path.len)
        memcpy(joined, path.data, path.len);
    joined[path.len] = '?';
    if (query.len)
        memcpy(joined + path.len + 1, query.data, query.len);
    look(threat, PART_URL, (struct slice){joined, path.len + (query.len ? 1 + query.len : 0)},
         findings);
    return true;
}

static bool is_plain_method(struct slice method)
{
    for (size_t i = 0; i < method.len; i++)
        if (method.data[i] < 'A' || method.data[i] > 'Z')
            return false;
    return method.len <= 16;
}

static bool is_plain_host(struct slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]",
                    host.data[i], 66))
            return false;
    return true;
}

/* True: there was something to look at. */
static bool look_at_record(struct threat *threat, struct record *record,
                           struct threat_findings *findings)
{
    struct slice text;
    bool any = look_at_url(threat, record, findings);

    if (record_text(record, FIELD_USER_AGENT_ORIGINAL, &text) && text.len) {
        look_at_agent(threat, text, findings);
        any = true;
    }
    if (record_text(record, FIELD_HTTP_REQUEST_REFERRER, &text) && text.len) {
        look_at_referrer(threat, text, findings);
        any = true;
    }
    if (!any)
        return false;
    if (record_text(record, FIELD_HTTP_REQUEST_METHOD, &text) && !is_plain_method(text))
        look(threat, PART_METHOD, text, findings);
    if (record_text(record, FIELD_URL_DOMAIN, &text) && !is_plain_host(text))
        look(threat, PART_HOST, text, findings);
    return true;
}

/* ---- what is said of it ---- */

/* Names are of letters, digits, '-' and '_': they are valid JSON as they are. */
static size_t add_name(char *out, size_t len, const char *name)
{
    size_t size = strlen(name);

    out[len] = len ? ',' : '[';
    out[len + 1] = '"';
    len += 2;
    memcpy(out + len, name, size);
    out[len + size] = '"';
    return len + size + 1;
}

static void set_list(struct record *record, enum record_field field, char *room, size_t len)
{
    room[len++] = ']';
    record_set_json(record, field, arena_copy(record->arena, (struct slice){room, len}));
    if (!record->values[field].text.data) /* no memory: rather none than half of it */
        record_drop(record, field);
}

static void set_findings(struct threat *threat, struct record *record,
                         const struct threat_findings *findings)
{
    const struct threat_rules *rules = &threat->book->rules;
    char room[NAMES_MAX];
    size_t len = 0;

    for (unsigned i = 0; i < rules->category_count; i++)
        if (findings->categories >> i & 1)
            len = add_name(room, len, rules->categories[i]);
    set_list(record, FIELD_SECURITY_CATEGORIES, room, len);
    len = 0;
    for (unsigned i = 0; i < rules->count && len < sizeof(room) - 128; i++)
        if (threat_has_rule(findings, i))
            len = add_name(room, len, rules->rules[i].id);
    set_list(record, FIELD_SECURITY_RULES, room, len);
    record_set_long(record, FIELD_SECURITY_SCORE, findings->score);
}

static void count_categories(struct threat *threat, uint64_t categories)
{
    for (; categories; categories &= categories - 1)
        threat->category_counts[__builtin_ctzll(categories)]++;
}

static bool threat_apply(struct enrich *enrich, struct record *record)
{
    struct threat *threat = (struct threat *)enrich;
    struct threat_findings findings = {0};
    bool is_threat;

    if (!look_at_record(threat, record, &findings))
        return true;
    threat->looked_count++;
    is_threat = findings.score >= threat->book->threshold;
    record_set_bool(record, FIELD_SECURITY_THREAT, is_threat);
    record_drop(record, FIELD_SECURITY_CATEGORIES); /* of an earlier look, by other rules */
    record_drop(record, FIELD_SECURITY_SCORE);
    record_drop(record, FIELD_SECURITY_RULES);
    if (findings.count == 0)
        return true;
    set_findings(threat, record, &findings);
    if (is_threat)
        count_categories(threat, findings.categories);
    return true;
}

/* ---- its life ---- */

static void flush_counts(struct threat *threat)
{
    for (int i = 0; i < THREAT_CATEGORIES_MAX; i++) {
        if (threat->category_counts[i] && threat->categories[i])
            metric_add(threat->categories[i], threat->category_counts[i]);
        threat->category_counts[i] = 0;
    }
    metric_add(threat->looked, threat->looked_count);
    metric_add(threat->truncated, threat->truncated_count);
    threat->looked_count = threat->truncated_count = 0;
    if (threat->base.agents)
        agent_memo_flush_counts(threat->base.agents, AGENT_THREAT);
    cache_flush_counts(threat->referrers);
}

/* Takes the newest book, with its categories as metrics. */
static enum status take_book(struct threat *threat, struct error *err)
{
    if (!shared_source_renew(threat->source, &threat->held))
        return OK;
    threat->book = (struct threat_book *)threat->held;
    for (unsigned i = 0; i < threat->book->rules.category_count; i++)
        threat->categories[i] = metrics_counter(
            "indexer_threats_total", metrics_label("category", threat->book->rules.categories[i]),
            "Records at or above the threshold, by category; one may have several");
    if (threat->base.agents) /* not while it is opened */
        agent_memo_forget(threat->base.agents, AGENT_THREAT);
    cache_clear(threat->referrers);
    return inspector_use(threat->inspector, threat->book, err);
}

static void threat_refresh(struct enrich *enrich, int64_t now_ms)
{
    struct threat *threat = (struct threat *)enrich;

    flush_counts(threat);
    shared_source_refresh(threat->source, now_ms);
    take_book(threat, NULL); /* without memory nothing is found until the next book */
}

static void threat_close(struct enrich *enrich)
{
    struct threat *threat = (struct threat *)enrich;

    if (!threat)
        return;
    if (threat->referrers)
        flush_counts(threat);
    inspector_close(threat->inspector);
    shared_data_drop(threat->held);
    shared_source_close(threat->source);
    cache_close(threat->referrers);
    free(threat);
}

static enum status open_parts(struct threat *threat, const struct threats_config *config,
                              struct error *err)
{
    const struct cache_options options = {.enricher = "threat_referrer",
                                          .entries = config->cache_entries,
                                          .key_max = KEY_MAX,
                                          .value_size = sizeof(struct agent_threat)};
    enum status status = cache_open(&options, &threat->referrers, err);

    if (status == OK)
        status = inspector_open(&threat->inspector, err);
    if (status == OK)
        status = threat_source_open(config, &threat->source, err);
    return status == OK ? take_book(threat, err) : status;
}

static enum status threat_open(const struct indexer_config *config, struct enrich **out,
                               struct error *err)
{
    struct threat *threat;
    enum status status;

    if (!config->threats.enabled)
        return DONE;
    threat = calloc(1, sizeof(*threat));
    if (!threat)
        return error_set(err, FATAL, "out of memory");
    threat->base.type = &enrich_threat;
    threat->looked = metrics_counter("indexer_threat_records_total", NULL,
                                     "Records that were looked at for attacks");
    threat->truncated =
        metrics_counter("indexer_threat_truncated_total", NULL,
                        "Texts of which only the beginning and the end were looked at");
    status = open_parts(threat, &config->threats, err);
    if (status) {
        threat_close(&threat->base);
        return status;
    }
    *out = &threat->base;
    return OK;
}

const struct enrich_type enrich_threat = {
    .name = "threat",
    .open = threat_open,
    .apply = threat_apply,
    .refresh = threat_refresh,
    .close = threat_close,
};
