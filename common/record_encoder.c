/*
 * record_encoder.c - what stands between the values of records, made once for each set of fields.
 */
#include "common/record_encoder.h"

#include <stdlib.h>

#include "common/record_value.h"

#define PIECES_MAX    64
#define CONSTANTS_MAX 16
#define TEXT_MAX      8192
#define COPIED        32 /* bytes at once: a constant length costs least */
#define COPIED_BEYOND (2 * COPIED)
#define TIME_TO_POINT 21 /* "2026-11-21T12:00:00. */

struct constant {
    uint16_t field;
    struct slice text; /* as it was when it became part of the text */
};

struct piece { /* text, and the value that follows it */
    uint16_t len, field;
};

struct record_skeleton {
    uint64_t present[RECORD_WORDS];
    unsigned piece_count, constant_count;
    struct piece pieces[PIECES_MAX];
    struct constant constants[CONSTANTS_MAX];
    size_t tail_len, text_len; /* tail: behind the last value */
    char text[];               /* of all pieces, and COPIED_BEYOND bytes more */
};

/* A skeleton under construction. */
struct builder {
    struct record_skeleton *skeleton;
    char text[TEXT_MAX];
    char *p, *from; /* from: where the piece begins that is being made */
};

static bool add_constant(struct builder *builder, unsigned field, const struct value *value)
{
    struct record_skeleton *skeleton = builder->skeleton;

    if (skeleton->constant_count == CONSTANTS_MAX ||
        builder->p + value->text.len + 2 * RECORD_PATH_MAX > builder->text + TEXT_MAX)
        return false;
    skeleton->constants[skeleton->constant_count++] =
        (struct constant){(uint16_t)field, value->text};
    builder->p = mempcpy(builder->p, value->text.data, value->text.len);
    return true;
}

static bool add_field(struct builder *builder, unsigned field, const struct value *value)
{
    struct record_skeleton *skeleton = builder->skeleton;

    if (value->constant && add_constant(builder, field, value))
        return true;
    if (skeleton->piece_count == PIECES_MAX)
        return false;
    skeleton->pieces[skeleton->piece_count++] =
        (struct piece){(uint16_t)(builder->p - builder->from), (uint16_t)field};
    builder->from = builder->p;
    return true;
}

static bool build(struct builder *builder, const struct record *record)
{
    const struct record_tree *tree = record_tree();
    uint8_t node = NODE_ROOT, depth = 0;
    bool first = true;

    builder->p = builder->from = builder->text;
    *builder->p++ = '{';
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            unsigned field = word * 64 + (unsigned)__builtin_ctzll(bits);
            const struct record_leaf *leaf = &tree->leaves[field];

            if (builder->p + 4 * RECORD_PATH_MAX > builder->text + TEXT_MAX)
                return false;
            builder->p = record_put_path(builder->p, tree, node, depth, leaf, first);
            if (!add_field(builder, field, &record->values[field]))
                return false;
            node = leaf->node;
            depth = leaf->depth;
            first = false;
        }
    memset(builder->p, '}', RECORD_DEPTH_MAX);
    builder->p += depth + 1;
    return true;
}

/* NULL: the record has too many fields, or there is no memory. */
static struct record_skeleton *make_skeleton(const struct record *record)
{
    struct record_skeleton draft = {0}, *skeleton;
    struct builder builder = {.skeleton = &draft};

    if (!build(&builder, record))
        return NULL;
    memcpy(draft.present, record->present, sizeof(draft.present));
    draft.tail_len = (size_t)(builder.p - builder.from);
    draft.text_len = (size_t)(builder.p - builder.text);
    skeleton = calloc(1, sizeof(*skeleton) + draft.text_len + COPIED_BEYOND);
    if (!skeleton)
        return NULL;
    *skeleton = draft;
    memcpy(skeleton->text, builder.text, draft.text_len);
    return skeleton;
}

static bool fits(const struct record_skeleton *skeleton, const struct record *record)
{
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        if (skeleton->present[word] != record->present[word])
            return false;
    for (unsigned i = 0; i < skeleton->constant_count; i++) {
        const struct constant *constant = &skeleton->constants[i];
        const struct value *value = &record->values[constant->field];

        if (!value->constant || value->text.data != constant->text.data ||
            value->text.len != constant->text.len)
            return false;
    }
    return true;
}

static uint64_t hash_of(const struct record *record)
{
    uint64_t hash = 0;

    for (unsigned word = 0; word < RECORD_WORDS; word++)
        hash = (hash ^ record->present[word]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* NULL: to be written without one. */
static const struct record_skeleton *choose(struct record_encoder *encoder,
                                            const struct record *record)
{
    uint64_t hash = hash_of(record);
    unsigned slot = hash % RECORD_ENCODER_KINDS;

    if (record->extras)
        return NULL;
    if (encoder->kept[slot] && fits(encoder->kept[slot], record))
        return encoder->kept[slot];
    if (encoder->seen[slot] != hash) {
        encoder->seen[slot] = hash;
        return NULL;
    }
    free(encoder->kept[slot]);
    encoder->kept[slot] = make_skeleton(record);
    return encoder->kept[slot];
}

size_t record_encoder_bound(struct record_encoder *encoder, const struct record *record)
{
    const struct record_skeleton *skeleton = choose(encoder, record);
    size_t bound;

    encoder->chosen = skeleton;
    if (!skeleton)
        return record_encode_bound(record);
    bound = skeleton->text_len + COPIED_BEYOND;
    for (unsigned i = 0; i < skeleton->piece_count; i++)
        bound += record_value_bound(&record->values[skeleton->pieces[i].field]);
    return bound;
}

/* Copies too much: what follows overwrites it. */
static inline char *put_text(char *p, const char *text, size_t len)
{
    memcpy(p, text, COPIED);
    for (size_t done = COPIED; done < len; done += COPIED)
        memcpy(p + done, text + done, COPIED);
    return p + len;
}

/* A time of the same second as the last one differs in its fraction only. */
static inline char *put_time(struct record_encoder *encoder, char *p, struct timestamp time)
{
    char *end;

    if (!encoder->has_second || encoder->second != time.s || time.ns % 1000000) {
        *p = '"';
        end = p + 1 + timestamp_print(time, p + 1);
        *end++ = '"';
        memcpy(encoder->second_text, p, TIME_TO_POINT);
        encoder->second = time.s;
        encoder->has_second = true;
        return end;
    }
    memcpy(p, encoder->second_text, TIME_TO_POINT);
    p += TIME_TO_POINT;
    *p++ = (char)('0' + time.ns / 100000000);
    p = digits_put_pair(p, time.ns / 1000000 % 100);
    memcpy(p, "Z\"", 2);
    return p + 2;
}

size_t record_encoder_write(struct record_encoder *encoder, const struct record *record, char *out,
                            uint64_t *invalid)
{
    const struct record_skeleton *skeleton = encoder->chosen;
    const char *text;
    char *p = out;

    if (!skeleton)
        return record_encode(record, out, invalid);
    text = skeleton->text;
    for (unsigned i = 0; i < skeleton->piece_count; i++) {
        const struct piece *piece = &skeleton->pieces[i];
        const struct value *value = &record->values[piece->field];

        p = put_text(p, text, piece->len);
        text += piece->len;
        p = value->kind == VALUE_TIME ? put_time(encoder, p, value->time)
                                      : record_put_value(p, value, invalid);
    }
    p = put_text(p, text, skeleton->tail_len);
    return (size_t)(p - out);
}

void record_encoder_release(struct record_encoder *encoder)
{
    for (unsigned i = 0; i < RECORD_ENCODER_KINDS; i++)
        free(encoder->kept[i]);
    *encoder = (struct record_encoder){0};
}
