/*
 * fields.h - private to query/: the names by which a query may call a field.
 */
#ifndef COMMON_QUERY_FIELDS_H
#define COMMON_QUERY_FIELDS_H

#include "common/query.h"

struct field_ref {
    enum record_field field;
    struct slice key; /* of a field below an OBJECT field, else empty */
};

/* By ECS name or alias; false when there is none, or it is hidden. */
bool field_find(struct slice name, const struct query_context *context, struct field_ref *out);

/* The name or alias that `name` is probably meant to be, or {NULL, 0}. */
struct slice field_suggest(struct slice name, const struct query_context *context);

/* Calls `take` with each name and alias of a field that is not hidden. */
void field_each_name(const struct query_context *context,
                     void (*take)(void *user, enum record_field field, struct slice name),
                     void *user);

#endif
