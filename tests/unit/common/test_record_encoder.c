/*
 * test_record_encoder.c - the fast writer writes what the plain one does, byte by byte.
 */
#include "common/record_encoder.h"

#include <stdlib.h>

#include "common/digits.h"
#include "common/record_extras.h"
#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define KINDS  100 /* sets of fields: more than an encoder keeps */
#define ROUNDS 30000
#define TEXTS  512

static char texts[TEXTS];
static char *plain; /* TEXTS bytes, none more that could be read */

static void set_value(struct rng *rng, struct record *record, enum record_field field)
{
    static char constants[2][24] = {"\"web-1\"", "{\"x\":[1,2]}"};
    struct slice text = {texts + rng_below(rng, TEXTS / 2), rng_below(rng, TEXTS / 2)};

    switch (rng_below(rng, 8)) {
    case 0:
        record_set_long(record, field, (int64_t)rng_next(rng) >> rng_below(rng, 64));
        break;
    case 1:
        record_set_bool(record, field, rng_one_in(rng, 2));
        break;
    case 2: /* mostly of a few minutes: the text of one is kept */
        record_set_time(
            record, field,
            (struct timestamp){(rng_one_in(rng, 2) ? 1700000000 : -62135596800) +
                                   (int64_t)rng_below(rng, rng_one_in(rng, 4) ? 1u << 31 : 180),
                               rng_below(rng, 1000) * (rng_one_in(rng, 3) ? 1001 : 1000000)});
        break;
    case 3:
        record_set_geo(record, field, rng_below(rng, 180000) / 1000.0 - 90,
                       rng_below(rng, 360) - 180.0);
        break;
    case 4:
        record_set_json(record, field, SLICE("[\"a\",\"b\"]"));
        break;
    case 5:
        record_set_constant(record, field, slice_of(constants[rng_below(rng, 2)]));
        break;
    case 6: {
        size_t from = rng_below(rng, TEXTS + 1);
        size_t len = rng_below(rng, (rng_one_in(rng, 3) ? TEXTS : 40) + 1);

        record_set_plain(record, field,
                         (struct slice){plain + from, len < TEXTS - from ? len : TEXTS - from});
        break;
    }
    default:
        record_set_text(record, field, text);
    }
}

/* Values outside of the schema, in several objects, sometimes more than an encoder keeps. */
static void set_extras(struct rng *rng, struct record *record)
{
    static const enum record_field objects[] = {FIELD_LABELS, FIELD_LOG_SYSLOG_STRUCTURED_DATA};
    unsigned count =
        rng_one_in(rng, 4) ? rng_below(rng, RECORD_ENCODER_EXTRAS + 4) : rng_below(rng, 3);

    for (unsigned i = 0; i < count; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%.*s%u", (int)rng_below(rng, 4), "a\"c", rng_below(rng, 20));
        if (rng_one_in(rng, 2))
            assert_true(record_label(record, slice_of(key), SLICE("a \"b\"")));
        else if (rng_one_in(rng, 2))
            assert_true(record_add_member(record, objects[rng_below(rng, ARRAY_LEN(objects))],
                                          slice_of(key), SLICE("[1,{\"x\":2}]")));
        else
            assert_true(record_add_extra(record, NODE_ROOT, SLICE("foreign"), SLICE("12.5")));
    }
}

static void both_write_the_same(void **state)
{
    struct rng rng = rng_start();
    struct record_encoder encoder = {0};
    enum record_field fields[KINDS][FIELD_COUNT];
    unsigned counts[KINDS], tried = 0;
    struct arena arena;
    struct record record;

    (void)state;
    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = rng_one_in(&rng, 20) ? (char)rng_next(&rng) : (char)(' ' + rng_below(&rng, 95));
    plain = malloc(TEXTS);
    for (size_t i = 0; i < TEXTS; i++)
        plain[i] = (char)('a' + rng_below(&rng, 26));
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint32_t density = 1 + rng_below(&rng, 20);

        counts[kind] = 0;
        for (unsigned field = 0; field < FIELD_COUNT; field++)
            if (record_fields[field].type != TYPE_OBJECT && rng_one_in(&rng, density))
                fields[kind][counts[kind]++] = (enum record_field)field;
    }
    arena_init(&arena, 4096, 16 << 20);
    record_init(&record, &arena);
    for (int round = 0; round < ROUNDS; round++) {
        unsigned kind = rng_below(&rng, KINDS);
        size_t slow_len, fast_len, bound;
        uint64_t invalid[2] = {0};
        char *slow, *fast;

        record_clear(&record);
        arena_clear(&arena);
        for (unsigned i = 0; i < counts[kind]; i++)
            set_value(&rng, &record, fields[kind][i]);
        if (rng_one_in(&rng, 3))
            set_extras(&rng, &record);
        slow = malloc(record_encode_bound(&record));
        slow_len = record_encode(&record, slow, &invalid[0]);
        if (rng_one_in(&rng, 3)) /* of what values lie in, all or a part */
            record_encoder_within(&encoder, (struct slice){plain, rng_below(&rng, TEXTS + 1)});
        else if (rng_one_in(&rng, 3))
            record_encoder_within(&encoder, (struct slice){NULL, 0});
        bound = record_encoder_bound(&encoder, &record);
        fast = malloc(bound);
        fast_len = record_encoder_write(&encoder, &record, fast, &invalid[1]);
        assert_true(fast_len <= bound);
        assert_int_equal(fast_len, slow_len);
        assert_memory_equal(fast, slow, slow_len);
        assert_int_equal(invalid[0], invalid[1]);
        free(fast);
        bound = rng_below(&rng, (uint32_t)slow_len * 3 + 1);
        fast = malloc(bound ? bound : 1);
        invalid[1] = 0;
        fast_len = record_encoder_try(&encoder, &record, fast, bound, &invalid[1]);
        if (fast_len) {
            assert_int_equal(fast_len, slow_len);
            assert_memory_equal(fast, slow, slow_len);
        }
        assert_int_equal(invalid[1], fast_len ? invalid[0] : 0);
        tried += fast_len > 0;
        free(slow);
        free(fast);
    }
    assert_in_range(tried, ROUNDS / 20, ROUNDS - ROUNDS / 20);
    free(plain);
    record_encoder_release(&encoder);
    arena_release(&arena);
}

static void numbers_are_written_as_printf_does(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t number = rng_next(&rng) >> rng_below(&rng, 64);
        char expected[24], got[24];

        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)number);
        *digits_put(got, number) = '\0';
        assert_string_equal(got, expected);
    }
    for (uint64_t number = 0; number < 20000; number++) {
        char expected[24], got[24];

        snprintf(expected, sizeof(expected), "%llu", (unsigned long long)number);
        *digits_put(got, number) = '\0';
        assert_string_equal(got, expected);
    }
}

static void numbers_are_read_as_strtoull_does(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int i = 0; i < 300000; i++) {
        size_t len = 1 + rng_below(&rng, 8);
        char text[9] = {0}, copy[9];
        bool valid = true;
        int64_t got;

        for (size_t at = 0; at < 8; at++)
            text[at] = (char)('0' + rng_below(&rng, 10));
        if (rng_one_in(&rng, 2))
            text[rng_below(&rng, 8)] = (char)rng_next(&rng);
        memcpy(copy, text, 9);
        copy[len] = '\0';
        for (size_t at = 0; at < len; at++)
            valid &= text[at] >= '0' && text[at] <= '9';
        assert_int_equal(digits_read(text, len, &got), valid);
        if (valid)
            assert_int_equal(got, strtoull(copy, NULL, 10));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_write_the_same),
        cmocka_unit_test(numbers_are_written_as_printf_does),
        cmocka_unit_test(numbers_are_read_as_strtoull_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
