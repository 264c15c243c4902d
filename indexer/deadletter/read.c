/*
 * read.c - every letter with its state: first all marks, then all letters.
 */
#include "indexer/deadletter/read.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/grow.h"
#include "indexer/config.h"
#include "indexer/reader.h"

#define FIND_MS     5000
#define POLL_MS     500
#define SILENCE_MS  30000 /* without a message while some are expected */
#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (256u << 20) /* of marks: some 100 bytes for a thousand letters */
#define SPAN_MAX    (1ll << 28)  /* letters of a partition, 4 bytes each if some are marked */
#define SEEN_MIN    1024
#define STATE_BITS  2 /* of a hash that was seen: the state of the letter */
#define STATE_MASK  3

struct mark { /* the texts are in the arena */
    enum letter_state state;
    int64_t time_ms;
    struct slice by, note;
};

/* Of each offset of a partition, from the range's start: the number of its mark, from 1; 0: none.
 */
struct marked {
    int64_t from, count;
    uint32_t *marks; /* NULL: there is no mark in it */
};

struct letters {
    struct reader *reader;
    struct arena arena;
    struct mark *marks;
    size_t mark_count, mark_room;
    struct marked *partitions;
    size_t partition_count;
    uint64_t *seen; /* hashes of messages that there was a letter about, and its state; 0: free */
    size_t seen_count, seen_size;
};

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory for the dead letters");
}

static bool add_mark(struct letters *letters, const struct letter_mark *mark)
{
    if (!grow(&letters->marks, &letters->mark_room, letters->mark_count, sizeof(*letters->marks),
              64))
        return false;
    letters->marks[letters->mark_count++] =
        (struct mark){.state = mark->state,
                      .time_ms = mark->time_ms,
                      .by = arena_copy(&letters->arena, mark->by),
                      .note = arena_copy(&letters->arena, mark->note)};
    return true;
}

/* A mark is about letters before it, and what Kafka has deleted needs none. */
static enum status take_mark(struct letters *letters, const rd_kafka_message_t *message,
                             struct error *err)
{
    struct slice value = {message->payload, message->len};
    struct marked *marked = &letters->partitions[message->partition];
    struct letter_mark mark;
    int64_t first, last;

    if (!letter_mark_decode(value, &mark))
        return OK; /* somebody else's */
    if (!marked->marks)
        marked->marks = calloc((size_t)marked->count, sizeof(*marked->marks));
    if (!marked->marks || !add_mark(letters, &mark))
        return no_memory(err);
    while (letter_mark_next(&mark, &first, &last)) {
        if (first < marked->from)
            first = marked->from;
        if (last >= message->offset)
            last = message->offset - 1;
        for (; first <= last; first++)
            marked->marks[first - marked->from] = letters->mark_count;
    }
    return OK;
}

/* The slot of `hash`, or the free one where it belongs. */
static uint64_t *seen_slot(struct letters *letters, uint64_t hash)
{
    size_t i = hash >> STATE_BITS & (letters->seen_size - 1);

    while (letters->seen[i] && letters->seen[i] >> STATE_BITS != hash >> STATE_BITS)
        i = (i + 1) & (letters->seen_size - 1);
    return &letters->seen[i];
}

static bool seen_grow(struct letters *letters)
{
    size_t size = letters->seen_size ? letters->seen_size * 2 : SEEN_MIN, old = letters->seen_size;
    uint64_t *before = letters->seen;

    letters->seen = calloc(size, sizeof(*letters->seen));
    if (!letters->seen) {
        letters->seen = before;
        return false;
    }
    letters->seen_size = size;
    for (size_t i = 0; i < old; i++)
        if (before[i])
            *seen_slot(letters, before[i]) = before[i];
    free(before);
    return true;
}

/* The message that the letter is about. Its bytes count too: a topic may be made anew. */
static uint64_t hash_source(const struct letter *letter)
{
    uint64_t place[2] = {(uint64_t)letter->source_partition, (uint64_t)letter->source_offset};
    uint64_t hash = XXH3_64bits_withSeed(place, sizeof(place),
                                         XXH3_64bits(letter->topic.data, letter->topic.len));

    return XXH3_64bits_withSeed(letter->value.data, letter->value.len, hash) | 1ull << 63;
}

/* What happened to the first letter about a message happened to the others. */
static void find_repetition(struct letters *letters, struct letter *letter)
{
    uint64_t hash, *slot;

    if (letter->source_partition < 0 || letter->source_offset < 0)
        return;
    if (letters->seen_count * 2 >= letters->seen_size && !seen_grow(letters))
        return; /* counted twice rather than not at all */
    hash = hash_source(letter);
    slot = seen_slot(letters, hash);
    letter->repeated = *slot != 0;
    if (*slot && letter->state == LETTER_OPEN)
        letter->state = (enum letter_state)(*slot & STATE_MASK);
    if (*slot)
        return;
    *slot = (hash & ~(uint64_t)STATE_MASK) | letter->state;
    letters->seen_count++;
}

static void find_state(const struct letters *letters, struct letter *letter)
{
    const struct marked *marked = &letters->partitions[letter->partition];
    uint32_t number = marked->marks ? marked->marks[letter->offset - marked->from] : 0;
    const struct mark *mark;

    if (!number)
        return;
    mark = &letters->marks[number - 1];
    letter->state = mark->state;
    letter->handled_ms = mark->time_ms;
    letter->handled = mark->by;
    letter->why = mark->note;
}

/* One of the two readings of the topic. */
struct pass {
    struct letters *letters;
    letter_taker *take; /* NULL: marks only */
    void *arg;
};

static enum status take_message(const struct pass *pass, const rd_kafka_message_t *message,
                                struct error *err)
{
    struct letter letter;

    if (!letter_decode(message, &letter))
        return pass->take ? OK : take_mark(pass->letters, message, err);
    if (!pass->take)
        return OK;
    find_state(pass->letters, &letter);
    find_repetition(pass->letters, &letter);
    return pass->take(pass->arg, &letter, err);
}

/* Reads what the reader was started with. */
static enum status read_started(const struct pass *pass, struct error *err)
{
    int64_t silent_ms = clock_mono_ms();
    rd_kafka_message_t *message;
    struct error why = {0};
    enum status status;

    while ((status = reader_poll(pass->letters->reader, POLL_MS, &message, err)) != DONE) {
        if (status == OK) {
            status = take_message(pass, message, err);
            rd_kafka_message_destroy(message);
            silent_ms = clock_mono_ms();
        } else if (status == RETRY) {
            if (err->text[0])
                why = *err;
            if (clock_mono_ms() - silent_ms < SILENCE_MS)
                continue;
            return error_set(err, RETRY, "Kafka stopped giving dead letters: %s",
                             why.text[0] ? why.text : "no answer");
        }
        if (status != OK)
            return status == DONE ? DONE : status;
    }
    return OK;
}

/* Partition by partition: letters come in a certain order, the first of repeated ones is known. */
static enum status read_partition(const struct pass *pass, size_t wanted, struct error *err)
{
    size_t count;
    struct reader_range *ranges = reader_ranges(pass->letters->reader, &count);

    for (size_t i = 0; i < count; i++) {
        const struct marked *marked = &pass->letters->partitions[i];

        ranges[i].from = marked->from;
        ranges[i].to = i == wanted ? marked->from + marked->count : marked->from;
    }
    if (reader_start(pass->letters->reader, err))
        return err->status;
    return read_started(pass, err);
}

static enum status read_all(const struct pass *pass, struct error *err)
{
    enum status status = OK;

    for (size_t i = 0; i < pass->letters->partition_count && status == OK; i++)
        if (pass->letters->partitions[i].count)
            status = read_partition(pass, i, err);
    return status;
}

/* What there is now: both readings are of the same. */
static enum status find_letters(struct letters *letters, const char *topic, struct error *err)
{
    struct reader_range *ranges;
    enum status status = reader_find(letters->reader, FIND_MS, err);

    if (status)
        return status;
    ranges = reader_ranges(letters->reader, &letters->partition_count);
    letters->partitions = calloc(letters->partition_count, sizeof(*letters->partitions));
    if (!letters->partitions)
        return no_memory(err);
    for (size_t i = 0; i < letters->partition_count; i++) {
        letters->partitions[i] =
            (struct marked){.from = ranges[i].low, .count = ranges[i].high - ranges[i].low};
        if (letters->partitions[i].count > SPAN_MAX)
            return error_set(err, FATAL,
                             "partition %zu of topic '%s' holds more letters than can be listed", i,
                             topic);
    }
    return OK;
}

static void release(struct letters *letters)
{
    reader_close(letters->reader);
    for (size_t i = 0; letters->partitions && i < letters->partition_count; i++)
        free(letters->partitions[i].marks);
    free(letters->partitions);
    free(letters->marks);
    free(letters->seen);
    arena_release(&letters->arena);
}

enum status deadletter_each(const struct indexer_kafka_config *config, letter_taker *take,
                            void *arg, struct error *err)
{
    struct letters letters = {0};
    const struct pass marks = {&letters, NULL, NULL}, all = {&letters, take, arg};
    enum status status;

    arena_init(&letters.arena, ARENA_BLOCK, ARENA_MAX);
    status = reader_open(config, config->dlq_topic, &letters.reader, err);
    if (status == OK)
        status = find_letters(&letters, config->dlq_topic, err);
    if (status == OK)
        status = read_all(&marks, err);
    if (status == OK) {
        status = read_all(&all, err);
        if (status == DONE) /* enough was taken */
            status = OK;
    }
    release(&letters);
    return status;
}
