/*
 * breaker.c - closed, open, half-open.
 *
 * Several workers share a breaker: reports of calls that were under way when
 * it opened arrive late, and change nothing any more.
 */
#include "common/breaker.h"

#include <string.h>

#define PROBE_POLL_MS 100 /* how soon the others ask again while one probes */

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

void breaker_init(struct breaker *breaker, const struct breaker_options *options)
{
    struct breaker_options given = options ? *options : (struct breaker_options){0};

    *breaker = (struct breaker){.state = BREAKER_CLOSED};
    pthread_mutex_init(&breaker->lock, NULL);
    breaker->options.failures_in_row = given.failures_in_row ? given.failures_in_row : 5;
    breaker->options.window_min = given.window_min ? given.window_min : 10;
    breaker->options.probes = given.probes ? given.probes : 1;
    breaker->options.pause_ms = or_default(given.pause_ms, 1000);
    breaker->options.pause_max_ms = or_default(given.pause_max_ms, 30000);
    breaker->pause_ms = breaker->options.pause_ms;
}

void breaker_release(struct breaker *breaker)
{
    pthread_mutex_destroy(&breaker->lock);
}

static void open_now(struct breaker *breaker, int64_t now_ms)
{
    breaker->state = BREAKER_OPEN;
    breaker->probing = false;
    breaker->open_until_ms = now_ms + breaker->pause_ms;
}

static void reopen(struct breaker *breaker, int64_t now_ms)
{
    int64_t doubled_ms = breaker->pause_ms * 2;

    breaker->pause_ms =
        doubled_ms > breaker->options.pause_max_ms ? breaker->options.pause_max_ms : doubled_ms;
    open_now(breaker, now_ms);
}

static void close_now(struct breaker *breaker)
{
    breaker->state = BREAKER_CLOSED;
    breaker->failures = 0;
    breaker->pause_ms = breaker->options.pause_ms;
    memset(breaker->window, 0, sizeof(breaker->window));
}

static void count(struct breaker *breaker, int64_t now_ms, bool failed)
{
    int64_t second = now_ms / 1000;
    struct breaker_second *slot = &breaker->window[(uint64_t)second % BREAKER_WINDOW_S];

    if (slot->second != second)
        *slot = (struct breaker_second){.second = second};
    slot->calls++;
    slot->failures += failed;
}

static bool half_have_failed(const struct breaker *breaker, int64_t now_ms)
{
    int64_t oldest = now_ms / 1000 - BREAKER_WINDOW_S + 1;
    unsigned calls = 0, failures = 0;

    for (size_t i = 0; i < BREAKER_WINDOW_S; i++) {
        if (breaker->window[i].second < oldest)
            continue;
        calls += breaker->window[i].calls;
        failures += breaker->window[i].failures;
    }
    return calls >= breaker->options.window_min && failures * 2 >= calls;
}

static bool allow(struct breaker *breaker, int64_t now_ms, int64_t *wait_ms)
{
    if (breaker->state == BREAKER_CLOSED)
        return true;
    if (breaker->state == BREAKER_OPEN && now_ms < breaker->open_until_ms) {
        *wait_ms = breaker->open_until_ms - now_ms;
        return false;
    }
    if (breaker->state == BREAKER_OPEN) {
        breaker->state = BREAKER_HALF_OPEN;
        breaker->good_probes = 0;
    } else if (breaker->probing) {
        *wait_ms = PROBE_POLL_MS;
        return false;
    }
    breaker->probing = true;
    return true;
}

bool breaker_allow(struct breaker *breaker, int64_t now_ms, int64_t *wait_ms)
{
    bool allowed;

    pthread_mutex_lock(&breaker->lock);
    allowed = allow(breaker, now_ms, wait_ms);
    pthread_mutex_unlock(&breaker->lock);
    return allowed;
}

void breaker_success(struct breaker *breaker, int64_t now_ms)
{
    pthread_mutex_lock(&breaker->lock);
    breaker->failures = 0;
    count(breaker, now_ms, false);
    if (breaker->state == BREAKER_HALF_OPEN) {
        breaker->probing = false;
        if (++breaker->good_probes >= breaker->options.probes)
            close_now(breaker);
    }
    pthread_mutex_unlock(&breaker->lock);
}

void breaker_failure(struct breaker *breaker, int64_t now_ms)
{
    pthread_mutex_lock(&breaker->lock);
    count(breaker, now_ms, true);
    if (breaker->state == BREAKER_HALF_OPEN)
        reopen(breaker, now_ms);
    else if (breaker->state == BREAKER_CLOSED &&
             (++breaker->failures >= breaker->options.failures_in_row ||
              half_have_failed(breaker, now_ms)))
        open_now(breaker, now_ms);
    pthread_mutex_unlock(&breaker->lock);
}

void breaker_trip(struct breaker *breaker, int64_t now_ms)
{
    pthread_mutex_lock(&breaker->lock);
    if (breaker->state == BREAKER_HALF_OPEN)
        reopen(breaker, now_ms);
    else if (breaker->state == BREAKER_CLOSED)
        open_now(breaker, now_ms);
    pthread_mutex_unlock(&breaker->lock);
}

void breaker_hurry(struct breaker *breaker, int64_t now_ms)
{
    pthread_mutex_lock(&breaker->lock);
    breaker->pause_ms = breaker->options.pause_ms;
    if (breaker->state == BREAKER_OPEN && breaker->open_until_ms > now_ms)
        breaker->open_until_ms = now_ms;
    pthread_mutex_unlock(&breaker->lock);
}

enum breaker_state breaker_state(struct breaker *breaker)
{
    enum breaker_state state;

    pthread_mutex_lock(&breaker->lock);
    state = breaker->state;
    pthread_mutex_unlock(&breaker->lock);
    return state;
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {"closed", "half-open", "open"};

    return names[state];
}
