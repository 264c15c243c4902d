/*
 * input.c - the list of inputs.
 */
#include "shipper/input/input.h"

#include "common/scope.h"

static const struct input_type *const types[] = {&input_tail,   &input_folder, &input_stdin,
                                                 &input_syslog, &input_http,   &input_whole};

const struct input_type *input_type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}
