/*
 * content.h - the bytes of a file by their offset in the uncompressed content.
 *
 * Plain files are read in place; gzip files (by their magic bytes, whatever
 * the name; RFC 1952, any number of members) and pipes only go forward, and
 * keep the last piece so that an unfinished line can be read again.
 */
#ifndef SHIPPER_CONTENT_H
#define SHIPPER_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct content;

/* Takes `fd` over, also on failure. REJECT: not a readable file. */
enum status content_open(int fd, struct content **out, struct error *err);

/*
 * Up to `room` bytes from `offset` on, *len of them. OK: there may be more.
 * DONE: nothing beyond these for now (*len may be 0); a plain file may grow.
 * RETRY: a passing I/O error. REJECT: a damaged archive, nothing readable
 * beyond these; err says what is wrong with it.
 */
enum status content_read(struct content *content, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err);

int content_fd(const struct content *content);
bool content_is_archive(const struct content *content); /* gzip */

/* Bytes of the file itself that were read so far, for progress. */
uint64_t content_progress(const struct content *content);

void content_close(struct content *content); /* NULL is fine */

#endif
