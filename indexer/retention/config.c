/*
 * config.c - the keys of `retention:`, and what is wrong with them.
 */
#include "indexer/retention/config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/query.h"
#include "common/query_config.h"

#define DATASETS_MAX 256
#define PATTERN_MAX  64
#define PLACE_MAX    40 /* "retention.datasets[255]." */
#define KEY_MAX      80
#define DAY_MS       ((uint64_t)86400000)
#define AGE_MAX_MS   (36500 * DAY_MS)

#define RULE_FIELDS(type, prefix)                                                                  \
    CYAML_FIELD_UINT("max_age_ms", CYAML_FLAG_OPTIONAL, type, prefix max_age_ms),                  \
        CYAML_FIELD_UINT("max_total_bytes", CYAML_FLAG_OPTIONAL, type, prefix max_total_bytes),    \
        CYAML_FIELD_STRING_PTR("keep", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type,             \
                               prefix keep, 0, QUERY_BYTES_MAX),                                   \
        CYAML_FIELD_UINT("keep_ms", CYAML_FLAG_OPTIONAL, type, prefix keep_ms)

static const cyaml_schema_field_t rule_fields[] = {
    CYAML_FIELD_STRING_PTR("dataset", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct retention_rule, dataset, 1, PATTERN_MAX),
    RULE_FIELDS(struct retention_rule, ),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct retention_rule, rule_fields)};

const cyaml_schema_field_t retention_config_fields[] = {
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_DEFAULT, struct retention_config, enabled),
    CYAML_FIELD_UINT("check_interval_ms", CYAML_FLAG_DEFAULT, struct retention_config,
                     check_interval_ms),
    RULE_FIELDS(struct retention_config, rest.),
    CYAML_FIELD_UINT("max_all_bytes", CYAML_FLAG_DEFAULT, struct retention_config, max_all_bytes),
    CYAML_FIELD_STRING_PTR("kept_prefix", CYAML_FLAG_POINTER, struct retention_config, kept_prefix,
                           1, 64),
    CYAML_FIELD_UINT("copy_max_per_s", CYAML_FLAG_DEFAULT, struct retention_config, copy_max_per_s),
    CYAML_FIELD_STRING_PTR("ilm_policy", CYAML_FLAG_POINTER, struct retention_config, ilm_policy, 0,
                           200),
    CYAML_FIELD_SEQUENCE_COUNT("datasets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct retention_config, datasets, dataset_count, &rule_value, 0,
                               DATASETS_MAX),
    CYAML_FIELD_END,
};

static bool consists_of(const char *text, const char *others)
{
    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr(others, *p))
            return false;
    return true;
}

/* `place` is "retention." or "retention.datasets[3]." */
static const char *key_of(char room[KEY_MAX], const char *place, const char *name)
{
    snprintf(room, KEY_MAX, "%s%s", place, name);
    return room;
}

static void check_keep(struct config *config, const struct retention_rule *rule, const char *place)
{
    bool given = rule->keep && rule->keep[0];
    char key[KEY_MAX];

    if (!given && rule->keep_ms)
        config_problem(config, key_of(key, place, "keep_ms"),
                       "given without keep, the query for what stays so long");
    if (!given)
        return;
    query_config_check(config, key_of(key, place, "keep"), rule->keep);
    if (!rule->max_age_ms && !rule->max_total_bytes)
        config_problem(config, key_of(key, place, "keep"),
                       "given without max_age_ms or max_total_bytes beside it: everything is kept");
    if (rule->keep_ms < RETENTION_AGE_MIN_MS || rule->keep_ms > AGE_MAX_MS)
        config_problem(config, key_of(key, place, "keep_ms"),
                       "%s; expected 2d to 36500d, the age at which what is kept goes as well",
                       rule->keep_ms ? "out of range" : "missing");
    else if (rule->keep_ms <= rule->max_age_ms)
        config_problem(config, key_of(key, place, "keep_ms"),
                       "is not longer than max_age_ms, so nothing would be kept");
}

static void check_rule(struct config *config, const struct retention_rule *rule, const char *place)
{
    char key[KEY_MAX];

    if (rule->max_age_ms &&
        (rule->max_age_ms < RETENTION_AGE_MIN_MS || rule->max_age_ms > AGE_MAX_MS))
        config_problem(config, key_of(key, place, "max_age_ms"),
                       "out of range; expected 2d to 36500d, or 0 for no limit");
    check_keep(config, rule, place);
}

static void check_dataset(struct config *config, const struct retention_rule *rule,
                          const char *place)
{
    char key[KEY_MAX];

    if (!rule->dataset)
        config_problem(config, key_of(key, place, "dataset"),
                       "missing; expected a dataset, or a pattern with * and ?");
    else if (!consists_of(rule->dataset, "._-*?"))
        config_problem(config, key_of(key, place, "dataset"),
                       "'%s' fits no dataset; expected lower-case letters, digits, '.', '_', "
                       "'-', '*' and '?'",
                       rule->dataset);
}

/* Kept records must not be found by "<index_prefix>-*" before their day's index has gone. */
static void check_kept_prefix(struct config *config, const struct retention_config *c,
                              const char *index_prefix)
{
    scoped_buf struct buf name = BUF_INIT(1024);
    size_t len = strlen(index_prefix);

    buf_addf(&name, "%s-%s-", c->kept_prefix, index_prefix);
    if (!consists_of(c->kept_prefix, "._-") || !isalnum((unsigned char)c->kept_prefix[0]))
        config_problem(config, "retention.kept_prefix",
                       "'%s' cannot begin an index name; expected lower-case letters, digits, "
                       "'.', '_' and '-'",
                       c->kept_prefix);
    else if (strncmp(buf_str(&name), index_prefix, len) == 0 && buf_str(&name)[len] == '-')
        config_problem(config, "retention.kept_prefix",
                       "indices '%s...' would be found by '%s-*' while records are copied; "
                       "expected a prefix that does not begin like elasticsearch.index_prefix",
                       buf_str(&name), index_prefix);
}

/* What a lifecycle policy of Elasticsearch cannot do. */
static void check_ilm(struct config *config, const struct retention_config *c)
{
    const char *p = c->ilm_policy;

    if (!p[0])
        return;
    if (p[0] == '_' || p[strcspn(p, ", \"\\/*?#<>|")])
        config_problem(config, "retention.ilm_policy",
                       "'%s' cannot be the name of a policy; expected no leading '_', no blanks, "
                       "and none of , \" \\ / * ? # < > |",
                       p);
    if (!c->rest.max_age_ms)
        config_problem(config, "retention.ilm_policy",
                       "given without retention.max_age_ms, the age that it is to delete at");
    if (c->dataset_count || c->rest.max_total_bytes || c->max_all_bytes ||
        (c->rest.keep && c->rest.keep[0]))
        config_problem(config, "retention.ilm_policy",
                       "knows only the age; expected no datasets, max_total_bytes, max_all_bytes "
                       "or keep beside it");
}

void retention_config_check(struct config *config, const struct retention_config *c,
                            const char *index_prefix)
{
    char place[PLACE_MAX];

    config_check_range(config, "retention.check_interval_ms", c->check_interval_ms, 1000,
                       7 * DAY_MS, "1s to 7d");
    config_check_range(config, "retention.copy_max_per_s", c->copy_max_per_s, 100, 1000000,
                       "100 to 1000000");
    check_rule(config, &c->rest, "retention.");
    for (uint32_t i = 0; i < c->dataset_count; i++) {
        snprintf(place, sizeof(place), "retention.datasets[%u].", i);
        check_dataset(config, &c->datasets[i], place);
        check_rule(config, &c->datasets[i], place);
    }
    check_kept_prefix(config, c, index_prefix);
    check_ilm(config, c);
}
