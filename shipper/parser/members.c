/*
 * members.c - the named values of one line into its record.
 */
#include "shipper/parser/members.h"

#include "common/json_tidy.h"
#include "common/record_extras.h"
#include "shipper/parser/address.h"
#include "shipper/parser/parser.h"
#include "shipper/parser/request.h"
#include "shipper/parser/takers.h"

#define LABELS_MAX      100000 /* of one line; what is beyond is kept as text */
#define LIST_DEPTH_MAX  16     /* Elasticsearch takes 20 objects inside of each other */
#define NUMBER_TEXT_MAX 400    /* digits; Jackson refuses numbers of more than 1000 */

struct members_overflow {
    struct members_overflow *next;
    struct slice name, raw;
};

static struct slice no_memory(struct members *members)
{
    members->no_memory = true;
    return SLICE("\"\"");
}

void members_begin(struct members *members, struct record *record, const struct line_clock *clock,
                   const struct parser_memory *memory)
{
    memset(members, 0, offsetof(struct members, holders));
    members->record = record;
    members->clock = clock;
    members->memory = memory;
}

struct slice members_text(struct members *members, const struct member *member)
{
    char *text;
    size_t len;

    if (!member->escaped)
        return member->text;
    text = arena_bytes(members->record->arena, member->raw.len);
    if (!text) {
        members->no_memory = true;
        return member->text;
    }
    len = json_unescape(member->raw, text);
    arena_trim(members->record->arena, text, len);
    return (struct slice){text, len};
}

bool member_is_absent(const struct member *member)
{
    return member->text.len == 0 || (member->text.len == 1 && member->text.data[0] == '-');
}

/* ---- labels ---- */

/* How deep lists and objects stand in each other; brackets in strings count too: a bound. */
static unsigned depth_bound(struct slice raw)
{
    unsigned depth = 0, most = 0;

    for (size_t i = 0; i < raw.len; i++) {
        if (raw.data[i] == '[' || raw.data[i] == '{')
            depth++;
        else if ((raw.data[i] == ']' || raw.data[i] == '}') && depth)
            depth--;
        if (depth > most)
            most = depth;
    }
    return most;
}

/* The value's JSON, or, where the index would refuse that, its text. */
static struct slice label_value(struct members *members, const struct member *member)
{
    struct arena *arena = members->record->arena;
    bool as_text = false;
    struct slice quoted;

    switch (member->kind) {
    case MEMBER_STRING:
    case MEMBER_BOOL:
        break;
    case MEMBER_TEXT:
        as_text = true;
        break;
    case MEMBER_NUMBER:
        as_text = member->raw.len > NUMBER_TEXT_MAX;
        break;
    case MEMBER_LIST:
    case MEMBER_OBJECT:
        as_text = depth_bound(member->raw) > LIST_DEPTH_MAX;
        break;
    }
    if (!as_text)
        return member->raw;
    quoted = json_quote(arena, member->text);
    return quoted.data ? quoted : no_memory(members);
}

static void overflow(struct members *members, struct slice name, struct slice raw)
{
    struct members_overflow *more = arena_alloc(members->record->arena, sizeof(*more));

    if (!more) {
        members->no_memory = true;
        return;
    }
    *more = (struct members_overflow){members->overflow, name, raw};
    members->overflow = more;
}

static struct slice join(struct members *members, struct slice a, struct slice b, struct slice c)
{
    char *text = arena_bytes(members->record->arena, a.len + b.len + c.len);

    if (!text)
        return no_memory(members);
    memcpy(text, a.data, a.len);
    memcpy(text + a.len, b.data, b.len);
    memcpy(text + a.len + b.len, c.data, c.len);
    return (struct slice){text, a.len + b.len + c.len};
}

/* Elasticsearch takes no NUL in a key. */
static struct slice without_nul(struct members *members, struct slice name)
{
    static const char nul[] = "\\u0000", replacement[] = "\\ufffd";
    char *at = memmem(name.data, name.len, nul, sizeof(nul) - 1);
    struct slice copy;

    if (!at)
        return name;
    copy = arena_copy(members->record->arena, name);
    if (!copy.data)
        return no_memory(members);
    for (char *p = (char *)copy.data; p; p = memmem(p, (size_t)(copy.data + copy.len - p), nul, 6))
        if (memcmp(p, nul, 6) == 0)
            memcpy(p, replacement, 6);
        else
            p++;
    return copy;
}

/* A name that comes again makes a list of its values. */
static struct slice with_earlier(struct members *members, uint8_t node, struct slice name,
                                 struct slice raw)
{
    const struct record_extra *earlier = record_find_extra(members->record, node, name);
    struct slice list;

    if (!earlier)
        return raw;
    list = earlier->raw;
    if (list.data[0] == '[') {
        list.len--;
        list = join(members, list, SLICE(","), raw);
    } else {
        list = join(members, SLICE("["), list, SLICE(","));
        list = join(members, list, raw, SLICE(""));
    }
    return join(members, list, SLICE("]"), SLICE(""));
}

static void add_label(struct members *members, struct slice name, const struct member *member)
{
    struct record *record = members->record;
    uint8_t labels = record_tree()->object_node[FIELD_LABELS];
    struct slice raw = label_value(members, member);

    if (name.len > 7 && memcmp(name.data, "labels.", 7) == 0)
        name = (struct slice){name.data + 7, name.len - 7};
    if (memchr(name.data, '\\', name.len))
        name = without_nul(members, name);
    if (name.len > MEMBER_NAME_MAX || record->extra_count >= LABELS_MAX) {
        overflow(members, name, raw);
        return;
    }
    if (members->accumulate)
        raw = with_earlier(members, labels, name, raw);
    if (!record_add_extra(record, labels, name, raw))
        members->no_memory = true;
}

void members_label(struct members *members, const struct member *member)
{
    add_label(members, member->name, member);
}

/* ---- fields ---- */

bool members_claim(struct members *members, const struct name_rule *rule, enum record_field field,
                   const struct member *member)
{
    struct members_holder *holder = &members->holders[field];

    if (members->held[field] && record_has(members->record, field) &&
        (members->accumulate || !slice_equal(holder->member.name, member->name))) {
        if (holder->rank <= rule->rank)
            return false;
        members_label(members, &holder->member);
    }
    *holder = (struct members_holder){*member, rule->rank};
    members->held[field] = true;
    return true;
}

/* ["x"] for a field that takes one value is that value. */
static bool only_element(const struct member *list, struct member *out)
{
    const char *end = list->raw.data + list->raw.len, *p;
    struct json_value value;

    p = json_read(list->raw.data + 1, end, &value);
    if (!p || *p != ']' || (value.kind != JSON_STRING && value.kind != JSON_NUMBER))
        return false;
    *out = (struct member){list->name, value.raw, value.raw, MEMBER_NUMBER, value.escaped};
    if (value.kind == JSON_STRING) {
        out->kind = MEMBER_STRING;
        out->text = (struct slice){value.raw.data + 1, value.raw.len - 2};
    }
    return true;
}

static bool take_only_element(struct members *members, const struct name_rule *rule,
                              const struct member *member)
{
    struct member element;

    return only_element(member, &element) && !member_is_absent(&element) &&
           rule->take(members, rule, &element);
}

static inline bool take(struct members *members, const struct name_rule *rule,
                        const struct member *member)
{
    return member_is_absent(member) || rule->take(members, rule, member) ||
           (member->kind == MEMBER_LIST && take_only_element(members, rule, member));
}

/* What its field does not want becomes a label; under the field's own name that is a conflict. */
static void refuse(struct members *members, const struct name_rule *rule,
                   const struct member *member)
{
    if (rule->rank == NAME_RANK_ECS && rule->field != FIELD_COUNT &&
        rule->field != FIELD_TIMESTAMP) {
        members->conflict = true;
        add_label(members, slice_of(record_fields[rule->field].name), member);
    } else {
        members_label(members, member);
    }
}

void members_add_known(struct members *members, const struct name_rule *rule,
                       const struct member *member)
{
    if (member->kind == MEMBER_TEXT && member_is_absent(member))
        return;
    if (!rule)
        members_label(members, member);
    else if (rule->late && members->late_count < MEMBERS_LATE_MAX)
        members->late[members->late_count++] = (struct members_late){rule, *member};
    else if (!take(members, rule, member))
        refuse(members, rule, member);
}

void members_add(struct members *members, const struct member *member)
{
    members_add_known(members, names_recall(&members->names, names_find, member->name), member);
}

struct slice members_name(struct arena *arena, struct slice name)
{
    struct slice quoted;

    if (json_plain_len(name) == name.len)
        return name;
    quoted = json_quote(arena, name);
    if (!quoted.data)
        return quoted;
    return (struct slice){quoted.data + 1, quoted.len - 2};
}

void members_add_text(struct members *members, struct slice name, struct slice text)
{
    name = members_name(members->record->arena, name);
    if (!name.data)
        members->no_memory = true;
    else
        members_add(members, &(struct member){.name = name, .text = text, .kind = MEMBER_TEXT});
}

void members_add_flag(struct members *members, struct slice name)
{
    name = members_name(members->record->arena, name);
    if (!name.data)
        members->no_memory = true;
    else
        members_add(members, &(struct member){.name = name,
                                              .text = SLICE("true"),
                                              .raw = SLICE("true"),
                                              .kind = MEMBER_BOOL});
}

/* ---- what needs to see all ---- */

static void finish_late(struct members *members)
{
    for (unsigned i = 0; i < members->late_count; i++) {
        const struct members_late *late = &members->late[i];

        if (!take(members, late->rule, &late->member))
            refuse(members, late->rule, &late->member);
    }
}

static bool read_halves(struct members *members, struct timestamp *out)
{
    struct slice date = members_text(members, &members->date);
    struct slice hour = members_text(members, &members->hour);
    struct slice both = join(members, date, SLICE(" "), hour);

    /* With its offset it is what is read fastest. */
    if (members->utc &&
        line_time_iso(members->clock, join(members, both, SLICE("Z"), SLICE("")), out))
        return true;
    return line_time_read(members->clock, members->memory, both, 0, out);
}

/* A date and a time of day that came apart; either one alone may be a whole time stamp. */
static void finish_time(struct members *members)
{
    struct member *date = &members->date, *hour = &members->hour;
    struct timestamp time;

    if (date->name.data && hour->name.data && !record_has(members->record, FIELD_TIMESTAMP)) {
        if (read_halves(members, &time)) {
            record_set_time(members->record, FIELD_TIMESTAMP, time);
            return;
        }
        members->bad_time = true;
    } else if (date->name.data && !record_has(members->record, FIELD_TIMESTAMP) &&
               line_time_read(members->clock, members->memory, members_text(members, date), 0,
                              &time)) {
        record_set_time(members->record, FIELD_TIMESTAMP, time);
        date->name.data = NULL;
    }
    if (date->name.data)
        members_label(members, date);
    if (hour->name.data) {
        members_label(members, hour);
        members->bad_time = true;
    }
}

static void finish_ns(struct members *members)
{
    struct timestamp time;
    int64_t ns;

    if (!json_integer(members->more_ns.text, &ns) ||
        !record_time(members->record, FIELD_TIMESTAMP, &time) || time.ns + ns > 999999999) {
        members_label(members, &members->more_ns);
        return;
    }
    time.ns += (uint32_t)ns;
    record_set_time(members->record, FIELD_TIMESTAMP, time);
}

/* A request came from somebody: of whom only a proxy knows, that is the client it names. */
static void finish_source(struct record *record)
{
    struct slice address;

    if (!record_has(record, FIELD_SOURCE_ADDRESS) && !record_has(record, FIELD_SOURCE_IP) &&
        record_text(record, FIELD_CLIENT_ADDRESS, &address))
        address_set(record, &address_source, address);
}

/* path?query, when they came apart. */
static void finish_target(struct members *members)
{
    struct record *record = members->record;
    struct slice path, query;

    if (record_has(record, FIELD_URL_ORIGINAL) || !record_text(record, FIELD_URL_PATH, &path))
        return;
    if (record_text(record, FIELD_URL_QUERY, &query))
        path = join(members, path, SLICE("?"), query);
    record_set_text(record, FIELD_URL_ORIGINAL, path);
}

/* The request line, as access logs have it. */
static void finish_message(struct members *members)
{
    struct record *record = members->record;
    struct slice line = members->request, method, target, version;

    if (record_has(record, FIELD_MESSAGE))
        return;
    if (!line.len) {
        if (!record_text(record, FIELD_HTTP_REQUEST_METHOD, &method) ||
            !record_text(record, FIELD_URL_ORIGINAL, &target))
            return;
        line = join(members, method, SLICE(" "), target);
        if (record_text(record, FIELD_HTTP_VERSION, &version))
            line = join(members, line, SLICE(" HTTP/"), version);
    }
    record_set_text(record, FIELD_MESSAGE, line);
}

static void finish_request(struct members *members)
{
    struct record *record = members->record;

    if (!record_has(record, FIELD_HTTP_REQUEST_METHOD) &&
        !record_has(record, FIELD_HTTP_RESPONSE_STATUS_CODE) && !record_has(record, FIELD_URL_PATH))
        return;
    finish_source(record);
    finish_target(members);
    finish_message(members);
    if (!record_has(record, FIELD_EVENT_OUTCOME))
        request_set_outcome(record);
    if (!record_has(record, FIELD_LOG_LEVEL))
        request_set_level(record);
}

/* Of GELF: its own additional fields have an underscore in front, which is no part of their name.
 */
static void finish_gelf(struct members *members)
{
    uint8_t labels = record_tree()->object_node[FIELD_LABELS];
    struct record_extra *extra = members->record->extras;

    for (; extra; extra = extra->next) {
        struct slice name = {extra->key.data + 1, extra->key.len - 1};

        if (extra->node == labels && extra->key.len > 1 && extra->key.data[0] == '_' &&
            !record_find_extra(members->record, labels, name))
            extra->key = name;
    }
}

static bool is_gelf(const struct members *members)
{
    return members->held[FIELD_MESSAGE] &&
           slice_is(members->holders[FIELD_MESSAGE].member.name, "short_message");
}

/* What is too much for labels of its own, as the text of one. */
static void finish_overflow(struct members *members)
{
    struct arena *arena = members->record->arena;
    struct members_overflow *more;
    struct slice text;
    size_t len = 2;
    char *p, *start;

    for (more = members->overflow; more; more = more->next)
        len += more->name.len + more->raw.len + 4;
    start = p = arena_bytes(arena, len);
    if (!start) {
        members->no_memory = true;
        return;
    }
    *p++ = '{';
    for (more = members->overflow; more; more = more->next) {
        *p++ = '"';
        memcpy(p, more->name.data, more->name.len);
        p += more->name.len;
        *p++ = '"';
        *p++ = ':';
        memcpy(p, more->raw.data, more->raw.len);
        p += more->raw.len;
        *p++ = more->next ? ',' : '}';
    }
    text = json_quote(arena, (struct slice){start, (size_t)(p - start)});
    if (!text.data || !record_add_extra(members->record, record_tree()->object_node[FIELD_LABELS],
                                        SLICE("more_members"), text))
        members->no_memory = true;
}

const char *members_finish(struct members *members)
{
    struct record *record = members->record;

    finish_late(members);
    finish_time(members);
    if (members->more_ns.name.data)
        finish_ns(members);
    finish_request(members);
    if (is_gelf(members))
        finish_gelf(members);
    if (members->overflow)
        finish_overflow(members);
    if ((members->conflict && !record_tag(record, "_typeconflict")) ||
        (members->bad_time && !record_has(record, FIELD_TIMESTAMP) &&
         !record_tag(record, "_dateparsefailure")))
        members->no_memory = true;
    return members->no_memory ? "not enough memory for this line" : NULL;
}
