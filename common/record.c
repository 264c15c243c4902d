/*
 * record.c - the schema's table and tree, and access to a record's values.
 */
#include "common/record.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/json_text.h"
#include "common/json_tidy.h"
#include "common/record_extras.h"

#define TABLE_FROM    16 /* extras from which a table pays */
#define LABEL_KEY_MAX 256

const struct field_def record_fields[FIELD_COUNT] = {
#define FIELD(id, field_name, field_type, field_aliases)                                           \
    [FIELD_##id] = {.name = field_name, .aliases = field_aliases, .type = TYPE_##field_type},
#include "common/record_fields.h"
#undef FIELD
};

static struct record_tree tree;
static pthread_once_t tree_once = PTHREAD_ONCE_INIT;

/* The child of `parent` called `key`, made when it is new. Rows are in pre-order (unit test). */
static uint8_t node_below(uint8_t parent, const char *path, size_t path_len, size_t key_start,
                          uint16_t field)
{
    struct record_node *node;
    unsigned i;

    for (i = parent + 1u; i < tree.node_count; i++)
        if (tree.nodes[i].path_len == path_len && memcmp(tree.nodes[i].path, path, path_len) == 0)
            return (uint8_t)i;
    if (tree.node_count == NODE_MAX)
        abort(); /* our own table outgrew the mask */
    node = &tree.nodes[tree.node_count];
    *node = (struct record_node){.key = {path + key_start, path_len - key_start},
                                 .path = path,
                                 .path_len = path_len,
                                 .parent = parent,
                                 .depth = (uint8_t)(tree.nodes[parent].depth + 1),
                                 .last = (uint8_t)tree.node_count,
                                 .first_field = field};
    for (i = parent;; i = tree.nodes[i].parent) {
        tree.nodes[i].last = (uint8_t)tree.node_count;
        if (i == NODE_ROOT)
            break;
    }
    return (uint8_t)tree.node_count++;
}

/* Appends `"key":` and what opens an object, where there is room (our own table). */
static void path_add(struct record_leaf *leaf, struct slice key, bool object)
{
    if (leaf->path_len + key.len + 4 > RECORD_PATH_MAX)
        abort();
    leaf->path[leaf->path_len++] = '"';
    memcpy(leaf->path + leaf->path_len, key.data, key.len);
    leaf->path_len = (uint8_t)(leaf->path_len + key.len);
    memcpy(leaf->path + leaf->path_len, "\":{", 3);
    leaf->path_len = (uint8_t)(leaf->path_len + (object ? 3 : 2));
}

static void tree_add(uint16_t field)
{
    const char *name = record_fields[field].name, *dot;
    struct record_leaf *leaf = &tree.leaves[field];
    uint8_t node = NODE_ROOT;
    size_t start = 0;
    unsigned depth = 0;

    while ((dot = strchr(name + start, '.'))) {
        node = node_below(node, name, (size_t)(dot - name), start, field);
        path_add(leaf, (struct slice){name + start, (size_t)(dot - name) - start}, true);
        if (++depth == RECORD_DEPTH_MAX)
            abort();
        leaf->below[depth] = leaf->path_len;
        start = (size_t)(dot - name) + 1;
    }
    tree.object_node[field] = NODE_NONE;
    if (record_fields[field].type == TYPE_OBJECT)
        tree.object_node[field] = node_below(node, name, strlen(name), start, field);
    leaf->node = node;
    leaf->depth = (uint8_t)depth;
    leaf->key = slice_of(name + start);
    path_add(leaf, leaf->key, false);
}

static uint8_t shared_depth(unsigned a, unsigned b)
{
    while (a != b)
        if (tree.nodes[a].depth >= tree.nodes[b].depth)
            a = tree.nodes[a].parent;
        else
            b = tree.nodes[b].parent;
    return tree.nodes[a].depth;
}

static void tree_build(void)
{
    tree.nodes[NODE_ROOT] = (struct record_node){.path = ""};
    tree.node_count = 1;
    for (int field = 0; field < FIELD_COUNT; field++)
        tree_add((uint16_t)field);
    for (unsigned a = 0; a < tree.node_count; a++)
        for (unsigned b = 0; b < tree.node_count; b++)
            tree.shared[a][b] = shared_depth(a, b);
    record_names_build(&tree);
}

const struct record_tree *record_tree(void)
{
    pthread_once(&tree_once, tree_build);
    return &tree;
}

enum record_field record_field_find(struct slice name)
{
    int field = -1, child = -1;

    if (record_find_name(record_tree(), NODE_ROOT, name, &field, &child) && child >= 0)
        for (field = 0; field < FIELD_COUNT && !slice_is(name, record_fields[field].name); field++)
            ; /* an object may be a field too: labels */
    return field >= 0 ? (enum record_field)field : FIELD_COUNT;
}

void record_init(struct record *record, struct arena *arena)
{
    record->arena = arena;
    record_clear(record);
}

void record_clear(struct record *record)
{
    memset(record->present, 0, sizeof(record->present));
    record->extras = record->extras_last = NULL;
    record->extra_table = NULL;
    record->extra_count = record->extra_table_size = 0;
}

void record_mark_plain(struct record *record, struct slice text)
{
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            struct value *value = &record->values[word * 64 + (unsigned)__builtin_ctzll(bits)];
            bool inside = (uintptr_t)value->text.data - (uintptr_t)text.data < text.len;

            value->plain |= inside & (value->kind == VALUE_TEXT); /* no branch to be foreseen */
        }
}

/* A JSON string's text; without escapes it is a view of the JSON itself. */
static bool unescape(struct arena *arena, struct slice raw, struct slice *out)
{
    char *text;

    if (raw.len < 2 || raw.data[0] != '"')
        return false;
    if (!memchr(raw.data, '\\', raw.len)) {
        *out = (struct slice){raw.data + 1, raw.len - 2};
        return true;
    }
    text = arena_bytes(arena, raw.len);
    if (!text)
        return false;
    *out = (struct slice){text, json_unescape(raw, text)};
    arena_trim(arena, text, out->len);
    return true;
}

bool record_text(struct record *record, enum record_field field, struct slice *out)
{
    struct value *value = &record->values[field];

    if (!record_has(record, field))
        return false;
    if (value->kind == VALUE_TEXT) {
        *out = value->text;
        return true;
    }
    return value->kind == VALUE_JSON && unescape(record->arena, value->text, out);
}

bool record_long(const struct record *record, enum record_field field, int64_t *out)
{
    const struct value *value = &record->values[field];
    struct slice raw;

    if (!record_has(record, field))
        return false;
    if (value->kind == VALUE_LONG) {
        *out = value->number;
        return true;
    }
    if (value->kind != VALUE_JSON)
        return false;
    raw = value->text;
    if (raw.len > 2 && raw.data[0] == '"')
        raw = (struct slice){raw.data + 1, raw.len - 2};
    return json_integer(raw, out);
}

bool record_time(const struct record *record, enum record_field field, struct timestamp *out)
{
    const struct value *value = &record->values[field];
    int64_t ms;

    if (!record_has(record, field))
        return false;
    if (value->kind == VALUE_TIME) {
        *out = value->time;
        return true;
    }
    if (value->kind != VALUE_JSON || value->text.len < 1)
        return false;
    if (value->text.data[0] == '"')
        return value->text.len > 2 &&
               timestamp_parse_iso((struct slice){value->text.data + 1, value->text.len - 2}, out);
    if (!json_integer(value->text, &ms))
        return false;
    *out = timestamp_from_ms(ms);
    return true;
}

bool record_time_near(const struct record *record, enum record_field field,
                      struct timestamp_minute *minute, struct timestamp *out)
{
    const struct value *value = &record->values[field];
    struct slice raw = value->text;

    if (!record_has(record, field) || value->kind != VALUE_JSON || raw.len <= 2 ||
        raw.data[0] != '"')
        return record_time(record, field, out);
    return timestamp_parse_near(minute, (struct slice){raw.data + 1, raw.len - 2}, out);
}

bool record_add_item(struct record *record, enum record_field field, struct slice item)
{
    struct slice quoted = json_quote(record->arena, item), old = SLICE("[]");
    char *text, *p;

    if (!quoted.data)
        return false;
    if (record_has(record, field) && record->values[field].kind == VALUE_JSON)
        old = record->values[field].text;
    /* A quoted text inside of the list's JSON is an item: inner quotes would be escaped. */
    if (memmem(old.data, old.len, quoted.data, quoted.len))
        return true;
    text = arena_bytes(record->arena, old.len + quoted.len + 4);
    if (!text)
        return false;
    p = text;
    if (old.data[0] == '[') {
        memcpy(p, old.data, old.len - 1);
        p += old.len - 1;
    } else { /* ECS allows one value without brackets */
        *p++ = '[';
        memcpy(p, old.data, old.len);
        p += old.len;
    }
    if (p[-1] != '[')
        *p++ = ',';
    memcpy(p, quoted.data, quoted.len);
    p += quoted.len;
    *p++ = ']';
    record_set_json(record, field, (struct slice){text, (size_t)(p - text)});
    return true;
}

static unsigned extra_slot(const struct record *record, uint8_t node, struct slice key)
{
    uint32_t hash = 2166136261u ^ node; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * 16777619u;
    return hash & (record->extra_table_size - 1);
}

static void table_insert(struct record *record, struct record_extra *extra)
{
    struct record_extra **slot = &record->extra_table[extra_slot(record, extra->node, extra->key)];

    extra->same_slot = *slot;
    *slot = extra;
}

/* Doubles the table and inserts all; without memory the search just stays linear. */
static void table_grow(struct record *record)
{
    unsigned size = record->extra_table_size ? record->extra_table_size * 4 : TABLE_FROM * 4;
    struct record_extra **table = arena_alloc(record->arena, size * sizeof(struct record_extra *));
    struct record_extra *extra;

    if (!table)
        return;
    memset(table, 0, size * sizeof(struct record_extra *));
    record->extra_table = table;
    record->extra_table_size = size;
    for (extra = record->extras; extra; extra = extra->next)
        table_insert(record, extra);
}

struct record_extra *record_find_extra(const struct record *record, uint8_t node, struct slice key)
{
    bool table = record->extra_table_size != 0;
    struct record_extra *extra =
        table ? record->extra_table[extra_slot(record, node, key)] : record->extras;

    for (; extra; extra = table ? extra->same_slot : extra->next)
        if (extra->node == node && slice_equal(extra->key, key))
            return extra;
    return NULL;
}

void record_remove_extra(struct record *record, struct record_extra *extra)
{
    struct record_extra **link = &record->extras, *before = NULL;

    for (; *link != extra; link = &(*link)->next)
        before = *link;
    *link = extra->next;
    if (record->extras_last == extra)
        record->extras_last = before;
    record->extra_count--;
    if (record->extra_table_size == 0)
        return;
    link = &record->extra_table[extra_slot(record, extra->node, extra->key)];
    while (*link != extra)
        link = &(*link)->same_slot;
    *link = extra->same_slot;
}

bool record_add_extra(struct record *record, uint8_t node, struct slice key, struct slice raw)
{
    struct record_extra *extra = record_find_extra(record, node, key);

    if (extra) {
        extra->raw = raw;
        return true;
    }
    if (record->extra_count == EXTRAS_MAX)
        return false;
    extra = arena_alloc(record->arena, sizeof(*extra));
    if (!extra)
        return false;
    *extra = (struct record_extra){.key = key, .raw = raw, .node = node};
    if (record->extras_last)
        record->extras_last->next = extra;
    else
        record->extras = extra;
    record->extras_last = extra;
    record->extra_count++;
    if (record->extra_table_size)
        table_insert(record, extra);
    if (record->extra_count >= TABLE_FROM && record->extra_count >= record->extra_table_size)
        table_grow(record);
    return true;
}

bool record_next_member(const struct record *record, enum record_field field,
                        const struct record_extra **at, struct slice *key, struct slice *raw)
{
    const struct record_extra *extra = *at ? (*at)->next : record->extras;
    uint8_t node = record_tree()->object_node[field];

    while (extra && extra->node != node)
        extra = extra->next;
    if (!extra)
        return false;
    *at = extra;
    *key = extra->key;
    *raw = extra->raw;
    return true;
}

bool record_take(struct record *record, const struct record_target *target, struct slice *raw)
{
    const struct slice key = {target->key, target->key_len};
    struct record_extra *extra =
        target->field == FIELD_COUNT ? record_find_extra(record, target->node, key) : NULL;

    if (!extra)
        return false;
    *raw = extra->raw;
    record_remove_extra(record, extra);
    return true;
}

bool record_add_member(struct record *record, enum record_field object, struct slice key,
                       struct slice raw)
{
    struct slice name;

    if (key.len > LABEL_KEY_MAX)
        key.len = LABEL_KEY_MAX;
    name = json_quote(record->arena, key);
    return name.data && record_add_extra(record, record_tree()->object_node[object],
                                         (struct slice){name.data + 1, name.len - 2}, raw);
}

bool record_label(struct record *record, struct slice key, struct slice text)
{
    struct slice value = json_quote(record->arena, text);

    return value.data && record_add_member(record, FIELD_LABELS, key, value);
}
