/*
 * stream_name.h - what a file was called before it was rotated.
 *
 * Rotation adds a number (access.log.1), a date in one of many forms
 * (access.log-20261121, access-20261121.log, app.2026-11-21.0.log), a time
 * (-%s), and a compression suffix. A date is never part of a live name; a
 * number may be: app-1.2.3 is a version and worker.1.log a worker. Then it
 * depends on whether there is, or was, a file without the number.
 */
#ifndef SHIPPER_STREAM_NAME_H
#define SHIPPER_STREAM_NAME_H

#include <stdbool.h>

enum stream_suffix {
    SUFFIX_NONE,
    SUFFIX_SURE,     /* rotation or compression */
    SUFFIX_DOUBTFUL, /* a number that may belong to the name */
};

/*
 * Takes what rotation adds off `name`, a file's name without its folder, in place.
 * DOUBTFUL: also something that may not be rotation; `*sure_name` (may be NULL) is then what is
 * left without that guess, the caller frees it, NULL without memory.
 */
enum stream_suffix stream_name_strip(char *name, char **sure_name);

/*
 * The name of the stream that `path` belongs to: absolute, links of its folder
 * resolved, without what rotation adds. In doubt: when that file exists.
 * NULL without memory; the caller frees it.
 */
char *stream_name_of(const char *path);

/* The same of a path whose folder is known to hold no links; saves to resolve them. */
char *stream_name_of_real(const char *path);

#endif
