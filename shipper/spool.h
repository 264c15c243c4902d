/*
 * spool.h - lines that came by network or pipe, on disk until Kafka has them.
 *
 * Their sender cannot be asked again, so a line is in a file before anything
 * else happens to it; what it is read from later is that file. Segments are
 * written one after the other and deleted when everything of them is
 * acknowledged. Appending is for any thread; the rest is for the pipeline's.
 *
 * folder/<number, 16 hex digits>.log, a line an entry:
 *
 *     <ns since 1970> <peer or -> <flags or -> <text>\n
 *
 * flags: T = the text was longer than the limit and is cut. In the text DLE (0x10) n stands for a
 * newline, DLE d for DLE itself.
 */
#ifndef SHIPPER_SPOOL_H
#define SHIPPER_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/timestamp.h"

struct spool;

/* `folder` is made if missing. `max_bytes`: of all segments. FATAL: not usable. */
enum status spool_open(const char *folder, uint64_t max_bytes, struct spool **out,
                       struct error *err);
void spool_close(struct spool *spool); /* NULL is fine */

/* Bytes of an entry whose text has at most `text` bytes. */
static inline size_t spool_entry_max(size_t text)
{
    return 2 * text + 256;
}

/* Adds one entry to `out`. `peer` holds no blanks; "" = not known. */
void spool_encode(struct buf *out, struct timestamp received, struct slice peer, bool cut,
                  struct slice text);

struct spool_entry {
    struct slice text; /* a view, or in the buffer that was given */
    struct slice peer; /* {NULL, 0}: not known */
    struct timestamp received;
    bool cut;
};

/* Reads an entry without its newline. False: it is none (damaged). */
bool spool_decode(struct slice line, struct buf *text, struct spool_entry *out);

/*
 * Appends entries, all or nothing. `durable`: they are synced to disk when it returns. RETRY: no
 * room (the limit, or the disk); nothing was added, try again later. REJECT: it will never fit.
 */
enum status spool_append(struct spool *spool, struct slice entries, bool durable,
                         struct error *err);

/* Would an append of `bytes` fit into the limit? */
bool spool_has_room(struct spool *spool, size_t bytes);

/* Syncs what was appended and is not on disk yet. */
void spool_sync(struct spool *spool);

uint64_t spool_bytes(struct spool *spool); /* of all segments */

/* Readable since something was appended; spool_heed makes it unreadable. */
int spool_fd(const struct spool *spool);
void spool_heed(struct spool *spool);
void spool_wake(struct spool *spool); /* makes it readable for another reason */

/* Segments, for the reader. A segment stays valid until spool_drop. */
struct spool_segment {
    struct spool_segment *next; /* the reader's own list */
    uint64_t number;
    char *path;
    int fd; /* for reading */
};

/* The next segment that spool_next has not given yet; NULL: none now, or without memory. */
struct spool_segment *spool_next(struct spool *spool);

/* Bytes in the segment now. *sealed: nothing will be added. */
uint64_t spool_size(struct spool *spool, const struct spool_segment *segment, bool *sealed);

/* Deletes the segment from disk when `remove`, and from memory. */
void spool_drop(struct spool *spool, struct spool_segment *segment, bool remove);

#endif
