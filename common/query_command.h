/*
 * query_command.h - a query from the command line: parsed, or its errors shown
 * below the text, each with what to write instead. And times, as people write them.
 */
#ifndef COMMON_QUERY_COMMAND_H
#define COMMON_QUERY_COMMAND_H

#include <stdbool.h>

#include "common/error.h"
#include "common/query.h"

/* "now", and this machine's zone for times without one. */
struct query_context query_command_context(void);

/* False: the errors are on stderr. `text` must outlive the query. */
bool query_command_parse(struct arena *arena, const char *text, const struct query_context *context,
                         struct query **out);

/*
 * The milliseconds that an option's time stands for: what queries take (now-1h, 2026-11-20,
 * 2026-11-20T14:05:00Z), an age (2h, -2h, 1d12h) or seconds since 1970 (@1790000000, @1.5).
 * A day is all of its milliseconds. REJECT: it is no time.
 */
enum status query_command_time(const char *option, const char *text,
                               const struct query_context *context, int64_t *first_ms,
                               int64_t *last_ms, struct error *err);

/*
 * --from and --to, each of which may be NULL: from the first millisecond of the one to the last of
 * the other. What is not given ends nowhere. REJECT: one is no time, or they are the wrong way
 * round.
 */
enum status query_command_range(const char *from, const char *to,
                                const struct query_context *context, int64_t *from_ms,
                                int64_t *to_ms, struct error *err);

#endif
