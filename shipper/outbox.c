/*
 * outbox.c - records between encoding and acknowledgement.
 */
#include "shipper/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/account.h"
#include "common/backoff.h"
#include "common/grow.h"
#include "common/json_walk.h"
#include "common/log.h"
#include "common/metrics.h"
#include "shipper/config.h"
#include "shipper/producer.h"
#include "shipper/quarantine.h"
#include "shipper/stream.h"

#define CHUNK_BYTES    (256u << 10)
#define PENDING_MAX    2048 /* messages gathered before they are handed over */
#define RUNS_PER_BLOCK 128
#define RETRY_MIN_MS   100
#define RETRY_MAX_MS   10000
#define OFFER_MS       100

struct chunk {
    struct chunk *next;          /* in the list of spare ones */
    struct chunk *newer, *older; /* in the list of all */
    size_t size, used;
    uint64_t records; /* in it, not yet acknowledged */
    char bytes[];
};

struct run {
    struct run *next;       /* of the stream; or of the spare ones */
    struct timestamp first; /* time of its first record */
    struct stream *stream;
    struct chunk *chunk;
    uint64_t records;       /* not yet acknowledged */
    bool closed;            /* handed over: nothing is added any more */
    struct account account; /* of its lines */
    struct position after;
};

struct run_block {
    struct run_block *next;
    struct run runs[RUNS_PER_BLOCK];
};

struct again { /* messages that come back */
    struct outgoing *messages;
    size_t count, room;
};

struct outbox {
    const struct shipper_config *config;
    struct quarantine *quarantine;
    struct producer *producer;
    outbox_acked *acked;
    void *arg;

    struct chunk *current, *spare, *newest;
    size_t budget, allocated; /* bytes of all chunks */
    char *scratch;            /* for records whose bound is beyond a chunk */
    size_t scratch_size;
    char *reserved;

    struct run *open_run; /* the only run that is not closed */
    struct run *spare_runs;
    struct run_block *run_blocks;

    struct outgoing pending[PENDING_MAX]; /* not yet handed over */
    size_t pending_count;
    struct again unknown; /* to be sent again */
    struct again refused; /* to be sent alone: a broker refuses whole batches, not records */
    bool alone;           /* one of them is under way, and nothing else */
    size_t under_way;     /* handed over, not yet reported */
    struct backoff backoff;
    int64_t retry_ms; /* when; 0 = now */
    bool stuck;       /* the producer took less than was offered */
    int64_t offer_ms; /* when it is offered again */

    uint64_t waiting;
    struct metric *queued, *acknowledged, *retried, *quarantined;
};

enum status outbox_open(const struct shipper_config *config, struct quarantine *quarantine,
                        outbox_acked *acked, void *arg, struct outbox **out, struct error *err)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));

    if (!outbox)
        return error_set(err, FATAL, "out of memory");
    outbox_configure(outbox, config);
    outbox->quarantine = quarantine;
    outbox->acked = acked;
    outbox->arg = arg;
    backoff_init(&outbox->backoff, RETRY_MIN_MS, RETRY_MAX_MS, 0);
    outbox->queued =
        metrics_counter("shipper_records_queued_total", NULL, "Records handed over to be sent.");
    outbox->acknowledged = metrics_counter("shipper_records_acknowledged_total", NULL,
                                           "Records acknowledged by Kafka.");
    outbox->retried = metrics_counter("shipper_records_retried_total", NULL,
                                      "Records sent again after a failed delivery.");
    outbox->quarantined =
        metrics_counter("shipper_records_quarantined_total", NULL,
                        "Records refused by Kafka for good and kept in the quarantine file.");
    *out = outbox;
    return OK;
}

void outbox_configure(struct outbox *outbox, const struct shipper_config *config)
{
    outbox->config = config;
    outbox->budget = config->delivery.memory_max_bytes;
}

void outbox_connect(struct outbox *outbox, struct producer *producer)
{
    outbox->producer = producer;
}

/* A chunk of at least `size` bytes within the budget; one larger than all of it only when alone. */
static struct chunk *chunk_get(struct outbox *outbox, size_t size)
{
    struct chunk *chunk = outbox->spare;

    if (size <= CHUNK_BYTES && chunk) {
        outbox->spare = chunk->next;
        return chunk;
    }
    if (size < CHUNK_BYTES)
        size = CHUNK_BYTES;
    if (outbox->allocated && (size > outbox->budget || outbox->allocated > outbox->budget - size))
        return NULL;
    chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        return NULL;
    *chunk = (struct chunk){.size = size, .older = outbox->newest};
    if (outbox->newest)
        outbox->newest->newer = chunk;
    outbox->newest = chunk;
    outbox->allocated += size;
    return chunk;
}

static void chunk_free(struct outbox *outbox, struct chunk *chunk)
{
    if (chunk->newer)
        chunk->newer->older = chunk->older;
    else
        outbox->newest = chunk->older;
    if (chunk->older)
        chunk->older->newer = chunk->newer;
    outbox->allocated -= chunk->size;
    free(chunk);
}

/* Spare chunks give way to one that is larger than usual. */
static void drop_spare(struct outbox *outbox)
{
    struct chunk *chunk;

    while ((chunk = outbox->spare)) {
        outbox->spare = chunk->next;
        chunk_free(outbox, chunk);
    }
}

static void chunk_put(struct outbox *outbox, struct chunk *chunk)
{
    chunk->used = 0;
    if (chunk->size > CHUNK_BYTES) {
        chunk_free(outbox, chunk);
        return;
    }
    chunk->next = outbox->spare;
    outbox->spare = chunk;
}

static void run_put(struct outbox *outbox, struct run *run)
{
    run->next = outbox->spare_runs;
    outbox->spare_runs = run;
}

/* Moves the stream's acked position over the runs at its head that are complete. */
static void settle(struct outbox *outbox, struct stream *stream)
{
    struct run *run;
    bool moved = false;

    while ((run = stream->first) && run->closed && run->records == 0) {
        stream->acked = run->after;
        account_add(&stream->account, &run->account);
        stream->first = run->next;
        if (!stream->first)
            stream->last = NULL;
        run_put(outbox, run);
        moved = true;
    }
    if (moved)
        outbox->acked(outbox->arg, stream);
}

static void close_run(struct outbox *outbox)
{
    struct run *run = outbox->open_run;

    if (!run)
        return;
    outbox->open_run = NULL;
    stream_mark_settle(&run->after.mark);
    run->closed = true;
    if (run->records == 0)
        settle(outbox, run->stream);
}

static void leave_current(struct outbox *outbox)
{
    struct chunk *chunk = outbox->current;

    close_run(outbox);
    outbox->current = NULL;
    if (chunk && chunk->records == 0)
        chunk_put(outbox, chunk);
}

/* Makes a chunk with room for `size` bytes the current one. */
static bool need_room(struct outbox *outbox, size_t size)
{
    struct chunk *chunk;

    if (outbox->current && outbox->current->size - outbox->current->used >= size)
        return true;
    leave_current(outbox);
    if (size > CHUNK_BYTES)
        drop_spare(outbox);
    chunk = chunk_get(outbox, size);
    outbox->current = chunk;
    return chunk != NULL;
}

char *outbox_reserve(struct outbox *outbox, size_t bound)
{
    char *scratch;

    if (bound <= CHUNK_BYTES) {
        if (!need_room(outbox, bound))
            return NULL;
        return outbox->reserved = outbox->current->bytes + outbox->current->used;
    }
    if (bound > outbox->scratch_size) {
        scratch = realloc(outbox->scratch, bound);
        if (!scratch)
            return NULL;
        outbox->scratch = scratch;
        outbox->scratch_size = bound;
    }
    return outbox->reserved = outbox->scratch;
}

/* Runs come and go by the thousand: they are taken from blocks and given back to a list. */
static struct run *run_get(struct outbox *outbox)
{
    struct run *run = outbox->spare_runs;
    struct run_block *block;

    if (!run) {
        block = calloc(1, sizeof(*block));
        if (!block)
            return NULL;
        block->next = outbox->run_blocks;
        outbox->run_blocks = block;
        for (unsigned i = 0; i < RUNS_PER_BLOCK; i++)
            run_put(outbox, &block->runs[i]);
        run = outbox->spare_runs;
    }
    outbox->spare_runs = run->next;
    return run;
}

/* The open run of `stream`; NULL without memory. */
static struct run *run_of(struct outbox *outbox, struct stream *stream)
{
    struct run *run = outbox->open_run;

    if (run && run->stream == stream && run->chunk == outbox->current)
        return run;
    close_run(outbox);
    run = run_get(outbox);
    if (!run)
        return NULL;
    *run = (struct run){.stream = stream, .chunk = outbox->current};
    if (stream->last)
        stream->last->next = run;
    else
        stream->first = run;
    stream->last = run;
    outbox->open_run = run;
    return run;
}

/* Offers everything that is pending; what is not taken stays. */
static void hand_over(struct outbox *outbox)
{
    const char *why;
    size_t sent;

    if ((outbox->pending_count == 0 && !outbox->stuck) || outbox->refused.count || outbox->alone)
        return;
    sent = producer_send(outbox->producer, outbox->pending, outbox->pending_count, &why);
    outbox->under_way += sent;
    metric_add(outbox->queued, sent);
    outbox->stuck = why != NULL;
    if (why)
        log_warn("Kafka takes no more for now: %s; reading pauses", why);
    outbox->pending_count -= sent;
    memmove(outbox->pending, outbox->pending + sent,
            outbox->pending_count * sizeof(*outbox->pending));
}

enum status outbox_commit(struct outbox *outbox, struct stream *stream, size_t len, uint64_t offset,
                          uint64_t lines, const struct position *after)
{
    bool by_stream = outbox->config->kafka.partition_by == PARTITION_BY_STREAM;
    struct run *run;

    if (len > outbox->config->kafka.message_max_bytes)
        return REJECT;
    if (outbox->pending_count == PENDING_MAX) {
        hand_over(outbox);
        if (outbox->pending_count == PENDING_MAX)
            return RETRY;
    }
    if (outbox->reserved == outbox->scratch) {
        if (!need_room(outbox, len))
            return RETRY;
        memcpy(outbox->current->bytes + outbox->current->used, outbox->scratch, len);
    }
    run = run_of(outbox, stream);
    if (!run)
        return RETRY;
    outbox->pending[outbox->pending_count++] = (struct outgoing){
        .payload = {outbox->current->bytes + outbox->current->used, len},
        .key = {by_stream ? stream->key : NULL, by_stream ? STREAM_KEY_LEN : 0},
        .tag = run,
    };
    outbox->current->used += len;
    outbox->current->records++;
    if (run->records++ == 0)
        run->first = after->time;
    run->after = *after;
    account_record(&run->account, offset, lines);
    outbox->waiting++;
    return OK;
}

enum status outbox_pass(struct outbox *outbox, struct stream *stream, const struct account *counted,
                        const struct position *after)
{
    struct run *run = run_of(outbox, stream);

    if (!run)
        return RETRY;
    run->after = *after;
    if (counted)
        account_add(&run->account, counted);
    return OK;
}

void outbox_piece_done(struct outbox *outbox)
{
    if (outbox->open_run)
        stream_mark_settle(&outbox->open_run->after.mark);
}

/* Without memory it stays unacknowledged: the position never passes it. */
static void keep_again(struct again *again, const struct outgoing *message)
{
    if (!grow(&again->messages, &again->room, again->count, sizeof(*again->messages), 256)) {
        log_error("out of memory; a record waits for the next start");
        return;
    }
    again->messages[again->count] = *message;
    /* The library's copy of the key goes with its report; the stream's own stays. */
    if (message->key.len)
        again->messages[again->count].key.data = ((struct run *)message->tag)->stream->key;
    again->count++;
}

static void drop_first(struct again *again, size_t count)
{
    again->count -= count;
    memmove(again->messages, again->messages + count, again->count * sizeof(*again->messages));
}

/* It will never be indexed; the account says so. The offset stands in the record only. */
static void count_quarantined(struct account *account, struct slice record)
{
    struct json_value log, value;
    int64_t offset;

    account->quarantined++;
    if (json_member(record, "log", &log) && json_member(log.raw, "offset", &value) &&
        json_integer(value.raw, &offset))
        account->quarantined_sum += (uint64_t)offset;
}

/* True: the record is done with. */
static bool judge(struct outbox *outbox, const struct outgoing *message, enum delivery delivery,
                  const char *detail, bool alone)
{
    if (delivery == DELIVERED) {
        metric_add(outbox->acknowledged, 1);
        backoff_reset(&outbox->backoff);
        return true;
    }
    if (delivery == DELIVERY_REFUSED && alone) {
        log_warn("Kafka refuses a record of %zu bytes: %s; it goes to the quarantine",
                 message->payload.len, detail);
        quarantine_add(outbox->quarantine, message->payload, detail);
        metric_add(outbox->quarantined, 1);
        count_quarantined(&((struct run *)message->tag)->account, message->payload);
        return true;
    }
    if (delivery == DELIVERY_UNKNOWN)
        log_warn("Kafka did not take a record: %s; it is sent again", detail);
    keep_again(delivery == DELIVERY_REFUSED ? &outbox->refused : &outbox->unknown, message);
    return false;
}

void outbox_report(void *arg, const struct outgoing *message, enum delivery delivery,
                   const char *detail)
{
    struct outbox *outbox = arg;
    struct run *run = message->tag;
    struct chunk *chunk = run->chunk;
    bool alone = outbox->alone;

    outbox->under_way--;
    outbox->alone = false;
    if (!judge(outbox, message, delivery, detail, alone))
        return;
    outbox->waiting--;
    run->records--;
    if (--chunk->records == 0 && chunk != outbox->current)
        chunk_put(outbox, chunk);
    if (run->records == 0 && run->closed)
        settle(outbox, run->stream);
}

static void send_again(struct outbox *outbox, int64_t now_ms)
{
    struct again *again = &outbox->unknown;
    const char *why;
    size_t sent;

    if (again->count == 0)
        return;
    if (outbox->retry_ms == 0)
        outbox->retry_ms = now_ms + backoff_next_ms(&outbox->backoff);
    if (now_ms < outbox->retry_ms)
        return;
    sent = producer_send(outbox->producer, again->messages, again->count, &why);
    outbox->under_way += sent;
    metric_add(outbox->retried, sent);
    drop_first(again, sent);
    outbox->retry_ms = 0;
}

/* The next of the refused ones, once nothing else is under way that it could be put together with.
 */
static void send_alone(struct outbox *outbox)
{
    const char *why;

    if (outbox->under_way)
        return;
    outbox->alone = producer_send(outbox->producer, outbox->refused.messages, 1, &why) == 1;
    if (!outbox->alone)
        return;
    outbox->under_way++;
    metric_add(outbox->retried, 1);
    drop_first(&outbox->refused, 1);
}

void outbox_flush(struct outbox *outbox, int64_t now_ms)
{
    if (outbox->refused.count) {
        send_alone(outbox);
    } else if (!outbox->alone) {
        send_again(outbox, now_ms);
        hand_over(outbox);
    }
    outbox->offer_ms = now_ms + OFFER_MS;
    close_run(outbox);
}

int64_t outbox_due_ms(const struct outbox *outbox)
{
    if (outbox->refused.count && !outbox->under_way) /* the producer did not take it */
        return outbox->offer_ms;
    if (outbox->unknown.count && !outbox->refused.count && !outbox->alone)
        return outbox->retry_ms;
    return outbox->stuck ? outbox->offer_ms : INT64_MAX;
}

void outbox_trim(struct outbox *outbox)
{
    if (outbox->waiting)
        return;
    leave_current(outbox);
    drop_spare(outbox);
    free(outbox->scratch);
    outbox->scratch = NULL;
    outbox->scratch_size = 0;
}

bool outbox_oldest(const struct outbox *outbox, struct timestamp *out)
{
    bool any = false;

    for (const struct run_block *block = outbox->run_blocks; block; block = block->next)
        for (int i = 0; i < RUNS_PER_BLOCK; i++) {
            const struct run *run = &block->runs[i];

            if (run->records == 0 || (any && timestamp_ms(run->first) >= timestamp_ms(*out)))
                continue;
            *out = run->first;
            any = true;
        }
    return any;
}

size_t outbox_bytes(const struct outbox *outbox)
{
    return outbox->allocated;
}

uint64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->waiting;
}

void outbox_close(struct outbox *outbox)
{
    struct run_block *block;

    if (!outbox)
        return;
    while (outbox->newest)
        chunk_free(outbox, outbox->newest); /* NOLINT(clang-analyzer-unix.Malloc): unlinks it too */
    while ((block = outbox->run_blocks)) {
        outbox->run_blocks = block->next;
        free(block);
    }
    free(outbox->scratch);
    free(outbox->unknown.messages);
    free(outbox->refused.messages);
    free(outbox);
}
