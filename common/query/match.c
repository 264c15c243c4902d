/*
 * match.c - single conditions on the values of a record.
 */
#include "common/query/match.h"

#include <stdlib.h>

#include "common/query/lex.h"

#define KEPT_BLOCK    (64u << 10)
#define KEPT_MAX      (256u << 20)
#define SCRATCH_BLOCK (64u << 10)
#define SCRATCH_MAX   (256u << 20)
#define FILTER_FROM   4 /* tests of words on a record: filling the filter costs as much as these */

void matcher_init(struct matcher *matcher)
{
    *matcher = (struct matcher){0};
    arena_init(&matcher->kept, KEPT_BLOCK, KEPT_MAX);
    arena_init(&matcher->scratch, SCRATCH_BLOCK, SCRATCH_MAX);
}

void matcher_release(struct matcher *matcher)
{
    arena_release(&matcher->kept);
    arena_release(&matcher->scratch);
    buf_release(&matcher->words);
    free(matcher->slots);
}

static bool find_slot(struct matcher *matcher, const struct query_condition *condition,
                      unsigned *out)
{
    unsigned room = matcher->slot_room ? 2 * matcher->slot_room : 16;
    struct slot *slots;

    for (*out = 0; *out < matcher->slot_count; ++*out)
        if (matcher->slots[*out].field == condition->field &&
            slice_equal(matcher->slots[*out].key, condition->key))
            return true;
    if (matcher->slot_count == matcher->slot_room) {
        slots = realloc(matcher->slots, room * sizeof(*slots));
        if (!slots)
            return false;
        matcher->slots = slots;
        matcher->slot_room = room;
    }
    matcher->slots[matcher->slot_count++] =
        (struct slot){.field = condition->field, .key = condition->key};
    return true;
}

struct slice fold(struct arena *arena, struct slice text)
{
    char *folded = arena_bytes(arena, text.len + 1);

    if (!folded)
        return (struct slice){NULL, 0};
    for (size_t i = 0; i < text.len; i++)
        folded[i] = ascii_lower(text.data[i]);
    return (struct slice){folded, text.len};
}

/* Words are found with the blanks around them: whole ones, and next to each other. */
static bool prepare_words(struct matcher *matcher, struct test *test)
{
    struct slice words = test->condition.text;
    char *text = arena_bytes(&matcher->kept, words.len + 2);
    const char *first_end, *last;

    if (!text)
        return false;
    text[0] = text[words.len + 1] = ' ';
    memcpy(text + 1, words.data, words.len);
    test->condition.text = (struct slice){text, words.len + 2};
    first_end = memchr(text + 1, ' ', words.len + 1);
    last = memrchr(text, ' ', words.len + 1);
    test->hash = word_hash((struct slice){text + 1, (size_t)(first_end - text - 1)});
    test->last_hash = word_hash((struct slice){last + 1, (size_t)(text + words.len - last)});
    return true;
}

static bool prepare_pattern(struct matcher *matcher, struct query_pattern *pattern)
{
    struct slice *pieces = arena_alloc(&matcher->kept, pattern->count * sizeof(*pieces));

    if (!pieces)
        return false;
    for (unsigned i = 0; i < pattern->count; i++) {
        pieces[i] = fold(&matcher->kept, pattern->pieces[i]);
        if (!pieces[i].data)
            return false;
    }
    pattern->pieces = pieces;
    return true;
}

/* The pattern's longest text is looked for first; at a word's ends with the blank beside it. */
static bool prepare_needle(struct matcher *matcher, struct test *test)
{
    const struct query_pattern *pattern = &test->condition.pattern;
    unsigned best = 0;
    char *text;

    for (unsigned i = 1; i < pattern->count; i++)
        if (pattern->pieces[i].len > pattern->pieces[best].len)
            best = i;
    if (pattern->pieces[best].len == 0)
        return true;
    text = arena_bytes(&matcher->kept, pattern->pieces[best].len + 2);
    if (!text)
        return false;
    test->needle.data = text;
    if (best == 0)
        *text++ = ' ';
    memcpy(text, pattern->pieces[best].data, pattern->pieces[best].len);
    text += pattern->pieces[best].len;
    if (best + 1 == pattern->count)
        *text++ = ' ';
    test->needle.len = (size_t)(text - test->needle.data);
    return true;
}

bool matcher_prepare(struct matcher *matcher, const struct query_condition *condition,
                     struct test *out)
{
    struct query_condition *c = &out->condition;

    *out = (struct test){.condition = *condition};
    c->name = c->raw = (struct slice){NULL, 0}; /* the query may go */
    c->key = arena_copy(&matcher->kept, c->key);
    if (!c->key.data || !find_slot(matcher, c, &out->slot))
        return false;
    switch (c->test) {
    case TEST_EQUAL:
        c->text = fold(&matcher->kept, c->text);
        return c->text.data != NULL;
    case TEST_EXACT:
        c->text = arena_copy(&matcher->kept, c->text);
        return c->text.data != NULL;
    case TEST_PATTERN:
        return prepare_pattern(matcher, &c->pattern);
    case TEST_WORD:
        return prepare_pattern(matcher, &c->pattern) && prepare_needle(matcher, out);
    case TEST_WORDS:
        return prepare_words(matcher, out);
    default:
        return true;
    }
}

void matcher_next(struct matcher *matcher, const struct record *record)
{
    matcher->record = record;
    arena_clear(&matcher->scratch);
    for (unsigned i = 0; i < matcher->slot_count; i++)
        matcher->slots[i].loaded = false;
}

/* The slot's texts in lower case; its texts as they are when there is no memory. */
static const struct slice *folded(struct matcher *matcher, struct slot *slot)
{
    if (slot->folded)
        return slot->folded;
    slot->folded = slot->count == 1
                       ? &slot->one[1]
                       : arena_alloc(&matcher->scratch, slot->count * sizeof(struct slice));
    if (!slot->folded)
        return slot->texts;
    for (unsigned i = 0; i < slot->count; i++)
        slot->folded[i] = fold(&matcher->scratch, slot->texts[i]);
    return slot->folded;
}

static bool any_exact(const struct slot *slot, struct slice text)
{
    for (unsigned i = 0; i < slot->count; i++)
        if (slice_equal(slot->texts[i], text))
            return true;
    return false;
}

static bool any_equal(struct matcher *matcher, struct slot *slot, struct slice text)
{
    for (unsigned i = 0; i < slot->count; i++)
        if (slot->texts[i].len == text.len && slice_equal(folded(matcher, slot)[i], text))
            return true;
    return false;
}

/*
 * The first and the last piece have their places; each one between is taken
 * where it comes first, which leaves most room for the rest.
 */
static bool pattern_matches(const struct query_pattern *pattern, struct slice text)
{
    const struct slice first = pattern->pieces[0], last = pattern->pieces[pattern->count - 1];
    const char *p = text.data, *end = text.data + text.len;

    if (text.len < first.len + last.len || memcmp(p, first.data, first.len) != 0 ||
        memcmp(end - last.len, last.data, last.len) != 0)
        return false;
    p += first.len;
    end -= last.len;
    for (unsigned i = 1; i + 1 < pattern->count; i++) {
        const struct slice piece = pattern->pieces[i];

        p = memmem(p, (size_t)(end - p), piece.data, piece.len);
        if (!p)
            return false;
        p += piece.len;
    }
    return true;
}

static bool any_pattern(struct matcher *matcher, struct slot *slot,
                        const struct query_pattern *pattern)
{
    for (unsigned i = 0; i < slot->count; i++)
        if (pattern_matches(pattern, folded(matcher, slot)[i]))
            return true;
    return false;
}

static bool may_have_word(const struct matcher *matcher, uint32_t hash)
{
    hash %= WORD_BITS;
    return matcher->word_bits[hash / 64] >> (hash % 64) & 1;
}

static bool has_words(struct matcher *matcher, const struct test *test)
{
    const struct slice text = test->condition.text;

    if (!matcher->hashed && ++matcher->words_asked >= FILTER_FROM)
        hash_words(matcher);
    if (matcher->hashed &&
        !(may_have_word(matcher, test->hash) && may_have_word(matcher, test->last_hash)))
        return false;
    return memmem(matcher->words.data, matcher->words.len, text.data, text.len) != NULL;
}

/* Of the words that have the needle, does one fit? */
static bool any_word(const struct matcher *matcher, const struct test *test)
{
    const struct slice needle = test->needle;
    const char *words = matcher->words.data, *end = words + matcher->words.len, *p = words;

    if (needle.len == 0)
        return true; /* there are words */
    while ((p = memmem(p, (size_t)(end - p), needle.data, needle.len))) {
        const char *start, *stop;

        p += *p == ' ';
        start = (const char *)memrchr(words, ' ', (size_t)(p - words)) + 1;
        stop = memchr(p, ' ', (size_t)(end - p));
        if (pattern_matches(&test->condition.pattern,
                            (struct slice){start, (size_t)(stop - start)}))
            return true;
        p = stop;
    }
    return false;
}

static bool in_network(const struct query_network *network, const uint8_t address[16])
{
    if (network->above)
        return memcmp(address, network->high, 16) > 0;
    if (network->below)
        return memcmp(address, network->low, 16) < 0;
    return memcmp(address, network->low, 16) >= 0 && memcmp(address, network->high, 16) <= 0;
}

bool matcher_test(struct matcher *matcher, const struct test *test)
{
    const struct query_condition *condition = &test->condition;
    struct slot *slot = &matcher->slots[test->slot];

    if (!slot->loaded)
        slot_load(matcher, slot);
    if (!slot->present)
        return false;
    switch (condition->test) {
    case TEST_EXISTS:
        return true;
    case TEST_EQUAL:
        return any_equal(matcher, slot, condition->text);
    case TEST_EXACT:
        return any_exact(slot, condition->text);
    case TEST_PATTERN:
        return any_pattern(matcher, slot, &condition->pattern);
    case TEST_NUMBER:
    case TEST_TIME:
        return slot->number >= condition->range.low && slot->number <= condition->range.high;
    case TEST_ADDRESS:
        return in_network(&condition->network, slot->address);
    case TEST_BOOL:
        return slot->number == condition->flag;
    case TEST_WORDS:
        return has_words(matcher, test);
    case TEST_WORD:
        return any_word(matcher, test);
    }
    return false;
}
