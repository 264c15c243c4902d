/*
 * cef.c - ArcSight's Common Event Format, with or without a syslog header in front.
 *
 *     <134>Nov 21 12:00:00 fw1 CEF:0|Vendor|Product|1.0|100|Port scan|7|src=192.0.2.1 cs1=x
 * cs1Label=Rule
 *
 * Source: Implementing ArcSight CEF (Micro Focus). In the header \| and \\ are escapes, in the
 * extension \= \\ \n \r. A value of the extension goes up to the blank before the next key. A
 * custom field is called what its Label says. What ECS has no name for are labels.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>
#include <strings.h>

#include "common/json_text.h"
#include "shipper/parser/level.h"
#include "shipper/parser/members.h"
#include "shipper/parser/scan.h"

#define HEADER_FIELDS 7  /* version, vendor, product, version, class, name, severity */
#define LABELS_MAX    64 /* custom fields of a line whose names are looked up */
#define NAME_BYTES    64
#define PAIRS_FIRST   32 /* that there is room for at first */

enum { CEF_VERSION, DEVICE_VENDOR, DEVICE_PRODUCT, DEVICE_VERSION, CLASS_ID, EVENT_NAME, SEVERITY };

struct cef {
    struct parser base;
    struct line_clock clock;
    struct members members;
    struct parser *syslog; /* of the header in front */
};

struct pair {
    struct slice key, value; /* the value still has its escapes */
};

struct labels { /* csNLabel and the like: what a custom field is called */
    struct pair items[LABELS_MAX];
    bool used[LABELS_MAX]; /* there is such a field */
    unsigned count;
};

static void cef_close(struct parser *parser)
{
    struct cef *cef = (struct cef *)parser;

    if (!cef)
        return;
    line_clock_release(&cef->clock);
    parser_close(cef->syslog);
    free(cef);
}

static enum status cef_compile(const char *name, const char *argument,
                               const struct parser_options *options, struct parser **out,
                               struct error *err)
{
    struct cef *cef = calloc(1, sizeof(*cef));

    (void)name;
    (void)argument;
    if (!cef)
        return error_set(err, FATAL, "out of memory");
    if (line_clock_init(&cef->clock, options, err) ||
        parser_open("syslog", options, &cef->syslog, err)) {
        cef_close(&cef->base);
        return err->status;
    }
    *out = &cef->base;
    return OK;
}

static struct slice unescape(struct members *members, struct slice text)
{
    char *room, *p;

    if (!memchr(text.data, '\\', text.len))
        return text;
    room = p = arena_bytes(members->record->arena, text.len);
    if (!room) {
        members->no_memory = true;
        return text;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '\\' && i + 1 < text.len && strchr("\\|=nr", text.data[i + 1]) &&
            text.data[i + 1]) {
            c = text.data[++i];
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
        *p++ = c;
    }
    arena_trim(members->record->arena, room, (size_t)(p - room));
    return (struct slice){room, (size_t)(p - room)};
}

/* Where CEF:0| begins: at the start, or behind a blank. */
static const char *find_cef(struct slice line)
{
    const char *p = line.data, *end = p + line.len;

    while ((p = memmem(p, (size_t)(end - p), "CEF:", 4))) {
        if ((p == line.data || p[-1] == ' ') && end - p > 5 && p[4] >= '0' && p[4] <= '9')
            return p;
        p += 4;
    }
    return NULL;
}

/* Takes the fields of the header off `rest`; the extension is left. False: there are fewer. */
static bool take_header(struct slice *rest, struct slice fields[HEADER_FIELDS])
{
    for (int i = 0; i < HEADER_FIELDS; i++) {
        size_t len = 0;

        while (len < rest->len && rest->data[len] != '|')
            len += rest->data[len] == '\\' && rest->len - len > 1 ? 2 : 1;
        fields[i] = (struct slice){rest->data, len};
        if (len == rest->len && i < HEADER_FIELDS - 1)
            return false;
        scan_skip(rest, len + (len < rest->len));
    }
    return true;
}

static bool is_key_byte(char c)
{
    static const bool is[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true,
        ['.'] = true,         ['['] = true,         [']'] = true,         ['-'] = true,
    };

    return is[(unsigned char)c];
}

/* Does an odd number of backslashes stand before `p`? */
static bool is_escaped(const char *start, const char *p)
{
    size_t count = 0;

    while (p > start && p[-1] == '\\') {
        p--;
        count++;
    }
    return count % 2;
}

/* The next `key=` at or behind `start` that a blank or nothing stands before; NULL: none. */
static const char *find_key(const char *start, const char *end, struct slice *key)
{
    const char *p = start, *name;

    for (; p < end && (p = memchr(p, '=', (size_t)(end - p))); p++) {
        for (name = p; name > start && is_key_byte(name[-1]);)
            name--;
        if (name == p || (name > start && (name[-1] != ' ' || is_escaped(start, name - 1))))
            continue;
        *key = (struct slice){name, (size_t)(p - name)};
        return p + 1;
    }
    return NULL;
}

/* The pairs of an extension, one after the other; the next key is known already. */
struct pairs {
    const char *end;
    struct slice key;
    const char *value; /* of that key; NULL: no more */
};

static struct pairs pairs_of(struct slice extension)
{
    struct pairs pairs = {.end = extension.data + extension.len};

    pairs.value = find_key(extension.data, pairs.end, &pairs.key);
    return pairs;
}

/* False: there is none left. Blanks around a value are its own, but at the end. */
static bool take_pair(struct pairs *pairs, struct pair *pair)
{
    const char *end = pairs->end, *value = pairs->value, *blank, *stop;

    if (!value)
        return false;
    pair->key = pairs->key;
    /* A key begins behind a blank, so what stands right behind the equals sign is no key. */
    blank = memchr(value, ' ', (size_t)(end - value));
    pairs->value = blank ? find_key(blank, end, &pairs->key) : NULL;
    if (pairs->value)
        stop = pairs->key.data - 1;
    else
        for (stop = end; stop > value && (unsigned char)stop[-1] <= ' ';)
            stop--;
    pair->value = (struct slice){value, (size_t)(stop - value)};
    return true;
}

static bool is_label(struct slice key)
{
    return key.len > 5 && memcmp(key.data + key.len - 5, "Label", 5) == 0;
}

/* The label of `key`; -1: none. */
static int find_label(const struct labels *labels, struct slice key)
{
    for (unsigned i = 0; i < labels->count; i++)
        if (labels->items[i].key.len == key.len + 5 &&
            memcmp(labels->items[i].key.data, key.data, key.len) == 0)
            return (int)i;
    return -1;
}

/* All pairs of a line, in the arena. */
struct pair_list {
    struct pair *items;
    size_t count, room;
    bool any_label;
};

static bool grow(struct pair_list *list, struct arena *arena)
{
    size_t room = list->room ? 2 * list->room : PAIRS_FIRST;
    struct pair *items = arena_alloc(arena, room * sizeof(*items));

    if (!items)
        return false;
    if (list->count)
        memcpy(items, list->items, list->count * sizeof(*items));
    list->items = items;
    list->room = room;
    return true;
}

/* False: no memory. */
static bool read_pairs(struct slice extension, struct arena *arena, struct pair_list *list)
{
    struct pairs pairs = pairs_of(extension);
    struct pair pair;

    *list = (struct pair_list){NULL, 0, 0, false};
    while (take_pair(&pairs, &pair)) {
        if (list->count == list->room && !grow(list, arena))
            return false;
        list->any_label |= is_label(pair.key);
        list->items[list->count++] = pair;
    }
    return true;
}

static void read_labels(const struct pair_list *list, struct labels *labels)
{
    int label;

    labels->count = 0;
    if (!list->any_label)
        return;
    memset(labels->used, 0, sizeof(labels->used));
    for (size_t i = 0; i < list->count && labels->count < LABELS_MAX; i++)
        if (is_label(list->items[i].key) && list->items[i].value.len)
            labels->items[labels->count++] = list->items[i];
    for (size_t i = 0; labels->count && i < list->count; i++) {
        label = find_label(labels, list->items[i].key);
        if (label >= 0)
            labels->used[label] = true;
    }
}

/* A label that names a field of this line is no value of its own. */
static bool is_used(const struct labels *labels, const struct pair *pair)
{
    for (unsigned i = 0; i < labels->count; i++)
        if (labels->items[i].key.data == pair->key.data)
            return labels->used[i];
    return false;
}

static const struct name_rule *find_rule(struct slice key)
{
    char full[NAME_BYTES] = "cef:";

    if (key.len >= NAME_BYTES - 4)
        return NULL;
    memcpy(full + 4, key.data, key.len);
    return names_find((struct slice){full, key.len + 4});
}

static void put_pair(struct members *members, const struct labels *labels, const struct pair *pair)
{
    struct slice name = pair->key, text = unescape(members, pair->value);
    const struct name_rule *rule = names_recall(&members->names, find_rule, pair->key);
    int label = find_label(labels, pair->key);

    if (label >= 0)
        name = unescape(members, labels->items[label].value);
    name = members_name(members->record->arena, name);
    if (!name.data)
        members->no_memory = true;
    else
        members_add_known(members, rule,
                          &(struct member){.name = name, .text = text, .kind = MEMBER_TEXT});
}

/* 0 to 10, or a word for a part of that. */
static void set_severity(struct record *record, struct slice text)
{
    static const struct {
        const char *word;
        int number;
    } words[] = {{"low", 3}, {"medium", 6}, {"high", 8}, {"very-high", 10}};
    int64_t number = -1;

    if (!json_integer(text, &number))
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (strlen(words[i].word) == text.len &&
                strncasecmp(words[i].word, text.data, text.len) == 0)
                number = words[i].number;
    if (number < 0 || number > 10) {
        if (text.len && !record_label(record, SLICE("severity"), text))
            return;
        return;
    }
    record_set_long(record, FIELD_EVENT_SEVERITY, number);
    level_set(record, number <= 3   ? LEVEL_INFO
                      : number <= 6 ? LEVEL_WARN
                      : number <= 8 ? LEVEL_ERROR
                                    : LEVEL_CRITICAL);
}

static void set_if_given(struct members *members, enum record_field field, struct slice text)
{
    if (text.len)
        record_set_text(members->record, field, unescape(members, text));
}

/* What stands before CEF: is a header of syslog, or a label. */
static void read_prefix(struct cef *cef, struct slice prefix, struct parser_memory *memory,
                        struct record *record)
{
    while (prefix.len && prefix.data[prefix.len - 1] == ' ')
        prefix.len--;
    scan_bom(&prefix);
    if (prefix.len == 0)
        return;
    if (!cef->syslog->type->parse(cef->syslog, prefix, memory, record)) {
        record_drop(record, FIELD_MESSAGE);
        return;
    }
    record_clear(record);
    record_label(record, SLICE("prefix"), prefix);
}

/* msg says more than the event's name, which is kept then. */
static void finish_message(struct members *members, struct slice name)
{
    if (name.len == 0)
        return;
    if (record_has(members->record, FIELD_MESSAGE))
        record_label(members->record, SLICE("name"), name);
    else
        record_set_text(members->record, FIELD_MESSAGE, name);
}

/* When the device did not say when it received an event: when that began, or ended. */
static void finish_time(struct record *record)
{
    struct timestamp time;

    if (!record_has(record, FIELD_TIMESTAMP) && (record_time(record, FIELD_EVENT_START, &time) ||
                                                 record_time(record, FIELD_EVENT_END, &time)))
        record_set_time(record, FIELD_TIMESTAMP, time);
}

static const char *cef_parse(struct parser *parser, struct slice line, struct parser_memory *memory,
                             struct record *record)
{
    struct cef *cef = (struct cef *)parser;
    struct members *members = &cef->members;
    struct slice fields[HEADER_FIELDS], rest;
    const char *start = line.len ? find_cef(line) : NULL;
    struct pair_list pairs;
    struct labels labels;

    if (!start)
        return "there is no CEF header";
    rest = (struct slice){start, (size_t)(line.data + line.len - start)};
    if (!take_header(&rest, fields))
        return "the CEF header is not complete";
    read_prefix(cef, (struct slice){line.data, (size_t)(start - line.data)}, memory, record);
    members_begin(members, record, &cef->clock, memory);
    members->accumulate = true;
    set_if_given(members, FIELD_OBSERVER_VENDOR, fields[DEVICE_VENDOR]);
    set_if_given(members, FIELD_OBSERVER_PRODUCT, fields[DEVICE_PRODUCT]);
    set_if_given(members, FIELD_OBSERVER_VERSION, fields[DEVICE_VERSION]);
    set_if_given(members, FIELD_EVENT_CODE, fields[CLASS_ID]);
    set_severity(record, fields[SEVERITY]);
    if (!read_pairs(rest, record->arena, &pairs))
        return "not enough memory for this line";
    read_labels(&pairs, &labels);
    for (size_t i = 0; i < pairs.count; i++)
        if (!is_used(&labels, &pairs.items[i]))
            put_pair(members, &labels, &pairs.items[i]);
    finish_message(members, unescape(members, fields[EVENT_NAME]));
    finish_time(record);
    return members_finish(members);
}

static const struct parser_format formats[] = {
    {"cef", "cef.log", "ArcSight's Common Event Format, also behind a syslog header"},
    {0},
};

const struct parser_type parser_cef = {
    .formats = formats,
    .compile = cef_compile,
    .parse = cef_parse,
    .close = cef_close,
};
