/*
 * rng.h - random numbers whose seed is printed: TEST_SEED=N repeats a run.
 */
#ifndef TESTS_UNIT_SUPPORT_RNG_H
#define TESTS_UNIT_SUPPORT_RNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rng {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline struct rng rng_start(void)
{
    const char *given = getenv("TEST_SEED");
    struct timespec now;
    uint64_t seed;

    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10)
                 : (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
    printf("TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return (struct rng){seed};
}

/* 0 .. below-1 */
static inline uint32_t rng_below(struct rng *rng, uint32_t below)
{
    return (uint32_t)(rng_next(rng) % below);
}

/* True once in `n` times. */
static inline bool rng_one_in(struct rng *rng, uint32_t n)
{
    return rng_below(rng, n) == 0;
}

#endif
