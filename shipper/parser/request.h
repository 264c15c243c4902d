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

/* Letters, hyphens and underscores, at most 32. */
bool request_is_method(struct slice text);

/*
 * Sets url.original and its parts. RFC 9112, 3.2: origin, absolute, authority
 * (of CONNECT) and asterisk form.
 */
void request_set_target(struct record *record, struct slice target, struct slice method);

/* event.outcome by http.response.status_code; nothing without one. */
void request_set_outcome(struct record *record);

/* log.level by http.response.status_code; nothing without one. */
void request_set_level(struct record *record);

#endif
