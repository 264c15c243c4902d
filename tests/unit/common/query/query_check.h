/*
 * query_check.h - for the tests of the query language: parse, print, match.
 */
#ifndef TESTS_QUERY_CHECK_H
#define TESTS_QUERY_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/query.h"
#include "common/query/program.h"

#define NOW_MS 1795262400000 /* 2026-11-21T12:00:00Z */

static struct arena check_arena;
static struct query_context check_context = {.now_ms = NOW_MS};

static inline int set_up(void **state)
{
    (void)state;
    check_context = (struct query_context){.now_ms = NOW_MS};
    arena_init(&check_arena, 1 << 16, 64u << 20);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_release(&check_arena);
    return 0;
}

static inline struct query *parse(const char *text)
{
    struct query *query = NULL;
    struct query_errors errors;

    if (query_parse(&check_arena, slice_of(text), &check_context, &query, &errors))
        fail_msg("'%s' is refused: %s", text, errors.count ? errors.list[0].message : "no memory");
    return query;
}

/* The query's DSL, valid until the next call. */
static inline const char *dsl_of(const char *text)
{
    static struct buf out = BUF_INIT(1u << 20);

    buf_clear(&out);
    query_dsl(parse(text), &out);
    return buf_str(&out);
}

static inline const char *print_of(const struct query *query)
{
    static struct buf out = BUF_INIT(1u << 20);

    buf_clear(&out);
    query_print(query, &out);
    return buf_str(&out);
}

static inline struct record *record_of(const char *json)
{
    struct record *record = arena_alloc(&check_arena, sizeof(*record));
    struct error err;

    record_init(record, &check_arena);
    if (record_decode(record, slice_of(json), &err))
        fail_msg("%s: %s", err.text, json);
    return record;
}

static inline bool holds(const char *text, const struct record *record)
{
    const struct query *query = parse(text);
    struct query_program *program;
    bool hit;

    assert_int_equal(query_program_open(&query, 1, &program, NULL), OK);
    hit = query_program_match(program, record);
    query_program_close(program);
    return hit;
}

static inline void expect_match(const char *text, const char *json, bool expected)
{
    if (holds(text, record_of(json)) != expected)
        fail_msg("'%s' should%s match %s", text, expected ? "" : " not", json);
}

#endif
