/*
 * matcher_table.c - looks up every two bytes of a text in a table.
 */
#include "indexer/enrich/threat/matcher.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT16_MAX

struct entry {
    struct literal literal;
    uint16_t next; /* that begins alike */
};

struct table {
    struct matcher base;
    unsigned char lower[256];
    uint16_t ones[256];   /* the literal that is this byte alone */
    uint64_t begin[1024]; /* bits: a literal begins with these two bytes */
    uint16_t firsts[65536];
    struct entry *entries;
};

static bool is_usable(void)
{
    return true;
}

static void close_table(struct matcher *matcher)
{
    struct table *table = (struct table *)matcher;

    if (!table)
        return;
    free(table->entries);
    free(table);
}

static void add(struct table *table, unsigned index, const struct literal *literal)
{
    struct entry *entry = &table->entries[index];
    unsigned pair;

    entry->literal = *literal;
    if (literal->len == 1) {
        table->ones[(unsigned char)literal->text[0]] = (uint16_t)index;
        return;
    }
    pair = (unsigned)(unsigned char)literal->text[0] << 8 | (unsigned char)literal->text[1];
    table->begin[pair / 64] |= (uint64_t)1 << (pair % 64);
    entry->next = table->firsts[pair];
    table->firsts[pair] = (uint16_t)index;
}

static enum status open_table(const struct literal *literals, unsigned count, struct matcher **out,
                              struct error *err)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table)
        table->entries = calloc(count + 1, sizeof(*table->entries));
    if (!table || !table->entries) {
        close_table(table ? &table->base : NULL);
        return error_set(err, FATAL, "out of memory");
    }
    table->base.type = &matcher_table;
    for (int c = 0; c < 256; c++)
        table->lower[c] = (unsigned char)tolower(c);
    memset(table->ones, 0xff, sizeof(table->ones));
    memset(table->firsts, 0xff, sizeof(table->firsts));
    for (unsigned i = 0; i < count; i++)
        add(table, i, &literals[i]);
    *out = &table->base;
    return OK;
}

static enum status open_scratch(const struct matcher *matcher, struct matcher_scratch **out,
                                struct error *err)
{
    (void)matcher;
    (void)err;
    *out = NULL;
    return OK;
}

static void close_scratch(struct matcher_scratch *scratch)
{
    (void)scratch;
}

static bool is_at(const struct table *table, const struct literal *literal, const unsigned char *at,
                  const unsigned char *end)
{
    if (end - at < literal->len)
        return false;
    for (unsigned i = 2; i < literal->len; i++)
        if (table->lower[at[i]] != (unsigned char)literal->text[i])
            return false;
    return true;
}

static void scan(const struct matcher *matcher, struct matcher_scratch *scratch, struct slice text,
                 matcher_found *found, void *arg)
{
    const struct table *table = (const struct table *)matcher;
    const unsigned char *at = (const unsigned char *)text.data, *end = at + text.len;
    unsigned pair = 0, index;

    (void)scratch;
    for (; at < end; at++) {
        pair = (pair << 8 | table->lower[*at]) & 0xffff; /* the byte before, and this */
        if (table->ones[pair & 0xff] != NONE)
            found(arg, table->ones[pair & 0xff]);
        if (!(table->begin[pair / 64] >> (pair % 64) & 1) || at == (const unsigned char *)text.data)
            continue;
        for (index = table->firsts[pair]; index != NONE; index = table->entries[index].next)
            if (is_at(table, &table->entries[index].literal, at - 1, end))
                found(arg, index);
    }
}

const struct matcher_type matcher_table = {
    .name = "table",
    .is_usable = is_usable,
    .open = open_table,
    .close = close_table,
    .open_scratch = open_scratch,
    .close_scratch = close_scratch,
    .scan = scan,
};
