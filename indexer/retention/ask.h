/*
 * ask.h - requests of retention: one answer as a tree, and what its code means.
 *
 * Threads: as the link that they use. Each blocks up to twice elasticsearch.timeout_ms.
 */
#ifndef INDEXER_RETENTION_ASK_H
#define INDEXER_RETENTION_ASK_H

#include "common/error.h"
#include "common/json.h"

struct elastic_link;

/*
 * *out is the answer's JSON, the caller's to delete; *code its HTTP code, 200 to 299 or 404, or
 * 409, which are answers too. `body` NULL: none. RETRY: no answer, or another code; err
 * says which, and who refuses what. `out` may be NULL.
 */
enum status retention_ask(struct elastic_link *link, const char *method, const char *path,
                          const cJSON *body, cJSON **out, long *code, struct error *err);

/* As retention_ask, and a 404 or 409 is RETRY as well. */
enum status retention_do(struct elastic_link *link, const char *method, const char *path,
                         const cJSON *body, cJSON **out, struct error *err);

/* Is the last answer that a disk is too full, or somebody else's block on writing? */
bool retention_was_blocked(const struct elastic_link *link);

#endif
