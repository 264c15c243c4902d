/*
 * redact.c - hides what must not leave the host, value by value of a record.
 */
#include "shipper/process/redact.h"

#include "common/json_tidy.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/record_extras.h"
#include "shipper/process/redact_private.h"

#define SEEN_BYTES_MIN 16  /* of a text that others may be part of */
#define KEY_TRIES      100 /* names for a member whose own name was a secret */

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

/*
 * Fields are often parts of one line: a path is in the request, that in the original. What stands
 * between blanks, quotes or a question mark in a text that was looked through, away from what was
 * found there, holds nothing either. (Own patterns may see the ends of a text: then this is not
 * asked.)
 */
static bool is_seen(const struct redact *redact, struct slice text)
{
    for (unsigned i = 0; i < redact->seen_count; i++) {
        const struct redact_seen *seen = &redact->seen[i];
        const char *start = seen->text.data, *end = start + seen->text.len;
        const char *from = text.data, *to = from + text.len;
        bool clean = from >= start && to <= end && seen->places.count <= SCAN_PLACES_MAX &&
                     (from == start || (from[-1] && strchr(" \"?", from[-1]))) &&
                     (to == end || (*to && strchr(" \"?", *to)));

        for (unsigned k = 0; clean && k < seen->places.count; k++)
            clean = seen->places.list[k].data >= to ||
                    seen->places.list[k].data + seen->places.list[k].len <= from;
        if (clean)
            return true;
    }
    return false;
}

static void remember(struct redact *redact, struct slice text)
{
    if (redact->seen_count < REDACT_SEEN_MAX && text.len >= SEEN_BYTES_MIN &&
        redact->pattern_count == 0)
        redact->seen[redact->seen_count++] = (struct redact_seen){text, redact->places};
}

static void redact_field(struct redact *redact, struct record *record, enum record_field field)
{
    struct value *value = &record->values[field];
    struct slice fresh;

    if (value->kind == VALUE_TEXT) {
        struct slice text = value->text;
        bool agent = field == FIELD_USER_AGENT_ORIGINAL;

        if (is_seen(redact, text))
            return;
        if (redact_text(redact, text, agent, &fresh))
            set_text(record, field, fresh);
        if (!agent)
            remember(redact, text);
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

/* True: the address' field is done with. */
static bool redact_end(struct redact *redact, struct record *record, enum record_field address,
                       enum record_field ip)
{
    bool stays_valid = redact->rules.actions[SECRET_IP] == REDACT_TRUNCATE, done = false;
    struct slice name = {NULL, 0}, number;
    bool same;

    if (!record_text(record, ip, &number)) {
        return record_text(record, address, &name) && hide_address(redact, record, address, name);
    }
    same = record_text(record, address, &name) && slice_equal(name, number);
    if (name.len && !same)
        done = hide_address(redact, record, address, name);
    if (!hide_address(redact, record, ip, number))
        return done;
    if (same || !name.len) {
        if (same || !stays_valid)
            record_set_text(record, address, record->values[ip].text);
        done = same || !stays_valid;
    }
    if (!stays_valid)
        record_drop(record, ip);
    return done;
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
    quoted = json_quote(record->arena, fresh);
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

/* What is to be looked through: the fields that are there, without those that are done with. */
static void choose_fields(struct redact *redact, struct record *record,
                          uint64_t fields[RECORD_WORDS])
{
    uint64_t done[RECORD_WORDS] = {0};

    if (redact->rules.actions[SECRET_IP] != REDACT_KEEP)
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            if (redact_end(redact, record, ends[i].address, ends[i].ip))
                done[ends[i].address / 64] |= (uint64_t)1 << (ends[i].address % 64);
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        fields[word] = record->present[word] & ~done[word];
}

void redact_apply(struct redact *redact, struct record *record)
{
    uint64_t fields[RECORD_WORDS];

    redact->seen_count = 0;
    choose_fields(redact, record, fields);
    for (unsigned word = 0; word < RECORD_WORDS; word++)
        for (uint64_t bits = fields[word]; bits; bits &= bits - 1) {
            enum record_field field =
                (enum record_field)(word * 64 + (unsigned)__builtin_ctzll(bits));

            if (is_text(record_fields[field].type) && !is_kept(field))
                redact_field(redact, record, field);
        }
    if (record->extras)
        redact_extras(redact, record);
    count(redact);
}
