/*
 * http.h - one HTTP request at a time, with time and size limits (libcurl).
 *
 * An http object keeps its connections alive and belongs to one thread.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct http_options {                       /* strings are copied; NULL = not used */
    const char *username, *password;        /* basic */
    const char *api_key;                    /* Authorization: ApiKey … */
    const char *ca_file;                    /* PEM; the system's store when NULL */
    int64_t connect_timeout_ms, timeout_ms; /* 0: 5 s, 60 s */
    size_t answer_max;                      /* bytes; 0: 16 MiB */
    bool gzip;                              /* compress request bodies above 1 KiB */
};

struct http;

struct http_answer { /* starts zeroed; reused from call to call */
    long code;
    int64_t retry_after_ms; /* from Retry-After in seconds; 0 = none */
    char content_type[64];
    struct buf body;
};

enum status http_open(const struct http_options *options, struct http **out, struct error *err);

/*
 * Sends `body` (may be empty) and reads the whole answer, whatever its code.
 * OK: there is an answer. RETRY: there is none (connection, time-out, cut
 * off): whether the server acted is unknown. FATAL: cannot be sent at all
 * (bad URL, TLS trust, no memory). Blocks up to timeout_ms.
 */
enum status http_request(struct http *http, const char *method, const char *url,
                         const char *content_type, struct slice body, struct http_answer *answer,
                         struct error *err);

void http_answer_release(struct http_answer *answer);
void http_close(struct http *http); /* NULL is fine */

#endif
