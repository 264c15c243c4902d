/*
 * query_command.h - a query from the command line: parsed, or its errors shown
 * below the text, each with what to write instead.
 */
#ifndef COMMON_QUERY_COMMAND_H
#define COMMON_QUERY_COMMAND_H

#include <stdbool.h>

#include "common/query.h"

/* "now", and this machine's zone for times without one. */
struct query_context query_command_context(void);

/* False: the errors are on stderr. `text` must outlive the query. */
bool query_command_parse(struct arena *arena, const char *text, const struct query_context *context,
                         struct query **out);

#endif
