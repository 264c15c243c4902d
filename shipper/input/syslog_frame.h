/*
 * syslog_frame.h - a TCP stream of syslog into messages (RFC 6587; RFC 5425 over TLS).
 *
 * Per message: octet counting ("57 <34>1 …") or a newline (or NUL) at its end,
 * told apart by how it begins. A message longer than the limit is cut, and the
 * rest of it left out.
 */
#ifndef SHIPPER_INPUT_SYSLOG_FRAME_H
#define SHIPPER_INPUT_SYSLOG_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

struct syslog_framer {
    size_t message_max;
    size_t skip;   /* bytes to leave out */
    bool skipping; /* up to the next newline */
};

/*
 * The next message in *bytes, which move on behind it. False: none is complete; what is left
 * must be offered again with more behind it, and is at most message_max + SYSLOG_HEAD_MAX bytes.
 * `last`: nothing will follow.
 */
bool syslog_frame(struct syslog_framer *framer, struct slice *bytes, bool last,
                  struct slice *message, bool *cut);

#define SYSLOG_HEAD_MAX 16

#endif
