/*
 * record_id.h - event.id: a record's identity from its place in its source.
 *
 * The same line gets the same id whenever and from wherever it is read again:
 * the live file, the rotated one, its copy or its .gz, after a restart, a lost
 * checkpoint or a replay. Elasticsearch then sees one document.
 *
 *   id = base64url(16 bytes)            22 characters
 *   bytes 0..5   event time, ms since 1970, big endian (0 before 1970):
 *                ids of one time share a prefix, which Lucene looks up faster
 *   bytes 6..15  80 bits of XXH3-128 over agent, stream, fingerprint of the
 *                content's beginning, generation, offset, and the line's bytes
 */
#ifndef COMMON_RECORD_ID_H
#define COMMON_RECORD_ID_H

#include <stdint.h>

#include "common/buf.h"
#include "common/timestamp.h"

#define RECORD_ID_LEN 22 /* characters, no NUL */

/* One content of one stream; everything that its lines have in common. */
struct record_source {
    uint64_t seed; /* hash of the below */
};

/*
 * `agent_id`: who read it. `stream`: where it came from, without rotation
 * suffix. `fingerprint`: hash of the content's beginning. `generation`: tells
 * contents of one stream apart that begin alike; 0 for the first.
 */
struct record_source record_source_make(struct slice agent_id, struct slice stream,
                                        uint64_t fingerprint, uint32_t generation);

/* `offset`: of the line's first byte in the uncompressed content. `line`: without its newline. */
void record_id_make(const struct record_source *source, uint64_t offset, struct slice line,
                    struct timestamp time, char id[RECORD_ID_LEN]);

#endif
