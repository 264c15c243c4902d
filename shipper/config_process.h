/*
 * config_process.h - the keys of shipper.yaml about what happens to a record: which are kept,
 * what is changed, what is hidden, how many pass. At the top below `processing:` they are for all
 * inputs; an input has them itself.
 */
#ifndef SHIPPER_CONFIG_PROCESS_H
#define SHIPPER_CONFIG_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"

struct sample_config {
    char *query;
    double *percent;
};

struct field_step_config { /* one of the first six, and what belongs to it */
    char *set, *add, *copy, *rename, *remove, *tag;
    char *value; /* of set and add */
    char *to;    /* of copy and rename */
};

enum redact_action { REDACT_INHERIT, REDACT_KEEP, REDACT_TRUNCATE, REDACT_MASK, REDACT_HASH };

struct redact_pattern_config {
    char *name, *pattern;
    enum redact_action action; /* REDACT_INHERIT: mask */
};

struct redact_config {
    enum redact_action ip, email, cards, credentials, values;
    char **parameters;
    uint32_t parameter_count;
    struct redact_pattern_config *patterns;
    uint32_t pattern_count;
    char *secret, *key_id; /* of hashes; NULL or "": none */
};

enum on_limit { ON_LIMIT_INHERIT, ON_LIMIT_DELAY, ON_LIMIT_DROP };

struct rate_config {
    double *lines_per_second;   /* NULL: no limit */
    uint64_t *bytes_per_second; /* NULL: no limit */
    uint64_t *burst_ms;         /* what so much time allows may come at once; NULL: RATE_BURST_MS */
    enum on_limit on_limit;
};

#define RATE_BURST_MS 100

struct process_config {
    char *keep; /* NULL or "": everything */
    char **drop;
    uint32_t drop_count;
    struct sample_config *sample;
    uint32_t sample_count;
    struct field_step_config *fields;
    uint32_t field_count;
    struct redact_config *redact;   /* NULL: not given */
    struct rate_config *rate_limit; /* NULL: not given */
};

/* Rows of a table, `m` is the struct process_config in `s`. */
#define PROCESS_FIELDS(s, m)                                                                       \
    CYAML_FIELD_STRING_PTR("keep", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s, m.keep, 0, 4096),  \
        CYAML_FIELD_SEQUENCE_COUNT("drop", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s, m.drop,    \
                                   m.drop_count, &process_query_value, 0, 64),                     \
        CYAML_FIELD_SEQUENCE_COUNT("sample", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s,          \
                                   m.sample, m.sample_count, &process_sample_value, 0, 64),        \
        CYAML_FIELD_SEQUENCE_COUNT("fields", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s,          \
                                   m.fields, m.field_count, &process_field_value, 0, 256),         \
        CYAML_FIELD_MAPPING_PTR("redact", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s, m.redact,   \
                                process_redact_fields),                                            \
        CYAML_FIELD_MAPPING_PTR("rate_limit", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, s,         \
                                m.rate_limit, process_rate_fields)

extern const cyaml_schema_value_t process_query_value, process_sample_value, process_field_value;
extern const cyaml_schema_field_t process_redact_fields[], process_rate_fields[];

/*
 * Reports what is wrong. `prefix`: of the keys, e.g. "processing." or "inputs[0].". `common`: what
 * is for all inputs, or NULL when `process` is that.
 */
void process_config_check(struct config *config, const struct process_config *process,
                          const struct process_config *common, const char *prefix);

/* The rate limit as text, to see whether it changes: inputs have it in force. */
struct buf;
void process_config_write_rate(const struct process_config *process, struct buf *out);

#endif
