/*
 * record_encoder.h - records as JSON, many of the same kind one after the other.
 *
 * Writes what record_encode writes. What stands between the values depends only on which fields
 * and extras a record has, and lines of one format have mostly the same ones: it is put together
 * once for each set of them, and kept. Values that are the same in every record (value.constant)
 * become part of it. Threads: an encoder belongs to one.
 */
#ifndef COMMON_RECORD_ENCODER_H
#define COMMON_RECORD_ENCODER_H

#include "common/record.h"

#define RECORD_ENCODER_SLOTS  128 /* of two sets of fields each, by their hash */
#define RECORD_ENCODER_EXTRAS 16  /* values outside of the schema: with more it goes without */

struct record_skeleton;

struct record_encoder { /* zeroed is a new one */
    struct record_skeleton *kept[RECORD_ENCODER_SLOTS][2];
    uint64_t seen[RECORD_ENCODER_SLOTS]; /* hash of a set that came once: not yet worth it */
    const struct record_skeleton *chosen;
    const struct record_extra *extras[RECORD_ENCODER_EXTRAS]; /* of the record that it is for */
    int64_t minute; /* the last time's first second, and its text up to them: they come together */
    char minute_text[20];
    bool has_minute;
    const char *around; /* see record_encoder_within */
    size_t around_len;
};

/*
 * Most values lie in `bytes` until it is said otherwise: all of them can be read then, also those
 * behind a value. {NULL, 0}: nothing is known of that.
 */
void record_encoder_within(struct record_encoder *encoder, struct slice bytes);

void record_encoder_release(struct record_encoder *encoder);

/* Bytes that record_encoder_write may need at most; to be called before it, for the same record. */
size_t record_encoder_bound(struct record_encoder *encoder, const struct record *record);

/*
 * Writes the record without the need to ask for the bound before; 0: `room` bytes may not be
 * enough.
 */
size_t record_encoder_try(struct record_encoder *encoder, const struct record *record, char *out,
                          size_t room, uint64_t *invalid);

/* As record_encode. */
size_t record_encoder_write(struct record_encoder *encoder, const struct record *record, char *out,
                            uint64_t *invalid);

#endif
