/*
 * offsets.c - which offsets may be committed.
 */
#include "indexer/offsets.h"

#include <stdlib.h>

#include "indexer/batch.h"

struct segment {
    struct segment *next;          /* of the partition, in order */
    struct segment *next_of_batch; /* of the batch */
    struct track *track;           /* NULL: the partition was taken away */
    int64_t next_offset;
    bool settled;
    bool returned; /* the batch is done with it */
};

struct track { /* one partition */
    struct track *next;
    int32_t partition;
    int64_t position, committed; /* next offset; -1 = not known */
    struct segment *first, *last;
    unsigned outstanding;
};

struct offsets {
    struct track *tracks;
};

enum status offsets_open(struct offsets **out, struct error *err)
{
    struct offsets *offsets = calloc(1, sizeof(*offsets));

    if (!offsets)
        return error_set(err, FATAL, "out of memory");
    *out = offsets;
    return OK;
}

static struct track *find(const struct offsets *offsets, int32_t partition)
{
    struct track *track = offsets->tracks;

    while (track && track->partition != partition)
        track = track->next;
    return track;
}

enum status offsets_add(struct offsets *offsets, int32_t partition, struct error *err)
{
    struct track *track = find(offsets, partition);

    if (track)
        return OK;
    track = calloc(1, sizeof(*track));
    if (!track)
        return error_set(err, FATAL, "out of memory");
    track->partition = partition;
    track->position = track->committed = -1;
    track->next = offsets->tracks;
    offsets->tracks = track;
    return OK;
}

void offsets_remove(struct offsets *offsets, int32_t partition)
{
    struct track **link = &offsets->tracks, *track;
    struct segment *segment, *next;

    while (*link && (*link)->partition != partition)
        link = &(*link)->next;
    track = *link;
    if (!track)
        return;
    *link = track->next;
    for (segment = track->first; segment; segment = next) {
        next = segment->next;
        segment->track = NULL;
        if (segment->returned)
            free(segment); /* the others go with their batch */
    }
    free(track);
}

static void append(struct track *track, struct segment *segment)
{
    if (track->last)
        track->last->next = segment;
    else
        track->first = segment;
    track->last = segment;
    track->outstanding++;
}

/* The batch's segment of `track`; the one before is the likeliest. */
static struct segment *segment_of(struct batch *batch, struct track *track)
{
    struct segment *segment = batch->segments;

    while (segment && segment->track != track)
        segment = segment->next_of_batch;
    return segment;
}

bool offsets_hand_out(struct offsets *offsets, struct batch *batch)
{
    struct segment *segment = NULL;

    batch->segments = NULL;
    for (size_t i = 0; i < batch->count; i++) {
        const rd_kafka_message_t *message = batch->entries[i].message;

        if (!segment || !segment->track || segment->track->partition != message->partition) {
            struct track *track = find(offsets, message->partition);

            if (!track)
                continue; /* taken away meanwhile: nothing to commit */
            segment = segment_of(batch, track);
            if (!segment) {
                segment = calloc(1, sizeof(*segment));
                if (!segment)
                    return false;
                segment->track = track;
                segment->next_of_batch = batch->segments;
                batch->segments = segment;
                append(track, segment);
            }
        }
        segment->next_offset = message->offset + 1;
    }
    return true;
}

/* Moves the position over the settled segments at the head. */
static void advance(struct track *track)
{
    struct segment *segment;

    while ((segment = track->first) && segment->settled) {
        track->position = segment->next_offset;
        track->first = segment->next;
        if (!track->first)
            track->last = NULL;
        free(segment);
    }
}

/*
 * Settled segments that follow each other become one: behind a record that waits for hours they
 * would become many.
 */
static void join_settled(struct track *track)
{
    struct segment **link = &track->first, *segment;

    while ((segment = *link)) {
        if (!segment->settled || !segment->next || !segment->next->settled) {
            link = &segment->next;
            continue;
        }
        *link = segment->next;
        free(segment);
    }
}

void offsets_take_back(struct offsets *offsets, struct batch *batch, bool settled)
{
    struct segment *segment = batch->segments, *next;

    (void)offsets;
    batch->segments = NULL;
    for (; segment; segment = next) {
        struct track *track = segment->track;

        next = segment->next_of_batch;
        if (!track) {
            free(segment);
            continue;
        }
        track->outstanding--;
        segment->returned = true;
        segment->settled = settled; /* one that is not settled stops the position for good */
        if (!settled)
            continue;
        advance(track);
        join_settled(track);
    }
}

unsigned offsets_outstanding(const struct offsets *offsets, int32_t partition)
{
    unsigned sum = 0;

    for (const struct track *track = offsets->tracks; track; track = track->next)
        if (partition < 0 || track->partition == partition)
            sum += track->outstanding;
    return sum;
}

void offsets_each_moved(struct offsets *offsets,
                        void (*visit)(void *arg, int32_t partition, int64_t next), void *arg)
{
    for (const struct track *track = offsets->tracks; track; track = track->next)
        if (track->position != track->committed)
            visit(arg, track->partition, track->position);
}

void offsets_committed(struct offsets *offsets, int32_t partition, int64_t next)
{
    struct track *track = find(offsets, partition);

    if (track)
        track->committed = next;
}

int64_t offsets_position(const struct offsets *offsets, int32_t partition)
{
    const struct track *track = find(offsets, partition);

    return track ? track->position : -1;
}

void offsets_close(struct offsets *offsets)
{
    struct track *track;
    struct segment *segment;

    if (!offsets)
        return;
    while ((track = offsets->tracks)) {
        offsets->tracks = track->next;
        while ((segment = track->first)) {
            track->first = segment->next;
            free(segment);
        }
        free(track);
    }
    free(offsets);
}
