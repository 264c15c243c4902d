/*
 * json_tidy.c - foreign JSON as we pass it on.
 *
 * The value is written while it is read. An object remembers where its members
 * begin in what was written; those whose key comes again are cut out when it
 * closes. The recursion is as deep as json_read accepts (JSON_DEPTH_MAX).
 */
#include "common/json_tidy.h"

#define TABLE_FROM 16 /* members from which a table pays */

struct member {
    size_t start, end;     /* of `"key":value` in what was written */
    size_t key_len;        /* without quotes; the key is at start + 1 */
    struct member *next;   /* of the object, in order */
    struct member *bucket; /* next with the same hash */
    bool dropped;          /* the key came again */
};

struct object {
    struct member *first, *last;
    struct member **table; /* NULL while there are few */
    size_t count, table_size;
    bool any_dropped;
};

struct tidier {
    struct arena *arena;
    const char *p, *end;
    char *start, *out;
};

static bool write_value(struct tidier *tidier);

bool json_needs_tidying(const struct json_value *value)
{
    switch (value->kind) {
    case JSON_OBJECT:
        return true;
    case JSON_ARRAY:
        return value->spaced || memchr(value->raw.data, '{', value->raw.len) ||
               memchr(value->raw.data, '\\', value->raw.len);
    case JSON_STRING:
        return value->escaped && (memmem(value->raw.data, value->raw.len, "\\ud", 3) ||
                                  memmem(value->raw.data, value->raw.len, "\\uD", 3));
    default:
        return false;
    }
}

/* A string in the one form that json_write_string gives it, which is never the longer one. */
static bool write_string(struct tidier *tidier)
{
    struct json_value value;
    uint64_t invalid = 0;
    size_t len;
    char *text;

    tidier->p = json_read_string(tidier->p, tidier->end, &value);
    if (!value.escaped) {
        memcpy(tidier->out, value.raw.data, value.raw.len);
        tidier->out += value.raw.len;
        return true;
    }
    text = arena_bytes(tidier->arena, value.raw.len);
    if (!text)
        return false;
    len = json_unescape(value.raw, text);
    tidier->out = json_write_string(tidier->out, (struct slice){text, len}, &invalid);
    arena_trim(tidier->arena, text, 0);
    return true;
}

static void write_word(struct tidier *tidier)
{
    struct json_value value;

    tidier->p = json_read(tidier->p, tidier->end, &value);
    memcpy(tidier->out, value.raw.data, value.raw.len);
    tidier->out += value.raw.len;
}

static bool write_array(struct tidier *tidier)
{
    *tidier->out++ = *tidier->p++;
    for (;;) {
        tidier->p = json_skip_space(tidier->p, tidier->end);
        if (*tidier->p == ']')
            break;
        if (*tidier->p == ',')
            *tidier->out++ = *tidier->p++;
        else if (!write_value(tidier))
            return false;
    }
    *tidier->out++ = *tidier->p++;
    return true;
}

static size_t slot_of(const struct object *object, const char *key, size_t len)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)key[i]) * 16777619u;
    return hash & (object->table_size - 1);
}

static void table_insert(const struct tidier *tidier, struct object *object, struct member *member)
{
    const char *key = tidier->start + member->start + 1;
    struct member **slot = &object->table[slot_of(object, key, member->key_len)];

    member->bucket = *slot;
    *slot = member;
}

/* Without memory the search stays slow. */
static void table_grow(const struct tidier *tidier, struct object *object)
{
    size_t size = object->table_size ? object->table_size * 4 : TABLE_FROM * 4;
    struct member **table = arena_alloc(tidier->arena, size * sizeof(struct member *));

    if (!table)
        return;
    memset(table, 0, size * sizeof(struct member *));
    object->table = table;
    object->table_size = size;
    for (struct member *member = object->first; member; member = member->next)
        table_insert(tidier, object, member);
}

/* Drops the earlier member of the same key. */
static void drop_earlier(const struct tidier *tidier, struct object *object, const char *key,
                         size_t len)
{
    bool table = object->table != NULL;
    struct member *member = table ? object->table[slot_of(object, key, len)] : object->first;

    for (; member; member = table ? member->bucket : member->next)
        if (!member->dropped && member->key_len == len &&
            memcmp(tidier->start + member->start + 1, key, len) == 0) {
            member->dropped = object->any_dropped = true;
            return;
        }
}

static void add_member(struct tidier *tidier, struct object *object, struct member *member)
{
    drop_earlier(tidier, object, tidier->start + member->start + 1, member->key_len);
    if (object->last)
        object->last->next = member;
    else
        object->first = member;
    object->last = member;
    object->count++;
    if (object->table)
        table_insert(tidier, object, member);
    if (object->count >= TABLE_FROM && object->count >= object->table_size)
        table_grow(tidier, object);
}

/* `"key":value`; p is at the key. */
static bool write_member(struct tidier *tidier, struct object *object)
{
    struct member *member = arena_alloc(tidier->arena, sizeof(*member));

    if (!member)
        return false;
    *member = (struct member){.start = (size_t)(tidier->out - tidier->start)};
    if (!write_string(tidier))
        return false;
    member->key_len = (size_t)(tidier->out - tidier->start) - member->start - 2;
    tidier->p = json_skip_space(tidier->p, tidier->end) + 1;
    *tidier->out++ = ':';
    tidier->p = json_skip_space(tidier->p, tidier->end);
    if (!write_value(tidier))
        return false;
    member->end = (size_t)(tidier->out - tidier->start);
    add_member(tidier, object, member);
    return true;
}

/* Writes the members that are left again, from `out` on, which stands at the first one. */
static char *close_gaps(const struct tidier *tidier, const struct object *object, char *out)
{
    const char *first = out;

    for (const struct member *member = object->first; member; member = member->next) {
        if (member->dropped)
            continue;
        if (out != first)
            *out++ = ',';
        memmove(out, tidier->start + member->start, member->end - member->start);
        out += member->end - member->start;
    }
    return out;
}

static bool write_object(struct tidier *tidier)
{
    struct object object = {0};
    size_t begin;

    *tidier->out++ = *tidier->p++;
    begin = (size_t)(tidier->out - tidier->start);
    for (;;) {
        tidier->p = json_skip_space(tidier->p, tidier->end);
        if (*tidier->p == '}')
            break;
        if (*tidier->p == ',')
            *tidier->out++ = *tidier->p++;
        else if (!write_member(tidier, &object))
            return false;
    }
    if (object.any_dropped)
        tidier->out = close_gaps(tidier, &object, tidier->start + begin);
    *tidier->out++ = *tidier->p++;
    return true;
}

static bool write_value(struct tidier *tidier)
{
    switch (*tidier->p) {
    case '{':
        return write_object(tidier);
    case '[':
        return write_array(tidier);
    case '"':
        return write_string(tidier);
    default:
        write_word(tidier);
        return true;
    }
}

struct slice json_tidy(struct arena *arena, struct slice raw)
{
    char *room = arena_bytes(arena, raw.len);
    struct tidier tidier = {arena, raw.data, raw.data + raw.len, room, room};

    if (!room || !write_value(&tidier))
        return (struct slice){NULL, 0};
    return (struct slice){room, (size_t)(tidier.out - room)};
}

struct slice json_key(struct arena *arena, const struct json_value *key)
{
    char *text, *quoted, *end;
    uint64_t invalid = 0;
    size_t len;

    if (!key->escaped)
        return (struct slice){key->raw.data + 1, key->raw.len - 2};
    text = arena_bytes(arena, key->raw.len);
    if (!text)
        return (struct slice){NULL, 0};
    len = json_unescape(key->raw, text);
    quoted = arena_bytes(arena, JSON_STRING_MAX(len));
    if (!quoted)
        return (struct slice){NULL, 0};
    end = json_write_string(quoted, (struct slice){text, len}, &invalid);
    arena_trim(arena, quoted, (size_t)(end - quoted));
    return (struct slice){quoted + 1, (size_t)(end - quoted) - 2};
}

struct slice json_quote(struct arena *arena, struct slice text)
{
    char *start = arena_bytes(arena, JSON_STRING_MAX(text.len)), *end;
    uint64_t invalid = 0;

    if (!start)
        return (struct slice){NULL, 0};
    end = json_write_string(start, text, &invalid);
    arena_trim(arena, start, (size_t)(end - start));
    return (struct slice){start, (size_t)(end - start)};
}

struct slice json_quote_plain(struct arena *arena, struct slice text)
{
    char *quoted = arena_bytes(arena, text.len + 2);

    if (!quoted)
        return (struct slice){NULL, 0};
    quoted[0] = quoted[text.len + 1] = '"';
    memcpy(quoted + 1, text.data, text.len);
    return (struct slice){quoted, text.len + 2};
}
