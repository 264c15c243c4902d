/*
 * sent.c - what the topic holds of contents whose sums do not agree, record by record.
 */
#include "indexer/audit/evidence.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "common/grow.h"
#include "common/json_walk.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/config.h"
#include "indexer/reader.h"

#define KAFKA_MS    10000
#define SILENCE_MS  30000
#define BEFORE_MS   3600000 /* a message has the time at which it was queued, before its account */
#define RECORDS_MAX 5000000 /* of all contents that are looked into; 200 MB */

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory");
}

static struct audit_suspect *find_suspect(const struct audit_inquiry *inquiry, uint64_t id)
{
    struct table_link *link = table_find(&inquiry->by_id, id);

    return link ? TABLE_MEMBER(link, struct audit_suspect_link, link)->suspect : NULL;
}

static bool add_sent(struct audit_sent_list *sent, const struct audit_sent *record)
{
    if (!grow(&sent->list, &sent->room, sent->count, sizeof(*sent->list), 1024))
        return false;
    sent->list[sent->count++] = *record;
    return true;
}

static int64_t time_of(struct slice document)
{
    struct json_value value;
    struct timestamp time;

    if (json_member(document, "@timestamp", &value) && value.kind == JSON_STRING &&
        timestamp_parse_iso((struct slice){value.raw.data + 1, value.raw.len - 2}, &time))
        return timestamp_ms(time);
    return INT64_MIN;
}

static bool is_expired(const struct audit_inquiry *inquiry, struct slice document, int64_t time_ms)
{
    struct json_value event, dataset;

    return json_member(document, "event", &event) && json_member(event.raw, "dataset", &dataset) &&
           dataset.kind == JSON_STRING && !dataset.escaped &&
           audit_days_expired(&inquiry->days,
                              (struct slice){dataset.raw.data + 1, dataset.raw.len - 2}, time_ms);
}

/* Most messages are of others: those do not get as far as being read as JSON. */
static bool may_be_suspect(const struct audit_inquiry *inquiry, struct slice value)
{
    static const char key[] = "\"fingerprint\":\"";
    const char *p = memmem(value.data, value.len, key, sizeof(key) - 1);
    uint64_t id;

    if (!p)
        return false;
    p += sizeof(key) - 1;
    if (value.data + value.len - p < ACCOUNT_ID_LEN ||
        !account_id_read((struct slice){p, ACCOUNT_ID_LEN}, &id))
        return true; /* of another field */
    return find_suspect(inquiry, id) != NULL ||
           memmem(p, (size_t)(value.data + value.len - p), key, sizeof(key) - 1) != NULL;
}

static enum status take_message(struct audit_inquiry *inquiry, const rd_kafka_message_t *message,
                                struct error *err)
{
    struct slice value = {message->payload, message->len};
    struct audit_sent sent = {.offset = message->offset, .partition = message->partition};
    struct audit_suspect *suspect;
    uint64_t id;

    if (!value.data || !may_be_suspect(inquiry, value) ||
        !audit_place_read(value, &id, &sent.record) || !(suspect = find_suspect(inquiry, id)) ||
        sent.record.offset < suspect->content->base.to ||
        sent.record.offset >= suspect->content->top.to)
        return OK;
    if (++inquiry->records > RECORDS_MAX)
        return error_set(err, FATAL,
                         "more than %d records would have to be looked at one by one; wait for "
                         "the indexers by --wait, or narrow the audit by --file, --host, --from "
                         "or --to",
                         RECORDS_MAX);
    sent.time_ms = time_of(value);
    sent.expired = is_expired(inquiry, value, sent.time_ms);
    return add_sent(&suspect->sent, &sent) ? OK : no_memory(err);
}

static enum status read_topic(struct audit_inquiry *inquiry, struct reader *reader,
                              struct error *err)
{
    rd_kafka_message_t *message;
    enum status status = reader_start(reader, err);

    while (status == OK && (status = reader_poll(reader, SILENCE_MS, &message, err)) == OK) {
        status = take_message(inquiry, message, err);
        rd_kafka_message_destroy(message);
    }
    if (status == RETRY && !err->text[0])
        error_set(err, RETRY, "Kafka has said nothing for %d seconds", SILENCE_MS / 1000);
    return status == DONE ? OK : status;
}

/* By place and line; of what was sent twice, what is last in the topic. */
static int compare_sent(const void *a, const void *b)
{
    const struct audit_sent *x = a, *y = b;
    int order = audit_record_compare(&x->record, &y->record);

    if (order)
        return order;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static void settle_sent(struct audit_suspect *suspect)
{
    struct audit_sent *list = suspect->sent.list;
    size_t n = 0;

    suspect->places = 0;
    if (suspect->sent.count == 0)
        return;
    qsort(list, suspect->sent.count, sizeof(*list), compare_sent);
    for (size_t i = 1; i < suspect->sent.count; i++) {
        if (audit_record_compare(&list[n], &list[i]) != 0)
            n++;
        list[n] = list[i];
    }
    suspect->sent.count = n + 1;
    for (size_t i = 0; i <= n; i++)
        suspect->places += i == 0 || list[i].record.offset != list[i - 1].record.offset;
}

/* Has the topic all that was told to be sent? */
static bool has_all(const struct audit_inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++)
        if (inquiry->suspects[i].places < inquiry->suspects[i].content->sent)
            return false;
    return true;
}

/* When the first of what is looked for was sent, at about. */
static int64_t earliest_ms(const struct audit_inquiry *inquiry)
{
    int64_t earliest = INT64_MAX;

    for (size_t i = 0; i < inquiry->count; i++) {
        const struct audit_content *content = inquiry->suspects[i].content;
        int64_t time_ms = content->has_base ? content->base.time_ms : content->seen.time_ms;

        if (time_ms < earliest)
            earliest = time_ms;
    }
    return earliest - BEFORE_MS;
}

/* First what was sent in the time; what lacks then may have waited for longer: all of the topic. */
static enum status read_sent(struct audit_inquiry *inquiry, struct reader *reader,
                             struct error *err)
{
    size_t count;
    struct reader_range *ranges = reader_ranges(reader, &count);
    scoped_free int64_t *from = calloc(count, sizeof(*from));
    enum status status;
    bool more = false;

    if (!from)
        return no_memory(err);
    status = reader_offsets_at(reader, earliest_ms(inquiry), from, KAFKA_MS, err);
    for (size_t i = 0; i < count && status == OK; i++)
        ranges[i].from = from[i];
    if (status == OK)
        status = read_topic(inquiry, reader, err);
    for (size_t i = 0; i < inquiry->count; i++)
        settle_sent(&inquiry->suspects[i]);
    for (size_t i = 0; i < count && status == OK; i++) {
        ranges[i].from = ranges[i].low;
        ranges[i].to = from[i];
        more = more || ranges[i].from < ranges[i].to;
    }
    if (status != OK || !more || has_all(inquiry))
        return status;
    status = read_topic(inquiry, reader, err);
    for (size_t i = 0; i < inquiry->count; i++)
        settle_sent(&inquiry->suspects[i]);
    return status;
}

enum status audit_ask_topic(struct audit_inquiry *inquiry, struct error *err)
{
    struct reader *reader = NULL;
    enum status status =
        reader_open(&inquiry->config->kafka, inquiry->config->kafka.topic, &reader, err);

    if (status == OK)
        status = reader_find(reader, KAFKA_MS, err);
    if (status == OK)
        status = read_sent(inquiry, reader, err);
    reader_close(reader);
    return status == DONE ? OK : status;
}
