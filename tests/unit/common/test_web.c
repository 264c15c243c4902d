#include "common/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/queue.h"
#include "common/scope.h"

#define BODY_MAX 5000
#define LONG_MS  60000

static struct web *web;
static struct queue *entered, *leave; /* of the blocking handler */
static char reply[1 << 20];

static void handle_echo(struct web_request *request, void *arg)
{
    scoped_buf struct buf body = BUF_INIT(0);

    (void)arg;
    if (web_request_body(request, &body) == OK)
        web_reply(request, 201, "text/plain", buf_slice(&body));
}

static void handle_query(struct web_request *request, void *arg)
{
    const char *query = web_request_query(request);
    const char *header = web_request_header(request, "x-test");
    char text[200];

    snprintf(text, sizeof(text), "%s %s %s", (const char *)arg, query ? query : "(none)",
             header ? header : "(none)");
    web_reply(request, 200, "text/plain", slice_of(text));
    web_reply(request, 500, "text/plain", SLICE("a second one is ignored"));
}

static void handle_nothing(struct web_request *request, void *arg)
{
    (void)request;
    (void)arg;
}

static void handle_blocking(struct web_request *request, void *arg)
{
    void *item;

    queue_push(entered, arg, LONG_MS);
    queue_pop(leave, &item, LONG_MS);
    web_reply(request, 200, "text/plain", SLICE("finished"));
}

static void handle_empty(struct web_request *request, void *arg)
{
    (void)arg;
    web_reply(request, 204, NULL, (struct slice){0});
}

static char argument[] = "argument";
static const struct web_route routes[] = {
    {"POST", "/echo", handle_echo, NULL},      {"GET", "/query", handle_query, argument},
    {"GET", "/nothing", handle_nothing, NULL}, {"GET", "/blocking", handle_blocking, argument},
    {"DELETE", "/empty", handle_empty, NULL},  {"PUT", "/empty", handle_empty, NULL},
};

static int start(void **state)
{
    struct error err;
    struct web_options options = {.listen = "127.0.0.1:0",
                                  .routes = routes,
                                  .route_count = ARRAY_LEN(routes),
                                  .body_max = BODY_MAX};

    (void)state;
    log_setup("test", LEVEL_ERROR, LOG_FORMAT_TEXT);
    return web_open_options(&options, &web, &err) == OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    web_close(web);
    web = NULL;
    return 0;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    size_t len = strlen(text), done = 0;
    ssize_t n;

    while (done < len && (n = send(fd, text + done, len - done, MSG_NOSIGNAL)) > 0)
        done += (size_t)n;
}

/* Reads into `reply` until the server closes, or `end` has come (NULL: only until it closes). */
static void read_reply(int fd, const char *end)
{
    size_t len = 0;
    ssize_t n = 1;

    reply[0] = '\0';
    while (n > 0 && !(end && strstr(reply, end))) {
        n = recv(fd, reply + len, sizeof(reply) - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        reply[len] = '\0';
    }
}

/* One request on a connection of its own; \r\n\r\n and Connection are added to `head`. */
static void request(const char *head, const char *body)
{
    scoped_fd int fd = connect_to(web_port(web));

    send_text(fd, head);
    send_text(fd, "\r\nHost: x\r\nConnection: close\r\n\r\n");
    send_text(fd, body);
    read_reply(fd, NULL);
}

static void expect_part(const char *part)
{
    if (!strstr(reply, part))
        fail_msg("not found: %s in: %s", part, reply);
}

static void expect_code(const char *code)
{
    char line[40];

    snprintf(line, sizeof(line), "HTTP/1.1 %s ", code);
    assert_memory_equal(reply, line, strlen(line));
}

static void expect_body(const char *body)
{
    const char *at = strstr(reply, "\r\n\r\n");

    assert_non_null(at);
    assert_string_equal(at + 4, body);
}

static void expect_problem(const char *head, const char *code, const char *title)
{
    char part[200];

    request(head, "");
    expect_code(code);
    expect_part("Content-Type: application/problem+json\r\n");
    snprintf(part, sizeof(part), "\"title\":\"%s\",\"status\":%s", title, code);
    expect_part(part);
}

static void free_port_is_reported(void **state)
{
    (void)state;
    assert_in_range(web_port(web), 1, 65535);
}

static void metrics_are_served(void **state)
{
    (void)state;
    metric_add(metrics_counter("test_served_total", NULL, "x"), 3);
    request("GET /metrics HTTP/1.1", "");
    expect_code("200");
    expect_part("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    expect_part("\ntest_served_total 3\n");
}

static void health_tells_by_code_and_reason(void **state)
{
    struct health_condition *condition = health_condition_add("store");

    (void)state;
    request("GET /healthz HTTP/1.1", "");
    expect_code("200");
    expect_body("{\"status\":\"ok\",\"checks\":[]}");
    request("GET /readyz HTTP/1.1", "");
    expect_code("503");
    expect_part("\"reason\":\"starting\"");
    health_met(condition);
    request("GET /readyz HTTP/1.1", "");
    expect_code("200");
}

static void replies_carry_security_headers(void **state)
{
    (void)state;
    request("GET /query HTTP/1.1", "");
    expect_part("X-Content-Type-Options: nosniff\r\n");
    expect_part("Cache-Control: no-store\r\n");
    expect_part("X-Frame-Options: DENY\r\n");
    expect_part("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    expect_part("Referrer-Policy: no-referrer\r\n");
}

static void handler_gets_argument_query_and_header(void **state)
{
    (void)state;
    request("GET /query?q=a%20b HTTP/1.1\r\nX-Test: yes", "");
    expect_code("200");
    expect_body("argument q=a%20b yes");
    request("GET /query HTTP/1.1", "");
    expect_body("argument (none) (none)");
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    request("HEAD /query HTTP/1.1", "");
    expect_code("200");
    expect_part("Content-Length: 22\r\n");
    expect_body("");
}

static void no_content_has_no_length(void **state)
{
    (void)state;
    request("DELETE /empty HTTP/1.1", "");
    expect_code("204");
    assert_null(strstr(reply, "Content-Length"));
    expect_body("");
}

static void unknown_address_is_a_problem(void **state)
{
    (void)state;
    expect_problem("GET /etc/passwd HTTP/1.1", "404", "There is nothing at this address");
    expect_problem("GET / HTTP/1.1", "404", "There is nothing at this address");
    expect_problem("GET /../../etc/passwd HTTP/1.1", "404", "There is nothing at this address");
    expect_problem("OPTIONS /none HTTP/1.1\r\nOrigin: http://x\r\n"
                   "Access-Control-Request-Method: PUT",
                   "404", "There is nothing at this address");
    assert_null(strstr(reply, "Access-Control-Allow"));
}

static void wrong_method_is_told_the_right_ones(void **state)
{
    (void)state;
    expect_problem("POST /metrics HTTP/1.1", "405", "This address does not take that method");
    expect_part("\r\nAllow: GET, HEAD\r\n");
    expect_problem("GET /empty HTTP/1.1", "405", "This address does not take that method");
    expect_part("\r\nAllow: DELETE, PUT\r\n");
}

static void forgotten_reply_is_an_error(void **state)
{
    (void)state;
    expect_problem("GET /nothing HTTP/1.1", "500", "The request was not answered");
}

static void malformed_request_is_a_problem(void **state)
{
    (void)state;
    expect_problem("nonsense", "400", "Bad Request");
}

static void too_many_header_bytes_are_refused(void **state)
{
    char *head = malloc(40000);

    (void)state;
    memset(head, 'a', 40000);
    memcpy(head, "GET /query HTTP/1.1\r\nX-Test: ", 29);
    head[39999] = '\0';
    request(head, "");
    expect_part("HTTP/1.1 4");
    free(head);
}

static void body_is_read_whole(void **state)
{
    (void)state;
    request("POST /echo HTTP/1.1\r\nContent-Length: 5", "hello");
    expect_code("201");
    expect_body("hello");
    request("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked",
            "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    expect_body("hello");
    request("POST /echo HTTP/1.1", "");
    expect_code("201");
    expect_body("");
}

static void body_may_fill_its_limit_exactly(void **state)
{
    char body[BODY_MAX + 1];

    (void)state;
    memset(body, 'b', BODY_MAX);
    body[BODY_MAX] = '\0';
    request("POST /echo HTTP/1.1\r\nContent-Length: 5000", body);
    expect_code("201");
    expect_body(body);
}

static void careful_client_is_told_to_go_on(void **state)
{
    scoped_fd int fd = connect_to(web_port(web));

    (void)state;
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
                  "Connection: close\r\n\r\n");
    read_reply(fd, "\r\n\r\n");
    assert_string_equal(reply, "HTTP/1.1 100 Continue\r\n\r\n");
    send_text(fd, "hello");
    read_reply(fd, NULL);
    expect_body("hello");
}

static void too_large_a_body_is_refused(void **state)
{
    char body[BODY_MAX + 200] = "1400\r\n"; /* one chunk, and longer than the limit */

    (void)state;
    memset(body + 6, 'b', 0x1400);
    memcpy(body + 6 + 0x1400, "\r\n0\r\n\r\n", 7);
    request("POST /echo HTTP/1.1\r\nContent-Length: 5133", body);
    expect_code("413");
    expect_part("\"detail\":\"The body may have 5000 bytes and take 30 s.\"");
    request("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked", body);
    expect_code("413");
    expect_problem("POST /echo HTTP/1.1\r\nContent-Length: 99999999999999\r\n"
                   "Expect: 100-continue",
                   "413", "The body is too large");
}

static void cut_off_body_is_refused(void **state)
{
    scoped_fd int fd = connect_to(web_port(web));

    (void)state;
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello");
    shutdown(fd, SHUT_WR);
    read_reply(fd, NULL);
    expect_code("400");
    expect_part("The body is incomplete");
}

static void unread_body_closes_the_connection(void **state)
{
    (void)state;
    request("POST /nowhere HTTP/1.1\r\nContent-Length: 7", "ignored");
    expect_code("404");
    expect_part("Connection: close\r\n");
}

static void connection_is_kept_for_the_next_request(void **state)
{
    scoped_fd int fd = connect_to(web_port(web));

    (void)state;
    for (int i = 0; i < 3; i++) {
        send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
        read_reply(fd, "\r\n\r\nhello");
        expect_code("201");
        expect_part("Connection: keep-alive\r\n");
    }
}

static void *request_blocking(void *arg)
{
    request("GET /blocking HTTP/1.1", "");
    return arg;
}

static void *close_web(void *arg)
{
    web_close(arg);
    return NULL;
}

static void closing_waits_for_the_running_request(void **state)
{
    pthread_t client, closer;
    struct error err;
    void *item;

    (void)state;
    assert_int_equal(queue_open(1, &entered, &err), OK);
    assert_int_equal(queue_open(1, &leave, &err), OK);
    assert_int_equal(pthread_create(&client, NULL, request_blocking, NULL), 0);
    assert_int_equal(queue_pop(entered, &item, LONG_MS), OK);
    assert_int_equal(pthread_create(&closer, NULL, close_web, web), 0);
    assert_int_equal(queue_push(leave, argument, LONG_MS), OK);
    pthread_join(client, NULL);
    pthread_join(closer, NULL);
    web = NULL;
    expect_body("finished");
    queue_close(entered);
    queue_close(leave);
}

/* civetweb by itself takes two seconds each. */
static void closing_is_quick(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        stop(NULL);
        assert_int_equal(start(NULL), 0);
    }
}

static void port_in_use_is_refused_with_advice(void **state)
{
    struct web *second = NULL;
    struct error err;
    char listen[40], text[200];

    (void)state;
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", web_port(web));
    snprintf(text, sizeof(text),
             "cannot listen on '%s': Address already in use; another program listens there: "
             "choose another port, or 0 for a free one",
             listen);
    assert_int_equal(web_open(listen, NULL, 0, &second, &err), REJECT);
    assert_string_equal(err.text, text);
    assert_null(second);
}

static void nothing_is_closed(void **state)
{
    (void)state;
    web_close(NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(free_port_is_reported),
        CASE(metrics_are_served),
        CASE(health_tells_by_code_and_reason),
        CASE(replies_carry_security_headers),
        CASE(handler_gets_argument_query_and_header),
        CASE(head_is_get_without_the_body),
        CASE(no_content_has_no_length),
        CASE(unknown_address_is_a_problem),
        CASE(wrong_method_is_told_the_right_ones),
        CASE(forgotten_reply_is_an_error),
        CASE(malformed_request_is_a_problem),
        CASE(too_many_header_bytes_are_refused),
        CASE(body_is_read_whole),
        CASE(body_may_fill_its_limit_exactly),
        CASE(careful_client_is_told_to_go_on),
        CASE(too_large_a_body_is_refused),
        CASE(cut_off_body_is_refused),
        CASE(unread_body_closes_the_connection),
        CASE(connection_is_kept_for_the_next_request),
        CASE(closing_waits_for_the_running_request),
        CASE(closing_is_quick),
        CASE(port_in_use_is_refused_with_advice),
        cmocka_unit_test(nothing_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
