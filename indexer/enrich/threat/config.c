/*
 * config.c - the section threats of indexer.yaml.
 */
#include "indexer/enrich/threat/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indexer/enrich/cache.h"
#include "indexer/enrich/threat/inspector.h"

#define FILES_MAX    64
#define PATH_LEN     4096
#define DISABLED_MAX 1000

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_LEN)};

const cyaml_schema_field_t threats_config_fields[] = {
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct threats_config, enabled),
    CYAML_FIELD_SEQUENCE_COUNT("files", CYAML_FLAG_POINTER, struct threats_config, files,
                               file_count, &text_value, 0, FILES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("disabled_rules", CYAML_FLAG_POINTER, struct threats_config,
                               disabled_rules, disabled_rule_count, &text_value, 0, DISABLED_MAX),
    CYAML_FIELD_UINT("threshold", CYAML_FLAG_DEFAULT, struct threats_config, threshold),
    CYAML_FIELD_UINT("cache_entries", CYAML_FLAG_DEFAULT, struct threats_config, cache_entries),
    CYAML_FIELD_STRING_PTR("engine", CYAML_FLAG_POINTER, struct threats_config, engine, 1, 32),
    CYAML_FIELD_END,
};

static void check_disabled(struct config *config, const struct threats_config *threats,
                           struct threat_rules *rules)
{
    char key[64];

    for (uint32_t i = 0; i < threats->disabled_rule_count; i++) {
        if (threat_rules_find(rules, threats->disabled_rules[i]))
            continue;
        snprintf(key, sizeof(key), "threats.disabled_rules[%u]", i);
        config_problem(config, key, "there is no rule '%s'", threats->disabled_rules[i]);
    }
}

static void check_example(struct config *config, const char *key, struct inspector *inspector,
                          const struct threat_book *book, unsigned number,
                          const struct threat_example *example)
{
    const struct threat_rule *rule = &book->rules.rules[number];
    struct threat_findings findings = {0};

    inspector_look(inspector, rule->example_part, slice_of(example->text), &findings);
    if (threat_has_rule(&findings, number) != example->attack)
        config_problem(config, key, "%s:%zu: rule '%s' %s this example", rule->file, example->line,
                       rule->id, example->attack ? "does not find" : "finds");
}

/* The examples of the user's own rules; those of the program have been tried by its tests. */
static void check_examples(struct config *config, const struct threats_config *threats,
                           const struct threat_book *book)
{
    struct inspector *inspector = NULL;
    const struct threat_rule *rule;
    char key[64];

    if (inspector_open(&inspector, NULL) || inspector_use(inspector, book, NULL)) {
        inspector_close(inspector);
        return; /* no memory: opening will say so */
    }
    for (unsigned i = 0; i < book->rules.count; i++) {
        rule = &book->rules.rules[i];
        for (uint32_t j = 0; j < threats->file_count; j++) {
            if (rule->disabled || strcmp(rule->file, threats->files[j]) != 0)
                continue;
            snprintf(key, sizeof(key), "threats.files[%u]", j);
            for (size_t k = 0; k < rule->example_count; k++)
                check_example(config, key, inspector, book, i, &rule->examples[k]);
        }
    }
    inspector_close(inspector);
}

/* What is wrong with a file, line by line; the file's name stands in each. */
static void tell(struct config *config, const char *key, struct config_report *report,
                 const struct error *err)
{
    if (report->count == 0)
        config_problem(config, key, "%s", err->text);
    for (size_t i = 0; i < report->kept; i++)
        config_problem(config, key, "%s:%zu: %s%s%s", report->found[i].source->name,
                       report->found[i].line, report->found[i].key ? report->found[i].key : "",
                       report->found[i].key ? ": " : "", report->found[i].message);
}

/* True: all files are well-formed. */
static bool check_files(struct config *config, const struct threats_config *threats,
                        struct threat_rules *rules)
{
    struct config_report report;
    struct error err;
    char key[64];
    bool ok = true;

    for (uint32_t i = 0; i < threats->file_count; i++) {
        snprintf(key, sizeof(key), "threats.files[%u]", i);
        config_report_init(&report);
        if (threat_rules_add_file(rules, threats->files[i], &report, &err)) {
            tell(config, key, &report, &err);
            ok = false;
        }
        config_report_release(&report);
    }
    return ok;
}

static void check_rules(struct config *config, const struct threats_config *threats,
                        struct threat_rules *rules)
{
    struct threats_config with_table = *threats;
    struct threat_book *book;
    struct config_report report;
    struct error err;

    config_report_init(&report);
    if (threat_rules_add_builtin(rules, &report, &err) == OK &&
        check_files(config, threats, rules)) {
        check_disabled(config, threats, rules);
        with_table.engine = "table"; /* which is there at once */
        if (threat_book_open(&with_table, &report, &book, &err)) {
            config_problem(config, "threats.files", "%s", err.text);
        } else {
            check_examples(config, threats, book);
            threat_book_close(book);
        }
    }
    config_report_release(&report);
}

void threats_config_check(struct config *config, const struct threats_config *c)
{
    struct threat_rules *rules;

    config_check_range(config, "threats.threshold", c->threshold, 1, 1000, "1 to 1000");
    config_check_range(config, "threats.cache_entries", c->cache_entries, 0, CACHE_ENTRIES_MAX,
                       "0 to 1000000");
    if (!matcher_type_find(c->engine))
        config_problem(config, "threats.engine",
                       "'%s' cannot be had here; expected auto, hyperscan or table", c->engine);
    if (c->file_count == 0 && c->disabled_rule_count == 0)
        return; /* nothing that could be wrong */
    rules = malloc(sizeof(*rules));
    if (!rules)
        return;
    threat_rules_init(rules);
    check_rules(config, c, rules);
    threat_rules_release(rules);
    free(rules);
}
