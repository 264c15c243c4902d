/*
 * backoff.h - the next pause: doubling, full jitter, ceiling.
 */
#ifndef COMMON_BACKOFF_H
#define COMMON_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t min_ms, max_ms;
    int64_t ceiling_ms; /* of the next pause; 0 = min_ms */
    uint64_t random;    /* state of the jitter */
};

/* `seed` 0 takes one from the clock and the address. */
void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, uint64_t seed);

/* The next pause: between half of the ceiling and the ceiling, which doubles up to max_ms. */
int64_t backoff_next_ms(struct backoff *backoff);

void backoff_reset(struct backoff *backoff);

#endif
