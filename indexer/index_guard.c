/*
 * index_guard.c - how many indices are written to anew.
 */
#include "indexer/index_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define HOUR_MS 3600000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below; leaf lock */
static uint64_t *names;                                  /* hashes, open addressing; 0 = free */
static size_t capacity;                                  /* a power of two */
static uint32_t count;
static int64_t hour;

static bool make_room(uint32_t limit)
{
    size_t wanted = 64;

    while (wanted < (size_t)limit * 2)
        wanted *= 2;
    if (wanted <= capacity)
        return true;
    free(names);
    names = calloc(wanted, sizeof(*names));
    capacity = names ? wanted : 0;
    count = 0;
    return names;
}

/* Where `hash` is, or would be. */
static uint64_t *place_of(uint64_t hash)
{
    size_t i = hash & (capacity - 1);

    while (names[i] && names[i] != hash)
        i = (i + 1) & (capacity - 1);
    return &names[i];
}

static bool admit(uint64_t hash, uint32_t limit, int64_t now_hour)
{
    uint64_t *place;

    if (!make_room(limit))
        return true;
    if (now_hour != hour) {
        memset(names, 0, capacity * sizeof(*names));
        count = 0;
        hour = now_hour;
    }
    place = place_of(hash);
    if (*place)
        return true;
    if (count >= limit)
        return false;
    *place = hash;
    count++;
    return true;
}

bool index_guard_admit(struct slice name, uint32_t limit, int64_t now_ms)
{
    uint64_t hash = XXH3_64bits(name.data, name.len);
    bool admitted;

    if (limit == 0)
        return true;
    pthread_mutex_lock(&lock);
    admitted = admit(hash ? hash : 1, limit, now_ms / HOUR_MS);
    pthread_mutex_unlock(&lock);
    return admitted;
}
