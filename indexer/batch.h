/*
 * batch.h - records under way: from Kafka messages to their outcome.
 *
 * A batch is filled by the consumer thread, travels to one worker, and comes
 * back when every entry is settled; it is always owned by one thread. The
 * messages stay alive until batch_clear: values may point into their payloads.
 */
#ifndef INDEXER_BATCH_H
#define INDEXER_BATCH_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"

struct segment;

enum outcome {
    OUTCOME_PENDING = 0,   /* not settled: to be written, or written again */
    OUTCOME_INDEXED,       /* Elasticsearch created it */
    OUTCOME_DUPLICATE,     /* it was there already */
    OUTCOME_REDELIVERED,   /* Redis: this very message was stored before */
    OUTCOME_REFUSED,       /* refused for good: to be dead-lettered, see `reason` */
    OUTCOME_DEAD_LETTERED, /* acknowledged by the dead letter topic */
    OUTCOME_DROPPED,       /* its partition was taken away; another member settles it */
    OUTCOME_FILTERED,      /* a replay's query does not find it */
    OUTCOME_COUNT
};

/* Why a record is refused; header `dlq.reason` and label of the metrics. */
enum reason {
    REASON_NONE = 0,
    REASON_DECODE,      /* the message is no record */
    REASON_TOO_LARGE,   /* even alone larger than Elasticsearch takes */
    REASON_MAPPING,     /* Elasticsearch cannot map it, also not as core fields */
    REASON_TOO_OLD,     /* of a day that retention has deleted */
    REASON_INDEX_LIMIT, /* of more new indices than one hour may have */
    REASON_REJECTED,    /* any other refusal of this document */
    REASON_COUNT
};

extern const char *const outcome_names[OUTCOME_COUNT]; /* "indexed", … */
extern const char *const reason_names[REASON_COUNT];   /* "decode", … */

struct batch_entry {
    rd_kafka_message_t *message; /* owned; NULL in tests and in `indexer enrich` */
    struct slice original;       /* the message's payload */
    struct slice id;             /* event.id, the document's _id */
    struct slice index;          /* full index name; equal pointers for equal names mostly */
    uint64_t page;               /* equal for records that lie together in their source */
    uint64_t key[2];             /* hash of index and id, by dedup_check; 0, 0: not yet */
    struct slice document;       /* the enriched record as JSON; in the arena */
    enum outcome outcome;
    enum reason reason;
    bool degraded;      /* `document` is already the reduced form */
    uint16_t attempts;  /* times that it was sent to Elasticsearch */
    uint16_t status;    /* Elasticsearch's last verdict, HTTP code; 0 = none */
    const char *detail; /* its error, at most 1 KiB, in the arena; or NULL */
};

struct batch {
    struct arena arena;
    struct batch_entry *entries;
    size_t count, capacity;
    size_t bytes;             /* of the payloads */
    int64_t opened_ms;        /* monotonic; when its first message came */
    bool settled;             /* set by the worker: every entry has its outcome */
    bool stuck;               /* set by the sink: what is pending need not hold up other batches */
    bool parked;              /* left over from another batch: documents are made */
    bool with_worker;         /* pipeline.c: handed out */
    int64_t again_ms;         /* when to go on with a parked one; monotonic */
    struct segment *segments; /* offsets.c: what it holds of each partition */
};

/*
 * Memory for ids, documents and errors that one batch after the other has while a worker settles
 * it: so there is as much of it as there are workers, not batches. Ends with arena_release.
 */
void batch_memory_init(struct arena *memory);
void batch_lend(struct batch *batch, struct arena *memory);

/* Back and empty: of the entries only message, original, outcome and reason are good then. */
void batch_give_back(struct batch *batch, struct arena *memory);

enum status batch_open(size_t capacity, struct batch **out, struct error *err);

/* Takes the message over; false when the batch is full (the message stays the caller's). */
bool batch_add(struct batch *batch, rd_kafka_message_t *message);

/* Adds a payload without a message (tests, `indexer enrich`); not copied. */
bool batch_add_payload(struct batch *batch, struct slice payload);

/* Entries that are still OUTCOME_PENDING. */
size_t batch_pending(const struct batch *batch);

/*
 * Moves the pending entries, with their messages and what they point to, into a
 * batch of their own, and the whole's segments with them. FATAL: no memory,
 * nothing has moved.
 */
enum status batch_split(struct batch *batch, struct batch **rest, struct error *err);

/* Gives the messages back and empties the arena. */
void batch_clear(struct batch *batch);
void batch_close(struct batch *batch); /* NULL is fine */

#endif
