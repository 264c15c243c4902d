/*
 * apache.c - httpd's access logs: formats by name, and any LogFormat.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/apache_format.h"

#define VARIANTS_MAX 6

/* Formats that a name stands for, in pairs: lines with more fields first. */
static const struct known {
    const char *name;
    const char *variants[VARIANTS_MAX];
} known[] = {
    {"apache-common", {"common"}},
    {"apache-combined", {"combined"}},
    {"apache-combinedio", {"combinedio"}},
    {"apache-vhost-combined",
     {"vhost_combined", "%v %h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""}},
    {"apache-access",
     {"combined", "common", "vhost_combined", "%v:%p %h %l %u %t \"%r\" %>s %b",
      "%v %h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"", "vhost_common"}},
};

struct apache {
    struct parser base;
    unsigned count;
    struct format formats[];
};

static void apache_close(struct parser *parser)
{
    struct apache *apache = (struct apache *)parser;

    if (!apache)
        return;
    for (unsigned i = 0; i < apache->count; i++)
        format_release(&apache->formats[i]);
    free(apache);
}

static enum status apache_compile(const char *name, const char *argument,
                                  const struct parser_options *options, struct parser **out,
                                  struct error *err)
{
    const char *given[VARIANTS_MAX] = {argument};
    const char *const *variants = given;
    struct apache *apache;
    unsigned count = 0;

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            variants = known[i].variants;
    while (count < VARIANTS_MAX && variants[count])
        count++;
    apache = calloc(1, sizeof(*apache) + count * sizeof(apache->formats[0]));
    if (!apache)
        return error_set(err, FATAL, "out of memory");
    for (; apache->count < count; apache->count++)
        if (apache_format_compile(&apache->formats[apache->count], variants[apache->count], options,
                                  err)) {
            apache->count++;
            apache_close(&apache->base);
            return err->status;
        }
    *out = &apache->base;
    return OK;
}

/* "www.example.org:80", but not an IPv6 address. */
static bool has_port(struct slice word)
{
    const char *colon = word.len ? memrchr(word.data, ':', word.len) : NULL;
    const char *end = word.data + word.len;

    if (!colon || colon == word.data || colon + 1 == end ||
        (memchr(word.data, ':', (size_t)(colon - word.data)) && colon[-1] != ']'))
        return false;
    for (const char *p = colon + 1; p < end; p++)
        if (*p < '0' || *p > '9')
            return false;
    return true;
}

/*
 * How a line begins: 0 with the client, 1 with host:port, 2 with a host. A client is followed by
 * identity, user and time; a host has one word more, and what stands second is not a dash.
 */
static unsigned beginning(struct slice line)
{
    const char *p = line.data, *end = line.data + line.len;
    unsigned words = 0;
    bool dash = false;

    while (p < end && *p != '[') {
        const char *blank = memchr(p, ' ', (size_t)(end - p));

        if (!blank)
            break;
        if (words == 0 && has_port((struct slice){p, (size_t)(blank - p)}))
            return 1;
        if (words == 1)
            dash = blank - p == 1 && *p == '-';
        words++;
        p = blank + 1;
    }
    return words >= 4 && !dash ? 2 : 0;
}

static const char *apache_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    struct apache *apache = (struct apache *)parser;
    const char *problem;
    unsigned first, count = apache->count;

    if (count == 1)
        return format_parse(&apache->formats[0], line, memory, record);
    first = beginning(line);
    if (count == 2)
        return format_parse(&apache->formats[first != 1], line, memory, record);
    problem = format_parse(&apache->formats[2 * first], line, memory, record);
    if (!problem)
        return NULL;
    record_clear(record);
    return format_parse(&apache->formats[2 * first + 1], line, memory, record);
}

static const struct parser_format formats[] = {
    {"apache-common", "apache.access", "httpd's Common Log Format"},
    {"apache-combined", "apache.access", "httpd's combined log format"},
    {"apache-combinedio", "apache.access", "combined, with the bytes received and sent"},
    {"apache-vhost-combined", "apache.access", "combined behind the host, with or without port"},
    {"apache-access", "apache.access", "each line common or combined, perhaps behind the host"},
    {"apache:", "apache.access", "a LogFormat as in httpd.conf: apache:%h %l %u %t ..."},
    {0},
};

const struct parser_type parser_apache = {
    .formats = formats,
    .compile = apache_compile,
    .parse = apache_parse,
    .close = apache_close,
};
