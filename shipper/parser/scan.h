/*
 * scan.h - reading a line from its beginning, piece by piece.
 *
 * `rest` is what has not been read yet. A function that finds what it is for
 * moves on behind it; otherwise `rest` stays as it is. Pure; no allocation.
 */
#ifndef SHIPPER_PARSER_SCAN_H
#define SHIPPER_PARSER_SCAN_H

#include <stdbool.h>

#include "common/buf.h"

static inline void scan_skip(struct slice *rest, size_t len)
{
    rest->data += len;
    rest->len -= len;
}

/* The byte `ahead` of here, or 0 behind the end. */
static inline char scan_peek(struct slice rest, size_t ahead)
{
    return ahead < rest.len ? rest.data[ahead] : '\0';
}

static inline bool scan_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    scan_skip(rest, 1);
    return true;
}

static inline bool scan_begins(struct slice rest, struct slice text)
{
    return rest.len >= text.len && memcmp(rest.data, text.data, text.len) == 0;
}

static inline bool scan_text(struct slice *rest, struct slice text)
{
    if (rest->len < text.len || memcmp(rest->data, text.data, text.len) != 0)
        return false;
    scan_skip(rest, text.len);
    return true;
}

/* Blanks and tabs, also none. */
static inline void scan_blanks(struct slice *rest)
{
    while (rest->len && (rest->data[0] == ' ' || rest->data[0] == '\t'))
        scan_skip(rest, 1);
}

/* Up to the next `c`, which stays, or all. */
static inline struct slice scan_until(struct slice *rest, char c)
{
    const char *stop = rest->len ? memchr(rest->data, c, rest->len) : NULL;
    struct slice taken = {rest->data, stop ? (size_t)(stop - rest->data) : rest->len};

    scan_skip(rest, taken.len);
    return taken;
}

/* Nothing more, or a blank. */
static inline bool scan_at_blank(struct slice rest)
{
    return rest.len == 0 || rest.data[0] == ' ' || rest.data[0] == '\t';
}

/* Up to the next blank or tab; stays. */
static inline struct slice scan_word(struct slice rest)
{
    struct slice word = {rest.data, 0};

    while (word.len < rest.len && rest.data[word.len] != ' ' && rest.data[word.len] != '\t')
        word.len++;
    return word;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool scan_is_one_of(char c, struct slice set)
{
    return memchr(set.data, c, set.len) != NULL;
}

static inline bool scan_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of the digits at the beginning. */
static inline size_t scan_digits(struct slice rest)
{
    size_t len = 0;

    while (len < rest.len && scan_is_digit(rest.data[len]))
        len++;
    return len;
}

/* One to `max_digits` (18 at most) digits, and no further one behind them. */
static inline bool scan_number(struct slice *rest, size_t max_digits, int64_t *out)
{
    size_t len = scan_digits(*rest);
    int64_t value = 0;

    if (len == 0 || len > max_digits)
        return false;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (rest->data[i] - '0');
    scan_skip(rest, len);
    *out = value;
    return true;
}

/* Is all of `text` a number of at most `max_digits` digits? */
static inline bool scan_is_number(struct slice text, size_t max_digits, int64_t *out)
{
    return scan_number(&text, max_digits, out) && text.len == 0;
}

/* The byte order mark that some senders put in front of UTF-8. */
static inline void scan_bom(struct slice *rest)
{
    scan_text(rest, SLICE("\xef\xbb\xbf"));
}

#endif
