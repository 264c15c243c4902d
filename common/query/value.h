/*
 * value.h - private to query/: a value as written, read by the type of its field.
 */
#ifndef COMMON_QUERY_VALUE_H
#define COMMON_QUERY_VALUE_H

#include "common/query/tree.h"

struct written {
    struct slice raw; /* with quotes and backslashes */
    size_t offset;    /* in the query */
    bool quoted;
    struct slice text; /* without them */
    unsigned stars;    /* wildcards; a quoted or escaped star is none */
    uint16_t star[QUERY_STARS_MAX];
};

struct value_reader {
    struct arena *arena;
    const struct query_context *context;
    struct query_errors *errors;
    bool no_memory;
};

/* Removes quotes and backslashes of `raw`. False: too many stars (reported), or no memory. */
bool value_unquote(struct value_reader *reader, struct slice raw, size_t offset,
                   struct written *out);

/* Completes `condition`, whose field, key, name and op are set. False: reported. */
bool value_read(struct value_reader *reader, const struct written *written,
                struct query_condition *condition);

/* Text without a field: words of the line, or everything (*all). False: reported. */
bool value_read_words(struct value_reader *reader, const struct written *written,
                      struct query_condition *condition, bool *all);

#endif
