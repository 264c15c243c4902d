/*
 * book.h - the rules in force, compiled once for all workers.
 *
 * A book is immutable and shared; each worker holds the one that it works
 * with (shared_source.h).
 */
#ifndef INDEXER_ENRICH_THREAT_BOOK_H
#define INDEXER_ENRICH_THREAT_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config/report.h"
#include "common/error.h"
#include "indexer/enrich/shared_source.h"
#include "indexer/enrich/threat/matcher.h"
#include "indexer/enrich/threat/rules.h"
#include "indexer/enrich/threat/view.h"

struct threats_config;

struct threat_trial { /* an expression that is tried where one of its literals is */
    const struct threat_pattern *pattern;
    unsigned rule;
};

struct threat_search {        /* which trials a text is worth, for texts of one alphabet */
    struct matcher *matcher;  /* over the literals of those that can find anything in it */
    unsigned *literal_trials; /* trials of literal i: from literal_from[i] to [i + 1] */
    unsigned *literal_from;
    unsigned always[THREAT_PATTERNS_MAX], always_count; /* trials without a literal */
};

struct threat_book {
    struct shared_data base;
    struct threat_rules rules;
    const struct matcher_type *engine;
    struct threat_search searches[VIEW_ALPHABETS];
    struct threat_trial *trials; /* those of rules about texts; at most THREAT_PATTERNS_MAX */
    unsigned trial_count;
    unsigned sql[THREAT_RULES_MAX], sql_count; /* rules about shapes */
    unsigned threshold;
};

/*
 * Reads and compiles what `config` says, for one owner. REJECT: `report` has what is wrong.
 */
enum status threat_book_open(const struct threats_config *config, struct config_report *report,
                             struct threat_book **out, struct error *err);
void threat_book_close(struct threat_book *book); /* NULL is fine */

/* The source of books; `config` must outlive it. FATAL: the rules are wrong. */
enum status threat_source_open(const struct threats_config *config, struct shared_source **out,
                               struct error *err);

#endif
