/*
 * kafka_fetch.c - how much a consumer fetches ahead, in bytes.
 */
#include "common/kafka_fetch.h"

#define ANSWERS_AHEAD 16 /* of compressed answers; logs come 6 to 10 times as large out of them */
#define ANSWER_MIN    (64 << 10)
#define ANSWER_MAX    (1 << 20)
#define LOOK_MS       "10" /* with a full queue: until the library looks again */
#define REMINDERS     8    /* while all that is fetched ahead is taken */

static int64_t answer_bytes(uint64_t ahead)
{
    uint64_t bytes = ahead / ANSWERS_AHEAD;

    return bytes < ANSWER_MIN ? ANSWER_MIN : bytes > ANSWER_MAX ? ANSWER_MAX : (int64_t)bytes;
}

/* Larger messages come all the same: a broker gives the first set of messages however large. */
static enum status set_answer(rd_kafka_conf_t *conf, int64_t bytes, struct error *err)
{
    /* fetch.max.bytes must not be below message.max.bytes, which a consumer has no use for. */
    if (kafka_set_number(conf, "message.max.bytes", bytes, err) ||
        kafka_set_number(conf, "fetch.max.bytes", bytes, err))
        return err->status;
    return kafka_set_number(conf, "fetch.message.max.bytes", bytes, err);
}

enum status kafka_fetch_set(rd_kafka_conf_t *conf, uint64_t ahead, struct error *err)
{
    char reason[128];

    if (kafka_set_number(conf, "queued.max.messages.kbytes", (int64_t)(ahead / 1024), err))
        return err->status;
    rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", LOOK_MS, reason, sizeof(reason)); /* 2.2 */
    return set_answer(conf, answer_bytes(ahead), err);
}

static bool looks_itself(rd_kafka_t *client)
{
    char value[32];
    size_t size = sizeof(value);

    return rd_kafka_conf_get(rd_kafka_conf(client), "fetch.queue.backoff.ms", value, &size) ==
           RD_KAFKA_CONF_OK;
}

void kafka_fetch_start(struct kafka_fetch *fetch, rd_kafka_t *client, const struct kafka_link *link,
                       uint64_t ahead)
{
    *fetch = (struct kafka_fetch){.client = client, .link = link};
    if (!looks_itself(client))
        fetch->every = (size_t)(ahead / REMINDERS);
}

/*
 * The only call without effects of its own that wakes the threads of the brokers: they look at
 * their queues whenever they wake. The credentials are those that are in force.
 */
void kafka_fetch_remind(struct kafka_fetch *fetch)
{
    const char *username = fetch->link->sasl_username, *password = fetch->link->sasl_password;
    rd_kafka_error_t *error = rd_kafka_sasl_set_credentials(fetch->client, username ? username : "",
                                                            password ? password : "");

    fetch->taken = 0;
    if (error)
        rd_kafka_error_destroy(error); /* it looks by itself, later */
}
