/*
 * test_words_blocks.c - words by blocks of 64 bytes, and byte by byte.
 *
 * The source is compiled a second time here, as it is for other processors: both must write the
 * same. On a machine without such blocks this compares one with itself.
 */
#include "common/words.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define WORDS_PLAIN
#define words_add       plain_add
#define record_words    plain_record_words
#define record_words_of plain_words_of
#include "common/words.c"
#undef words_add
#undef record_words
#undef record_words_of

#include <stdlib.h>

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define ROUNDS  100000
#define LEN_MAX 300

static char random_char(struct rng *rng, unsigned kind)
{
    static const char usual[] = "aZ09 /.-:\"[]@`{^_\x7f";

    switch (kind) {
    case 0: /* sometimes not ASCII, or a backslash */
        return (char)(rng_one_in(rng, 100) ? rng_next(rng) : ' ' + rng_below(rng, 95));
    case 1:
        return usual[rng_below(rng, sizeof(usual) - 1)];
    case 2:
        return (char)rng_below(rng, 128);
    default: /* words longer than a block */
        return rng_one_in(rng, 80) ? ' ' : (char)('A' + rng_below(rng, 26));
    }
}

static void both_write_the_same(void **state)
{
    struct rng rng = rng_start();
    struct buf fast = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = rng_below(&rng, rng_one_in(&rng, 4) ? LEN_MAX : 70);
        unsigned kind = rng_below(&rng, 4);
        char *text = malloc(len ? len : 1); /* none more that could be read */

        for (size_t i = 0; i < len; i++)
            text[i] = random_char(&rng, kind);
        buf_clear(&fast);
        buf_clear(&plain);
        words_add(&fast, (struct slice){text, len});
        plain_add(&plain, (struct slice){text, len});
        assert_int_equal(fast.len, plain.len);
        if (fast.len)
            assert_memory_equal(fast.data, plain.data, plain.len);
        free(text);
    }
    buf_release(&fast);
    buf_release(&plain);
}

/* What is a string's escape in JSON is two separators in a text. */
static void escapes_are_those_of_json_only(void **state)
{
    struct arena arena;
    struct record record;
    struct buf fast = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);

    (void)state;
    arena_init(&arena, 4096, 1 << 20);
    record_init(&record, &arena);
    record_set_json(&record, FIELD_MESSAGE, SLICE("\"a\\u00fcb \\\"c\\\"\\nd\""));
    record_words(&record, &fast);
    plain_record_words(&record, &plain);
    assert_string_equal(buf_str(&fast), "a\u00fcb c d ");
    assert_string_equal(buf_str(&plain), "a\u00fcb c d ");
    buf_clear(&fast);
    record_set_text(&record, FIELD_MESSAGE, SLICE("a\\nb"));
    record_words(&record, &fast);
    assert_string_equal(buf_str(&fast), "a nb ");
    buf_release(&fast);
    buf_release(&plain);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_write_the_same),
        cmocka_unit_test(escapes_are_those_of_json_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
