/*
 * dataset.h - what may be an event.dataset: it becomes part of an index's name.
 */
#ifndef SHIPPER_DATASET_H
#define SHIPPER_DATASET_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define DATASET_EXPECTED "lower-case letters, digits, '.' and '_', e.g. nginx.access"

static inline bool dataset_is_valid(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("._", *p))
            return false;
    return islower((unsigned char)*text) || isdigit((unsigned char)*text);
}

#endif
