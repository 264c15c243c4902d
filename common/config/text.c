/*
 * text.c - how configuration values are shown: quoted, shortened, secrets masked.
 */
#include "common/config/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/scope.h"

#define MASKED_MAX (1u << 20) /* bytes; a value is never larger than its document */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t config_utf8(struct slice text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = text.len ? (unsigned char)text.data[0] : 0xff;
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t value = len == 1 ? first : first & (0xffu >> (len + 1));

    if (len == 0 || first > 0xf4 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation(text.data[i]))
            return 0;
        value = value << 6 | ((unsigned char)text.data[i] & 0x3f);
    }
    if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return len;
}

bool config_text_is_valid(struct slice text)
{
    uint32_t code;
    size_t len;

    while (text.len) {
        len = config_utf8(text, &code);
        if (len == 0 || code == 0)
            return false;
        text = (struct slice){text.data + len, text.len - len};
    }
    return true;
}

bool config_key_is_secret(const char *key)
{
    static const char *const endings[] = {"password", "secret", "token", "api_key"};
    size_t len = strlen(key), ending;

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        ending = strlen(endings[i]);
        if (len >= ending && strcasecmp(key + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* Bytes from `start` (behind "://") to the end of what may be one URL. */
static size_t url_span(const char *start, size_t len)
{
    size_t n = 0;

    while (n < len && (unsigned char)start[n] > ' ' && !strchr(",\"'<>", start[n]))
        n++;
    return n;
}

static bool all_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return true;
}

/*
 * Finds the password in `url` (behind "://"): from the first colon to the last
 * `@` of the authority. One with a raw slash in it reaches beyond what looks like the authority;
 * a number there is a port, though.
 */
static bool find_password(const char *url, size_t len, size_t *from, size_t *to)
{
    size_t authority = 0;
    const char *colon, *at;

    while (authority < len && !strchr("/?#", url[authority]))
        authority++;
    colon = memchr(url, ':', authority);
    if (!colon)
        return false;
    colon++;
    at = memrchr(url, '@', authority);
    if (!at && !all_digits(colon, (size_t)(url + authority - colon)))
        at = memrchr(url, '@', len);
    if (!at || at <= colon)
        return false;
    *from = (size_t)(colon - url);
    *to = (size_t)(at - url);
    return true;
}

void config_mask_urls(struct buf *out, struct slice text)
{
    const char *scheme, *url;
    size_t from, to;

    while (text.len && (scheme = memmem(text.data, text.len, "://", 3))) {
        url = scheme + 3;
        buf_add(out, text.data, (size_t)(url - text.data));
        text = (struct slice){url, text.len - (size_t)(url - text.data)};
        if (!find_password(url, url_span(url, text.len), &from, &to))
            continue;
        buf_add(out, url, from);
        buf_add_text(out, CONFIG_MASK);
        text = (struct slice){url + to, text.len - to};
    }
    buf_add_slice(out, text);
}

/* Writes `text` into `out` of `size` bytes, cut at a character; what is not printable becomes `?`.
 */
static void put_printable(char *out, size_t size, struct slice text)
{
    static const char cut[] = "...";
    size_t used = 0, len;
    uint32_t code = 0;

    while (text.len) {
        len = config_utf8(text, &code);
        if (used + (len ? len : 1) + sizeof(cut) > size) {
            memcpy(out + used, cut, sizeof(cut));
            return;
        }
        if (len == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
            code == 0x2029 || code == 0xfeff)
            out[used++] = '?';
        else
            used = (size_t)((char *)mempcpy(out + used, text.data, len) - out);
        len = len ? len : 1;
        text = (struct slice){text.data + len, text.len - len};
    }
    out[used] = '\0';
}

const char *config_quote(struct config_quoted *quoted, struct slice value, bool secret)
{
    scoped_buf struct buf masked = BUF_INIT(MASKED_MAX);
    char text[CONFIG_QUOTED_MAX - 2];

    if (secret)
        buf_add_text(&masked, CONFIG_MASK);
    else
        config_mask_urls(&masked, value);
    put_printable(text, sizeof(text), masked.failed ? SLICE(CONFIG_MASK) : buf_slice(&masked));
    snprintf(quoted->text, sizeof(quoted->text), "'%s'", text);
    return quoted->text;
}

const char *config_shorten(struct config_quoted *quoted, struct slice value)
{
    put_printable(quoted->text, sizeof(quoted->text), value);
    return quoted->text;
}
