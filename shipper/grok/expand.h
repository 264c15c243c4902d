/*
 * expand.h - a pattern as people write it into one that PCRE2 takes.
 *
 * PCRE2's names of groups hold neither dots nor more than 32 characters. So
 * each name becomes g0, g1, ... here, wherever the pattern mentions it, and a
 * table says what was meant. With a library, %{NAME}, %{NAME:field} and
 * %{NAME:field:type} are replaced by their definitions as well.
 *
 * Names: "http.response.status_code", "[http][response]", "@timestamp", with a
 * type behind a colon. Without a library (plain regular expressions) `__` in a
 * name is a dot, as elsewhere where names cannot hold one.
 */
#ifndef SHIPPER_GROK_EXPAND_H
#define SHIPPER_GROK_EXPAND_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"

#define EXPANSION_NAMES_MAX 256

struct grok_library;

struct expansion_name {
    struct slice name; /* dotted */
    struct slice type; /* empty: none is given */
    bool in_quotes;    /* what it holds has quotes of its own: a QUOTEDSTRING */
};

struct expansion {
    struct arena arena; /* of what follows */
    struct buf text;
    struct expansion_name names[EXPANSION_NAMES_MAX]; /* number n is group "g<n>" of the text */
    unsigned count;
    struct buf places; /* where pieces of the text come from */
};

void expansion_init(struct expansion *expansion);
void expansion_release(struct expansion *expansion);

/*
 * Expands `pattern`; `library` NULL: no %{NAME} in it. REJECT: err says what is wrong and at which
 * character; what only PCRE2 can judge is not looked at.
 */
enum status expand(struct expansion *expansion, struct slice pattern,
                   const struct grok_library *library, struct error *err);

/* Where in the pattern is what stands at `at` in the text? For PCRE2's errors. */
size_t expansion_place(const struct expansion *expansion, size_t at);

/* The number of a group called `name` in the text. */
unsigned expansion_number(const char *name);

#endif
