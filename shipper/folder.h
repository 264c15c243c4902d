/*
 * folder.h - folders: the files of a configuration folder, and those of the state made.
 */
#ifndef SHIPPER_FOLDER_H
#define SHIPPER_FOLDER_H

#include <sys/types.h>

#include "common/buf.h"
#include "common/error.h"

/*
 * Calls `each` with the path of every file whose name ends with `suffix`, in order of their
 * names; hidden ones (editors leave such) are passed over. Stops at the first that is not OK and
 * returns that. REJECT: the folder cannot be read.
 */
enum status folder_each(const char *folder, const char *suffix,
                        enum status (*each)(void *arg, const char *path, struct error *err),
                        void *arg, struct error *err);

/* Adds a file's content. REJECT: it cannot be read, is no file, or does not fit into text->max. */
enum status folder_read(const char *path, struct buf *text, struct error *err);

/*
 * Makes the folder `path` and what it is in, as far as they are missing. NULL: they are there.
 * Otherwise `path`, which now ends with the one that could not be made, and errno.
 */
const char *folder_make(char *path, mode_t mode);

#endif
