/*
 * limiter.h - token bucket: how many lines and bytes may pass now.
 *
 * What passes is taken as a whole when something is left, and may leave a debt that
 * the following pays: the rate holds over time whatever the size of a line or request. Nothing
 * passes at a higher rate for longer than the burst. Not thread-safe. Times are monotonic.
 */
#ifndef COMMON_LIMITER_H
#define COMMON_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter_bucket {
    double per_s; /* 0: no limit */
    double room;  /* most that is saved up */
    double left;  /* below zero: debt */
};

struct limiter { /* zeroed limits nothing */
    struct limiter_bucket lines, bytes;
    int64_t filled_ns; /* when */
};

/* 0: no limit. `burst_s` seconds of each rate may come at once, also at the beginning. */
void limiter_init(struct limiter *limiter, double lines_per_s, double bytes_per_s, double burst_s,
                  int64_t now_ns);

/* False: not now; nothing was taken. */
bool limiter_take(struct limiter *limiter, uint64_t lines, uint64_t bytes, int64_t now_ns);

/* What was taken did not pass after all. */
void limiter_give_back(struct limiter *limiter, uint64_t lines, uint64_t bytes);

/*
 * Nanoseconds until it pays to ask again, 0: now. A little is saved up, so that who waits for a
 * high rate is not woken for each line.
 */
int64_t limiter_wait_ns(const struct limiter *limiter, int64_t now_ns);

#endif
