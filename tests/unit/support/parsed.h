/*
 * parsed.h - lines of structured formats, and the JSON that they must become.
 *
 * In the tables ' stands for ", in lines (unless they are given as they are) and in records.
 */
#ifndef TESTS_UNIT_SUPPORT_PARSED_H
#define TESTS_UNIT_SUPPORT_PARSED_H

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/unit/support/check.h"

#define PARSED_ARENA_MAX (512u << 20)

struct parsed {
    struct arena arena;
    struct record record;
    struct parser *parser;
    struct parser_memory memory; /* kept from line to line, as a stream does */
    char *text;                  /* the last record's JSON */
    char heading[4096];
    bool as_is; /* ' in lines is what it is */
};

struct parsed_case {
    const char *line;
    const char *record; /* NULL: does not fit; "": no record */
};

static inline void parsed_open(struct parsed *parsed, const char *format,
                               const struct parser_options *options)
{
    struct error err;

    memset(parsed, 0, sizeof(*parsed));
    arena_init(&parsed->arena, 65536, PARSED_ARENA_MAX);
    record_init(&parsed->record, &parsed->arena);
    if (parser_open(format, options, &parsed->parser, &err))
        fail_msg("%s: %s", format, err.text);
}

static inline void parsed_close(struct parsed *parsed)
{
    parser_close(parsed->parser);
    arena_release(&parsed->arena);
    free(parsed->text);
}

/* True: it fits. The JSON is in parsed->text, and is strict. */
static inline bool parsed_line(struct parsed *parsed, struct slice line)
{
    const char *heading = parsed->memory.heading.data;
    struct json_value value;
    uint64_t invalid = 0;
    size_t len;
    bool fits;

    record_clear(&parsed->record);
    arena_clear(&parsed->arena);
    fits = parser_apply(parsed->parser, line, &parsed->memory, &parsed->record);
    if (parsed->memory.heading.data != heading) { /* a stream copies it */
        assert_true(parsed->memory.heading.len < sizeof(parsed->heading));
        memmove(parsed->heading, parsed->memory.heading.data, parsed->memory.heading.len);
        parsed->memory.heading.data = parsed->heading;
    }
    free(parsed->text);
    parsed->text = malloc(record_encode_bound(&parsed->record) + 1);
    assert_non_null(parsed->text);
    len = record_encode(&parsed->record, parsed->text, &invalid);
    parsed->text[len] = '\0';
    if (json_read(parsed->text, parsed->text + len, &value) != parsed->text + len)
        fail_msg("no JSON: %s", parsed->text);
    return fits;
}

static inline char *parsed_quotes(const char *text, bool change)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    for (char *p = copy; change && *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

/* A line that does not fit keeps its text and says why. */
static inline void parsed_expect_failure(struct parsed *parsed, struct slice line)
{
    struct slice text;

    if (parsed_line(parsed, line))
        fail_msg("it fits: %.*s\n%s", SLICE_FMT(line), parsed->text);
    assert_true(record_text(&parsed->record, FIELD_MESSAGE, &text) && slice_equal(text, line));
    assert_true(record_text(&parsed->record, FIELD_ERROR_MESSAGE, &text) && text.len);
    assert_non_null(strstr(parsed->text, "\"tags\":[\"_parsefailure\"]"));
}

static inline void parsed_expect(struct parsed *parsed, const struct parsed_case *c)
{
    scoped_free char *line = parsed_quotes(c->line, !parsed->as_is);
    scoped_free char *record = parsed_quotes(c->record ? c->record : "", true);

    if (!c->record) {
        parsed_expect_failure(parsed, slice_of(line));
        return;
    }
    if (!parsed_line(parsed, slice_of(line)))
        fail_msg("does not fit: %s\n%s", line, parsed->text);
    if (parsed->memory.no_record != !*record)
        fail_msg("%s record: %s", *record ? "no" : "a", line);
    if (*record && strcmp(parsed->text, record) != 0)
        fail_msg("%s\n     got %s\nexpected %s", line, parsed->text, record);
}

static inline void parsed_expect_all(struct parsed *parsed, const struct parsed_case *cases,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        parsed_expect(parsed, &cases[i]);
}

/* One record in between: the line must fit, its JSON hold `part`. */
static inline void parsed_expect_part(struct parsed *parsed, const char *line, const char *part)
{
    scoped_free char *text = parsed_quotes(line, !parsed->as_is);
    scoped_free char *wanted = parsed_quotes(part, true);

    if (!parsed_line(parsed, slice_of(text)))
        fail_msg("does not fit: %s\n%s", text, parsed->text);
    if (!strstr(parsed->text, wanted))
        fail_msg("no %s in %s", wanted, parsed->text);
}

static inline int parsed_tear_down(void **state)
{
    parsed_close(*state);
    free(*state);
    return 0;
}

static inline int parsed_set_up(void **state, const char *format)
{
    struct parsed *parsed = calloc(1, sizeof(*parsed));

    assert_non_null(parsed);
    parsed_open(parsed, format, NULL);
    *state = parsed;
    return 0;
}

#endif
