/*
 * record_names.c - the schema's names, found by their hash: each field and each object as it is
 * called inside of every object that it is in ("http.request.method" in the root,
 * "request.method" in http, "method" in http.request).
 */
#include <stdlib.h>
#include <string.h>

#include "common/record_extras.h"

#define SLOTS 2048 /* some 500 names */

struct name {
    const char *text; /* NULL: free */
    uint8_t len, node;
    int16_t field, child; /* one of them is -1 */
};

static struct name names[SLOTS];

/* Its first and its last bytes tell most names apart. */
static inline unsigned hash_of(uint8_t node, struct slice key)
{
    const char *end = key.data + key.len;
    uint64_t first = 0, last = 0;

    if (key.len >= 8) {
        memcpy(&first, key.data, 8);
        memcpy(&last, end - 8, 8);
    } else if (key.len >= 4) {
        memcpy(&first, key.data, 4);
        memcpy(&last, end - 4, 4);
    } else if (key.len) {
        first = (uint64_t)(uint8_t)key.data[0] | (uint64_t)(uint8_t)key.data[key.len / 2] << 8 |
                (uint64_t)(uint8_t)end[-1] << 16;
    }
    first =
        (first ^ (last << 29 | last >> 35) ^ (uint64_t)key.len << 56 ^ node) * 0x9e3779b97f4a7c15u;
    return (unsigned)(first >> 53);
}

static const struct name *find(uint8_t node, struct slice key)
{
    unsigned slot = hash_of(node, key);

    for (; names[slot].text; slot = (slot + 1) % SLOTS) {
        const struct name *name = &names[slot];

        if (name->len == key.len && name->node == node &&
            memcmp(name->text, key.data, key.len) == 0)
            return name;
    }
    return NULL;
}

static void add(uint8_t node, struct slice key, int field, int child)
{
    unsigned slot = hash_of(node, key);

    if (find(node, key)) /* an object, and it has a field's name too: labels */
        return;
    while (names[slot].text)
        slot = (slot + 1) % SLOTS;
    names[slot] = (struct name){.text = key.data,
                                .len = (uint8_t)key.len,
                                .node = node,
                                .field = (int16_t)field,
                                .child = (int16_t)child};
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

bool record_find_name(const struct record_tree *tree, uint8_t node, struct slice key, int *field,
                      int *child)
{
    const struct name *name = find(node, key);

    (void)tree; /* it has built the names */
    if (!name)
        return false;
    if (name->field >= 0)
        *field = name->field;
    else
        *child = name->child;
    return true;
}
