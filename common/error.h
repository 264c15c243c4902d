/*
 * error.h - how every function reports.
 *
 * A status says what the caller should do; struct error adds the text. Who
 * handles an error logs it, once; who returns it does not.
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include <stdbool.h>

enum status {
    OK = 0, /* go on */
    DONE,   /* input exhausted, nothing more to come */
    RETRY,  /* not now: pause and repeat */
    REJECT, /* this record or request is refused for good; the next may pass */
    FATAL,  /* cannot go on */
};

struct error {
    enum status status;
    char text[480]; /* one line, no newline, no secrets, no line contents */
};

/* Sets `err` (may be NULL) and returns `status`, so that it can be returned in one line. */
enum status error_set(struct error *err, enum status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, with ": <strerror(errno)>" appended. */
enum status error_set_errno(struct error *err, enum status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<prefix>: " before the text; keeps and returns the status. */
enum status error_prefix(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* clang-tidy sees one source at a time: it must not think of OK */
static inline enum status error_noted(struct error *err, enum status status)
{
    if (err)
        err->status = status;
    return status;
}
#define error_set(err, status, ...)                                                                \
    ((void)error_set(err, status, __VA_ARGS__), error_noted(err, status))
#define error_set_errno(err, status, ...)                                                          \
    ((void)error_set_errno(err, status, __VA_ARGS__), error_noted(err, status))
#endif

#endif
