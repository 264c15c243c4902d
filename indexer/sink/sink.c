/*
 * sink.c - the list of sinks.
 */
#include "indexer/sink/sink.h"

#include <string.h>

#include "common/scope.h"

const struct sink_type *sink_type_find(const char *name)
{
    static const struct sink_type *const types[] = {&sink_elastic};

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}
