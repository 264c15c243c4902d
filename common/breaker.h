/*
 * breaker.h - stops calling what keeps failing; lets a probe through.
 *
 * closed -> open after `failures_in_row` failures, when half of at least
 * `window_min` calls of the last 20 s have failed, or at once by breaker_trip;
 * open -> half-open when `pause_ms` is over: one caller is let through as a
 * probe; half-open -> closed after `probes` good ones, -> open on a bad one,
 * with the pause doubled up to pause_max_ms. Thread-safe.
 */
#ifndef COMMON_BREAKER_H
#define COMMON_BREAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN };

struct breaker_options {
    unsigned failures_in_row; /* 0: 5 */
    unsigned window_min;      /* 0: 10 */
    unsigned probes;          /* 0: 1 */
    int64_t pause_ms;         /* 0: 1000 */
    int64_t pause_max_ms;     /* 0: 30000 */
};

#define BREAKER_WINDOW_S 20

struct breaker_second { /* of the window: calls that ended in it */
    int64_t second;
    unsigned calls, failures;
};

struct breaker {
    pthread_mutex_t lock; /* guards all below; leaf lock */
    struct breaker_options options;
    enum breaker_state state;
    unsigned failures, good_probes;
    bool probing; /* a probe is under way */
    int64_t pause_ms, open_until_ms;
    struct breaker_second window[BREAKER_WINDOW_S];
};

void breaker_init(struct breaker *breaker, const struct breaker_options *options);
void breaker_release(struct breaker *breaker);

/*
 * May a call be made now? True: make it and report success or failure.
 * False: *wait_ms says how long to wait before asking again.
 */
bool breaker_allow(struct breaker *breaker, int64_t now_ms, int64_t *wait_ms);

void breaker_success(struct breaker *breaker, int64_t now_ms);
void breaker_failure(struct breaker *breaker, int64_t now_ms);
void breaker_trip(struct breaker *breaker, int64_t now_ms); /* open at once, e.g. on HTTP 401 */

/* What was wrong may have been mended: the pause is over and starts short again. */
void breaker_hurry(struct breaker *breaker, int64_t now_ms);

enum breaker_state breaker_state(struct breaker *breaker);
const char *breaker_state_name(enum breaker_state state); /* "closed", "half-open", "open" */

#endif
