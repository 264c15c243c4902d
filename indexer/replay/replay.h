/*
 * replay.h - a part of a topic once more: through a query and the enrichers
 * of today to Elasticsearch, into a file, or to standard output.
 *
 * It is no member of the group and touches no offsets; it asks no Redis what
 * it has seen, counts for no alert rule and no flood, and puts nothing into
 * the dead letter topic: what is refused is listed. Documents replace those of the same
 * id and index, so that a replay can be repeated, and run twice at once.
 *
 * One thread reads, in the order of each partition, and cuts what it reads
 * into parts (part.h); workers make lines or documents of them; the first thread
 * retires the parts in their order: only then a line is written, and the
 * state moves on. That is why a file that is gone on with has every record once.
 */
#ifndef INDEXER_REPLAY_H
#define INDEXER_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "indexer/replay/outlet.h"
#include "indexer/replay/state.h"

struct indexer_config;
struct query;
struct reader;

enum replay_goal {
    REPLAY_ELASTIC,
    REPLAY_LINES, /* to `out` */
    REPLAY_COUNT, /* nowhere: only what would be */
};

struct replay_job {
    const struct indexer_config *config;
    const char *topic;
    enum replay_goal goal;
    bool enrich;                  /* else records stay as they came, to the byte where it can be */
    const struct query **queries; /* all must hold */
    size_t query_count;
    double rate_per_s;          /* 0: no limit */
    struct reader *reader;      /* with its ranges set, not started */
    struct outlet out, rejects; /* fd -1: none */
    struct replay_state state;  /* begun, or loaded: where to begin, and what was done before */
    const char *state_path;     /* NULL: it is not kept */
    int stop_fd;
};

/*
 * Blocks until all is done. OK. DONE: stopped in good order before that (a signal, or nobody reads
 * the output); the state says how far. FATAL: could not go on. Counts are in job->state.
 */
enum status replay_run(struct replay_job *job, struct error *err);

#endif
