/*
 * web_request.c - what a handler may ask and answer.
 *
 * Head and body of a reply leave in one write.
 */
#include "common/web_request.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/web.h"

#define PROBLEM_MAX     (16u << 10)
#define HEAD_MAX        (16u << 10)
#define DRAIN_MAX       (256u << 10) /* of a body that nobody read; more of it closes the connection */
#define READ_BYTES      1024 /* civetweb waits until it has them all: a slow sender is seen soon */
#define BODY_TIMEOUT_MS 30000

static bool has_unread_body(const struct web_request *request)
{
    return !request->body_read && (request->info->content_length > 0 ||
                                   mg_get_header(request->connection, "Transfer-Encoding"));
}

static bool is_head(const struct web_request *request)
{
    const char *method = request->info->request_method;

    return method && strcmp(method, "HEAD") == 0;
}

/* Says what civetweb will do after the reply; it does not tell. */
static bool keeps_alive(const struct web_request *request)
{
    const char *wish = mg_get_header(request->connection, "Connection");
    const char *version = request->info->http_version;

    if (request->closing)
        return false;
    return wish ? strcasestr(wish, "keep-alive") != NULL : version && strcmp(version, "1.1") == 0;
}

void web_request_close_after(struct web_request *request)
{
    request->closing = true;
    mg_disable_connection_keep_alive(request->connection);
}

static void add_head(struct buf *out, const struct web_request *request, int code,
                     const char *content_type, size_t len)
{
    time_t now = (time_t)(clock_wall_ms() / 1000);
    char date[40];
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: %s\r\n", code,
             mg_get_response_code_text(NULL, code), date,
             keeps_alive(request) ? "keep-alive" : "close");
    if (code != 204 && code != 304)
        buf_addf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", content_type, len);
    buf_add_text(out, "Cache-Control: no-store\r\n"
                      "X-Content-Type-Options: nosniff\r\n"
                      "X-Frame-Options: DENY\r\n"
                      "Referrer-Policy: no-referrer\r\n"
                      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    if (request->extra)
        buf_add_text(out, request->extra);
    buf_add_text(out, "\r\n");
}

void web_reply(struct web_request *request, int code, const char *content_type, struct slice body)
{
    scoped_buf struct buf out = BUF_INIT(HEAD_MAX + body.len);

    if (request->code)
        return; /* one reply a request */
    request->code = code;
    if (has_unread_body(request))
        web_request_close_after(request);
    add_head(&out, request, code, content_type, body.len);
    if (!is_head(request) && code != 204 && code != 304)
        buf_add_slice(&out, body);
    if (out.failed)
        web_request_close_after(request); /* without memory the connection just ends */
    else
        mg_write(request->connection, out.data, out.len);
}

void web_problem(struct web_request *request, int code, const char *title, const char *detail)
{
    scoped_json cJSON *problem = cJSON_CreateObject();
    scoped_buf struct buf body = BUF_INIT(PROBLEM_MAX);

    cJSON_AddStringToObject(problem, "type", "about:blank");
    cJSON_AddStringToObject(problem, "title", title);
    cJSON_AddNumberToObject(problem, "status", code);
    if (detail)
        cJSON_AddStringToObject(problem, "detail", detail);
    json_write(problem, &body);
    web_reply(request, code, "application/problem+json", buf_slice(&body));
}

const char *web_request_query(const struct web_request *request)
{
    return request->info->query_string;
}

const char *web_request_header(const struct web_request *request, const char *name)
{
    return mg_get_header(request->connection, name);
}

static enum status refuse_body(struct web_request *request, int code, const char *title)
{
    char detail[80];

    snprintf(detail, sizeof(detail), "The body may have %zu bytes and take %d s.",
             request->body_max, BODY_TIMEOUT_MS / 1000);
    web_problem(request, code, title, detail);
    return REJECT;
}

enum status web_request_body(struct web_request *request, struct buf *body)
{
    int64_t until_ms = clock_mono_ms() + BODY_TIMEOUT_MS;
    const char *expect = mg_get_header(request->connection, "Expect");
    int64_t announced = request->info->content_length;
    char *room;
    int n;

    buf_clear(body);
    body->max = request->body_max + READ_BYTES; /* what is read beyond is seen to be too much */
    if (announced > (int64_t)request->body_max)
        return refuse_body(request, 413, "The body is too large");
    if (expect && strcasecmp(expect, "100-continue") == 0)
        mg_write(request->connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    do {
        room = buf_reserve(body, READ_BYTES);
        n = room ? mg_read(request->connection, room, READ_BYTES) : 0;
        body->len += n > 0 ? (size_t)n : 0;
        if (!room)
            return refuse_body(request, 500, "There is no memory for the body");
        if (body->len > request->body_max)
            return refuse_body(request, 413, "The body is too large");
        request->body_failed = clock_mono_ms() > until_ms;
        if (request->body_failed)
            return refuse_body(request, 408, "The body came too slowly");
    } while (n == READ_BYTES);
    request->body_failed = n < 0 || (announced > 0 && (int64_t)body->len < announced);
    if (request->body_failed)
        return refuse_body(request, 400, "The body is incomplete");
    request->body_read = true;
    return OK;
}

void web_request_drain(struct web_request *request)
{
    int64_t until_ms = clock_mono_ms() + BODY_TIMEOUT_MS;
    char bytes[READ_BYTES];

    if (!request->closing || !has_unread_body(request))
        return;
    if (request->body_failed || mg_get_header(request->connection, "Expect"))
        return; /* nothing comes any more */
    for (size_t all = 0; all < DRAIN_MAX && clock_mono_ms() < until_ms; all += sizeof(bytes))
        if (mg_read(request->connection, bytes, sizeof(bytes)) <= 0)
            return;
}

void web_reply_header(struct web_request *request, const char *line)
{
    request->extra = line;
}

void web_request_peer(const struct web_request *request, char *out)
{
    bool v6 = strchr(request->info->remote_addr, ':') != NULL;

    snprintf(out, WEB_PEER_MAX, v6 ? "[%.60s]:%d" : "%.60s:%d", request->info->remote_addr,
             request->info->remote_port);
}
