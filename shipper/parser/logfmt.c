/*
 * logfmt.c - key=value pairs, as go-kit, Grafana's programs and Heroku write them.
 *
 *     level=info ts=2026-11-21T12:00:00Z msg="two words" done err="a \"b\""
 *
 * Pairs are separated by blanks and control characters. A key alone is true. A
 * value in double quotes has JSON's escapes, one in single quotes none; a bare one goes up to the
 * next blank, whatever else it holds. A line without any pair does not fit. What
 * comes twice is a list.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/json_text.h"
#include "shipper/parser/members.h"

struct logfmt {
    struct timed_parser timed;
    struct members members;
};

static enum status logfmt_compile(const char *name, const char *argument,
                                  const struct parser_options *options, struct parser **out,
                                  struct error *err)
{
    (void)name;
    (void)argument;
    return timed_parser_open(sizeof(struct logfmt), options, out, err);
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* Behind the closing quote of what begins at `p`, or NULL. */
static const char *skip_quoted(const char *p, const char *end, bool *escaped)
{
    for (p++; p < end; p++) {
        p += json_plain_len((struct slice){p, (size_t)(end - p)});
        if (p == end)
            return NULL;
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            *escaped = true;
            p++;
        }
    }
    return NULL;
}

/* Go's and JSON's escapes, byte by byte: for text that is not quite JSON. Unknown ones stay. */
static size_t unescape_loosely(struct slice text, char *out)
{
    static const char names[] = "\"\\/nrtbfv", bytes[] = "\"\\/\n\r\t\b\f\v";
    const char *p = text.data, *end = text.data + text.len, *name;
    size_t len = 0;

    while (p < end) {
        name = *p == '\\' && end - p > 1 && p[1] ? strchr(names, p[1]) : NULL;
        if (name) {
            out[len++] = bytes[name - names];
            p += 2;
        } else {
            out[len++] = *p++;
        }
    }
    return len;
}

/* What stands between the quotes of `quoted`. */
static struct slice unquote(struct members *members, struct slice quoted, bool escaped)
{
    struct slice text = {quoted.data + 1, quoted.len - 2};
    struct json_value value;
    char *room;

    if (!escaped)
        return text;
    room = arena_bytes(members->record->arena, quoted.len);
    if (!room) {
        members->no_memory = true;
        return text;
    }
    if (json_read_string(quoted.data, quoted.data + quoted.len, &value) &&
        value.raw.len == quoted.len)
        text.len = json_unescape(quoted, room);
    else
        text.len = unescape_loosely(text, room);
    text.data = room;
    arena_trim(members->record->arena, room, text.len);
    return text;
}

static const char *key_end(const char *p, const char *end)
{
    while (p < end && !is_blank(*p) && *p != '=' && *p != '"')
        p++;
    return p;
}

/* The value at `p`, behind the equals sign; returns where it ends, or NULL: a quote is not closed.
 */
static const char *read_value(struct members *members, const char *p, const char *end,
                              struct slice *value)
{
    const char *start = p;
    bool escaped = false;

    if (p < end && *p == '"') {
        p = skip_quoted(p, end, &escaped);
        if (p)
            *value = unquote(members, (struct slice){start, (size_t)(p - start)}, escaped);
        return p;
    }
    if (p < end && *p == '\'') {
        p = memchr(p + 1, '\'', (size_t)(end - p - 1));
        if (p && (p + 1 == end || is_blank(p[1]))) {
            *value = (struct slice){start + 1, (size_t)(p - start - 1)};
            return p + 1;
        }
        p = start; /* an apostrophe */
    }
    while (p < end && !is_blank(*p))
        p++;
    *value = (struct slice){start, (size_t)(p - start)};
    return p;
}

static const char *logfmt_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    struct logfmt *logfmt = (struct logfmt *)parser;
    struct members *members = &logfmt->members;
    const char *p = line.data, *end = line.data + line.len;
    struct slice key, value;
    bool any = false;

    members_begin(members, record, &logfmt->timed.clock, memory);
    members->accumulate = true;
    if (line.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    for (;;) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end)
            break;
        key = (struct slice){p, (size_t)(key_end(p, end) - p)};
        if (key.len == 0)
            return "a key is expected where there is none";
        p += key.len;
        if (p == end || is_blank(*p)) {
            members_add_flag(members, key);
            continue;
        }
        if (*p != '=')
            return "a quote stands inside of a key";
        p = read_value(members, p + 1, end, &value);
        if (!p)
            return "a quoted value does not end";
        members_add_text(members, key, value);
        any = true;
    }
    return any ? members_finish(members) : "there is no key=value pair";
}

static const struct parser_format formats[] = {
    {"logfmt", "logfmt.log", "key=value pairs (go-kit, Grafana, Heroku)"},
    {0},
};

const struct parser_type parser_logfmt = {
    .formats = formats,
    .compile = logfmt_compile,
    .parse = logfmt_parse,
    .close = timed_parser_close,
};
