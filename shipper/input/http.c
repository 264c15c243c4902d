/*
 * http.c - lines that programs post: POST /ingest.
 *
 * NDJSON, a JSON array, or raw lines by the content type; gzip by the content
 * encoding. The answer 200 {"accepted":N} is sent when all lines are on disk,
 * so they survive kill -9 and Kafka being away. A request is taken as a whole
 * or not at all. One with an Idempotency-Key that was taken lately is answered
 * again without being taken twice.
 */
#include "shipper/input/input.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "common/web.h"
#include "shipper/config.h"
#include "shipper/input/http_body.h"
#include "shipper/input/spooled.h"
#include "shipper/process/rate.h"

#define THREADS   8
#define KEYS      4096 /* answers that are remembered */
#define UNPACK_BY 16   /* an unpacked body may be this many times as large as a body */

struct answered {
    uint64_t key; /* hash of the client's key and the body; 0: none */
    size_t lines;
};

struct http_input {
    struct spooled_input half;
    struct web *web;
    const struct input_config *config;
    struct web_route route;
    size_t line_max, body_max;

    pthread_mutex_t lock; /* guards `keys`; leaf lock */
    struct answered keys[KEYS];
    struct rate *rate; /* also guarded by `lock` */
    struct metric *requests, *refused, *lines;
};

struct collector {
    struct buf entries;
    struct timestamp now;
    struct slice peer;
};

static void collect(void *arg, struct slice line, bool cut)
{
    struct collector *collector = arg;

    spool_encode(&collector->entries, collector->now, collector->peer, cut, line);
}

/* Takes as long for a wrong token as for a right one. */
static bool equal_in_constant_time(struct slice a, struct slice b)
{
    unsigned char different = a.len != b.len;

    for (size_t i = 0; i < a.len; i++)
        different |= (unsigned char)(a.data[i] ^ b.data[b.len ? i % b.len : 0]);
    return !different && a.len;
}

static bool is_allowed(const struct http_input *input, const struct web_request *request)
{
    const char *given = web_request_header(request, "Authorization");

    if (!input->config->token || input->config->token[0] == '\0')
        return true;
    if (!given || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    return equal_in_constant_time(slice_of(given + 7), slice_of(input->config->token));
}

static void refuse(struct http_input *input, struct web_request *request, int code,
                   const char *title, const char *detail)
{
    metric_add(input->refused, 1);
    web_problem(request, code, title, detail);
}

/* False: the reply has been sent. */
static bool get_body(struct http_input *input, struct web_request *request, struct buf *packed,
                     struct buf *unpacked, struct slice *out)
{
    const char *encoding = web_request_header(request, "Content-Encoding");
    struct error err;

    if (web_request_body(request, packed) != OK) {
        metric_add(input->refused, 1);
        return false;
    }
    *out = buf_slice(packed);
    if (!encoding || strcasecmp(encoding, "identity") == 0)
        return true;
    if (strcasecmp(encoding, "gzip") != 0) {
        refuse(input, request, 415, "This content encoding is not understood",
               "Send gzip, or nothing.");
        return false;
    }
    if (http_body_unpack(*out, unpacked, &err)) {
        refuse(input, request, unpacked->failed ? 413 : 400, "The body cannot be unpacked",
               err.text);
        return false;
    }
    *out = buf_slice(unpacked);
    return true;
}

static bool is_json(const struct web_request *request)
{
    const char *type = web_request_header(request, "Content-Type");

    return type && (strncasecmp(type, "application/json", 16) == 0 ||
                    strncasecmp(type, "application/x-ndjson", 20) == 0 ||
                    strncasecmp(type, "application/jsonl", 17) == 0 ||
                    strncasecmp(type, "application/x-jsonlines", 23) == 0);
}

static uint64_t key_of(const struct web_request *request, struct slice body)
{
    const char *key = web_request_header(request, "Idempotency-Key");
    uint64_t hash;

    if (!key || !*key)
        return 0;
    hash = XXH3_64bits_withSeed(body.len ? body.data : "", body.len, XXH3_64bits(key, strlen(key)));
    return hash ? hash : 1;
}

/* Was this request taken before? Then *lines is what was answered. */
static bool was_answered(struct http_input *input, uint64_t key, size_t *lines)
{
    const struct answered *slot = &input->keys[key % KEYS];
    bool found;

    if (key == 0)
        return false;
    pthread_mutex_lock(&input->lock);
    found = slot->key == key;
    if (found)
        *lines = slot->lines;
    pthread_mutex_unlock(&input->lock);
    return found;
}

static void remember(struct http_input *input, uint64_t key, size_t lines)
{
    if (key == 0)
        return;
    pthread_mutex_lock(&input->lock);
    input->keys[key % KEYS] = (struct answered){key, lines};
    pthread_mutex_unlock(&input->lock);
}

static void accept_lines(struct web_request *request, size_t lines)
{
    char answer[64];
    int n = snprintf(answer, sizeof(answer), "{\"accepted\":%zu}\n", lines);

    web_reply(request, 200, "application/json", (struct slice){answer, (size_t)n});
}

/* Lines of the body into the collector. False: the reply has been sent. */
static bool split_body(struct http_input *input, struct web_request *request, struct slice body,
                       struct collector *collector, size_t *lines)
{
    struct error err;

    if (!is_json(request)) {
        *lines = http_body_lines(body, input->line_max, collect, collector);
    } else if (http_body_values(body, input->line_max, collect, collector, lines, &err)) {
        refuse(input, request, 400, "The body is not what its content type says", err.text);
        return false;
    }
    if (collector->entries.failed) {
        refuse(input, request, 503, "There is no memory for this request", NULL);
        return false;
    }
    return true;
}

/*
 * May so much pass? False: the reply has been sent. A request is taken as a whole, and paid for by
 * those that follow.
 */
static bool passes(struct http_input *input, struct web_request *request, size_t lines,
                   size_t bytes)
{
    char header[48];
    int64_t wait_s = 0;

    pthread_mutex_lock(&input->lock);
    if (rate_ask(input->rate, lines, bytes, clock_mono_ns()) != RATE_PASS)
        wait_s = 1 + rate_wait_ms(input->rate, clock_mono_ns()) / 1000;
    pthread_mutex_unlock(&input->lock);
    if (wait_s == 0)
        return true;
    snprintf(header, sizeof(header), "Retry-After: %lld\r\n", (long long)wait_s);
    web_reply_header(request, header);
    refuse(input, request, 429, "There are more lines than this input may take",
           "Send them again after the time in Retry-After.");
    return false;
}

static void give_back(struct http_input *input, size_t lines, size_t bytes)
{
    pthread_mutex_lock(&input->lock);
    rate_give_back(input->rate, lines, bytes);
    pthread_mutex_unlock(&input->lock);
}

static void keep(struct http_input *input, struct web_request *request, struct slice body)
{
    char peer[WEB_PEER_MAX];
    struct collector collector = {.entries = BUF_INIT(2 * UNPACK_BY * input->body_max + (1u << 20)),
                                  .now = timestamp_from_ns(clock_wall_ns())};
    uint64_t key = key_of(request, body);
    struct error err;
    size_t lines = 0;

    web_request_peer(request, peer);
    collector.peer = slice_of(peer);
    if (was_answered(input, key, &lines)) {
        accept_lines(request, lines);
    } else if (split_body(input, request, body, &collector, &lines) &&
               passes(input, request, lines, body.len)) {
        enum status status =
            spool_append(spooled_spool(&input->half), buf_slice(&collector.entries), true, &err);

        if (status)
            give_back(input, lines, body.len);
        if (status == REJECT) {
            refuse(input, request, 413, "There are too many lines in this request", err.text);
        } else if (status) {
            web_reply_header(request, "Retry-After: 1\r\n");
            refuse(input, request, 429, "There is no room for these lines now", err.text);
        } else {
            remember(input, key, lines);
            metric_add(input->lines, lines);
            accept_lines(request, lines);
        }
    }
    buf_release(&collector.entries);
}

static void handle(struct web_request *request, void *arg)
{
    struct http_input *input = arg;
    scoped_buf struct buf packed = BUF_INIT(0), unpacked = BUF_INIT(UNPACK_BY * input->body_max);
    struct slice body;

    metric_add(input->requests, 1);
    if (!is_allowed(input, request)) {
        web_reply_header(request, "WWW-Authenticate: Bearer\r\n");
        refuse(input, request, 401, "A valid token is needed",
               "Send Authorization: Bearer <token>.");
        return;
    }
    if (get_body(input, request, &packed, &unpacked, &body))
        keep(input, request, body);
}

static void http_stop(struct input *base)
{
    struct http_input *input = (struct http_input *)base;

    web_close(input->web);
    input->web = NULL;
    atomic_store(&input->half.ended, true);
}

static void http_close(struct input *base)
{
    struct http_input *input = (struct http_input *)base;

    if (!input)
        return;
    http_stop(base);
    spooled_close(&input->half);
    pthread_mutex_destroy(&input->lock);
    rate_close(input->rate);
    free(input);
}

static enum status start(struct http_input *input, struct error *err)
{
    struct web_options options = {.listen = input->config->listen[0],
                                  .routes = &input->route,
                                  .route_count = 1,
                                  .threads = THREADS,
                                  .body_max = input->body_max,
                                  .bare = true};

    input->route = (struct web_route){"POST", "/ingest", handle, input};
    return web_open_options(&options, &input->web, err);
}

static enum status http_open(const struct input_context *context, const struct input_config *config,
                             struct input **out, struct error *err)
{
    struct http_input *input = calloc(1, sizeof(*input));

    if (!input)
        return error_set(err, FATAL, "out of memory");
    pthread_mutex_init(&input->lock, NULL);
    input->half.base.type = &input_http;
    input->config = config;
    input->line_max = context->config->line_max_bytes;
    input->body_max = config->body_max_bytes ? *config->body_max_bytes : HTTP_BODY_MAX_BYTES;
    input->requests = metrics_counter("shipper_http_requests_total", NULL,
                                      "Requests of programs that post lines.");
    input->refused = metrics_counter("shipper_http_requests_refused_total", NULL,
                                     "Of these, those whose lines were not taken.");
    input->lines = metrics_counter("shipper_network_lines_total", "input=\"http\"",
                                   "Lines that came by network and were kept.");
    if (rate_open(context->config, config, &input->rate, err) ||
        spooled_open(context, config, config->name ? config->name : "http", &input->half, err) ||
        start(input, err)) {
        http_close(&input->half.base);
        return err->status;
    }
    *out = &input->half.base;
    return OK;
}

const struct input_type input_http = {
    .name = "http",
    .open = http_open,
    .fd = spooled_fd,
    .read = spooled_read,
    .done = spooled_done,
    .acked = spooled_acked,
    .stop = http_stop,
    .progress = spooled_progress,
    .report = spooled_report,
    .close = http_close,
};
