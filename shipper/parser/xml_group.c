/*
 * xml_group.c - which lines of an XML log are one record, and which none.
 */
#include "shipper/parser/xml_scan.h"

#include "common/scope.h"

struct children {       /* of the outermost element */
    struct slice first; /* name of the first one */
    size_t at;          /* where it begins */
    bool any;
    bool compound; /* it has attributes or children of its own */
    bool closed;
};

static bool is_one_of(struct slice name, const struct slice *names, size_t count)
{
    name = xml_local_name(name);
    for (size_t i = 0; i < count; i++)
        if (xml_is_word(name, names[i]))
            return true;
    return false;
}

/* java.util.logging writes <log>, log4j <eventSet>. */
bool xml_is_container(struct slice name)
{
    static const struct slice names[] = {
        SLICE("events"),  SLICE("eventset"),   SLICE("log"),      SLICE("logs"), SLICE("records"),
        SLICE("entries"), SLICE("logentries"), SLICE("messages"), SLICE("rows"), SLICE("items"),
        SLICE("root"),    SLICE("logfile"),    SLICE("journal"),  SLICE("audit")};

    return is_one_of(name, names, ARRAY_LEN(names));
}

bool xml_is_record(struct slice name)
{
    static const struct slice names[] = {SLICE("event"),     SLICE("record"),      SLICE("entry"),
                                         SLICE("logentry"),  SLICE("logevent"),    SLICE("row"),
                                         SLICE("logrecord"), SLICE("auditrecord"), SLICE("message"),
                                         SLICE("item")};

    return is_one_of(name, names, ARRAY_LEN(names));
}

static size_t skip_blanks(struct slice text, size_t at)
{
    while (at < text.len && xml_is_blank((struct slice){text.data + at, 1}))
        at++;
    return at;
}

static enum xml_group refuse(struct slice text, size_t *end)
{
    const char *newline = memchr(text.data, '\n', text.len);

    *end = newline ? (size_t)(newline - text.data) + 1 : text.len;
    return XML_GROUP_REFUSED;
}

static enum xml_group found(enum xml_group group, struct slice text, size_t at, size_t *end)
{
    *end = skip_blanks(text, at);
    return group;
}

/* A child of the outermost element begins. */
static void note_child(struct children *children, const struct xml_token *token, size_t at)
{
    if (children->any)
        return;
    *children = (struct children){.first = token->text,
                                  .at = at,
                                  .any = true,
                                  .compound = token->rest.len > 0,
                                  .closed = token->empty};
}

/* Do the children that have come so far show that `outer` is a container? `next`: one more begins.
 */
static bool is_container(struct slice outer, const struct children *children, struct slice next)
{
    if (!children->any || xml_is_record(outer))
        return false;
    if (xml_is_record(children->first))
        return true;
    if (!children->compound)
        return false;
    return xml_is_container(outer) ||
           (children->closed && next.len && slice_equal(children->first, next));
}

struct group { /* what is known so far */
    struct slice names[XML_DEPTH_MAX];
    unsigned depth;
    struct children children;
};

enum step { STEP_ON, STEP_LAYOUT, STEP_CONTAINER, STEP_RECORD, STEP_REFUSED };

static enum step take_start(struct group *group, const struct xml_token *token, size_t at)
{
    struct children *children = &group->children;
    struct slice next = {NULL, 0};

    /* A record inside of a record: the first one was cut off. */
    if (group->depth == 1 && slice_equal(group->names[0], token->text) &&
        xml_is_record(token->text))
        return STEP_REFUSED;
    if (group->depth == 1 && children->any)
        next = token->text;
    if (group->depth == 1)
        note_child(children, token, at);
    else if (group->depth == 2 && !children->closed)
        children->compound = true;
    if (group->depth && is_container(group->names[0], children, next))
        return STEP_CONTAINER;
    if (token->empty)
        return group->depth ? STEP_ON : STEP_RECORD;
    if (group->depth == XML_DEPTH_MAX)
        return STEP_REFUSED;
    group->names[group->depth++] = token->text;
    return STEP_ON;
}

static enum step take_end(struct group *group, const struct xml_token *token)
{
    if (group->depth == 0)
        return STEP_LAYOUT; /* of a container */
    if (!slice_equal(group->names[--group->depth], token->text))
        return STEP_REFUSED;
    if (group->depth == 1)
        group->children.closed = true;
    return group->depth ? STEP_ON : STEP_RECORD;
}

static enum step take_token(struct group *group, const struct xml_token *token, size_t at)
{
    switch (token->kind) {
    case XML_START:
        return take_start(group, token, at);
    case XML_END:
        return take_end(group, token);
    case XML_OTHER:
        return group->depth ? STEP_ON : STEP_LAYOUT;
    case XML_TEXT:
        return group->depth || xml_is_blank(token->text) ? STEP_ON : STEP_REFUSED;
    case XML_CDATA:
        return group->depth ? STEP_ON : STEP_REFUSED;
    default:
        return STEP_REFUSED;
    }
}

enum xml_group xml_group_find(struct slice text, size_t *end)
{
    struct xml_scan scan = {text.data, text.data + text.len, NULL};
    struct group group = {0};
    struct xml_token token;

    for (;;) {
        size_t at = (size_t)(scan.p - text.data);

        if (xml_next(&scan, &token) == XML_MORE || (token.kind == XML_EOF && group.depth))
            return XML_GROUP_MORE;
        if (token.kind == XML_EOF)
            return found(XML_GROUP_LAYOUT, text, text.len, end);
        switch (take_token(&group, &token, at)) {
        case STEP_ON:
            break;
        case STEP_LAYOUT:
            return found(XML_GROUP_LAYOUT, text, (size_t)(scan.p - text.data), end);
        case STEP_CONTAINER:
            return found(XML_GROUP_LAYOUT, text, group.children.at, end);
        case STEP_RECORD:
            return found(XML_GROUP_RECORD, text, (size_t)(scan.p - text.data), end);
        case STEP_REFUSED:
            return refuse(text, end);
        }
    }
}
