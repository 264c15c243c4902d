/*
 * pipeline.h - wires the stages of the indexer:
 *
 *     consumer -> decode -> enrich -> dedup -> sink -> mark, dead letter
 *        ^                                                |
 *        +---------- offsets <-------- settled -----------+
 *
 * One thread consumes and commits; N workers do what is in between.
 */
#ifndef INDEXER_PIPELINE_H
#define INDEXER_PIPELINE_H

#include "common/error.h"

struct indexer_config;
struct reload_source;

/*
 * Runs until SIGTERM or SIGINT. `source` is where `config` came from, to be read
 * again at SIGHUP. FATAL: cannot start, or cannot go on.
 */
enum status pipeline_run(const struct indexer_config *config, const struct reload_source *source,
                         struct error *err);

#endif
