/*
 * stop.h - SIGTERM, SIGINT, SIGHUP as a file descriptor.
 *
 * Call stop_open before any thread is started: it blocks the signals in the
 * calling thread, and all later threads inherit that. SIGPIPE is ignored.
 * A second SIGTERM or SIGINT after STOP_ASKED was returned is STOP_AGAIN: the
 * caller leaves at once.
 */
#ifndef COMMON_STOP_H
#define COMMON_STOP_H

#include "common/error.h"

enum stop_event { STOP_NONE, STOP_ASKED, STOP_AGAIN, STOP_RELOAD };

enum status stop_open(int *fd, struct error *err);

/* Does not block; STOP_NONE when nothing came. Several SIGHUPs in a row are one. */
enum stop_event stop_read(int fd);

#endif
