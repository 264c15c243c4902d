/*
 * checkpoint_line.h - private to checkpoint*.c: an entry as a line of JSON, and back.
 *
 * A line has the entry's number on disk, and is whole (its names, its fingerprint and its state),
 * or says of an entry before it what has changed: its state, or that it is gone.
 */
#ifndef SHIPPER_CHECKPOINT_LINE_H
#define SHIPPER_CHECKPOINT_LINE_H

#include "common/buf.h"
#include "common/json.h"
#include "shipper/checkpoint.h"

void checkpoint_line_add_whole(struct buf *out, const struct checkpoint_entry *entry,
                               uint32_t number);

/* The end of a line that was begun with the number. */
void checkpoint_line_add_state(struct buf *out, const struct checkpoint_entry *entry);

/* Adds an entry for a whole line, without its state. REJECT: no line of ours. FATAL: no memory. */
enum status checkpoint_line_entry(struct checkpoint *checkpoint, const cJSON *json,
                                  struct checkpoint_entry **out);

/* Sets the state; `line` is what `json` was read from. REJECT: no line of ours. */
enum status checkpoint_line_state(struct checkpoint *checkpoint, struct checkpoint_entry *entry,
                                  const cJSON *json, struct slice line);
bool checkpoint_line_is_gone(const cJSON *json);

#endif
