/*
 * replay.h - private to `indexer replay`: the command with its job, and what is said of it.
 */
#ifndef INDEXER_COMMAND_REPLAY_H
#define INDEXER_COMMAND_REPLAY_H

#include <limits.h>

#include "common/query.h"
#include "indexer/command/command.h"
#include "indexer/config.h"
#include "indexer/replay/replay.h"

#define QUERIES_MAX 3 /* the query, and two bounds of @timestamp */

struct replay_command {
    const struct replay_arguments *arguments;
    struct indexer_config config; /* a copy: some of it does not concern a replay */
    struct query_context context;
    struct replay_job job;
    const struct query *queries[QUERIES_MAX];
    struct arena arena;
    char state_path[PATH_MAX];
    struct buf name;  /* of the job */
    const char *file; /* the sink, when it is one */
    bool resumed;
    int64_t begin_ms;
};

/* Of --dry-run: the range, on standard output. */
void replay_print_plan(const struct replay_command *command);

/* Counts; on standard error when the records went to standard output. */
void replay_print_result(const struct replay_command *command, bool complete);

/* How to go on with what was not finished. */
void replay_print_resume(const struct replay_command *command);

#endif
