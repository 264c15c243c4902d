/*
 * geoip_tree.h - the search tree of a MaxMind DB: from an address to its record.
 *
 * libmaxminddb reads each node of the way with a call, and begins at the top each time. Here the
 * first sixteen bits of an IPv4 address are one step, once they were walked: what they lead to is
 * kept for all workers. Format: MaxMind DB 2.0, "Binary Search Tree Section".
 */
#ifndef INDEXER_ENRICH_GEOIP_TREE_H
#define INDEXER_ENRICH_GEOIP_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geoip_tree {
    const uint8_t *nodes;
    uint32_t node_count;
    unsigned node_size;      /* bytes: 6, 7 or 8 */
    unsigned bits;           /* of its addresses: 32 or 128 */
    size_t data_size;        /* of the data section that is behind it */
    uint32_t start4;         /* what IPv4 begins with; by geoip_tree_open */
    _Atomic uint32_t *upper; /* by the first 16 bits of IPv4: what they lead to + 1; 0: not known */
};

/*
 * Takes *tree into use; its first five members are filled. `size`: bytes from `nodes` on that can
 * be read; the data section begins 16 bytes behind the last node. False: no memory, or the nodes
 * are not all there. What `nodes` points to must outlive it.
 */
bool geoip_tree_open(struct geoip_tree *tree, size_t size);

/*
 * `address`: 4 or 16 bytes. False: there is no record, or the tree is damaged. *at is its place in
 * the data section. Threads: any.
 */
bool geoip_tree_find(const struct geoip_tree *tree, const uint8_t *address, bool is_ipv4,
                     size_t *at);

void geoip_tree_close(struct geoip_tree *tree);

#endif
