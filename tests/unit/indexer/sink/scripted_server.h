/*
 * scripted_server.h - an HTTP server in a thread of the test, on a free port.
 *
 * It answers what the test's callback says, one request at a time, on
 * connections that stay open. Everything that arrived is kept for the test.
 */
#ifndef TESTS_UNIT_INDEXER_SINK_SCRIPTED_SERVER_H
#define TESTS_UNIT_INDEXER_SINK_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"

#define SERVER_CONNECTIONS 8
#define SERVER_REQUESTS    512
#define SERVER_BYTES_MAX   (64u << 20)

struct request {
    char *head; /* NUL-terminated: request line and headers */
    char *body; /* NUL-terminated */
    size_t body_bytes;
};

struct server {
    /* Writes the whole answer; false closes the connection behind it. In the server's thread. */
    bool (*answer)(struct server *server, const struct request *request, struct buf *out);
    void *arg;
    int listener, wake, connections[SERVER_CONNECTIONS];
    size_t accepted;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock; /* held while a request is served */
    struct request requests[SERVER_REQUESTS];
    size_t request_count;
};

static bool server_read(int fd, struct buf *in, size_t want)
{
    while (in->len < want) {
        char *room = buf_reserve(in, want - in->len);
        ssize_t n = room ? read(fd, room, want - in->len) : -1;

        if (n <= 0)
            return false;
        in->len += (size_t)n;
    }
    return true;
}

static bool server_read_head(int fd, struct buf *in)
{
    do {
        if (!server_read(fd, in, in->len + 1))
            return false;
    } while (in->len < 4 || memcmp(in->data + in->len - 4, "\r\n\r\n", 4) != 0);
    return true;
}

static bool server_read_request(int fd, struct request *request)
{
    struct buf head = BUF_INIT(1 << 16), body = BUF_INIT(SERVER_BYTES_MAX);
    const char *length;

    if (!server_read_head(fd, &head)) {
        buf_release(&head);
        return false;
    }
    buf_str(&head);
    length = strcasestr(head.data, "content-length:");
    if (!server_read(fd, &body, length ? strtoul(length + 15, NULL, 10) : 0)) {
        buf_release(&head);
        buf_release(&body);
        return false;
    }
    request->head = head.data;
    request->body_bytes = body.len;
    request->body = strdup(buf_str(&body));
    buf_release(&body);
    return true;
}

static bool server_write(int fd, struct slice data)
{
    while (data.len) {
        ssize_t n = send(fd, data.data, data.len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data.data += n;
        data.len -= (size_t)n;
    }
    return true;
}

/* One request of a connection; false when it is over. */
static bool server_serve(struct server *server, int fd)
{
    struct request request = {0};
    struct buf out = BUF_INIT(SERVER_BYTES_MAX);
    bool keep;

    if (!server_read_request(fd, &request))
        return false;
    if (server->request_count == SERVER_REQUESTS)
        abort();
    server->requests[server->request_count++] = request;
    keep = server->answer(server, &request, &out);
    keep &= server_write(fd, buf_slice(&out));
    buf_release(&out);
    return keep;
}

static void server_turn(struct server *server, int *connection)
{
    pthread_mutex_lock(&server->lock);
    if (!server_serve(server, *connection)) {
        close(*connection);
        *connection = -1;
    }
    pthread_mutex_unlock(&server->lock);
}

static void *server_run(void *arg)
{
    struct server *server = arg;

    for (;;) {
        struct pollfd fds[2 + SERVER_CONNECTIONS] = {{.fd = server->wake, .events = POLLIN},
                                                     {.fd = server->listener, .events = POLLIN}};

        for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
            fds[2 + i] = (struct pollfd){.fd = server->connections[i], .events = POLLIN};
        poll(fds, 2 + SERVER_CONNECTIONS, -1);
        if (fds[0].revents)
            return NULL;
        for (size_t i = 0; i < SERVER_CONNECTIONS; i++) {
            if (fds[2 + i].revents)
                server_turn(server, &server->connections[i]);
        }
        for (size_t i = 0; fds[1].revents && i < SERVER_CONNECTIONS; i++) {
            if (server->connections[i] < 0) {
                server->connections[i] = accept(server->listener, NULL, NULL);
                server->accepted++;
                break;
            }
        }
    }
}

static void server_start(struct server *server,
                         bool (*answer)(struct server *, const struct request *, struct buf *),
                         void *arg)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    *server = (struct server){.answer = answer, .arg = arg, .wake = eventfd(0, 0)};
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        server->connections[i] = -1;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (server->wake < 0 || bind(server->listener, (struct sockaddr *)&address, len) ||
        listen(server->listener, 8) ||
        getsockname(server->listener, (struct sockaddr *)&address, &len))
        abort();
    pthread_mutex_init(&server->lock, NULL);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    if (pthread_create(&server->thread, NULL, server_run, server))
        abort();
}

static void server_stop(struct server *server)
{
    uint64_t one = 1;

    if (write(server->wake, &one, sizeof(one)) != sizeof(one))
        abort();
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < SERVER_CONNECTIONS; i++)
        if (server->connections[i] >= 0)
            close(server->connections[i]);
    close(server->listener);
    close(server->wake);
    pthread_mutex_destroy(&server->lock);
    for (size_t i = 0; i < server->request_count; i++) {
        free(server->requests[i].head);
        free(server->requests[i].body);
    }
}

/* Before and after a request: what the test and the server's thread have written, both see. */
static void server_sync(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    pthread_mutex_unlock(&server->lock);
}

/* `headers` are further lines, each with its line end, or "". */
static void server_reply(struct buf *out, int code, const char *type, const char *headers,
                         struct slice body)
{
    buf_addf(out, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s", code, body.len, headers);
    if (*type)
        buf_addf(out, "Content-Type: %s\r\n", type);
    buf_add_text(out, "\r\n");
    buf_add_slice(out, body);
}

#endif
