/*
 * clock.h - the two clocks.
 *
 * Monotonic time is for every interval and deadline, wall time only for names
 * and stamps: a step of the wall clock must not stall or hurry anything.
 * Functions that depend on time take it as an argument; only loops ask here.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
int64_t clock_wall_ms(void); /* since 1970-01-01T00:00:00Z */
int64_t clock_wall_ns(void);

#endif
