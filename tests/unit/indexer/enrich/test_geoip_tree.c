/*
 * test_geoip_tree.c - trees of all three sizes of node, walked as bit by bit, and damaged ones.
 */
#include "indexer/enrich/geoip_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define NODES     3000
#define DATA_SIZE 100000u
#define BEHIND    16 /* the separator */

struct plain { /* the same tree in the plain form */
    uint32_t nodes[NODES][2];
    uint32_t count;
    unsigned bits;
};

static void write_node(uint8_t *at, unsigned size, const uint32_t both[2])
{
    uint64_t left = both[0], right = both[1], node;

    node = size == 6   ? left << 40 | right << 16
           : size == 8 ? left << 32 | right
                       : (left & 0xffffff) << 40 | (left >> 24) << 36 | right << 8;
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(node >> (56 - 8 * i));
}

static uint8_t *write_nodes(const struct plain *plain, unsigned size, size_t *bytes)
{
    uint8_t *nodes;

    *bytes = (size_t)plain->count * size + BEHIND;
    nodes = calloc(1, *bytes);
    assert_non_null(nodes);
    for (uint32_t i = 0; i < plain->count; i++)
        write_node(nodes + (size_t)i * size, size, plain->nodes[i]);
    return nodes;
}

static uint32_t step(const struct plain *plain, const uint8_t *address, unsigned from,
                     uint32_t node)
{
    for (unsigned bit = from; bit < plain->bits && node < plain->count; bit++)
        node = plain->nodes[node][address[bit / 8] >> (7 - bit % 8) & 1];
    return node;
}

/* As the format says it; -1: there is none. */
static long find_plainly(const struct plain *plain, const uint8_t *address, bool is_ipv4)
{
    uint8_t whole[16] = {0};
    uint32_t record;

    if (!is_ipv4 && plain->bits == 32)
        return -1;
    memcpy(is_ipv4 && plain->bits == 128 ? whole + 12 : whole, address, is_ipv4 ? 4 : 16);
    record = step(plain, whole, 0, 0);
    if (record < plain->count + BEHIND || record - plain->count >= DATA_SIZE)
        return -1;
    return (long)(record - plain->count - BEHIND);
}

static bool open_tree(struct geoip_tree *tree, const struct plain *plain, unsigned size,
                      const uint8_t *nodes, size_t bytes)
{
    *tree = (struct geoip_tree){.nodes = nodes,
                                .node_count = plain->count,
                                .node_size = size,
                                .bits = plain->bits,
                                .data_size = DATA_SIZE};
    return geoip_tree_open(tree, bytes);
}

/* Branches to anywhere: forward, back, in circles, to records, to the separator, beyond the end. */
static void make_random(struct plain *plain, unsigned *seed)
{
    plain->count = 1 + (uint32_t)rand_r(seed) % NODES;
    plain->bits = rand_r(seed) % 2 ? 32 : 128;
    for (uint32_t i = 0; i < plain->count; i++)
        for (int side = 0; side < 2; side++) {
            uint32_t *branch = &plain->nodes[i][side];

            switch (rand_r(seed) % 16) {
            case 0:
                *branch = plain->count + (uint32_t)rand_r(seed) % 40;
                break;
            case 1:
                *branch = plain->count + (uint32_t)rand_r(seed) % (2 * DATA_SIZE);
                break;
            default:
                *branch = (uint32_t)rand_r(seed) % plain->count;
            }
        }
}

static void check(const struct geoip_tree *tree, const struct plain *plain, unsigned *seed)
{
    uint8_t address[16];
    bool is_ipv4 = rand_r(seed) % 2, found;
    long expected;
    size_t at = 0;

    for (unsigned i = 0; i < sizeof(address); i++)
        address[i] = (uint8_t)rand_r(seed);
    if (rand_r(seed) % 2)
        address[0] = address[1] = 10; /* the same first step again */
    expected = find_plainly(plain, address, is_ipv4);
    found = geoip_tree_find(tree, address, is_ipv4, &at);
    assert_int_equal(found, expected >= 0);
    if (found)
        assert_int_equal(at, expected);
}

static void any_tree_is_walked_as_the_format_says(void **state)
{
    static const unsigned sizes[] = {6, 7, 8};
    static struct plain plain;
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 60; round++) {
        unsigned size = sizes[round % 3];
        struct geoip_tree tree;
        uint8_t *nodes;
        size_t bytes;

        make_random(&plain, &seed);
        nodes = write_nodes(&plain, size, &bytes);
        assert_true(open_tree(&tree, &plain, size, nodes, bytes));
        for (int i = 0; i < 2000; i++)
            check(&tree, &plain, &seed);
        geoip_tree_close(&tree);
        free(nodes);
    }
}

static void large_records_keep_their_highest_bits(void **state)
{
    static struct plain plain = {.count = 1, .bits = 32};
    static const unsigned sizes[] = {7, 8};
    const uint8_t left[4] = {1}, right[4] = {200};

    (void)state;
    plain.nodes[0][0] = 0xabcdef0 + 17;
    plain.nodes[0][1] = 0xfedcba9 + 17;
    for (int i = 0; i < 2; i++) {
        struct geoip_tree tree;
        size_t bytes, at;
        uint8_t *nodes = write_nodes(&plain, sizes[i], &bytes);

        assert_true(open_tree(&tree, &plain, sizes[i], nodes, bytes));
        tree.data_size = 0xffffffff;
        assert_true(geoip_tree_find(&tree, left, true, &at));
        assert_int_equal(at, 0xabcdef0);
        assert_true(geoip_tree_find(&tree, right, true, &at));
        assert_int_equal(at, 0xfedcba9);
        geoip_tree_close(&tree);
        free(nodes);
    }
}

static void nodes_that_are_not_there_are_refused(void **state)
{
    static struct plain plain = {.count = 10, .bits = 32};
    struct geoip_tree tree;
    size_t bytes;
    uint8_t *nodes = write_nodes(&plain, 6, &bytes);

    (void)state;
    assert_false(open_tree(&tree, &plain, 6, nodes, bytes - 1));
    assert_false(open_tree(&tree, &plain, 5, nodes, bytes));
    plain.count = UINT32_MAX; /* whose bytes are few in 32 bits */
    assert_false(open_tree(&tree, &plain, 8, nodes, bytes));
    free(nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_tree_is_walked_as_the_format_says),
        cmocka_unit_test(large_records_keep_their_highest_bits),
        cmocka_unit_test(nodes_that_are_not_there_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
