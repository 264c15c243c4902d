/*
 * json.c - one JSON object a line.
 *
 * Strict RFC 8259: what it does not allow does not fit. A valid value that is
 * no object becomes the message. Objects are taken apart into dotted names;
 * lists stay what they are. See members.h for where values go.
 */
#include "shipper/parser/parser.h"

#include <stdlib.h>

#include "common/json_tidy.h"
#include "shipper/parser/json_keys.h"
#include "shipper/parser/members.h"

struct json_parser {
    struct timed_parser timed;
    struct members members;
    struct json_keys keys;
};

struct reader {
    struct members *members;
    struct json_keys *keys;
    const char *end;
    bool raw; /* there was text that is more than strings without backslashes */
    bool no_memory;
};

static enum status json_compile(const char *name, const char *argument,
                                const struct parser_options *options, struct parser **out,
                                struct error *err)
{
    (void)name;
    (void)argument;
    return timed_parser_open(sizeof(struct json_parser), options, out, err);
}

/* Lists, objects, and strings with escapes may have to be changed. False: no memory. */
static bool tidy(struct reader *reader, const struct json_value *value, struct member *member)
{
    reader->raw |= value->escaped;
    if (!json_needs_tidying(value))
        return true;
    member->raw = json_tidy(reader->members->record->arena, value->raw);
    reader->no_memory = !member->raw.data;
    return !reader->no_memory;
}

/* What a member of that JSON says: of a string without its quotes. */
static inline struct slice text_of(struct slice raw, enum json_kind kind)
{
    size_t quote = kind == JSON_STRING;

    return (struct slice){raw.data + quote, raw.len - 2 * quote};
}

/*
 * `raw` is the value's. It and what is made of it come out of two registers: to read both halves
 * at once from where they were just put waits until they are there.
 */
static bool add_value(struct reader *reader, const struct json_key *key,
                      const struct json_value *value, struct slice raw)
{
    static const uint8_t kinds[] = {
        [JSON_OBJECT] = MEMBER_OBJECT, [JSON_ARRAY] = MEMBER_LIST, [JSON_STRING] = MEMBER_STRING,
        [JSON_NUMBER] = MEMBER_NUMBER, [JSON_TRUE] = MEMBER_BOOL,  [JSON_FALSE] = MEMBER_BOOL};
    struct member member = {.name = key->name,
                            .text = text_of(raw, value->kind),
                            .raw = raw,
                            .kind = kinds[value->kind],
                            .escaped = value->escaped};

    if (member.kind >= MEMBER_LIST || member.escaped) {
        if (!tidy(reader, value, &member))
            return false;
        member.text = text_of(member.raw, value->kind);
    }
    members_add_known(reader->members, key->rule, &member);
    return true;
}

static const char *read_object(struct reader *reader, const char *p, const struct json_key *outer,
                               unsigned depth);

/* An object that has members, and room for their names, is taken apart. `p` is at its brace. */
static bool is_taken_apart(const struct reader *reader, const char *p, struct slice name,
                           unsigned depth)
{
    if (name.len > MEMBER_NAME_MAX / 2 || name.len == 0 || depth == JSON_DEPTH_MAX)
        return false;
    p = json_skip_space(p + 1, reader->end);
    return p < reader->end && *p == '"';
}

/* The value of a member; returns where it ends. */
static const char *read_value(struct reader *reader, const char *p, const struct json_key *key,
                              unsigned depth)
{
    struct json_value value;
    const char *start = p;

    if (p < reader->end && *p == '{' && is_taken_apart(reader, p, key->name, depth))
        return read_object(reader, p, key, depth + 1);
    p = json_read(p, reader->end, &value);
    if (!p || value.kind == JSON_NULL)
        return p;
    return add_value(reader, key, &value, (struct slice){start, (size_t)(p - start)}) ? p : NULL;
}

/* `p` is at the brace. Recurses at most JSON_DEPTH_MAX times. */
static const char *read_object(struct reader *reader, const char *p, const struct json_key *outer,
                               unsigned depth)
{
    const char *end = reader->end;
    const struct json_key *key;

    p = json_skip_space(p + 1, end);
    if (p < end && *p == '}')
        return p + 1;
    for (;;) {
        p = json_skip_space(p, end);
        key = json_keys_read(reader->keys, reader->members->record->arena, outer, &p, end,
                             &reader->no_memory);
        if (!key)
            return NULL;
        p = read_value(reader, json_skip_space(p, end), key, depth);
        if (!p)
            return NULL;
        p = json_skip_space(p, end);
        if (p == end)
            return NULL;
        if (*p == '}')
            return p + 1;
        if (*p++ != ',')
            return NULL;
    }
}

/* A valid value that is no object: text says what it says, of others the JSON is the text. */
static const char *read_other(struct reader *reader, const char *p)
{
    struct json_value value;
    struct member member;

    p = json_read(p, reader->end, &value);
    if (!p)
        return NULL;
    member = (struct member){.raw = value.raw, .text = value.raw, .escaped = value.escaped};
    if (value.kind == JSON_STRING && value.raw.len > 2)
        member.text = (struct slice){value.raw.data + 1, value.raw.len - 2};
    record_set_text(reader->members->record, FIELD_MESSAGE, members_text(reader->members, &member));
    reader->raw = true;
    return p;
}

static const char *json_parse(struct parser *parser, struct slice line,
                              struct parser_memory *memory, struct record *record)
{
    struct json_parser *json = (struct json_parser *)parser;
    struct reader reader = {
        .members = &json->members, .keys = &json->keys, .end = line.data + line.len};
    const char *p = line.data, *problem;

    members_begin(&json->members, record, &json->timed.clock, memory);
    json_keys_begin(&json->keys);
    if (line.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    p = json_skip_space(p, reader.end);
    p = p < reader.end && *p == '{' ? read_object(&reader, p, NULL, 1) : read_other(&reader, p);
    if (reader.no_memory)
        return "not enough memory for this line";
    if (!p)
        return "no valid JSON";
    if (json_skip_space(p, reader.end) != reader.end)
        return "something follows the JSON value";
    problem = members_finish(&json->members);
    if (!reader.raw) /* parts of strings that are valid JSON without escapes are that too */
        record_mark_plain(record, line);
    return problem;
}

static const struct parser_format formats[] = {
    {"json", "json.log", "one JSON object a line: ECS, GELF, and those of common loggers"},
    {"logstash", "logstash.log", "Logstash's JSON events, versions 0 and 1"},
    {0},
};

const struct parser_type parser_json = {
    .formats = formats,
    .compile = json_compile,
    .parse = json_parse,
    .close = timed_parser_close,
};
