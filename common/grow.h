/*
 * grow.h - room for one more item in a list that grows by doubling.
 */
#ifndef COMMON_GROW_H
#define COMMON_GROW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `list` is the address of a pointer to items of `item_bytes` each, NULL at first; *room, how many
 * fit, is `first` then. False without memory: the list is as it was.
 *
 *     if (!grow(&days->list, &days->room, days->count, sizeof(*days->list), 64))
 */
bool grow(void *list, size_t *room, size_t count, size_t item_bytes, size_t first);

#endif
