/*
 * elastic_body.h - the body of one bulk request, and which documents are in it.
 *
 * Two lines a document: {"create":{"_index":…,"_id":…}} and the document; "index"
 * for "create" when documents are to be replaced.
 * Reused from request to request: a steady load allocates nothing.
 */
#ifndef INDEXER_SINK_ELASTIC_BODY_H
#define INDEXER_SINK_ELASTIC_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/sink/elastic_verdict.h"

struct batch_entry;

struct elastic_body {
    struct buf text;
    struct elastic_item *items;
    size_t count, capacity;
    bool replace; /* "index" for "create" */
};

void elastic_body_init(struct elastic_body *body);
void elastic_body_release(struct elastic_body *body);

/* Empty, with room for `capacity` documents. False without memory. */
bool elastic_body_start(struct elastic_body *body, size_t capacity);
void elastic_body_clear(struct elastic_body *body);

/* Larger than Elasticsearch takes by default; no request is made for it. */
bool elastic_body_too_large(const struct batch_entry *entry);

/* Why `entry` would spoil a whole request, or NULL. */
const char *elastic_body_unfit(const struct batch_entry *entry);

/*
 * Adds `entry`, which is fit. DONE: not added, the body would grow beyond
 * `max` bytes (never when it is empty). FATAL: no memory; what is in it stays usable.
 */
enum status elastic_body_add(struct elastic_body *body, struct batch_entry *entry, size_t max);

/* The lines of the documents lo to hi - 1: a body of its own. */
struct slice elastic_body_part(const struct elastic_body *body, size_t lo, size_t hi);

#endif
