/*
 * book.h - the rules in force, compiled once for all workers.
 *
 * A book is immutable and shared; each worker holds the one that it works
 * with. Files that change are read anew; when they are wrong then, the book
 * before stays in force and that is logged once. Thread-safe.
 */
#ifndef INDEXER_ENRICH_THREAT_BOOK_H
#define INDEXER_ENRICH_THREAT_BOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/config/report.h"
#include "common/error.h"
#include "indexer/enrich/threat/matcher.h"
#include "indexer/enrich/threat/rules.h"

struct threats_config;

struct threat_trial { /* an expression that is tried where one of its literals is */
    const struct expression *expression;
    unsigned rule;
};

struct threat_book {
    struct threat_rules rules;
    const struct matcher_type *engine;
    struct matcher *matcher;  /* over the literals of all trials */
    unsigned *literal_trials; /* trials of literal i: from literal_from[i] to [i + 1] */
    unsigned *literal_from;
    struct threat_trial *trials; /* those of rules about texts; at most THREAT_PATTERNS_MAX */
    unsigned trial_count;
    unsigned always[THREAT_PATTERNS_MAX], always_count; /* trials without a literal */
    unsigned sql[THREAT_RULES_MAX], sql_count;          /* rules about shapes */
    unsigned threshold;
    atomic_uint references;
};

/*
 * Reads and compiles what `config` says, for one owner. REJECT: `report` has what is wrong.
 */
enum status threat_book_open(const struct threats_config *config, struct config_report *report,
                             struct threat_book **out, struct error *err);
void threat_book_drop(struct threat_book *book); /* NULL is fine */

struct threat_source; /* a configuration, shared by all who opened it */

/* Compiles unless that was done for the same configuration, which must outlive the source. */
enum status threat_source_open(const struct threats_config *config, struct threat_source **out,
                               struct error *err);

/* Looks, at most every few seconds, whether files have changed; blocks while they are compiled. */
void threat_source_refresh(struct threat_source *source, int64_t now_ms);

/* Makes *held the newest book, dropping the one held before. True: it is another one. */
bool threat_source_renew(struct threat_source *source, struct threat_book **held);

void threat_source_close(struct threat_source *source); /* NULL is fine */

#endif
