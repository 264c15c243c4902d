/*
 * book.c - what shippers have told: the audit topic into contents.
 */
#include "indexer/audit/audit.h"

#include <fnmatch.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/config.h"
#include "indexer/reader.h"

#define KAFKA_MS   5000
#define SILENCE_MS 30000 /* Kafka says nothing for this long: given up */

/*
 * Accounts from before the time that is asked for say what was there already. A file that was quiet
 * for longer is counted from its beginning, which is as exact.
 */
#define BEFORE_MS 3600000

struct message { /* what all accounts of one message have in common */
    struct slice agent, host;
    int64_t time_ms;
};

/* A JSON string as text; the caller frees it. NULL: it is none, or no memory. */
static char *text_of(const struct json_value *value)
{
    char *text;

    if (value->kind != JSON_STRING || !(text = malloc(value->raw.len)))
        return NULL;
    text[json_unescape(value->raw, text)] = '\0';
    return text;
}

static char *member_text(struct slice object, const char *key)
{
    struct json_value value;

    return json_member(object, key, &value) ? text_of(&value) : NULL;
}

static bool member_time(struct slice object, const char *key, int64_t *out)
{
    struct json_value value;
    struct timestamp time;

    if (!json_member(object, key, &value) || value.kind != JSON_STRING || value.escaped ||
        !timestamp_parse_iso((struct slice){value.raw.data + 1, value.raw.len - 2}, &time))
        return false;
    *out = timestamp_ms(time);
    return true;
}

static bool member_offset(struct slice object, const char *key, uint64_t *out)
{
    struct json_value value;
    int64_t number;

    if (!json_member(object, key, &value) || !json_integer(value.raw, &number) || number < 0)
        return false;
    *out = (uint64_t)number;
    return true;
}

struct audit_content *audit_book_find(const struct audit_book *book, uint64_t id)
{
    struct table_link *link = table_find(&book->by_id, id);

    return link ? TABLE_MEMBER(link, struct audit_content, by_id) : NULL;
}

static void content_free(struct audit_content *content)
{
    free(content->agent);
    free(content->host);
    free(content->file);
    free(content->path);
    free(content->letters);
    free(content->gaps);
    free(content);
}

static bool fits(const char *pattern, const char *text)
{
    return !pattern || fnmatch(pattern, text, 0) == 0;
}

static bool is_chosen(const struct audit_choice *choice, const struct audit_content *content)
{
    return fits(choice->host, content->host) &&
           (fits(choice->file, content->file) ||
            (content->path && fits(choice->file, content->path)));
}

/* NULL: the account has no name, or no memory. */
static struct audit_content *make_content(struct audit_book *book, const struct message *message,
                                          struct slice object, uint64_t id)
{
    struct audit_content *content = calloc(1, sizeof(*content));

    if (!content)
        return NULL;
    content->id = id;
    content->agent = strndup(message->agent.data, message->agent.len);
    content->host = strndup(message->host.data, message->host.len);
    content->file = member_text(object, "file");
    content->path = member_text(object, "path");
    if (!content->agent || !content->host || !content->file) {
        content_free(content);
        return NULL;
    }
    content->next = book->contents;
    book->contents = content;
    book->count++;
    table_add(&book->by_id, &content->by_id, id);
    return content;
}

/*
 * Does `point` say more than `best`? An account is about the beginning of a content, so the one
 * that reaches further does, also when a lost state lets a shipper begin again.
 */
static bool says_more(const struct audit_point *point, const struct audit_point *best)
{
    if (point->to != best->to)
        return point->to > best->to;
    if (point->account.from != best->account.from)
        return point->account.from < best->account.from;
    return point->time_ms >= best->time_ms;
}

static void take_point(struct audit_content *content, const struct audit_choice *choice,
                       const struct audit_point *point)
{
    if (!content->has_seen || point->time_ms < content->seen.time_ms) {
        content->seen = *point;
        content->has_seen = true;
    }
    if (point->time_ms <= choice->to_ms && (!content->has_top || says_more(point, &content->top))) {
        content->top = *point;
        content->has_top = true;
    }
    if (point->time_ms <= choice->from_ms &&
        (!content->has_base || says_more(point, &content->base))) {
        content->base = *point;
        content->has_base = true;
    }
}

static bool take_account(struct audit_book *book, const struct audit_choice *choice,
                         const struct message *message, struct slice object)
{
    struct audit_point point = {.time_ms = message->time_ms, .event_ms = message->time_ms};
    struct audit_content *content;
    struct json_value value;
    uint64_t id;

    if (!json_member(object, "id", &value) || value.kind != JSON_STRING ||
        !account_id_read((struct slice){value.raw.data + 1, value.raw.len - 2}, &id) ||
        !member_offset(object, "to", &point.to) || !account_read(object, &point.account) ||
        point.account.from > point.to)
        return false;
    member_time(object, "event_time", &point.event_ms);
    content = audit_book_find(book, id);
    if (!content)
        content = make_content(book, message, object, id);
    if (!content)
        return false;
    take_point(content, choice, &point);
    return true;
}

bool audit_book_take(struct audit_book *book, const struct audit_choice *choice,
                     struct slice message)
{
    scoped_free char *agent = member_text(message, "agent"), *host = member_text(message, "host");
    struct message common = {.agent = slice_of(agent), .host = slice_of(host)};
    struct json_value version, accounts, account;
    struct json_elements elements;
    bool all = true;

    if (!agent || !host || !json_member(message, "version", &version) ||
        !slice_is(version.raw, "1") || !member_time(message, "time", &common.time_ms) ||
        !json_member(message, "accounts", &accounts) || accounts.kind != JSON_ARRAY)
        return false;
    elements = json_elements(accounts.raw);
    while (json_next_element(&elements, &account))
        all = take_account(book, choice, &common, account.raw) && all;
    return all;
}

/* Without a point before the time, or with one of another counting: from the beginning. */
static void set_told(struct audit_content *content)
{
    if (!content->has_base || content->base.account.from != content->top.account.from ||
        content->base.to > content->top.to) {
        content->has_base = false;
        content->base = (struct audit_point){.time_ms = INT64_MIN,
                                             .event_ms = INT64_MIN,
                                             .to = content->top.account.from,
                                             .account = {.from = content->top.account.from}};
    }
    content->told = account_since(&content->top.account, &content->base.account);
    content->sent = content->told.records - content->told.quarantined;
    content->sent_sum = content->told.sum - content->told.quarantined_sum;
}

static int compare_contents(const void *a, const void *b)
{
    const struct audit_content *x = *(struct audit_content *const *)a,
                               *y = *(struct audit_content *const *)b;
    int order = strcmp(x->host, y->host);

    if (!order)
        order = strcmp(x->agent, y->agent);
    if (!order)
        order = strcmp(x->file, y->file);
    if (!order)
        order = (x->seen.time_ms > y->seen.time_ms) - (x->seen.time_ms < y->seen.time_ms);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* Without memory the order stays as it is. */
static void sort(struct audit_book *book)
{
    struct audit_content **list = calloc(book->count + 1, sizeof(*list)), *content;
    size_t n = 0;

    if (!list)
        return;
    for (content = book->contents; content; content = content->next)
        list[n++] = content;
    qsort(list, n, sizeof(*list), compare_contents);
    for (size_t i = 0; i < n; i++)
        list[i]->next = list[i + 1];
    book->contents = list[0];
    free(list);
}

void audit_book_settle(struct audit_book *book)
{
    struct audit_content **link = &book->contents, *content;

    while ((content = *link)) {
        if (content->has_top)
            set_told(content);
        if (content->has_top && (content->top.to > content->base.to || content->told.abandoned)) {
            link = &content->next;
            continue;
        }
        *link = content->next;
        table_remove(&book->by_id, &content->by_id);
        content_free(content);
        book->count--;
    }
    sort(book);
}

static void drop_others(struct audit_book *book, const struct audit_choice *choice)
{
    struct audit_content **link = &book->contents, *content;

    while ((content = *link)) {
        if (is_chosen(choice, content)) {
            link = &content->next;
            continue;
        }
        *link = content->next;
        table_remove(&book->by_id, &content->by_id);
        content_free(content);
        book->count--;
    }
}

/* Reading begins not long before the time that is asked for. */
static enum status skip_old(struct reader *reader, const struct audit_choice *choice,
                            struct error *err)
{
    size_t count;
    struct reader_range *ranges = reader_ranges(reader, &count);
    int64_t *offsets;
    enum status status;

    if (choice->from_ms == INT64_MIN)
        return OK;
    offsets = calloc(count, sizeof(*offsets));
    if (!offsets)
        return error_set(err, FATAL, "out of memory");
    status = reader_offsets_at(reader, choice->from_ms - BEFORE_MS, offsets, KAFKA_MS, err);
    for (size_t i = 0; i < count && status == OK; i++)
        ranges[i].from = offsets[i];
    free(offsets);
    return status;
}

static enum status read_all(struct reader *reader, const struct audit_choice *choice,
                            struct audit_book *book, struct error *err)
{
    rd_kafka_message_t *message;
    enum status status;

    while ((status = reader_poll(reader, SILENCE_MS, &message, err)) == OK) {
        book->accounts++;
        if (!audit_book_take(book, choice, (struct slice){message->payload, message->len}))
            book->invalid++;
        rd_kafka_message_destroy(message);
    }
    if (status == RETRY && !err->text[0])
        error_set(err, RETRY, "Kafka has said nothing for %d seconds", SILENCE_MS / 1000);
    return status == DONE ? OK : status;
}

enum status audit_book_read(const struct indexer_config *config, const struct audit_choice *choice,
                            struct audit_book *book, struct error *err)
{
    struct reader *reader = NULL;
    enum status status;

    *book = (struct audit_book){0};
    if (config->kafka.audit_topic[0] == '\0')
        return error_set(err, DONE, "kafka.audit_topic is empty: there are no accounts");
    status = reader_open(&config->kafka, config->kafka.audit_topic, &reader, err);
    if (status == OK)
        status = reader_find(reader, KAFKA_MS, err);
    if (status == OK)
        status = skip_old(reader, choice, err);
    if (status == OK)
        status = reader_start(reader, err);
    if (status == OK)
        status = read_all(reader, choice, book, err);
    reader_close(reader);
    if (status != OK)
        return status;
    if (book->count == 0 && choice->from_ms == INT64_MIN)
        return error_set(err, DONE, "there are no accounts in topic '%s'",
                         config->kafka.audit_topic);
    drop_others(book, choice);
    if (book->count == 0 && (choice->host || choice->file))
        return error_set(err, DONE, "no account is of that host and file");
    audit_book_settle(book);
    return OK;
}

void audit_book_release(struct audit_book *book)
{
    struct audit_content *content;

    while ((content = book->contents)) {
        book->contents = content->next;
        content_free(content);
    }
    table_release(&book->by_id);
}
