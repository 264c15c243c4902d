/*
 * web_get.h - asks another of our programs on this machine or in its network
 * by plain HTTP, with the library that also serves it (civetweb).
 *
 * For commands that look at a running program; whoever talks to foreign servers uses http.h.
 */
#ifndef COMMON_WEB_GET_H
#define COMMON_WEB_GET_H

#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

/*
 * GETs `url` ("http://127.0.0.1:8001/status") and adds the body to `out`, up to its ceiling. OK:
 * *code is the answer's. REJECT: not a URL of this form. RETRY: no answer, or not a whole one.
 */
enum status web_get(const char *url, int64_t timeout_ms, struct buf *out, int *code,
                    struct error *err);

#endif
