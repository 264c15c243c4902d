/*
 * complete.h - what may come at a place of a query, for command line and UI.
 *
 * The text need not be a whole query, nor a correct one: only what stands
 * before the cursor is read.
 */
#ifndef COMMON_QUERY_COMPLETE_H
#define COMMON_QUERY_COMPLETE_H

#include "common/query.h"

enum completion_kind {
    COMPLETION_FIELD,    /* a name; ":" follows at once, or an operator */
    COMPLETION_OPERATOR, /* ">=", "=", … */
    COMPLETION_VALUE,
    COMPLETION_WORD, /* and, or, not */
};

/* `text` replaces the query's bytes from `from` to the cursor; it lives until the next call. */
typedef void query_complete_take(void *user, enum completion_kind kind, struct slice text,
                                 const char *about);

struct query_completion {
    size_t from;             /* the part under way begins here; the cursor when there is none */
    enum record_field field; /* whose values fit; FIELD_COUNT at any other place */
};

/*
 * Calls `take` for all that may replace the part before `cursor`, fields in
 * the schema's order, values in their usual one. `about` tells a field's type, or is "".
 * When a field's values cannot be listed nothing is offered, and the result's
 * field says whose are wanted: the caller may know some from the index.
 */
struct query_completion query_complete(struct slice text, size_t cursor,
                                       const struct query_context *context,
                                       query_complete_take *take, void *user);

#endif
