/*
 * matcher.h - which of many literals are in a text, both cases alike.
 *
 * What is found decides which expressions are tried (literals.h). The
 * variants: Hyperscan (or Vectorscan) looks for all of them with vector
 * instructions; the table of our own needs no library and is the twin that
 * tests compare it with.
 *
 * A matcher is immutable: threads share it, each with a scratch of its own.
 */
#ifndef INDEXER_ENRICH_THREAT_MATCHER_H
#define INDEXER_ENRICH_THREAT_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/enrich/threat/literals.h"

struct matcher { /* first member of every variant's own struct */
    const struct matcher_type *type;
};

struct matcher_scratch;

/* Literal number `index` is in the text; may be told more than once. */
typedef void matcher_found(void *arg, unsigned index);

struct matcher_type {
    const char *name;

    bool (*is_usable)(void); /* on this processor */

    /* `literals` need not outlive the call. */
    enum status (*open)(const struct literal *literals, unsigned count, struct matcher **out,
                        struct error *err);
    void (*close)(struct matcher *matcher); /* NULL is fine */

    enum status (*open_scratch)(const struct matcher *matcher, struct matcher_scratch **out,
                                struct error *err);
    void (*close_scratch)(struct matcher_scratch *scratch); /* NULL is fine */

    /* No allocation. */
    void (*scan)(const struct matcher *matcher, struct matcher_scratch *scratch, struct slice text,
                 matcher_found *found, void *arg);
};

/* The type called `name` ("auto": the best that is usable here), or NULL. Types are static. */
const struct matcher_type *matcher_type_find(const char *name);

extern const struct matcher_type matcher_hyperscan, matcher_table;

#endif
