/*
 * test_find_byte.c - searches by blocks find what loops find, and read nothing beyond the bytes.
 */
#include "common/find_byte.h"

#include <stdlib.h>

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define ROUNDS 200000

static const char *either(const char *p, const char *end, char a, char b)
{
    while (p < end && *p != a && *p != b)
        p++;
    return p < end ? p : NULL;
}

static const char *plain_quote(const char *p, const char *end)
{
    for (; p < end && *p != '"'; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > 0x7f || *p == '\\')
            return NULL;
    return p < end ? p : NULL;
}

/* Mostly letters; what is looked for is rare or frequent. */
static void fill(struct rng *rng, char *bytes, size_t len)
{
    static const char special[] = {'"', '\\', '?', '#', '\x1f', ' ', '\x7f', '\x80', '\xff', '\0'};
    uint32_t rarity = 2 + rng_below(rng, 200);

    for (size_t i = 0; i < len; i++)
        bytes[i] = rng_one_in(rng, rarity) ? special[rng_below(rng, sizeof(special))]
                                           : (char)('a' + rng_below(rng, 26));
}

static void blocks_find_what_loops_find(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = rng_below(&rng, rng_one_in(&rng, 3) ? 300 : 40);
        char *bytes = malloc(len ? len : 1);
        const char *p = bytes + rng_below(&rng, (uint32_t)len + 1), *end = bytes + len;
        const char *readable = bytes + rng_below(&rng, (uint32_t)(p - bytes) + 1);

        fill(&rng, bytes, len);
        assert_ptr_equal(find_byte(p, end, '?'), either(p, end, '?', '?'));
        assert_ptr_equal(find_either(p, end, '?', '#'), either(p, end, '?', '#'));
        assert_ptr_equal(find_plain_quote(readable, p, end), plain_quote(p, end));
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_find_what_loops_find)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
