/*
 * web_request.h - a request under way, inside of web.c and web_request.c.
 */
#ifndef COMMON_WEB_REQUEST_H
#define COMMON_WEB_REQUEST_H

#include <civetweb.h>
#include <stdbool.h>
#include <stddef.h>

struct web_request {
    struct mg_connection *connection;
    const struct mg_request_info *info;
    size_t body_max;
    const char *extra; /* a header line for the reply, or NULL */
    int code;          /* of the reply; 0 = none yet */
    bool body_read, body_failed, closing;
};

/* The connection will be closed after the reply, which has not been sent yet. */
void web_request_close_after(struct web_request *request);

/*
 * After the reply: closing while the client sends would destroy the reply
 * under way, so that a limited rest of the body is taken in.
 */
void web_request_drain(struct web_request *request);

#endif
