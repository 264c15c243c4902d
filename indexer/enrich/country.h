/*
 * country.h - what follows from a country's code: its name and continent.
 *
 * For databases that give the code alone. Codes of ISO 3166-1 and XK, which
 * databases use for Kosovo; English short names as they are commonly used.
 */
#ifndef INDEXER_ENRICH_COUNTRY_H
#define INDEXER_ENRICH_COUNTRY_H

#include "common/buf.h"

struct country {
    char code[3];      /* "DE" */
    char continent[3]; /* "EU" */
    const char *name;
};

/* Of two letters, in either case; NULL for any other text. */
const struct country *country_find(struct slice code);

/* "Europe" for "EU"; NULL for an unknown code. */
const char *continent_name(struct slice code);

#endif
