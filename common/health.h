/*
 * health.h - lives, and can work.
 *
 * Liveness: every registered loop has ticked lately; nothing outside of the
 * process counts. Readiness: every registered condition holds; each has a
 * reason that says why not. Thread-safe.
 */
#ifndef COMMON_HEALTH_H
#define COMMON_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct health_loop;
struct health_condition;

/*
 * A loop must tick within `limit_ms`. Kept for the life of the process; one of that name that has
 * ended begins again. NULL without memory.
 */
struct health_loop *health_loop_add(const char *name, int64_t limit_ms, int64_t now_ms);
void health_loop_tick(struct health_loop *loop, int64_t now_ms); /* NULL is fine */
void health_loop_end(struct health_loop *loop); /* ended on purpose: no longer judged */

/*
 * Starts as not met, with the reason "starting". Kept for the life of the process; the same name
 * gives the same one, as it is.
 */
struct health_condition *health_condition_add(const char *name);
void health_met(struct health_condition *condition); /* NULL is fine */
void health_unmet(struct health_condition *condition, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Append {"status":"ok"|"failed","checks":[{"name":…,"ok":…,"reason":…}]}; return the verdict. */
bool health_live(int64_t now_ms, struct buf *json);
bool health_ready(struct buf *json);

#endif
