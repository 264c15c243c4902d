/*
 * error.c - fills struct error.
 */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* By a copy: the arguments may point into err->text. */
__attribute__((format(printf, 2, 0))) static void set_text(struct error *err, const char *fmt,
                                                           va_list args)
{
    char text[sizeof(err->text)];

    vsnprintf(text, sizeof(text), fmt, args);
    memcpy(err->text, text, strlen(text) + 1);
}

enum status(error_set)(struct error *err, enum status status, const char *fmt, ...)
{
    va_list args;

    if (!err)
        return status;
    err->status = status;
    va_start(args, fmt);
    set_text(err, fmt, args);
    va_end(args);
    return status;
}

enum status(error_set_errno)(struct error *err, enum status status, const char *fmt, ...)
{
    int saved = errno;
    va_list args;
    size_t used;

    if (!err)
        return status;
    err->status = status;
    va_start(args, fmt);
    set_text(err, fmt, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(saved));
    return status;
}

enum status error_prefix(struct error *err, const char *fmt, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    size_t used;

    if (!err)
        return FATAL;
    memcpy(text, err->text, sizeof(text));
    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof(err->text) - used, ": %.*s", (int)(sizeof(text) - used),
             text);
    return err->status;
}
