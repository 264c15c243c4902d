/*
 * web.c - the HTTP server glue (civetweb).
 *
 * Every request is answered from civetweb's first callback, so nothing of what
 * the library would do by itself is reachable: no files, listings, CGI, CORS
 * answers.
 */
#include "common/web.h"

#include <civetweb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/health.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/web_listen.h"
#include "common/web_request.h"

#define METRICS_MAX   (8u << 20)
#define HEALTH_MAX    (64u << 10)
#define KEEP_ALIVE_MS "1000" /* also how long an idle one holds a thread, and the stop up */
#define REQUEST_MS    "5000"
#define HEAD_BYTES    "16384"

struct web {
    struct mg_context *server;
    struct web_listen listen;
    int port;
    const struct web_route *routes;
    size_t route_count, body_max;
    bool bare;

    pthread_mutex_t lock; /* guards the rest; leaf lock */
    pthread_cond_t idle;
    unsigned running; /* requests with a handler */
    bool stopping;
    struct metric *connections;
};

static void reply_metrics(struct web_request *request, void *arg)
{
    scoped_buf struct buf body = BUF_INIT(METRICS_MAX);

    (void)arg;
    metrics_write(&body);
    if (body.failed)
        web_problem(request, 500, "The metrics do not fit into memory", NULL);
    else
        web_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&body));
}

static void reply_health(struct web_request *request, void *arg)
{
    scoped_buf struct buf body = BUF_INIT(HEALTH_MAX);
    bool ok = health_live(clock_mono_ms(), &body);

    (void)arg;
    web_reply(request, ok ? 200 : 503, "application/json", buf_slice(&body));
}

static void reply_ready(struct web_request *request, void *arg)
{
    scoped_buf struct buf body = BUF_INIT(HEALTH_MAX);
    bool ok = health_ready(&body);

    (void)arg;
    web_reply(request, ok ? 200 : 503, "application/json", buf_slice(&body));
}

static const struct web_route own_routes[] = {
    {"GET", "/metrics", reply_metrics, NULL},
    {"GET", "/healthz", reply_health, NULL},
    {"GET", "/readyz", reply_ready, NULL},
};

static bool takes_method(const struct web_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The route for the request; otherwise the methods of its path are added to `allow`. */
static const struct web_route *find_route(const struct web_route *routes, size_t count,
                                          const struct web_request *request, struct buf *allow)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(routes[i].path, request->info->local_uri) != 0)
            continue;
        if (takes_method(&routes[i], request->info->request_method))
            return &routes[i];
        buf_addf(allow, "%s%s%s", allow->len ? ", " : "Allow: ", routes[i].method,
                 strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
    }
    return NULL;
}

static void refuse_route(struct web_request *request, struct buf *allow)
{
    if (allow->len == 0) {
        web_problem(request, 404, "There is nothing at this address", NULL);
        return;
    }
    buf_add_text(allow, "\r\n");
    request->extra = buf_str(allow);
    web_problem(request, 405, "This address does not take that method", NULL);
}

static void serve(struct web *web, struct web_request *request)
{
    scoped_buf struct buf allow = BUF_INIT(1024);
    const struct web_route *route;

    route = web->bare
                ? NULL
                : find_route(own_routes, sizeof(own_routes) / sizeof(*own_routes), request, &allow);
    if (!route)
        route = find_route(web->routes, web->route_count, request, &allow);
    if (route)
        route->handle(request, route->arg);
    else
        refuse_route(request, &allow);
    if (!request->code)
        web_problem(request, 500, "The request was not answered", NULL);
    web_request_drain(request);
}

static struct web *web_of(const struct mg_connection *connection)
{
    return mg_get_user_data(mg_get_context(connection));
}

static struct web_request request_of(struct mg_connection *connection)
{
    return (struct web_request){.connection = connection,
                                .info = mg_get_request_info(connection),
                                .body_max = web_of(connection)->body_max};
}

/* False: the server is being closed, and civetweb would soon drop any reply. */
static bool enter(struct web *web)
{
    bool entered;

    pthread_mutex_lock(&web->lock);
    entered = !web->stopping;
    web->running += entered;
    pthread_mutex_unlock(&web->lock);
    return entered;
}

static void leave(struct web *web)
{
    pthread_mutex_lock(&web->lock);
    if (--web->running == 0)
        pthread_cond_signal(&web->idle);
    pthread_mutex_unlock(&web->lock);
}

static void wait_until_idle(struct web *web)
{
    pthread_mutex_lock(&web->lock);
    web->stopping = true;
    while (web->running > 0)
        pthread_cond_wait(&web->idle, &web->lock);
    pthread_mutex_unlock(&web->lock);
}

static int on_request(struct mg_connection *connection)
{
    struct web_request request = request_of(connection);
    struct web *web = web_of(connection);

    if (enter(web)) {
        serve(web, &request);
        leave(web);
    } else {
        web_request_close_after(&request);
        web_problem(&request, 503, "The server is stopping", NULL);
    }
    return request.code;
}

/* What civetweb could not even read as a request. */
static int on_error(struct mg_connection *connection, int code, const char *message)
{
    struct web_request request = request_of(connection);

    web_request_close_after(&request);
    web_problem(&request, code, mg_get_response_code_text(NULL, code), message);
    return 0;
}

static int on_message(const struct mg_connection *connection, const char *message)
{
    (void)connection;
    log_debug("web server: %s", message);
    return 1;
}

static int on_connected(const struct mg_connection *connection, void **data)
{
    struct web *web = mg_get_user_data(mg_get_context(connection));

    (void)data;
    metric_shift(web->connections, 1);
    return 0;
}

static void on_disconnected(const struct mg_connection *connection)
{
    struct web *web = mg_get_user_data(mg_get_context(connection));

    metric_shift(web->connections, -1);
}

static enum status start(struct web *web, const struct web_options *options, struct error *err)
{
    static const struct mg_callbacks callbacks = {.begin_request = on_request,
                                                  .http_error = on_error,
                                                  .log_message = on_message,
                                                  .init_connection = on_connected,
                                                  .connection_closed = on_disconnected};
    struct mg_server_port port = {0};
    char threads[16];
    const char *settings[] = {"listening_ports",
                              web->listen.text,
                              "num_threads",
                              threads,
                              "enable_keep_alive",
                              "yes",
                              "keep_alive_timeout_ms",
                              KEEP_ALIVE_MS,
                              "request_timeout_ms",
                              REQUEST_MS,
                              "max_request_size",
                              HEAD_BYTES,
                              "tcp_nodelay",
                              "1",
                              "enable_directory_listing",
                              "no",
                              "access_control_allow_methods",
                              "",
                              NULL};

    snprintf(threads, sizeof(threads), "%u", options->threads ? options->threads : WEB_THREADS);
    mg_init_library(0); /* without TLS */
    web->server = mg_start(&callbacks, web, settings);
    if (!web->server) { /* the address was tried: what is left is memory and threads */
        mg_exit_library();
        return error_set(err, REJECT, "cannot listen on '%s': the web server does not start",
                         options->listen);
    }
    if (mg_get_server_ports(web->server, 1, &port) == 1)
        web->port = port.port;
    return OK;
}

enum status web_open_options(const struct web_options *options, struct web **out, struct error *err)
{
    struct web *web = calloc(1, sizeof(*web));
    enum status status;

    if (!web)
        return error_set(err, FATAL, "out of memory");
    pthread_mutex_init(&web->lock, NULL);
    pthread_cond_init(&web->idle, NULL);
    web->connections = metrics_gauge("active_connections", NULL,
                                     "HTTP connections that are open to this program.");
    web->routes = options->routes;
    web->route_count = options->route_count;
    web->bare = options->bare;
    web->body_max = options->body_max ? options->body_max : WEB_BODY_MAX;
    status = web_listen_parse(options->listen, &web->listen, err);
    if (status == OK)
        status = web_listen_try(&web->listen, options->listen, err);
    if (status == OK)
        status = start(web, options, err);
    if (status) {
        web_close(web);
        return status;
    }
    log_write(
        LEVEL_INFO, LOG_FIELDS({"server.port", NULL, web->port}), "listening on 'http://%.*s:%d'",
        (int)(strrchr(web->listen.text, ':') - web->listen.text), web->listen.text, web->port);
    *out = web;
    return OK;
}

enum status web_open(const char *listen, const struct web_route *routes, size_t count,
                     struct web **out, struct error *err)
{
    struct web_options options = {.listen = listen, .routes = routes, .route_count = count};

    return web_open_options(&options, out, err);
}

int web_port(const struct web *web)
{
    return web->port;
}

void web_close(struct web *web)
{
    if (!web)
        return;
    if (web->server) {
        wait_until_idle(web); /* mg_stop would cut their replies off */
        web_listen_wake(&web->listen, web->port);
        mg_stop(web->server);
        mg_exit_library();
    }
    pthread_cond_destroy(&web->idle);
    pthread_mutex_destroy(&web->lock);
    free(web);
}
