/*
 * parser.c - the list of parsers, and what becomes of a line that none understands.
 */
#include "shipper/parser/parser.h"

#include "common/record.h"
#include "common/scope.h"

static const struct parser_type *const types[] = {&parser_apache, &parser_nginx};

static void list_formats(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        for (const char *const *name = types[i]->formats; *name; name++)
            buf_addf(out, "%s%s", out->len ? ", " : "", *name);
}

enum status parser_open(const char *format, struct parser **out, struct error *err)
{
    scoped_buf struct buf names = BUF_INIT(400);

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        for (const char *const *name = types[i]->formats; *name; name++)
            if (strcmp(*name, format) == 0)
                return types[i]->compile(format, out, err);
    list_formats(&names);
    return error_set(err, REJECT, "unknown format '%s'; expected one of: %s", format,
                     buf_str(&names));
}

void parser_close(struct parser *parser)
{
    if (parser)
        parser->type->close(parser);
}

bool parser_apply(struct parser *parser, struct slice line, struct record *record)
{
    const char *problem = parser->type->parse(parser, line, record);

    if (!problem)
        return true;
    record_clear(record);
    record_set_text(record, FIELD_MESSAGE, line);
    record_set_text(record, FIELD_EVENT_ORIGINAL, line);
    record_set_text(record, FIELD_ERROR_MESSAGE, slice_of(problem));
    record_set_json(record, FIELD_TAGS, SLICE("[\"_parsefailure\"]"));
    return false;
}
