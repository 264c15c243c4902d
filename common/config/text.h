/*
 * text.h - how configuration values are shown: quoted, shortened, secrets masked.
 */
#ifndef COMMON_CONFIG_TEXT_H
#define COMMON_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define CONFIG_MASK       "***"
#define CONFIG_QUOTED_MAX 128 /* bytes: one value must not fill the message */

struct config_quoted {
    char text[CONFIG_QUOTED_MAX];
};

/* Bytes of the character that `text` begins with and its code point; 0 when it is not UTF-8. */
size_t config_utf8(struct slice text, uint32_t *code);

/* Valid UTF-8 without a NUL? */
bool config_text_is_valid(struct slice text);

/* Whether the value of `key` is a secret: it ends in password, secret, token or api_key. */
bool config_key_is_secret(const char *key);

/* Adds `text` with the passwords of URLs masked. */
void config_mask_urls(struct buf *out, struct slice text);

/*
 * `value` in single quotes on one line, for messages: masked, shortened, what
 * is not printable as `?`. Returns quoted->text.
 */
const char *config_quote(struct config_quoted *quoted, struct slice value, bool secret);

/* As config_quote without quotes, for keys and names of files. */
const char *config_shorten(struct config_quoted *quoted, struct slice value);

#endif
