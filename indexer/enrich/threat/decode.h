/*
 * decode.h - what a web server, a browser or an interpreter makes of encoded text.
 *
 * Undone are percent encoding (also %uXXXX), \xHH, \uXXXX, \u{H…} and \OOO of
 * JavaScript, character references of HTML, UTF-8 that is longer than it must
 * be (RFC 3629, section 3, forbids it; decoders of long ago took it), and
 * characters that servers fold to ASCII: full-width forms, typographic quotes,
 * look-alikes of the slash. What was encoded several times is decoded so often
 * that nothing changes any more, at most DECODE_ROUNDS times. What is encoded
 * wrongly stays as it is.
 */
#ifndef INDEXER_ENRICH_THREAT_DECODE_H
#define INDEXER_ENRICH_THREAT_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#define DECODE_ROUNDS 5

/* Decodes in place, never longer; returns the new length. `plus`: a '+' is a blank, but not one
 * that was encoded. */
size_t threat_decode(char *text, size_t len, bool plus);

/* Is there a byte in it that may begin something encoded? */
bool threat_is_encoded(const char *text, size_t len);

#endif
