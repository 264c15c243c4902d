/*
 * tail.c - `indexer tail`: the topic from now on, enriched, what a query finds.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/options.h"
#include "common/query/program.h"
#include "common/query_command.h"
#include "common/stop.h"
#include "indexer/batch.h"
#include "indexer/command/command.h"
#include "indexer/config.h"
#include "indexer/documents.h"
#include "indexer/follower.h"
#include "indexer/printer.h"

#define POLL_MS       200
#define CONNECT_MS    5000
#define FIND_MS       500 /* a signal is seen so late */
#define FIND_PAUSE_MS 100
#define ABSENT_MS     1500 /* so long a broker may not know of a topic that was just created */
#define ARENA_BLOCK   (64u << 10)

struct tail {
    struct query_program *program;
    struct follower *follower;
    struct documents documents;
    struct printer printer;
    struct batch *batch; /* of one message */
    const char *topic;
    int partitions; /* that were told of */
    int stop_fd;
};

/* Shows one message if the query finds it. False: the output is gone. */
static bool show(struct tail *tail, rd_kafka_message_t *message)
{
    struct batch_entry *entry;
    struct record *record = &tail->documents.record;
    struct error err;

    batch_clear(tail->batch);
    if (!batch_add(tail->batch, message)) {
        rd_kafka_message_destroy(message);
        return true;
    }
    entry = &tail->batch->entries[0];
    if (documents_make(&tail->documents, tail->batch, clock_wall_ms(), &err) != OK ||
        entry->outcome != OUTCOME_PENDING || !query_program_match(tail->program, record))
        return true;
    return printer_record(&tail->printer, record) && fflush(tail->printer.out) == 0;
}

static void tell_partitions(struct tail *tail)
{
    int partitions = follower_partitions(tail->follower);

    if (partitions && partitions != tail->partitions)
        log_info("following topic '%s'; partitions: %d", tail->topic, partitions);
    tail->partitions = partitions;
}

/* Waits until Kafka tells what there is. DONE: asked to stop. */
static enum status find_topic(struct tail *tail, struct error *err)
{
    struct pollfd stop = {.fd = tail->stop_fd, .events = POLLIN};
    int64_t begin_ms = clock_mono_ms(), now_ms;
    enum status status = RETRY;

    while (status != OK && stop_read(tail->stop_fd) == STOP_NONE) {
        status = follower_find(tail->follower, FIND_MS, err);
        now_ms = clock_mono_ms();
        if (status == DONE && now_ms >= begin_ms + ABSENT_MS) {
            log_warn("there is no topic '%s'; waiting for it", tail->topic);
            follower_take_all(tail->follower);
            return OK;
        }
        if (status == RETRY && now_ms >= begin_ms + CONNECT_MS)
            return RETRY;
        if (status != OK)
            poll(&stop, 1, FIND_PAUSE_MS);
    }
    tell_partitions(tail);
    return status == OK ? OK : DONE;
}

/* SIGHUP ends it too: the terminal is gone. */
static int follow(struct tail *tail)
{
    rd_kafka_message_t *message;
    struct error err;

    while (stop_read(tail->stop_fd) == STOP_NONE && !command_reader_left()) {
        enum status status =
            follower_poll(tail->follower, POLL_MS, clock_mono_ms(), &message, &err);

        if (status == RETRY)
            log_warn("%s", err.text);
        tell_partitions(tail);
        if (status == OK && !show(tail, message))
            break; /* nobody reads on, or command_main says what is wrong */
    }
    return EXIT_DONE;
}

static enum status open_stages(struct tail *tail, const struct indexer_config *config,
                               const char *fields, const char *format, struct error *err)
{
    if (printer_open(&tail->printer, stdout, format, fields, err) ||
        stop_open(&tail->stop_fd, err) || batch_open(1, &tail->batch, err) ||
        documents_open(&tail->documents, config, err))
        return err->status;
    return follower_open(&config->kafka, &tail->follower, err);
}

int tail_records(const struct indexer_config *config, const char *text, const char *fields,
                 const char *format)
{
    struct query_context context = query_command_context();
    struct tail tail = {.topic = config->kafka.topic, .stop_fd = -1};
    struct query *query;
    struct arena arena;
    struct error err;
    int code = EXIT_USAGE;

    context.rule = true; /* "now" would stand still */
    arena_init(&arena, ARENA_BLOCK, QUERY_ARENA_BYTES);
    if (query_command_parse(&arena, text, &context, &query)) {
        const struct query *queries[] = {query};
        enum status status = query_program_open(queries, 1, &tail.program, &err);

        if (status == OK)
            status = open_stages(&tail, config, fields, format, &err);
        if (status == OK)
            status = find_topic(&tail, &err);
        code = status == OK || status == DONE ? EXIT_DONE
               : status == REJECT             ? EXIT_USAGE
                                              : EXIT_FAILED;
        if (status == OK)
            code = follow(&tail);
        else if (status != DONE)
            fprintf(stderr, "indexer tail: %s\n", err.text);
    }
    batch_close(tail.batch); /* it may hold a message, for which the follower would wait */
    follower_close(tail.follower);
    documents_close(&tail.documents);
    printer_close(&tail.printer);
    query_program_close(tail.program);
    if (tail.stop_fd >= 0)
        close(tail.stop_fd);
    arena_release(&arena);
    return code;
}
