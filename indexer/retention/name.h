/*
 * name.h - the names of indices: which dataset and day, ours or not.
 *
 *     <prefix>-<dataset>-YYYY.MM.DD             a day, as index_name.h makes them
 *     <kept_prefix>-<prefix>-<dataset>-YYYY.MM  what was kept of a month's days
 *
 * Pure functions. A name alone proves nothing: survey.h looks for our mark too.
 */
#ifndef INDEXER_RETENTION_NAME_H
#define INDEXER_RETENTION_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "indexer/index_name.h"

#define KEPT_NAME_MAX 320 /* with its NUL; prefixes have at most 64 and 100 bytes */

struct index_day {
    char dataset[INDEX_DATASET_MAX + 1];
    int64_t day; /* since 1970-01-01, UTC; the first one of a month of kept records */
};

/* False: no index of ours has such a name. */
bool index_day_parse(struct slice name, const char *prefix, struct index_day *out);
bool kept_name_parse(struct slice name, const char *kept_prefix, const char *prefix,
                     struct index_day *out);

/* Where what is kept of `day` goes. */
void kept_name_print(const char *kept_prefix, const char *prefix, const struct index_day *day,
                     char out[KEPT_NAME_MAX]);

/* The first day behind the month that `day` is in. */
int64_t month_end(int64_t day);

#endif
