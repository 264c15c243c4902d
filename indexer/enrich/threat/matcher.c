/*
 * matcher.c - the list of engines.
 */
#include "indexer/enrich/threat/matcher.h"

#include <string.h>

#include "common/scope.h"

/* The best first. */
static const struct matcher_type *const types[] = {
#ifdef ALPEX_HYPERSCAN
    &matcher_hyperscan,
#endif
    &matcher_table,
};

const struct matcher_type *matcher_type_find(const char *name)
{
    bool any = strcmp(name, "auto") == 0;

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if ((any || strcmp(types[i]->name, name) == 0) && types[i]->is_usable())
            return types[i];
    return NULL;
}
