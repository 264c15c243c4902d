/*
 * duration.h - how long something took, as logs write it.
 */
#ifndef SHIPPER_PARSER_DURATION_H
#define SHIPPER_PARSER_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

#define DURATION_US 1000
#define DURATION_MS 1000000
#define DURATION_S  1000000000

/*
 * A decimal number (JSON's form, exponents too) times `unit`; digits below 1
 * are cut. Exact: nothing goes through a double. False: no number, negative,
 * or beyond int64_t.
 */
bool duration_scale(struct slice text, int64_t unit, int64_t *out);

/*
 * Nanoseconds of "1.5ms", "250µs", "2 s", "1h2m3.5s" (Go's time.Duration), "12 ms"; a number
 * alone is in `unit` ns, and refused when that is 0.
 */
bool duration_parse(struct slice text, int64_t unit, int64_t *ns);

#endif
