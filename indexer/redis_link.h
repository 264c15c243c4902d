/*
 * redis_link.h - the bytes to and from Redis: TCP, TLS or a unix socket.
 *
 * hiredis parses replies; connecting and waiting is done here. Debian 12 has a
 * hiredis without TLS, and hiredis' own time-outs begin anew with every read,
 * so that a server that dribbles could hold a worker for long: here is one
 * deadline for all. SIGPIPE must be ignored (stop.h). Threads: a link belongs
 * to one worker.
 */
#ifndef INDEXER_REDIS_LINK_H
#define INDEXER_REDIS_LINK_H

#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "indexer/redis_url.h"

struct redis_link;
struct redis_config;

/*
 * Connects, with TLS the handshake and the check of certificate and name too.
 * RETRY: not until the deadline (monotonic; what the resolver takes comes on
 * top), or refused; err says why. Certificate files are read anew each time.
 */
enum status redis_link_open(const struct redis_url *url, const struct redis_config *config,
                            int64_t deadline_ms, struct redis_link **out, struct error *err);

/*
 * Sends from the front of *unsent and takes it off; receives up to `room`
 * bytes into `in`, their number into *received. Waits until one of both is
 * possible. RETRY: the deadline is over, or the link is dead.
 */
enum status redis_link_transfer(struct redis_link *link, struct slice *unsent, char *in,
                                size_t room, size_t *received, int64_t deadline_ms,
                                struct error *err);

void redis_link_close(struct redis_link *link); /* NULL is fine */

#endif
