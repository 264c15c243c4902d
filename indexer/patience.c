/*
 * patience.c - how a worker waits for what is away.
 */
#include "indexer/patience.h"

#include <time.h>

#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "indexer/sink/sink.h"

#define STEP_MS      200 /* pauses are slept in steps, to notice `hurry` and to stay alive */
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 10000

void patience_init(struct patience *patience, const atomic_bool *hurry)
{
    *patience = (struct patience){.hurry = hurry};
    backoff_init(&patience->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS, 0);
}

int64_t patience_next_ms(struct patience *patience)
{
    return backoff_next_ms(&patience->backoff);
}

void patience_reset(struct patience *patience)
{
    backoff_reset(&patience->backoff);
}

bool patience_wait(struct patience *patience, int64_t pause_ms)
{
    int64_t until_ms = clock_mono_ms() + pause_ms, left_ms;

    while (!atomic_load(patience->hurry)) {
        health_loop_tick(patience->loop, clock_mono_ms());
        left_ms = until_ms - clock_mono_ms();
        if (left_ms <= 0)
            return true;
        /* A thread without a descriptor to wait on: the clock is all there is. */
        struct timespec step = {0, (left_ms < STEP_MS ? left_ms : STEP_MS) * 1000000};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    }
    return false;
}

bool patience_wait_next(struct patience *patience)
{
    return patience_wait(patience, patience_next_ms(patience));
}

bool patience_prepare(struct patience *patience, struct sink *sink)
{
    struct error err;

    while (!patience->prepared) {
        patience->prepared = sink->type->prepare(sink, &err) == OK;
        if (patience->prepared) {
            patience_reset(patience);
        } else {
            log_warn("%s; trying again", err.text);
            if (!patience_wait_next(patience))
                return false;
        }
    }
    return true;
}
