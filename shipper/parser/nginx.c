/*
 * nginx.c - nginx's access logs.
 *
 * Source: ngx_http_log_module, directive log_format; `combined` is built in.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/format.h"

struct nginx {
    struct parser base;
    struct format format;
};

static const char combined[] =
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
    "\"$http_referer\" \"$http_user_agent\"";

static const struct variable {
    const char *name;
    format_setter *set;
    enum record_field field;
} variables[] = {
    {"remote_addr", format_set_address, FIELD_SOURCE_ADDRESS},
    {"remote_user", format_set_text, FIELD_USER_NAME},
    {"time_local", format_set_time_clf, FIELD_TIMESTAMP},
    {"request", format_set_request, FIELD_MESSAGE},
    {"status", format_set_status, FIELD_HTTP_RESPONSE_STATUS_CODE},
    {"body_bytes_sent", format_set_number, FIELD_HTTP_RESPONSE_BODY_BYTES},
    {"http_referer", format_set_text, FIELD_HTTP_REQUEST_REFERRER},
    {"http_user_agent", format_set_text, FIELD_USER_AGENT_ORIGINAL},
};

static const struct variable *variable_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0)
            return &variables[i];
    return NULL;
}

static enum status compile_format(struct format *format, const char *text, struct error *err)
{
    static const char name_chars[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *p = text;
    bool fits = true;

    while (*p && fits) {
        size_t len = *p == '$' ? strspn(p + 1, name_chars) : 0;
        const struct variable *variable = len ? variable_find(p + 1, len) : NULL;

        if (len && !variable)
            return error_set(err, REJECT, "unknown variable '%.*s'", (int)len + 1, p);
        if (variable)
            fits = format_step(format, variable->set, variable->field, NULL);
        else
            fits = format_literal(format, p, 1);
        p += variable ? len + 1 : 1;
    }
    return fits ? OK : error_set(err, REJECT, "the format is too long");
}

static enum status nginx_compile(const char *name, const char *argument,
                                 const struct parser_options *options, struct parser **out,
                                 struct error *err)
{
    struct nginx *nginx = calloc(1, sizeof(*nginx));

    (void)name; /* there is one */
    (void)argument;
    (void)options;
    if (!nginx)
        return error_set(err, FATAL, "out of memory");
    if (compile_format(&nginx->format, combined, err)) {
        free(nginx);
        return err->status;
    }
    *out = &nginx->base;
    return OK;
}

static const char *nginx_parse(struct parser *parser, struct slice line,
                               struct parser_memory *memory, struct record *record)
{
    (void)memory;
    return format_parse(&((struct nginx *)parser)->format, line, record);
}

static void nginx_close(struct parser *parser)
{
    free(parser);
}

static const struct parser_format formats[] = {
    {"nginx-combined", "nginx.access", "nginx's predefined log format"},
    {0},
};

const struct parser_type parser_nginx = {
    .formats = formats,
    .compile = nginx_compile,
    .parse = nginx_parse,
    .close = nginx_close,
};
