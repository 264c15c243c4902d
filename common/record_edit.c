/*
 * record_edit.c - values under names that a configuration chose: looked at, and removed.
 *
 * A value outside of the schema may stand under its whole dotted name, or inside of
 * an object's JSON; that is walked, and written anew without the member.
 */
#include "common/record.h"

#include "common/json_walk.h"
#include "common/record_extras.h"

/* Does `key` begin with `part` and go on with a dot? Then *below is what follows it. */
static bool is_below(struct slice key, struct slice part, struct slice *below)
{
    if (part.len + 1 >= key.len || memcmp(key.data, part.data, part.len) != 0 ||
        key.data[part.len] != '.')
        return false;
    *below = (struct slice){key.data + part.len + 1, key.len - part.len - 1};
    return true;
}

/* A member of an object's JSON with its key. */
struct member {
    struct slice whole; /* from its key's quote to its value's end */
    struct json_value value;
};

/* The member at `path` of nested objects, whose keys may hold dots themselves. */
static bool find_member(struct slice object, struct slice path, struct member *out)
{
    const char *end = object.data + object.len, *p = json_skip_space(object.data, end);
    struct json_value key, value;
    struct slice name, below;

    if (p == end || *p != '{')
        return false;
    p = json_skip_space(p + 1, end);
    while (p < end && *p == '"') {
        const char *start = p;

        p = json_skip_space(json_read_string(p, end, &key), end);
        p = json_read(json_skip_space(p + 1, end), end, &value);
        name = (struct slice){key.raw.data + 1, key.raw.len - 2};
        if (slice_equal(name, path)) {
            *out = (struct member){{start, (size_t)(p - start)}, value};
            return true;
        }
        if (value.kind == JSON_OBJECT && is_below(path, name, &below) &&
            find_member(value.raw, below, out)) /* as deep as there are dots */
            return true;
        p = json_skip_space(p, end);
        p = p < end && *p == ',' ? json_skip_space(p + 1, end) : end;
    }
    return false;
}

/* The extra of that name, or the one that holds it: then *found is where. NULL: there is none. */
static struct record_extra *find_extra(const struct record *record,
                                       const struct record_target *target, struct member *found)
{
    struct slice key = {target->key, target->key_len}, below;
    struct record_extra *extra = record_find_extra(record, target->node, key);

    *found = (struct member){0};
    if (extra || !memchr(key.data, '.', key.len))
        return extra;
    for (extra = record->extras; extra; extra = extra->next)
        if (extra->node == target->node && is_below(key, extra->key, &below) &&
            find_member(extra->raw, below, found))
            return extra;
    return NULL;
}

bool record_get(const struct record *record, const struct record_target *target, struct value *out)
{
    const struct record_extra *extra;
    struct member found;

    if (target->field != FIELD_COUNT) {
        if (record_has(record, target->field))
            *out = record->values[target->field];
        return record_has(record, target->field);
    }
    extra = find_extra(record, target, &found);
    if (!extra)
        return false;
    out->kind = VALUE_JSON;
    out->text = found.whole.len ? found.value.raw : extra->raw;
    return true;
}

/* `raw` without the member, and without the comma beside it; {NULL, 0} without memory. */
static struct slice without(struct arena *arena, struct slice raw, struct slice member)
{
    const char *start = member.data, *end = member.data + member.len, *raw_end = raw.data + raw.len;
    const char *next = json_skip_space(end, raw_end);
    size_t head;
    char *copy;

    if (next < raw_end && *next == ',') {
        end = json_skip_space(next + 1, raw_end);
    } else {
        while (strchr(" \t\r\n", start[-1]))
            start--;
        if (start[-1] == ',')
            start--;
    }
    head = (size_t)(start - raw.data);
    copy = arena_bytes(arena, raw.len);
    if (!copy)
        return (struct slice){NULL, 0};
    memcpy(copy, raw.data, head);
    memcpy(copy + head, end, (size_t)(raw_end - end));
    return (struct slice){copy, head + (size_t)(raw_end - end)};
}

bool record_remove(struct record *record, const struct record_target *target)
{
    struct record_extra *extra;
    struct member found;
    struct slice rest;

    if (target->field != FIELD_COUNT) {
        record_drop(record, target->field);
        return true;
    }
    while ((extra = find_extra(record, target, &found))) {
        if (found.whole.len) {
            rest = without(record->arena, extra->raw, found.whole);
            if (!rest.data)
                return false;
            extra->raw = rest;
        } else {
            record_remove_extra(record, extra);
        }
    }
    return true;
}

unsigned record_object_find(struct slice name)
{
    int field = -1, child = -1;

    if (name.len && record_find_name(record_tree(), NODE_ROOT, name, &field, &child) && child > 0)
        return (unsigned)child;
    return 0;
}

void record_remove_object(struct record *record, unsigned object)
{
    const struct record_tree *tree = record_tree();
    const struct record_node *node = &tree->nodes[object];
    struct record_extra *next;

    for (unsigned f = 0; f < FIELD_COUNT; f++)
        if (tree->leaves[f].node >= object && tree->leaves[f].node <= node->last)
            record_drop(record, (enum record_field)f);
    for (struct record_extra *extra = record->extras; extra; extra = next) {
        next = extra->next;
        if (extra->node >= object && extra->node <= node->last)
            record_remove_extra(record, extra);
    }
}
