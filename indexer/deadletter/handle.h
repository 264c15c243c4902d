/*
 * handle.h - letters that are sent back to their topic or discarded,
 * and the marks that say so.
 *
 * A letter is marked only when Kafka has acknowledged that its record is in
 * its topic again: who is killed in between sends some records twice, which
 * their ids reveal, and loses none. One thread.
 */
#ifndef INDEXER_DEADLETTER_HANDLE_H
#define INDEXER_DEADLETTER_HANDLE_H

#include <stdint.h>

#include "common/error.h"

#define REDRIVES_MAX 3 /* a record that was refused so often will be again */

struct deadletter_handler;
struct indexer_kafka_config;
struct letter;

struct handled_counts { /* acknowledged, and marked */
    uint64_t redriven, discarded;
};

/* Connects to nothing yet. `note` says why; it and `config` must outlive the handler. */
enum status deadletter_handler_open(const struct indexer_kafka_config *config, const char *note,
                                    struct deadletter_handler **out, struct error *err);

/*
 * Sends the record to the topic again, key, value and foreign headers as they were; marked with
 * the next flush, which comes by itself now and then. RETRY: Kafka does not take it.
 */
enum status deadletter_redrive(struct deadletter_handler *handler, const struct letter *letter,
                               struct error *err);

/* The letter at this place of the dead letter topic needs nothing more. */
enum status deadletter_discard(struct deadletter_handler *handler, int32_t partition,
                               int64_t offset, struct error *err);

/* Waits until all that was asked for is acknowledged and marked. RETRY: some of it is not. */
enum status deadletter_handler_flush(struct deadletter_handler *handler, struct error *err);

const struct handled_counts *deadletter_handled(const struct deadletter_handler *handler);

void deadletter_handler_close(struct deadletter_handler *handler); /* NULL is fine */

#endif
