/*
 * web_get.c - asks another of our programs by plain HTTP.
 */
#include "common/web_get.h"

#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST_MAX 256
#define ROOM     16384

/* "http://host:port/path"; an IPv6 host stands in brackets. */
static enum status split(const char *url, char host[HOST_MAX], int *port, const char **path,
                         struct error *err)
{
    const char *rest = url + 7, *colon, *end;
    size_t len;

    if (strncmp(url, "http://", 7) != 0)
        return error_set(err, REJECT, "'%s' is no address of this kind; expected http://HOST:PORT/",
                         url);
    *path = strchr(rest, '/');
    end = *path ? *path : rest + strlen(rest);
    *path = *path ? *path : "/";
    colon = memrchr(rest, ':', (size_t)(end - rest));
    *port = colon ? atoi(colon + 1) : 0;
    len = colon ? (size_t)(colon - rest) : 0;
    if (len == 0 || len >= HOST_MAX || *port < 1 || *port > 65535)
        return error_set(err, REJECT, "'%s' names no host and port; expected http://HOST:PORT/",
                         url);
    if (rest[0] == '[' && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    }
    snprintf(host, HOST_MAX, "%.*s", (int)len, rest);
    return OK;
}

static enum status read_body(struct mg_connection *connection, long long expected, struct buf *out,
                             struct error *err)
{
    size_t before = out->len;

    for (;;) {
        char *room = buf_reserve(out, ROOM);
        int n;

        if (!room)
            return error_set(err, RETRY, "the answer is larger than %zu bytes", out->max);
        n = mg_read(connection, room, ROOM);
        if (n <= 0)
            break;
        out->len += (size_t)n;
    }
    if (expected >= 0 && (long long)(out->len - before) < expected)
        return error_set(err, RETRY, "the answer ends too early");
    return OK;
}

enum status web_get(const char *url, int64_t timeout_ms, struct buf *out, int *code,
                    struct error *err)
{
    struct mg_connection *connection;
    const struct mg_response_info *info;
    char host[HOST_MAX], problem[200] = "";
    enum status status = RETRY;
    const char *path = "/";
    int port = 0;

    if (split(url, host, &port, &path, err))
        return err->status;
    mg_init_library(0);
    connection = mg_connect_client(host, port, 0, problem, sizeof(problem));
    if (!connection) {
        error_set(err, RETRY, "%s", problem[0] ? problem : "cannot connect");
        mg_exit_library();
        return RETRY;
    }
    mg_printf(connection, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n", path, host,
              port);
    if (mg_get_response(connection, problem, sizeof(problem), (int)timeout_ms) < 0) {
        error_set(err, RETRY, "%s", problem[0] ? problem : "no answer");
    } else {
        info = mg_get_response_info(connection);
        *code = info->status_code;
        status = read_body(connection, info->content_length, out, err);
    }
    mg_close_connection(connection);
    mg_exit_library();
    return status;
}
