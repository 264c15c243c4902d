/*
 * evidence.c - contents whose sums do not agree, record by record.
 *
 * Three lists of each: what the topic holds, what the index holds, what the dead letters hold.
 * Documents are doubled when two are of one place and line; what was sent and is in neither
 * place is missing, or under way when the group has not committed it.
 * What Kafka has deleted meanwhile is known by its number only.
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"
#include "common/grow.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/audit/audit.h"
#include "indexer/audit/days.h"
#include "indexer/config.h"
#include "indexer/reader.h"
#include "indexer/search.h"

#define KAFKA_MS    10000
#define SILENCE_MS  30000
#define BEFORE_MS   3600000 /* a message has the time at which it was queued, before its account */
#define RECORDS_MAX 5000000 /* of all contents that are looked into; 200 MB */
#define GAPS_MAX    1000    /* that are listed of one content */

struct sent { /* a record in the topic */
    struct audit_record record;
    int64_t offset;
    int32_t partition;
    bool expired; /* its index may have been deleted by now */
    int64_t time_ms;
};

struct sent_list {
    struct sent *list;
    size_t count, room;
};

struct found_list { /* documents */
    struct audit_record *list;
    size_t count, room;
};

struct suspect { /* a content that does not add up */
    struct audit_content *content;
    struct sent_list sent;
    size_t places; /* different offsets in `sent` */
};

struct inquiry {
    const struct indexer_config *config;
    const struct audit_group *group;
    struct audit_days days;
    struct suspect *suspects;
    size_t count, records;
    struct table by_id; /* of links */
    struct suspect_link {
        struct table_link link;
        struct suspect *suspect;
    } * links;
};

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory");
}

/* ---- the topic ---- */

static struct suspect *find_suspect(const struct inquiry *inquiry, uint64_t id)
{
    struct table_link *link = table_find(&inquiry->by_id, id);

    return link ? TABLE_MEMBER(link, struct suspect_link, link)->suspect : NULL;
}

static bool add_sent(struct sent_list *sent, const struct sent *record)
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

static bool is_expired(const struct inquiry *inquiry, struct slice document, int64_t time_ms)
{
    struct json_value event, dataset;

    return json_member(document, "event", &event) && json_member(event.raw, "dataset", &dataset) &&
           dataset.kind == JSON_STRING && !dataset.escaped &&
           audit_days_expired(&inquiry->days,
                              (struct slice){dataset.raw.data + 1, dataset.raw.len - 2}, time_ms);
}

/* Most messages are of others: those do not get as far as being read as JSON. */
static bool may_be_suspect(const struct inquiry *inquiry, struct slice value)
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

static enum status take_message(struct inquiry *inquiry, const rd_kafka_message_t *message,
                                struct error *err)
{
    struct slice value = {message->payload, message->len};
    struct sent sent = {.offset = message->offset, .partition = message->partition};
    struct suspect *suspect;
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

static enum status read_topic(struct inquiry *inquiry, struct reader *reader, struct error *err)
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
    const struct sent *x = a, *y = b;
    int order = audit_record_compare(&x->record, &y->record);

    if (order)
        return order;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static void settle_sent(struct suspect *suspect)
{
    struct sent *list = suspect->sent.list;
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
static bool has_all(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++)
        if (inquiry->suspects[i].places < inquiry->suspects[i].content->sent)
            return false;
    return true;
}

/* When the first of what is looked for was sent, at about. */
static int64_t earliest_ms(const struct inquiry *inquiry)
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
static enum status read_sent(struct inquiry *inquiry, struct reader *reader, struct error *err)
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

static enum status ask_topic(struct inquiry *inquiry, struct error *err)
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

/* ---- the index ---- */

/* search_hits */
static bool take_document(void *arg, struct slice document)
{
    struct found_list *found = arg;
    uint64_t id;

    if (!grow(&found->list, &found->room, found->count, sizeof(*found->list), 1024))
        return false;
    if (audit_place_read(document, &id, &found->list[found->count]))
        found->count++;
    return true;
}

static enum status ask_index(const struct inquiry *inquiry, const struct audit_content *content,
                             struct found_list *found, struct error *err)
{
    const struct search_order order = {{{SLICE("log.offset"), TYPE_LONG, false}}, 1};
    char filter[256], id[ACCOUNT_ID_LEN];
    struct search *search = NULL;
    enum status status;
    uint64_t total;

    account_id_write(id, content->id);
    snprintf(filter, sizeof(filter),
             "{\"term\":{\"log.file.fingerprint\":\"%.*s\"}},"
             "{\"range\":{\"log.offset\":{\"gte\":%llu,\"lt\":%llu}}}",
             ACCOUNT_ID_LEN, id, (unsigned long long)content->base.to,
             (unsigned long long)content->top.to);
    status = search_open(&inquiry->config->elasticsearch, slice_of(filter), &search, err);
    if (status == OK)
        status = search_hits(search, &order, 0, take_document, found, &total, err);
    search_close(search);
    if (found->count)
        qsort(found->list, found->count, sizeof(*found->list), audit_record_compare);
    return status;
}

/* ---- what became of each ---- */

static bool is_in(const void *list, size_t count, size_t size, const struct audit_record *record)
{
    return count && bsearch(record, list, count, size, audit_record_compare);
}

static bool is_committed(const struct audit_group *group, const struct sent *sent)
{
    return sent->partition >= 0 && (size_t)sent->partition < group->count &&
           sent->offset < group->committed[sent->partition];
}

/* Another record is missing; `open`: the one before it in the file was too. */
static bool add_gap(struct audit_content *content, const struct sent *sent, bool open)
{
    struct audit_gap *gap = content->gap_count ? &content->gaps[content->gap_count - 1] : NULL;
    struct audit_gap *gaps;

    if (open && gap && gap->partition == sent->partition) {
        gap->last = sent->record.offset;
        gap->last_offset = sent->offset;
        gap->records++;
        return true;
    }
    if (content->gap_count == GAPS_MAX)
        return true; /* they are counted all the same */
    gaps = reallocarray(content->gaps, content->gap_count + 1, sizeof(*gaps));
    if (!gaps)
        return false;
    content->gaps = gaps;
    gaps[content->gap_count++] = (struct audit_gap){
        .first = sent->record.offset,
        .last = sent->record.offset,
        .records = 1,
        .time_ms = sent->time_ms,
        .partition = sent->partition,
        .first_offset = sent->offset,
        .last_offset = sent->offset,
    };
    return true;
}

static void count_found(struct audit_content *content, const struct found_list *found)
{
    content->indexed = 0; /* each once; what came meanwhile counts */
    content->doubled = 0;
    for (size_t i = 0; i < found->count; i++)
        if (i && audit_record_compare(&found->list[i], &found->list[i - 1]) == 0)
            content->doubled++;
        else
            content->indexed++;
}

static void count_letters(struct audit_content *content, const struct found_list *found)
{
    content->dead = content->discarded = 0;
    for (size_t i = 0; i < content->letter_count; i++) {
        const struct audit_letter *letter = &content->letters[i];

        if (is_in(found->list, found->count, sizeof(*found->list), &letter->record))
            continue; /* it was taken after all */
        content->dead++;
        content->discarded += letter->discarded;
    }
}

/* Different places of what is known in any of the three lists. */
static uint64_t count_places(const struct suspect *suspect, const struct found_list *found)
{
    const struct audit_content *content = suspect->content;
    size_t i = 0, k = 0, m = 0;
    uint64_t places = 0;

    for (;; places++) {
        uint64_t next = UINT64_MAX;

        if (i < suspect->sent.count && suspect->sent.list[i].record.offset < next)
            next = suspect->sent.list[i].record.offset;
        if (k < found->count && found->list[k].offset < next)
            next = found->list[k].offset;
        if (m < content->letter_count && content->letters[m].record.offset < next)
            next = content->letters[m].record.offset;
        if (next == UINT64_MAX)
            return places;
        while (i < suspect->sent.count && suspect->sent.list[i].record.offset == next)
            i++;
        while (k < found->count && found->list[k].offset == next)
            k++;
        while (m < content->letter_count && content->letters[m].record.offset == next)
            m++;
    }
}

/* What Kafka does not have any more either: it is known that it lacks, not which it is. */
static bool count_unknown(const struct audit_days *days, const struct suspect *suspect,
                          const struct found_list *found)
{
    struct audit_content *content = suspect->content;
    uint64_t places = count_places(suspect, found);
    struct sent whole = {
        .record = {.offset = content->base.to}, .partition = -1, .time_ms = INT64_MIN};
    struct audit_gap *gap;

    if (places >= content->sent) {
        content->surplus = places - content->sent;
        return true;
    }
    if (audit_days_due(days, content->top.event_ms)) {
        content->expired += content->sent - places;
        return true;
    }
    content->missing += content->sent - places;
    if (!add_gap(content, &whole, false))
        return false;
    gap = &content->gaps[content->gap_count - 1];
    if (gap->partition < 0) {
        gap->last = content->top.to;
        gap->records = content->sent - places;
    }
    return true;
}

static bool weigh(const struct inquiry *inquiry, const struct suspect *suspect,
                  const struct found_list *found)
{
    struct audit_content *content = suspect->content;
    bool open = false;

    count_found(content, found);
    count_letters(content, found);
    for (size_t i = 0; i < suspect->sent.count; i++) {
        const struct sent *sent = &suspect->sent.list[i];
        bool settled = is_in(found->list, found->count, sizeof(*found->list), &sent->record) ||
                       is_in(content->letters, content->letter_count, sizeof(*content->letters),
                             &sent->record);

        if (settled || !is_committed(inquiry->group, sent)) {
            content->under_way += !settled;
            open = false;
            continue;
        }
        open = open && !sent->expired;
        content->expired += sent->expired;
        if (sent->expired)
            continue;
        content->missing++;
        if (!add_gap(content, sent, open))
            return false;
        open = true;
    }
    return count_unknown(&inquiry->days, suspect, found);
}

static enum status look_into(struct inquiry *inquiry, struct error *err)
{
    enum status status = audit_days_read(inquiry->config, &inquiry->days, err);

    if (status == OK)
        status = ask_topic(inquiry, err);
    for (size_t i = 0; i < inquiry->count && status == OK; i++) {
        struct found_list found = {0};

        status = ask_index(inquiry, inquiry->suspects[i].content, &found, err);
        if (status == OK && !weigh(inquiry, &inquiry->suspects[i], &found))
            status = no_memory(err);
        free(found.list);
    }
    return status;
}

/* ---- the verdict ---- */

/* Sums agree: nothing is missing, nothing doubled, and nothing else needs to be looked at. */
static bool adds_up(struct audit_content *content)
{
    uint64_t sum = content->indexed_sum;

    for (size_t i = 0; i < content->letter_count; i++)
        sum += content->letters[i].record.offset;
    content->dead = content->letter_count;
    for (size_t i = 0; i < content->letter_count; i++)
        content->discarded += content->letters[i].discarded;
    return content->indexed + content->letter_count == content->sent && sum == content->sent_sum;
}

static void set_state(struct audit_content *content)
{
    content->state = content->missing          ? AUDIT_MISSING
                     : content->doubled        ? AUDIT_DOUBLED
                     : content->told.abandoned ? AUDIT_ABANDONED
                     : content->under_way      ? AUDIT_UNDER_WAY
                     : content->expired        ? AUDIT_EXPIRED
                                               : AUDIT_COMPLETE;
}

static bool open_inquiry(struct inquiry *inquiry, struct audit_book *book)
{
    inquiry->suspects = calloc(book->count + 1, sizeof(*inquiry->suspects));
    inquiry->links = calloc(book->count + 1, sizeof(*inquiry->links));
    if (!inquiry->suspects || !inquiry->links)
        return false;
    for (struct audit_content *content = book->contents; content; content = content->next) {
        struct suspect_link *link = &inquiry->links[inquiry->count];

        if (adds_up(content))
            continue;
        inquiry->suspects[inquiry->count].content = content;
        link->suspect = &inquiry->suspects[inquiry->count++];
        table_add(&inquiry->by_id, &link->link, content->id);
    }
    return true;
}

static void close_inquiry(struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++)
        free(inquiry->suspects[i].sent.list);
    table_release(&inquiry->by_id);
    audit_days_release(&inquiry->days);
    free(inquiry->suspects);
    free(inquiry->links);
}

enum status audit_judge(const struct indexer_config *config, struct audit_book *book,
                        const struct audit_group *group, struct error *err)
{
    struct inquiry inquiry = {.config = config, .group = group};
    enum status status = OK;

    if (!open_inquiry(&inquiry, book))
        status = no_memory(err);
    else if (inquiry.count)
        status = look_into(&inquiry, err);
    close_inquiry(&inquiry);
    for (struct audit_content *content = book->contents; content; content = content->next)
        set_state(content);
    return status;
}
