/*
 * patience.h - how a worker waits for what is away: longer each time, alive, and not in a hurry.
 *
 * Belongs to one worker; `hurry` may be set by any thread.
 */
#ifndef INDEXER_PATIENCE_H
#define INDEXER_PATIENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/backoff.h"

struct health_loop;
struct sink;

struct patience {
    struct backoff backoff;
    const atomic_bool *hurry; /* true: whoever waits gives up */
    struct health_loop *loop; /* ticks while it waits; NULL: nobody watches */
    bool prepared;            /* the sink */
};

void patience_init(struct patience *patience, const atomic_bool *hurry);

/* How long to wait this time; what works again begins with short pauses. */
int64_t patience_next_ms(struct patience *patience);
void patience_reset(struct patience *patience);

/* Blocks for so long, or until there is a hurry. False: in a hurry. */
bool patience_wait(struct patience *patience, int64_t pause_ms);
bool patience_wait_next(struct patience *patience);

/*
 * What the store needs (index template) must be there before the first document: asks until it is,
 * once for all. False: in a hurry.
 */
bool patience_prepare(struct patience *patience, struct sink *sink);

#endif
