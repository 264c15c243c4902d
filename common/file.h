/*
 * file.h - whole files and whole pieces: reads and writes that go on after an interruption.
 */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/error.h"

/* Everything of `text`. False: errno says why; some of it may be written. */
bool file_write_all(int fd, struct slice text);

/* What is left to read of `fd`, behind what `out` holds. False: errno; EFBIG: it is more than
 * out->max allows. */
bool file_read_all(int fd, struct buf *out);

/* The same of the file at `path`. REJECT: it cannot be opened or read, or is too large; err names
 * it. */
enum status file_read(const char *path, struct buf *out, struct error *err);

#endif
