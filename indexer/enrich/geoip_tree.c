/*
 * geoip_tree.c - the search tree of a MaxMind DB: from an address to its record.
 */
#include "indexer/enrich/geoip_tree.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define UPPER     16 /* bits */
#define SEPARATOR 16 /* bytes between nodes and data; the last node can be read as 8 bytes */

static bool next_is_right(const uint8_t *address, unsigned bit)
{
    return address[bit / 8] >> (7 - bit % 8) & 1;
}

static uint32_t child(const struct geoip_tree *tree, uint32_t node, bool is_right)
{
    uint64_t both;

    memcpy(&both, tree->nodes + (size_t)node * tree->node_size, sizeof(both));
    both = be64toh(both);
    if (tree->node_size == 8)
        return (uint32_t)(is_right ? both : both >> 32);
    if (tree->node_size == 6)
        return (uint32_t)((is_right ? both >> 16 : both >> 40) & 0xffffff);
    /* 28 bits: the byte between the two has the highest bits of both. */
    return (uint32_t)(is_right ? both >> 8 & 0xfffffff : both >> 40 | (both >> 36 & 0xf) << 24);
}

/* From `node` at bit `from` to bit `to`, or until it is no node. */
static uint32_t walk(const struct geoip_tree *tree, const uint8_t *address, uint32_t node,
                     unsigned from, unsigned to)
{
    for (unsigned bit = from; bit < to && node < tree->node_count; bit++)
        node = child(tree, node, next_is_right(address, bit));
    return node;
}

static uint32_t walk4(const struct geoip_tree *tree, const uint8_t *address)
{
    unsigned upper = (unsigned)address[0] << 8 | address[1];
    uint32_t known = atomic_load_explicit(&tree->upper[upper], memory_order_relaxed), node;

    node = known - 1;
    if (!known) {
        node = walk(tree, address, tree->start4, 0, UPPER);
        atomic_store_explicit(&tree->upper[upper], node + 1, memory_order_relaxed);
    }
    return walk(tree, address, node, UPPER, 32);
}

bool geoip_tree_open(struct geoip_tree *tree, size_t size)
{
    static const uint8_t mapped[12]; /* IPv4 is at ::a.b.c.d */

    tree->upper = NULL;
    if ((uint64_t)tree->node_count * tree->node_size + SEPARATOR > size ||
        (tree->node_size != 6 && tree->node_size != 7 && tree->node_size != 8))
        return false;
    tree->start4 = tree->bits == 32 ? 0 : walk(tree, mapped, 0, 0, 96);
    tree->upper = calloc((size_t)1 << UPPER, sizeof(*tree->upper));
    return tree->upper != NULL;
}

bool geoip_tree_find(const struct geoip_tree *tree, const uint8_t *address, bool is_ipv4,
                     size_t *at)
{
    uint32_t record;

    if (!is_ipv4 && tree->bits == 32)
        return false;
    record = is_ipv4 ? walk4(tree, address) : walk(tree, address, 0, 0, tree->bits);
    /* Equal is "not found"; what points to the separator, or beyond the data, is damage. */
    if (record < tree->node_count || record - tree->node_count < SEPARATOR ||
        record - tree->node_count >= tree->data_size)
        return false;
    *at = record - tree->node_count - SEPARATOR;
    return true;
}

void geoip_tree_close(struct geoip_tree *tree)
{
    free(tree->upper);
    tree->upper = NULL;
}
