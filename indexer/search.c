/*
 * search.c - reads records back out of Elasticsearch.
 */
#include "indexer/search.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/backoff.h"
#include "common/json_walk.h"
#include "common/scope.h"
#include "indexer/config.h"
#include "indexer/search_private.h"
#include "indexer/sink/elastic_verdict.h"

#define BUSY_TRIES    5
#define BUSY_MIN_MS   200
#define BUSY_MAX_MS   2000
#define BUCKETS_MAX   65536 /* Elasticsearch's own limit */
#define SHARD_SURPLUS 1000  /* each index names so many more, or the sums would be wrong */

/* Takes `indices` over, which may be NULL for want of memory. */
static enum status open_indices(const struct elasticsearch_config *config, char *indices, bool one,
                                struct slice filter, struct search **out, struct error *err)
{
    struct search *search = indices ? calloc(1, sizeof(*search)) : NULL;

    if (!search) {
        free(indices);
        return error_set(err, FATAL, "out of memory");
    }
    search->indices = indices;
    search->one = one;
    search->pit = (struct buf)BUF_INIT(SEARCH_REQUEST_MAX);
    search->after = (struct buf)BUF_INIT(SEARCH_REQUEST_MAX);
    search->filter = strndup(filter.len ? filter.data : "", filter.len);
    if (!search->filter || elastic_link_init(&search->link, config, err)) {
        if (!search->filter)
            error_set(err, FATAL, "out of memory");
        search_close(search);
        return FATAL;
    }
    *out = search;
    return OK;
}

enum status search_open(const struct elasticsearch_config *config, struct slice filter,
                        struct search **out, struct error *err)
{
    char *indices;

    if (asprintf(&indices, "%s-*", config->index_prefix) < 0)
        indices = NULL;
    return open_indices(config, indices, false, filter, out, err);
}

enum status search_open_index(const struct elasticsearch_config *config, const char *index,
                              struct slice filter, struct search **out, struct error *err)
{
    return open_indices(config, strdup(index), true, filter, out, err);
}

void search_close(struct search *search)
{
    if (!search)
        return;
    elastic_link_release(&search->link);
    buf_release(&search->pit);
    buf_release(&search->after);
    free(search->filter);
    free(search->indices);
    free(search);
}

/* What went wrong first, if it is said; otherwise what is said at all. */
static void reason_of(struct slice body, char *text, size_t size)
{
    struct json_value error, causes, cause, reason;
    struct json_elements elements;
    char *room;

    elastic_error_text(body, true, text, size);
    if (!json_member(body, "error", &error) || !json_member(error.raw, "root_cause", &causes))
        return;
    elements = json_elements(causes.raw);
    if (!json_next_element(&elements, &cause) || !json_member(cause.raw, "reason", &reason) ||
        reason.kind != JSON_STRING || reason.raw.len < 3 || !(room = malloc(reason.raw.len)))
        return;
    snprintf(text, size, "%.*s", (int)json_unescape(reason.raw, room), room);
    free(room);
}

static enum status refused(const struct search *search, struct error *err)
{
    const struct http_answer *answer = &search->link.answer;
    char reason[300];

    reason_of(buf_slice(&answer->body), reason, sizeof(reason));
    return error_set(err, FATAL, "'%s' answered HTTP %ld: %s", search->link.node, answer->code,
                     reason[0] ? reason : "no reason given");
}

static bool is_busy(long code)
{
    return code == 429 || code == 503;
}

bool search_no_answer(const struct search *search)
{
    return search->link.answer.code == 0 || is_busy(search->link.answer.code);
}

enum status search_ask(struct search *search, const char *method, const char *path,
                       struct slice body, struct slice *out, struct error *err)
{
    struct http_answer *answer = &search->link.answer;
    struct backoff backoff;
    struct json_value whole;
    enum status status = OK;

    backoff_init(&backoff, BUSY_MIN_MS, BUSY_MAX_MS, 0);
    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        if (tries)
            poll(NULL, 0, (int)backoff_next_ms(&backoff)); /* a command has nothing else to do */
        status = elastic_link_request(&search->link, method, path,
                                      body.len ? "application/json" : NULL, body, err);
        if (status != OK || !is_busy(answer->code))
            break;
    }
    if (status != OK)
        return status;
    if (answer->code == 404)
        return DONE;
    if (answer->code != 200)
        return refused(search, err);
    if (!json_whole(buf_slice(&answer->body), &whole) || whole.kind != JSON_OBJECT)
        return error_set(err, FATAL, "'%s' did not answer with JSON; check elasticsearch.urls",
                         search->link.node);
    *out = whole.raw;
    return OK;
}

void search_add_query(const struct search *search, struct buf *body)
{
    buf_add_text(body, "\"query\":{\"bool\":{\"filter\":[");
    buf_add_text(body, search->filter);
    buf_add_text(body, "]}}");
}

void search_add_name(struct slice name, struct buf *body)
{
    uint64_t invalid = 0;
    char *room = buf_reserve(body, JSON_STRING_MAX(name.len));

    if (room)
        body->len += (size_t)(json_write_string(room, name, &invalid) - room);
}

/* Runs a search without hits over all indices. DONE: there are none. */
static enum status aggregate(struct search *search, struct slice aggregation, struct slice *out,
                             struct error *err)
{
    scoped_buf struct buf body = BUF_INIT(SEARCH_REQUEST_MAX), path = BUF_INIT(1024);

    buf_addf(&path,
             "/%s/_search?ignore_unavailable=%s&allow_no_indices=true"
             "&allow_partial_search_results=false",
             search->indices, search->one ? "false" : "true");
    buf_add_text(&body, "{\"size\":0,\"track_total_hits\":true,");
    search_add_query(search, &body);
    if (aggregation.len) {
        buf_add_text(&body, ",\"aggs\":{\"all\":");
        buf_add_slice(&body, aggregation);
        buf_add_char(&body, '}');
    }
    buf_add_char(&body, '}');
    if (body.failed)
        return error_set(err, FATAL, "out of memory");
    return search_ask(search, "POST", buf_str(&path), buf_slice(&body), out, err);
}

static int64_t number_of(struct slice object, const char *key)
{
    struct json_value value;
    int64_t number = 0;

    if (json_member(object, key, &value))
        json_integer(value.raw, &number);
    return number;
}

uint64_t search_total(struct slice answer)
{
    struct json_value hits, total;

    if (!json_member(answer, "hits", &hits) || !json_member(hits.raw, "total", &total))
        return 0;
    return (uint64_t)number_of(total.raw, "value");
}

enum status search_count(struct search *search, uint64_t *count, struct error *err)
{
    struct slice answer = {NULL, 0};
    enum status status = aggregate(search, (struct slice){NULL, 0}, &answer, err);

    if (status != OK && status != DONE)
        return status;
    *count = search_total(answer);
    return OK;
}

/* The key as text and as JSON: dates and booleans have both forms, of which the text says more. */
static bool read_bucket(struct slice raw, struct arena *arena, struct search_bucket *bucket)
{
    struct json_value key, text;
    char *room;

    if (!json_member(raw, "key", &key))
        return false;
    if (!json_member(raw, "key_as_string", &text))
        text = key;
    bucket->count = (uint64_t)number_of(raw, "doc_count");
    bucket->json = arena_copy(arena, text.raw);
    if (slice_is(text.raw, "\"true\"") || slice_is(text.raw, "\"false\""))
        bucket->json = (struct slice){bucket->json.data + 1, bucket->json.len - 2};
    if (text.kind != JSON_STRING) {
        bucket->name = bucket->json;
        return bucket->json.data != NULL;
    }
    room = arena_bytes(arena, text.raw.len);
    if (!room || !bucket->json.data)
        return false;
    bucket->name = (struct slice){room, json_unescape(text.raw, room)};
    return true;
}

static enum status read_buckets(struct search *search, struct slice aggregation,
                                struct arena *arena, struct search_buckets *out, struct error *err)
{
    struct json_value all, value;
    struct json_elements elements;
    struct slice answer = {NULL, 0};
    enum status status = aggregate(search, aggregation, &answer, err);
    size_t count = 0;

    *out = (struct search_buckets){NULL, 0};
    if (status != OK)
        return status == DONE ? OK : status;
    if (!json_member(answer, "aggregations", &all) || !json_member(all.raw, "all", &all) ||
        !json_member(all.raw, "buckets", &all))
        return OK; /* without any index there are none */
    for (elements = json_elements(all.raw); json_next_element(&elements, &value);)
        count++;
    out->list = arena_alloc(arena, (count + 1) * sizeof(*out->list));
    if (!out->list)
        return error_set(err, FATAL, "out of memory for %zu values", count);
    for (elements = json_elements(all.raw); json_next_element(&elements, &value);)
        if (!read_bucket(value.raw, arena, &out->list[out->count++]))
            return error_set(err, FATAL, "'%s' gave values that cannot be read", search->link.node);
    return OK;
}

/* The shortest usual span that cuts `ms` into at most `buckets`. */
static const char *usual_interval(double ms, unsigned buckets)
{
    static const struct {
        const char *name;
        double ms;
    } intervals[] = {{"1s", 1e3},          {"5s", 5e3},           {"10s", 1e4},
                     {"30s", 3e4},         {"1m", 6e4},           {"5m", 3e5},
                     {"10m", 6e5},         {"30m", 1.8e6},        {"1h", 3.6e6},
                     {"3h", 1.08e7},       {"12h", 4.32e7},       {"1d", 8.64e7},
                     {"7d", 6.048e8},      {"30d", 2.592e9},      {"365d", 3.1536e10},
                     {"3650d", 3.1536e11}, {"36500d", 3.1536e12}, {"365000d", 3.1536e13}};
    size_t i = 0;

    /* Spans begin at whole multiples: one more than the length says may be touched. */
    while (i + 1 < ARRAY_LEN(intervals) && floor(ms / intervals[i].ms) + 2 > buckets)
        i++;
    return intervals[i].name;
}

static bool read_time(struct slice object, const char *key, double *ms)
{
    struct json_value value;

    if (!json_member(object, key, &value) || value.kind != JSON_NUMBER)
        return false;
    *ms = strtod(value.raw.data, NULL); /* a date, or the quote or brace behind it, ends it */
    return true;
}

enum status search_histogram(struct search *search, unsigned buckets, struct arena *arena,
                             struct search_buckets *out, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(1024);
    struct json_value all;
    struct slice answer = {NULL, 0};
    double first, last;
    enum status status =
        aggregate(search, SLICE("{\"stats\":{\"field\":\"@timestamp\"}}"), &answer, err);

    *out = (struct search_buckets){NULL, 0};
    if (status != OK)
        return status == DONE ? OK : status;
    if (!json_member(answer, "aggregations", &all) || !json_member(all.raw, "all", &all) ||
        !read_time(all.raw, "min", &first) || !read_time(all.raw, "max", &last))
        return OK;
    buf_addf(&text, "{\"date_histogram\":{\"field\":\"@timestamp\",\"fixed_interval\":\"%s\"}}",
             usual_interval(last - first, buckets));
    return read_buckets(search, buf_slice(&text), arena, out, err);
}

enum status search_top(struct search *search, struct slice field, unsigned size,
                       struct arena *arena, struct search_buckets *out, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(SEARCH_REQUEST_MAX);

    size = size < BUCKETS_MAX - SHARD_SURPLUS ? size : BUCKETS_MAX - SHARD_SURPLUS;
    buf_add_text(&text, "{\"terms\":{\"field\":");
    search_add_name(field, &text);
    buf_addf(&text, ",\"size\":%u,\"shard_size\":%u}}", size, size + SHARD_SURPLUS);
    return read_buckets(search, buf_slice(&text), arena, out, err);
}
