/*
 * parser.c - the list of parsers, and what becomes of a line that none understands.
 */
#include "shipper/parser/parser.h"

#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/custom.h"
#include "shipper/parser/plugin.h"

/* A line each. */
/* clang-format off */
static const struct parser_type *const types[] = {
    &parser_auto,
    &parser_apache,
    &parser_nginx,
    &parser_syslog,
    &parser_json,
    &parser_apache_error,
    &parser_nginx_error,
    &parser_haproxy,
    &parser_regex,
    &parser_text,
    &parser_logfmt,
    &parser_csv,
    &parser_w3c,
    &parser_cef,
    &parser_xml,
};
/* clang-format on */

/* Does `format` name this row? *argument is what follows. */
static bool is_row(const struct parser_format *row, const char *format, const char **argument)
{
    size_t len = strlen(row->name);

    if (strncmp(row->name, format, len) != 0 || (row->name[len - 1] != ':' && format[len]))
        return false;
    *argument = format + len;
    return true;
}

static const struct parser_format *find(const char *format, const struct parser_type **type,
                                        const char **argument)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        for (const struct parser_format *row = types[i]->formats; row->name; row++)
            if (is_row(row, format, argument)) {
                *type = types[i];
                return row;
            }
    return NULL;
}

const struct parser_format *parser_format_find(const char *format)
{
    const struct parser_type *type;
    const char *argument;

    return find(format, &type, &argument);
}

bool parser_format_spans_lines(const char *format)
{
    const struct parser_type *type;
    const char *argument;

    return find(format, &type, &argument) && type->record_end;
}

void parser_formats(void (*each)(void *arg, const struct parser_format *format), void *arg)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        for (const struct parser_format *row = types[i]->formats; row->name; row++)
            each(arg, row);
}

static void add_name(void *arg, const struct parser_format *format)
{
    struct buf *out = arg;

    buf_addf(out, "%s%s%s", out->len ? ", " : "", format->name,
             format->name[strlen(format->name) - 1] == ':' ? "..." : "");
}

enum status parser_open(const char *format, const struct parser_options *options,
                        struct parser **out, struct error *err)
{
    static const struct parser_options none = {0};
    const struct parser_type *type;
    const char *argument;
    const struct parser_format *row = find(format, &type, &argument);
    enum status status;

    if (!row) {
        status = custom_open(format, options ? options : &none, out, err);
        if (status == RETRY)
            status = plugin_open(format, options ? options : &none, out, err);
        if (status != RETRY)
            return status == REJECT ? error_prefix(err, "format '%s'", format) : status;
    }
    if (!row) {
        struct buf names = BUF_INIT(400);

        parser_formats(add_name, &names);
        error_set(err, REJECT, "unknown format '%s'; 'shipper formats' lists them: %s", format,
                  names.failed ? "..." : buf_str(&names));
        buf_release(&names);
        return REJECT;
    }
    status = type->compile(row->name, argument, options ? options : &none, out, err);
    if (status != OK)
        return status;
    (*out)->type = type;
    (*out)->format = row;
    return OK;
}

void parser_close(struct parser *parser)
{
    if (parser)
        parser->type->close(parser);
}

bool parser_apply(struct parser *parser, struct slice line, struct parser_memory *memory,
                  struct record *record)
{
    const char *problem;

    memory->no_record = false;
    problem = parser->type->parse(parser, line, memory, record);
    if (!problem)
        return true;
    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, line);
    record_set_text(record, FIELD_EVENT_ORIGINAL, line);
    record_set_text(record, FIELD_ERROR_MESSAGE, slice_of(problem));
    record_set_json(record, FIELD_TAGS, SLICE("[\"_parsefailure\"]"));
    return false;
}
