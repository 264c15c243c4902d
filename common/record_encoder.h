/*
 * record_encoder.h - records as JSON, many of the same kind one after the other.
 *
 * Writes what record_encode writes. What stands between the values depends only on which fields
 * a record has, and lines of one format have mostly the same ones: it is put together once for
 * each set of fields, and kept. Values that are the same in every record (value.constant) become
 * part of it. Threads: an encoder belongs to one.
 */
#ifndef COMMON_RECORD_ENCODER_H
#define COMMON_RECORD_ENCODER_H

#include "common/record.h"

#define RECORD_ENCODER_KINDS 32 /* sets of fields that are kept, by their hash */

struct record_skeleton;

struct record_encoder { /* zeroed is a new one */
    struct record_skeleton *kept[RECORD_ENCODER_KINDS];
    uint64_t seen[RECORD_ENCODER_KINDS]; /* hash of a set that came once: not yet worth it */
    const struct record_skeleton *chosen;
    int64_t second; /* the last time's, and its text up to the point: they come together */
    char second_text[24];
    bool has_second;
};

void record_encoder_release(struct record_encoder *encoder);

/* Bytes that record_encoder_write may need at most; to be called before it, for the same record. */
size_t record_encoder_bound(struct record_encoder *encoder, const struct record *record);

/* As record_encode. */
size_t record_encoder_write(struct record_encoder *encoder, const struct record *record, char *out,
                            uint64_t *invalid);

#endif
