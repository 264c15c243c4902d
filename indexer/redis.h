/*
 * redis.h - a connection to Redis that may be missing at any time.
 *
 * Connects when it is needed. After a failure it is not tried again for a
 * while, so that a dead Redis costs one time-out every few seconds and not one
 * a call; neither is one that answers slowly time and again, for it saves less
 * than it holds up. An outage is logged once, and its end. SIGPIPE must be
 * ignored (stop.h). Threads: a connection belongs to one worker.
 */
#ifndef INDEXER_REDIS_H
#define INDEXER_REDIS_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct redis;
struct redis_config;

/* `index` counts from 0 in the order of the commands; the reply is gone afterwards. */
typedef void redis_on_reply(void *arg, size_t index, const redisReply *reply);

/* No I/O. REJECT: the URL is not usable; err says what to change. `config` must outlive it. */
enum status redis_open(const struct redis_config *config, struct redis **out, struct error *err);

/* Begin a command of `count` parts and add them, the first is its name; `out` tells of lack of
 * room. */
void redis_command(struct buf *out, size_t count);
void redis_part(struct buf *out, struct slice part);

/*
 * Sends the commands and hands over their `count` replies, errors too. RETRY:
 * Redis cannot be reached, was too slow or is given a rest; replies may be missing from some point
 * on and the commands may have been carried out or not. Blocks up to the time-out (and what the
 * resolver takes for a host name).
 */
enum status redis_exchange(struct redis *redis, struct slice commands, size_t count,
                           redis_on_reply *on_reply, void *arg, int64_t now_ms);

/* Counts an error reply (indexer_redis_errors_total). */
void redis_count_errors(struct redis *redis, size_t count);

/*
 * Logs that Redis refuses `what`, once as long as the error's first word stays
 * the same; `logged` keeps it. An empty error: all is well.
 */
#define REDIS_CODE_MAX 24
void redis_report_refusal(const struct redis *redis, char logged[REDIS_CODE_MAX], const char *what,
                          const char *error);

const char *redis_place(const struct redis *redis); /* for messages: host:port or path */

void redis_close(struct redis *redis); /* NULL is fine */

#endif
