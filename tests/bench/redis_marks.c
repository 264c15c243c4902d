/*
 * redis_marks.c - what marks cost Redis and us: memory a mark, time a record.
 *
 *   redis_marks SOCKET [--marks 10000000] [--lines 60] [--streams 20]
 *
 * Marks records as an indexer does, batch by batch, through dedup.h; then looks
 * up some that are marked and some that are not. `lines`: records of a page,
 * e.g. 8 KiB of a file. `streams`: files whose lines are mixed in a batch.
 * The server must be empty; tests/bench/redis_marks.py starts one.
 */
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/error.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/dedup.h"

#define BATCH   4000
#define SAMPLE  1000000 /* records looked up */
#define ID_SIZE 40

struct bench {
    struct dedup *dedup;
    struct batch *batch;
    rd_kafka_message_t messages[BATCH];
    char ids[BATCH][ID_SIZE];
    unsigned long long lines, streams;
};

static long long memory(redisContext *client)
{
    redisReply *reply = redisCommand(client, "INFO memory");
    const char *found = reply && reply->str ? strstr(reply->str, "used_memory:") : NULL;
    long long bytes = found ? strtoll(found + 12, NULL, 10) : 0;

    freeReplyObject(reply);
    return bytes;
}

static double processor_s(redisContext *client)
{
    redisReply *reply = redisCommand(client, "INFO cpu");
    const char *user = reply && reply->str ? strstr(reply->str, "used_cpu_user:") : NULL;
    const char *sys = reply && reply->str ? strstr(reply->str, "used_cpu_sys:") : NULL;
    double s = (user ? strtod(user + 14, NULL) : 0) + (sys ? strtod(sys + 13, NULL) : 0);

    freeReplyObject(reply);
    return s;
}

/* The batch of the records `first` and following, as they come from files that are read in turns.
 */
static void fill(struct bench *bench, unsigned long long first, unsigned long long salt)
{
    for (size_t i = 0; i < BATCH; i++) {
        struct batch_entry *entry = &bench->batch->entries[i];
        unsigned long long number = first + i, stream = number % bench->streams;

        snprintf(bench->ids[i], ID_SIZE, "%016llx%016llx", number, salt);
        bench->messages[i] = (rd_kafka_message_t){.partition = 1, .offset = (int64_t)number};
        *entry = (struct batch_entry){.message = &bench->messages[i],
                                      .id = slice_of(bench->ids[i]),
                                      .index = SLICE("logs-apache.access-2026.11.21"),
                                      .page = stream << 40 | number / bench->streams / bench->lines,
                                      .outcome = OUTCOME_PENDING};
    }
    bench->batch->count = BATCH;
}

static void mark_all(struct bench *bench, unsigned long long marks)
{
    for (unsigned long long at = 0; at < marks; at += BATCH) {
        fill(bench, at, 0);
        for (size_t i = 0; i < BATCH; i++)
            bench->batch->entries[i].outcome = OUTCOME_INDEXED;
        dedup_mark(bench->dedup, bench->batch, clock_mono_ms());
    }
}

/* Looks up SAMPLE records; returns how many were known. */
static unsigned long long look_up(struct bench *bench, unsigned long long salt)
{
    unsigned long long known = 0;

    for (unsigned long long at = 0; at < SAMPLE; at += BATCH) {
        fill(bench, at, salt);
        dedup_check(bench->dedup, bench->batch, clock_mono_ms());
        for (size_t i = 0; i < BATCH; i++)
            known += bench->batch->entries[i].outcome != OUTCOME_PENDING;
    }
    return known;
}

struct moment {
    double wall_s, own_s, server_s;
};

static struct moment now(redisContext *client)
{
    return (struct moment){(double)clock_mono_ns() / 1e9, (double)clock() / CLOCKS_PER_SEC,
                           processor_s(client)};
}

static void print(const char *what, unsigned long long records, struct moment from,
                  struct moment to)
{
    double us = 1e6 / (double)records;

    printf("%-22s %10llu records  %8.0f/s  processor us each: here %5.2f  server %5.2f\n", what,
           records, (double)records / (to.wall_s - from.wall_s), (to.own_s - from.own_s) * us,
           (to.server_s - from.server_s) * us);
}

static void measure(struct bench *bench, redisContext *client, unsigned long long marks)
{
    long long before = memory(client), after;
    struct moment start = now(client);
    unsigned long long known;

    mark_all(bench, marks);
    after = memory(client);
    print("marks", marks, start, now(client));
    printf("%-22s %10.1f bytes a mark, %.0f MiB in all\n", "memory",
           (double)(after - before) / (double)marks, (double)(after - before) / (1 << 20));
    for (unsigned long long salt = 0; salt < 2; salt++) {
        start = now(client);
        known = look_up(bench, salt);
        print(salt ? "look-ups, unknown" : "look-ups, known", SAMPLE, start, now(client));
        if (known != (salt ? 0 : SAMPLE))
            printf("!! %llu were known\n", known);
    }
}

int main(int argc, char **argv)
{
    static struct bench bench = {.lines = 60, .streams = 20};
    unsigned long long marks = 10000000;
    char url[256], none[1] = "";
    struct redis_config config = {.url = url,
                                  .ca_file = none,
                                  .certificate_file = none,
                                  .key_file = none,
                                  .timeout_ms = 5000,
                                  .mark_ttl_ms = 6 * 3600 * 1000};
    redisContext *client;
    struct error err;

    if (argc < 2)
        return 2;
    for (int i = 2; i + 1 < argc; i += 2) {
        unsigned long long value = strtoull(argv[i + 1], NULL, 10);

        *(strcmp(argv[i], "--marks") == 0     ? &marks
          : strcmp(argv[i], "--streams") == 0 ? &bench.streams
                                              : &bench.lines) = value ? value : 1;
    }
    signal(SIGPIPE, SIG_IGN);
    snprintf(url, sizeof(url), "unix://%s", argv[1]);
    client = redisConnectUnix(argv[1]);
    if (!client || client->err || dedup_open(&config, &bench.dedup, &err) ||
        batch_open(BATCH, &bench.batch, &err)) {
        fprintf(stderr, "cannot reach Redis at '%s'\n", argv[1]);
        return 1;
    }
    measure(&bench, client, marks);
    redisFree(client);
    dedup_close(bench.dedup);
    return 0; /* the batch's messages are our own */
}
