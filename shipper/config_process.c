/*
 * config_process.c - the keys about what happens to a record, and what is wrong with them.
 */
#include "shipper/config_process.h"

#include <stdio.h>
#include <string.h>

#include "common/query.h"
#include "common/query_config.h"
#include "common/scope.h"
#include "shipper/pattern.h"
#include "shipper/process/fields.h"
#include "shipper/process/name_set.h"

#define NAME_LEN   RECORD_NAME_MAX
#define KEY_MAX    96
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static const cyaml_strval_t action_names[] = {{"keep", REDACT_KEEP},
                                              {"truncate", REDACT_TRUNCATE},
                                              {"mask", REDACT_MASK},
                                              {"hash", REDACT_HASH}};
static const cyaml_strval_t limit_names[] = {{"delay", ON_LIMIT_DELAY}, {"drop", ON_LIMIT_DROP}};

#define OPTIONAL_TEXT(name, s, m, min, max)                                                        \
    CYAML_FIELD_STRING_PTR(name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s, m, min, max)
#define ACTION(name, s, m)                                                                         \
    CYAML_FIELD_ENUM(name, CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, s, m, action_names,            \
                     CYAML_ARRAY_LEN(action_names))

const cyaml_schema_value_t process_query_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, QUERY_BYTES_MAX)};

static const cyaml_schema_field_t sample_fields[] = {
    OPTIONAL_TEXT("query", struct sample_config, query, 1, QUERY_BYTES_MAX),
    CYAML_FIELD_FLOAT_PTR("percent", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sample_config,
                          percent),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t process_sample_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sample_config, sample_fields)};

static const cyaml_schema_field_t step_fields[] = {
    OPTIONAL_TEXT("set", struct field_step_config, set, 1, NAME_LEN),
    OPTIONAL_TEXT("add", struct field_step_config, add, 1, NAME_LEN),
    OPTIONAL_TEXT("copy", struct field_step_config, copy, 1, NAME_LEN),
    OPTIONAL_TEXT("rename", struct field_step_config, rename, 1, NAME_LEN),
    OPTIONAL_TEXT("remove", struct field_step_config, remove, 1, NAME_LEN),
    OPTIONAL_TEXT("tag", struct field_step_config, tag, 1, NAME_LEN),
    OPTIONAL_TEXT("value", struct field_step_config, value, 0, 4096),
    OPTIONAL_TEXT("to", struct field_step_config, to, 1, NAME_LEN),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t process_field_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct field_step_config, step_fields)};

static const cyaml_schema_value_t parameter_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 128)};

static const cyaml_schema_field_t pattern_fields[] = {
    OPTIONAL_TEXT("name", struct redact_pattern_config, name, 1, 32),
    OPTIONAL_TEXT("pattern", struct redact_pattern_config, pattern, 1, 8192),
    ACTION("action", struct redact_pattern_config, action),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t pattern_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct redact_pattern_config, pattern_fields)};

const cyaml_schema_field_t process_redact_fields[] = {
    ACTION("ip", struct redact_config, ip),
    ACTION("email", struct redact_config, email),
    ACTION("cards", struct redact_config, cards),
    ACTION("credentials", struct redact_config, credentials),
    CYAML_FIELD_SEQUENCE_COUNT("parameters", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct redact_config, parameters, parameter_count, &parameter_value,
                               0, 256),
    ACTION("values", struct redact_config, values),
    CYAML_FIELD_SEQUENCE_COUNT("patterns", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct redact_config, patterns, pattern_count, &pattern_value, 0,
                               32),
    OPTIONAL_TEXT("secret", struct redact_config, secret, 0, 4096),
    OPTIONAL_TEXT("key_id", struct redact_config, key_id, 0, 16),
    CYAML_FIELD_END,
};

const cyaml_schema_field_t process_rate_fields[] = {
    CYAML_FIELD_FLOAT_PTR("lines_per_second", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                          struct rate_config, lines_per_second),
    CYAML_FIELD_UINT_PTR("bytes_per_second", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct rate_config, bytes_per_second),
    CYAML_FIELD_UINT_PTR("burst_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct rate_config,
                         burst_ms),
    CYAML_FIELD_ENUM("on_limit", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct rate_config,
                     on_limit, limit_names, CYAML_ARRAY_LEN(limit_names)),
    CYAML_FIELD_END,
};

struct check {
    struct config *config;
    const char *prefix;
    char key[KEY_MAX];
};

static const char *key_of(struct check *check, const char *name)
{
    snprintf(check->key, sizeof(check->key), "%s%s", check->prefix, name);
    return check->key;
}

static const char *key_of_element(struct check *check, const char *list, unsigned i,
                                  const char *name)
{
    snprintf(check->key, sizeof(check->key), "%s%s[%u]%s%s", check->prefix, list, i,
             *name ? "." : "", name);
    return check->key;
}

static void check_samples(struct check *check, const struct process_config *process)
{
    for (uint32_t i = 0; i < process->sample_count; i++) {
        const struct sample_config *sample = &process->sample[i];

        if (!sample->query)
            config_problem(check->config, key_of_element(check, "sample", i, "query"),
                           "missing; it is required ('*' finds everything)");
        else
            query_config_check(check->config, key_of_element(check, "sample", i, "query"),
                               sample->query);
        if (!sample->percent || !(*sample->percent >= 0 && *sample->percent <= 100))
            config_problem(check->config, key_of_element(check, "sample", i, "percent"),
                           "%s; expected 0 to 100",
                           sample->percent ? "out of range" : "missing; it is required");
    }
}

static void check_fields(struct check *check, const struct process_config *process)
{
    struct field_step step;
    struct error err;

    for (uint32_t i = 0; i < process->field_count; i++)
        if (field_step_init(&step, &process->fields[i], &err))
            config_problem(check->config, key_of_element(check, "fields", i, ""), "%s", err.text);
}

static void check_patterns(struct check *check, const struct redact_config *redact)
{
    for (uint32_t i = 0; i < redact->pattern_count; i++) {
        const struct redact_pattern_config *each = &redact->patterns[i];
        struct pattern *pattern = NULL;
        struct error err;

        if (!each->name || each->name[strspn(each->name, NAME_CHARS)])
            config_problem(check->config, key_of_element(check, "redact.patterns", i, "name"),
                           "%s; expected letters, digits, '_' and '-'",
                           each->name ? "cannot be used" : "missing");
        if (!each->pattern)
            config_problem(check->config, key_of_element(check, "redact.patterns", i, "pattern"),
                           "missing; it is required");
        else if (pattern_open(slice_of(each->pattern), &pattern, &err))
            config_problem(check->config, key_of_element(check, "redact.patterns", i, "pattern"),
                           "%s", err.text);
        else if (pattern_match(pattern, (struct slice){"", 0}, 0))
            config_problem(check->config, key_of_element(check, "redact.patterns", i, "pattern"),
                           "finds the empty text, and so everywhere");
        pattern_close(pattern);
        if (each->action == REDACT_TRUNCATE || each->action == REDACT_KEEP)
            config_problem(check->config, key_of_element(check, "redact.patterns", i, "action"),
                           "expected mask or hash");
    }
}

static bool has_secret(const struct redact_config *redact)
{
    return redact && redact->secret && redact->secret[0];
}

static bool hashes(const struct redact_config *redact)
{
    for (uint32_t i = 0; i < redact->pattern_count; i++)
        if (redact->patterns[i].action == REDACT_HASH)
            return true;
    return redact->ip == REDACT_HASH || redact->email == REDACT_HASH ||
           redact->cards == REDACT_HASH || redact->credentials == REDACT_HASH ||
           redact->values == REDACT_HASH;
}

static void check_redact(struct check *check, const struct redact_config *redact,
                         const struct process_config *common)
{
    const struct {
        const char *name;
        enum redact_action action;
    } actions[] = {{"redact.email", redact->email},
                   {"redact.cards", redact->cards},
                   {"redact.credentials", redact->credentials},
                   {"redact.values", redact->values}};

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (actions[i].action == REDACT_TRUNCATE)
            config_problem(check->config, key_of(check, actions[i].name),
                           "only addresses (redact.ip) can be truncated; expected keep, mask or "
                           "hash");
    if (redact->key_id && redact->key_id[strspn(redact->key_id, NAME_CHARS)])
        config_problem(check->config, key_of(check, "redact.key_id"),
                       "'%s' cannot be part of a hash; expected letters, digits, '_' and '-'",
                       redact->key_id);
    if (hashes(redact) && !has_secret(redact) && !(common && has_secret(common->redact)))
        config_problem(check->config, key_of(check, "redact.secret"),
                       "missing; hashes need a key, e.g. ${file:/run/secrets/redact}");
    if (has_secret(redact) && strlen(redact->secret) < 16)
        config_problem(check->config, key_of(check, "redact.secret"),
                       "is guessed easily; expected 16 bytes or more");
    for (uint32_t i = 0; i < redact->parameter_count; i++)
        if (!name_set_is_good(redact->parameters[i]))
            config_problem(check->config, key_of_element(check, "redact.parameters", i, ""),
                           "'%s' is no name; expected letters, digits, '_', '-', '.', and '*' at "
                           "its ends",
                           redact->parameters[i]);
    check_patterns(check, redact);
}

static void check_rate(struct check *check, const struct rate_config *rate)
{
    if (rate->lines_per_second &&
        !(*rate->lines_per_second >= 0.1 && *rate->lines_per_second <= 1e9))
        config_problem(check->config, key_of(check, "rate_limit.lines_per_second"),
                       "out of range; expected 0.1 to 1000000000");
    if (rate->bytes_per_second &&
        (*rate->bytes_per_second < 100 || *rate->bytes_per_second > (uint64_t)1 << 40))
        config_problem(check->config, key_of(check, "rate_limit.bytes_per_second"),
                       "out of range; expected 100 to 1TiB");
    if (rate->burst_ms && (*rate->burst_ms < 10 || *rate->burst_ms > 3600000))
        config_problem(check->config, key_of(check, "rate_limit.burst_ms"),
                       "out of range; expected 10ms to 1h");
}

void process_config_check(struct config *config, const struct process_config *process,
                          const struct process_config *common, const char *prefix)
{
    struct check check = {.config = config, .prefix = prefix};

    if (process->keep && process->keep[0])
        query_config_check(config, key_of(&check, "keep"), process->keep);
    for (uint32_t i = 0; i < process->drop_count; i++)
        query_config_check(config, key_of_element(&check, "drop", i, ""), process->drop[i]);
    check_samples(&check, process);
    check_fields(&check, process);
    if (process->redact)
        check_redact(&check, process->redact, common);
    if (process->rate_limit)
        check_rate(&check, process->rate_limit);
}

void process_config_write_rate(const struct process_config *process, struct buf *out)
{
    const struct rate_config *rate = process->rate_limit;

    if (!rate)
        return;
    if (rate->lines_per_second)
        buf_addf(out, "lines %.17g ", *rate->lines_per_second);
    if (rate->bytes_per_second)
        buf_addf(out, "bytes %llu ", (unsigned long long)*rate->bytes_per_second);
    if (rate->burst_ms)
        buf_addf(out, "burst %llu ", (unsigned long long)*rate->burst_ms);
    buf_addf(out, "on_limit %d\n", (int)rate->on_limit);
}
