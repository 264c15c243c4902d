/*
 * xml.c - an element a record.
 *
 *     <log4j:event logger="a.B" timestamp="1795262400000" level="INFO" thread="main">
 *       <log4j:message><![CDATA[text]]></log4j:message></log4j:event>
 *
 * Attributes and children are members by their names without namespaces; what
 * is inside of a child has its name in front, what comes more than once is a
 * list. <data name="k" value="v"/> and <Data Name="k">v</Data> are k. Text of
 * the element itself is the message. What is known of log4j, java.util.logging
 * and Windows events is in names_known.h. Declarations, comments, containers
 * (<events>, </events>) and blank lines are no records.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>
#include <strings.h>

#include "common/scope.h"
#include "shipper/parser/members.h"
#include "shipper/parser/scan.h"
#include "shipper/parser/xml_scan.h"

#define NAME_BYTES 160 /* "xml:" and a path */

struct piece { /* of an element's text */
    struct piece *before;
    struct slice text;
};

struct element {       /* one that is open */
    struct slice name; /* as in its tag */
    struct slice path; /* of the members inside of it; empty for the outermost */
    struct piece *last;
    size_t text_len; /* of all its pieces */
};

struct xml {
    struct timed_parser timed;
    struct members members;
    struct element open[XML_DEPTH_MAX];
    unsigned depth;
};

static enum status xml_compile(const char *name, const char *argument,
                               const struct parser_options *options, struct parser **out,
                               struct error *err)
{
    (void)name;
    (void)argument;
    return timed_parser_open(sizeof(struct xml), options, out, err);
}

static struct slice failed(struct members *members)
{
    members->no_memory = true;
    return SLICE("");
}

/* "a" and "b" are a.b */
static struct slice join(struct members *members, struct slice a, struct slice b)
{
    char *text;

    if (a.len == 0)
        return b;
    text = arena_bytes(members->record->arena, a.len + 1 + b.len);
    if (!text)
        return failed(members);
    memcpy(text, a.data, a.len);
    text[a.len] = '.';
    memcpy(text + a.len + 1, b.data, b.len);
    return (struct slice){text, a.len + 1 + b.len};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice text)
{
    while (text.len && is_space(text.data[0]))
        scan_skip(&text, 1);
    while (text.len && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The rule of a name in XML, or of that name anywhere. */
static const struct name_rule *find_rule(struct slice name)
{
    char full[NAME_BYTES] = "xml:";
    const struct name_rule *rule = NULL;

    if (name.len < NAME_BYTES - 4) {
        memcpy(full + 4, name.data, name.len);
        rule = names_find((struct slice){full, name.len + 4});
    }
    return rule ? rule : names_find(name);
}

static void add(struct members *members, struct slice name, struct slice text)
{
    const struct name_rule *rule = names_recall(&members->names, find_rule, name);

    name = members_name(members->record->arena, name);
    if (!name.data || !text.data)
        members->no_memory = true;
    else
        members_add_known(members, rule,
                          &(struct member){.name = name, .text = text, .kind = MEMBER_TEXT});
}

static inline bool is_word(struct slice name, const char *word)
{
    size_t len = strlen(word);

    return name.len == len && strncasecmp(name.data, word, len) == 0;
}

/* The name that an element has in an attribute: <Data Name="k">. Empty: none. */
static struct slice given_name(struct members *members, const struct xml_token *token)
{
    static const struct slice elements[] = {SLICE("data"),  SLICE("property"), SLICE("field"),
                                            SLICE("param"), SLICE("entry"),    SLICE("value")};
    struct slice rest = token->rest, name, value, local = xml_local_name(token->text);
    bool fits = false;

    for (size_t i = 0; i < ARRAY_LEN(elements); i++)
        fits |= xml_is_word(local, elements[i]);
    while (fits && xml_attribute(&rest, &name, &value))
        if (is_word(name, "name") || is_word(name, "key"))
            return xml_text(members->record->arena, value);
    return (struct slice){"", 0};
}

/* `named`: the element's own name is an attribute, and its value may be one. */
static void add_attributes(struct members *members, const struct xml_token *token,
                           struct slice path, bool named)
{
    struct slice rest = token->rest, name, value;

    while (xml_attribute(&rest, &name, &value)) {
        if (xml_is_namespace(name) || (named && (is_word(name, "name") || is_word(name, "key"))))
            continue;
        value = xml_text(members->record->arena, value);
        if (named && is_word(name, "value"))
            add(members, path, value);
        else
            add(members, join(members, path, xml_local_name(name)), value);
    }
}

/* log4j's properties are what the program put into its context: names of their own. */
static bool is_transparent(struct slice path)
{
    return is_word(path, "properties") || is_word(path, "mdc") || is_word(path, "contextmap");
}

static const char *open_element(struct xml *xml, const struct xml_token *token)
{
    struct members *members = &xml->members;
    struct element *parent = xml->depth ? &xml->open[xml->depth - 1] : NULL, *element;
    struct slice name, path = {"", 0};

    if (xml->depth == XML_DEPTH_MAX)
        return "elements are too deep in each other";
    name = given_name(members, token);
    if (parent) {
        path = join(members, name.len && is_transparent(parent->path) ? path : parent->path,
                    name.len ? name : xml_local_name(token->text));
    }
    add_attributes(members, token, path, name.len > 0);
    if (token->empty)
        return NULL;
    element = &xml->open[xml->depth++];
    *element = (struct element){.name = token->text, .path = path};
    return NULL;
}

/* The pieces, put together. */
static struct slice text_of(struct members *members, const struct element *element)
{
    const struct piece *piece = element->last;
    char *text, *p;

    if (!piece)
        return SLICE("");
    if (!piece->before)
        return piece->text;
    text = arena_bytes(members->record->arena, element->text_len);
    if (!text)
        return failed(members);
    for (p = text + element->text_len; piece; piece = piece->before) {
        p -= piece->text.len;
        memcpy(p, piece->text.data, piece->text.len);
    }
    return (struct slice){text, element->text_len};
}

static void close_element(struct xml *xml)
{
    struct element *element = &xml->open[--xml->depth];
    struct slice text = trim(text_of(&xml->members, element));

    if (text.len)
        add(&xml->members, element->path.len ? element->path : SLICE("message"), text);
}

static void add_text(struct xml *xml, struct slice text)
{
    struct element *element = &xml->open[xml->depth - 1];
    struct piece *piece;

    if (text.len == 0)
        return;
    piece = arena_alloc(xml->members.record->arena, sizeof(*piece));
    if (!piece || !text.data) {
        xml->members.no_memory = true;
        return;
    }
    *piece = (struct piece){element->last, text};
    element->last = piece;
    element->text_len += text.len;
}

/* One token inside of the element. NULL, or why it does not fit. */
static const char *take_token(struct xml *xml, const struct xml_token *token)
{
    struct arena *arena = xml->members.record->arena;

    switch (token->kind) {
    case XML_START:
        return open_element(xml, token);
    case XML_END:
        if (!slice_equal(xml->open[xml->depth - 1].name, token->text))
            return "an end tag does not match";
        close_element(xml);
        return NULL;
    case XML_TEXT:
        add_text(xml, xml_text(arena, token->text));
        return NULL;
    case XML_CDATA:
        add_text(xml, token->text);
        return NULL;
    case XML_OTHER:
        return NULL;
    default:
        return "an element does not end";
    }
}

/* <ERROR …> says something, <event …> does not. */
static void add_root_name(struct xml *xml, struct slice name)
{
    if (xml_is_record(name) || xml_is_container(name))
        return;
    name = xml_local_name(name);
    add(&xml->members, SLICE("element"), name);
}

/* From the start tag `token` to its end. */
static const char *read_element(struct xml *xml, struct xml_scan *scan, struct xml_token *token)
{
    const char *problem = open_element(xml, token);

    add_root_name(xml, token->text);
    while (!problem && xml->depth) {
        xml_next(scan, token);
        problem = token->kind == XML_WRONG ? scan->problem : take_token(xml, token);
    }
    return problem;
}

/* Only what may stand around a record is left. */
static const char *read_rest(struct xml_scan *scan, struct xml_token *token)
{
    for (;;) {
        switch (xml_next(scan, token)) {
        case XML_EOF:
            return NULL;
        case XML_OTHER:
            continue;
        case XML_TEXT:
            if (xml_is_blank(token->text))
                continue;
            break;
        case XML_END: /* the container's, behind its last record */
            if (xml_is_container(token->text))
                continue;
            break;
        default:
            break;
        }
        return "something follows the element";
    }
}

/* Start tags that say nothing, alone on a line: of containers, whose records follow. */
static bool is_opening(struct slice line)
{
    struct xml_scan scan = {line.data, line.data + line.len, NULL};
    struct xml_token token;
    struct slice name, value;
    bool any = false;

    for (;;) {
        switch (xml_next(&scan, &token)) {
        case XML_START:
            if (xml_is_record(token.text))
                return false;
            any = true;
            while (xml_attribute(&token.rest, &name, &value))
                if (!xml_is_namespace(name) && !is_word(name, "version"))
                    return false;
            continue;
        case XML_TEXT:
            if (xml_is_blank(token.text))
                continue;
            return false;
        case XML_OTHER:
            continue;
        case XML_EOF:
            return any;
        default:
            return false;
        }
    }
}

/* Takes what stands before a record off the line. False: there is no record behind it. */
static bool skip_layout(struct slice *line)
{
    size_t end;

    while (line->len) {
        switch (xml_group_find(*line, &end)) {
        case XML_GROUP_LAYOUT:
            scan_skip(line, end);
            continue;
        case XML_GROUP_MORE:
            return !is_opening(*line);
        default:
            return true;
        }
    }
    return false;
}

/* The element that the line begins with, and nothing behind it. */
static const char *parse_element(struct xml *xml, struct slice line,
                                 const struct parser_memory *memory, struct record *record)
{
    struct xml_scan scan = {line.data, line.data + line.len, NULL};
    struct xml_token token;
    const char *problem;

    members_begin(&xml->members, record, &xml->timed.clock, memory);
    xml->members.accumulate = true;
    xml->depth = 0;
    xml_next(&scan, &token);
    if (token.kind != XML_START)
        return token.kind == XML_WRONG ? scan.problem : "no element begins here";
    problem = read_element(xml, &scan, &token);
    if (!problem)
        problem = read_rest(&scan, &token);
    return problem ? problem : members_finish(&xml->members);
}

/* What is called like a record is one, whatever stands in it: most lines. */
static bool begins_record(struct slice line)
{
    size_t len = 1;

    if (line.len == 0 || line.data[0] != '<')
        return false;
    while (len < line.len && !is_space(line.data[len]) && !strchr("/>", line.data[len]))
        len++;
    return xml_is_record((struct slice){line.data + 1, len - 1});
}

static const char *xml_parse(struct parser *parser, struct slice line, struct parser_memory *memory,
                             struct record *record)
{
    struct xml *xml = (struct xml *)parser;

    scan_bom(&line);
    if (!begins_record(line) && !skip_layout(&line)) {
        memory->no_record = true;
        return NULL;
    }
    return parse_element(xml, trim(line), memory, record);
}

static size_t xml_end(struct parser *parser, struct slice text)
{
    size_t end;

    (void)parser;
    switch (text.len ? xml_group_find(text, &end) : XML_GROUP_MORE) {
    case XML_GROUP_MORE:
        return 0;
    case XML_GROUP_REFUSED: /* a line, when it is complete */
        return text.data[end - 1] == '\n' ? end : 0;
    case XML_GROUP_RECORD:
    case XML_GROUP_LAYOUT:
        break;
    }
    return end;
}

static const struct parser_format formats[] = {
    {"xml", "xml.log", "an element a record: log4j, java.util.logging, Windows events"},
    {0},
};

const struct parser_type parser_xml = {
    .formats = formats,
    .compile = xml_compile,
    .parse = xml_parse,
    .close = timed_parser_close,
    .record_end = xml_end,
    .whole = true,
};
