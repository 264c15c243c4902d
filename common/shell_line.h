/*
 * shell_line.h - a command line up to the cursor, as bash and zsh read it.
 *
 * Quotes and backslashes are understood, expansions are not: `$HOME` stays
 * what it is. Only the last command of the line counts (behind `|`, `;`, `&`).
 */
#ifndef COMMON_SHELL_LINE_H
#define COMMON_SHELL_LINE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

#define SHELL_LINE_MAX  (64u << 10) /* bytes */
#define SHELL_WORDS_MAX 1000

enum shell_quote { SHELL_BARE, SHELL_SINGLE, SHELL_DOUBLE };

struct shell_line {
    struct slice words[SHELL_WORDS_MAX]; /* without their quotes, each with a NUL behind it */
    unsigned count;        /* at least 1: the last word is the one under the cursor, maybe empty */
    size_t start;          /* where the last word begins in the line, its quote included */
    size_t *places;        /* of each byte of the last word, and of its end: where in the line */
    unsigned char *quotes; /* likewise: in which quotes */
    bool redirected;       /* the last word is the file of a `<` or `>` */
};

/* `out` points into `arena`. REJECT: too long; FATAL: no memory. */
enum status shell_line_read(struct arena *arena, struct slice line, struct shell_line *out,
                            struct error *err);

/* Adds `text` so that it can stand within such quotes. */
void shell_quote(struct slice text, enum shell_quote quote, struct buf *out);

#endif
