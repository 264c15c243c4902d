/*
 * search.h - reads records back out of Elasticsearch or OpenSearch: any number
 * of hits by a point in time and search_after, counts, histograms, most
 * frequent values.
 *
 * Documents, sort values and keys are handed on as the bytes that the server
 * sent: a number keeps all of its digits. An answer is whole or an error:
 * results without the shards that failed are refused.
 * One thread. A request that the server is too busy for is repeated a few
 * times; each blocks up to twice the configured time-out.
 */
#ifndef INDEXER_SEARCH_H
#define INDEXER_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/record.h"

struct elasticsearch_config;
struct search;

/* `filter` is the inside of bool.filter, e.g. `{"term":…},{"range":…}`, "" for all; copied. */
enum status search_open(const struct elasticsearch_config *config, struct slice filter,
                        struct search **out, struct error *err);

/* The same for one index, which must be there. */
enum status search_open_index(const struct elasticsearch_config *config, const char *index,
                              struct slice filter, struct search **out, struct error *err);

#define SEARCH_SORT_MAX 8

struct search_sort {
    struct slice field; /* real name, or labels.<key> */
    enum field_type type;
    bool descending;
};

/* Records without the field come last, in both directions. */
struct search_order {
    struct search_sort keys[SEARCH_SORT_MAX];
    unsigned count;
};

/*
 * Calls `each` with each hit's document as JSON text, until it returns false or
 * `limit` (0: none) is reached; each hit comes once. *total is set before the
 * first call. The view on the index is given back at the end, also after errors.
 */
enum status search_hits(struct search *search, const struct search_order *order, uint64_t limit,
                        bool (*each)(void *arg, struct slice document), void *arg, uint64_t *total,
                        struct error *err);

/*
 * As search_hits, all hits in whatever order, each with its _id as the JSON string that the
 * server sent. DONE: not all of them; `each` returned false, or one has no document.
 */
enum status search_scan(struct search *search,
                        bool (*each)(void *arg, struct slice id, struct slice document), void *arg,
                        uint64_t *total, struct error *err);

enum status search_count(struct search *search, uint64_t *count, struct error *err);

/* One bar of a histogram, or one of the most frequent values; the text is in the arena. */
struct search_bucket {
    struct slice name; /* for people */
    struct slice json; /* for programs: a JSON string, number, true or false */
    uint64_t count;
};

struct search_buckets {
    struct search_bucket *list;
    size_t count;
};

/* Counts over time, in at most `buckets` equal spans of a usual length; none without records. */
enum status search_histogram(struct search *search, unsigned buckets, struct arena *arena,
                             struct search_buckets *out, struct error *err);

/* The `size` most frequent values of `field` (real name, or labels.<key>), most frequent first. */
enum status search_top(struct search *search, struct slice field, unsigned size,
                       struct arena *arena, struct search_buckets *out, struct error *err);

void search_close(struct search *search); /* NULL is fine */

#endif
