/*
 * expression.h - one regular expression of PCRE2, as rules have them.
 *
 * Over bytes, both cases, a dot matches everything. A search costs a bounded
 * number of steps and bounded memory; beyond that it counts as not found.
 * Immutable: threads share it, each with a scratch of its own.
 */
#ifndef INDEXER_ENRICH_THREAT_EXPRESSION_H
#define INDEXER_ENRICH_THREAT_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

struct expression;
struct expression_scratch;

/* REJECT: not a regular expression; err says where and why. */
enum status expression_open(const char *text, struct expression **out, struct error *err);
void expression_close(struct expression *expression); /* NULL is fine */

/* For any expression. NULL: no memory. */
struct expression_scratch *expression_scratch_open(void);
void expression_scratch_close(struct expression_scratch *scratch); /* NULL is fine */

/* Is it in the text? */
bool expression_find(const struct expression *expression, struct expression_scratch *scratch,
                     struct slice text);

#endif
