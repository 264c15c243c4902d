/*
 * request.h - an HTTP request as logs have it: its line, its target, how it ended.
 */
#ifndef SHIPPER_PARSER_REQUEST_H
#define SHIPPER_PARSER_REQUEST_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/record.h"

/*
 * Sets http.request.method, url.* and http.version of `GET /path HTTP/1.1`.
 * False: no request line; nothing is set.
 */
bool request_set_line(struct record *record, struct slice text);

/* The same; `plain`: see record_set_text_as. */
bool request_set_line_as(struct record *record, struct slice text, bool plain);

/* Letters, hyphens and underscores, at most 32. */
bool request_is_method(struct slice text);

/*
 * Sets url.original and its parts. RFC 9112, 3.2: origin, absolute, authority
 * (of CONNECT) and asterisk form.
 */
void request_set_target(struct record *record, struct slice target, struct slice method);

/* "example.org:8080" of a Host header or an authority: url.domain and url.port. */
void request_set_domain(struct record *record, struct slice text);

/* "HTTP/1.1": http.version; nothing of any other protocol. */
void request_set_protocol(struct record *record, struct slice text);

/* message, put together of http.request.method, url.original and http.version. */
void request_set_message(struct record *record);

/* event.outcome by http.response.status_code; nothing without one. */
void request_set_outcome(struct record *record);

/* log.level by http.response.status_code; nothing without one. */
void request_set_level(struct record *record);

/* Both. */
void request_set_result(struct record *record);

#endif
