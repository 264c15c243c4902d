/*
 * counts.c - what the index holds of each content: documents, and the sum of their offsets.
 *
 * Elasticsearch adds up in floating point, which is exact up to 2^53 only. So a sum is believed
 * when it cannot have been larger on its way; else its range is asked for in smaller parts.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"
#include "common/grow.h"
#include "indexer/audit/audit.h"
#include "indexer/config.h"
#include "indexer/search_private.h"

#define CONTENTS_PER_REQUEST 1000
#define ASKS_PER_REQUEST     200
#define EXACT_MAX            9007199254740992.0 /* 2^53 */
#define REQUEST_MAX          (8u << 20)

struct ask { /* for the documents of a content whose offset is in [low, high) */
    struct audit_content *content;
    uint64_t low, high;
};

struct asks {
    struct ask *list;
    size_t count, room;
};

struct found {
    double count, sum, min, max;
};

static bool add_ask(struct asks *asks, struct audit_content *content, uint64_t low, uint64_t high)
{
    if (!grow(&asks->list, &asks->room, asks->count, sizeof(*asks->list), 256))
        return false;
    asks->list[asks->count++] = (struct ask){content, low, high};
    return true;
}

/* 0 when it is null, as sums of nothing are. */
static double member_number(struct slice object, const char *key)
{
    struct json_value value;
    char text[64];

    if (!json_member(object, key, &value) || value.kind != JSON_NUMBER ||
        value.raw.len >= sizeof(text))
        return 0;
    memcpy(text, value.raw.data, value.raw.len);
    text[value.raw.len] = '\0';
    return strtod(text, NULL);
}

/* No part of the sum was larger than it may be. */
static bool is_exact(const struct found *found, double largest)
{
    return found->count * largest < EXACT_MAX;
}

static void add_found(struct audit_content *content, const struct found *found)
{
    content->indexed += (uint64_t)found->count;
    content->indexed_sum += (uint64_t)found->sum;
}

static void add_id(struct buf *body, uint64_t id)
{
    char text[ACCOUNT_ID_LEN];

    account_id_write(text, id);
    buf_addf(body, "\"%.*s\"", ACCOUNT_ID_LEN, text);
}

/* ---- all contents at once ---- */

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory");
}

/*
 * When all of its documents are where they were told to be, this is all; others, which came later,
 * are left out by asking for the range.
 */
static bool settle_bucket(struct audit_content *content, struct slice bucket, struct asks *asks)
{
    struct json_value stats;
    struct found found;

    if (!json_member(bucket, "o", &stats))
        return false;
    found = (struct found){
        .count = member_number(bucket, "doc_count"),
        .sum = member_number(stats.raw, "sum"),
        .min = member_number(stats.raw, "min"),
        .max = member_number(stats.raw, "max"),
    };
    if (found.count != member_number(stats.raw, "count") || found.min < (double)content->base.to ||
        found.max >= (double)content->top.to || !is_exact(&found, found.max))
        return add_ask(asks, content, content->base.to, content->top.to);
    add_found(content, &found);
    return true;
}

static enum status take_buckets(const struct audit_book *book, struct slice answer,
                                struct asks *asks, struct error *err)
{
    struct json_value aggregations, by_id, buckets, bucket, key;
    struct json_elements elements;
    uint64_t id;

    if (!json_member(answer, "aggregations", &aggregations))
        return OK; /* there is no index */
    if (!json_member(aggregations.raw, "c", &by_id) || !json_member(by_id.raw, "buckets", &buckets))
        return error_set(err, FATAL, "Elasticsearch did not answer with counts");
    elements = json_elements(buckets.raw);
    while (json_next_element(&elements, &bucket)) {
        struct audit_content *content;

        if (!json_member(bucket.raw, "key", &key) || key.kind != JSON_STRING ||
            !account_id_read((struct slice){key.raw.data + 1, key.raw.len - 2}, &id) ||
            !(content = audit_book_find(book, id)))
            return error_set(err, FATAL, "Elasticsearch answered with a count of another file");
        if (!settle_bucket(content, bucket.raw, asks))
            return no_memory(err);
    }
    return OK;
}

/* Takes the contents of one request from *next on. */
static size_t write_request(struct audit_content **next, struct buf *body)
{
    size_t n = 0;

    buf_clear(body);
    buf_add_text(body, "{\"size\":0,\"track_total_hits\":false,\"query\":{\"bool\":{\"filter\":["
                       "{\"terms\":{\"log.file.fingerprint\":[");
    for (; *next && n < CONTENTS_PER_REQUEST; *next = (*next)->next, n++) {
        if (n)
            buf_add_char(body, ',');
        add_id(body, (*next)->id);
    }
    buf_addf(body,
             "]}}]}},\"aggs\":{\"c\":{\"terms\":{\"field\":\"log.file.fingerprint\",\"size\":%zu},"
             "\"aggs\":{\"o\":{\"stats\":{\"field\":\"log.offset\"}}}}}}",
             n);
    return n;
}

static enum status count_all(struct search *search, const struct audit_book *book,
                             struct asks *asks, struct error *err)
{
    scoped_buf struct buf body = BUF_INIT(REQUEST_MAX), path = BUF_INIT(1024);
    struct audit_content *next = book->contents;
    struct slice answer;

    buf_addf(&path,
             "/%s/_search?ignore_unavailable=true&allow_no_indices=true"
             "&allow_partial_search_results=false",
             search->indices);
    while (next) {
        enum status status;

        write_request(&next, &body);
        if (body.failed || path.failed)
            return no_memory(err);
        status = search_ask(search, "POST", buf_str(&path), buf_slice(&body), &answer, err);
        if (status == OK)
            status = take_buckets(book, answer, asks, err);
        if (status != OK && status != DONE)
            return status;
    }
    return OK;
}

/* ---- parts of contents ---- */

static void write_ask(const struct search *search, const struct ask *ask, struct buf *body)
{
    buf_addf(body,
             "{\"index\":\"%s\",\"ignore_unavailable\":true,\"allow_no_indices\":true,"
             "\"allow_partial_search_results\":false}\n",
             search->indices);
    buf_add_text(body, "{\"size\":0,\"track_total_hits\":true,\"query\":{\"bool\":{\"filter\":["
                       "{\"term\":{\"log.file.fingerprint\":");
    add_id(body, ask->content->id);
    buf_addf(body,
             "}},{\"range\":{\"log.offset\":{\"gte\":%" PRIu64 ",\"lt\":%" PRIu64
             "}}}]}},\"aggs\":{\"s\":{\"sum\":{\"field\":\"log.offset\"}}}}\n",
             ask->low, ask->high);
}

/* Into parts of which each is likely to be exact. */
static bool split(struct asks *asks, const struct ask *ask, const struct found *found)
{
    double parts = ceil(found->count * (double)ask->high / (EXACT_MAX / 4));
    uint64_t step = (uint64_t)((double)(ask->high - ask->low) / parts);

    if (step == 0)
        step = 1;
    for (uint64_t low = ask->low; low < ask->high; low += step) {
        uint64_t high = ask->high - low > step ? low + step : ask->high;

        if (!add_ask(asks, ask->content, low, high))
            return false;
        if (high == ask->high)
            break;
    }
    return true;
}

static enum status take_answer(struct asks *asks, struct ask ask, struct slice response,
                               struct error *err)
{
    struct json_value hits, total, sums, sum;
    struct found found;

    if (member_number(response, "status") == 404)
        return OK;
    if (!json_member(response, "hits", &hits) || !json_member(hits.raw, "total", &total))
        return error_set(err, FATAL, "Elasticsearch refused to count: %.*s",
                         (int)(response.len < 300 ? response.len : 300), response.data);
    found = (struct found){.count = member_number(total.raw, "value")};
    if (json_member(response, "aggregations", &sums) && json_member(sums.raw, "s", &sum))
        found.sum = member_number(sum.raw, "value");
    if (is_exact(&found, (double)ask.high) || ask.high - ask.low <= 1)
        add_found(ask.content, &found);
    else if (!split(asks, &ask, &found))
        return no_memory(err);
    return OK;
}

/* Asks the last ones of the list; what they are split into comes behind those that are left. */
static enum status count_parts(struct search *search, struct asks *asks, struct buf *body,
                               struct error *err)
{
    size_t n = asks->count < ASKS_PER_REQUEST ? asks->count : ASKS_PER_REQUEST, i = 0;
    struct ask asked[ASKS_PER_REQUEST];
    struct json_value responses, response;
    struct json_elements elements;
    struct slice answer;
    enum status status;

    buf_clear(body);
    asks->count -= n;
    memcpy(asked, asks->list + asks->count, n * sizeof(*asked));
    for (size_t k = 0; k < n; k++)
        write_ask(search, &asked[k], body);
    if (body->failed)
        return no_memory(err);
    status = search_ask(search, "POST", "/_msearch", buf_slice(body), &answer, err);
    if (status != OK)
        return status;
    if (!json_member(answer, "responses", &responses))
        return error_set(err, FATAL, "Elasticsearch did not answer with counts");
    elements = json_elements(responses.raw);
    for (; i < n && json_next_element(&elements, &response); i++)
        if (take_answer(asks, asked[i], response.raw, err))
            return err->status;
    return i == n ? OK : error_set(err, FATAL, "Elasticsearch left %zu counts out", n - i);
}

/* What was written a moment ago counts. */
static enum status refresh(struct search *search, struct error *err)
{
    scoped_buf struct buf path = BUF_INIT(1024);
    struct slice answer;
    enum status status;

    buf_addf(&path, "/%s/_refresh?ignore_unavailable=true&allow_no_indices=true", search->indices);
    status = search_ask(search, "POST", buf_str(&path), (struct slice){NULL, 0}, &answer, err);
    return status == DONE ? OK : status;
}

enum status audit_counts_read(const struct indexer_config *config, struct audit_book *book,
                              struct error *err)
{
    scoped_buf struct buf body = BUF_INIT(REQUEST_MAX);
    struct search *search = NULL;
    struct asks asks = {0};
    enum status status = search_open(&config->elasticsearch, (struct slice){NULL, 0}, &search, err);

    if (status == OK)
        status = refresh(search, err);
    if (status == OK)
        status = count_all(search, book, &asks, err);
    while (status == OK && asks.count)
        status = count_parts(search, &asks, &body, err);
    free(asks.list);
    search_close(search);
    return status;
}
