/*
 * config.h - the `retention:` section of indexer.yaml.
 */
#ifndef INDEXER_RETENTION_CONFIG_H
#define INDEXER_RETENTION_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"

#define RETENTION_AGE_MIN_MS ((uint64_t)2 * 86400000) /* today and yesterday always stay */

/* What goes when, of one dataset. */
struct retention_rule {
    char *dataset;            /* pattern with * and ?; NULL: the datasets that no entry names */
    uint64_t max_age_ms;      /* 0: no limit */
    uint64_t max_total_bytes; /* 0: no limit */
    char *keep;               /* query: what is kept for longer; NULL or "": nothing */
    uint64_t keep_ms;
};

struct retention_config {
    bool enabled;
    uint64_t check_interval_ms;
    uint32_t copy_max_per_s; /* documents */
    char *kept_prefix;
    char *ilm_policy;           /* "": retention does the work itself */
    uint64_t max_all_bytes;     /* of all day indices together; 0: no limit */
    struct retention_rule rest; /* its dataset is NULL */
    struct retention_rule *datasets;
    uint32_t dataset_count;
};

extern const cyaml_schema_field_t retention_config_fields[];

/* Problems that the table does not see. `index_prefix` is elasticsearch.index_prefix. */
void retention_config_check(struct config *config, const struct retention_config *retention,
                            const char *index_prefix);

#endif
