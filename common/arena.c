/*
 * arena.c - memory of one batch, released at once.
 */
#include "common/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t block_bytes, size_t max)
{
    *arena = (struct arena){.block_bytes = block_bytes, .max = max};
}

/* Makes a block that holds `size` bytes the current one: the next kept one, or a new one. */
static struct arena_block *block_with(struct arena *arena, size_t size)
{
    struct arena_block **link = arena->current ? &arena->current->next : &arena->first;
    struct arena_block *block;
    size_t bytes = size > arena->block_bytes ? size : arena->block_bytes;

    for (block = *link; block; block = block->next) {
        arena->current = block;
        if (block->size >= size)
            return block;
        link = &block->next;
    }
    if (bytes > arena->max || arena->total > arena->max - bytes)
        return NULL;
    block = malloc(sizeof(*block) + bytes);
    if (!block)
        return NULL;
    block->size = bytes;
    block->used = 0;
    block->next = NULL;
    *link = block;
    arena->total += bytes;
    arena->current = block;
    return block;
}

static void *alloc(struct arena *arena, size_t size, size_t align)
{
    struct arena_block *block = arena->current;
    size_t start;

    if (block) {
        start = (block->used + align - 1) & ~(align - 1);
        if (start <= block->size && size <= block->size - start) {
            block->used = start + size;
            return block->bytes + start;
        }
    }
    block = block_with(arena, size);
    if (!block)
        return NULL;
    block->used = size;
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return alloc(arena, size, alignof(max_align_t));
}

char *arena_bytes(struct arena *arena, size_t size)
{
    return alloc(arena, size, 1);
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    char *copy = arena_bytes(arena, s.len ? s.len : 1);

    if (!copy)
        return (struct slice){NULL, 0};
    if (s.len)
        memcpy(copy, s.data, s.len);
    return (struct slice){copy, s.len};
}

void arena_trim(struct arena *arena, const char *start, size_t used)
{
    struct arena_block *block = arena->current;

    if (block && start >= block->bytes && start <= block->bytes + block->used)
        block->used = (size_t)(start - block->bytes) + used;
}

void arena_clear(struct arena *arena)
{
    struct arena_block *block;

    for (block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->first, *next;

    for (; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){.block_bytes = arena->block_bytes, .max = arena->max};
}
