/*
 * bot_source.h - the list of bots and their addresses, loaded once for all workers.
 *
 * Files that were replaced are loaded anew; when one of them is broken, what
 * was loaded before stays in use, which is logged once. Thread-safe.
 */
#ifndef INDEXER_ENRICH_BOT_SOURCE_H
#define INDEXER_ENRICH_BOT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/bot_ranges.h"

struct bots_config;
struct bot_source; /* of one configuration, shared by all who opened it */

struct bot_data { /* what was loaded from it; immutable */
    struct bot_list *list;
    struct bot_ranges **ranges; /* by entry of `verify` */
    size_t range_count;
    unsigned users;
};

/* REJECT: a file cannot be used, err says which and why. `config` must outlive the source. */
enum status bot_source_open(const struct bots_config *config, struct bot_source **out,
                            struct error *err);

/* Looks at the files, at most once a second, and loads them when they have changed and rest. */
void bot_source_refresh(struct bot_source *source, int64_t now_ms);
void bot_source_close(struct bot_source *source); /* NULL is fine */

/* Makes *held the newest data, dropping what was held before. True: it changed. */
bool bot_source_renew(struct bot_source *source, struct bot_data **held);
void bot_data_drop(struct bot_data *data); /* NULL is fine */

/* Loads everything; for checks of a configuration. The caller drops *out. */
enum status bot_data_load(const struct bots_config *config, struct bot_data **out,
                          struct error *err);

#endif
