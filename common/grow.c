/*
 * grow.c - room for one more item.
 */
#include "common/grow.h"

#include <stdlib.h>
#include <string.h>

bool grow(void *list, size_t *room, size_t count, size_t item_bytes, size_t first)
{
    size_t more = *room ? *room * 2 : first;
    void *items;

    if (count < *room)
        return true;
    memcpy(&items, list, sizeof(items)); /* a pointer of whatever type */
    items = reallocarray(items, more, item_bytes);
    if (!items)
        return false;
    memcpy(list, &items, sizeof(items));
    *room = more;
    return true;
}
