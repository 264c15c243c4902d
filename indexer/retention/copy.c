/*
 * copy.c - reads the records that a query finds in one index, and writes them into another.
 */
#include "indexer/retention/copy.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "common/backoff.h"
#include "common/clock.h"
#include "common/json_walk.h"
#include "common/limiter.h"
#include "common/record.h"
#include "common/words.h"
#include "indexer/config.h"
#include "indexer/search.h"
#include "indexer/sink/elastic_verdict.h"

#define BULK_RECORDS   500
#define BULK_BYTES     (4u << 20)
#define BULK_BYTES_MAX (256u << 20) /* with one large record more */
#define ARENA_BLOCK    (64u << 10)
#define ARENA_MAX      (512u << 20)
#define WORDS_MAX      (256u << 20)
#define NAP_NS         100000000
#define TRIES          8 /* of a bulk that Elasticsearch is too busy for */

struct copy {
    struct retention_job *job;
    const struct retention_action *action;
    const char *to;
    uint64_t total;
    struct copy_sum sum;
    struct buf bulk, words;
    unsigned bulk_count;
    struct arena arena; /* of the record whose words are made */
    struct record record;
    struct limiter limiter;
    struct error *err;
};

static void nap(void)
{
    struct timespec step = {0, NAP_NS};

    clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
}

/* False: stop; err says why. */
static bool may_go_on(struct copy *copy)
{
    if (retention_goes_on(copy->job) &&
        lease_hold(&copy->job->lease, clock_wall_ms(), copy->err) == OK)
        return true;
    if (!retention_goes_on(copy->job))
        error_set(copy->err, DONE, "stopped before '%s' was copied", copy->action->index->name);
    return false;
}

/* False: stop. */
static bool wait_for_turn(struct copy *copy)
{
    while (!limiter_take(&copy->limiter, copy->bulk_count, 0, clock_mono_ns())) {
        if (!may_go_on(copy))
            return false;
        nap();
    }
    return may_go_on(copy);
}

/* OK: all are written. RETRY: some are not; *busy: and may be when tried again. */
static enum status read_answer(struct copy *copy, bool *busy, struct error *err)
{
    const struct http_answer *answer = &copy->job->link.answer;
    struct json_value whole, items, item, action, status, error;
    struct json_elements elements;
    unsigned count = 0;
    int64_t code;

    *busy = answer->code == 429 || answer->code == 503;
    if (answer->code != 200 || !json_whole(buf_slice(&answer->body), &whole) ||
        !json_member(whole.raw, "items", &items))
        return error_set(err, RETRY, "'%s' answered a bulk for '%s' with HTTP %ld",
                         copy->job->link.node, copy->to, answer->code);
    for (elements = json_elements(items.raw); json_next_element(&elements, &item); count++) {
        if (!json_member(item.raw, "index", &action) ||
            !json_member(action.raw, "status", &status) || !json_integer(status.raw, &code))
            return error_set(err, RETRY, "an answer for '%s' cannot be read", copy->to);
        if (code == 200 || code == 201)
            continue;
        *busy = code == 429 || code == 503;
        if (!json_member(action.raw, "error", &error) || !json_member(error.raw, "type", &error))
            error.raw = SLICE("no reason given");
        return error_set(err, RETRY, "'%s' does not take a record: HTTP %d %.*s", copy->to,
                         (int)code, SLICE_FMT(error.raw));
    }
    if (count != copy->bulk_count)
        return error_set(err, RETRY, "an answer for '%s' is of %u records instead of %u", copy->to,
                         count, copy->bulk_count);
    return OK;
}

static enum status send_bulk(struct copy *copy, bool *busy)
{
    char path[KEPT_NAME_MAX + 100];

    *busy = false;
    snprintf(path, sizeof(path), "/%s/_bulk?filter_path=items.*.status,items.*.error.type",
             copy->to);
    if (elastic_link_request(&copy->job->link, "POST", path, "application/x-ndjson",
                             buf_slice(&copy->bulk), copy->err)) {
        *busy = copy->err->status == RETRY;
        return copy->err->status = RETRY;
    }
    return read_answer(copy, busy, copy->err);
}

/* False: stop. */
static bool flush(struct copy *copy)
{
    struct backoff backoff;
    bool busy = true;

    if (copy->bulk_count == 0)
        return true;
    if (copy->bulk.failed) {
        error_set(copy->err, FATAL, "out of memory");
        return false;
    }
    if (!wait_for_turn(copy))
        return false;
    backoff_init(&backoff, 200, 5000, 0);
    for (int tries = 0; busy; tries++) {
        if (send_bulk(copy, &busy) == OK)
            break;
        if (!busy || tries == TRIES)
            return false;
        for (int64_t end_ms = clock_mono_ms() + backoff_next_ms(&backoff);
             clock_mono_ms() < end_ms;) {
            if (!may_go_on(copy))
                return false;
            nap();
        }
    }
    buf_clear(&copy->bulk);
    copy->bulk_count = 0;
    if (copy->job->progress)
        copy->job->progress(copy->job->arg, copy->action, copy->sum.count, copy->total);
    return true;
}

/* The document with its words, which are no part of what the index gives back. */
static void add_document(struct copy *copy, struct slice document)
{
    struct buf *bulk = &copy->bulk;

    buf_clear(&copy->words);
    record_clear(&copy->record);
    arena_clear(&copy->arena);
    if (record_decode(&copy->record, document, NULL) == OK)
        record_words(&copy->record, &copy->words);
    if (copy->words.failed || document.len < 3 || document.data[document.len - 1] != '}') {
        buf_add_slice(bulk, document);
        return;
    }
    buf_add(bulk, document.data, document.len - 1);
    buf_add_text(bulk, ",\"" RECORD_WORDS_NAME "\":\"");
    buf_add_slice(bulk, buf_slice(&copy->words));
    buf_add_text(bulk, "\"}");
}

static bool take_record(void *arg, struct slice id, struct slice document)
{
    struct copy *copy = arg;

    copy->sum.count++;
    copy->sum.hash +=
        XXH3_64bits_withSeed(document.data, document.len, XXH3_64bits(id.data, id.len));
    if (!copy->to)
        return copy->sum.count % BULK_RECORDS || may_go_on(copy);
    buf_add_text(&copy->bulk, "{\"index\":{\"_id\":");
    buf_add_slice(&copy->bulk, id);
    buf_add_text(&copy->bulk, "}}\n");
    add_document(copy, document);
    buf_add_char(&copy->bulk, '\n');
    copy->bulk_count++;
    return (copy->bulk_count < BULK_RECORDS && copy->bulk.len < BULK_BYTES) || flush(copy);
}

static enum status scan(struct copy *copy, struct search *search, struct error *err)
{
    struct error trouble = {.status = OK};
    enum status status;

    copy->err = &trouble;
    status = search_scan(search, take_record, copy, &copy->total, err);
    if (trouble.status != OK) { /* why take_record wanted no more */
        *err = trouble;
        return err->status == DONE ? DONE : RETRY;
    }
    if (status == DONE)
        return error_set(err, RETRY, "only %zu of %zu records of '%s' could be read",
                         (size_t)copy->sum.count, (size_t)copy->total, copy->action->index->name);
    if (status != OK)
        return err->status = RETRY;
    copy->err = err;
    return flush(copy) ? OK : err->status == DONE ? DONE : RETRY;
}

enum status copy_records(struct retention_job *job, const struct retention_action *action,
                         const char *from, struct slice filter, const char *to,
                         struct copy_sum *sum, struct error *err)
{
    struct copy copy = {.job = job,
                        .action = action,
                        .to = to,
                        .bulk = BUF_INIT(BULK_BYTES_MAX),
                        .words = BUF_INIT(WORDS_MAX)};
    struct search *search = NULL;
    enum status status;

    if (search_open_index(job->reach, from, filter, &search, err))
        return RETRY;
    arena_init(&copy.arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&copy.record, &copy.arena);
    limiter_init(&copy.limiter, job->config->retention.copy_max_per_s, 0, 1, clock_mono_ns());
    status = scan(&copy, search, err);
    *sum = copy.sum;
    search_close(search);
    arena_release(&copy.arena);
    buf_release(&copy.bulk);
    buf_release(&copy.words);
    return status;
}
