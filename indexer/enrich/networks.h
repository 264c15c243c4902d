/*
 * networks.h - a list of networks: 192.0.2.0/24, 2001:db8::/32, or one address.
 *
 * For short lists that people write: looked through from the front.
 */
#ifndef INDEXER_ENRICH_NETWORKS_H
#define INDEXER_ENRICH_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

#define NETWORKS_MAX 256

struct network { /* IPv4 is kept as ::ffff:a.b.c.d */
    unsigned char prefix[16];
    unsigned bits;
};

struct networks {
    struct network items[NETWORKS_MAX];
    size_t count;
};

/* REJECT: it is none, has bits behind its length, or the list is full. */
enum status networks_add(struct networks *networks, const char *text, struct error *err);

/* Is the address in one of them? False for what is no address. */
bool networks_have(const struct networks *networks, struct slice address);

#endif
