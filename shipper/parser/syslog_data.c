/*
 * syslog_data.c - structured data of RFC 5424, 6.3, into log.syslog.structured_data.
 *
 * `[origin ip="10.0.0.1" ip="10.0.0.2"][done]` becomes
 * {"done":{},"origin":{"ip":["10.0.0.1","10.0.0.2"]}}: an object an id, a list
 * for a name that comes several times (6.3.5 asks for that). An id that comes
 * twice, which the RFC forbids, is one object all the same. Members are sorted,
 * because that is how equal names meet at a cost that no sender can drive up.
 */
#include "shipper/parser/syslog.h"

#include "common/json_text.h"
#include "common/record_extras.h"
#include "shipper/parser/scan.h"

struct param {
    struct param *next;
    struct slice id, name, value; /* without a name: the element itself */
    bool escaped;                 /* the value holds backslashes */
    bool plain; /* name and value, or of an element its id, stand for themselves in JSON */
};

struct param_list {
    struct param *first, *last;
    size_t count;
    size_t bytes; /* of JSON that all of it needs at most */
};

/* SD-NAME: printable ASCII but = ] " and blanks; other bytes are let through. */
enum name_byte { NAME_PLAIN, NAME_OTHER, NAME_END };

static const uint8_t name_bytes[256] = {
    [0 ... ' '] = NAME_END,
    ['='] = NAME_END,
    [']'] = NAME_END,
    ['"'] = NAME_END,
    ['\\'] = NAME_OTHER,
    [0x7f] = NAME_END,
    [0x80 ... 0xff] = NAME_OTHER,
};

/* *plain stays true when the name stands for itself in JSON. */
static struct slice take_name(struct slice *rest, bool *plain)
{
    struct slice name = {rest->data, 0};
    uint8_t seen = NAME_PLAIN;

    for (; name.len < rest->len; name.len++) {
        uint8_t class = name_bytes[(unsigned char)rest->data[name.len]];

        if (class == NAME_END)
            break;
        seen |= class;
    }
    *plain &= seen == NAME_PLAIN;
    scan_skip(rest, name.len);
    return name;
}

/* Between double quotes; a backslash protects the next byte. */
static bool take_value(struct slice *rest, struct param *param)
{
    const char *p = rest->data, *end = rest->data + rest->len;

    if (p == end || *p != '"')
        return false;
    p++;
    p += json_plain_len((struct slice){p, (size_t)(end - p)});
    if (p < end && *p != '"')
        param->plain = false;
    for (; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end) {
            param->escaped = true;
            p++;
        }
    if (p >= end)
        return false;
    param->value = (struct slice){rest->data + 1, (size_t)(p - rest->data - 1)};
    scan_skip(rest, param->value.len + 2);
    return true;
}

static struct param *add_param(struct param_list *list, struct arena *arena, struct slice id,
                               bool plain)
{
    struct param *param = arena_alloc(arena, sizeof(*param));

    if (!param)
        return NULL;
    *param = (struct param){.id = id, .plain = plain};
    if (list->last)
        list->last->next = param;
    else
        list->first = param;
    list->last = param;
    list->count++;
    return param;
}

static const char no_memory[] = "the line is too long";

/* `[id name="value" ...]` */
static const char *take_element(struct slice *rest, struct arena *arena, struct param_list *list)
{
    bool plain = true;
    struct param *param;
    struct slice id;

    if (!scan_char(rest, '['))
        return "structured data does not begin with [";
    id = take_name(rest, &plain);
    if (id.len == 0)
        return "an element of structured data has no id";
    if (!add_param(list, arena, id, plain))
        return no_memory;
    list->bytes += 2;
    while (!scan_char(rest, ']')) {
        if (!scan_char(rest, ' '))
            return "an element of structured data does not end";
        scan_blanks(rest);
        if (scan_char(rest, ']')) /* a blank before the bracket: lenient */
            break;
        param = add_param(list, arena, id, true);
        if (!param)
            return no_memory;
        param->name = take_name(rest, &param->plain);
        if (param->name.len == 0 || !scan_char(rest, '=') || !take_value(rest, param))
            return "a parameter of structured data is not name=\"value\"";
        list->bytes += JSON_STRING_MAX(param->name.len) + JSON_STRING_MAX(param->value.len) + 4;
    }
    return NULL;
}

static int compare_text(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order;

    if (len && a.data[0] != b.data[0]) /* most differ in that */
        return (unsigned char)a.data[0] < (unsigned char)b.data[0] ? -1 : 1;
    order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const struct param *a, const struct param *b)
{
    int order = a->id.data == b->id.data ? 0 : compare_text(a->id, b->id);

    return order ? order : compare_text(a->name, b->name);
}

/* Two sorted lists into one; of equals those of `a` come first. */
static struct param *merge(struct param *a, struct param *b)
{
    struct param *first = NULL, **link = &first;

    while (a && b) {
        struct param **smaller = compare(a, b) <= 0 ? &a : &b;

        *link = *smaller;
        *smaller = (*smaller)->next;
        link = &(*link)->next;
    }
    *link = a ? a : b;
    return first;
}

/* The same for a few, one after the other. */
static struct param *sort_few(struct param *list)
{
    struct param *sorted = NULL;

    while (list) {
        struct param *param = list, **link = &sorted;

        list = list->next;
        while (*link && compare(*link, param) <= 0)
            link = &(*link)->next;
        param->next = *link;
        *link = param;
    }
    return sorted;
}

#define FEW      12
#define RUNS_MAX 40 /* 2^40 parameters need more memory than there is */

/* Bottom-up: runs[i] is empty or holds 2^i parameters. Stable. */
static struct param *sort(struct param *list)
{
    struct param *runs[RUNS_MAX] = {NULL}, *sorted = NULL;

    while (list) {
        struct param *run = list;
        int i = 0;

        list = list->next;
        run->next = NULL;
        for (; runs[i]; i++) {
            run = merge(runs[i], run);
            runs[i] = NULL;
        }
        runs[i] = run;
    }
    for (int i = 0; i < RUNS_MAX; i++)
        if (runs[i])
            sorted = merge(runs[i], sorted);
    return sorted;
}

/* 6.3.3: \" \\ and \] stand for the second byte; any other backslash is one. */
static struct slice unescape(struct arena *arena, struct slice value)
{
    char *start = arena_bytes(arena, value.len), *out = start;

    if (!start)
        return value;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\\' && i + 1 < value.len &&
            scan_is_one_of(value.data[i + 1], SLICE("\"\\]")))
            i++;
        *out++ = value.data[i];
    }
    return (struct slice){start, (size_t)(out - start)};
}

static char *write_text(char *p, struct slice text, bool plain)
{
    uint64_t invalid = 0; /* what is no UTF-8 is repaired here and not counted */

    if (!plain)
        return json_write_string(p, text, &invalid);
    *p++ = '"';
    if (text.len)
        p = mempcpy(p, text.data, text.len);
    *p++ = '"';
    return p;
}

static bool same_name(const struct param *a, const struct param *b)
{
    return b && slice_equal(a->name, b->name) && slice_equal(a->id, b->id);
}

/* `"name":"value"`, or a list of all values of that name. Moves on behind them. */
static char *write_member(char *p, struct arena *arena, const struct param **next)
{
    const struct param *first = *next, *param;
    bool several = same_name(first, first->next);

    p = write_text(p, first->name, first->plain);
    *p++ = ':';
    if (several)
        *p++ = '[';
    for (param = first; same_name(first, param); param = param->next) {
        if (param != first)
            *p++ = ',';
        p = write_text(p, param->escaped ? unescape(arena, param->value) : param->value,
                       param->plain);
    }
    if (several)
        *p++ = ']';
    *next = param;
    return p;
}

/* The object of an id. Moves on behind its parameters. */
static char *write_element(char *p, struct arena *arena, const struct param **next)
{
    const struct slice id = (*next)->id;
    bool first = true;

    *p++ = '{';
    while (*next && slice_equal((*next)->id, id)) {
        if ((*next)->name.len == 0) { /* the element itself */
            *next = (*next)->next;
            continue;
        }
        if (!first)
            *p++ = ',';
        first = false;
        p = write_member(p, arena, next);
    }
    *p++ = '}';
    return p;
}

/* An id is mostly its own key. */
static bool add_element(struct record *record, struct slice id, bool plain, struct slice raw)
{
    if (!plain || id.len > RECORD_NAME_MAX)
        return record_add_member(record, FIELD_LOG_SYSLOG_STRUCTURED_DATA, id, raw);
    return record_add_extra(record, record_tree()->object_node[FIELD_LOG_SYSLOG_STRUCTURED_DATA],
                            id, raw);
}

static const char *add_to_record(const struct param_list *list, struct record *record)
{
    const struct param *param = list->count <= FEW ? sort_few(list->first) : sort(list->first);
    char *p = arena_bytes(record->arena, list->bytes);

    if (!p)
        return no_memory;
    while (param) {
        const struct param *element = param; /* it has no name: in front of its parameters */
        char *end = write_element(p, record->arena, &param);

        if (!add_element(record, element->id, element->plain, (struct slice){p, (size_t)(end - p)}))
            return "structured data has too many elements";
        p = end;
    }
    return NULL;
}

const char *syslog_take_data(struct slice *rest, struct record *record)
{
    struct param_list list = {0};
    const char *problem = NULL;

    do
        problem = take_element(rest, record->arena, &list);
    while (!problem && rest->len && rest->data[0] == '[');
    return problem ? problem : add_to_record(&list, record);
}
