/*
 * parser_bench.h - a parser on a table of lines: each must become a whole record.
 *
 * Records are compared as flat text: `name=value` for each field in the order
 * of the schema, " | " between them, then what is outside of the schema as JSON.
 * Lines are read on 21 November 2026, 12:00 UTC: dates without a year are near that.
 */
#ifndef TESTS_UNIT_SUPPORT_PARSER_BENCH_H
#define TESTS_UNIT_SUPPORT_PARSER_BENCH_H

#include "common/json_text.h"
#include "common/record.h"
#include "common/record_extras.h"
#include "common/scope.h"
#include "shipper/parser/parser.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define BENCH_NOW_S 1795262400

struct parser_case {
    const char *line;
    const char *fields; /* NULL: the line does not fit */
};

struct parser_bench {
    struct arena arena;
    struct record record;
    struct parser *parser;
    struct parser_memory memory;
    bool skip[FIELD_COUNT]; /* not compared: what follows from another field */
};

static inline void bench_open(struct parser_bench *bench, const char *format, const char *timezone)
{
    const struct parser_options options = {.timezone = timezone};
    struct error err;

    memset(bench, 0, sizeof(*bench));
    arena_init(&bench->arena, 65536, 256 << 20);
    record_init(&bench->record, &bench->arena);
    if (parser_open(format, &options, &bench->parser, &err))
        fail_msg("%s: %s", format, err.text);
}

static inline void bench_close(struct parser_bench *bench)
{
    parser_close(bench->parser);
    arena_release(&bench->arena);
}

static inline bool bench_parse(struct parser_bench *bench, struct slice line)
{
    bench->memory = (struct parser_memory){.reference = {BENCH_NOW_S, 0}};
    record_clear(&bench->record);
    arena_clear(&bench->arena);
    return parser_apply(bench->parser, line, &bench->memory, &bench->record);
}

static inline void bench_add_value(struct buf *out, const struct value *value)
{
    char text[TIMESTAMP_TEXT_MAX];

    switch (value->kind) {
    case VALUE_TEXT:
    case VALUE_JSON:
        buf_add_slice(out, value->text);
        return;
    case VALUE_LONG:
    case VALUE_BOOL:
        buf_addf(out, "%lld", (long long)value->number);
        return;
    case VALUE_TIME:
        buf_add(out, text, timestamp_print(value->time, text));
        return;
    case VALUE_GEO:
        fail_msg("no parser knows places");
    }
}

static inline void bench_flatten(const struct parser_bench *bench, struct buf *out)
{
    const struct record *record = &bench->record;

    for (enum record_field field = 0; field < FIELD_COUNT; field++) {
        if (!record_has(record, field) || bench->skip[field])
            continue;
        buf_addf(out, "%s%s=", out->len ? " | " : "", record_fields[field].name);
        bench_add_value(out, &record->values[field]);
    }
    for (const struct record_extra *extra = record->extras; extra; extra = extra->next)
        buf_addf(out, "%s%s.%.*s=%.*s", out->len ? " | " : "",
                 record_tree()->nodes[extra->node].path, SLICE_FMT(extra->key),
                 SLICE_FMT(extra->raw));
}

/* A line that does not fit keeps its text and says why. */
static inline void bench_expect_failure(struct parser_bench *bench, struct slice line)
{
    struct slice text;

    if (bench_parse(bench, line))
        fail_msg("it fits: %.*s", SLICE_FMT(line));
    assert_true(record_text(&bench->record, FIELD_MESSAGE, &text) && slice_equal(text, line));
    assert_true(record_text(&bench->record, FIELD_ERROR_MESSAGE, &text) && text.len);
    assert_true(record_text(&bench->record, FIELD_EVENT_ORIGINAL, &text) &&
                slice_equal(text, line));
    assert_false(record_has(&bench->record, FIELD_TIMESTAMP));
}

static inline void bench_expect(struct parser_bench *bench, const struct parser_case *c)
{
    scoped_buf struct buf flat = BUF_INIT(1 << 20);

    if (!c->fields) {
        bench_expect_failure(bench, slice_of(c->line));
        return;
    }
    if (!bench_parse(bench, slice_of(c->line)))
        fail_msg("does not fit: %s", c->line);
    bench_flatten(bench, &flat);
    if (strcmp(buf_str(&flat), c->fields) != 0)
        fail_msg("%s\n     got %s\nexpected %s", c->line, buf_str(&flat), c->fields);
}

static inline void bench_expect_all(struct parser_bench *bench, const struct parser_case *cases,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        bench_expect(bench, &cases[i]);
}

/* The record is one line of strict JSON, and parsing took no more than it should. */
static inline void bench_expect_valid(const struct parser_bench *bench)
{
    char *text = malloc(record_encode_bound(&bench->record) + 1);
    struct json_value value;
    uint64_t invalid = 0;
    size_t len;

    assert_non_null(text);
    len = record_encode(&bench->record, text, &invalid);
    assert_ptr_equal(json_read(text, text + len, &value), text + len);
    free(text);
}

/*
 * Random lines of `pieces`, which are separated by newlines, mixed with random bytes: each becomes
 * a record.
 */
static inline void bench_expect_any(struct parser_bench *bench, const char *pieces, int count)
{
    scoped_buf struct buf line = BUF_INIT(1 << 20);
    const char *parts[64];
    size_t part_count = 0;
    struct rng rng = rng_start();

    for (const char *p = pieces; *p && part_count < ARRAY_LEN(parts);
         p += strcspn(p, "\n"), p += !!*p)
        parts[part_count++] = p;
    for (int i = 0; i < count; i++) {
        buf_clear(&line);
        for (uint32_t n = rng_below(&rng, 20); n; n--) {
            const char *part = parts[rng_below(&rng, (uint32_t)part_count)];

            if (rng_one_in(&rng, 4))
                buf_add_char(&line, (char)rng_below(&rng, 256));
            else
                buf_add(&line, part, strcspn(part, "\n"));
        }
        bench_parse(bench, buf_slice(&line));
        bench_expect_valid(bench);
    }
}

/* `head` and a megabyte of `piece`, again and again; linear time, or the test never ends. */
static inline void bench_expect_long(struct parser_bench *bench, const char *head,
                                     const char *piece)
{
    scoped_buf struct buf line = BUF_INIT(4 << 20);

    buf_add_text(&line, head);
    while (line.len < 1 << 20)
        buf_add_text(&line, piece);
    bench_parse(bench, buf_slice(&line));
    bench_expect_valid(bench);
}

#endif
