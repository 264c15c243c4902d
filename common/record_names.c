/*
 * record_names.c - the schema's names, found by their hash: each field and each object as it is
 * called inside of every object that it is in ("http.request.method" in the root,
 * "request.method" in http, "method" in http.request). Or they are foretold: records of one stream
 * have mostly the same names in the same order.
 */
#include <stdlib.h>
#include <string.h>

#include "common/record_extras.h"

#define SLOTS 2048 /* some 500 names */
#define WHOLE 16

/* The first and the last bytes of a name: all of one that is no longer than WHOLE. */
struct ends {
    uint64_t first, last;
};

struct name {
    struct ends ends;
    const char *text; /* NULL: free */
    uint8_t len;
    struct record_name is;
};

static struct name names[SLOTS];

/* Which name, by its slot, came behind that of slot i - 1 the last time; [0]: which one came first.
 */
static _Thread_local uint16_t followers[SLOTS + 1];

static inline struct ends ends_of(struct slice key)
{
    const char *end = key.data + key.len;
    struct ends ends = {0, 0};

    if (key.len >= 8) {
        memcpy(&ends.first, key.data, 8);
        memcpy(&ends.last, end - 8, 8);
    } else if (key.len >= 4) {
        memcpy(&ends.first, key.data, 4);
        memcpy(&ends.last, end - 4, 4);
    } else if (key.len) {
        ends.first = (uint64_t)(uint8_t)key.data[0] |
                     (uint64_t)(uint8_t)key.data[key.len / 2] << 8 |
                     (uint64_t)(uint8_t)end[-1] << 16;
    }
    return ends;
}

static inline unsigned slot_of(struct ends ends, uint8_t node, size_t len)
{
    uint64_t hash = ends.first ^ (ends.last << 29 | ends.last >> 35) ^ (uint64_t)len << 56 ^ node;

    return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 53);
}

static const struct name *find(uint8_t node, struct slice key)
{
    struct ends ends = ends_of(key);
    unsigned slot = slot_of(ends, node, key.len);

    for (; names[slot].text; slot = (slot + 1) % SLOTS) {
        const struct name *name = &names[slot];

        if (name->ends.first == ends.first && name->ends.last == ends.last &&
            name->len == key.len && name->is.node == node &&
            (key.len <= WHOLE || memcmp(name->text, key.data, key.len) == 0))
            return name;
    }
    return NULL;
}

static void add(uint8_t node, struct slice key, int field, int child)
{
    struct ends ends = ends_of(key);
    unsigned slot = slot_of(ends, node, key.len);

    if (find(node, key)) /* an object, and it has a field's name too: labels */
        return;
    while (names[slot].text)
        slot = (slot + 1) % SLOTS;
    names[slot] = (struct name){.ends = ends,
                                .text = key.data,
                                .len = (uint8_t)key.len,
                                .is = {node, (int16_t)field, (int16_t)child}};
}

/* What `path` is called inside of `node`. */
static struct slice name_in(const struct record_node *node, const char *path, size_t len)
{
    size_t skip = node->path_len ? node->path_len + 1 : 0;

    return (struct slice){path + skip, len - skip};
}

void record_names_build(const struct record_tree *tree)
{
    unsigned count = 0;

    for (unsigned i = 0; i < tree->node_count; i++) {
        const struct record_node *node = &tree->nodes[i];

        for (unsigned child = i + 1; child <= node->last; child++, count++)
            add((uint8_t)i, name_in(node, tree->nodes[child].path, tree->nodes[child].path_len), -1,
                (int)child);
        for (unsigned field = 0; field < FIELD_COUNT; field++) {
            const char *name = record_fields[field].name;

            if (tree->leaves[field].node < i || tree->leaves[field].node > node->last)
                continue;
            add((uint8_t)i, name_in(node, name, strlen(name)), (int)field, -1);
            count++;
        }
    }
    if (count > SLOTS / 2)
        abort(); /* our own table outgrew this one */
}

const struct record_name *record_name_find(uint8_t node, struct slice key)
{
    const struct name *name = find(node, key);

    return name ? &name->is : NULL;
}

/* Is `"name":` at `p`? */
static inline bool is_at(const struct name *name, const char *p, const char *end)
{
    struct slice key = {p + 1, name->len};
    struct ends ends;

    if ((size_t)(end - p) < key.len + 3 || *p != '"' || key.data[key.len] != '"' ||
        key.data[key.len + 1] != ':')
        return false;
    ends = ends_of(key);
    return name->ends.first == ends.first && name->ends.last == ends.last &&
           (key.len <= WHOLE || memcmp(name->text, key.data, key.len) == 0);
}

const struct record_name *record_name_foretold(unsigned *at, uint8_t node, const char **p,
                                               const char *end)
{
    unsigned slot = followers[*at];
    const struct name *name = &names[slot];

    if (!name->text || name->is.node != node || !is_at(name, *p, end))
        return NULL;
    *at = slot + 1;
    *p += name->len + 3;
    return &name->is;
}

void record_name_learn(unsigned *at, const struct record_name *name)
{
    size_t offset = (size_t)((const char *)name - (const char *)&names[0].is);
    unsigned slot = (unsigned)(offset / sizeof(names[0]));

    followers[*at] = (uint16_t)slot;
    *at = slot + 1;
}

bool record_find_name(const struct record_tree *tree, uint8_t node, struct slice key, int *field,
                      int *child)
{
    const struct record_name *name = record_name_find(node, key);

    (void)tree; /* it has built the names */
    if (!name)
        return false;
    if (name->field >= 0)
        *field = name->field;
    else
        *child = name->child;
    return true;
}
