/*
 * http.h - one HTTP request at a time, with time and size limits (libcurl).
 *
 * An http object keeps its connections alive, up to 5 minutes each, and belongs
 * to one thread. Each new connection reads the certificate files again.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct http_options {                /* strings are copied; NULL = not used */
    const char *username, *password; /* basic */
    const char *api_key;             /* Authorization: ApiKey … */
    const char *ca_file;             /* PEM; the system's store when NULL */
    const char *ca_fingerprint;      /* instead of it: SHA-256, hex, see http_pin.h */
    const char *certificate_file, *key_file, *key_password; /* PEM: who we are */
    int64_t connect_timeout_ms, timeout_ms;                 /* 0: 5 s, 60 s */
    size_t answer_max;                                      /* bytes; 0: 16 MiB */
    bool gzip;      /* compress request bodies above 1 KiB */
    int gzip_level; /* 1 to 9; 0: 1 */
};

struct http;

struct http_answer { /* starts zeroed; reused from call to call */
    long code;
    int64_t retry_after_ms; /* from Retry-After in seconds or as a date; 0 = none */
    char content_type[64];
    struct buf body;
};

/* FATAL: no memory, or a fingerprint that is none. */
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

/* Requests end with RETRY, within a second, once *asked is true; NULL: never. It must outlive them.
 */
void http_give_up_when(struct http *http, const atomic_bool *asked);

/* Another time-out for the requests that follow; 0: as it was opened with. */
void http_set_timeout(struct http *http, int64_t timeout_ms);

void http_answer_release(struct http_answer *answer);
void http_close(struct http *http); /* NULL is fine */

#endif
