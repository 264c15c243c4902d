/*
 * concurrency.h - how many bulk requests may be under way at once.
 *
 * One for all workers. The limit follows what Elasticsearch can take (additive
 * increase, multiplicative decrease): one more when it was reached, nothing was
 * refused and answers came no later than on average; a tenth less after a 429,
 * 503 or time-out, or when answers come much later than usual. It changes at
 * most once in the time of an answer, so that one bad moment, which several
 * requests report, counts once. Answers of large and small requests are
 * compared by their time a byte. Thread-safe.
 */
#ifndef INDEXER_SINK_CONCURRENCY_H
#define INDEXER_SINK_CONCURRENCY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum concurrency_result {
    CONCURRENCY_GOOD, /* answered; nothing was refused for load */
    CONCURRENCY_BUSY, /* 429, 503, time-out, or documents refused for load */
    CONCURRENCY_NONE, /* says nothing about load: refused connection, 401, … */
};

struct concurrency {
    pthread_mutex_t lock; /* guards all below; leaf lock */
    pthread_cond_t left;
    double limit; /* its whole part counts */
    unsigned max, in_flight;
    bool reached;                 /* the limit, since it changed last */
    bool known;                   /* there is a mean */
    double mean_ns, deviation_ns; /* of an answer's time, for a byte; weighted to the latest */
    int64_t next_change_ns;       /* not before */
};

/* `max` 0 is 1. */
void concurrency_init(struct concurrency *concurrency, unsigned max);
void concurrency_release(struct concurrency *concurrency);

/* Waits up to `timeout_ms` for a place. False: there is none; do not leave. */
bool concurrency_enter(struct concurrency *concurrency, int64_t timeout_ms);

/* Gives the place back. `bytes` were sent and answered within `duration_ns`; now is `now_ns`. */
void concurrency_leave(struct concurrency *concurrency, enum concurrency_result result,
                       size_t bytes, int64_t duration_ns, int64_t now_ns);

unsigned concurrency_limit(struct concurrency *concurrency);
unsigned concurrency_in_flight(struct concurrency *concurrency);

#endif
