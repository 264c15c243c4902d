/*
 * lanes.h - messages on their way to the Kafka client: a lane for each partition, in which one
 * request at a time is under way.
 *
 * An idempotent producer of librdkafka (2.0 to 2.15) sends no second request of a partition before
 * the first is acknowledged: it compares messages under way with a limit that is meant for
 * requests. While such a partition has more that is due, the library's thread polls without a
 * pause, a whole processor of the host, for as long as the answer takes. So the library never has
 * more than one request of a partition; what comes behind it waits here, a quarter of the memory
 * that it takes there. When it makes two of one: brake.h.
 *
 *     put -> (lane is free) -> give ... done -> (lane is free) -> give
 *
 * Order is kept for each key. Messages without one go to a lane for a turn, then to the next. Not
 * thread-safe.
 */
#ifndef SHIPPER_LANES_H
#define SHIPPER_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct lanes;
struct outgoing;

struct lanes_limits { /* of a request */
    size_t messages;  /* the library sends at once when it has so many */
    size_t bytes;
    int64_t linger_us; /* how long the library waits for more: so long more may be added */
    size_t turn;       /* messages without a key before the next lane has its turn */
};

/* The lane of a key, below `count`; equal keys have the same. */
typedef size_t lanes_choose(struct slice key, size_t count);

/* Hands the first of `messages`, all of one lane, to the library; how many it took. */
typedef size_t lanes_give(void *arg, size_t lane, const struct outgoing *messages, size_t count);

/* NULL without memory. One lane at first: the number of partitions is not known then. */
struct lanes *lanes_open(const struct lanes_limits *limits, lanes_choose *choose);

/* As many lanes as there are partitions. Nothing may be under way. False without memory. */
bool lanes_spread(struct lanes *lanes, size_t count);

/* Of requests from now on. */
void lanes_limit(struct lanes *lanes, size_t bytes);

/* The message waits behind all of its key. False without memory. */
bool lanes_put(struct lanes *lanes, const struct outgoing *message);

/* Gives what may be given now. False: `give` did not take all that it was offered. */
bool lanes_hand_over(struct lanes *lanes, int64_t now_us, lanes_give *give, void *arg);

/* A message with this key, given before, was reported; without a key it was of lane `keyless`. */
void lanes_done(struct lanes *lanes, struct slice key, size_t keyless);

size_t lanes_count(const struct lanes *lanes);
size_t lanes_under_way(const struct lanes *lanes); /* given, not yet reported */

/* The lane's request should have left `late_us` ago, and is not all reported. */
bool lanes_is_late(const struct lanes *lanes, size_t lane, int64_t late_us, int64_t now_us);

/*
 * The next message that waits leaves without being given; NULL: there is none. It lasts until the
 * next call of any function.
 */
const struct outgoing *lanes_pop(struct lanes *lanes);

/* What is under way will not be reported any more. */
void lanes_forget(struct lanes *lanes);

/* Gives memory back when nothing waits. */
void lanes_trim(struct lanes *lanes);

void lanes_close(struct lanes *lanes); /* NULL is fine */

#endif
