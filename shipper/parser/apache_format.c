/*
 * apache_format.c - LogFormat strings of httpd.
 *
 * Values that a format has twice (%T beside %D, %s beside %>s) are told apart
 * by looking over the whole format first: the better one gets the field.
 */
#include "shipper/parser/apache_format.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/apache_directive.h"
#include "shipper/parser/format_header.h"
#include "shipper/parser/format_set.h"
#include "shipper/parser/parser.h"

#define TEXT_MAX 16384

static const struct {
    const char *name, *log_format;
} nicknames[] = {
    {"common", "%h %l %u %t \"%r\" %>s %b"},
    {"combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""},
    {"combinedio", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %I %O"},
    {"vhost_common", "%v %h %l %u %t \"%r\" %>s %b"},
    {"vhost_combined", "%v:%p %h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""},
    {"referer", "%{Referer}i -> %U"},
    {"agent", "%{User-agent}i"},
};

/* Behind the keyword `word` and blanks, or NULL. */
static const char *skip_keyword(const char *p, const char *word)
{
    size_t len = strlen(word);

    if (strncasecmp(p, word, len) != 0 || !isspace((unsigned char)p[len]))
        return NULL;
    return p + len + strspn(p + len, " \t");
}

/*
 * The format inside of a line of httpd.conf: LogFormat "..." name, or CustomLog file "...".
 * Any other text is the format itself.
 */
static struct slice find_format(const char *text)
{
    const char *p = text + strspn(text, " \t\r\n"), *start, *inside;

    inside = skip_keyword(p, "LogFormat");
    start = inside ? NULL : skip_keyword(p, "CustomLog");
    if (start) {
        inside = start + strcspn(start, " \t");
        inside += strspn(inside, " \t");
    }
    if (!inside)
        return slice_of(text);
    if (*inside != '"')
        return (struct slice){inside, strcspn(inside, " \t\r\n")};
    for (p = start = inside + 1; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return (struct slice){start, (size_t)(p - start)};
}

/* What \x stands for, in httpd.conf or in the format itself; 0: the backslash stands for itself. */
static char escaped(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '\'':
        return c;
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    default:
        return '\0';
    }
}

static enum status add_literal(struct format *format, struct slice text, size_t *at,
                               struct error *err)
{
    const char *p = text.data + *at;
    char c = *p;
    size_t len = 1;

    if (c == '\\' && *at + 1 < text.len && escaped(p[1])) {
        c = escaped(p[1]);
        len = 2;
    }
    *at += len;
    if (c == '\n' || c == '\r') {
        if (*at >= text.len)
            return OK; /* at the end it only ends the line */
        return error_set(err, REJECT,
                         "there is a line break at character %zu of the format: an entry must be "
                         "one line",
                         *at - len + 1);
    }
    return format_literal(format, &c, 1, err);
}

/* %t writes its own brackets; under a condition it may be a dash instead. */
static enum status add_clf_time(struct format *format, const struct apache_directive *directive,
                                struct error *err)
{
    struct format_item item = {format_set_time_clf, SHAPE_CLF, directive->time_field, NULL, 0, 26};

    if (directive->conditional) {
        item.shape = SHAPE_BRACKETS;
        item.width = 0;
        return format_add(format, &item, NULL, err);
    }
    if (format_literal(format, "[", 1, err) || format_add(format, &item, NULL, err))
        return err->status;
    return format_literal(format, "]", 1, err);
}

static enum status add_directive(struct format *format, const struct apache_directive *directive,
                                 const struct apache_facts *facts, struct error *err)
{
    char label[FORMAT_NAME_MAX];
    struct format_item item;
    const char *name = NULL;

    if (directive->letter == '%')
        return format_literal(format, "%", 1, err);
    if (directive->letter == 't' && directive->time == APACHE_TIME_CLF &&
        (!facts->has_epoch || directive->time_field == FIELD_EVENT_END))
        return add_clf_time(format, directive, err);
    if (directive->letter == 't' && directive->time == APACHE_TIME_PATTERN &&
        (!facts->has_epoch || directive->time_field == FIELD_EVENT_END))
        return format_add_time(format, directive->time_field, directive->pattern,
                               directive->conditional, err);
    if (apache_directive_item(directive, facts, &item, label, &name, err))
        return err->status;
    if (directive->conditional) /* a dash is not as wide */
        item.width = 0;
    return format_add(format, &item, name, err);
}

static enum status compile(struct format *format, struct slice text,
                           const struct parser_options *options, struct error *err)
{
    struct apache_facts facts = {0};
    struct apache_directive directive;
    size_t at = 0;

    if (apache_facts_find(text, &facts, err))
        return err->status;
    while (at < text.len) {
        if (text.data[at] != '%') {
            if (add_literal(format, text, &at, err))
                return err->status;
            continue;
        }
        if (apache_directive_read(text, &at, &directive, err))
            return err->status;
        if (add_directive(format, &directive, &facts, err))
            return err->status;
    }
    return format_finish(format, options, err);
}

enum status apache_format_compile(struct format *format, const char *text,
                                  const struct parser_options *options, struct error *err)
{
    struct slice found;

    for (size_t i = 0; i < ARRAY_LEN(nicknames); i++)
        if (strcmp(text, nicknames[i].name) == 0)
            text = nicknames[i].log_format;
    found = find_format(text);
    if (found.len > TEXT_MAX)
        return error_set(err, REJECT, "the format is longer than %d bytes", TEXT_MAX);
    return compile(format, found, options, err);
}
