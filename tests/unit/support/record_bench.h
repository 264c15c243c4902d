/*
 * record_bench.h - a record with its arena, and what becomes of it as JSON.
 */
#ifndef TESTS_UNIT_SUPPORT_RECORD_BENCH_H
#define TESTS_UNIT_SUPPORT_RECORD_BENCH_H

#include "common/json_text.h"
#include "common/record.h"
#include "tests/unit/support/check.h"

struct record_bench {
    struct arena arena;
    struct record record;
    char *text; /* what was encoded last */
};

static inline int record_bench_set_up(void **state)
{
    struct record_bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    arena_init(&bench->arena, 4096, 16 << 20);
    record_init(&bench->record, &bench->arena);
    *state = bench;
    return 0;
}

static inline int record_bench_tear_down(void **state)
{
    struct record_bench *bench = *state;

    arena_release(&bench->arena);
    free(bench->text);
    free(bench);
    return 0;
}

static inline void record_bench_decode(struct record_bench *bench, const char *json)
{
    struct error err;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    if (record_decode(&bench->record, slice_of(json), &err))
        fail_msg("%s: %s", json, err.text);
}

/* The record's JSON, which is strict and within its bound; until the next call. */
static inline const char *record_bench_encode(struct record_bench *bench)
{
    size_t bound = record_encode_bound(&bench->record), len;
    struct json_value value;
    uint64_t invalid = 0;

    free(bench->text);
    bench->text = malloc(bound + 1);
    assert_non_null(bench->text);
    len = record_encode(&bench->record, bench->text, &invalid);
    assert_true(len <= bound);
    bench->text[len] = '\0';
    assert_ptr_equal(json_read(bench->text, bench->text + len, &value), bench->text + len);
    return bench->text;
}

#endif
