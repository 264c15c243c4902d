/*
 * epoch.h - instants that are written as a number.
 *
 * Decimal arithmetic on the digits themselves: nothing goes through a double,
 * every digit down to the nanosecond counts, and those behind it are cut.
 */
#ifndef COMMON_TIME_EPOCH_H
#define COMMON_TIME_EPOCH_H

#include "common/time/cursor.h"
#include "common/timestamp.h"

/*
 * AUTO goes by the digits before the point: up to 11 are seconds (to the year
 * 5138), up to 14 milliseconds (from 1973), up to 17 microseconds, more nanoseconds.
 */
enum epoch_unit { EPOCH_AUTO, EPOCH_S, EPOCH_MS, EPOCH_US, EPOCH_NS };

/* [+-]digits[.digits][e[+-]digits], as numbers in JSON; the whole text. False: not one, or too far.
 */
bool timestamp_parse_epoch(struct slice text, enum epoch_unit unit, struct timestamp *out);

/*
 * @4000000037c219bf2ef02e94: TAI64N and TAI64 (cr.yp.to/libtai/tai64.html) as multilog,
 * svlogd and s6-log write them: 2^62 + 10 + the POSIX time (that of machines whose clocks count
 * leap seconds is not told from it). The whole text; @ may be left out.
 */
bool timestamp_parse_tai64(struct slice text, struct timestamp *out);

/* The same, as far as they go, with the cursor behind them. */
bool cursor_epoch(struct cursor *c, enum epoch_unit unit, struct timestamp *out);
bool cursor_tai64(struct cursor *c, struct timestamp *out);

#endif
