/*
 * capture_value.h - texts of lines as the numbers, truths and lists that they are meant to be.
 *
 * JSON is written into the arena, or is a view into the text; {NULL, 0}: the text is no such
 * value, or there is no memory.
 */
#ifndef SHIPPER_PARSER_CAPTURE_VALUE_H
#define SHIPPER_PARSER_CAPTURE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"

/* A whole number; a sign and leading zeros are fine. `cut`: what is behind a point is dropped. */
bool value_long(struct slice text, bool cut, int64_t *out);

/*
 * A decimal number as JSON has it: without plus, leading zeros and naked points. The digits stay as
 * they are.
 */
struct slice value_number(struct arena *arena, struct slice text);

/* true, yes, on, 1, t, y and their opposites, in any case. */
struct slice value_bool(struct slice text);

struct slice value_of_long(struct arena *arena, int64_t number);

/* [before, value], or `value` as one more element of `before`. */
struct slice value_join(struct arena *arena, struct slice before, struct slice value, bool is_list);

#endif
