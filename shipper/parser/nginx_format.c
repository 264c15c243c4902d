/*
 * nginx_format.c - log_format strings of nginx.
 */
#include "shipper/parser/nginx_format.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/nginx_variable.h"

#define TEXT_MAX 16384

static const char combined[] =
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
    "\"$http_referer\" \"$http_user_agent\"";

/* ---- a statement of nginx.conf ---- */

/* Blanks, line breaks and comments. */
static const char *skip_space(const char *p)
{
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (*p != '#')
            return p;
        p += strcspn(p, "\n");
    }
}

/* Appends a word, bare or in quotes, as nginx reads it (ngx_conf_read_token). NULL: no end. */
static const char *read_word(const char *p, struct buf *out)
{
    static const char escapes[] = "\"'\\tnr", bytes[] = "\"'\\\t\n\r";
    char quote = *p == '"' || *p == '\'' ? *p++ : '\0';

    for (; *p && (quote ? *p != quote : !strchr(" \t\r\n;", *p)); p++) {
        const char *escape = *p == '\\' && p[1] ? strchr(escapes, p[1]) : NULL;

        if (escape)
            p++;
        buf_add_char(out, escape ? bytes[escape - escapes] : *p);
    }
    if (!quote)
        return p;
    return *p ? p + 1 : NULL;
}

static bool set_escape(struct format *format, struct slice word)
{
    static const struct {
        const char *word;
        enum access_escape escape;
    } escapes[] = {{"escape=default", ACCESS_BACKSLASH},
                   {"escape=json", ACCESS_JSON},
                   {"escape=none", ACCESS_RAW}};

    for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
        if (slice_is(word, escapes[i].word)) {
            format->escape = escapes[i].escape;
            return true;
        }
    return false;
}

/* `[escape=…] 'part' 'part'…;`: the parts joined. */
static enum status read_parts(struct format *format, const char *p, struct buf *out,
                              struct error *err)
{
    const char *start = p;
    size_t before;

    while (p && *(p = skip_space(p)) && *p != ';') {
        bool bare = *p != '"' && *p != '\'';

        before = out->len;
        p = read_word(p, out);
        if (bare && before == 0 && set_escape(format, buf_slice(out)))
            buf_clear(out);
    }
    if (!p)
        return error_set(err, REJECT, "a quote in the log_format statement '%.40s' is not closed",
                         start);
    if (out->len == 0)
        return error_set(err, REJECT, "the log_format statement has no format");
    return OK;
}

/* ---- the format ---- */

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The variable at text.data[*at], a dollar sign: $name or ${name}. False: it is none. */
static bool read_variable(struct slice text, size_t *at, struct slice *name)
{
    size_t p = *at + 1, start;
    bool braces = p < text.len && text.data[p] == '{';

    start = p += braces;
    while (p < text.len && is_name_char(text.data[p]))
        p++;
    *name = (struct slice){text.data + start, p - start};
    if (name->len == 0 || (braces && (p == text.len || text.data[p] != '}')))
        return false;
    *at = p + braces;
    return true;
}

static void note_all(struct slice text, struct nginx_facts *facts)
{
    struct slice name;

    for (size_t at = 0; at < text.len;)
        if (text.data[at] == '$' && read_variable(text, &at, &name))
            nginx_facts_note(facts, name);
        else
            at++;
}

static enum status add_variable(struct format *format, struct slice name,
                                const struct nginx_facts *facts, struct error *err)
{
    char label[FORMAT_NAME_MAX];
    struct format_item item;
    const char *label_name;

    if (!nginx_variable_item(name, facts, &item, label, &label_name))
        return error_set(err, REJECT, "the variable's name '%.*s...' is too long", 40, name.data);
    return format_add(format, &item, label_name, err);
}

static enum status compile(struct format *format, struct slice text,
                           const struct parser_options *options, struct error *err)
{
    struct nginx_facts facts = {0};
    size_t at = 0, start;
    struct slice name;

    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    note_all(text, &facts);
    while (at < text.len) {
        start = at;
        if (text.data[at] != '$') {
            if (text.data[at] == '\n')
                return error_set(err, REJECT,
                                 "there is a line break at character %zu of the format: an entry "
                                 "must be one line",
                                 at + 1);
            if (format_literal(format, text.data + at++, 1, err))
                return err->status;
        } else if (!read_variable(text, &at, &name)) {
            return error_set(err, REJECT,
                             "the dollar sign at character %zu of the format begins no variable; "
                             "expected $name or ${name}",
                             start + 1);
        } else if (add_variable(format, name, &facts, err)) {
            return err->status;
        }
    }
    return format_finish(format, options, err);
}

/* Text in single quotes up to its end, as it stands behind a log_format's name? */
static bool is_parts(const char *p)
{
    size_t len = strlen(p);

    while (len && strchr(" \t\r\n;", p[len - 1]))
        len--;
    return len > 1 && p[0] == '\'' && p[len - 1] == '\'';
}

enum status nginx_format_compile(struct format *format, const char *text,
                                 const struct parser_options *options, struct error *err)
{
    static const char statement[] = "log_format";
    scoped_buf struct buf joined = BUF_INIT(TEXT_MAX);
    const char *p = skip_space(text);
    bool is_statement = false;
    size_t len;

    if (strcmp(text, "combined") == 0)
        text = combined;
    if (strncmp(p, statement, strlen(statement)) == 0 && isspace((unsigned char)p[10])) {
        p = read_word(skip_space(p + strlen(statement)), &joined); /* the name */
        buf_clear(&joined);
        is_statement = true;
    }
    if (is_statement || is_parts(p)) {
        if (read_parts(format, p ? p : "", &joined, err))
            return err->status;
        if (joined.failed)
            return error_set(err, REJECT, "the format is longer than %d bytes", TEXT_MAX);
        return compile(format, buf_slice(&joined), options, err);
    }
    len = strcspn(text, " ");
    if (set_escape(format, (struct slice){text, len}))
        text += len + strspn(text + len, " ");
    return compile(format, slice_of(text), options, err);
}
