/*
 * search.h - reads records back out of Elasticsearch: any number of hits by a
 * point in time and search_after, counts, histograms, most frequent values.
 *
 * One thread; each call blocks up to the configured time-out.
 */
#ifndef INDEXER_SEARCH_H
#define INDEXER_SEARCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct elasticsearch_config;
struct search;

/* `filter` is the inside of bool.filter, e.g. `{"term":…},{"range":…}`, "" for all; copied. */
enum status search_open(const struct elasticsearch_config *config, struct slice filter,
                        struct search **out, struct error *err);

struct search_order {
    const char *field; /* real name */
    bool descending;
};

/*
 * Calls `each` with each hit's document as JSON text, until it returns false or
 * `limit` (0: none) is reached. *total is set before the first call.
 */
enum status search_hits(struct search *search, struct search_order order, uint64_t limit,
                        bool (*each)(void *arg, struct slice document), void *arg, uint64_t *total,
                        struct error *err);

enum status search_count(struct search *search, uint64_t *count, struct error *err);

/* One line of a histogram or of the most frequent values. */
typedef void search_bucket(void *arg, const char *name, uint64_t count);

/* Counts over time, in about `buckets` equal spans of a usual length; none when there are no
 * records. */
enum status search_histogram(struct search *search, unsigned buckets, search_bucket *each,
                             void *arg, struct error *err);

/* The `size` most frequent values of `field`. */
enum status search_top(struct search *search, const char *field, unsigned size, search_bucket *each,
                       void *arg, struct error *err);

void search_close(struct search *search); /* NULL is fine */

#endif
