/*
 * elastic_verdict.h - what an answer of Elasticsearch means.
 *
 * Pure functions over the answer's bytes: which class it belongs to, and for a
 * bulk the status and error of each document. What is not understood in full
 * is no answer at all: "unknown" means "not done".
 */
#ifndef INDEXER_SINK_ELASTIC_VERDICT_H
#define INDEXER_SINK_ELASTIC_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

struct batch_entry;
struct http_answer;

/* Of a request as a whole or of one document; all but the first two are errors. */
enum elastic_verdict {
    VERDICT_STORED = 0,  /* of a request: each document has its own verdict */
    VERDICT_DUPLICATE,   /* the id is in the index already */
    VERDICT_OVERLOADED,  /* slow down, then again */
    VERDICT_UNAVAILABLE, /* again later: no answer, 5xx */
    VERDICT_NO_SHARDS,   /* those of the index are away */
    VERDICT_BLOCKED,     /* the index is read-only */
    VERDICT_NO_INDEX,    /* and it may not be created */
    VERDICT_GARBLED,     /* an answer that does not fit the request */
    VERDICT_DENIED,      /* 401, 403 */
    VERDICT_ENDPOINT,    /* this is not Elasticsearch's _bulk */
    VERDICT_FLOOD,       /* too many refusals in a minute */
    VERDICT_TOO_LARGE,   /* 413 */
    VERDICT_BAD_REQUEST, /* 400 for the whole request: something in it is malformed */
    VERDICT_MAPPING,     /* this document does not fit the mapping */
    VERDICT_REJECTED,    /* this document, for any other reason */
    VERDICT_COUNT
};

/* One document of a bulk request, and what was answered for it. */
struct elastic_item {
    struct batch_entry *entry;
    size_t start;              /* of its two lines in the request's body */
    uint16_t status;           /* HTTP code */
    struct slice type, reason; /* of its error, inside of the answer's quotes; len 0 = none */
    bool replace;              /* asked for with "index", else with "create" */
};

enum elastic_verdict elastic_request_verdict(const struct http_answer *answer);

/*
 * Fills status, type and reason of `count` items from the answer to a bulk of
 * creates; they point into `text`. REJECT: it does not answer just these
 * documents in this order; the items are undefined, err says what is wrong.
 */
enum status elastic_read_items(struct slice text, struct elastic_item *items, size_t count,
                               struct error *err);

enum elastic_verdict elastic_item_verdict(const struct elastic_item *item);

/* Concerns the document's index, whatever becomes of others. */
bool elastic_verdict_is_of_index(enum elastic_verdict verdict);

/* "type: reason" of an item's error, one line of at most 1 KiB; NULL when it has none or without
 * memory. */
const char *elastic_item_detail(const struct elastic_item *item, struct arena *arena);

/*
 * "type" or "type: reason" of an error that answers a whole request, as one
 * line; "" when there is none. Reasons may quote documents: ask for them only
 * where there are none in the request.
 */
void elastic_error_text(struct slice body, bool with_reason, char *text, size_t size);

#endif
