/*
 * clients.c - how many requests clients made in a window of time, as far as known.
 */
#include "indexer/enrich/clients.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8
#define LINE 64 /* bytes of the processor's cache */

/*
 * What is looked for first: half a line of tags says which of a group's clients it may be, and
 * which are of windows that are over, so that of the clients themselves only one is touched. A
 * tag is 23 bits of the hash, a bit that is set, and the lowest 8 of the window; 0: an empty place.
 */
struct group {
    uint32_t tags[WAYS];
};

struct clients {
    struct client *places; /* WAYS for each group */
    struct group *groups;
    uint64_t mask;  /* of the group's number */
    int64_t newest; /* window that was asked for */
};

enum status clients_open(uint32_t count, struct clients **out, struct error *err)
{
    struct clients *clients = calloc(1, sizeof(*clients));
    uint64_t groups = 1;

    while (groups * WAYS < count)
        groups *= 2;
    if (clients) {
        /* Nothing is read of a place before its tag is set. */
        clients->places = aligned_alloc(LINE, groups * WAYS * sizeof(*clients->places));
        clients->groups = aligned_alloc(LINE, (groups + 1) / 2 * LINE);
    }
    if (!clients || !clients->places || !clients->groups) {
        clients_close(clients);
        return error_set(err, FATAL, "out of memory");
    }
    memset(clients->groups, 0, groups * sizeof(*clients->groups));
    clients->mask = groups - 1;
    *out = clients;
    return OK;
}

/* Is `a` better given up than `b`? What is over goes first. */
static bool is_lesser(const struct clients *clients, const struct client *a, const struct client *b)
{
    bool a_is_over = a->window < clients->newest - 1;
    bool b_is_over = b && b->window < clients->newest - 1;

    if (!b || a_is_over != b_is_over)
        return !b || a_is_over;
    return client_requests(a) < client_requests(b);
}

static uint32_t tag_of(uint64_t mixed, int64_t window)
{
    return (uint32_t)(mixed & 0xfffffe00u) | 0x100u | ((uint32_t)window & 0xff);
}

static bool is_recent(const struct clients *clients, uint32_t tag)
{
    uint32_t age = (uint32_t)clients->newest - tag;

    return (age & 0xff) < 2;
}

/* Whom to give up for a new client; WAYS: all are in use by this batch. */
static unsigned choose(const struct clients *clients, const struct group *group,
                       const struct client *places)
{
    const struct client *least = NULL;

    for (unsigned i = 0; i < WAYS; i++)
        if (group->tags[i] == 0)
            return i;
    for (unsigned i = 0; i < WAYS; i++)
        if (!is_recent(clients, group->tags[i]) && places[i].tentative == 0)
            return i;
    for (unsigned i = 0; i < WAYS; i++)
        if (places[i].tentative == 0 && is_lesser(clients, &places[i], least))
            least = &places[i];
    return least ? (unsigned)(least - places) : WAYS;
}

static uint64_t mix(uint64_t hash, int64_t window)
{
    return (hash + (uint64_t)window * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
}

static uint64_t number_of(const struct clients *clients, uint64_t mixed)
{
    return mixed >> 40 & clients->mask;
}

void clients_expect(const struct clients *clients, uint64_t hash, int64_t window)
{
    uint64_t number = number_of(clients, mix(hash, window));
    const struct client *places = &clients->places[number * WAYS];

    __builtin_prefetch(&clients->groups[number]);
    for (unsigned i = 0; i < WAYS; i += LINE / sizeof(*places))
        __builtin_prefetch(&places[i], 1);
}

struct client *clients_get(struct clients *clients, uint64_t hash, int64_t window)
{
    uint64_t mixed = mix(hash, window);
    uint64_t number = number_of(clients, mixed);
    struct group *group = &clients->groups[number];
    struct client *places = &clients->places[number * WAYS];
    uint32_t tag = tag_of(mixed ^ mixed >> 32, window);
    unsigned i;

    if (window > clients->newest)
        clients->newest = window;
    for (i = 0; i < WAYS; i++)
        if (group->tags[i] == tag && places[i].hash == hash && places[i].window == window)
            return &places[i];
    i = choose(clients, group, places);
    if (i == WAYS)
        return NULL;
    group->tags[i] = tag;
    places[i] = (struct client){.hash = hash, .window = window};
    return &places[i];
}

void clients_close(struct clients *clients)
{
    if (clients) {
        free(clients->places);
        free(clients->groups);
    }
    free(clients);
}
