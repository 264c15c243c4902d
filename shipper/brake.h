/*
 * brake.h - stops the Kafka client from polling without a pause while it waits for an answer.
 *
 * librdkafka's idempotent producer (2.0 to 2.15) has no second request of a partition under way.
 * When more of the partition is due, its thread asks for the next thing to do at once, again and
 * again, for as long as the answer takes. lanes.h never has more than a request in the library, but
 * what is one request for us may become two: our thread is interrupted in the middle of handing
 * over, for longer than linger.ms, and what is there is sent without the rest.
 *
 * So, while Kafka is silent, the processor time of the other threads is looked at. When it is
 * much, the partitions that are waited for are paused, which takes them out of the library's
 * reckoning. They go on with the first sign of Kafka, and from time to time without one: a paused
 * partition sends nothing, neither for the first time nor again. Hence only when no partition has
 * had an answer for a while: a library that is merely busy sends what it was given meanwhile.
 *
 *     (no answers) -> watch -> (threads busy) -> hold -> report, error or HOLD_US -> go on
 *
 * Not thread-safe.
 */
#ifndef SHIPPER_BRAKE_H
#define SHIPPER_BRAKE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct lanes;

struct brake {        /* all zero: nothing seen yet */
    int64_t look_us;  /* when to look next */
    int64_t heard_us; /* when the last report came */
    bool watching;    /* answers were late at the last look; what was seen then: */
    int64_t since_us; /* when it was */
    int64_t used_us;  /* processor time of the other threads until then */
    rd_kafka_topic_partition_list_t *held; /* NULL: none */
};

/*
 * To be called often; does nothing before it is time to. `partitions` of `topic` are served by
 * `lanes`. Blocks only for an answer of the library's main thread.
 */
void brake_look(struct brake *brake, rd_kafka_t *client, const char *topic, int32_t partitions,
                const struct lanes *lanes, int64_t now_us);

/* There was a report, of whatever partition. */
void brake_heard(struct brake *brake, rd_kafka_t *client, int64_t now_us);

/* All partitions go on; before `client` is replaced or closed, and when a connection is lost. */
void brake_release(struct brake *brake, rd_kafka_t *client);

#endif
