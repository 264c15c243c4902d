/*
 * backoff.c - the next pause.
 */
#include "common/backoff.h"

#include "common/clock.h"

/* splitmix64: good enough to spread callers, and needs no seeding ceremony. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms, uint64_t seed)
{
    *backoff = (struct backoff){.min_ms = min_ms > 0 ? min_ms : 1, .max_ms = max_ms};
    if (backoff->max_ms < backoff->min_ms)
        backoff->max_ms = backoff->min_ms;
    backoff->random = seed ? seed : (uint64_t)clock_mono_ns() ^ (uint64_t)(uintptr_t)backoff;
}

int64_t backoff_next_ms(struct backoff *backoff)
{
    int64_t ceiling_ms = backoff->ceiling_ms ? backoff->ceiling_ms : backoff->min_ms;
    int64_t half_ms = ceiling_ms / 2;

    backoff->ceiling_ms = ceiling_ms > backoff->max_ms / 2 ? backoff->max_ms : ceiling_ms * 2;
    return ceiling_ms - (int64_t)(next_random(&backoff->random) % (uint64_t)(half_ms + 1));
}

void backoff_reset(struct backoff *backoff)
{
    backoff->ceiling_ms = 0;
}
