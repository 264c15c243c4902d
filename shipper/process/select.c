/*
 * select.c - which records are wanted.
 *
 * All rules are one program: what their queries share is tested once.
 */
#include "shipper/process/select.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/metrics.h"
#include "common/query/program.h"
#include "shipper/config_process.h"
#include "shipper/process/sample.h"

#define RULES_MAX   260 /* of both configurations: two `keep`, twice 64 `drop` and 64 `sample` */
#define ARENA_BLOCK (16u << 10)
#define KEY_MAX     96

enum rule_kind { RULE_KEEP, RULE_DROP, RULE_SAMPLE };

struct rule {
    enum rule_kind kind;
    struct sample sample;
    struct metric *count;
};

struct selector {
    struct query_program *program;
    unsigned count;
    struct rule rules[RULES_MAX];
};

struct builder {
    struct selector *selector;
    struct arena arena;
    const struct query *queries[RULES_MAX];
    struct error *err;
};

static const char *label_of(const char *prefix, const char *list, int i)
{
    char key[KEY_MAX];

    if (i < 0)
        snprintf(key, sizeof(key), "%s%s", prefix, list);
    else
        snprintf(key, sizeof(key), "%s%s[%d]", prefix, list, i);
    return metrics_label("rule", key);
}

static struct metric *count_of(enum rule_kind kind, const char *prefix, int i)
{
    static const char *const lists[] = {"keep", "drop", "sample"};
    const char *label = label_of(prefix, lists[kind], i);

    if (kind == RULE_SAMPLE)
        return metrics_counter("shipper_lines_sampled_out_total", label,
                               "Lines left out because they are not in the sample.");
    return metrics_counter("shipper_lines_dropped_total", label,
                           "Lines left out by a rule; of keep, because it did not find them.");
}

/* False: builder->err is set. */
static bool add_rule(struct builder *builder, enum rule_kind kind, const char *text, double percent,
                     const char *prefix, int i)
{
    const struct query_context context = {.rule = true};
    struct selector *selector = builder->selector;
    struct rule *rule = &selector->rules[selector->count];
    struct query_errors errors = {0};
    struct query *query;

    if (selector->count == RULES_MAX) {
        error_set(builder->err, REJECT, "there are more than %d rules", RULES_MAX);
        return false;
    }
    if (query_parse(&builder->arena, slice_of(text), &context, &query, &errors) != OK) {
        error_set(builder->err, REJECT, "a rule is no query: %s",
                  errors.count ? errors.list[0].message : "out of memory");
        return false;
    }
    builder->queries[selector->count++] = query;
    rule->kind = kind;
    sample_init(&rule->sample, percent);
    rule->count = count_of(kind, prefix, i);
    return true;
}

static bool add_keep_and_drop(struct builder *builder, const struct process_config *process,
                              const char *prefix)
{
    if (process->keep && process->keep[0] &&
        !add_rule(builder, RULE_KEEP, process->keep, 0, prefix, -1))
        return false;
    for (uint32_t i = 0; i < process->drop_count; i++)
        if (!add_rule(builder, RULE_DROP, process->drop[i], 0, prefix, (int)i))
            return false;
    return true;
}

static bool add_samples(struct builder *builder, const struct process_config *process,
                        const char *prefix)
{
    for (uint32_t i = 0; i < process->sample_count; i++)
        if (!add_rule(builder, RULE_SAMPLE, process->sample[i].query, *process->sample[i].percent,
                      prefix, (int)i))
            return false;
    return true;
}

static bool has_rules(const struct process_config *process)
{
    return (process->keep && process->keep[0]) || process->drop_count || process->sample_count;
}

enum status select_open(const struct process_config *common, const struct process_config *own,
                        const char *prefix, struct selector **out, struct error *err)
{
    struct builder builder = {.err = err};

    *out = NULL;
    if (!has_rules(common) && !has_rules(own))
        return OK;
    builder.selector = calloc(1, sizeof(*builder.selector));
    if (!builder.selector)
        return error_set(err, FATAL, "out of memory");
    /* Each query may need as much as the longest one. */
    arena_init(&builder.arena, ARENA_BLOCK, (size_t)RULES_MAX * QUERY_ARENA_BYTES);
    err->status = OK;
    /* The input's own samples come first: what it says of itself is nearer. */
    if (add_keep_and_drop(&builder, common, "processing.") &&
        add_keep_and_drop(&builder, own, prefix) && add_samples(&builder, own, prefix) &&
        add_samples(&builder, common, "processing."))
        query_program_open(builder.queries, builder.selector->count, &builder.selector->program,
                           err);
    arena_release(&builder.arena);
    if (!builder.selector->program) {
        select_close(builder.selector);
        return err->status;
    }
    *out = builder.selector;
    return OK;
}

void select_close(struct selector *selector)
{
    if (!selector)
        return;
    query_program_close(selector->program);
    free(selector);
}

bool select_wants(struct selector *selector, const struct record *record, struct slice id)
{
    uint64_t hits[(RULES_MAX + 63) / 64];
    bool sampled = false;

    query_program_run(selector->program, record, hits);
    for (unsigned i = 0; i < selector->count; i++) {
        const struct rule *rule = &selector->rules[i];
        bool hit = hits[i / 64] >> (i % 64) & 1;
        bool leave = rule->kind == RULE_KEEP   ? !hit
                     : rule->kind == RULE_DROP ? hit
                                               : hit && !sampled && !sample_has(&rule->sample, id);

        if (leave) {
            metric_add(rule->count, 1);
            return false;
        }
        sampled = sampled || (rule->kind == RULE_SAMPLE && hit);
    }
    return true;
}
