/*
 * kafka_fetch.h - how much a consumer fetches ahead, in bytes.
 *
 * A backlog lies in Kafka: what is fetched long before it is needed only takes memory. librdkafka
 * bounds the messages that wait (queued.max.messages.kbytes), but not what one answer adds to them,
 * which is as large as all partitions together may be and grows when it is decompressed; and before
 * 2.2 it looks only once a second whether there is room again. Both is mended here.
 * Threads: each has its own, or the caller's lock.
 */
#ifndef COMMON_KAFKA_FETCH_H
#define COMMON_KAFKA_FETCH_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/kafka.h"

struct kafka_fetch {
    rd_kafka_t *client;
    const struct kafka_link *link;
    size_t every; /* bytes taken between two reminders; 0: the library needs none */
    size_t taken; /* bytes since the last */
};

/* For a consumer that keeps about `ahead` bytes of messages; one answer may come on top. */
enum status kafka_fetch_set(rd_kafka_conf_t *conf, uint64_t ahead, struct error *err);

/* For the client that was made of that; `client` and `link` must outlive it. */
void kafka_fetch_start(struct kafka_fetch *fetch, rd_kafka_t *client, const struct kafka_link *link,
                       uint64_t ahead);

/* Reminds the library's threads that there may be room. Never blocks long. */
void kafka_fetch_remind(struct kafka_fetch *fetch);

/* A message of `bytes` was taken from the queue. */
static inline void kafka_fetch_took(struct kafka_fetch *fetch, size_t bytes)
{
    fetch->taken += bytes;
    if (fetch->every && fetch->taken >= fetch->every)
        kafka_fetch_remind(fetch);
}

#endif
