/*
 * worker.c - makes lines or documents of the parts of a replay.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json_tidy.h"
#include "common/json_walk.h"
#include "common/log.h"
#include "common/query/program.h"
#include "common/queue.h"
#include "common/thread.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/documents.h"
#include "indexer/patience.h"
#include "indexer/replay/part.h"
#include "indexer/replay/replay.h"
#include "indexer/sink/sink.h"

#define HITS_WORDS 1 /* of at most 64 queries */

struct replay_worker {
    struct replay_shared *shared;
    pthread_t thread;
    struct documents documents;
    struct sink_context sink_context;
    struct sink *sink; /* NULL: there is none to write to */
    struct query_program *program;
    uint64_t wanted; /* a bit for each query */
    struct patience patience;
};

/* documents_keep */
static bool is_found(void *arg, struct record *record)
{
    struct replay_worker *worker = arg;
    uint64_t hits[HITS_WORDS] = {0};

    query_program_run(worker->program, record, hits);
    return hits[0] == worker->wanted;
}

static void refuse(struct batch_entry *entry, const char *why)
{
    entry->outcome = OUTCOME_REFUSED;
    entry->reason = REASON_DECODE;
    entry->detail = why;
}

/* A record as it came. Its line breaks, which JSON allows between values, would make it several. */
static bool add_original(struct part *part, struct batch_entry *entry)
{
    struct slice line = entry->original;
    struct json_value whole;

    if (line.len == 0 || memchr(line.data, '\n', line.len)) {
        if (!json_whole(line, &whole)) {
            refuse(entry, line.len ? "it is no JSON, and has line breaks" : "it is empty");
            return true;
        }
        line = json_tidy(&part->batch->arena, whole.raw);
        if (!line.data)
            return false;
    }
    buf_add_slice(&part->lines, line);
    buf_add_char(&part->lines, '\n');
    part->written++;
    return !part->lines.failed;
}

static bool add_lines(struct replay_worker *worker, struct part *part)
{
    const struct replay_job *job = worker->shared->job;
    struct batch *batch = part->batch;

    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];

        if (entry->outcome != OUTCOME_PENDING)
            continue;
        if (job->goal == REPLAY_COUNT) {
            part->written++;
        } else if (!job->enrich) {
            if (!add_original(part, entry))
                return false;
        } else {
            buf_add_slice(&part->lines, entry->document);
            buf_add_char(&part->lines, '\n');
            part->written++;
        }
    }
    return !part->lines.failed;
}

/* Until Elasticsearch has decided on every record. False: in a hurry. */
static bool store(struct replay_worker *worker, struct batch *batch)
{
    struct error err;

    if (batch_pending(batch) && !patience_prepare(&worker->patience, worker->sink))
        return false;
    while (batch_pending(batch)) {
        int64_t pause_ms = 0;

        err.text[0] = '\0';
        if (worker->sink->type->write(worker->sink, batch, &pause_ms, &err) == OK)
            break;
        if (err.text[0])
            log_warn("%s; %zu records wait", err.text, batch_pending(batch));
        if (!patience_wait(&worker->patience,
                           pause_ms > 0 ? pause_ms : patience_next_ms(&worker->patience)))
            return false;
    }
    patience_reset(&worker->patience);
    return true;
}

static void count_stored(struct part *part)
{
    const struct batch *batch = part->batch;

    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        bool stored = entry->outcome == OUTCOME_INDEXED || entry->outcome == OUTCOME_DUPLICATE;

        part->written += stored;
        part->replaced += stored && entry->status == 200; /* a new one is 201 */
    }
}

/* Text that may be anything, as a member. */
static void add_member(struct buf *out, const char *key, struct slice text)
{
    buf_addf(out, ",\"%s\":", key);
    json_add_string(out, text, NULL);
}

/* What was refused, so that it can be found again: `indexer replay --partition P --from O --to O`.
 */
static void list_refused(const struct replay_job *job, struct part *part)
{
    const struct batch *batch = part->batch;

    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];

        if (entry->outcome != OUTCOME_REFUSED)
            continue;
        buf_addf(&part->rejects,
                 "{\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"reason\":\"%s\"",
                 entry->message->partition, entry->message->offset, reason_names[entry->reason]);
        buf_addf(&part->rejects, ",\"status\":%u", entry->status);
        add_member(&part->rejects, "topic", slice_of(job->topic));
        add_member(&part->rejects, "id", entry->id);
        add_member(&part->rejects, "error", slice_of(entry->detail ? entry->detail : ""));
        add_member(&part->rejects, "original", entry->original);
        buf_add_text(&part->rejects, "}\n");
    }
}

static bool needs_records(const struct replay_job *job)
{
    return job->goal == REPLAY_ELASTIC || job->enrich || job->query_count;
}

/* False: not settled, in a hurry. */
static bool settle(struct replay_worker *worker, struct part *part)
{
    const struct replay_job *job = worker->shared->job;
    struct error err;

    while (needs_records(job) &&
           documents_make(&worker->documents, part->batch, clock_wall_ms(), &err) != OK) {
        log_error("%s; trying again", err.text);
        if (!patience_wait_next(&worker->patience))
            return false;
    }
    if (job->goal != REPLAY_ELASTIC) {
        if (!add_lines(worker, part)) {
            log_error("out of memory for the lines of %zu records", part->batch->count);
            return false;
        }
    } else {
        if (!store(worker, part->batch))
            return false;
        count_stored(part);
        documents_settle(&worker->documents, part->batch);
    }
    list_refused(job, part);
    return !part->rejects.failed;
}

static void *work(void *arg)
{
    struct replay_worker *worker = arg;
    enum status status;
    void *item;

    while ((status = queue_pop(worker->shared->work, &item, 1000)) != DONE) {
        struct part *part = item;

        if (status != OK)
            continue;
        part->settled = settle(worker, part);
        queue_push(worker->shared->done, part, 0);
    }
    return NULL;
}

static enum status open_stages(struct replay_worker *worker, struct error *err)
{
    const struct replay_job *job = worker->shared->job;
    enum status status = OK;

    if (job->enrich)
        status = documents_open(&worker->documents, job->config, err);
    else
        documents_open_plain(&worker->documents, job->config);
    worker->documents.bare = job->goal != REPLAY_ELASTIC;
    if (job->goal != REPLAY_ELASTIC)
        worker->documents.retention = NULL; /* nothing comes to life again */
    if (status == OK && job->query_count) {
        status = query_program_open(job->queries, job->query_count, &worker->program, err);
        worker->wanted = ((uint64_t)1 << job->query_count) - 1;
        worker->documents.keep = is_found;
        worker->documents.keep_arg = worker;
    }
    if (status == OK && job->goal == REPLAY_ELASTIC)
        status = sink_elastic.open(&worker->sink_context, &worker->sink, err);
    return status;
}

static void worker_free(struct replay_worker *worker)
{
    if (worker->sink)
        worker->sink->type->close(worker->sink);
    query_program_close(worker->program);
    documents_close(&worker->documents);
    free(worker);
}

enum status replay_worker_start(struct replay_shared *shared, unsigned number,
                                struct replay_worker **out, struct error *err)
{
    struct replay_worker *worker = calloc(1, sizeof(*worker));
    char name[16];

    if (!worker)
        return error_set(err, FATAL, "out of memory");
    worker->shared = shared;
    patience_init(&worker->patience, &shared->hurry);
    worker->sink_context = (struct sink_context){.config = shared->job->config,
                                                 .breaker = shared->breaker,
                                                 .replace = true,
                                                 .hurry = &shared->hurry,
                                                 .degrade = documents_degrade,
                                                 .arg = &worker->documents};
    if (open_stages(worker, err)) {
        worker_free(worker);
        return err->status;
    }
    snprintf(name, sizeof(name), "replay %u", number % 1000);
    if (thread_start(name, work, worker, &worker->thread, err)) {
        worker_free(worker);
        return FATAL;
    }
    *out = worker;
    return OK;
}

void replay_worker_join(struct replay_worker *worker)
{
    if (!worker)
        return;
    pthread_join(worker->thread, NULL);
    worker_free(worker);
}
