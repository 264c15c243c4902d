/*
 * table.h - intrusive hash table: the members carry their links.
 *
 * The caller hashes the key and compares what is found; several members may
 * have the same hash. Adding never fails: without memory for more buckets the
 * chains get longer. Owns nothing but the buckets. Not thread-safe.
 *
 *     for (link = table_find(&table, hash); link; link = table_next(link))
 *         if (same(TABLE_MEMBER(link, struct file, by_name), name)) ...
 */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_link {
    struct table_link *next;
    uint64_t hash;
};

struct table { /* zeroed is empty */
    struct table_link **buckets;
    size_t size; /* a power of two; 0 = `single` only */
    size_t count;
    struct table_link *single;
};

#define TABLE_MEMBER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

void table_add(struct table *table, struct table_link *link, uint64_t hash);

/* `link` must be in it. It may be added again. */
void table_remove(struct table *table, struct table_link *link);

/* The first member with that hash, the most recently added one; NULL: none. */
struct table_link *table_find(const struct table *table, uint64_t hash);

/* The next one with the same hash. */
struct table_link *table_next(const struct table_link *link);

void table_release(struct table *table); /* the members are the caller's */

#endif
