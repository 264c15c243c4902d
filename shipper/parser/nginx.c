/*
 * nginx.c - nginx's access logs: the predefined format, and any log_format.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "shipper/parser/nginx_format.h"

struct nginx {
    struct parser base;
    struct format format;
};

static void nginx_close(struct parser *parser)
{
    struct nginx *nginx = (struct nginx *)parser;

    if (nginx)
        format_release(&nginx->format);
    free(nginx);
}

static enum status nginx_compile(const char *name, const char *argument,
                                 const struct parser_options *options, struct parser **out,
                                 struct error *err)
{
    struct nginx *nginx = calloc(1, sizeof(*nginx));

    if (!nginx)
        return error_set(err, FATAL, "out of memory");
    if (nginx_format_compile(&nginx->format, strcmp(name, "nginx:") == 0 ? argument : "combined",
                             options, err)) {
        nginx_close(&nginx->base);
        return err->status;
    }
    *out = &nginx->base;
    return OK;
}

static const char *nginx_parse(struct parser *parser, struct slice line,
                               struct parser_memory *memory, struct record *record)
{
    return format_parse(&((struct nginx *)parser)->format, line, memory, record);
}

static const struct parser_format formats[] = {
    {"nginx-combined", "nginx.access", "nginx's predefined log format"},
    {"nginx:", "nginx.access", "a log_format as in nginx.conf: nginx:$remote_addr ..."},
    {0},
};

const struct parser_type parser_nginx = {
    .formats = formats,
    .compile = nginx_compile,
    .parse = nginx_parse,
    .close = nginx_close,
};
