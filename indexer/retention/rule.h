/*
 * rule.h - which rule a dataset has, and how old its records may be.
 *
 * Days are UTC, since 1970-01-01, as in the names of indices. A day's index
 * goes when the last moment of the day is older than the rule's age, so every record
 * stays for max_age_ms at least, and today's and yesterday's always.
 */
#ifndef INDEXER_RETENTION_RULE_H
#define INDEXER_RETENTION_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct retention_config;
struct retention_rule;

#define RETENTION_NO_LIMIT INT64_MIN

/* The first entry of `datasets` that fits, or the rule of the rest. */
const struct retention_rule *retention_rule_of(const struct retention_config *config,
                                               const char *dataset);

/* The oldest day that stays, or RETENTION_NO_LIMIT. `now_ms` is wall time. */
int64_t retention_oldest_day(const struct retention_config *config, const char *dataset,
                             int64_t now_ms);

/*
 * Of records on their way in: is the index a day's that retention has deleted, or is about to?
 * Such a record would make the index again, so it is refused. Never, unless retention is enabled.
 */
bool retention_is_too_old(const struct retention_config *config, const char *index_prefix,
                          struct slice index, int64_t now_ms);

#endif
