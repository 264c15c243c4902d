/*
 * bot_data.h - the list of bots and their addresses, loaded once for all workers.
 */
#ifndef INDEXER_ENRICH_BOT_DATA_H
#define INDEXER_ENRICH_BOT_DATA_H

#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/bot_ranges.h"
#include "indexer/enrich/shared_source.h"

struct bots_config;

struct bot_data {
    struct shared_data base;
    struct bot_list *list;
    struct bot_ranges **ranges; /* by entry of `verify` */
    size_t range_count;
};

/*
 * The source of `struct bot_data`. REJECT: a file cannot be used, err says which and why.
 * `config` must outlive the source.
 */
enum status bot_data_source(const struct bots_config *config, struct shared_source **out,
                            struct error *err);

#endif
