/*
 * takers.c - values into fields by the field's type.
 */
#include "shipper/parser/takers.h"

#include "common/json_tidy.h"
#include "common/record_extras.h"
#include "shipper/parser/address.h"

static bool is_scalar(const struct member *member)
{
    return member->kind != MEMBER_LIST && member->kind != MEMBER_OBJECT;
}

bool take_text(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct record *record = members->record;

    if (!is_scalar(member) || !members_claim(members, rule, rule->field, member))
        return false;
    if (member->kind == MEMBER_STRING)
        record_set_json(record, rule->field, member->raw);
    else
        record_set_text(record, rule->field, member->text);
    return true;
}

/* 12 or 12.0 */
static bool read_whole(struct slice text, int64_t *out)
{
    size_t end = text.len;

    if (json_integer(text, out))
        return true;
    while (end && text.data[end - 1] == '0')
        end--;
    return end > 1 && end < text.len && text.data[end - 1] == '.' &&
           json_integer((struct slice){text.data, end - 1}, out);
}

bool take_long(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member);
    int64_t number;

    if (!is_scalar(member) || member->kind == MEMBER_BOOL)
        return false;
    if (!read_whole(text, &number) || !members_claim(members, rule, rule->field, member))
        return false;
    record_set_long(members->record, rule->field, number);
    return true;
}

bool take_bool(struct members *members, const struct name_rule *rule, const struct member *member)
{
    bool yes = slice_is(member->text, "true");

    if (!is_scalar(member) || (!yes && !slice_is(member->text, "false")) ||
        !members_claim(members, rule, rule->field, member))
        return false;
    record_set_bool(members->record, rule->field, yes);
    return true;
}

bool take_ip(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice text = members_text(members, member);

    if (!is_scalar(member) || (!address_is_ipv4(text) && !address_is_ipv6(text)) ||
        !members_claim(members, rule, rule->field, member))
        return false;
    record_set_text(members->record, rule->field, text);
    return true;
}

bool take_date(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct timestamp time;

    if (!is_scalar(member) || member->kind == MEMBER_BOOL ||
        !line_time_read(members->clock, members->memory, members_text(members, member), rule->unit,
                        &time) ||
        !members_claim(members, rule, rule->field, member))
        return false;
    record_set_time(members->record, rule->field, time);
    return true;
}

/* Elasticsearch takes lists of words, not of objects. */
static bool is_list_of_scalars(struct slice raw)
{
    const char *p = raw.data + 1, *end = raw.data + raw.len;
    struct json_value value;

    while (p < end && *p != ']') {
        if (*p == ',')
            p++;
        p = json_read(p, end, &value);
        if (!p || value.kind == JSON_OBJECT || value.kind == JSON_ARRAY)
            return false;
    }
    return true;
}

bool take_list(struct members *members, const struct name_rule *rule, const struct member *member)
{
    if (member->kind == MEMBER_OBJECT ||
        (member->kind == MEMBER_LIST && !is_list_of_scalars(member->raw)) ||
        !members_claim(members, rule, rule->field, member))
        return false;
    if (member->kind == MEMBER_LIST)
        record_set_json(members->record, rule->field, member->raw);
    else if (!record_add_item(members->record, rule->field, members_text(members, member)))
        members->no_memory = true;
    return true;
}

/* lat and lon come as members of their own; a text is what Elasticsearch reads. */
bool take_geo(struct members *members, const struct name_rule *rule, const struct member *member)
{
    (void)members;
    (void)rule;
    (void)member;
    return false;
}

bool take_place(struct members *members, const struct name_rule *rule, const struct member *member)
{
    struct slice raw =
        member->raw.len ? member->raw : json_quote(members->record->arena, member->text);

    if (!raw.data || !record_add_extra(members->record, rule->node, slice_of(rule->key), raw))
        members->no_memory = true;
    return true;
}

bool take_reserved(struct members *members, const struct name_rule *rule,
                   const struct member *member)
{
    (void)rule;
    members_label(members, member);
    return true;
}

bool take_object(struct members *members, const struct name_rule *rule, const struct member *member)
{
    (void)rule;
    if (member->kind != MEMBER_OBJECT)
        members->conflict = true;
    return false;
}
