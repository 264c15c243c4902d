/*
 * record_copy.c - a choice of fields, as a record of its own.
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

/* The value at `path` of nested objects, whose keys may hold dots themselves. */
static bool find_below(struct slice object, struct slice path, struct json_value *out)
{
    struct json_value inner;
    char name[256]; /* longer keys are not found */
    const char *dot;

    if (path.len >= sizeof(name))
        return false;
    memcpy(name, path.data, path.len);
    name[path.len] = '\0';
    if (json_member(object, name, out))
        return true;
    for (dot = memchr(path.data, '.', path.len); dot;
         dot = memchr(dot + 1, '.', path.len - (size_t)(dot + 1 - path.data))) {
        size_t len = (size_t)(dot - path.data);

        name[len] = '\0';
        if (json_member(object, name, &inner) && inner.kind == JSON_OBJECT &&
            find_below(inner.raw, (struct slice){dot + 1, path.len - len - 1}, out))
            return true;
        name[len] = '.';
    }
    return false;
}

bool record_copy(struct record *to, const struct record *from, enum record_field field,
                 struct slice key)
{
    uint8_t node = record_tree()->object_node[field];
    struct json_value value;
    struct slice below;

    if (record_has(from, field)) {
        struct value *copy = record_slot(to, field);

        *copy = from->values[field];
        copy->constant = false; /* perhaps not for as long as what `to` is written with */
    }
    if (node == NODE_NONE)
        return true;
    for (const struct record_extra *extra = from->extras; extra; extra = extra->next) {
        struct slice name = extra->key, raw = extra->raw;

        if (extra->node != node)
            continue;
        if (key.len && !slice_equal(name, key)) {
            if (!is_below(key, name, &below) || !find_below(raw, below, &value))
                continue;
            name = key;
            raw = value.raw;
        }
        if (!record_add_extra(to, node, name, raw))
            return false;
    }
    return true;
}
