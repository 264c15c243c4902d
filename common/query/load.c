/*
 * load.c - a field's values, as the index has them.
 *
 * The index leaves out texts that are longer than its limit, members that are
 * null and lists without elements: for queries they are missing.
 */
#include "common/query/match.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/json_text.h"
#include "common/query/number.h"
#include "common/words.h"

#define INDEXED_MAX 8191        /* UTF-16 units of a text: ignore_above in record_mapping.c */
#define WORDS_MAX   (64u << 20) /* bytes */

static bool is_too_long(struct slice text)
{
    size_t units = 0;

    if (text.len <= INDEXED_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        units += ((c & 0xc0) != 0x80) + (c >= 0xf0);
    }
    return units > INDEXED_MAX;
}

static void add_text(struct matcher *matcher, struct slot *slot, struct slice text)
{
    struct slice *more;

    if (is_too_long(text))
        return;
    if (slot->count == slot->room) {
        more = arena_alloc(&matcher->scratch, 4 * slot->room * sizeof(*more));
        if (!more)
            return;
        memcpy(more, slot->texts, slot->count * sizeof(*more));
        slot->texts = more;
        slot->room *= 4;
    }
    slot->texts[slot->count++] = text;
}

/* A JSON string's text, or any other value as it is written. */
static struct slice json_value_text(struct matcher *matcher, struct slice raw)
{
    char *text;

    if (raw.len < 2 || raw.data[0] != '"')
        return raw;
    if (!memchr(raw.data, '\\', raw.len))
        return (struct slice){raw.data + 1, raw.len - 2};
    text = arena_bytes(&matcher->scratch, raw.len);
    if (!text)
        return (struct slice){"", 0};
    return (struct slice){text, json_unescape(raw, text)};
}

/* What stands below `path` in a JSON value: {NULL, 0} is everything, "" the value itself. */
struct walk {
    struct matcher *matcher;
    struct slot *slot;
    const char *end;
};

static const char *walk_value(struct walk *walk, const char *p, struct slice path);

/* What `path` is below `key`; false when the key is another one. */
static bool path_below(struct slice path, struct slice key, struct slice *below)
{
    *below = path;
    if (!path.data)
        return true;
    if (key.len > path.len || memcmp(path.data, key.data, key.len) != 0)
        return false;
    *below = (struct slice){path.data + key.len, path.len - key.len};
    if (below->len == 0)
        return true;
    if (below->data[0] != '.' || below->len == 1)
        return false;
    below->data++;
    below->len--;
    return true;
}

/* Members of an object or elements of an array; `p` is behind the bracket. */
static const char *walk_members(struct walk *walk, const char *p, struct slice path, bool object)
{
    struct json_value skipped;
    struct slice below;

    for (;;) {
        bool wanted = true;

        p = json_skip_space(p, walk->end);
        if (p == walk->end || *p == '}' || *p == ']')
            return p < walk->end ? p + 1 : NULL;
        if (*p == ',') {
            p++;
            continue;
        }
        below = path;
        if (object) {
            p = json_read_string(p, walk->end, &skipped);
            if (!p)
                return NULL;
            wanted = path_below(path, json_value_text(walk->matcher, skipped.raw), &below) &&
                     (!path.data || path.len > 0);
            p = json_skip_space(p, walk->end);
            p = json_skip_space(p + 1, walk->end);
        }
        p = wanted ? walk_value(walk, p, below) : json_read(p, walk->end, &skipped);
        if (!p)
            return NULL;
    }
}

/* As deep as the JSON was accepted, JSON_DEPTH_MAX. */
static const char *walk_value(struct walk *walk, const char *p, struct slice path)
{
    struct json_value value;

    if (p < walk->end && (*p == '{' || *p == '['))
        return walk_members(walk, p + 1, path, *p == '{');
    p = json_read(p, walk->end, &value);
    if (p && value.kind != JSON_NULL && (!path.data || path.len == 0))
        add_text(walk->matcher, walk->slot, json_value_text(walk->matcher, value.raw));
    return p;
}

static void load_object(struct matcher *matcher, struct slot *slot)
{
    const struct record_extra *at = NULL;
    struct slice path = slot->key, key, raw, below;

    if (path.len == 0)
        path.data = NULL;
    while (record_next_member(matcher->record, slot->field, &at, &key, &raw)) {
        struct walk walk = {matcher, slot, raw.data + raw.len};

        if (memchr(key.data, '\\', key.len)) /* json_value_text wants the quotes */
            key = json_value_text(matcher, (struct slice){key.data - 1, key.len + 2});
        if (path_below(path, key, &below))
            walk_value(&walk, raw.data, below);
    }
}

static void load_number_text(struct matcher *matcher, struct slot *slot, int64_t number)
{
    char *text = arena_bytes(&matcher->scratch, 24);

    if (text)
        add_text(matcher, slot,
                 (struct slice){text, (size_t)snprintf(text, 24, "%" PRId64, number)});
}

static void load_texts(struct matcher *matcher, struct slot *slot)
{
    const struct value *value = &matcher->record->values[slot->field];
    struct walk walk = {matcher, slot, NULL};

    switch (value->kind) {
    case VALUE_TEXT:
        add_text(matcher, slot, value->text);
        break;
    case VALUE_JSON:
        walk.end = value->text.data + value->text.len;
        walk_value(&walk, value->text.data, SLICE(""));
        break;
    case VALUE_LONG:
        load_number_text(matcher, slot, value->number);
        break;
    case VALUE_BOOL:
        add_text(matcher, slot, value->number ? SLICE("true") : SLICE("false"));
        break;
    case VALUE_TIME:
    case VALUE_GEO:
        break;
    }
}

static bool load_bool(const struct value *value, struct slot *slot)
{
    slot->number = value->kind == VALUE_JSON ? slice_is(value->text, "true") : value->number != 0;
    return value->kind == VALUE_BOOL || slot->number || slice_is(value->text, "false");
}

static bool load_time(const struct matcher *matcher, struct slot *slot)
{
    struct timestamp time;

    if (!record_time(matcher->record, slot->field, &time))
        return false;
    slot->number = timestamp_ms(time);
    return true;
}

static bool load_address(struct matcher *matcher, struct slot *slot)
{
    load_texts(matcher, slot);
    return slot->count > 0 && address_parse(slot->texts[0], slot->address);
}

uint32_t word_hash(struct slice word)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < word.len; i++)
        hash = hash * 31 + (unsigned char)word.data[i];
    return hash ^ hash >> 15;
}

/* With " a b " each word ends at a blank. */
void hash_words(struct matcher *matcher)
{
    const char *p = matcher->words.data + 1, *end = matcher->words.data + matcher->words.len;
    uint32_t hash = 0;

    matcher->hashed = true;
    memset(matcher->word_bits, 0, sizeof(matcher->word_bits));
    for (; p < end; p++) {
        if (*p != ' ') {
            hash = hash * 31 + (unsigned char)*p;
            continue;
        }
        hash = (hash ^ hash >> 15) % WORD_BITS;
        matcher->word_bits[hash / 64] |= (uint64_t)1 << (hash % 64);
        hash = 0;
    }
}

static bool load_words(struct matcher *matcher)
{
    struct buf *words = &matcher->words;

    buf_clear(words);
    words->max = WORDS_MAX;
    buf_add_char(words, ' ');
    record_words(matcher->record, words);
    matcher->hashed = false;
    matcher->words_asked = 0;
    return !words->failed && words->len > 1;
}

void slot_load(struct matcher *matcher, struct slot *slot)
{
    enum field_type type = slot->field < FIELD_COUNT ? record_fields[slot->field].type : TYPE_TEXT;

    slot->loaded = true;
    slot->present = false;
    slot->count = 0;
    slot->room = 1;
    slot->texts = &slot->one[0];
    slot->folded = NULL;
    if (slot->field == FIELD_COUNT) {
        slot->present = load_words(matcher);
        return;
    }
    if (type == TYPE_OBJECT)
        load_object(matcher, slot);
    if (!record_has(matcher->record, slot->field)) {
        slot->present = slot->count > 0;
        return;
    }
    switch (type) {
    case TYPE_KEYWORD:
    case TYPE_LIST:
        load_texts(matcher, slot);
        slot->present = slot->count > 0;
        break;
    case TYPE_LONG:
        slot->present = record_long(matcher->record, slot->field, &slot->number);
        break;
    case TYPE_BOOL:
        slot->present = load_bool(&matcher->record->values[slot->field], slot);
        break;
    case TYPE_IP:
        slot->present = load_address(matcher, slot);
        break;
    case TYPE_DATE:
        slot->present = load_time(matcher, slot);
        break;
    case TYPE_TEXT:
    case TYPE_RAW:
    case TYPE_GEO:
    case TYPE_OBJECT:
        slot->present = true;
        break;
    }
}
