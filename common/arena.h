/*
 * arena.h - memory of one batch, released at once.
 *
 * What an arena hands out lives until arena_clear or arena_release. It grows
 * by blocks up to a ceiling and keeps them when cleared, so that a steady
 * load allocates nothing. Not thread-safe: one owner at a time.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

#include "common/buf.h"

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    size_t block_bytes; /* size of a usual block; larger requests get one of their own */
    size_t max;         /* ceiling in bytes over all blocks */
    size_t total;       /* bytes of all blocks */
};

void arena_init(struct arena *arena, size_t block_bytes, size_t max);

/* `size` bytes aligned for any type, not zeroed; NULL beyond the ceiling or without memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc without alignment: for text. */
char *arena_bytes(struct arena *arena, size_t size);

/* A copy of `s` in the arena; {NULL, 0} when there is no room. */
struct slice arena_copy(struct arena *arena, struct slice s);

/* Gives the tail of the newest allocation back: it began at `start` and needs `used` bytes. */
void arena_trim(struct arena *arena, const char *start, size_t used);

void arena_clear(struct arena *arena);
void arena_release(struct arena *arena);

#endif
