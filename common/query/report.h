/*
 * report.h - private to query/: collects the errors of one query.
 */
#ifndef COMMON_QUERY_REPORT_H
#define COMMON_QUERY_REPORT_H

#include "common/query.h"

/* User's text for "%.*s" in a message: cut at a character, so that messages stay a line. */
#define QUOTED_MAX    48
#define QUOTED_FMT(s) (int)report_cut(s), (s).data

size_t report_cut(struct slice text);

/* Adds an error unless there are enough; returns it for the hint, or NULL. */
struct query_error *report(struct query_errors *errors, enum query_code code, size_t offset,
                           size_t length, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Sets the hint; `error` may be NULL. Returns false, so that it ends a failing function. */
bool report_hint(struct query_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
