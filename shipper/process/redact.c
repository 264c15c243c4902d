/*
 * redact.c - hides what must not leave the host, value by value of a record.
 */
#include "shipper/process/redact.h"

#include "common/metrics.h"
#include "common/record.h"
#include "common/record_extras.h"
#include "shipper/process/redact_private.h"

#define KEY_TRIES 100 /* names for a member whose own name was a secret */

/* Who is at one end of a connection: what is said of it by name, and by number. */
static const struct {
    enum record_field address, ip;
} ends[] = {
    {FIELD_SOURCE_ADDRESS, FIELD_SOURCE_IP},
    {FIELD_CLIENT_ADDRESS, FIELD_CLIENT_IP},
    {FIELD_DESTINATION_ADDRESS, FIELD_DESTINATION_IP},
};

/* What says where a line came from. */
static bool is_kept(enum record_field field)
{
    return field == FIELD_EVENT_ID || field == FIELD_EVENT_DATASET || field == FIELD_AGENT_ID ||
           field == FIELD_AGENT_VERSION || field == FIELD_LOG_FILE_PATH;
}

static void set_text(struct record *record, enum record_field field, struct slice text)
{
    struct slice copy = text.data ? arena_copy(record->arena, text) : text;

    record_set_text(record, field, copy.data ? copy : SLICE(REDACT_NO_ROOM));
}

static bool is_text(enum field_type type)
{
    return type == TYPE_KEYWORD || type == TYPE_TEXT || type == TYPE_RAW || type == TYPE_LIST;
}

static void redact_field(struct redact *redact, struct record *record, enum record_field field)
{
    struct value *value = &record->values[field];
    struct slice fresh;

    if (value->kind == VALUE_TEXT) {
        if (redact_text(redact, value->text, field == FIELD_USER_AGENT_ORIGINAL, &fresh))
            set_text(record, field, fresh);
    } else if (value->kind == VALUE_JSON) {
        if (redact_json(redact, record->arena, (struct slice){NULL, 0}, value->text, &fresh))
            value->text = fresh;
    }
}

/* A name of the DNS with a domain: who has it is as good as known. */
static bool is_host_name(struct slice text)
{
    bool dot = false;

    for (size_t i = 0; i < text.len; i++) {
        dot = dot || text.data[i] == '.';
        if (!scan_is_word(text.data[i]) && !(text.data[i] && strchr(".-_", text.data[i])))
            return false;
    }
    return dot;
}

/* An address that stays, or a number. */
static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '.' && !(text.data[i] >= '0' && text.data[i] <= '9'))
            return false;
    return true;
}

/* False: it is no address, or one that stays. */
static bool hide_address(struct redact *redact, struct record *record, enum record_field field,
                         struct slice text)
{
    char standin[SCAN_STANDIN_MAX];
    size_t len;

    if (!scan_address(&redact->rules, text, standin, &len)) {
        if (record_fields[field].type == TYPE_IP || !is_host_name(text) || is_number(text))
            return false;
        if (redact->rules.actions[SECRET_IP] == REDACT_HASH)
            len = scan_standin(&redact->rules, SECRET_IP, text, standin);
        else
            len = (size_t)(stpcpy(standin, "[host]") - standin);
    }
    set_text(record, field, (struct slice){standin, len});
    redact->found[SECRET_IP]++;
    return true;
}

static void redact_end(struct redact *redact, struct record *record, enum record_field address,
                       enum record_field ip)
{
    bool stays_valid = redact->rules.actions[SECRET_IP] == REDACT_TRUNCATE;
    struct slice text;

    if (record_text(record, address, &text))
        hide_address(redact, record, address, text);
    if (!record_text(record, ip, &text) || !hide_address(redact, record, ip, text))
        return;
    if (stays_valid)
        return;
    if (!record_has(record, address))
        record_set_text(record, address, record->values[ip].text);
    record_drop(record, ip);
}

/* A name that no other member of the object has. */
static struct slice free_key(struct record *record, uint8_t node, struct slice key)
{
    char number[16];
    size_t len = key.len;
    char *room = arena_bytes(record->arena, key.len + sizeof(number));

    if (!room)
        return (struct slice){NULL, 0};
    memcpy(room, key.data, key.len);
    for (int i = 2; i < KEY_TRIES; i++) {
        if (!record_find_extra(record, node, (struct slice){room, len}))
            return (struct slice){room, len};
        room[key.len] = '_';
        len = key.len + 1;
        for (int n = i; n; n /= 10)
            room[len++] = (char)('0' + n % 10);
    }
    return (struct slice){NULL, 0};
}

/* A member whose name is a secret gets another one, or goes. */
static void redact_key(struct redact *redact, struct record *record, struct record_extra *extra)
{
    struct slice fresh, quoted, key, raw = extra->raw;
    uint8_t node = extra->node;

    if (!redact_text(redact, extra->key, false, &fresh))
        return;
    record_remove_extra(record, extra);
    if (!fresh.data)
        return;
    quoted = record_quote(record->arena, fresh);
    if (!quoted.data)
        return;
    key = free_key(record, node, (struct slice){quoted.data + 1, quoted.len - 2});
    if (key.data)
        record_add_extra(record, node, key, raw);
}

static void redact_extras(struct redact *redact, struct record *record)
{
    struct record_extra *next, *last = record->extras_last;
    struct slice fresh;

    for (struct record_extra *extra = record->extras; extra; extra = next) {
        next = extra == last ? NULL : extra->next;
        if (redact_json(redact, record->arena, extra->key, extra->raw, &fresh))
            extra->raw = fresh;
        redact_key(redact, record, extra);
    }
}

static void count(struct redact *redact)
{
    for (int kind = 1; kind < SECRET_KINDS; kind++) {
        if (redact->found[kind])
            metric_add(redact->counts[kind], redact->found[kind]);
        redact->found[kind] = 0;
    }
}

void redact_apply(struct redact *redact, struct record *record)
{
    if (redact->rules.actions[SECRET_IP] != REDACT_KEEP)
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            redact_end(redact, record, ends[i].address, ends[i].ip);
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = record->present[word]; bits; bits &= bits - 1) {
            enum record_field field =
                (enum record_field)(word * 64 + (unsigned)__builtin_ctzll(bits));

            if (is_text(record_fields[field].type) && !is_kept(field))
                redact_field(redact, record, field);
        }
    if (record->extras)
        redact_extras(redact, record);
    count(redact);
}
