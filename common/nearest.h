/*
 * nearest.h - which of some names a misspelt one was meant to be.
 */
#ifndef COMMON_NEAREST_H
#define COMMON_NEAREST_H

#include <stddef.h>

struct nearest {      /* all zero at first */
    const char *name; /* the best so far, or NULL */
    size_t distance;
};

/* A name counts as near when a third of what was typed is wrong at most. */
void nearest_try(struct nearest *nearest, const char *typed, size_t len, const char *name);

#endif
