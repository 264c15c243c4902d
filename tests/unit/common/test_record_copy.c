/*
 * test_record_copy.c - a choice of a record's fields.
 */
#include "common/record.h"

#include "tests/unit/support/check.h"

static void expect_copy(const char *json, enum record_field field, const char *key,
                        const char *expected)
{
    struct arena arena;
    struct record from, to;
    uint64_t invalid = 0;
    char out[16384];

    arena_init(&arena, 4096, 1 << 20);
    record_init(&from, &arena);
    record_init(&to, &arena);
    assert_int_equal(record_decode(&from, slice_of(json), NULL), 0);
    assert_true(record_copy(&to, &from, field, slice_of(key)));
    assert_true(record_encode_bound(&to) <= sizeof(out));
    assert_slice(((struct slice){out, record_encode(&to, out, &invalid)}), expected);
    arena_release(&arena);
}

static void a_field_is_copied_as_it_is(void **state)
{
    (void)state;
    expect_copy("{\"event\":{\"duration\":9007199254740993},\"message\":\"x\"}",
                FIELD_EVENT_DURATION, NULL, "{\"event\":{\"duration\":9007199254740993}}");
    expect_copy("{\"tags\":[\"a\",\"b\"]}", FIELD_TAGS, NULL, "{\"tags\":[\"a\",\"b\"]}");
    expect_copy("{\"message\":\"x\"}", FIELD_TAGS, NULL, "{}");
}

static void labels_are_copied_whole_or_one(void **state)
{
    static const char labels[] = "{\"labels\":{\"team\":\"web\",\"a\":{\"b\":{\"c\":1},\"b.d\":2},"
                                 "\"e.f\":3,\"g\":{\"h.i\":{\"j\":4}}}}";

    (void)state;
    expect_copy(labels, FIELD_LABELS, NULL, labels);
    expect_copy(labels, FIELD_LABELS, "team", "{\"labels\":{\"team\":\"web\"}}");
    expect_copy(labels, FIELD_LABELS, "a.b.c", "{\"labels\":{\"a.b.c\":1}}");
    expect_copy(labels, FIELD_LABELS, "a.b.d", "{\"labels\":{\"a.b.d\":2}}");
    expect_copy(labels, FIELD_LABELS, "a.b", "{\"labels\":{\"a.b\":{\"c\":1}}}");
    expect_copy(labels, FIELD_LABELS, "e.f", "{\"labels\":{\"e.f\":3}}");
    expect_copy(labels, FIELD_LABELS, "g.h.i.j", "{\"labels\":{\"g.h.i.j\":4}}");
    expect_copy(labels, FIELD_LABELS, "te", "{}");
    expect_copy(labels, FIELD_LABELS, "team.x", "{}");
    expect_copy(labels, FIELD_LABELS, "a.", "{}");
    expect_copy(labels, FIELD_LABELS, ".", "{}");
}

static void a_very_long_key_is_not_found(void **state)
{
    char key[600];

    (void)state;
    memset(key, 'x', sizeof(key));
    memcpy(key, "a.", 2);
    key[sizeof(key) - 1] = '\0';
    expect_copy("{\"labels\":{\"a\":{\"x\":1}}}", FIELD_LABELS, key, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_copied_as_it_is),
        cmocka_unit_test(labels_are_copied_whole_or_one),
        cmocka_unit_test(a_very_long_key_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
