/*
 * concurrency.c - how many bulk requests may be under way at once.
 */
#include "indexer/sink/concurrency.h"

#include <math.h>
#include <time.h>

#define START      1.0
#define LESS       0.9
#define WEIGHT     0.4 /* of the latest answer in the mean */
#define DEVIATIONS 2.5
#define SLOWER     1.25              /* and at least so much: a steady server has no deviation */
#define OVERHEAD   (64u << 10)       /* bytes; what a request costs that carries nothing */
#define CHANGE_MIN INT64_C(20000000) /* ns between two changes */

void concurrency_init(struct concurrency *concurrency, unsigned max)
{
    pthread_condattr_t attributes;

    *concurrency = (struct concurrency){.limit = START, .max = max ? max : 1};
    pthread_mutex_init(&concurrency->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&concurrency->left, &attributes);
    pthread_condattr_destroy(&attributes);
}

void concurrency_release(struct concurrency *concurrency)
{
    pthread_cond_destroy(&concurrency->left);
    pthread_mutex_destroy(&concurrency->lock);
}

static unsigned whole(const struct concurrency *concurrency)
{
    return (unsigned)concurrency->limit;
}

static struct timespec deadline_after(int64_t timeout_ms)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += timeout_ms % 1000 * 1000000;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    return deadline;
}

bool concurrency_enter(struct concurrency *concurrency, int64_t timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms);
    bool entered;

    pthread_mutex_lock(&concurrency->lock);
    while (concurrency->in_flight >= whole(concurrency))
        if (pthread_cond_timedwait(&concurrency->left, &concurrency->lock, &deadline))
            break;
    entered = concurrency->in_flight < whole(concurrency);
    if (entered && ++concurrency->in_flight == whole(concurrency))
        concurrency->reached = true;
    pthread_mutex_unlock(&concurrency->lock);
    return entered;
}

static bool is_slow(const struct concurrency *concurrency, double byte_ns)
{
    return concurrency->known && byte_ns > concurrency->mean_ns * SLOWER &&
           byte_ns >= concurrency->mean_ns + DEVIATIONS * concurrency->deviation_ns;
}

static void learn(struct concurrency *concurrency, double byte_ns)
{
    double off = fabs(byte_ns - concurrency->mean_ns);

    if (!concurrency->known) {
        concurrency->mean_ns = byte_ns;
        concurrency->deviation_ns = byte_ns / 2;
        concurrency->known = true;
        return;
    }
    concurrency->mean_ns += WEIGHT * (byte_ns - concurrency->mean_ns);
    concurrency->deviation_ns += WEIGHT * (off - concurrency->deviation_ns);
}

static void change(struct concurrency *concurrency, double limit, int64_t duration_ns,
                   int64_t now_ns)
{
    if (limit < 1)
        limit = 1;
    concurrency->limit = limit < concurrency->max ? limit : concurrency->max;
    concurrency->reached = concurrency->in_flight >= whole(concurrency);
    concurrency->next_change_ns = now_ns + (duration_ns > CHANGE_MIN ? duration_ns : CHANGE_MIN);
}

static void judge(struct concurrency *concurrency, bool busy, size_t bytes, int64_t duration_ns,
                  int64_t now_ns)
{
    double byte_ns = (double)duration_ns / (double)(bytes + OVERHEAD);
    bool may_change = now_ns >= concurrency->next_change_ns;
    bool early = !concurrency->known || byte_ns <= concurrency->mean_ns;

    if (busy || is_slow(concurrency, byte_ns)) {
        if (may_change)
            change(concurrency, concurrency->limit * LESS, duration_ns, now_ns);
    } else if (may_change && concurrency->reached && early) {
        change(concurrency, concurrency->limit + 1, duration_ns, now_ns);
    }
    if (!busy) /* a refusal comes fast, a time-out late: neither tells how long work takes */
        learn(concurrency, byte_ns);
}

void concurrency_leave(struct concurrency *concurrency, enum concurrency_result result,
                       size_t bytes, int64_t duration_ns, int64_t now_ns)
{
    pthread_mutex_lock(&concurrency->lock);
    if (result != CONCURRENCY_NONE)
        judge(concurrency, result == CONCURRENCY_BUSY, bytes, duration_ns, now_ns);
    concurrency->in_flight--;
    pthread_cond_broadcast(&concurrency->left);
    pthread_mutex_unlock(&concurrency->lock);
}

unsigned concurrency_limit(struct concurrency *concurrency)
{
    unsigned limit;

    pthread_mutex_lock(&concurrency->lock);
    limit = whole(concurrency);
    pthread_mutex_unlock(&concurrency->lock);
    return limit;
}

unsigned concurrency_in_flight(struct concurrency *concurrency)
{
    unsigned in_flight;

    pthread_mutex_lock(&concurrency->lock);
    in_flight = concurrency->in_flight;
    pthread_mutex_unlock(&concurrency->lock);
    return in_flight;
}
