/*
 * json_keys.h - the keys of a stream's JSON objects, and what they mean.
 *
 * Lines of one program have the same keys in the same order. A key is kept as
 * the bytes that it came as, with its name and its rule, and which one came
 * behind it: the next line's keys are foretold, and comparing bytes is all that
 * is left to do. What was not foretold is found by its bytes, and what is new
 * is learnt while there is room; keys that are full begin anew when most of
 * them have become useless. Threads: belongs to one parser.
 */
#ifndef SHIPPER_PARSER_JSON_KEYS_H
#define SHIPPER_PARSER_JSON_KEYS_H

#include <string.h>

#include "common/arena.h"
#include "shipper/parser/names.h"

#define JSON_KEYS_MAX   256
#define JSON_KEYS_BYTES 16384 /* of their texts and names */
#define JSON_KEYS_SLOTS 512

struct json_key {
    struct slice text;            /* `"key":` with its quotes and colon, as it came */
    struct slice name;            /* dotted, as in JSON without quotes */
    const struct name_rule *rule; /* NULL: it means nothing to us */
    const struct json_key *outer; /* of the object that it is in; NULL: the line's own */
    struct json_key *next;        /* what came behind it the last time; NULL: nothing yet */
    struct json_key *same_slot;
};

struct json_keys {         /* zeroed is a new one */
    struct json_key begin; /* in front of a line's first key */
    struct json_key *last; /* the last one of this line */
    struct json_key *slots[JSON_KEYS_SLOTS];
    unsigned count, unknown; /* unknown: how often there was no room since it began */
    size_t used;
    struct json_key items[JSON_KEYS_MAX];
    char pool[JSON_KEYS_BYTES];
};

/* A new line. What was given out for the last one may be gone then. */
void json_keys_begin(struct json_keys *keys);

/* Of json_keys_read: one that was not foretold. */
const struct json_key *json_keys_look_up(struct json_keys *keys, struct arena *arena,
                                         const struct json_key *outer, const char **p,
                                         const char *end, bool *no_memory);

/* Does `text` stand at `p`? Most are of 8 to 32 bytes: blocks of a constant length that overlap. */
static inline bool json_keys_stands_at(const char *p, const char *end, struct slice text)
{
    const char *last = p + text.len - 8, *text_last = text.data + text.len - 8;
    uint64_t words[8];

    if ((size_t)(end - p) < text.len)
        return false;
    if (text.len < 8 || text.len > 32)
        return memcmp(p, text.data, text.len) == 0;
    memcpy(&words[0], p, 8);
    memcpy(&words[1], text.data, 8);
    memcpy(&words[2], last, 8);
    memcpy(&words[3], text_last, 8);
    if ((words[0] ^ words[1]) | (words[2] ^ words[3]))
        return false;
    if (text.len <= 16)
        return true;
    memcpy(&words[4], p + 8, 8);
    memcpy(&words[5], text.data + 8, 8);
    memcpy(&words[6], last - 8, 8);
    memcpy(&words[7], text_last - 8, 8);
    return ((words[4] ^ words[5]) | (words[6] ^ words[7])) == 0;
}

/*
 * The key at *p, which becomes where its value begins, or is white space in front of that. NULL:
 * there is no valid key and colon, or, *no_memory, no room in the arena.
 */
static inline const struct json_key *json_keys_read(struct json_keys *keys, struct arena *arena,
                                                    const struct json_key *outer, const char **p,
                                                    const char *end, bool *no_memory)
{
    struct json_key *key = keys->last->next;

    if (!key || key->outer != outer || !json_keys_stands_at(*p, end, key->text))
        return json_keys_look_up(keys, arena, outer, p, end, no_memory);
    keys->last = key;
    *p += key->text.len;
    return key;
}

#endif
