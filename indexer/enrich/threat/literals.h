/*
 * literals.h - texts of which one must be there when a regular expression is found.
 *
 * Looking for fixed texts, hundreds at once, costs a small part of looking
 * for expressions: those are tried only where one of their literals is.
 */
#ifndef INDEXER_ENRICH_THREAT_LITERALS_H
#define INDEXER_ENRICH_THREAT_LITERALS_H

#include <stdbool.h>

#define LITERAL_MAX    16  /* bytes of a text that an expression matches */
#define LITERAL_SOUGHT 8   /* of a literal: the vector engine of Hyperscan compares no more */
#define LITERALS_MAX   250 /* of one expression */

struct literal {
    unsigned char len;
    char text[LITERAL_MAX]; /* in lower case */
};

struct literals {
    unsigned count;
    struct literal items[LITERALS_MAX];
};

/* Bytes of which a text consists; letters: both cases or none. */
struct alphabet {
    bool has[256];
};

enum literals_kind {
    LITERALS_FOUND, /* one of them is in each text that matches */
    LITERALS_NONE,  /* there are none: the expression must be tried everywhere */
    LITERALS_NEVER, /* no text in this alphabet matches */
};

/*
 * The rarest set of literals that can be had of a valid expression of PCRE2,
 * both cases, for texts in `alphabet`; NULL: any. Each has at most LITERAL_SOUGHT bytes.
 */
enum literals_kind literals_of(const char *expression, const struct alphabet *alphabet,
                               struct literals *out);

#endif
