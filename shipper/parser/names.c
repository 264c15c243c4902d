/*
 * names.c - what loggers call the things that ECS has a name for.
 */
#include "shipper/parser/names.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/record_extras.h"
#include "common/scope.h"
#include "shipper/parser/duration.h"
#include "shipper/parser/takers.h"

#define TABLE_SIZE 2048 /* slots; twice the names at least */
#define POOL_BYTES 16384
#define NONE       FIELD_COUNT

static const struct name_rule known[] = {
#define NS 1
#define US DURATION_US
#define MS DURATION_MS
#define S  DURATION_S
#define NAME(text, taker, name_field, name_unit, name_rank)                                        \
    {.name = text,                                                                                 \
     .take = take_##taker,                                                                         \
     .field = FIELD_##name_field,                                                                  \
     .unit = name_unit,                                                                            \
     .rank = name_rank},
#define LATE(text, taker, name_field, name_unit, name_rank)                                        \
    {.name = text,                                                                                 \
     .take = take_##taker,                                                                         \
     .field = FIELD_##name_field,                                                                  \
     .unit = name_unit,                                                                            \
     .rank = name_rank,                                                                            \
     .late = true},
#include "shipper/parser/names_known.h"
#undef LATE
#undef NAME
};

/* Names of ECS 8 that the schema has no rows for: they are kept where ECS has them. */
static const char *const elsewhere[] = {
#include "shipper/parser/names_ecs.h"
};

static struct slot {
    const struct name_rule *rule; /* NULL: free */
    const char *folded;
    uint32_t hash;
    uint32_t len;
} table[TABLE_SIZE];
static struct name_rule made[FIELD_COUNT + ARRAY_LEN(elsewhere) + NODE_MAX];
static char pool[POOL_BYTES]; /* the folded names */
static size_t pool_used;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* Lower case without underscores, hyphens and blanks; 0: longer than any name of the table, or
 * empty. */
static size_t fold(struct slice name, char *out, uint32_t *hash)
{
    size_t len = 0;
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];

        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (len == NAME_MAX_FOLDED)
            return 0;
        out[len++] = (char)c;
        h = (h ^ c) * 16777619u;
    }
    *hash = h ^ h >> 15;
    return len;
}

static struct slot *find(const char *folded, size_t len, uint32_t hash)
{
    size_t at = hash % TABLE_SIZE;

    while (table[at].rule && (table[at].hash != hash || table[at].len != len ||
                              memcmp(table[at].folded, folded, len) != 0))
        at = (at + 1) % TABLE_SIZE;
    return &table[at];
}

/* The first rule of a name counts. */
static void insert(const struct name_rule *rule, struct slice name)
{
    char *folded = pool + pool_used;
    struct slot *slot;
    uint32_t hash;
    size_t len;

    if (POOL_BYTES - pool_used < NAME_MAX_FOLDED)
        abort(); /* our own table */
    len = fold(name, folded, &hash);
    if (len == 0)
        abort();
    slot = find(folded, len, hash);
    if (slot->rule)
        return;
    *slot = (struct slot){rule, folded, hash, (uint32_t)len};
    pool_used += len;
}

static name_taker *taker_of(enum field_type type)
{
    switch (type) {
    case TYPE_LONG:
        return take_long;
    case TYPE_BOOL:
        return take_bool;
    case TYPE_IP:
        return take_ip;
    case TYPE_DATE:
        return take_date;
    case TYPE_LIST:
        return take_list;
    case TYPE_GEO:
        return take_geo;
    case TYPE_KEYWORD:
    case TYPE_TEXT:
    case TYPE_RAW:
    case TYPE_OBJECT:
        break;
    }
    return take_text;
}

static void build(void)
{
    const struct record_tree *tree = record_tree();
    struct name_rule *rule = made;

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        insert(&known[i], slice_of(known[i].name));
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if (record_fields[field].type == TYPE_OBJECT)
            continue;
        *rule = (struct name_rule){.name = record_fields[field].name,
                                   .take = taker_of(record_fields[field].type),
                                   .field = (enum record_field)field};
        insert(rule, slice_of(rule->name));
        rule++;
    }
    for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
        struct slice key = slice_of(elsewhere[i]);
        uint8_t node = record_inner_node(tree, NODE_ROOT, &key);

        *rule = (struct name_rule){
            .name = elsewhere[i], .take = take_place, .field = NONE, .node = node, .key = key.data};
        insert(rule++, slice_of(elsewhere[i]));
    }
    for (unsigned node = NODE_ROOT + 1; node < tree->node_count; node++) {
        *rule = (struct name_rule){.take = take_object, .field = NONE, .rank = 1};
        insert(rule++, (struct slice){tree->nodes[node].path, tree->nodes[node].path_len});
    }
}

static bool is_recalled(const struct names_memo_slot *slot, struct slice name)
{
    return slot->len == name.len && memcmp(slot->name, name.data, name.len) == 0;
}

const struct name_rule *names_recall(struct names_memo *memo, names_finder *finder,
                                     struct slice name)
{
    struct names_memo_slot *slot;
    uint64_t first = 0, last = 0;

    if (name.len < 2 || name.len > NAMES_MEMO_LEN)
        return finder(name);
    if (name.len >= 8) {
        memcpy(&first, name.data, 8);
        memcpy(&last, name.data + name.len - 8, 8);
    } else {
        memcpy(&first, name.data, 2);
        memcpy(&last, name.data + name.len - 2, 2);
    }
    first ^= (last << 29 | last >> 35) ^ name.len;
    slot = &memo->slots[(first * 0x9e3779b97f4a7c15u >> 32) % (NAMES_MEMO_SLOTS / 2) * 2];
    if (is_recalled(slot, name))
        return slot->rule;
    slot += slot->len != 0; /* each has two places */
    if (!is_recalled(slot, name)) {
        slot->rule = finder(name);
        slot->len = (uint8_t)name.len;
        memcpy(slot->name, name.data, name.len);
    }
    return slot->rule;
}

const struct name_rule *names_find(struct slice name)
{
    char folded[NAME_MAX_FOLDED];
    uint32_t hash;
    size_t len = fold(name, folded, &hash);

    if (len == 0)
        return NULL;
    pthread_once(&table_once, build);
    return find(folded, len, hash)->rule;
}
