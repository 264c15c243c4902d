/*
 * grow.c - room for one more item.
 */
#include "common/grow.h"

#include <stdlib.h>
#include <string.h>

bool grow(void *list, size_t *room, size_t count, size_t item_bytes, size_t first)
{
    size_t more = *room ? *room * 2 : first;
    size_t bytes;
    void *items;

    if (count < *room)
        return true;
    if (__builtin_mul_overflow(more, item_bytes, &bytes))
        return false;
    memcpy(&items, list, sizeof(items)); /* a pointer of whatever type */
    items = realloc(items, bytes);
    if (!items)
        return false;
    memcpy(list, &items, sizeof(items));
    *room = more;
    return true;
}
