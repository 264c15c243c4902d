/*
 * pattern.h - regular expressions of PCRE2, compiled to machine code, with limits.
 *
 * A match costs a bounded number of steps and bounded memory, whatever the
 * pattern and the text: beyond that it counts as no match, and as `exhausted`.
 * No allocation per match. A pattern belongs to one thread.
 *
 * Text of valid UTF-8 is matched character by character, letters and digits of all
 * scripts among them. Any other (lines may hold all bytes) is matched byte by byte, where only
 * ASCII has letters.
 */
#ifndef SHIPPER_PATTERN_H
#define SHIPPER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct pattern;

/* REJECT: not a pattern; err says where and why. */
enum status pattern_open(struct slice text, struct pattern **out, struct error *err);
/* The same for a caller who says where: *at is the place in `text`, in bytes. */
enum status pattern_open_at(struct slice text, size_t *at, struct pattern **out, struct error *err);
void pattern_close(struct pattern *pattern); /* NULL is fine */

/* Finds the pattern in `text`, from `from` on. */
bool pattern_match(struct pattern *pattern, struct slice text, size_t from);

/* The same in the text of the last call, which is still there: nothing of it is checked anew. */
bool pattern_match_again(struct pattern *pattern, size_t from);

/* Group `number` of the last match (0: all of it); {NULL, 0} when it took no part. */
struct slice pattern_group(const struct pattern *pattern, unsigned number);

/* Groups that have a name, in the order of their numbers. */
struct pattern_name {
    unsigned number;
    const char *name; /* as in the pattern; lives as long as it */
};
size_t pattern_names(const struct pattern *pattern, const struct pattern_name **out);

unsigned pattern_group_count(const struct pattern *pattern); /* without the whole */
uint64_t pattern_exhausted(const struct pattern *pattern);   /* matches that hit a limit */

#endif
