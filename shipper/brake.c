/*
 * brake.c - stops the Kafka client from polling without a pause while it waits for an answer.
 */
#include "shipper/brake.h"

#include <time.h>

#include "common/log.h"
#include "shipper/lanes.h"

#define LATE_US  150000  /* of an answer: by then all that was handed over is on its way */
#define FIRST_US 50000   /* the first pause between looks, which then doubles */
#define LOOK_US  240000  /* at most */
#define HOLD_US  1000000 /* then going on is worth a try, which takes FIRST_US of polling */
#define MUCH     4       /* a fourth of a processor: a busy system may give a thread no more */

static int64_t read_us(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* What this thread does meanwhile is its own affair. */
static int64_t others_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID) - read_us(CLOCK_THREAD_CPUTIME_ID);
}

/* Lanes are not yet as many as partitions: then any of these may be a lane's. */
static bool is_late(const struct lanes *lanes, int32_t partition, int32_t partitions,
                    int64_t now_us)
{
    if (lanes_count(lanes) == (size_t)partitions)
        return lanes_is_late(lanes, (size_t)partition, LATE_US, now_us);
    for (size_t i = 0; i < lanes_count(lanes); i++)
        if (lanes_is_late(lanes, i, LATE_US, now_us))
            return true;
    return false;
}

/* Of a Kafka that answers for one partition the others' answers come as well. */
static bool is_silent(const struct brake *brake, int32_t partitions, const struct lanes *lanes,
                      int64_t now_us)
{
    if (now_us - brake->heard_us < LATE_US)
        return false;
    for (int32_t i = 0; i < partitions; i++)
        if (is_late(lanes, i, partitions, now_us))
            return true;
    return false;
}

/* Until the next look. */
static void watch(struct brake *brake, int64_t pause_us, int64_t now_us)
{
    brake->watching = true;
    brake->since_us = now_us;
    brake->used_us = others_us();
    brake->look_us = now_us + pause_us;
}

static bool is_much(const struct brake *brake, int64_t now_us)
{
    return brake->watching && (others_us() - brake->used_us) * MUCH > now_us - brake->since_us;
}

static void hold(struct brake *brake, rd_kafka_t *client, const char *topic, int32_t partitions,
                 const struct lanes *lanes, int64_t now_us)
{
    brake->held = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t i = 0; i < partitions; i++)
        if (is_late(lanes, i, partitions, now_us))
            rd_kafka_topic_partition_list_add(brake->held, topic, i);
    rd_kafka_pause_partitions(client, brake->held);
    brake->watching = false;
    brake->look_us = now_us + HOLD_US;
    log_debug("Kafka does not answer, and its client polls without a pause: %d partitions wait",
              brake->held->cnt);
}

void brake_look(struct brake *brake, rd_kafka_t *client, const char *topic, int32_t partitions,
                const struct lanes *lanes, int64_t now_us)
{
    int64_t pause_us = 2 * (now_us - brake->since_us);

    if (now_us < brake->look_us)
        return;
    if (brake->held) {
        brake_release(brake, client);
        watch(brake, FIRST_US, now_us);
    } else if (!is_silent(brake, partitions, lanes, now_us)) {
        brake->watching = false;
        brake->look_us = now_us + FIRST_US;
    } else if (is_much(brake, now_us)) {
        hold(brake, client, topic, partitions, lanes, now_us);
    } else if (brake->watching) {
        watch(brake, pause_us < LOOK_US ? pause_us : LOOK_US, now_us);
    } else {
        watch(brake, FIRST_US, now_us);
    }
}

void brake_heard(struct brake *brake, rd_kafka_t *client, int64_t now_us)
{
    brake->heard_us = now_us;
    brake_release(brake, client);
}

void brake_release(struct brake *brake, rd_kafka_t *client)
{
    if (!brake->held)
        return;
    rd_kafka_resume_partitions(client, brake->held);
    rd_kafka_topic_partition_list_destroy(brake->held);
    brake->held = NULL;
    brake->look_us = 0;
    rd_kafka_flush(client, 0); /* waits for nothing; but it wakes the library's threads */
}
