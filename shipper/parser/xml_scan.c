/*
 * xml_scan.c - XML as programs write logs in it: tags, attributes, text.
 */
#include "shipper/parser/xml_scan.h"

#include "common/json_text.h"
#include "common/scope.h"

static enum xml_kind wrong(struct xml_scan *scan, const char *problem)
{
    scan->problem = problem;
    return XML_WRONG;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool xml_is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_space(text.data[i]))
            return false;
    return true;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

bool xml_is_namespace(struct slice name)
{
    return name.len >= 5 && memcmp(name.data, "xmlns", 5) == 0 &&
           (name.len == 5 || name.data[5] == ':');
}

/* Productions 4 and 4a; of what is not ASCII any is taken. */
static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (unsigned char)c >= 0x80;
}

static const char *skip_name(const char *p, const char *end)
{
    static const bool in_name[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['_'] = true, [':'] = true,
        ['0' ... '9'] = true, ['.'] = true,         ['-'] = true, [0x80 ... 0xff] = true,
    };

    if (p == end || !is_name_start(*p))
        return p;
    while (p < end && in_name[(unsigned char)*p])
        p++;
    return p;
}

static inline bool begins_with(const char *p, const char *end, struct slice text)
{
    return (size_t)(end - p) >= text.len && memcmp(p, text.data, text.len) == 0;
}

#define begins(p, end, literal) begins_with(p, end, SLICE(literal))

/* A prefix of `text`, so that more could make it `text`? */
static bool may_become(const char *p, const char *end, struct slice text)
{
    size_t len = (size_t)(end - p);

    return len < text.len && memcmp(p, text.data, len) == 0;
}

/* Up to and with `mark`, from `from` on; the text before it is the token's. */
static enum xml_kind take_until(struct xml_scan *scan, const char *from, const char *mark,
                                enum xml_kind kind, struct xml_token *token)
{
    size_t len = strlen(mark);
    const char *stop = memmem(from, (size_t)(scan->end - from), mark, len);

    if (!stop)
        return XML_MORE;
    token->text = (struct slice){from, (size_t)(stop - from)};
    scan->p = stop + len;
    return kind;
}

static int digit_of(char c, bool hex)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Production 2: what a character may be. */
static bool is_character(uint32_t c)
{
    return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* Behind the reference at `p` (an ampersand), with its character; NULL: refused. */
static const char *read_reference(const char *p, const char *end, uint32_t *character)
{
    static const struct {
        struct slice name;
        char character;
    } known[] = {{SLICE("&lt;"), '<'},
                 {SLICE("&gt;"), '>'},
                 {SLICE("&amp;"), '&'},
                 {SLICE("&quot;"), '"'},
                 {SLICE("&apos;"), '\''}};
    const char *digits;
    uint32_t c = 0;
    bool hex;

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (begins_with(p, end, known[i].name)) {
            *character = (uint32_t)known[i].character;
            return p + known[i].name.len;
        }
    if (!begins(p, end, "&#"))
        return NULL;
    p += 2;
    hex = p < end && *p == 'x';
    p += hex;
    for (digits = p; p < end && digit_of(*p, hex) >= 0; p++)
        c = c > 0x10ffff ? c : c * (hex ? 16 : 10) + (uint32_t)digit_of(*p, hex);
    if (p == digits || p == end || *p != ';' || !is_character(c))
        return NULL;
    *character = c;
    return p + 1;
}

/* Are all its references known ones? */
static bool has_good_references(struct slice text)
{
    const char *p = text.data, *end = p + text.len;
    uint32_t ignored;

    while (p < end && (p = memchr(p, '&', (size_t)(end - p)))) {
        p = read_reference(p, end, &ignored);
        if (!p)
            return false;
    }
    return true;
}

/* Does the text end inside of a reference, so that more of it may come? */
static bool is_cut_reference(struct slice text)
{
    const char *end = text.data + text.len, *last = memrchr(text.data, '&', text.len);

    return last && !memchr(last, ';', (size_t)(end - last));
}

static enum xml_kind take_text(struct xml_scan *scan, struct xml_token *token)
{
    const char *start = scan->p;
    const char *stop = memchr(start, '<', (size_t)(scan->end - start));

    if (!stop)
        stop = scan->end;
    token->text = (struct slice){start, (size_t)(stop - start)};
    if (memchr(start, '\0', token->text.len))
        return wrong(scan, "a NUL");
    if (memchr(start, ']', token->text.len) && memmem(start, token->text.len, "]]>", 3))
        return wrong(scan, "]]> stands in a text");
    if (stop == scan->end && is_cut_reference(token->text))
        return XML_MORE;
    if (!has_good_references(token->text))
        return wrong(scan, "entities are refused");
    scan->p = stop;
    return XML_TEXT;
}

/* name = "value" at `p`; returns its end, NULL: not there, or scan->problem is set. */
static const char *read_attribute(struct xml_scan *scan, const char *p, struct slice *name)
{
    const char *end = scan->end, *stop = skip_name(p, end);
    struct slice value;
    char quote;

    *name = (struct slice){p, (size_t)(stop - p)};
    if (stop == p) {
        scan->problem = "an attribute has no name";
        return NULL;
    }
    p = skip_space(stop, end);
    if (p < end && *p != '=') {
        scan->problem = "an attribute has no value";
        return NULL;
    }
    p = p < end ? skip_space(p + 1, end) : end;
    if (p == end)
        return NULL;
    quote = *p;
    if (quote != '"' && quote != '\'') {
        scan->problem = "an attribute's value has no quotes";
        return NULL;
    }
    value.data = p + 1;
    stop = memchr(value.data, quote, (size_t)(end - value.data));
    value.len = stop ? (size_t)(stop - value.data) : (size_t)(end - value.data);
    if (memchr(value.data, '<', value.len))
        scan->problem = "< stands in an attribute";
    else if (stop && !has_good_references(value))
        scan->problem = "entities are refused";
    return stop && !scan->problem ? stop + 1 : NULL;
}

static bool is_repeated(const struct slice *names, unsigned count, struct slice name)
{
    for (unsigned i = 0; i < count; i++)
        if (slice_equal(names[i], name))
            return true;
    return false;
}

/* One or more attributes, or a slash, up to >. */
static enum xml_kind take_attributes(struct xml_scan *scan, const char *p, struct xml_token *token)
{
    struct slice names[XML_ATTRIBUTES_MAX];
    const char *end = scan->end, *start = p, *next;
    unsigned count = 0;

    for (;;) {
        next = skip_space(p, end);
        if (next == end)
            return XML_MORE;
        if (*next == '>' || *next == '/')
            break;
        if (next == p)
            return wrong(scan, "no blank stands before an attribute");
        if (count == XML_ATTRIBUTES_MAX)
            return wrong(scan, "a tag has too many attributes");
        p = read_attribute(scan, next, &names[count]);
        if (!p)
            return scan->problem ? XML_WRONG : XML_MORE;
        if (is_repeated(names, count, names[count]))
            return wrong(scan, "a tag has an attribute twice");
        count++;
    }
    token->rest = (struct slice){start, (size_t)(p - start)};
    token->empty = *next == '/';
    if (token->empty && ++next == end)
        return XML_MORE;
    if (*next != '>')
        return wrong(scan, "a slash stands in a tag");
    scan->p = next + 1;
    return XML_START;
}

static enum xml_kind take_start(struct xml_scan *scan, struct xml_token *token)
{
    const char *name = scan->p + 1, *stop = skip_name(name, scan->end);

    if (stop == name)
        return name == scan->end ? XML_MORE : wrong(scan, "a tag has no name");
    token->text = (struct slice){name, (size_t)(stop - name)};
    if (stop == scan->end || *stop != '>')
        return take_attributes(scan, stop, token);
    token->rest = (struct slice){stop, 0};
    scan->p = stop + 1;
    return XML_START;
}

static enum xml_kind take_end(struct xml_scan *scan, struct xml_token *token)
{
    const char *name = scan->p + 2, *stop = skip_name(name, scan->end);
    const char *close = skip_space(stop, scan->end);

    if (close == scan->end)
        return XML_MORE;
    if (stop == name || *close != '>')
        return wrong(scan, "an end tag is not one");
    token->text = (struct slice){name, (size_t)(stop - name)};
    scan->p = close + 1;
    return XML_END;
}

/* A DOCTYPE that only names a DTD, as java.util.logging writes: it is not read. */
static enum xml_kind take_doctype(struct xml_scan *scan, struct xml_token *token)
{
    const char *p = scan->p, *end = scan->end, *stop = memchr(p, '>', (size_t)(end - p));

    if (memchr(p, '[', (size_t)((stop ? stop : end) - p)))
        return wrong(scan, "DTDs are refused");
    return take_until(scan, p, ">", XML_OTHER, token);
}

enum xml_kind xml_next(struct xml_scan *scan, struct xml_token *token)
{
    const struct slice comment = SLICE("<!--"), cdata = SLICE("<![CDATA["),
                       doctype = SLICE("<!DOCTYPE");
    const char *p = scan->p, *end = scan->end;

    *token = (struct xml_token){.kind = XML_EOF};
    if (p == end)
        return XML_EOF;
    if (*p != '<')
        token->kind = take_text(scan, token);
    else if (begins(p, end, "</"))
        token->kind = take_end(scan, token);
    else if (end - p < 2 || (p[1] != '!' && p[1] != '?'))
        token->kind = take_start(scan, token);
    else if (begins_with(p, end, comment))
        token->kind = take_until(scan, p + 4, "-->", XML_OTHER, token);
    else if (begins_with(p, end, cdata))
        token->kind = take_until(scan, p + 9, "]]>", XML_CDATA, token);
    else if (begins(p, end, "<?"))
        token->kind = take_until(scan, p + 2, "?>", XML_OTHER, token);
    else if (begins_with(p, end, doctype))
        token->kind = take_doctype(scan, token);
    else if (may_become(p, end, comment) || may_become(p, end, cdata) ||
             may_become(p, end, doctype))
        token->kind = XML_MORE;
    else
        token->kind = wrong(scan, "DTDs are refused");
    return token->kind;
}

bool xml_attribute(struct slice *rest, struct slice *name, struct slice *value)
{
    const char *end = rest->data + rest->len, *p = skip_space(rest->data, end), *stop;

    if (p == end)
        return false;
    stop = skip_name(p, end);
    *name = (struct slice){p, (size_t)(stop - p)};
    p = skip_space(stop, end);
    p = skip_space(p + 1, end); /* behind the equals sign */
    stop = memchr(p + 1, *p, (size_t)(end - p - 1));
    *value = (struct slice){p + 1, (size_t)(stop - p - 1)};
    *rest = (struct slice){stop + 1, (size_t)(end - stop - 1)};
    return true;
}

struct slice xml_text(struct arena *arena, struct slice text)
{
    const char *s = text.data, *end = s + text.len;
    char *room, *p;
    uint32_t c;

    if (!text.len || !memchr(s, '&', text.len))
        return text;
    room = p = arena_bytes(arena, text.len); /* a reference is longer than its character */
    if (!room)
        return (struct slice){NULL, 0};
    while (s < end) {
        const char *next = *s == '&' ? read_reference(s, end, &c) : NULL;

        if (next) {
            p = utf8_write(p, c);
            s = next;
        } else {
            *p++ = *s++;
        }
    }
    arena_trim(arena, room, (size_t)(p - room));
    return (struct slice){room, (size_t)(p - room)};
}

struct slice xml_local_name(struct slice name)
{
    const char *end = name.data + name.len, *p = end;

    while (p > name.data && p[-1] != ':') /* names are short */
        p--;
    if (p > name.data && p < end)
        name = (struct slice){p, (size_t)(end - p)};
    return name;
}
