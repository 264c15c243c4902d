/*
 * json_keys.c - the keys of a stream's JSON objects, and what they mean.
 */
#include "shipper/parser/json_keys.h"

#include "common/json_text.h"
#include "common/json_tidy.h"

#define UNKNOWN_MAX                                                                                \
    4096 /* keys without room until all are forgotten: so many cost more than that */

void json_keys_begin(struct json_keys *keys)
{
    if (keys->unknown > UNKNOWN_MAX) {
        memset(keys->slots, 0, sizeof(keys->slots));
        keys->begin.next = NULL;
        keys->count = keys->unknown = 0;
        keys->used = 0;
    }
    keys->last = &keys->begin;
}

static unsigned slot_of(const struct json_key *outer, struct slice text)
{
    uint64_t first = 0, last = 0, hash;
    size_t n = text.len < 8 ? text.len : 8;

    memcpy(&first, text.data, n);
    memcpy(&last, text.data + text.len - n, n);
    hash = first ^ (last << 29 | last >> 35) ^ (uint64_t)(uintptr_t)outer ^ text.len;
    return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 32) % JSON_KEYS_SLOTS;
}

static struct json_key *find(const struct json_keys *keys, const struct json_key *outer,
                             struct slice text)
{
    struct json_key *key = keys->slots[slot_of(outer, text)];

    while (key && (key->outer != outer || !slice_equal(key->text, text)))
        key = key->same_slot;
    return key;
}

/* "a" inside of "b" is b.a; in the arena when it is not the line's own. */
static struct slice full_name(struct arena *arena, const struct json_key *outer, struct slice key)
{
    char *name;

    if (!outer || slice_is(outer->name, "@fields")) /* Logstash's JSON, version 0 */
        return key;
    name = arena_bytes(arena, outer->name.len + 1 + key.len);
    if (!name)
        return (struct slice){NULL, 0};
    memcpy(name, outer->name.data, outer->name.len);
    name[outer->name.len] = '.';
    memcpy(name + outer->name.len + 1, key.data, key.len);
    return (struct slice){name, outer->name.len + 1 + key.len};
}

static struct slice keep(struct json_keys *keys, struct slice text)
{
    char *copy = keys->pool + keys->used;

    memcpy(copy, text.data, text.len);
    keys->used += text.len;
    return (struct slice){copy, text.len};
}

/* Is `outer` kept, so that what points at it may be? */
static bool is_kept(const struct json_keys *keys, const struct json_key *outer)
{
    return !outer || (outer >= keys->items && outer < keys->items + JSON_KEYS_MAX);
}

/* For good when there is room, else for this line. NULL: no memory. */
static struct json_key *learn(struct json_keys *keys, struct arena *arena,
                              const struct json_key *outer, struct slice text, struct slice name)
{
    struct json_key *key, **slot;

    if (keys->count == JSON_KEYS_MAX || text.len + name.len > JSON_KEYS_BYTES - keys->used ||
        !is_kept(keys, outer)) {
        keys->unknown++;
        key = arena_alloc(arena, sizeof(*key));
        if (key)
            *key = (struct json_key){.text = text, .name = name, .outer = outer};
        return key;
    }
    key = &keys->items[keys->count++];
    slot = &keys->slots[slot_of(outer, text)];
    *key = (struct json_key){
        .text = keep(keys, text), .name = keep(keys, name), .outer = outer, .same_slot = *slot};
    *slot = key;
    return key;
}

const struct json_key *json_keys_look_up(struct json_keys *keys, struct arena *arena,
                                         const struct json_key *outer, const char **p,
                                         const char *end, bool *no_memory)
{
    struct json_value read;
    const char *colon = json_read_string(*p, end, &read);
    struct json_key *key;
    struct slice text, name;

    if (!colon)
        return NULL;
    colon = json_skip_space(colon, end);
    if (colon == end || *colon != ':')
        return NULL;
    text = (struct slice){*p, (size_t)(colon + 1 - *p)};
    key = find(keys, outer, text);
    if (!key) {
        name = json_key(arena, &read);
        if (name.data)
            name = full_name(arena, outer, name);
        key = name.data ? learn(keys, arena, outer, text, name) : NULL;
        *no_memory = !key;
        if (!key)
            return NULL;
        key->rule = names_find(key->name);
    }
    if (is_kept(keys, key)) {
        keys->last->next = key;
        keys->last = key;
    }
    *p = colon + 1;
    return key;
}
