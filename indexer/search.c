/*
 * search.c - reads records back out of Elasticsearch.
 */
#include "indexer/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/json.h"
#include "common/scope.h"
#include "indexer/config.h"

#define PAGE        1000
#define ANSWER_MAX  (256u << 20)
#define REQUEST_MAX (8u << 20)
#define KEEP_ALIVE  "2m"

struct search {
    const struct elasticsearch_config *config;
    struct http *http;
    struct http_answer answer;
    char *filter;
    char *pit; /* point in time; NULL = none */
};

enum status search_open(const struct elasticsearch_config *config, struct slice filter,
                        struct search **out, struct error *err)
{
    struct http_options options = {.username = config->username[0] ? config->username : NULL,
                                   .password = config->password[0] ? config->password : NULL,
                                   .api_key = config->api_key[0] ? config->api_key : NULL,
                                   .ca_file = config->ca_file[0] ? config->ca_file : NULL,
                                   .timeout_ms = (int64_t)config->timeout_ms,
                                   .answer_max = ANSWER_MAX,
                                   .gzip = config->gzip};
    struct search *search = calloc(1, sizeof(*search));

    if (!search)
        return error_set(err, FATAL, "out of memory");
    search->config = config;
    search->filter = strndup(filter.len ? filter.data : "", filter.len);
    if (!search->filter || http_open(&options, &search->http, err)) {
        if (!search->filter)
            error_set(err, FATAL, "out of memory");
        search_close(search);
        return FATAL;
    }
    *out = search;
    return OK;
}

/* Elasticsearch's own reason, as far as there is one. */
static enum status refused(const struct search *search, const char *url, struct error *err)
{
    scoped_json cJSON *json =
        cJSON_ParseWithLength(search->answer.body.data, search->answer.body.len);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(json, "error");
    const cJSON *cause =
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(error, "root_cause"), 0);
    const char *reason = json_text(cause, "reason", json_text(error, "reason", "no reason given"));

    return error_set(err, FATAL, "'%s' answered HTTP %ld: %s", url, search->answer.code, reason);
}

/* Sends to the first address that answers. DONE: 404. */
static enum status ask(struct search *search, const char *method, const char *path,
                       struct slice body, cJSON **out, struct error *err)
{
    enum status status = RETRY;

    for (uint32_t i = 0; i < search->config->url_count && status == RETRY; i++) {
        const char *base = search->config->urls[i];
        size_t len = strlen(base);
        scoped_buf struct buf url = BUF_INIT(4096);

        while (len && base[len - 1] == '/')
            len--;
        buf_addf(&url, "%.*s%s", (int)len, base, path);
        status = http_request(search->http, method, buf_str(&url), "application/json", body,
                              &search->answer, err);
        if (status != OK)
            continue;
        if (search->answer.code == 404)
            return DONE;
        if (search->answer.code != 200)
            return refused(search, base, err);
        *out = cJSON_ParseWithLength(search->answer.body.data, search->answer.body.len);
        if (!*out)
            return error_set(err, FATAL, "'%s' did not answer with JSON", base);
    }
    return status;
}

static void add_query(const struct search *search, struct buf *body)
{
    buf_addf(body, "\"query\":{\"bool\":{\"filter\":[");
    buf_add_text(body, search->filter);
    buf_add_text(body, "]}}");
}

/* Runs a search without hits over all indices. DONE: there are none. */
static enum status aggregate(struct search *search, const char *aggregation, cJSON **out,
                             struct error *err)
{
    scoped_buf struct buf body = BUF_INIT(REQUEST_MAX), path = BUF_INIT(1024);

    buf_addf(&path, "/%s-*/_search?ignore_unavailable=true&allow_no_indices=true",
             search->config->index_prefix);
    buf_add_text(&body, "{\"size\":0,\"track_total_hits\":true,");
    add_query(search, &body);
    if (aggregation)
        buf_addf(&body, ",\"aggs\":{\"all\":%s}", aggregation);
    buf_add_char(&body, '}');
    return ask(search, "POST", buf_str(&path), buf_slice(&body), out, err);
}

static uint64_t total_of(const cJSON *answer)
{
    const cJSON *hits = cJSON_GetObjectItemCaseSensitive(answer, "hits");

    return (uint64_t)json_number(cJSON_GetObjectItemCaseSensitive(hits, "total"), "value", 0);
}

enum status search_count(struct search *search, uint64_t *count, struct error *err)
{
    scoped_json cJSON *answer = NULL;
    enum status status = aggregate(search, NULL, &answer, err);

    if (status != OK && status != DONE)
        return status;
    *count = total_of(answer);
    return OK;
}

static enum status each_bucket(struct search *search, const char *aggregation, search_bucket *each,
                               void *arg, struct error *err)
{
    scoped_json cJSON *answer = NULL;
    enum status status = aggregate(search, aggregation, &answer, err);
    const cJSON *all, *bucket;

    if (status != OK)
        return status == DONE ? OK : status;
    all = cJSON_GetObjectItemCaseSensitive(answer, "aggregations");
    all = cJSON_GetObjectItemCaseSensitive(all, "all");
    cJSON_ArrayForEach (bucket, cJSON_GetObjectItemCaseSensitive(all, "buckets")) {
        const cJSON *key = cJSON_GetObjectItemCaseSensitive(bucket, "key");
        char number[32];

        snprintf(number, sizeof(number), "%.17g",
                 key && cJSON_IsNumber(key) ? key->valuedouble : 0);
        each(arg,
             json_text(bucket, "key_as_string",
                       key && cJSON_IsString(key) ? key->valuestring : number),
             (uint64_t)json_number(bucket, "doc_count", 0));
    }
    return OK;
}

/* When the first and the last record are, in ms. False: there are none. */
static bool read_span(const cJSON *answer, double *first, double *last)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(answer, "aggregations");
    const cJSON *min, *max;

    all = cJSON_GetObjectItemCaseSensitive(all, "all");
    min = cJSON_GetObjectItemCaseSensitive(all, "min");
    max = cJSON_GetObjectItemCaseSensitive(all, "max");
    if (!cJSON_IsNumber(min) || !cJSON_IsNumber(max))
        return false;
    *first = min->valuedouble;
    *last = max->valuedouble;
    return true;
}

/* The shortest usual span that cuts `ms` into at most `buckets`. */
static const char *usual_interval(double ms, unsigned buckets)
{
    static const struct {
        const char *name;
        double ms;
    } intervals[] = {{"1s", 1e3},     {"5s", 5e3},     {"10s", 1e4},    {"30s", 3e4},
                     {"1m", 6e4},     {"5m", 3e5},     {"10m", 6e5},    {"30m", 1.8e6},
                     {"1h", 3.6e6},   {"3h", 1.08e7},  {"12h", 4.32e7}, {"1d", 8.64e7},
                     {"7d", 6.048e8}, {"30d", 2.592e9}};
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(intervals) && ms / intervals[i].ms > buckets)
        i++;
    return intervals[i].name;
}

enum status search_histogram(struct search *search, unsigned buckets, search_bucket *each,
                             void *arg, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(1024);
    scoped_json cJSON *answer = NULL;
    double first, last;
    enum status status = aggregate(search, "{\"stats\":{\"field\":\"@timestamp\"}}", &answer, err);

    if (status != OK)
        return status == DONE ? OK : status;
    if (!read_span(answer, &first, &last))
        return OK;
    buf_addf(&text, "{\"date_histogram\":{\"field\":\"@timestamp\",\"fixed_interval\":\"%s\"}}",
             usual_interval(last - first, buckets));
    return each_bucket(search, buf_str(&text), each, arg, err);
}

enum status search_top(struct search *search, const char *field, unsigned size, search_bucket *each,
                       void *arg, struct error *err)
{
    scoped_buf struct buf text = BUF_INIT(1024);

    buf_addf(&text, "{\"terms\":{\"field\":\"%s\",\"size\":%u}}", field, size);
    return each_bucket(search, buf_str(&text), each, arg, err);
}

/* A view of the indices that stays the same while it is paged through. DONE: there are none. */
static enum status open_pit(struct search *search, struct error *err)
{
    scoped_buf struct buf path = BUF_INIT(1024);
    scoped_json cJSON *answer = NULL;
    enum status status;
    const char *id;

    buf_addf(&path, "/%s-*/_pit?keep_alive=" KEEP_ALIVE "&ignore_unavailable=true",
             search->config->index_prefix);
    status = ask(search, "POST", buf_str(&path), (struct slice){0}, &answer, err);
    if (status != OK)
        return status;
    id = json_text(answer, "id", NULL);
    free(search->pit);
    search->pit = id ? strdup(id) : NULL;
    return search->pit ? OK : error_set(err, FATAL, "Elasticsearch gave no point in time");
}

static void close_pit(struct search *search)
{
    scoped_buf struct buf body = BUF_INIT(REQUEST_MAX);
    scoped_json cJSON *answer = NULL;
    struct error ignored; /* it ends by itself after KEEP_ALIVE */

    if (!search->pit)
        return;
    buf_addf(&body, "{\"id\":\"%s\"}", search->pit);
    ask(search, "DELETE", "/_pit", buf_slice(&body), &answer, &ignored);
    free(search->pit);
    search->pit = NULL;
}

static void page_body(const struct search *search, struct search_order order, uint64_t size,
                      const cJSON *after, struct buf *body)
{
    scoped_free char *text = after ? cJSON_PrintUnformatted(after) : NULL;

    buf_addf(body,
             "{\"size\":%" PRIu64 ",\"track_total_hits\":%s,\"pit\":{\"id\":\"%s\","
             "\"keep_alive\":\"" KEEP_ALIVE "\"},\"sort\":[{\"%s\":{\"order\":\"%s\","
             "\"unmapped_type\":\"keyword\"}}],",
             size, after ? "false" : "true", search->pit, order.field,
             order.descending ? "desc" : "asc");
    if (text)
        buf_addf(body, "\"search_after\":%s,", text);
    add_query(search, body);
    buf_add_char(body, '}');
}

/* Hands the hits of one page on. False: enough. */
static bool take_page(const cJSON *hits, bool (*each)(void *arg, struct slice document), void *arg,
                      cJSON **after)
{
    const cJSON *hit;

    cJSON_ArrayForEach (hit, hits) {
        scoped_free char *text =
            cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(hit, "_source"));

        if (text && !each(arg, slice_of(text)))
            return false;
        if (!hit->next) {
            cJSON_Delete(*after);
            *after = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(hit, "sort"), true);
        }
    }
    return true;
}

enum status search_hits(struct search *search, struct search_order order, uint64_t limit,
                        bool (*each)(void *arg, struct slice document), void *arg, uint64_t *total,
                        struct error *err)
{
    scoped_json cJSON *after = NULL;
    uint64_t taken = 0;
    enum status status = open_pit(search, err);
    bool more = true;

    *total = 0;
    while (status == OK && more) {
        scoped_buf struct buf body = BUF_INIT(REQUEST_MAX);
        scoped_json cJSON *answer = NULL;
        uint64_t size = limit && limit - taken < PAGE ? limit - taken : PAGE;
        const cJSON *hits;

        page_body(search, order, size, after, &body);
        status = ask(search, "POST", "/_search", buf_slice(&body), &answer, err);
        if (status != OK)
            break;
        if (!after)
            *total = total_of(answer);
        hits = cJSON_GetObjectItemCaseSensitive(answer, "hits");
        hits = cJSON_GetObjectItemCaseSensitive(hits, "hits");
        taken += (uint64_t)cJSON_GetArraySize(hits);
        more = take_page(hits, each, arg, &after) && cJSON_GetArraySize(hits) == (int)size &&
               (!limit || taken < limit);
    }
    close_pit(search);
    return status == DONE ? OK : status;
}

void search_close(struct search *search)
{
    if (!search)
        return;
    http_answer_release(&search->answer);
    http_close(search->http);
    free(search->filter);
    free(search->pit);
    free(search);
}
