/*
 * nearest.h - which of some names a misspelt one was meant to be.
 *
 * What counts are letters that are missing, too many, or others, and neighbours
 * that are swapped, each once; case does not.
 */
#ifndef COMMON_NEAREST_H
#define COMMON_NEAREST_H

#include <stddef.h>

#include "common/buf.h"

struct nearest {
    struct slice typed;
    struct slice name; /* the best so far; no data: none is near enough to be what was meant */
    size_t distance;   /* of a better one: less than this */
};

/* For nearest_try with each name. A third of what was typed may be wrong, and always one letter. */
struct nearest nearest_to(struct slice typed);

/* Of what was typed, `most` may be wrong. */
struct nearest nearest_within(struct slice typed, size_t most);

/* `name` must outlive what is found. Of those that are equally near the first stays. */
void nearest_try(struct nearest *nearest, struct slice name);

#endif
