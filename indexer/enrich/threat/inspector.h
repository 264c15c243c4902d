/*
 * inspector.h - looks at the parts of a request with the rules of a book.
 *
 * Reading order of this folder: view.h (what is looked at), decode.h and
 * sql.h (how it is made), rules.h (what is looked for), matcher.h (how it is
 * found), book.h (how rules are shared), inspector.h (how it comes together).
 *
 * Of a part longer than INSPECT_MAX the beginning and the end are looked at.
 * No allocation after opening. An inspector belongs to one worker.
 */
#ifndef INDEXER_ENRICH_THREAT_INSPECTOR_H
#define INDEXER_ENRICH_THREAT_INSPECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/enrich/threat/book.h"

#define INSPECT_HEAD (12u << 10)
#define INSPECT_TAIL (4u << 10)
#define INSPECT_MAX  (INSPECT_HEAD + INSPECT_TAIL)

struct threat_findings {
    uint64_t rules[(THREAT_RULES_MAX + 63) / 64]; /* bits, in the order of the book */
    uint64_t categories;
    unsigned count, score;
};

struct inspector;

enum status inspector_open(struct inspector **out, struct error *err);
void inspector_close(struct inspector *inspector); /* NULL is fine */

/*
 * Works with `book` from now on; that before may be gone already. FATAL: no memory, and nothing
 * is found from now on.
 */
enum status inspector_use(struct inspector *inspector, const struct threat_book *book,
                          struct error *err);

/*
 * Adds what is found in `text`: `part` is PART_URL, or one of the bits. Each
 * rule counts once. True: the text was too long to be looked at as a whole.
 */
bool inspector_look(struct inspector *inspector, enum threat_part part, struct slice text,
                    struct threat_findings *findings);

/* The same for texts at which a look costs less than one into a cache: most. False: it is none. */
bool inspector_look_quick(struct inspector *inspector, enum threat_part part, struct slice text,
                          struct threat_findings *findings);

static inline bool threat_has_rule(const struct threat_findings *findings, unsigned rule)
{
    return findings->rules[rule / 64] >> (rule % 64) & 1;
}

/* Adds one rule of the book unless it is there. */
void threat_add_rule(const struct threat_book *book, unsigned rule,
                     struct threat_findings *findings);

#endif
