/*
 * state.h - how far a replay is, in a file: so that it can go on where it stopped.
 *
 * The file is small JSON, replaced as a whole: after a kill or a power cut it
 * is the old one or the new one. What it says was in the sink, and on disk
 * where the sink is a file, before it said so; what is behind out_bytes is to
 * be cut off.
 */
#ifndef INDEXER_REPLAY_STATE_H
#define INDEXER_REPLAY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct replay_counts {
    uint64_t read;     /* messages */
    uint64_t filtered; /* not found by the query */
    uint64_t stored;   /* written, or taken by Elasticsearch */
    uint64_t replaced; /* of these: there was such a document already */
    uint64_t refused;  /* no record, or not taken for good */
};

struct replay_part_state {
    int64_t from, next, to; /* where it began, what comes next, the one behind the last */
};

struct replay_state {
    char *job; /* what is replayed, and how: another job must not go on here */
    bool complete;
    uint64_t now_ms;                  /* what "now" stood for when it began */
    uint64_t out_bytes, reject_bytes; /* of the sink's file, of that with the refused ones */
    struct replay_counts counts;
    size_t count; /* partitions, from 0 */
    struct replay_part_state *parts;
};

/* Offsets so far that held no record: deleted, compacted, ends of transactions. */
uint64_t replay_state_absent(const struct replay_state *state);

/* Offsets that are done, and all. */
uint64_t replay_state_done(const struct replay_state *state);
uint64_t replay_state_total(const struct replay_state *state);

/* `job` is copied. */
enum status replay_state_init(struct replay_state *state, const char *job, size_t count,
                              struct error *err);
void replay_state_release(struct replay_state *state); /* zeroed is fine */

/* FATAL: it could not be written; the old one stays. */
enum status replay_state_save(const struct replay_state *state, const char *path,
                              struct error *err);

/* DONE: there is no such file. REJECT: it is no state. The caller releases *out after OK. */
enum status replay_state_load(const char *path, struct replay_state *out, struct error *err);

#endif
