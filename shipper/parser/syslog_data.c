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
#include "shipper/parser/scan.h"

struct param {
    struct param *next;
    struct slice id, name, value; /* without a name: the element itself */
    bool escaped;                 /* the value holds backslashes */
};

struct param_list {
    struct param *first, *last;
    size_t bytes; /* of JSON that all of it needs at most */
};

/* SD-NAME: printable ASCII but = ] " and blanks; other bytes are let through. */
static struct slice take_name(struct slice *rest)
{
    struct slice name = {rest->data, 0};

    while (name.len < rest->len) {
        unsigned char c = (unsigned char)rest->data[name.len];

        if (c <= ' ' || c == '=' || c == ']' || c == '"' || c == 0x7f)
            break;
        name.len++;
    }
    scan_skip(rest, name.len);
    return name;
}

/* Between double quotes; a backslash protects the next byte. */
static bool take_value(struct slice *rest, struct param *param)
{
    const char *p = rest->data, *end = rest->data + rest->len;

    if (p == end || *p != '"')
        return false;
    for (p++; p < end && *p != '"'; p++)
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

static struct param *add_param(struct param_list *list, struct arena *arena, struct slice id)
{
    struct param *param = arena_alloc(arena, sizeof(*param));

    if (!param)
        return NULL;
    *param = (struct param){.id = id};
    if (list->last)
        list->last->next = param;
    else
        list->first = param;
    list->last = param;
    return param;
}

static const char no_memory[] = "the line is too long";

/* `[id name="value" ...]` */
static const char *take_element(struct slice *rest, struct arena *arena, struct param_list *list)
{
    struct param *param;
    struct slice id;

    if (!scan_char(rest, '['))
        return "structured data does not begin with [";
    id = take_name(rest);
    if (id.len == 0)
        return "an element of structured data has no id";
    if (!add_param(list, arena, id))
        return no_memory;
    list->bytes += 2;
    while (!scan_char(rest, ']')) {
        if (!scan_char(rest, ' '))
            return "an element of structured data does not end";
        scan_blanks(rest);
        if (scan_char(rest, ']')) /* a blank before the bracket: lenient */
            break;
        param = add_param(list, arena, id);
        if (!param)
            return no_memory;
        param->name = take_name(rest);
        if (param->name.len == 0 || !scan_char(rest, '=') || !take_value(rest, param))
            return "a parameter of structured data is not name=\"value\"";
        list->bytes += JSON_STRING_MAX(param->name.len) + JSON_STRING_MAX(param->value.len) + 4;
    }
    return NULL;
}

static int compare_text(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;

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

static char *write_text(char *p, struct slice text)
{
    uint64_t invalid = 0; /* what is no UTF-8 is repaired here and not counted */

    return json_write_string(p, text, &invalid);
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

    p = write_text(p, first->name);
    *p++ = ':';
    if (several)
        *p++ = '[';
    for (param = first; same_name(first, param); param = param->next) {
        if (param != first)
            *p++ = ',';
        p = write_text(p, param->escaped ? unescape(arena, param->value) : param->value);
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

static const char *add_to_record(const struct param_list *list, struct record *record)
{
    const struct param *param = sort(list->first);
    char *p = arena_bytes(record->arena, list->bytes);

    if (!p)
        return no_memory;
    while (param) {
        const struct slice id = param->id;
        char *end = write_element(p, record->arena, &param);

        if (!record_add_member(record, FIELD_LOG_SYSLOG_STRUCTURED_DATA, id,
                               (struct slice){p, (size_t)(end - p)}))
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
