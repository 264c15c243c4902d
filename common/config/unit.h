/*
 * unit.h - numbers, durations and sizes from text; exact, without floating point.
 */
#ifndef COMMON_CONFIG_UNIT_H
#define COMMON_CONFIG_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

enum config_unit { UNIT_NONE, UNIT_MS, UNIT_BYTES };

enum config_number {
    NUMBER_GOOD,
    NUMBER_MALFORMED,
    NUMBER_TOO_LARGE, /* beyond 64 bits */
};

/* The unit of `key`'s value: it ends in _ms or _bytes. */
enum config_unit config_unit_of(const char *key);

/*
 * "5s", "1.5h", "64KiB", "10 MB", "-1", "0x1f", as `unit` allows. Leading zeros
 * are refused: octal to some, decimal to others.
 */
enum config_number config_number_parse(struct slice text, enum config_unit unit, bool *negative,
                                       uint64_t *value);

#endif
