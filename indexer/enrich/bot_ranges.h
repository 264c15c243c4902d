/*
 * bot_ranges.h - the addresses that a bot's operator publishes.
 *
 * A file is JSON, in which every text that is a network counts (Google, Bing,
 * OpenAI and others publish `{"prefixes":[{"ipv4Prefix":…}]}`), or plain text
 * with a network or an address a line and comments behind `#`. Immutable once
 * loaded: threads may share it.
 */
#ifndef INDEXER_ENRICH_BOT_RANGES_H
#define INDEXER_ENRICH_BOT_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

struct bot_ranges;

/* REJECT: a file cannot be read, or holds no network; err says which. FATAL: no memory. */
enum status bot_ranges_open(char *const *files, size_t count, struct bot_ranges **out,
                            struct error *err);

/* Reads one document of either form; for bot_ranges_open and for fuzzing. */
enum status bot_ranges_read(struct bot_ranges *ranges, struct slice text, struct error *err);

enum bot_place { BOT_PLACE_UNKNOWN, BOT_PLACE_INSIDE, BOT_PLACE_OUTSIDE };

/* UNKNOWN: `address` is none. */
enum bot_place bot_ranges_find(const struct bot_ranges *ranges, struct slice address);

size_t bot_ranges_count(const struct bot_ranges *ranges);
struct bot_ranges *bot_ranges_new(void);          /* none yet; NULL: no memory */
void bot_ranges_close(struct bot_ranges *ranges); /* NULL is fine */

#endif
