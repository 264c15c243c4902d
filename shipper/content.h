/*
 * content.h - the bytes of a file by their offset in the uncompressed content.
 *
 * Plain files are read in place; archives (by their magic bytes, whatever the
 * name) and pipes only go forward, and keep the last piece so that an
 * unfinished line can be read again. Memory does not depend on what an archive
 * becomes. The kinds are the files of shipper/content/.
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
 * DONE: nothing beyond these for now (*len may be 0); the file may grow, an archive too.
 * RETRY: a passing I/O error. REJECT: a damaged archive, nothing readable
 * beyond these; err says what is wrong with it.
 */
enum status content_read(struct content *content, uint64_t offset, char *to, size_t room,
                         size_t *len, struct error *err);

int content_fd(const struct content *content);
bool content_is_archive(const struct content *content);

/* After DONE: false for an archive that ends in the middle, because it is cut or still written. */
bool content_is_complete(const struct content *content);

/* Bytes of the file itself that were read so far, for progress. */
uint64_t content_progress(const struct content *content);

void content_close(struct content *content); /* NULL is fine */

#endif
