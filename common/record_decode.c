/*
 * record_decode.c - JSON text into a record.
 *
 * Strings and numbers stay JSON text (VALUE_JSON): what nobody changes is
 * copied as it is when the record is written again.
 */
#include "common/record.h"

#include "common/address.h"
#include "common/json_tidy.h"
#include "common/record_extras.h"

struct decoder {
    struct record *record;
    const struct record_tree *tree;
    const char *end;
    unsigned at;        /* the number of the last known name */
    bool conflict;      /* a known field had a value of another type */
    enum status status; /* OK while nothing is wrong */
};

static bool fail(struct decoder *decoder, enum status status)
{
    decoder->status = status;
    return false;
}

static bool is_number_text(struct slice raw)
{
    struct json_value value;
    int64_t ignored;

    if (raw.len < 3 || raw.data[0] != '"')
        return false;
    raw = (struct slice){raw.data + 1, raw.len - 2};
    return json_read(raw.data, raw.data + raw.len, &value) && json_integer(raw, &ignored);
}

/* `raw` with its quotes. */
static bool is_address(struct slice raw)
{
    struct slice text = {raw.data + 1, raw.len - 2};

    return address_is_ipv4(text) || address_is_ipv6(text);
}

static bool is_time(const struct json_value *value)
{
    struct timestamp ignored;
    int64_t ms;

    if (value->kind == JSON_STRING)
        return value->raw.len > 2 &&
               timestamp_parse_iso((struct slice){value->raw.data + 1, value->raw.len - 2},
                                   &ignored);
    return value->kind == JSON_NUMBER && json_integer(value->raw, &ms) &&
           ms / 1000 >= TIMESTAMP_S_MIN && ms / 1000 <= TIMESTAMP_S_MAX;
}

bool record_value_fits(enum field_type type, const struct json_value *value)
{
    int64_t ignored;

    switch (type) {
    case TYPE_KEYWORD:
    case TYPE_TEXT:
    case TYPE_RAW:
        return value->kind != JSON_OBJECT && value->kind != JSON_ARRAY;
    case TYPE_LONG:
        return value->kind == JSON_NUMBER
                   ? json_integer(value->raw, &ignored)
                   : value->kind == JSON_STRING && is_number_text(value->raw);
    case TYPE_BOOL:
        return value->kind == JSON_TRUE || value->kind == JSON_FALSE;
    case TYPE_IP:
        return value->kind == JSON_STRING && is_address(value->raw);
    case TYPE_DATE:
        return is_time(value);
    case TYPE_GEO:
        return value->kind == JSON_OBJECT || value->kind == JSON_STRING;
    case TYPE_LIST:
        return value->kind == JSON_ARRAY || value->kind == JSON_STRING;
    case TYPE_OBJECT:
        return false; /* its members are extras; anything else does not fit */
    }
    return false;
}

/* The value's JSON on one line, without what readers of our records could trip over. */
static bool one_line(struct decoder *decoder, const struct json_value *value, struct slice *out)
{
    *out = value->raw;
    if (!json_needs_tidying(value))
        return true;
    *out = json_tidy(decoder->record->arena, value->raw);
    return out->data || fail(decoder, FATAL);
}

static bool add_extra(struct decoder *decoder, uint8_t node, struct slice key,
                      const struct json_value *value)
{
    struct slice raw;

    if (value->kind == JSON_NULL)
        return true;
    if (!one_line(decoder, value, &raw))
        return false;
    if (!record_add_extra(decoder->record, node, key, raw))
        return fail(decoder, decoder->record->extra_count == EXTRAS_MAX ? REJECT : FATAL);
    return true;
}

static bool set_field(struct decoder *decoder, enum record_field field,
                      const struct json_value *value)
{
    struct timestamp time;
    struct slice raw;

    if (value->kind == JSON_NULL)
        return true;
    if (!record_value_fits(record_fields[field].type, value)) {
        decoder->conflict = true;
        return add_extra(decoder, decoder->tree->object_node[FIELD_LABELS],
                         slice_of(record_fields[field].name), value);
    }
    if (!one_line(decoder, value, &raw))
        return false;
    record_set_json(decoder->record, field, raw);
    /* 2026-11-21 12:00:00Z is a time, but not one that Elasticsearch reads: written anew. */
    if (record_fields[field].type == TYPE_DATE && value->kind == JSON_STRING &&
        raw.data[11] != 'T' && record_time(decoder->record, field, &time))
        record_set_time(decoder->record, field, time);
    return true;
}

uint8_t record_inner_node(const struct record_tree *tree, uint8_t node, struct slice *key)
{
    const char *dot = memrchr(key->data, '.', key->len);
    int field = -1, child = -1;

    for (; dot; dot = memrchr(key->data, '.', (size_t)(dot - key->data))) {
        struct slice prefix = {key->data, (size_t)(dot - key->data)};

        if (prefix.len + 1 < key->len && record_find_name(tree, node, prefix, &field, &child) &&
            child >= 0) {
            *key = (struct slice){dot + 1, key->len - prefix.len - 1};
            return (uint8_t)child;
        }
    }
    return node;
}

static const char *read_object(struct decoder *decoder, const char *p, uint8_t node);

/* The value at `p` of a member that the schema knows; returns where it ends. */
static const char *read_known(struct decoder *decoder, const char *p,
                              const struct record_name *name)
{
    const struct record_node *object;
    struct json_value value;

    if (name->child >= 0 && p < decoder->end && *p == '{')
        return read_object(decoder, p, (uint8_t)name->child);
    p = json_read(p, decoder->end, &value);
    if (!p) {
        fail(decoder, REJECT);
        return NULL;
    }
    if (name->field >= 0)
        return set_field(decoder, (enum record_field)name->field, &value) ? p : NULL;
    if (value.kind == JSON_NULL)
        return p;
    decoder->conflict = true; /* a known object that is no object here */
    object = &decoder->tree->nodes[name->child];
    return add_extra(decoder, decoder->tree->object_node[FIELD_LABELS],
                     (struct slice){object->path, object->path_len}, &value)
               ? p
               : NULL;
}

/* The same of one that it does not know. */
static const char *read_unknown(struct decoder *decoder, const char *p, uint8_t node,
                                struct slice key)
{
    struct json_value value;

    p = json_read(p, decoder->end, &value);
    if (!p) {
        fail(decoder, REJECT);
        return NULL;
    }
    node = record_inner_node(decoder->tree, node, &key);
    if (node == NODE_ROOT && slice_is(key, RECORD_WORDS_NAME)) /* ours; see documents.c */
        node = decoder->tree->object_node[FIELD_LABELS];
    return add_extra(decoder, node, key, &value) ? p : NULL;
}

/* One member at `p`, key and value, whatever its key; returns where it ends. */
static const char *read_member(struct decoder *decoder, const char *p, uint8_t node)
{
    const struct record_name *known;
    const char *end = decoder->end;
    struct json_value key;
    struct slice name;

    p = json_read_string(p, end, &key);
    if (p)
        p = json_skip_space(p, end);
    if (!p || p == end || *p != ':') {
        fail(decoder, REJECT);
        return NULL;
    }
    name = json_key(decoder->record->arena, &key);
    if (!name.data) {
        fail(decoder, FATAL);
        return NULL;
    }
    p = json_skip_space(p + 1, end);
    known = record_name_find(node, name);
    if (!known)
        return read_unknown(decoder, p, node, name);
    record_name_learn(&decoder->at, known);
    return read_known(decoder, p, known);
}

/* Recurses along the schema's tree only, so a few levels deep. */
static const char *read_object(struct decoder *decoder, const char *p, uint8_t node)
{
    const struct record_name *known;
    const char *end = decoder->end;

    p = json_skip_space(p + 1, end);
    if (p < end && *p == '}')
        return p + 1;
    for (;;) {
        p = json_skip_space(p, end);
        known = record_name_foretold(&decoder->at, node, &p, end);
        p = known ? read_known(decoder, json_skip_space(p, end), known)
                  : read_member(decoder, p, node);
        if (!p)
            return NULL;
        p = json_skip_space(p, end);
        if (p == end)
            break;
        if (*p == '}')
            return p + 1;
        if (*p++ != ',')
            break;
    }
    fail(decoder, REJECT);
    return NULL;
}

enum status record_decode(struct record *record, struct slice text, struct error *err)
{
    struct decoder decoder = {.record = record, .tree = record_tree(), .status = OK};
    const char *p, *end = text.data + text.len;

    if (text.len == 0)
        return error_set(err, REJECT, "empty message");
    decoder.end = end;
    p = json_skip_space(text.data, end);
    if (p == end || *p != '{')
        return error_set(err, REJECT, "not a JSON object");
    p = read_object(&decoder, p, NODE_ROOT);
    if (p && json_skip_space(p, end) != end)
        return error_set(err, REJECT, "something follows the JSON object");
    if (p && decoder.conflict && !record_tag(record, "_typeconflict"))
        decoder.status = FATAL;
    if (decoder.status == FATAL)
        return error_set(err, FATAL, "out of memory while decoding %zu bytes", text.len);
    if (!p)
        return error_set(err, REJECT,
                         record->extra_count == EXTRAS_MAX ? "too many unknown members"
                                                           : "invalid JSON");
    return OK;
}
