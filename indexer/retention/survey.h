/*
 * survey.h - the indices that are there, and whose they are.
 *
 * Ours is what has a name of ours and, in its mapping's _meta, the mark that the
 * index template gives: managed_by "alpex" and the prefix. All others are foreign.
 */
#ifndef INDEXER_RETENTION_SURVEY_H
#define INDEXER_RETENTION_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "indexer/retention/name.h"

struct elastic_link;

enum index_kind {
    INDEX_DAY,    /* records of one day */
    INDEX_KEPT,   /* what was kept of one month's days */
    INDEX_FOREIGN /* not ours: never touched */
};

/* Why an index of ours stays whatever its age. */
enum index_hold {
    HOLD_NONE,
    HOLD_READ_ONLY,   /* somebody set index.blocks.read_only or index.blocks.metadata; of the latter
                         nothing else is known, not even its size */
    HOLD_LIFECYCLE,   /* a lifecycle policy decides */
    HOLD_SNAPSHOT,    /* mounted from a snapshot */
    HOLD_DATA_STREAM, /* part of a data stream */
};

struct retention_index {
    const char *name, *uuid; /* in the survey's arena */
    enum index_kind kind;
    enum index_hold hold;
    struct index_day day;   /* not of foreign ones */
    uint64_t docs, bytes;   /* with replicas: what it takes on disk */
    bool marked, named;     /* has our mark, a name of ours; with one only it is foreign */
    bool closed, no_writes; /* index.blocks.write */
    const char *lifecycle;  /* name of the policy, or NULL */
};

struct survey {
    struct arena arena;
    struct retention_index *list;
    size_t count;
};

/* All indices whose names begin like ours, in order of day. Release it in any case. */
enum status survey_take(struct survey *survey, struct elastic_link *link, const char *kept_prefix,
                        const char *prefix, struct error *err);

/* The same of one index by its name; `count` is 0 when there is none, or an alias has the name. */
enum status survey_one(struct survey *survey, struct elastic_link *link, const char *name,
                       const char *kept_prefix, const char *prefix, struct error *err);

void survey_release(struct survey *survey);

/*
 * Elasticsearch's wall clock, to a second. What is deleted depends on ours: a machine
 * whose clock is wrong must not do it.
 */
enum status survey_clock(struct elastic_link *link, int64_t *now_ms, struct error *err);

/* Disks of the nodes: how full, and from where on Elasticsearch stops. */
struct survey_disk {
    char node[64];
    uint64_t used_bytes, total_bytes; /* total 0: unknown */
};

#define SURVEY_DISKS_MAX 64

struct survey_disks {
    struct survey_disk list[SURVEY_DISKS_MAX];
    size_t count;
    char low[24], high[24],
        flood_stage[24]; /* as the cluster has them: "85%", "10gb"; "" = unknown */
};

enum status survey_disks(struct elastic_link *link, struct survey_disks *out, struct error *err);

#endif
