/*
 * web.h - the HTTP server glue (civetweb): listener, routes, replies.
 *
 * /metrics, /healthz and /readyz are there unless the options say otherwise. GET and HEAD by
 * default; what no route takes is 404, a known path with another method 405, both as
 * application/problem+json (RFC 9457). Handlers run in civetweb's threads:
 * they may touch only immutable state, atomics and queues.
 */
#ifndef COMMON_WEB_H
#define COMMON_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

#define WEB_BODY_MAX (1u << 20) /* bytes of a request's body, unless web_options says otherwise */
#define WEB_THREADS  3          /* enough for probes and scrapes; each open connection takes one */

struct web;
struct web_request;

struct web_route {
    const char *method; /* "GET" also serves HEAD */
    const char *path;   /* exact */
    void (*handle)(struct web_request *request, void *arg);
    void *arg;
};

/*
 * Listens on `listen` ("127.0.0.1:8000", "[::1]:8000" where the library can,
 * "0.0.0.0:8000"; port 0 takes a free one). Logs the address that it got.
 * `routes` (may be NULL) must outlive the server. REJECT: the address is not
 * usable, err says why and what to change.
 */
enum status web_open(const char *listen, const struct web_route *routes, size_t count,
                     struct web **out, struct error *err);

struct web_options {
    const char *listen;
    const struct web_route *routes; /* may be NULL; must outlive the server */
    size_t route_count;
    unsigned threads; /* 0: WEB_THREADS */
    size_t body_max;  /* 0: WEB_BODY_MAX */
    bool bare;        /* without /metrics, /healthz and /readyz */
};

/* As web_open, for a server with more to do. */
enum status web_open_options(const struct web_options *options, struct web **out,
                             struct error *err);

int web_port(const struct web *web);
void web_close(struct web *web); /* waits for running requests; NULL is fine */

const char *web_request_query(const struct web_request *request); /* NULL when there is none */
const char *web_request_header(const struct web_request *request, const char *name); /* or NULL */

/*
 * Reads the whole body into `body`, whose ceiling becomes the server's.
 * REJECT: too large, too slow or cut off; the reply has been sent already.
 */
enum status web_request_body(struct web_request *request, struct buf *body);

/*
 * One reply a request. HEAD gets the same without the body. `detail` may be
 * NULL. What a handler leaves without a reply is answered with 500.
 */
void web_reply(struct web_request *request, int code, const char *content_type, struct slice body);
void web_problem(struct web_request *request, int code, const char *title, const char *detail);

/* A header line of the reply to come, e.g. "Retry-After: 1\r\n"; a constant. */
void web_reply_header(struct web_request *request, const char *line);

/* "192.0.2.1:4711", "[2001:db8::1]:4711"; `out` holds WEB_PEER_MAX bytes. */
#define WEB_PEER_MAX 80
void web_request_peer(const struct web_request *request, char *out);

#endif
