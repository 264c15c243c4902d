/*
 * completion.h - what may come at the end of a command line, from a program's tables.
 */
#ifndef COMMON_COMPLETION_H
#define COMMON_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

struct program;

/* `text` replaces the last word's bytes from `from` on; it lives until the next call. */
typedef void completion_taker(void *arg, struct slice text, const char *about);

struct completion {
    size_t from; /* the part under way begins here in the last word */
    bool files;  /* names of files may come, from `from` on: the shell knows them better */
};

/*
 * Calls `take` for all that may replace the last of `words`, in the order of the
 * tables. words[0] is the program's own name. A candidate that ends in ":" or "=" is to be
 * continued without a blank.
 */
struct completion complete_words(const struct program *program, const struct slice *words,
                                 size_t count, completion_taker *take, void *arg);

#endif
