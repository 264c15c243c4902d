/*
 * checkpoint_store.h - private to checkpoint*.c: lines on disk that survive a crash.
 *
 *     state_dir/checkpoint.N   a header with version and hash, then a line an entry
 *     state_dir/journal.N      what has changed since checkpoint.N: a hash and a line each
 *
 * Loading takes the newest checkpoint whose hash is right, then the lines of
 * the journals from its number on. A new checkpoint is written beside, synced,
 * renamed, and its folder synced; the one before it stays with its journal, so
 * that one damaged file costs nothing. Lines of a journal that are not right
 * are left out: a torn last one is what a crash leaves, others are reported.
 */
#ifndef SHIPPER_CHECKPOINT_STORE_H
#define SHIPPER_CHECKPOINT_STORE_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

struct checkpoint_store;

enum checkpoint_part { CHECKPOINT_BEGINS, CHECKPOINT_LINE, JOURNAL_LINE };

/* BEGINS: forget what the lines before said, they were damaged. REJECT: not a line of ours. */
typedef enum status checkpoint_taker(void *arg, enum checkpoint_part part, struct slice line);

/* Makes and locks the folder. FATAL: another agent uses it, or it is not usable. */
enum status checkpoint_store_open(const char *folder, struct checkpoint_store **out,
                                  struct error *err);

/* DONE: nothing usable is there. FATAL: written by a newer version. */
enum status checkpoint_store_load(struct checkpoint_store *store, checkpoint_taker *take, void *arg,
                                  struct error *err);

/* All of it anew: `lines`, each with its newline. RETRY: not possible now. */
enum status checkpoint_store_replace(struct checkpoint_store *store, struct slice lines,
                                     struct error *err);

/* Adds to the journal. RETRY: not possible now, nothing of it counts. */
enum status checkpoint_store_append(struct checkpoint_store *store, struct slice lines,
                                    struct error *err);

/* The journal is large, or cannot be added to: replace is due. */
bool checkpoint_store_is_due(const struct checkpoint_store *store);

void checkpoint_store_close(struct checkpoint_store *store); /* NULL is fine */

#endif
