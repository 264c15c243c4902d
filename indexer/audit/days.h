/*
 * days.h - private to audit/: was a day's index deleted because its time was over?
 *
 * Only what retention can have deleted counts: it is enabled, the index is not there, and the
 * dataset's rule says that it is due. README.md has the reasons.
 */
#ifndef INDEXER_AUDIT_DAYS_H
#define INDEXER_AUDIT_DAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct indexer_config;
struct index_day;

struct audit_days {
    const struct indexer_config *config;
    int64_t now_ms;
    struct index_day *list; /* indices that are there */
    size_t count, room;
};

/* Asks Elasticsearch, unless retention is off. Release it in any case. */
enum status audit_days_read(const struct indexer_config *config, struct audit_days *days,
                            struct error *err);

/* `dataset` as it stands in the record; `time_ms`: of its @timestamp. */
bool audit_days_expired(const struct audit_days *days, struct slice dataset, int64_t time_ms);

/* The same, of a record whose dataset is not known: by the rule that lets go first. */
bool audit_days_due(const struct audit_days *days, int64_t time_ms);

void audit_days_release(struct audit_days *days);

#endif
