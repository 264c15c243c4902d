/*
 * checkpoint.h - the acknowledged position of each content, on disk.
 *
 * Written only from acknowledgements: a checkpoint that is behind costs
 * duplicates, which the ids remove; one that is ahead would cost data.
 * The file is written anew, synced, and renamed into place; the previous one
 * is kept. A damaged file is set aside and reported, never a reason to stop.
 *
 * state_dir/checkpoint: a header line with version and hash of the rest, then a JSON object a line.
 */
#ifndef SHIPPER_CHECKPOINT_H
#define SHIPPER_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "shipper/stream.h"

struct checkpoint;

struct checkpoint_entry {
    struct checkpoint_entry *next;
    char *stream, *path; /* owned */
    uint64_t device, inode;
    uint64_t fingerprint;
    uint32_t generation;
    struct position acked;
    uint64_t size;        /* of the file when it was last looked at */
    int64_t found_ms;     /* wall; when the content was first seen */
    int64_t last_seen_ms; /* wall */
    bool finished;        /* an archive, read to its end */
    bool claimed;         /* an open stream stands for it (not stored) */
};

/*
 * Locks the folder (made if missing) and loads what is there. FATAL: another
 * agent uses it, or it is not usable.
 */
enum status checkpoint_open(const char *folder, struct checkpoint **out, struct error *err);

/* True when no usable checkpoint was there: the very first start, or a lost state. */
bool checkpoint_is_new(const struct checkpoint *checkpoint);

struct checkpoint_entry *checkpoint_entries(struct checkpoint *checkpoint);

/* A zeroed entry; NULL without memory. The names are copied. */
struct checkpoint_entry *checkpoint_add(struct checkpoint *checkpoint, const char *stream,
                                        const char *path);

/* Something changed: checkpoint_save has to write. */
void checkpoint_touch(struct checkpoint *checkpoint);

/*
 * Writes if something changed; forgets entries that were not seen for long.
 * RETRY: not possible now (disk full), try again later; the old file stays.
 */
enum status checkpoint_save(struct checkpoint *checkpoint, int64_t wall_ms, struct error *err);

void checkpoint_close(struct checkpoint *checkpoint); /* does not save; NULL is fine */

#endif
