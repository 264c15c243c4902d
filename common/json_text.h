/*
 * json_text.h - JSON as bytes: writing strings, checking and walking text.
 *
 * For the records' hot path, where a tree (cJSON) costs more than all the rest.
 * Reading is strict RFC 8259: what is valid passes, what is not does not, and
 * the text must be UTF-8. No recursion; pure functions, and no allocation but by the buffer of
 * json_add_string.
 */
#ifndef COMMON_JSON_TEXT_H
#define COMMON_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define JSON_DEPTH_MAX 128 /* nesting that is accepted */

/* Bytes that json_write_string needs at most for `len` bytes of text. */
#define JSON_STRING_MAX(len) (6 * (len) + 2)

/*
 * Writes `text` as a JSON string with its quotes at `p`, where there is room
 * for JSON_STRING_MAX bytes; returns the end. Each byte that is not part of
 * valid UTF-8 becomes U+FFFD and is counted in *invalid.
 */
char *json_write_string(char *p, struct slice text, uint64_t *invalid);

/*
 * Adds `text` to `out` as json_write_string writes it; without room `out` has failed. `invalid`
 * may be NULL.
 */
void json_add_string(struct buf *out, struct slice text, uint64_t *invalid);

/*
 * How many bytes `text` begins with that stand for themselves in a JSON string, one by one: ASCII
 * without control characters, quotes and backslashes.
 */
size_t json_plain_len(struct slice text);

/* Bytes of the valid UTF-8 sequence at `p`, 0 when there is none. Rejects surrogates, overlong
 * forms and what is above U+10FFFF. */
size_t utf8_sequence(const char *p, const char *end);

/* Writes a code point up to U+10FFFF as UTF-8, at most 4 bytes; returns the end. */
char *utf8_write(char *p, uint32_t c);

enum json_kind {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

struct json_value {
    enum json_kind kind;
    struct slice raw; /* the text, strings with their quotes */
    bool escaped;     /* a string that holds backslashes */
    bool spaced;      /* an object or array that holds white space outside of strings */
};

static inline const char *json_skip_space(const char *p, const char *end)
{
    while (p < end && (unsigned char)*p <= ' ' &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/*
 * Reads the value that begins at `p` and returns where it ends, or NULL when
 * there is no valid value (deeper than JSON_DEPTH_MAX counts as invalid).
 */
const char *json_read(const char *p, const char *end, struct json_value *out);

/* Reads a string only: a member's key. */
const char *json_read_string(const char *p, const char *end, struct json_value *out);

/*
 * The text of a valid string value, escapes resolved, written to `out` (room
 * for raw.len bytes); returns the length. A lone surrogate becomes U+FFFD.
 */
size_t json_unescape(struct slice raw, char *out);

/* A whole number in the range of int64_t, without fraction or exponent. */
bool json_integer(struct slice raw, int64_t *out);

#endif
