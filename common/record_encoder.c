/*
 * record_encoder.c - what stands between the values of records, made once for each set of fields.
 *
 * A set's skeleton is what record_encode writes of a record that has marks for values, cut at them.
 */
#include "common/record_encoder.h"

#include <assert.h>
#include <stdlib.h>

#include "common/record_value.h"

#define PIECES_MAX    64
#define CONSTANTS_MAX 16
#define TEXT_MAX      (16u << 10)
#define COPIED        32 /* bytes at once: a constant length costs least */
#define VALUE_COPIED                                                                               \
    64 /* the same of values: most are shorter, so that nothing has to be foreseen */
#define COPIED_BEYOND VALUE_COPIED
#define MINUTE_LEN    18 /* "2026-11-21T12:00: */

#define MARK     '\1' /* begins a mark: no JSON holds that byte */
#define MARK_LEN 2    /* the second byte says whose value stands here */

static_assert(FIELD_COUNT + RECORD_ENCODER_EXTRAS <= UINT8_MAX, "a mark is one byte");

struct constant {
    uint16_t field;
    struct slice text; /* as it was when it became part of the text */
};

struct piece {           /* text, and the value that follows it */
    uint16_t len, field; /* from FIELD_COUNT on: of the extra of that number */
};

struct extra_key { /* where it stands in the text */
    uint16_t at, len;
    uint8_t node;
};

struct record_skeleton {
    uint64_t present[RECORD_WORDS];
    unsigned piece_count, constant_count, extra_count;
    struct piece pieces[PIECES_MAX];
    struct constant constants[CONSTANTS_MAX];
    struct extra_key extras[RECORD_ENCODER_EXTRAS];
    size_t tail_len, text_len; /* tail: behind the last value */
    char text[];               /* of all pieces, and COPIED_BEYOND bytes more */
};

/* A record with marks for values: encoded, it says what stands between them. */
struct marked {
    struct record record;
    struct record_extra extras[RECORD_ENCODER_EXTRAS];
    char marks[(FIELD_COUNT + RECORD_ENCODER_EXTRAS) * MARK_LEN];
};

static struct slice mark(struct marked *marked, unsigned whose)
{
    char *text = marked->marks + (size_t)whose * MARK_LEN;

    text[0] = MARK;
    text[1] = (char)whose;
    return (struct slice){text, MARK_LEN};
}

/* Constants are kept. False: there are too many. */
static bool mark_fields(struct marked *marked, const struct record *record,
                        struct record_skeleton *skeleton)
{
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            unsigned field = word * 64 + (unsigned)__builtin_ctzll(bits);
            const struct value *value = &record->values[field];

            if (!value->constant) {
                record_set_json(&marked->record, field, mark(marked, field));
                continue;
            }
            if (skeleton->constant_count == CONSTANTS_MAX)
                return false;
            skeleton->constants[skeleton->constant_count++] =
                (struct constant){(uint16_t)field, value->text};
            record_set_json(&marked->record, field, value->text);
        }
    return true;
}

static void mark_extras(struct marked *marked, const struct record *record)
{
    struct record_extra **link = &marked->record.extras, *copy = marked->extras;
    unsigned whose = FIELD_COUNT;

    for (const struct record_extra *extra = record->extras; extra; extra = extra->next, copy++) {
        *copy = (struct record_extra){
            .key = extra->key, .raw = mark(marked, whose++), .node = extra->node};
        *link = copy;
        link = &copy->next;
    }
}

/* False: there are too many values. There is room for as much text as is split. */
static bool split(struct record_skeleton *skeleton, const struct marked *marked, const char *p,
                  const char *end)
{
    const char *next;

    for (; (next = memchr(p, MARK, (size_t)(end - p))); p = next + MARK_LEN) {
        unsigned whose = (uint8_t)next[1], extra = whose - FIELD_COUNT;

        if (skeleton->piece_count == PIECES_MAX)
            return false;
        skeleton->pieces[skeleton->piece_count++] =
            (struct piece){(uint16_t)(next - p), (uint16_t)whose};
        memcpy(skeleton->text + skeleton->text_len, p, (size_t)(next - p));
        skeleton->text_len += (size_t)(next - p);
        if (whose >= FIELD_COUNT) /* `key":` stands right before it */
            skeleton->extras[extra] = (struct extra_key){
                .at = (uint16_t)(skeleton->text_len - 2 - marked->extras[extra].key.len),
                .len = (uint16_t)marked->extras[extra].key.len,
                .node = marked->extras[extra].node};
    }
    skeleton->tail_len = (size_t)(end - p);
    memcpy(skeleton->text + skeleton->text_len, p, skeleton->tail_len);
    skeleton->text_len += skeleton->tail_len;
    return true;
}

static bool has_too_many(const struct record *record)
{
    unsigned values = record->extra_count;

    for (unsigned word = 0; word < RECORD_WORDS; word++)
        values += (unsigned)__builtin_popcountll(record->present[word]);
    return values > PIECES_MAX + CONSTANTS_MAX;
}

/* NULL: the record has too much for one, or there is no memory. */
static struct record_skeleton *make_skeleton(const struct record *record)
{
    struct record_skeleton *skeleton, *fitted;
    struct marked marked;
    char text[TEXT_MAX];
    uint64_t invalid = 0;

    if (has_too_many(record) || !(skeleton = malloc(sizeof(*skeleton) + TEXT_MAX)))
        return NULL;
    *skeleton = (struct record_skeleton){.extra_count = record->extra_count};
    record_init(&marked.record, NULL);
    mark_extras(&marked, record);
    memcpy(skeleton->present, record->present, sizeof(skeleton->present));
    if (!mark_fields(&marked, record, skeleton) ||
        record_encode_bound(&marked.record) + COPIED_BEYOND > TEXT_MAX ||
        !split(skeleton, &marked, text, text + record_encode(&marked.record, text, &invalid))) {
        free(skeleton);
        return NULL;
    }
    fitted = realloc(skeleton, sizeof(*skeleton) + skeleton->text_len + COPIED_BEYOND);
    return fitted ? fitted : skeleton;
}

/* Are the extras those of the skeleton, in its order? Then `found` holds them. */
static bool extras_fit(const struct record_skeleton *skeleton, const struct record *record,
                       const struct record_extra **found)
{
    const struct record_extra *extra = record->extras;

    if (skeleton->extra_count != record->extra_count)
        return false;
    for (unsigned i = 0; i < skeleton->extra_count; i++, extra = extra->next) {
        const struct extra_key *key = &skeleton->extras[i];

        if (extra->node != key->node || extra->key.len != key->len ||
            memcmp(extra->key.data, skeleton->text + key->at, key->len) != 0)
            return false;
        found[i] = extra;
    }
    return true;
}

static bool fits(const struct record_skeleton *skeleton, const struct record *record,
                 const struct record_extra **found)
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
    return extras_fit(skeleton, record, found);
}

/* A product has nothing of a factor's high bits in its low ones: they are brought down each time.
 */
static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct record *record)
{
    uint64_t hash = 0;

    for (unsigned word = 0; word < RECORD_WORDS; word++)
        hash = mix(hash, record->present[word]);
    for (const struct record_extra *extra = record->extras; extra; extra = extra->next)
        hash = mix(hash, extra->key.len ^ (uint64_t)extra->node << 8 ^
                             (extra->key.len
                                  ? (uint64_t)(uint8_t)extra->key.data[extra->key.len - 1] << 16
                                  : 0));
    return hash ^ hash >> 32;
}

/*
 * NULL: to be written without one. Two are kept for each slot, the newer one first; a set of fields
 * gets one when it comes twice without another one of its slot between.
 */
static const struct record_skeleton *choose(struct record_encoder *encoder,
                                            const struct record *record)
{
    struct record_skeleton **kept;
    uint64_t hash;
    unsigned slot;

    if (record->extra_count > RECORD_ENCODER_EXTRAS)
        return NULL;
    hash = hash_of(record);
    slot = hash % RECORD_ENCODER_SLOTS;
    kept = encoder->kept[slot];
    for (unsigned i = 0; i < 2; i++)
        if (kept[i] && fits(kept[i], record, encoder->extras))
            return kept[i];
    if (encoder->seen[slot] != hash) {
        encoder->seen[slot] = hash;
        return NULL;
    }
    free(kept[1]);
    kept[1] = kept[0];
    kept[0] = make_skeleton(record);
    if (kept[0])
        extras_fit(kept[0], record, encoder->extras);
    return kept[0];
}

void record_encoder_within(struct record_encoder *encoder, struct slice bytes)
{
    encoder->around = bytes.data;
    encoder->around_len = bytes.len > VALUE_COPIED ? bytes.len - VALUE_COPIED : 0;
}

size_t record_encoder_bound(struct record_encoder *encoder, const struct record *record)
{
    const struct record_skeleton *skeleton = choose(encoder, record);
    size_t bound;

    encoder->chosen = skeleton;
    if (!skeleton)
        return record_encode_bound(record);
    bound = skeleton->text_len + COPIED_BEYOND;
    for (unsigned i = 0; i < skeleton->piece_count; i++) {
        unsigned field = skeleton->pieces[i].field;

        bound += field < FIELD_COUNT ? record_value_bound(&record->values[field])
                                     : encoder->extras[field - FIELD_COUNT]->raw.len;
    }
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

static inline char *put_plain(const struct record_encoder *encoder, char *p, struct slice text)
{
    size_t end = (size_t)((uintptr_t)text.data + text.len - (uintptr_t)encoder->around);

    if (end - 1 >= encoder->around_len)
        return record_put_plain(p, text);
    *p++ = '"';
    memcpy(p, text.data, VALUE_COPIED);
    for (size_t done = VALUE_COPIED; done < text.len; done += VALUE_COPIED)
        memcpy(p + done, text.data + done, VALUE_COPIED);
    p[text.len] = '"';
    return p + text.len + 1;
}

/* A time of the same minute as the last one differs in its seconds only. */
static inline char *put_time(struct record_encoder *encoder, char *p, struct timestamp time)
{
    uint64_t second = (uint64_t)time.s - (uint64_t)encoder->minute;
    char *end;

    if (!encoder->has_minute || second >= 60 || time.ns % 1000000) {
        *p = '"';
        end = p + 1 + timestamp_print(time, p + 1);
        *end++ = '"';
        memcpy(encoder->minute_text, p, MINUTE_LEN);
        encoder->minute = time.s - (p[MINUTE_LEN] - '0') * 10 - (p[MINUTE_LEN + 1] - '0');
        encoder->has_minute = true;
        return end;
    }
    memcpy(p, encoder->minute_text, MINUTE_LEN);
    p = digits_put_pair(p + MINUTE_LEN, (unsigned)second);
    *p++ = '.';
    *p++ = (char)('0' + time.ns / 100000000);
    p = digits_put_pair(p, time.ns / 1000000 % 100);
    memcpy(p, "Z\"", 2);
    return p + 2;
}

static inline char *put_extra(const struct record_encoder *encoder, char *p, unsigned i)
{
    const struct slice raw = encoder->extras[i]->raw;

    return mempcpy(p, raw.data, raw.len);
}

/* 0: the values need more than `room` bytes, perhaps. */
static size_t write_values(struct record_encoder *encoder, const struct record *record, char *out,
                           size_t room, uint64_t *invalid)
{
    const struct record_skeleton *skeleton = encoder->chosen;
    const char *text = skeleton->text;
    char *p = out;

    for (unsigned i = 0; i < skeleton->piece_count; i++) {
        const struct piece *piece = &skeleton->pieces[i];
        const struct value *value;
        size_t bound;

        p = put_text(p, text, piece->len);
        text += piece->len;
        value = piece->field < FIELD_COUNT ? &record->values[piece->field] : NULL;
        bound = !value         ? encoder->extras[piece->field - FIELD_COUNT]->raw.len
                : value->plain ? value->text.len + 2
                               : record_value_bound(value);
        if (bound > room)
            return 0;
        room -= bound;
        if (!value)
            p = put_extra(encoder, p, piece->field - FIELD_COUNT);
        else if (value->plain)
            p = put_plain(encoder, p, value->text);
        else
            p = value->kind == VALUE_TIME ? put_time(encoder, p, value->time)
                                          : record_put_value(p, value, invalid);
    }
    p = put_text(p, text, skeleton->tail_len);
    return (size_t)(p - out);
}

size_t record_encoder_write(struct record_encoder *encoder, const struct record *record, char *out,
                            uint64_t *invalid)
{
    return encoder->chosen ? write_values(encoder, record, out, SIZE_MAX, invalid)
                           : record_encode(record, out, invalid);
}

size_t record_encoder_try(struct record_encoder *encoder, const struct record *record, char *out,
                          size_t room, uint64_t *invalid)
{
    const struct record_skeleton *skeleton = choose(encoder, record);
    uint64_t found = 0;
    size_t len = 0;

    encoder->chosen = skeleton;
    if (!skeleton && record_encode_bound(record) <= room)
        len = record_encode(record, out, &found);
    else if (skeleton && skeleton->text_len + COPIED_BEYOND <= room)
        len = write_values(encoder, record, out, room - skeleton->text_len - COPIED_BEYOND, &found);
    *invalid += len ? found : 0;
    return len;
}

void record_encoder_release(struct record_encoder *encoder)
{
    for (unsigned i = 0; i < RECORD_ENCODER_SLOTS; i++) {
        free(encoder->kept[i][0]);
        free(encoder->kept[i][1]);
    }
    *encoder = (struct record_encoder){0};
}
