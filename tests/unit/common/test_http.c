#include "common/http.h"

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
#include <zlib.h>

#define REQUEST_MAX 200000

/* A server that gives a prepared answer to each request, on one connection after the other. */
static struct {
    int listener, port;
    pthread_t thread;
    const char *answer; /* NULL: none, the client's time runs out */
    int requests_each;  /* served on one connection */
    int connections, requests;
    char request[REQUEST_MAX + 1]; /* the last one */
    size_t request_len;
} server;

static struct http *http;
static struct http_answer answer;
static struct error err;
static char url[100];

/* Length of the request in server.request, 0 while it is not complete. */
static size_t complete_len(void)
{
    const char *end = strstr(server.request, "\r\n\r\n"), *length;
    size_t body = 0;

    if (!end)
        return 0;
    length = strcasestr(server.request, "\r\nContent-Length:");
    if (length && length < end)
        body = strtoul(length + 17, NULL, 10);
    body += (size_t)(end + 4 - server.request);
    return server.request_len >= body ? body : 0;
}

/* The last request is kept when no other comes. */
static int read_request(int fd)
{
    ssize_t n = recv(fd, (char[1]){0}, 1, MSG_PEEK);

    if (n <= 0)
        return 0;
    server.request_len = 0;
    server.request[0] = '\0';
    while (n > 0 && !complete_len()) {
        n = recv(fd, server.request + server.request_len, REQUEST_MAX - server.request_len, 0);
        server.request_len += n > 0 ? (size_t)n : 0;
        server.request[server.request_len] = '\0';
    }
    return n > 0;
}

static void serve_connection(int fd)
{
    char byte;

    for (int i = 0; i < server.requests_each && read_request(fd); i++) {
        server.requests++;
        if (server.answer)
            send(fd, server.answer, strlen(server.answer), MSG_NOSIGNAL);
        else
            recv(fd, &byte, 1, 0); /* until the client gives up */
    }
}

static void *serve(void *arg)
{
    int fd;

    while ((fd = accept(server.listener, NULL, NULL)) >= 0) {
        server.connections++;
        serve_connection(fd);
        close(fd);
    }
    return arg;
}

static void open_http(struct http_options options)
{
    assert_int_equal(http_open(&options, &http, &err), OK);
}

static int start(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    (void)state;
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    server.requests_each = 1000;
    server.connections = server.requests = 0;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.listener, (struct sockaddr *)&address, len) || listen(server.listener, 5) ||
        getsockname(server.listener, (struct sockaddr *)&address, &len))
        return -1;
    server.port = ntohs(address.sin_port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/path?q=1", server.port);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

/* Joins the server: what it counted and kept can be looked at afterwards. */
static void stop_server(void)
{
    if (server.listener < 0)
        return;
    http_close(http);
    http = NULL;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    server.listener = -1;
}

static int stop(void **state)
{
    (void)state;
    stop_server();
    http_answer_release(&answer);
    answer = (struct http_answer){0};
    return 0;
}

static enum status post(struct slice body)
{
    return http_request(http, "POST", url, "application/json", body, &answer, &err);
}

static void expect_answer(const char *method, struct slice body, long code, const char *text)
{
    assert_int_equal(http_request(http, method, url, "text/plain", body, &answer, &err), OK);
    assert_int_equal(answer.code, code);
    assert_string_equal(buf_str(&answer.body), text);
}

static void expect_failure(const char *where, enum status status, const char *text)
{
    assert_int_equal(http_request(http, "GET", where, NULL, (struct slice){0}, &answer, &err),
                     status);
    assert_int_equal(err.status, status);
    if (!strstr(err.text, text))
        fail_msg("not found: %s in: %s", text, err.text);
}

/* Stops the server to look at what it got. */
static void expect_sent(const char *part)
{
    stop_server();
    if (!strstr(server.request, part))
        fail_msg("not found: %s in: %s", part, server.request);
}

static void expect_not_sent(const char *part)
{
    stop_server();
    if (strcasestr(server.request, part))
        fail_msg("found: %s in: %s", part, server.request);
}

static void body_is_sent_and_answer_is_read(void **state)
{
    (void)state;
    open_http((struct http_options){0});
    expect_answer("PUT", SLICE("hello"), 200, "ok");
    expect_sent("PUT /path?q=1 HTTP/1.1\r\n");
    expect_sent("\r\nContent-Type: text/plain\r\n");
    expect_sent("\r\n\r\nhello");
    expect_not_sent("Expect:");
    expect_not_sent("Authorization:");
}

static void empty_post_has_length_zero(void **state)
{
    (void)state;
    open_http((struct http_options){0});
    expect_answer("POST", (struct slice){0}, 200, "ok");
    expect_sent("\r\nContent-Length: 0\r\n");
}

static void get_may_have_a_body_or_none(void **state)
{
    (void)state;
    open_http((struct http_options){0});
    expect_answer("GET", (struct slice){0}, 200, "ok");
    expect_answer("GET", SLICE("{}"), 200, "ok");
    expect_sent("GET /path");
    expect_sent("\r\n\r\n{}");
}

static void head_has_no_body(void **state)
{
    (void)state;
    server.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n";
    open_http((struct http_options){0});
    expect_answer("HEAD", (struct slice){0}, 404, "");
}

static void error_codes_are_answers(void **state)
{
    (void)state;
    server.answer = "HTTP/1.1 503 No\r\nContent-Type: text/html\r\nRetry-After: 7\r\n"
                    "Content-Length: 4\r\n\r\nbusy";
    open_http((struct http_options){0});
    expect_answer("POST", SLICE("x"), 503, "busy");
    assert_int_equal(answer.retry_after_ms, 7000);
    assert_string_equal(answer.content_type, "text/html");
}

static void next_answer_replaces_the_last(void **state)
{
    (void)state;
    error_codes_are_answers(NULL);
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    expect_answer("GET", (struct slice){0}, 200, "");
    assert_int_equal(answer.retry_after_ms, 0);
    assert_string_equal(answer.content_type, "");
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    server.answer = "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n";
    open_http((struct http_options){0});
    expect_answer("GET", (struct slice){0}, 302, "");
}

static void connection_is_used_again(void **state)
{
    (void)state;
    open_http((struct http_options){0});
    for (int i = 0; i < 5; i++)
        expect_answer("POST", SLICE("x"), 200, "ok");
    stop_server();
    assert_int_equal(server.connections, 1);
    assert_int_equal(server.requests, 5);
}

static void connection_closed_meanwhile_is_opened_anew(void **state)
{
    (void)state;
    server.requests_each = 1;
    open_http((struct http_options){0});
    for (int i = 0; i < 5; i++)
        expect_answer("POST", SLICE("x"), 200, "ok");
}

static void credentials_are_sent(void **state)
{
    (void)state;
    open_http((struct http_options){.username = "u", .password = "p"});
    expect_answer("GET", (struct slice){0}, 200, "ok");
    expect_sent("\r\nAuthorization: Basic dTpw\r\n");
}

static void api_key_is_sent(void **state)
{
    (void)state;
    open_http((struct http_options){.api_key = "abc=="});
    expect_answer("GET", (struct slice){0}, 200, "ok");
    expect_sent("\r\nAuthorization: ApiKey abc==\r\n");
}

/* Unpacks the body that the server got and compares it. */
static void expect_packed(const char *body, size_t len)
{
    char *packed = strstr(server.request, "\r\n\r\n") + 4, *plain = malloc(len + 1);
    z_stream z = {.next_in = (Bytef *)packed,
                  .avail_in = (uInt)(server.request_len - (size_t)(packed - server.request)),
                  .next_out = (Bytef *)plain,
                  .avail_out = (uInt)len + 1};

    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, len);
    assert_memory_equal(plain, body, len);
    inflateEnd(&z);
    free(plain);
}

static void large_bodies_are_packed_when_asked(void **state)
{
    char body[100000];

    (void)state;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)('a' + i * i % 13);
    open_http((struct http_options){.gzip = true});
    assert_int_equal(post((struct slice){body, 50000}), OK);
    assert_int_equal(post((struct slice){body, sizeof(body)}), OK);
    expect_sent("\r\nContent-Encoding: gzip\r\n");
    assert_true(server.request_len < sizeof(body) / 2);
    expect_packed(body, sizeof(body));
}

static void small_bodies_are_not_packed(void **state)
{
    (void)state;
    open_http((struct http_options){.gzip = true});
    expect_answer("POST", SLICE("small"), 200, "ok");
    expect_not_sent("Content-Encoding");
}

static void too_large_an_answer_is_refused(void **state)
{
    (void)state;
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901";
    open_http((struct http_options){.answer_max = 10});
    expect_failure(url, RETRY, "is larger than 10 bytes");
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890";
    expect_answer("GET", (struct slice){0}, 200, "1234567890");
}

static void time_runs_out(void **state)
{
    (void)state;
    server.answer = NULL;
    open_http((struct http_options){.timeout_ms = 50});
    expect_failure(url, RETRY, "timed out");
}

static void cut_off_answer_is_retried(void **state)
{
    (void)state;
    server.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    server.requests_each = 1;
    open_http((struct http_options){0});
    expect_failure(url, RETRY, "cannot reach 'http://127.0.0.1:");
}

static void nobody_there_is_retried(void **state)
{
    char gone[100];

    (void)state;
    snprintf(gone, sizeof(gone), "%s", url);
    stop_server();
    open_http((struct http_options){0});
    expect_failure(gone, RETRY, "Connection refused");
    http_close(http);
    http = NULL;
}

static void bad_addresses_are_final(void **state)
{
    (void)state;
    open_http((struct http_options){0});
    expect_failure("ftp://127.0.0.1/x", FATAL, "cannot reach 'ftp://127.0.0.1'");
    expect_failure("file:///etc/passwd", FATAL, "cannot reach");
    expect_failure("http://127.0.0.1:999999/", FATAL, "cannot reach 'a malformed address'");
    expect_failure("", FATAL, "cannot reach 'a malformed address'");
}

static void missing_trust_store_is_final(void **state)
{
    char secure[100];

    (void)state;
    snprintf(secure, sizeof(secure), "https://127.0.0.1:%d/", server.port);
    open_http((struct http_options){.ca_file = "/nonexistent/ca.pem"});
    expect_failure(secure, FATAL, "ca.pem");
}

static void messages_hold_no_secrets(void **state)
{
    (void)state;
    open_http((struct http_options){.username = "user", .password = "secret"});
    expect_failure("http://user:secret@127.0.0.1:1/hooks/secret?token=secret", RETRY,
                   "cannot reach 'http://127.0.0.1:1': ");
    assert_null(strstr(err.text, "secret"));
}

static void proxies_of_the_environment_are_not_used(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    open_http((struct http_options){0});
    expect_answer("GET", (struct slice){0}, 200, "ok");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void *open_in_thread(void *arg)
{
    struct http *own = NULL;
    struct error own_err;

    http_open(&(struct http_options){0}, &own, &own_err);
    http_close(own);
    return arg;
}

static void threads_may_open_at_once(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_in_thread, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    http_close(NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(threads_may_open_at_once), /* first: it initialises libcurl */
        CASE(body_is_sent_and_answer_is_read),
        CASE(empty_post_has_length_zero),
        CASE(get_may_have_a_body_or_none),
        CASE(head_has_no_body),
        CASE(error_codes_are_answers),
        CASE(next_answer_replaces_the_last),
        CASE(redirects_are_not_followed),
        CASE(connection_is_used_again),
        CASE(connection_closed_meanwhile_is_opened_anew),
        CASE(credentials_are_sent),
        CASE(api_key_is_sent),
        CASE(large_bodies_are_packed_when_asked),
        CASE(small_bodies_are_not_packed),
        CASE(too_large_an_answer_is_refused),
        CASE(time_runs_out),
        CASE(cut_off_answer_is_retried),
        CASE(nobody_there_is_retried),
        CASE(bad_addresses_are_final),
        CASE(missing_trust_store_is_final),
        CASE(messages_hold_no_secrets),
        CASE(proxies_of_the_environment_are_not_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
