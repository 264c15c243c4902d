/*
 * http_body.h - what a client has posted, as lines.
 */
#ifndef SHIPPER_INPUT_HTTP_BODY_H
#define SHIPPER_INPUT_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/error.h"

/*
 * Unpacks a gzip body (RFC 1952, any number of members) into `out`, at most up to its ceiling.
 * REJECT: damaged, or (out->failed) larger than that.
 */
enum status http_body_unpack(struct slice body, struct buf *out, struct error *err);

typedef void http_body_line(void *arg, struct slice line, bool cut);

/*
 * Lines of text: ends are \n or \r\n, empty ones are left out; longer ones than `line_max` are cut.
 * Returns their number.
 */
size_t http_body_lines(struct slice body, size_t line_max, http_body_line *each, void *arg);

/*
 * JSON values one after the other (NDJSON, or spread over lines), or the elements of one array.
 * REJECT: not JSON, or a value longer than `line_max`; nothing may be taken then, though `each`
 * was called for those before.
 */
enum status http_body_values(struct slice body, size_t line_max, http_body_line *each, void *arg,
                             size_t *count, struct error *err);

#endif
