/*
 * checkpoint.h - the acknowledged position of each content, on disk.
 *
 * Written only from acknowledgements: a checkpoint that is behind costs
 * duplicates, which the ids remove; one that is ahead would cost data.
 *
 * On disk (checkpoint_store.h): a snapshot of all entries, and a journal of
 * what has changed since; one changed file costs one line. Entries are found by stream,
 * by file, and by the fingerprint of their beginning, each in constant time.
 * Belongs to the one thread of the agent.
 */
#ifndef SHIPPER_CHECKPOINT_H
#define SHIPPER_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/table.h"
#include "shipper/stream.h"

struct checkpoint;
struct read_times;

struct checkpoint_entry {
    struct checkpoint_entry *next, *previous; /* of all */
    struct checkpoint_entry *next_changed, *next_untold;
    struct table_link by_stream, by_file, by_head;
    bool changed, claimed; /* claimed: an open stream stands for it. Neither is stored */
    bool untold;           /* its account has moved since it was told; not stored */
    uint64_t told;         /* number that grows with the account, when it was told; not stored */
    uint32_t number;       /* on disk; 0 = not there yet */

    char *stream, *path; /* owned; any bytes */
    uint64_t fingerprint;
    uint32_t generation;
    int64_t found_ms; /* wall; when the content was first seen */

    uint64_t device, inode; /* changed by checkpoint_set_file */
    int64_t born_ns;        /* of the inode; 0 = the file system does not say */
    struct position acked;
    struct account account; /* at `acked` */
    char *heading;          /* owned; the line that names the columns at `acked`; NULL: none */
    uint64_t size;          /* of the file when it was last looked at */
    int64_t last_seen_ms;   /* wall */
    bool finished;          /* an archive, or a file of a folder: read to its end */
};

/*
 * Locks the folder (made if missing) and loads what is there. What is damaged is set aside and
 * reported. FATAL: another agent uses it, it is not usable, or a newer shipper has written it.
 */
enum status checkpoint_open(const char *folder, struct checkpoint **out, struct error *err);

/* True when no usable checkpoint was there: the very first start, or a lost state. */
bool checkpoint_is_new(const struct checkpoint *checkpoint);

/* Of the same folder; closed with the checkpoint, and independent of what is in it. */
struct read_times *checkpoint_read_times(const struct checkpoint *checkpoint);

/* All entries: the first; go on with ->next. */
struct checkpoint_entry *checkpoint_entries(struct checkpoint *checkpoint);

/* The first (`after` NULL) or next entry of a stream, a file, a fingerprint; NULL: no more. */
struct checkpoint_entry *checkpoint_of_stream(const struct checkpoint *checkpoint,
                                              const char *stream,
                                              const struct checkpoint_entry *after);
struct checkpoint_entry *checkpoint_of_file(const struct checkpoint *checkpoint, uint64_t device,
                                            uint64_t inode, const struct checkpoint_entry *after);
struct checkpoint_entry *checkpoint_of_head(const struct checkpoint *checkpoint,
                                            uint64_t fingerprint,
                                            const struct checkpoint_entry *after);

/* A new entry; NULL without memory. The names are copied. */
struct checkpoint_entry *checkpoint_add(struct checkpoint *checkpoint, const char *stream,
                                        const char *path, uint64_t fingerprint,
                                        uint32_t generation);

void checkpoint_set_file(struct checkpoint *checkpoint, struct checkpoint_entry *entry,
                         uint64_t device, uint64_t inode, int64_t born_ns);

/* A stored member was changed: checkpoint_save has to write it. */
void checkpoint_changed(struct checkpoint *checkpoint, struct checkpoint_entry *entry);

/*
 * Entries whose account has moved since they were visited last: each is visited once. All of them
 * count as moved after checkpoint_tell_all.
 */
typedef void checkpoint_teller(void *arg, const struct checkpoint_entry *entry);
bool checkpoint_has_untold(const struct checkpoint *checkpoint);
void checkpoint_each_untold(struct checkpoint *checkpoint, checkpoint_teller *tell, void *arg);
void checkpoint_tell_all(struct checkpoint *checkpoint);

/*
 * Writes what has changed, synced when it returns; forgets entries that were not seen for
 * long. RETRY: not possible now (disk full), try again later; what is on disk stays as it is.
 */
enum status checkpoint_save(struct checkpoint *checkpoint, int64_t wall_ms, struct error *err);

void checkpoint_close(struct checkpoint *checkpoint); /* does not save; NULL is fine */

#endif
