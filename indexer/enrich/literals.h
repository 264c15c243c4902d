/*
 * literals.h - which of many short texts stand in a longer one, in one pass.
 *
 * An automaton of Aho and Corasick over folded bytes: ASCII letters match in
 * either case. A pattern is the text itself; these characters at its ends
 * are not part of it:
 *
 *     curl     a word: no letter or digit before it, no letter behind it
 *     *bot     a word may end so          bot*   a word may begin so
 *     ^java    only where the text begins   java$  only where it ends
 *
 * A pattern that begins or ends with another character than a letter or a digit asks for
 * nothing there: `Edg/` is followed by its version. Immutable after open: threads may share it.
 */
#ifndef INDEXER_ENRICH_LITERALS_H
#define INDEXER_ENRICH_LITERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

#define LITERAL_MAX 100 /* bytes of a pattern */

struct literals;

struct literals_hit {
    uint32_t pattern;    /* its index */
    uint32_t start, end; /* in the text */
};

/* REJECT: `pattern` cannot be one, err says why. */
enum status literals_check(struct slice pattern, struct error *err);

/*
 * Compiles `count` patterns, all of them checked; they are not kept. The same
 * text may stand in several. REJECT: they are too many. FATAL: no memory.
 */
enum status literals_open(const struct slice *patterns, size_t count, struct literals **out,
                          struct error *err);

/* The first `max` hits, in order of their ends; returns how many. */
size_t literals_find(const struct literals *literals, struct slice text, struct literals_hit *hits,
                     size_t max);

/* Memory that it holds. */
size_t literals_bytes(const struct literals *literals);

void literals_close(struct literals *literals); /* NULL is fine */

#endif
