/*
 * file_stamp.h - one number that changes when one of several files does.
 */
#ifndef COMMON_FILE_STAMP_H
#define COMMON_FILE_STAMP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of device, inode, size and the times of change of content and of inode of each: that a file may
 * be read now counts as a change, too. NULL, "" and files that are not there count as absent.
 */
uint64_t file_stamp(const char *const *paths, size_t count);

#endif
