/*
 * find_named.c - values behind names: parameters of URLs, members of JSON, headers, logfmt, XML.
 *
 * Rather too much is hidden than too little: a value without quotes goes on to the next blank,
 * quote or `&`, whatever else is in it.
 */
#include "common/json_text.h"
#include "shipper/process/scan.h"

#define NAME_BYTES  96 /* looked back */
#define ESCAPES_MAX 7  /* backslashes before a quote: JSON in JSON in JSON */
#define BLANKS_MAX  4
#define ELEMENT_MAX 8192 /* bytes of an element's text */

struct named {
    const char *sep;
    size_t sep_len;
    bool encoded; /* %3D: inside of another URL's parameter */
    bool quoted;  /* the name is, as in JSON */
    bool spaced;  /* blanks stand before the separator */
    enum secret_kind kind;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
    return scan_is_word(c) || c == '_' || c == '-' || c == '.' || c == '[' || c == ']' ||
           c == '$' || c == '%';
}

/* True: what stands before the separator is a name whose value is secret. */
static bool read_name(const struct scan *scan, struct named *named)
{
    const char *end = named->sep, *p;
    int escapes = 0;

    while (!named->encoded && end > scan->floor && named->sep - end < BLANKS_MAX &&
           is_blank(end[-1]))
        end--;
    named->spaced = end < named->sep;
    if (end > scan->floor && (end[-1] == '"' || end[-1] == '\'')) {
        named->quoted = true;
        for (end--; end > scan->floor && end[-1] == '\\' && escapes < ESCAPES_MAX; escapes++)
            end--;
    }
    for (p = end; p > scan->floor && end - p < NAME_BYTES && is_name(p[-1]);)
        p--;
    if (p == end)
        return false;
    named->kind = SECRET_PARAMETER;
    if (name_set_has(&scan->rules->parameters, (struct slice){p, (size_t)(end - p)}))
        return true;
    named->kind = SECRET_CREDENTIAL;
    return name_set_has(&scan->rules->headers, (struct slice){p, (size_t)(end - p)});
}

/* The quote that ends a text which began with `escapes` backslashes and `quote`. */
static const char *find_quote(const char *p, const char *end, char quote, int escapes)
{
    for (; p < end; p++) {
        int before = 0;

        while (p < end && *p == '\\') {
            before++;
            p++;
        }
        if (p == end)
            break;
        if (*p == quote && (escapes ? before <= escapes : before % 2 == 0))
            return p - (before < escapes ? before : escapes);
    }
    return end;
}

/* Where a value without quotes ends. */
static const char *find_end(const struct scan *scan, const struct named *named, const char *p)
{
    for (; p < scan->end; p++) {
        if (*p == '\n' || *p == '\r' || *p == '"')
            return p;
        if (*p == '\\' && p + 1 < scan->end && p[1] == '"')
            return p;
        if (named->kind == SECRET_CREDENTIAL)
            continue; /* a header's value goes on to the end of the line */
        if (is_blank(*p) || *p == '&' || *p == '<' || *p == '>')
            return p;
        if (*p == ';' && (p + 1 == scan->end || is_blank(p[1])))
            return p;
        if (named->quoted && (*p == ',' || *p == '}' || *p == ']'))
            return p;
        if (named->encoded && (scan_hex(p, scan->end) == '&' || scan_hex(p, scan->end) == '"'))
            return p;
    }
    return p;
}

/* Says nothing about anybody. */
static bool is_empty(struct slice value)
{
    return value.len == 0 || slice_is(value, "-") || slice_is(value, "null") ||
           slice_is(value, "true") || slice_is(value, "false");
}

/* An object or array of JSON; to the text's end when it is broken, or escaped. */
static const char *find_json_end(struct scan *scan, const char *p)
{
    struct json_value value;
    const char *end = scan->text_broken ? NULL : json_read(p, scan->end, &value);

    scan->text_broken = scan->text_broken || !end;
    return end ? end : scan->end;
}

const char *find_named(struct scan *scan, const char *sep, size_t sep_len)
{
    struct named named = {.sep = sep, .sep_len = sep_len, .encoded = sep_len == 3};
    const char *p = sep + sep_len, *from, *end;
    int escapes = 0;

    if (!read_name(scan, &named))
        return NULL;
    if (!named.encoded && (*sep == ':' || named.spaced))
        while (p < scan->end && p - sep <= BLANKS_MAX && is_blank(*p))
            p++;
    for (from = p; from < scan->end && *from == '\\' && escapes < ESCAPES_MAX; from++)
        escapes++;
    if (from < scan->end && (*from == '"' || *from == '\'')) {
        end = find_quote(from + 1, scan->end, *from, escapes);
        from++;
    } else if (named.quoted && p < scan->end && (*p == '{' || *p == '[')) {
        from = p;
        end = find_json_end(scan, p);
    } else {
        from = p;
        end = find_end(scan, &named, p);
    }
    if (is_empty((struct slice){from, (size_t)(end - from)}))
        return NULL;
    scan_replace(scan, from, end, named.kind, (struct slice){from, (size_t)(end - from)});
    return end;
}

const char *find_element(struct scan *scan, const char *p)
{
    const char *name = p, *end;
    enum secret_kind kind = SECRET_PARAMETER;
    struct slice text;

    while (name > scan->floor && p - name < NAME_BYTES && is_name(name[-1]))
        name--;
    if (name == p || name == scan->floor || name[-1] != '<')
        return NULL;
    text = (struct slice){name, (size_t)(p - name)};
    if (!name_set_has(&scan->rules->parameters, text)) {
        kind = SECRET_CREDENTIAL;
        if (!name_set_has(&scan->rules->headers, text))
            return NULL;
    }
    end = memchr(p + 1, '<',
                 (size_t)(scan->end - p - 1) < ELEMENT_MAX ? (size_t)(scan->end - p - 1)
                                                           : ELEMENT_MAX);
    if (!end)
        end = scan->end;
    text = (struct slice){p + 1, (size_t)(end - p - 1)};
    if (is_empty(text))
        return NULL;
    scan_replace(scan, p + 1, end, kind, text);
    return end;
}
