/*
 * outbox.h - records between encoding and acknowledgement, within a budget of
 * bytes; acknowledgements put back in order.
 *
 * Records are written into chunks of memory, which librdkafka sends from
 * without a copy. The records of one stream in one chunk that are handed over
 * together are a run: a counter, not a list. When every run before it is
 * acknowledged, the stream's `acked` position moves to a run's end, and its account
 * with it.
 *
 *     reserve -> (encode) -> commit ... flush -> producer -> delivered -> acked
 */
#ifndef SHIPPER_OUTBOX_H
#define SHIPPER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct account;
struct outbox;
struct position;
struct producer;
struct quarantine;
struct shipper_config;
struct stream;

/* `acked` is called when a stream's acked position has moved. */
typedef void outbox_acked(void *arg, struct stream *stream);

enum status outbox_open(const struct shipper_config *config, struct quarantine *quarantine,
                        outbox_acked *acked, void *arg, struct outbox **out, struct error *err);

/* The two know each other: the producer reports to the outbox. */
void outbox_connect(struct outbox *outbox, struct producer *producer);

/* Another configuration, which must outlive it. Nothing may be under way. */
void outbox_configure(struct outbox *outbox, const struct shipper_config *config);

/*
 * Room for a record of at most `bound` bytes, or NULL: the budget is used up,
 * stop reading until something was acknowledged.
 */
char *outbox_reserve(struct outbox *outbox, size_t bound);

/*
 * Takes over the record of `len` bytes that was written into the last reserved room. It begins at
 * `offset` and is made of `lines` lines; `after` is where its stream goes on. RETRY: it does not
 * fit now after all. REJECT: larger than a message may be.
 */
enum status outbox_commit(struct outbox *outbox, struct stream *stream, size_t len, uint64_t offset,
                          uint64_t lines, const struct position *after);

/*
 * The stream went on to `after` without a record (filtered, or the end of a line that was cut).
 * `counted`: what the stream's account gets for it; NULL: nothing.
 */
enum status outbox_pass(struct outbox *outbox, struct stream *stream, const struct account *counted,
                        const struct position *after);

/* The bytes that the last positions were given with go away now. */
void outbox_piece_done(struct outbox *outbox);

/* Hands everything to the producer, and what failed before when its pause is over. */
void outbox_flush(struct outbox *outbox, int64_t now_ms);

/* When outbox_flush should be called at the latest; INT64_MAX: no need. */
int64_t outbox_due_ms(const struct outbox *outbox);

/* Gives memory back that a burst needed, once all of it is acknowledged. */
void outbox_trim(struct outbox *outbox);

/*
 * The time of the oldest line that is not acknowledged, as its record has it. False: there is none.
 * Looks at every run.
 */
struct timestamp;
bool outbox_oldest(const struct outbox *outbox, struct timestamp *out);

size_t outbox_bytes(const struct outbox *outbox);     /* memory in use */
uint64_t outbox_waiting(const struct outbox *outbox); /* records not yet acknowledged */

/* The producer's report function; `arg` is the outbox. */
struct outgoing;
enum delivery;
void outbox_report(void *outbox, const struct outgoing *message, enum delivery delivery,
                   const char *detail);

/* After the producer: it may still send from the chunks. NULL is fine. */
void outbox_close(struct outbox *outbox);

#endif
