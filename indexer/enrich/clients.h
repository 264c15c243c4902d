/*
 * clients.h - how many requests clients made in a window of time, as far as known.
 *
 * A table of fixed size: a million addresses cannot make it grow. Each client
 * and window may be in one of eight places; when they are taken, one of
 * a window that is over is given up, or the one with the fewest requests: those
 * who flood stay. Nothing
 * moves: a place is good until the batch is settled. Threads: a table belongs
 * to one worker.
 */
#ifndef INDEXER_ENRICH_CLIENTS_H
#define INDEXER_ENRICH_CLIENTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define CLIENTS_MAX (1u << 24)

struct client {
    uint64_t hash;      /* of the address */
    int64_t window;     /* number of the window since 1970 */
    uint32_t shared;    /* requests that Redis knew of at the last exchange, ours among them */
    uint32_t own;       /* indexed since, not told Redis yet */
    uint32_t tentative; /* of the batch under way: how they end is not known yet */
};

struct clients;

/* `count` places, rounded up; 36 bytes each. FATAL: no memory. */
enum status clients_open(uint32_t count, struct clients **out, struct error *err);

/* clients_get will be called with the same: fetches what it looks at. */
void clients_expect(const struct clients *clients, uint64_t hash, int64_t window);

/*
 * The client's place, taken when there was none; NULL: all that it may be in
 * are in use by this batch.
 */
struct client *clients_get(struct clients *clients, uint64_t hash, int64_t window);

/* All that is known: never less than what was really indexed by this worker. */
static inline uint64_t client_requests(const struct client *client)
{
    return (uint64_t)client->shared + client->own + client->tentative;
}

void clients_close(struct clients *clients); /* NULL is fine */

#endif
