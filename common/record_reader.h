/*
 * record_reader.h - records from JSON, many of the same kind one after the other.
 *
 * Reads what record_decode reads. What stands between the values of a record (names, braces,
 * commas) is the same in most records of a stream: a reader keeps it, as a tree in which records
 * that begin alike share their beginning. A record along such a way is its values, and a comparison
 * of what is between them; any other goes the long way, and is learned. Threads: a reader belongs
 * to one.
 */
#ifndef COMMON_RECORD_READER_H
#define COMMON_RECORD_READER_H

#include "common/record.h"

struct record_step;

struct record_reader { /* zeroed is a new one */
    struct record_step *steps;
    char *text; /* what stands between values, of all steps */
    unsigned count;
    size_t text_len;
    unsigned strange; /* records that went the long way, since what was learned was forgotten */
    unsigned row;     /* of them, one after the other, without any other between */
    struct timestamp_minute minute;
};

/* As record_decode. */
enum status record_reader_read(struct record_reader *reader, struct record *record,
                               struct slice text, struct error *err);

void record_reader_release(struct record_reader *reader);

#endif
