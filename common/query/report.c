/*
 * report.c - errors of a query: collected, named, shown.
 */
#include "common/query/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/json_text.h"

const char *query_code_name(enum query_code code)
{
    static const char *const names[] = {
#define CODE(id, name) [QUERY_##id] = name,
#include "common/query/codes.h"
#undef CODE
    };

    return names[code];
}

size_t report_cut(struct slice text)
{
    size_t len = text.len;

    if (len <= QUOTED_MAX)
        return len;
    for (len = QUOTED_MAX; len > 0 && (text.data[len] & 0xc0) == 0x80; len--)
        ;
    return len;
}

struct query_error *report(struct query_errors *errors, enum query_code code, size_t offset,
                           size_t length, const char *fmt, ...)
{
    struct query_error *error;
    unsigned at = errors->count;
    va_list args;

    if (errors->count == QUERY_ERRORS_MAX)
        return NULL;
    for (; at > 0 && errors->list[at - 1].offset > offset; at--)
        errors->list[at] = errors->list[at - 1];
    errors->count++;
    error = &errors->list[at];
    *error = (struct query_error){.code = code, .offset = offset, .length = length};
    va_start(args, fmt);
    vsnprintf(error->message, sizeof(error->message), fmt, args);
    va_end(args);
    return error;
}

bool report_hint(struct query_error *error, const char *fmt, ...)
{
    va_list args;

    if (!error)
        return false;
    va_start(args, fmt);
    vsnprintf(error->hint, sizeof(error->hint), fmt, args);
    va_end(args);
    return false;
}

size_t query_column(struct slice text, size_t offset)
{
    size_t column = 0;

    for (size_t i = 0; i < offset && i < text.len; i++)
        column += (text.data[i] & 0xc0) != 0x80;
    return column;
}

void query_error_print(struct slice text, const struct query_error *error, struct buf *out)
{
    size_t column = query_column(text, error->offset);

    if (error->code == QUERY_TOO_LONG) { /* its end says nothing, and is far to the right */
        buf_addf(out, "%s\n", error->message);
        return;
    }
    for (size_t i = 0; i < text.len; i++) /* one line, whatever is in it */
        buf_add_char(out, (unsigned char)text.data[i] < ' ' ? ' ' : text.data[i]);
    buf_addf(out, "\n%*s^ %s\n", (int)column, "", error->message);
    if (error->hint[0])
        buf_addf(out, "%*s  %s\n", (int)column, "", error->hint);
}

static void add_string(const char *name, const char *text, struct buf *out)
{
    buf_addf(out, "\"%s\":", name);
    json_add_string(out, slice_of(text), NULL);
    buf_add_char(out, ',');
}

void query_errors_json(struct slice text, const struct query_errors *errors, struct buf *out)
{
    buf_add_char(out, '[');
    for (unsigned i = 0; i < errors->count; i++) {
        const struct query_error *error = &errors->list[i];

        buf_add_text(out, i ? ",{" : "{");
        add_string("code", query_code_name(error->code), out);
        add_string("message", error->message, out);
        add_string("hint", error->hint, out);
        buf_addf(out, "\"offset\":%zu,\"length\":%zu,\"column\":%zu}", error->offset, error->length,
                 query_column(text, error->offset));
    }
    buf_add_char(out, ']');
}
