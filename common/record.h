/*
 * record.h - the record: what passes from the shipper's parsers to the index.
 *
 * A record is a fixed table of values, one slot a field of the schema
 * (record_fields.h), plus `extras` for what a structured line held beyond it.
 * Values are views: text points into the line, a Kafka message or the record's
 * arena, and lives as long as that does. Setting, encoding and decoding
 * allocate nothing but from the arena.
 *
 * JSON form (contract): nested ECS objects, UTF-8, no duplicate keys.
 */
#ifndef COMMON_RECORD_H
#define COMMON_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/timestamp.h"

enum record_field {
#define FIELD(id, name, type, aliases) FIELD_##id,
#include "common/record_fields.h"
#undef FIELD
    FIELD_COUNT
};

enum field_type {
    TYPE_KEYWORD, /* text, searched as a whole */
    TYPE_TEXT,    /* text, searched by words */
    TYPE_RAW,     /* text, kept but not searched */
    TYPE_LONG,
    TYPE_BOOL,
    TYPE_IP,
    TYPE_DATE,
    TYPE_GEO,    /* {"lat":…,"lon":…} */
    TYPE_LIST,   /* keywords */
    TYPE_OBJECT, /* free keys below a known name; no value of its own, see extras */
};

struct field_def {
    const char *name;    /* "http.response.status_code" */
    const char *aliases; /* comma-separated, may be "" */
    enum field_type type;
};

extern const struct field_def record_fields[FIELD_COUNT];

/* The field called `name` (not an alias), or FIELD_COUNT. */
enum record_field record_field_find(struct slice name);

enum value_kind {
    VALUE_TEXT, /* bytes as they came, any encoding: escaped and repaired when written */
    VALUE_JSON, /* a value that is valid JSON already: written as it is */
    VALUE_LONG,
    VALUE_BOOL,
    VALUE_TIME,
    VALUE_GEO,
};

struct value {
    union {
        struct slice text; /* VALUE_TEXT, VALUE_JSON */
        int64_t number;    /* VALUE_LONG, VALUE_BOOL */
        struct timestamp time;
        struct {
            double lat, lon;
        } geo;
    };
    enum value_kind kind;
    bool constant; /* VALUE_JSON that is the same in many records: see record_set_constant */
    bool plain;    /* VALUE_TEXT that stands for itself in JSON; only saves a look at it */
};

#define RECORD_WORDS ((FIELD_COUNT + 63) / 64)

struct record_extra; /* a value outside of the schema; see record_extras.h */

struct record {
    struct arena *arena; /* for what is added; may be cleared when the record is */
    uint64_t present[RECORD_WORDS];
    struct value values[FIELD_COUNT];          /* of the fields that are present */
    struct record_extra *extras, *extras_last; /* in order of arrival; NULL = none */
    struct record_extra **extra_table;         /* by key, once there are many */
    unsigned extra_count, extra_table_size;
};

/* No fields. `arena` is kept and must outlive the use of the record. */
void record_init(struct record *record, struct arena *arena);
void record_clear(struct record *record);

static inline bool record_has(const struct record *record, enum record_field field)
{
    return record->present[field / 64] >> (field % 64) & 1;
}

static inline struct value *record_slot(struct record *record, enum record_field field)
{
    struct value *value = &record->values[field];

    record->present[field / 64] |= (uint64_t)1 << (field % 64);
    value->constant = value->plain = false;
    return value;
}

static inline void record_drop(struct record *record, enum record_field field)
{
    record->present[field / 64] &= ~((uint64_t)1 << (field % 64));
}

static inline void record_set_text(struct record *record, enum record_field field, struct slice s)
{
    struct value *value = record_slot(record, field);

    value->text = s;
    value->kind = VALUE_TEXT;
}

/* The same; `plain`: it is all ASCII without control characters, quotes and backslashes. */
static inline void record_set_text_as(struct record *record, enum record_field field,
                                      struct slice s, bool plain)
{
    record_set_text(record, field, s);
    record->values[field].plain = plain;
}

/* The same for what is plain always: numbers, addresses. */
static inline void record_set_plain(struct record *record, enum record_field field, struct slice s)
{
    record_set_text_as(record, field, s, true);
}

/* Texts that are views into `text`, whose parts all stand for themselves in JSON, are plain. */
void record_mark_plain(struct record *record, struct slice text);

/* `s` is one valid JSON value, e.g. a constant with its quotes. */
static inline void record_set_json(struct record *record, enum record_field field, struct slice s)
{
    struct value *value = record_slot(record, field);

    value->text = s;
    value->kind = VALUE_JSON;
}

/*
 * The same for a value that many records share: its bytes stay where they are, and as they are, as
 * long as a record_encoder is used for them.
 */
static inline void record_set_constant(struct record *record, enum record_field field,
                                       struct slice s)
{
    record_set_json(record, field, s);
    record->values[field].constant = true;
}

static inline void record_set_long(struct record *record, enum record_field field, int64_t number)
{
    struct value *value = record_slot(record, field);

    value->number = number;
    value->kind = VALUE_LONG;
}

static inline void record_set_bool(struct record *record, enum record_field field, bool flag)
{
    struct value *value = record_slot(record, field);

    value->number = flag;
    value->kind = VALUE_BOOL;
}

static inline void record_set_time(struct record *record, enum record_field field,
                                   struct timestamp time)
{
    struct value *value = record_slot(record, field);

    value->time = time;
    value->kind = VALUE_TIME;
}

static inline void record_set_geo(struct record *record, enum record_field field, double lat,
                                  double lon)
{
    struct value *value = record_slot(record, field);

    value->geo.lat = lat;
    value->geo.lon = lon;
    value->kind = VALUE_GEO;
}

/*
 * Readers, whatever the kind: false when the field is absent, or not of that
 * form, or there is no memory. Text is unescaped into the arena when it must be.
 */
bool record_text(struct record *record, enum record_field field, struct slice *out);
bool record_long(const struct record *record, enum record_field field, int64_t *out);
bool record_time(const struct record *record, enum record_field field, struct timestamp *out);

/* The same, for records whose times come together. */
bool record_time_near(const struct record *record, enum record_field field,
                      struct timestamp_minute *minute, struct timestamp *out);

/* Adds `item` to a LIST field unless it is in it. False without memory. */
bool record_add_item(struct record *record, enum record_field field, struct slice item);

#define record_tag(record, tag) record_add_item((record), FIELD_TAGS, slice_of(tag))

/* Adds `labels.<key>`, replacing one of that name. Both are copied. False without memory. */
bool record_label(struct record *record, struct slice key, struct slice text);

/*
 * The same for any OBJECT field and any valid JSON value, which must live as
 * long as the record; the key is copied.
 */
bool record_add_member(struct record *record, enum record_field object, struct slice key,
                       struct slice raw);

/*
 * Where a value goes that a format calls by a name: resolved once, used line by line.
 * A name of the schema, dotted or an alias, is that field; an unknown dotted name keeps its place
 * beside the schema's; any other becomes a label.
 */
#define RECORD_NAME_MAX 200

struct record_target {
    enum record_field field; /* FIELD_COUNT: none of the schema */
    unsigned char node;      /* then: the object that it hangs in */
    unsigned short key_len;
    char key[RECORD_NAME_MAX * 6 + 2]; /* as in JSON, without its quotes */
};

/* False: an empty name, or longer than RECORD_NAME_MAX. */
bool record_target_init(struct record_target *target, struct slice name);

/*
 * Puts `text` there, as the type of the field wants it: what does not fit (a
 * word for a number) becomes a label, and the record is tagged `_typeconflict`.
 * `text` must live as long as the record. False without memory.
 */
bool record_put(struct record *record, const struct record_target *target, struct slice text);

/* The same; `plain`: as of record_set_text_as. */
bool record_put_as(struct record *record, const struct record_target *target, struct slice text,
                   bool plain);

/* The same of such plain text that stands in quotes, which are part of `quoted`. */
bool record_put_quoted(struct record *record, const struct record_target *target,
                       struct slice quoted);

/* The same for one valid JSON value, e.g. a number; null is absent. */
bool record_put_json(struct record *record, const struct record_target *target, struct slice raw);

/*
 * The value under that name, wherever it is kept: "a.b" is also found as {"a":{"b":…}}. What is
 * outside of the schema is VALUE_JSON. False: there is none.
 */
bool record_get(const struct record *record, const struct record_target *target, struct value *out);

/* Removes the value under that name; what stays of an object that held it is kept. False without
 * memory: it is still there. */
bool record_remove(struct record *record, const struct record_target *target);

/* The object that `name` is ("labels", "source.geo"), as a number for record_remove_object; 0: it
 * is none of the schema's. */
unsigned record_object_find(struct slice name);

/* Removes everything in that object. */
void record_remove_object(struct record *record, unsigned object);

/*
 * Copies a field to another record, as a view; of an OBJECT field its members, or with `key` only
 * that one ("a.b" is also found as {"a":{"b":…}}). `key` must live as long as `to`. What is
 * absent is left out. False without memory.
 */
bool record_copy(struct record *to, const struct record *from, enum record_field field,
                 struct slice key);

/*
 * The members of an OBJECT field, in order of arrival: *at is NULL at first. `key`
 * is JSON text with its quotes around it but not in it, `raw` a JSON value. False: no more.
 */
bool record_next_member(const struct record *record, enum record_field field,
                        const struct record_extra **at, struct slice *key, struct slice *raw);

/* Takes a value out that is none of the schema; false: it is not there. *raw is its JSON. */
bool record_take(struct record *record, const struct record_target *target, struct slice *raw);

/* Bytes that record_encode may need at most. */
size_t record_encode_bound(const struct record *record);

/*
 * Writes the record as one line of JSON without newline to `out`, which has
 * room for the bound; returns the length. *invalid counts bytes that were no
 * UTF-8 and became U+FFFD.
 */
size_t record_encode(const struct record *record, char *out, uint64_t *invalid);

/* The index's field of a record's words; a foreign member of that name moves to `labels`. */
#define RECORD_WORDS_NAME "text"

/*
 * Reads JSON text into the (cleared) record. Its values are views into `text`.
 * Known names may be nested or dotted. A known field with a value of another
 * type moves to `labels.<name>` and the record is tagged `_typeconflict`;
 * unknown members are kept as extras. null is absent. REJECT: not a JSON
 * object, or larger than the limits; FATAL: no memory.
 */
enum status record_decode(struct record *record, struct slice text, struct error *err);

/*
 * The index template's `mappings` object for this schema, as JSON: every field
 * typed, `labels` flattened, everything else kept but not indexed.
 */
void record_mapping(struct buf *out);

#endif
