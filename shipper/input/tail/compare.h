/*
 * compare.h - is a file's content still, or again, the one we know?
 */
#ifndef SHIPPER_INPUT_TAIL_COMPARE_H
#define SHIPPER_INPUT_TAIL_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "shipper/checkpoint.h"
#include "shipper/content.h"
#include "shipper/stream.h"

/* What a look at a file's content says about an entry of the checkpoint. */
enum match {
    MATCH_NO,
    MATCH_SHORT, /* it begins as the entry's content did, but ends before what was acknowledged */
    MATCH_YES,   /* the content goes on from the entry's acknowledged position */
    MATCH_HEAD,  /* it begins as the entry's content did, but there is no mark to prove more */
};

/* Hash of the content's beginning; 0: no complete line yet, or not readable. `whole`: as it stands
 * it is complete. */
uint64_t compare_fingerprint(struct content *content, bool whole);

/*
 * May `copy` be a copy of `original`, perhaps an older one? Compares their
 * beginnings, beyond the first line; a copy is not longer than what it was made of.
 */
bool compare_may_be_copy(struct content *copy, struct content *original);

/* Does `content` hold what was acknowledged as `entry`? Reads only what it must. */
enum match compare_entry(struct content *content, uint64_t fingerprint,
                         const struct checkpoint_entry *entry);

/*
 * Does the file still hold what was read before `position`? Reads `*len` bytes
 * that follow it into `to` on the way. OK or DONE as content_read; REJECT: another content, or
 * damaged.
 */
enum status compare_read_on(struct content *content, const struct position *position, char *to,
                            size_t room, struct slice *bytes, struct error *err);

#endif
