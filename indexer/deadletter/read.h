/*
 * read.h - the letters of the dead letter topic, and what became of them.
 *
 * A letter is a refused record with its reason (deadletter.h). Handled ones
 * stay in the topic as long as Kafka keeps them: that they are handled is said
 * by marks, messages of the same topic and partition. So there is one topic to
 * allow, to back up and to look at, a mark never goes before its letter, and
 * who is interrupted in the middle leaves letters open, never lost.
 *
 * A mark has the header `dlq.mark` (redriven or discarded) and a JSON value:
 *   {"state":"redriven","offsets":[[12,57],[60,60]],"count":47,
 *    "by":"user@host","time":"2026-11-21T12:00:00.000Z","note":""}
 * It stands in the partition of its letters; the last one that names an offset counts.
 *
 * An indexer that dies between letter and commit refuses the same message
 * again: such letters are `repeated`, and are to be counted once.
 */
#ifndef INDEXER_DEADLETTER_READ_H
#define INDEXER_DEADLETTER_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/json_walk.h"

struct indexer_kafka_config;
struct rd_kafka_message_s;

enum letter_state { LETTER_OPEN, LETTER_REDRIVEN, LETTER_DISCARDED, LETTER_STATES };

extern const char *const letter_state_names[LETTER_STATES]; /* "open", … */

/* Texts are views, "" when absent; what is no number where one should be is -1. */
struct letter {
    int32_t partition; /* its own place, in the dead letter topic */
    int64_t offset;
    struct slice key, value; /* as they were read; key.data is NULL when there is none */
    bool tombstone;          /* the value was null */
    struct slice reason, kind, stage, error, type, id, by; /* kind: dlq.class */
    struct slice topic;                                    /* where the record came from */
    int32_t source_partition;
    int64_t source_offset;
    int64_t status, attempts, redrives;
    int64_t first_ms, last_ms; /* wall time; the message's own when there is no header */
    enum letter_state state;
    bool repeated;      /* an earlier letter is about the same message */
    int64_t handled_ms; /* when it was redriven or discarded; 0: open, or that was an earlier one */
    struct slice handled;               /* by whom, "user@host" */
    struct slice why;                   /* the note of who discarded it */
    struct rd_kafka_message_s *message; /* owned by the reader */
};

/* OK: go on. DONE: enough. Others end the reading and are returned. Views live until it returns. */
typedef enum status letter_taker(void *arg, const struct letter *letter, struct error *err);

/*
 * Gives every letter that there is now to `take`, partition by partition, each in its order. DONE:
 * there is no dead letter topic, so no letter. RETRY: Kafka cannot be reached, or stopped
 * answering for long. Reads the topic twice, since marks come after letters. Blocks.
 */
enum status deadletter_each(const struct indexer_kafka_config *config, letter_taker *take,
                            void *arg, struct error *err);

/* Reads one message. False: it is a mark. For tests and for `indexer replay` of the topic. */
bool letter_decode(const struct rd_kafka_message_s *message, struct letter *out);

/* What a mark says. */
struct letter_mark {
    enum letter_state state;
    int64_t time_ms;
    struct slice by, note; /* inside of their quotes, as JSON has them */
    struct json_elements pairs;
};

/* False: it is none that can be understood. */
bool letter_mark_decode(struct slice value, struct letter_mark *out);

/* The next pair of offsets, first and last. False: no more. */
bool letter_mark_next(struct letter_mark *mark, int64_t *first, int64_t *last);

#endif
