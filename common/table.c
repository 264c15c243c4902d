/*
 * table.c - intrusive hash table.
 */
#include "common/table.h"

#include <stdlib.h>

#define SIZE_MIN 64

static struct table_link **bucket_of(struct table *table, uint64_t hash)
{
    return table->size ? &table->buckets[hash & (table->size - 1)] : &table->single;
}

static void move_chain(struct table *table, struct table_link *chain)
{
    struct table_link *link, *reversed = NULL, **bucket;

    /* Twice turned round: members of one hash keep their order. */
    while ((link = chain)) {
        chain = link->next;
        link->next = reversed;
        reversed = link;
    }
    while ((link = reversed)) {
        reversed = link->next;
        bucket = bucket_of(table, link->hash);
        link->next = *bucket;
        *bucket = link;
    }
}

static void grow(struct table *table)
{
    struct table old = *table;
    size_t size = old.size ? old.size * 2 : SIZE_MIN;
    struct table_link **buckets = calloc(size, sizeof(struct table_link *));

    if (!buckets)
        return;
    table->buckets = buckets;
    table->size = size;
    table->single = NULL;
    for (size_t i = 0; i < old.size; i++)
        move_chain(table, old.buckets[i]);
    move_chain(table, old.single);
    free(old.buckets);
}

void table_add(struct table *table, struct table_link *link, uint64_t hash)
{
    struct table_link **bucket;

    if (table->count >= table->size)
        grow(table);
    link->hash = hash;
    bucket = bucket_of(table, hash);
    link->next = *bucket;
    *bucket = link;
    table->count++;
}

void table_remove(struct table *table, struct table_link *link)
{
    struct table_link **at = bucket_of(table, link->hash);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    link->next = NULL;
    table->count--;
}

static struct table_link *same_hash(struct table_link *link, uint64_t hash)
{
    while (link && link->hash != hash)
        link = link->next;
    return link;
}

struct table_link *table_find(const struct table *table, uint64_t hash)
{
    return same_hash(table->size ? table->buckets[hash & (table->size - 1)] : table->single, hash);
}

struct table_link *table_next(const struct table_link *link)
{
    return same_hash(link->next, link->hash);
}

void table_release(struct table *table)
{
    free(table->buckets);
    *table = (struct table){0};
}
