/*
 * record_reader.c - records along the ways of the ones before.
 *
 * A way is the text of a record cut at its values. The same text around other valid values is the
 * same record with other values: what is a name and where it belongs is said by the text alone.
 * So no name is looked up, and nothing but the values is checked.
 */
#include "common/record_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/find_byte.h"
#include "common/json_tidy.h"
#include "common/record_extras.h"

#define STEPS_MAX   1024        /* some forty ways of their own */
#define TEXT_MAX    (32u << 10) /* bytes */
#define VALUES_MAX  64          /* with more a record always goes the long way */
#define OTHERS_MAX  8           /* texts behind one value */
#define STRANGE_MAX 10000       /* then what was learned is perhaps of no use any more */
#define ROW_MAX     64          /* of strange records, until most are not even tried */
#define ROW_TRIED   16          /* one of so many is */
#define DIGITS_MAX  18          /* of a number that fits whatever they are */
#define WORD        sizeof(uint64_t)
#define WAY_END     FIELD_COUNT       /* nothing follows but the end of the record */
#define WAY_EXTRA   (FIELD_COUNT + 1) /* a value outside of the schema */

struct record_step { /* text, and the value that follows it */
    uint32_t text;   /* where it begins */
    uint16_t len;
    uint16_t field;  /* or WAY_END, WAY_EXTRA */
    uint16_t next;   /* what may follow the value; 0: nothing yet */
    uint16_t other;  /* what may stand here as well; 0: nothing */
    uint16_t key_at; /* of an extra: where its key stands in the text */
    uint16_t key_len;
    uint8_t node; /* of an extra */
    uint8_t type; /* enum field_type; of an extra TYPE_OBJECT: it may be anything */
};

/* A value of a record that is learned. */
struct found {
    struct slice raw;
    const struct record_extra *extra; /* NULL: of `field` */
    uint16_t field;
};

static inline struct slice slice_between(const char *start, const char *end)
{
    return (struct slice){start, (size_t)(end - start)};
}

/* Along the ways */

/* Does `text` stand at `p`? */
static inline bool is_at(const char *p, const char *end, const char *text, size_t len)
{
    uint64_t a, b;

    if ((size_t)(end - p) < len)
        return false;
    if (len < WORD)
        return memcmp(p, text, len) == 0;
    for (size_t done = 0; done + WORD < len; done += WORD) {
        memcpy(&a, p + done, WORD);
        memcpy(&b, text + done, WORD);
        if (a != b)
            return false;
    }
    memcpy(&a, p + len - WORD, WORD);
    memcpy(&b, text + len - WORD, WORD);
    return a == b;
}

/* A value of any form that record_decode would take as it is; its end, or NULL. */
static const char *read_any(const char *p, const char *end, enum field_type type)
{
    struct json_value value;

    p = json_read(p, end, &value);
    if (!p || value.kind == JSON_NULL || json_needs_tidying(&value))
        return NULL;
    return type == TYPE_OBJECT || record_value_fits(type, &value) ? p : NULL;
}

/* Digits that are a number of int64_t; NULL: something else. */
static inline const char *read_digits(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && *p >= '0' && *p <= '9')
        p++;
    if (p == start || p - start > DIGITS_MAX || (*start == '0' && p - start > 1))
        return NULL;
    return p == end || *p == ',' || *p == '}' ? p : NULL;
}

static bool is_time(struct record_reader *reader, struct slice text)
{
    struct timestamp ignored;

    return text.len > 10 && text.data[10] == 'T' &&
           timestamp_parse_near(&reader->minute, text, &ignored);
}

/* The end of the value at `p` if a `type` may be so, else NULL. Most are plain strings. */
static inline const char *read_value(struct record_reader *reader, struct slice text, const char *p,
                                     enum field_type type)
{
    const char *end = text.data + text.len, *quote = NULL;

    if (p < end && *p == '"')
        quote = find_plain_quote(text.data, p + 1, end);
    if (quote && (type == TYPE_KEYWORD || type == TYPE_TEXT || type == TYPE_RAW))
        return quote + 1;
    if (quote && type == TYPE_DATE)
        return is_time(reader, slice_between(p + 1, quote)) ? quote + 1 : NULL;
    if (type == TYPE_LONG && (quote = read_digits(p, end)))
        return quote;
    return read_any(p, end, type);
}

static bool add_extra(struct record *record, const struct record_step *step, const char *text,
                      struct slice raw)
{
    struct slice key = {text + step->key_at, step->key_len};

    return record_add_extra(record, step->node, key, raw);
}

/* False: no way is that of `text`; the record is half full. */
static bool follow(struct record_reader *reader, struct record *record, struct slice text)
{
    const char *p = text.data, *end = text.data + text.len;
    unsigned at = reader->count > 1 ? reader->steps[0].next : 0;

    while (at) {
        const struct record_step *step = &reader->steps[at];
        const char *value = p + step->len, *behind = NULL;

        if (is_at(p, end, reader->text + step->text, step->len)) {
            if (step->field == WAY_END && value == end)
                return true;
            if (step->field != WAY_END)
                behind = read_value(reader, text, value, (enum field_type)step->type);
        }
        if (!behind) {
            at = step->other;
            continue;
        }
        if (step->field != WAY_EXTRA)
            record_set_json(record, (enum record_field)step->field, slice_between(value, behind));
        else if (!add_extra(record, step, p, slice_between(value, behind)))
            return false;
        p = behind;
        at = step->next;
    }
    return false;
}

/* Learning */

static bool is_within(struct slice text, struct slice part)
{
    uintptr_t start = (uintptr_t)part.data - (uintptr_t)text.data;

    return start <= text.len && part.len <= text.len - start;
}

/* In the order of the text: they mostly come so. */
static unsigned insert(struct found *found, unsigned count, struct found value)
{
    unsigned i = count;

    for (; i && found[i - 1].raw.data > value.raw.data; i--)
        found[i] = found[i - 1];
    found[i] = value;
    return count + 1;
}

/* The values of `record`; 0: there are none, or such as do not stand in `text`, or too many. */
static unsigned find_values(const struct record *record, struct slice text, struct found *found)
{
    const char *last = text.data;
    unsigned count = 0;

    for (const struct record_extra *extra = record->extras; extra; extra = extra->next) {
        /* In order of arrival, so that they are added in the same order. */
        if (count == VALUES_MAX || extra->raw.data < last || !is_within(text, extra->raw) ||
            !is_within(text, extra->key))
            return 0;
        last = extra->raw.data;
        count = insert(found, count, (struct found){extra->raw, extra, WAY_EXTRA});
    }
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            unsigned field = word * 64 + (unsigned)__builtin_ctzll(bits);
            const struct value *value = &record->values[field];

            if (count == VALUES_MAX || value->kind != VALUE_JSON || !is_within(text, value->text))
                return 0;
            count = insert(found, count, (struct found){value->text, NULL, (uint16_t)field});
        }
    return count;
}

/* The step from `text` at the end of *link; made when there is none. 0: no room. */
static unsigned put_step(struct record_reader *reader, uint16_t *link, struct slice text,
                         const struct found *found)
{
    uint16_t field = found ? found->field : WAY_END;
    struct record_step *step;

    for (unsigned others = 0; *link; link = &reader->steps[*link].other, others++) {
        step = &reader->steps[*link];
        if (step->field == field && step->len == text.len &&
            memcmp(reader->text + step->text, text.data, text.len) == 0)
            return *link;
        if (others == OTHERS_MAX)
            return 0;
    }
    if (reader->count == STEPS_MAX || TEXT_MAX - reader->text_len < text.len)
        return 0;
    step = &reader->steps[reader->count];
    *step = (struct record_step){.text = (uint32_t)reader->text_len,
                                 .len = (uint16_t)text.len,
                                 .field = field,
                                 .type = field < FIELD_COUNT ? (uint8_t)record_fields[field].type
                                                             : TYPE_OBJECT};
    if (found && found->extra) {
        if (!is_within(text, found->extra->key)) /* cannot be: it stands before its value */
            return 0;
        step->key_at = (uint16_t)(found->extra->key.data - text.data);
        step->key_len = (uint16_t)found->extra->key.len;
        step->node = found->extra->node;
    }
    memcpy(reader->text + reader->text_len, text.data, text.len);
    reader->text_len += text.len;
    *link = (uint16_t)reader->count++;
    return *link;
}

static void forget(struct record_reader *reader)
{
    reader->steps[0] = (struct record_step){0}; /* the way begins behind it */
    reader->count = 1;
    reader->text_len = 0;
    reader->strange = 1; /* what is being learned */
}

/* False without memory. */
static bool begin(struct record_reader *reader)
{
    if (!reader->steps)
        reader->steps = calloc(STEPS_MAX, sizeof(*reader->steps));
    if (!reader->text)
        reader->text = malloc(TEXT_MAX);
    if (!reader->steps || !reader->text)
        return false;
    if (reader->count == 0 || reader->strange >= STRANGE_MAX)
        forget(reader);
    return true;
}

static void learn(struct record_reader *reader, const struct record *record, struct slice text)
{
    struct found found[VALUES_MAX];
    unsigned count = find_values(record, text, found), at = 0;
    const char *p = text.data, *end = text.data + text.len;

    if (count == 0 || !begin(reader))
        return;
    for (unsigned i = 0; i < count; i++) {
        at = put_step(reader, &reader->steps[at].next, slice_between(p, found[i].raw.data),
                      &found[i]);
        if (at == 0)
            return;
        p = found[i].raw.data + found[i].raw.len;
    }
    put_step(reader, &reader->steps[at].next, slice_between(p, end), NULL);
}

enum status record_reader_read(struct record_reader *reader, struct record *record,
                               struct slice text, struct error *err)
{
    /* When each record is another one, trying costs more than it brings. */
    const bool tried = reader->row < ROW_MAX || reader->row % ROW_TRIED == 0;
    enum status status;

    if (tried && follow(reader, record, text)) {
        reader->row = 0;
        return OK;
    }
    reader->row++;
    reader->strange++;
    record_clear(record);
    status = record_decode(record, text, err);
    if (tried && status == OK)
        learn(reader, record, text);
    return status;
}

void record_reader_release(struct record_reader *reader)
{
    free(reader->steps);
    free(reader->text);
    *reader = (struct record_reader){0};
}
