/*
 * documents.c - a batch's messages into documents: decode, enrich, stamp, encode.
 */
#include "indexer/documents.h"

#include <stdio.h>
#include <xxhash.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "common/words.h"
#include "indexer/batch.h"
#include "indexer/config.h"
#include "indexer/retention/rule.h"

#define ARENA_BLOCK     (64u << 10)
#define ARENA_MAX       (512u << 20)
#define WORDS_BYTES_MAX (256u << 20)
#define ID_MAX          512 /* bytes that Elasticsearch takes as _id */
#define PAGE_SHIFT      13  /* 8 KiB of a file: some 30 to 100 lines */
#define PAGE_SPREAD     8   /* pages of a second of a host */
#define AHEAD           4   /* messages that are fetched into the processor's cache */

void documents_open_plain(struct documents *documents, const struct indexer_config *config)
{
    *documents = (struct documents){.words = BUF_INIT(WORDS_BYTES_MAX)};
    index_names_init(&documents->names, config->elasticsearch.index_prefix);
    documents->topic = config->kafka.topic;
    documents->names.datasets = config->elasticsearch.datasets;
    documents->names.dataset_count = config->elasticsearch.dataset_count;
    documents->names.max_future_ms = (int64_t)config->elasticsearch.max_future_ms;
    documents->retention = config->retention.enabled ? &config->retention : NULL;
    documents->with_pages = config->redis.url && *config->redis.url;
    arena_init(&documents->arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&documents->record, &documents->arena);
    documents->repaired = metrics_counter("indexer_invalid_utf8_bytes_total", NULL,
                                          "Bytes that were no UTF-8 and became U+FFFD.");
}

enum status documents_open(struct documents *documents, const struct indexer_config *config,
                           struct error *err)
{
    documents_open_plain(documents, config);
    return enrich_set_open(&documents->enrich, config, err);
}

void documents_close(struct documents *documents)
{
    enrich_set_release(&documents->enrich);
    record_reader_release(&documents->reader);
    record_encoder_release(&documents->encoder);
    arena_release(&documents->arena);
    buf_release(&documents->words);
}

static int64_t message_time_ms(const rd_kafka_message_t *message, int64_t now_ms)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = message ? rd_kafka_message_timestamp(message, &type) : -1;

    return ms >= 0 ? ms : now_ms;
}

/* Another topic than the one that is read usually: a replay's. Its name, else "". */
static const char *foreign_topic(const struct documents *documents,
                                 const rd_kafka_message_t *message)
{
    const char *name = message && message->rkt ? rd_kafka_topic_name(message->rkt) : NULL;

    return name && documents->topic && strcmp(name, documents->topic) != 0 ? name : "";
}

/* A record of somebody else's making has no id: its place in Kafka is one. */
static bool make_id(struct documents *documents, struct batch_entry *entry, struct record *record,
                    struct arena *arena)
{
    const char *topic;
    struct slice id;
    char text[ID_MAX];

    if (record_text(record, FIELD_EVENT_ID, &id) && id.len > 0 && id.len <= ID_MAX) {
        entry->id = arena_copy(arena, id);
        return entry->id.data != NULL;
    }
    topic = foreign_topic(documents, entry->message);
    snprintf(text, sizeof(text), "kafka-%s%s%d-%lld", topic, *topic ? "-" : "",
             entry->message ? entry->message->partition : 0,
             entry->message ? (long long)entry->message->offset : 0);
    entry->id = arena_copy(arena, slice_of(text));
    record_set_text(record, FIELD_EVENT_ID, entry->id);
    return entry->id.data != NULL;
}

/*
 * Neighbours in a file come together, in the same batch, and come again
 * together: dedup.c keeps their marks in one place. What has no place in a
 * file goes by host and second, and is spread: many hosts may share a name.
 */
static uint64_t page_of(struct record *record, struct slice id)
{
    struct slice agent = {NULL, 0}, stream = {NULL, 0};
    struct timestamp time = {0};
    uint64_t place[3] = {0};
    int64_t offset = 0;

    record_text(record, FIELD_AGENT_ID, &agent);
    if (record_long(record, FIELD_LOG_OFFSET, &offset)) {
        record_text(record, FIELD_LOG_FILE_PATH, &stream);
        place[2] = (uint64_t)offset >> PAGE_SHIFT;
    } else {
        record_text(record, FIELD_HOST_NAME, &stream);
        record_time(record, FIELD_TIMESTAMP, &time);
        place[2] = (uint64_t)time.s * PAGE_SPREAD + XXH3_64bits(id.data, id.len) % PAGE_SPREAD;
    }
    place[0] = XXH3_64bits(agent.data, agent.len);
    place[1] = XXH3_64bits(stream.data, stream.len);
    return XXH3_64bits(place, sizeof(place));
}

static void stamp(struct batch_entry *entry, struct record *record, int64_t now_ms)
{
    if (!record_has(record, FIELD_TIMESTAMP)) /* one that it has is a time: else it is a label */
        record_set_time(record, FIELD_TIMESTAMP,
                        timestamp_from_ms(message_time_ms(entry->message, now_ms)));
    record_set_time(record, FIELD_EVENT_INGESTED, timestamp_from_ms(now_ms));
    if (entry->message) {
        record_set_long(record, FIELD_KAFKA_PARTITION, entry->message->partition);
        record_set_long(record, FIELD_KAFKA_OFFSET, entry->message->offset);
    }
}

/*
 * The record as JSON in `arena`; unless it is bare its words too, in the field `text`, which
 * Elasticsearch indexes and nobody reads back.
 */
static bool make_json(struct documents *documents, const struct record *record, struct arena *arena,
                      struct slice *out)
{
    static const char key[] = ",\"text\":\"";
    struct buf *words = &documents->words;
    char *room, *p;
    uint64_t invalid = 0;

    buf_clear(words);
    if (!documents->bare)
        record_words(record, words);
    if (words->failed)
        return false;
    room = arena_bytes(arena, record_encoder_bound(&documents->encoder, record) + sizeof(key) +
                                  words->len + 2);
    if (!room)
        return false;
    p = room + record_encoder_write(&documents->encoder, record, room, &invalid);
    if (!documents->bare) {
        p--; /* over the closing brace */
        memcpy(p, key, sizeof(key) - 1);
        p += sizeof(key) - 1;
        if (words->len)
            memcpy(p, words->data, words->len);
        p += words->len;
        memcpy(p, "\"}", 2);
        p += 2;
    }
    *out = (struct slice){room, (size_t)(p - room)};
    arena_trim(arena, room, out->len);
    if (invalid)
        metric_add(documents->repaired, invalid);
    return true;
}

static void refuse(struct batch_entry *entry, struct arena *arena, const char *why)
{
    size_t size = strlen(why) + 1;
    char *copy = arena_bytes(arena, size);

    entry->outcome = OUTCOME_REFUSED;
    entry->reason = REASON_DECODE;
    if (!copy)
        return;
    memcpy(copy, why, size);
    entry->detail = copy;
}

/* It would make an index again that retention has deleted. */
static bool is_too_old(struct documents *documents, const struct batch_entry *entry, int64_t now_ms)
{
    if (!documents->retention)
        return false;
    if (entry->index.data != documents->judged) /* equal names mostly are one */
        documents->judged_too_old = retention_is_too_old(
            documents->retention, documents->names.prefix, entry->index, now_ms);
    documents->judged = entry->index.data;
    return documents->judged_too_old;
}

/* It is a document, but is not to be stored. `why` is kept. */
static void keep_out(struct batch_entry *entry, enum reason reason, const char *why)
{
    entry->outcome = OUTCOME_REFUSED;
    entry->reason = reason;
    entry->detail = why;
}

static enum status make_document(struct documents *documents, struct batch *batch, size_t number,
                                 int64_t now_ms, struct error *err)
{
    struct batch_entry *entry = &batch->entries[number];
    struct record *record = &documents->record;
    enum status status, placed;

    record_clear(record);
    arena_clear(&documents->arena);
    status = record_reader_read(&documents->reader, record, entry->original, err);
    if (status == REJECT) {
        refuse(entry, &batch->arena, err->text);
        return OK;
    }
    if (status != OK)
        return status;
    stamp(entry, record, now_ms);
    enrich_set_apply(&documents->enrich, record, number);
    if (documents->keep && !documents->keep(documents->keep_arg, record)) {
        entry->outcome = OUTCOME_FILTERED;
        return OK;
    }
    placed = index_name(&documents->names, record, message_time_ms(entry->message, now_ms), now_ms,
                        &entry->index);
    if (placed == FATAL || !make_id(documents, entry, record, &batch->arena) ||
        !make_json(documents, record, &batch->arena, &entry->document))
        return error_set(err, FATAL, "out of memory for a batch of %zu records", batch->count);
    if (documents->with_pages)
        entry->page = page_of(record, entry->id);
    if (is_too_old(documents, entry, now_ms))
        keep_out(entry, REASON_TOO_OLD, "of a day that retention has deleted");
    else if (placed == REJECT)
        keep_out(entry, REASON_INDEX_LIMIT,
                 "of more indices than may be new in an hour (elasticsearch.new_indices_per_hour)");
    return OK;
}

enum status documents_make(struct documents *documents, struct batch *batch, int64_t now_ms,
                           struct error *err)
{
    enrich_set_refresh(&documents->enrich, clock_mono_ms());
    enrich_set_begin(&documents->enrich, batch);
    index_names_start(&documents->names, &batch->arena);
    documents->judged = NULL;
    for (size_t i = 0; i < batch->count; i++) {
        if (i + AHEAD < batch->count) /* another thread has written them */
            __builtin_prefetch(batch->entries[i + AHEAD].message);
        if (batch->entries[i].outcome == OUTCOME_PENDING &&
            make_document(documents, batch, i, now_ms, err))
            return err->status;
    }
    return OK;
}

void documents_settle(struct documents *documents, const struct batch *batch)
{
    enrich_set_settle(&documents->enrich, batch, clock_mono_ms());
}

bool documents_degrade(struct batch_entry *entry, struct arena *arena, void *arg)
{
    static const enum record_field core[] = {
        FIELD_TIMESTAMP,  FIELD_MESSAGE,   FIELD_EVENT_DATASET, FIELD_LOG_FILE_PATH,
        FIELD_LOG_OFFSET, FIELD_HOST_NAME, FIELD_AGENT_ID};
    struct documents *documents = arg;
    struct record *record = &documents->record, reduced;
    struct slice original = entry->original;

    record_clear(record);
    arena_clear(&documents->arena);
    record_init(&reduced, &documents->arena);
    if (record_decode(record, original, NULL) != OK)
        return false; /* cannot be: it was decoded before */
    for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
        if (record_has(record, core[i]))
            *record_slot(&reduced, core[i]) = record->values[core[i]];
    stamp(entry, &reduced, clock_wall_ms());
    record_set_text(&reduced, FIELD_EVENT_ID, entry->id);
    record_set_text(&reduced, FIELD_EVENT_ORIGINAL, original);
    record_set_json(&reduced, FIELD_TAGS, SLICE("[\"_degraded\"]"));
    return make_json(documents, &reduced, arena, &entry->document);
}
