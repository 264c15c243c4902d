/*
 * folder.h - the files of a configuration folder, and what is in them.
 */
#ifndef SHIPPER_FOLDER_H
#define SHIPPER_FOLDER_H

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

#endif
