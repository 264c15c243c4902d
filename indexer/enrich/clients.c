/*
 * clients.c - how many requests clients made in a window of time, as far as known.
 */
#include "indexer/enrich/clients.h"

#include <stdbool.h>
#include <stdlib.h>

#define WAYS 8 /* 256 bytes: four lines of the processor's cache */

struct clients {
    struct client *places;
    uint64_t mask;  /* of the group's number */
    int64_t newest; /* window that was asked for */
};

enum status clients_open(uint32_t count, struct clients **out, struct error *err)
{
    struct clients *clients = calloc(1, sizeof(*clients));
    uint64_t groups = 1;

    while (groups * WAYS < count)
        groups *= 2;
    if (clients)
        clients->places = calloc(groups * WAYS, sizeof(*clients->places));
    if (!clients || !clients->places) {
        clients_close(clients);
        return error_set(err, FATAL, "out of memory");
    }
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

struct client *clients_get(struct clients *clients, uint64_t hash, int64_t window)
{
    uint64_t mixed = (hash + (uint64_t)window * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
    struct client *group = &clients->places[(mixed >> 40 & clients->mask) * WAYS];
    struct client *least = NULL;

    if (window > clients->newest)
        clients->newest = window;
    for (unsigned i = 0; i < WAYS; i++) {
        struct client *client = &group[i];

        if (!client->used) {
            least = client;
            break; /* places are taken from the front and never emptied */
        }
        if (client->hash == hash && client->window == window)
            return client;
        if (client->tentative == 0 && is_lesser(clients, client, least))
            least = client;
    }
    if (least)
        *least = (struct client){.hash = hash, .window = window, .used = 1};
    return least;
}

void clients_close(struct clients *clients)
{
    if (clients)
        free(clients->places);
    free(clients);
}
