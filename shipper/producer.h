/*
 * producer.h - the Kafka producer and its delivery reports (librdkafka).
 *
 * Idempotent, acks=all, no message time-out. A fatal error of the library (a
 * lost sequence) is answered with a new producer; what was under way is then
 * reported as DELIVERY_UNKNOWN and must be sent again. Everything runs in the
 * caller's thread: reports come out of producer_poll, when producer_fd is readable.
 */
#ifndef SHIPPER_PRODUCER_H
#define SHIPPER_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct kafka_link;
struct shipper_kafka_config;
struct producer;

struct outgoing {
    struct slice payload; /* not copied: must stay until its delivery report */
    struct slice key;     /* must stay as well; {NULL, 0}: any partition */
    void *tag;
};

enum delivery {
    DELIVERED,        /* acknowledged by all in-sync replicas */
    DELIVERY_UNKNOWN, /* send it again */
    DELIVERY_REFUSED, /* will never be taken: too large for the broker */
};

/* Called from producer_poll, once for each message that producer_send took. */
typedef void producer_report(void *arg, const struct outgoing *message, enum delivery delivery,
                             const char *detail);

/* What `config` points to must outlive it. No I/O before the first poll. FATAL: a setting is not
 * usable. */
enum status producer_open(const struct shipper_kafka_config *config, producer_report *report,
                          void *arg, struct producer **out, struct error *err);

/* Readable when producer_poll has something to do. */
int producer_fd(const struct producer *producer);

/*
 * Takes the first messages of `messages` and returns how many. *why: NULL, or why the library takes
 * no more for now (the topic is not there): what was taken is sent later, at the latest by the next
 * call, with or without messages.
 */
size_t producer_send(struct producer *producer, const struct outgoing *messages, size_t count,
                     const char **why);

/* What became of a message to the audit topic; `arg` as given. Called from producer_poll. */
typedef void producer_account_report(void *arg, bool delivered, const char *detail);
void producer_on_account(struct producer *producer, producer_account_report *report, void *arg);

/*
 * Queues a message to `kafka.audit_topic`; both are copied. It is not sent again. NULL: its report
 * will come; else why there will be none.
 */
const char *producer_send_account(struct producer *producer, struct slice key,
                                  struct slice payload);

/*
 * Nothing is under way, and nothing has been for a while: gives connections and threads back; the
 * next producer_send has them again. The library's threads wake up each second.
 */
void producer_rest(struct producer *producer);

/*
 * Reports deliveries, logs errors, connects anew when no broker can be used and certificate files
 * were replaced. Does not block, but for a new client.
 */
void producer_poll(struct producer *producer);

/* When producer_poll should be called at the latest; INT64_MAX: no need. Of the monotonic clock. */
int64_t producer_due_ms(const struct producer *producer);

/*
 * Connects anew by `link`, which must outlive it; what is under way is reported as
 * DELIVERY_UNKNOWN. FATAL: a setting is not usable; all stays as it was.
 */
enum status producer_relink(struct producer *producer, const struct kafka_link *link,
                            struct error *err);

/*
 * Creates the topics if the configuration wants that. Blocks up to `timeout_ms` each. As
 * kafka_topic_ensure, for the records' topic; without the audit topic it goes on.
 */
enum status producer_ensure_topic(struct producer *producer, int64_t timeout_ms, struct error *err);

void producer_close(struct producer *producer); /* what is under way is reported no more */

#endif
