/*
 * search_private.h - private to search*.c: one request, and what all have in common.
 */
#ifndef INDEXER_SEARCH_PRIVATE_H
#define INDEXER_SEARCH_PRIVATE_H

#include "indexer/search.h"
#include "indexer/sink/elastic_link.h"

#define SEARCH_REQUEST_MAX (8u << 20)

enum search_dialect { DIALECT_UNKNOWN, DIALECT_ELASTICSEARCH, DIALECT_OPENSEARCH };

struct search {
    struct elastic_link link;
    char *indices; /* a name, or a pattern */
    bool one;      /* a name: without such an index there is no answer */
    char *filter;
    enum search_dialect dialect;
    struct buf pit;   /* point in time, a JSON string; empty = none */
    struct buf after; /* sort values of the last hit, a JSON array; empty = none yet */
};

/*
 * Sends a request to whichever node answers. *out is the answer, one valid
 * JSON object, until the next request. DONE: 404. FATAL: any other code but 200.
 */
enum status search_ask(struct search *search, const char *method, const char *path,
                       struct slice body, struct slice *out, struct error *err);

/* Was nothing answered, or only that the server is busy? */
bool search_no_answer(const struct search *search);

/* `"query":{…}` */
void search_add_query(const struct search *search, struct buf *body);

/* `name` as a JSON string. */
void search_add_name(struct slice name, struct buf *body);

/* hits.total.value */
uint64_t search_total(struct slice answer);

#endif
