/*
 * apache.c - httpd's access logs.
 *
 * Source: mod_log_config, "Custom Log Formats" and "Common/Combined Log Format".
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/format.h"

struct apache {
    struct parser base;
    struct format format;
};

static const struct {
    const char *name, *log_format;
} known[] = {
    {"apache-common", "%h %l %u %t \"%r\" %>s %b"},
    {"apache-combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""},
};

static const struct directive {
    const char *text;
    format_setter *set;
    enum record_field field;
    const char *label;
} directives[] = {
    {"%h", format_set_address, FIELD_SOURCE_ADDRESS, NULL},
    {"%l", format_set_label, FIELD_LABELS, "ident"},
    {"%u", format_set_text, FIELD_USER_NAME, NULL},
    {"%r", format_set_request, FIELD_MESSAGE, NULL},
    {"%>s", format_set_status, FIELD_HTTP_RESPONSE_STATUS_CODE, NULL},
    {"%b", format_set_number, FIELD_HTTP_RESPONSE_BODY_BYTES, NULL},
    {"%{Referer}i", format_set_text, FIELD_HTTP_REQUEST_REFERRER, NULL},
    {"%{User-Agent}i", format_set_text, FIELD_USER_AGENT_ORIGINAL, NULL},
};

static const struct directive *directive_at(const char *p)
{
    for (size_t i = 0; i < ARRAY_LEN(directives); i++)
        if (strncmp(p, directives[i].text, strlen(directives[i].text)) == 0)
            return &directives[i];
    return NULL;
}

static enum status compile_format(struct format *format, const char *text, struct error *err)
{
    const char *p = text;
    bool fits = true;

    while (*p && fits) {
        const struct directive *directive = directive_at(p);

        if (directive) {
            fits = format_step(format, directive->set, directive->field, directive->label);
            p += strlen(directive->text);
        } else if (strncmp(p, "%t", 2) == 0) { /* writes its own brackets */
            fits = format_literal(format, "[", 1) &&
                   format_step(format, format_set_time_clf, FIELD_TIMESTAMP, NULL) &&
                   format_literal(format, "]", 1);
            p += 2;
        } else if (*p == '%') {
            return error_set(err, REJECT, "unknown directive at '%s'", p);
        } else {
            fits = format_literal(format, p++, 1);
        }
    }
    return fits ? OK : error_set(err, REJECT, "the format is too long");
}

static enum status apache_compile(const char *name, const char *argument,
                                  const struct parser_options *options, struct parser **out,
                                  struct error *err)
{
    struct apache *apache = calloc(1, sizeof(*apache));
    enum status status = REJECT;

    (void)argument;
    (void)options;
    if (!apache)
        return error_set(err, FATAL, "out of memory");
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            status = compile_format(&apache->format, known[i].log_format, err);
    if (status != OK) {
        free(apache);
        return status;
    }
    *out = &apache->base;
    return OK;
}

static const char *apache_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    (void)memory;
    return format_parse(&((struct apache *)parser)->format, line, record);
}

static void apache_close(struct parser *parser)
{
    free(parser);
}

static const struct parser_format formats[] = {
    {"apache-common", "apache.access", "httpd's Common Log Format"},
    {"apache-combined", "apache.access", "httpd's combined log format"},
    {0},
};

const struct parser_type parser_apache = {
    .formats = formats,
    .compile = apache_compile,
    .parse = apache_parse,
    .close = apache_close,
};
