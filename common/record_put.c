/*
 * record_put.c - values under names that a format or a configuration chose.
 */
#include "common/record.h"

#include "common/address.h"
#include "common/json_text.h"
#include "common/json_tidy.h"
#include "common/record_extras.h"

/* "status" is http.response.status_code: aliases are a comma-separated list. */
static bool is_alias(const char *aliases, struct slice name)
{
    const char *p = aliases;

    while (*p) {
        size_t len = strcspn(p, ",");

        if (len == name.len && memcmp(p, name.data, len) == 0)
            return true;
        p += len + (p[len] == ',');
    }
    return false;
}

static enum record_field find_field(struct slice name)
{
    enum record_field field = record_field_find(name);

    if (field != FIELD_COUNT)
        return record_fields[field].type == TYPE_OBJECT ? FIELD_COUNT : field;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (record_fields[i].type != TYPE_OBJECT && is_alias(record_fields[i].aliases, name))
            return (enum record_field)i;
    return FIELD_COUNT;
}

static void set_key(struct record_target *target, struct slice name)
{
    char quoted[JSON_STRING_MAX(RECORD_NAME_MAX)];
    uint64_t invalid = 0;
    char *end = json_write_string(quoted, name, &invalid);

    target->key_len = (unsigned short)(end - quoted - 2);
    memcpy(target->key, quoted + 1, target->key_len);
}

bool record_target_init(struct record_target *target, struct slice name)
{
    const struct record_tree *tree = record_tree();
    uint8_t labels = tree->object_node[FIELD_LABELS];
    int field = -1, child = -1;
    struct slice key = name;

    if (name.len == 0 || name.len > RECORD_NAME_MAX)
        return false;
    target->field = find_field(name);
    if (target->field != FIELD_COUNT)
        key = slice_of(record_fields[target->field].name); /* should it not fit: a label */
    target->node = labels;
    if (target->field == FIELD_COUNT && memchr(name.data, '.', name.len) &&
        !record_find_name(tree, NODE_ROOT, name, &field, &child)) {
        target->node = record_inner_node(tree, NODE_ROOT, &key);
    }
    set_key(target, key);
    return true;
}

static bool put_extra(struct record *record, const struct record_target *target, struct slice raw)
{
    return record_add_extra(record, target->node, (struct slice){target->key, target->key_len},
                            raw);
}

/* As a label; tagged when a field of the schema was meant. */
static bool put_aside(struct record *record, const struct record_target *target, struct slice text,
                      bool plain)
{
    struct slice quoted =
        plain ? json_quote_plain(record->arena, text) : json_quote(record->arena, text);

    return quoted.data && put_extra(record, target, quoted) &&
           (target->field == FIELD_COUNT || record_tag(record, "_typeconflict"));
}

/* True: `text` is of the field's type, and set. */
static bool convert(struct record *record, enum record_field field, struct slice text, bool plain)
{
    struct timestamp time;
    int64_t number;

    switch (record_fields[field].type) {
    case TYPE_LONG:
        if (!json_integer(text, &number))
            return false;
        record_set_long(record, field, number);
        return true;
    case TYPE_BOOL:
        if (!slice_is(text, "true") && !slice_is(text, "false"))
            return false;
        record_set_bool(record, field, text.data[0] == 't');
        return true;
    case TYPE_IP:
        if (!address_is_ipv4(text) && !address_is_ipv6(text))
            return false;
        break;
    case TYPE_DATE:
        if (!timestamp_parse_iso(text, &time))
            return false;
        record_set_time(record, field, time);
        return true;
    case TYPE_LIST:
        return record_add_item(record, field, text);
    case TYPE_GEO:
    case TYPE_OBJECT:
        return false;
    case TYPE_KEYWORD:
    case TYPE_TEXT:
    case TYPE_RAW:
        break;
    }
    record_set_text_as(record, field, text, plain);
    return true;
}

bool record_put(struct record *record, const struct record_target *target, struct slice text)
{
    return record_put_as(record, target, text, false);
}

bool record_put_as(struct record *record, const struct record_target *target, struct slice text,
                   bool plain)
{
    if (target->field != FIELD_COUNT && convert(record, target->field, text, plain))
        return true;
    return put_aside(record, target, text, plain);
}

bool record_put_quoted(struct record *record, const struct record_target *target,
                       struct slice quoted)
{
    if (target->field == FIELD_COUNT)
        return put_extra(record, target, quoted);
    return record_put_as(record, target, (struct slice){quoted.data + 1, quoted.len - 2}, true);
}

bool record_put_json(struct record *record, const struct record_target *target, struct slice raw)
{
    struct json_value value;

    if (!json_read(raw.data, raw.data + raw.len, &value) || value.kind == JSON_NULL)
        return true;
    if (target->field != FIELD_COUNT &&
        record_value_fits(record_fields[target->field].type, &value)) {
        record_set_json(record, target->field, raw);
        return true;
    }
    return put_extra(record, target, raw) &&
           (target->field == FIELD_COUNT || record_tag(record, "_typeconflict"));
}
