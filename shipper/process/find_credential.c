/*
 * find_credential.c - secrets that are known by their form: passwords in URLs, values of the
 * Authorization header without its name, JSON Web Tokens.
 */
#include <strings.h>

#include "shipper/process/scan.h"

#define USERINFO_MAX 512
#define SCHEME_MAX   16
#define TOKEN_MIN    16 /* bytes; shorter ones are rather words */
#define BASIC_MAX    512
#define JWT_PART_MIN 4

static bool is_token(char c)
{
    return scan_is_word(c) || (c && strchr("._~+/=-", c));
}

static const char *over_token(const struct scan *scan, const char *p)
{
    while (p < scan->end && is_token(*p) && !(*p & 0x80))
        p++;
    return p;
}

static bool has_digit(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            return true;
    return false;
}

/* `p` is the colon of "://". */
const char *find_userinfo(struct scan *scan, const char *p)
{
    const char *from = p + 3, *at = NULL, *colon = NULL;

    if (scan->end - p < 4 || p[1] != '/' || p[2] != '/')
        return NULL;
    for (const char *q = from; q < scan->end && q - from < USERINFO_MAX; q++) {
        if (*q == '@')
            at = q;
        else if (*q == ':' && !at && !colon)
            colon = q;
        else if ((unsigned char)*q <= ' ' || strchr("/?#\"'<>\\", *q))
            break;
    }
    if (!at)
        return NULL;
    if (colon)
        from = colon + 1; /* the user's name stays */
    /* Alone it may be a token: spark://driver@host has none. */
    if (from == at || (!colon && (at - from < TOKEN_MIN ||
                                  !has_digit((struct slice){from, (size_t)(at - from)}))))
        return NULL;
    scan_replace(scan, from, at, SECRET_CREDENTIAL, (struct slice){from, (size_t)(at - from)});
    return at + 1;
}

static int digit64(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Base64 of printable text with a colon in it, as of `user:password`. */
static bool is_basic(struct slice text)
{
    unsigned bits = 0, have = 0;
    bool colon = false;

    while (text.len && text.data[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit64(text.data[i]);
        unsigned char byte;

        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned)digit;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        byte = (unsigned char)(bits >> have);
        if (byte < ' ')
            return false;
        colon = colon || byte == ':';
    }
    return colon;
}

/* `p` is the blank behind a word, or the last byte of %20. */
const char *find_scheme(struct scan *scan, const char *p)
{
    const char *word_end = *p == '0' ? p - 2 : p, *word = word_end, *end;
    struct slice scheme, token;

    while (word > scan->floor && word_end - word < SCHEME_MAX && scan_is_word(word[-1]) &&
           word != scan->word)
        word--;
    scheme = (struct slice){word, (size_t)(word_end - word)};
    if (scheme.len != 5 && scheme.len != 6)
        return NULL;
    end = over_token(scan, p + 1);
    token = (struct slice){p + 1, (size_t)(end - p - 1)};
    if (scheme.len == 6 && strncasecmp(scheme.data, "bearer", 6) == 0) {
        if (token.len < TOKEN_MIN || !has_digit(token))
            return NULL;
    } else if (scheme.len != 5 || strncasecmp(scheme.data, "basic", 5) != 0 ||
               token.len > BASIC_MAX || !is_basic(token)) {
        return NULL;
    }
    scan_replace(scan, p + 1, end, SECRET_CREDENTIAL, token);
    return end;
}

static const char *over_base64url(const struct scan *scan, const char *p)
{
    while (p < scan->end && !(*p & 0x80) && (scan_is_word(*p) || *p == '_' || *p == '-'))
        p++;
    return p;
}

/* `p` is the J of "eyJ", which is `{"` in base64. */
const char *find_web_token(struct scan *scan, const char *p)
{
    const char *from = p - 2, *first, *second, *end;

    if (p - scan->floor < 2 || from[0] != 'e' || from[1] != 'y' || !scan_is_start(scan, from))
        return NULL;
    first = over_base64url(scan, p);
    if (first == scan->end || *first != '.')
        return first;
    second = over_base64url(scan, first + 1);
    if (second - first <= JWT_PART_MIN || second == scan->end || *second != '.')
        return second;
    end = over_base64url(scan, second + 1);
    scan_replace(scan, from, end, SECRET_CREDENTIAL, (struct slice){from, (size_t)(end - from)});
    return end;
}
