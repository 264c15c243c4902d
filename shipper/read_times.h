/*
 * read_times.h - the reading times of lines that have no time of their own.
 *
 * A line without a time takes the last one of its content, which is the same
 * on every reading. Where no line before it had one, it takes the time at
 * which it was read (the file's last change, in fact). That is part of its id
 * and decides its index, so it must come out the same when the line is read
 * again, also when the checkpoint is lost. So it is written down first:
 * "of this content, from this offset on, the time is T", a mark each STEP at
 * most, synced before the first line that uses it is sent. Where lines have times nothing is
 * written.
 *
 * state_dir/read_times.N: records of 32 bytes, each with its own hash, so that
 * a damaged one costs only itself; the newest two files count. It does not
 * depend on the checkpoint. Without the whole state_dir, lines that never had
 * a time get another one, and are stored twice: nothing in them could tell.
 * Belongs to the one thread of the agent.
 */
#ifndef SHIPPER_READ_TIMES_H
#define SHIPPER_READ_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

#define READ_TIMES_STEP_S 10 /* lines of this time share a mark */

struct read_times;
struct stream;

/* Loads what is there. A folder that cannot be read is an empty one. FATAL: out of memory. */
enum status read_times_open(const char *folder, struct read_times **out, struct error *err);

/*
 * Sets stream->read.time for `bytes`, which follow stream->read and were
 * written until `modified_s`. Returns how many of them were handed on, or are now, with that time:
 * hand on no more. *event_end: in front of the rest an event ended the last time.
 */
size_t read_times_settle(struct read_times *times, struct stream *stream, struct slice bytes,
                         int64_t modified_s, bool *event_end);

/*
 * A line of the last settled bytes took that time: it is written down, synced when it is a new
 * one. RETRY: it cannot be; with a lost checkpoint such lines would be stored twice.
 */
enum status read_times_keep(struct read_times *times, struct error *err);

void read_times_close(struct read_times *times); /* NULL is fine */

#endif
