/*
 * json_text.c - JSON as bytes: writing strings, checking and walking text.
 */
#include "common/json_text.h"

#include "common/copy_few.h"

#if defined(__SSE2__) && !defined(JSON_TEXT_PLAIN) /* tests compare both */
#include <emmintrin.h>
#define HAS_SSE2
#endif

/*
 * What a byte means inside of a string: 0 = stands for itself, 'u' = control
 * character without a short form, 1 = start of a multi-byte sequence or
 * invalid, otherwise the letter of its short escape.
 */
static const uint8_t string_class[256] = {
    ['\b'] = 'b',  ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',        ['"'] = '"',
    ['\\'] = '\\', [0] = 'u',    [1] = 'u',    [2] = 'u',    [3] = 'u',           [4] = 'u',
    [5] = 'u',     [6] = 'u',    [7] = 'u',    [11] = 'u',   [14] = 'u',          [15] = 'u',
    [16] = 'u',    [17] = 'u',   [18] = 'u',   [19] = 'u',   [20] = 'u',          [21] = 'u',
    [22] = 'u',    [23] = 'u',   [24] = 'u',   [25] = 'u',   [26] = 'u',          [27] = 'u',
    [28] = 'u',    [29] = 'u',   [30] = 'u',   [31] = 'u',   [0x80 ... 0xff] = 1,
};

/* True when one of the eight bytes needs a look: < 0x20, >= 0x80, quote or backslash. */
static inline bool any_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return ((w - ones * 0x20) | (quote - ones) | (slash - ones) | w) & high;
}

#ifdef HAS_SSE2
#define BLOCK 16

/* Of 16 bytes at `s`, a bit for each that needs a look; those from 0x80 on are negative. */
static inline unsigned special_bits(const char *s)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)s);
    __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
}

#endif

/* Fewer than 8 bytes, as one word; those that are not there are plain. */
static inline bool is_rest_plain(const char *s, size_t len)
{
    uint64_t word = 0x2020202020202020u;

    if (len >= 4) {
        memcpy(&word, s, 4);
        memcpy((char *)&word + 4, s + len - 4, 4);
    } else if (len) {
        ((char *)&word)[0] = s[0];
        ((char *)&word)[1] = s[len / 2];
        ((char *)&word)[2] = s[len - 1];
    }
    return !any_special(word);
}

/* Copies the plain bytes that `s` begins with; returns how many. By words of 8. */
static inline size_t copy_plain_words(char *p, const char *s, size_t len)
{
    size_t done = 0;
    uint64_t word;

    for (; len - done >= 8; done += 8) {
        memcpy(&word, s + done, 8);
        if (any_special(word))
            break;
        memcpy(p + done, &word, 8);
    }
    if (len - done < 8 && is_rest_plain(s + done, len - done)) {
        copy_below_8(p + done, s + done, len - done);
        return len;
    }
    for (; done < len && string_class[(uint8_t)s[done]] == 0; done++)
        p[done] = s[done];
    return done;
}

#ifdef HAS_SSE2
/* The same by blocks of 16; there are `before` more bytes in front of `s` that may be read. */
static inline size_t copy_plain(char *p, const char *s, size_t len, size_t before)
{
    size_t done = 0, left;
    unsigned bits;

    for (; len - done >= 16; done += 16) {
        bits = special_bits(s + done);
        memcpy(p + done, s + done, 16);
        if (bits)
            return done + (size_t)__builtin_ctz(bits);
    }
    left = len - done;
    if (left == 0)
        return len;
    if (before + len < 16)
        return copy_plain_words(p, s, len);
    bits = special_bits(s + len - 16) >> (16 - left);
    if (bits)
        left = (size_t)__builtin_ctz(bits);
    copy_below_16(p + done, s + done, left);
    return done + left;
}
#else
static inline size_t copy_plain(char *p, const char *s, size_t len, size_t before)
{
    (void)before;
    return copy_plain_words(p, s, len);
}
#endif

size_t utf8_sequence(const char *p, const char *end)
{
    const uint8_t *s = (const uint8_t *)p;
    size_t left = (size_t)(end - p);

    if (left == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return left >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        if (left < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
            return 0;
        if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
            return 0;
        return 3;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        if (left < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80)
            return 0;
        if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

/* Writes the one special byte or sequence at `s`; returns how many bytes of the text it was. */
static inline size_t write_special(char **out, const char *s, const char *end, uint64_t *invalid)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t c = (uint8_t)*s, class = string_class[c];
    char *p = *out;
    size_t n = 1;

    if (class == 1) {
        n = utf8_sequence(s, end);
        if (n) {
            memcpy(p, s, n);
            p += n;
        } else {
            memcpy(p, "\xef\xbf\xbd", 3); /* U+FFFD */
            p += 3;
            n = 1;
            ++*invalid;
        }
    } else if (class == 'u') {
        memcpy(p, "\\u00", 4);
        p[4] = hex[c >> 4];
        p[5] = hex[c & 15];
        p += 6;
    } else {
        *p++ = '\\';
        *p++ = (char)class;
    }
    *out = p;
    return n;
}

char *json_write_string(char *p, struct slice text, uint64_t *invalid)
{
    const char *s = text.data, *end = text.data + text.len;

    *p++ = '"';
#ifdef HAS_SSE2
    while (end - s >= BLOCK) {
        unsigned bits = special_bits(s), n = bits ? (unsigned)__builtin_ctz(bits) : BLOCK;

        memcpy(p, s, BLOCK); /* there is room for six times as much */
        p += n;
        s += n;
        if (bits)
            s += write_special(&p, s, end, invalid);
    }
#endif
    while (s < end) {
        size_t plain = copy_plain(p, s, (size_t)(end - s), (size_t)(s - text.data));

        p += plain;
        s += plain;
        if (s < end)
            s += write_special(&p, s, end, invalid);
    }
    *p++ = '"';
    return p;
}

void json_add_string(struct buf *out, struct slice text, uint64_t *invalid)
{
    char *room = buf_reserve(out, JSON_STRING_MAX(text.len));
    uint64_t ignored = 0;

    if (room)
        out->len += (size_t)(json_write_string(room, text, invalid ? invalid : &ignored) - room);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at `p`, or -1. */
static int read_hex4(const char *p, const char *end)
{
    int value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* To the first byte that needs a look. */
static inline const char *skip_plain(const char *p, const char *end)
{
#ifdef HAS_SSE2
    for (; end - p >= 16; p += 16) {
        unsigned bits = special_bits(p);

        if (bits)
            return p + __builtin_ctz(bits);
    }
#endif
    for (uint64_t word; end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        if (any_special(word))
            break;
    }
    while (p < end && string_class[(uint8_t)*p] == 0)
        p++;
    return p;
}

size_t json_plain_len(struct slice text)
{
    return (size_t)(skip_plain(text.data, text.data + text.len) - text.data);
}

/* At a byte that needs a look and is no quote; returns what is behind it and its like, or NULL. */
static const char *skip_special(const char *p, const char *end, bool *escaped)
{
    size_t n;

    if (*p == '\\') {
        *escaped = true;
        if (end - p < 2)
            return NULL;
        if (p[1] == 'u')
            return read_hex4(p + 2, end) < 0 ? NULL : p + 6;
        return strchr("\"\\/bfnrt", p[1]) && p[1] ? p + 2 : NULL;
    }
    do { /* such sequences seldom come alone */
        n = (uint8_t)*p < 0x20 ? 0 : utf8_sequence(p, end);
        p += n;
    } while (n && p < end && (uint8_t)*p >= 0x80);
    return n ? p : NULL;
}

/* The same from the first byte on that is not plain. */
static const char *skip_string_rest(const char *p, const char *end, bool *escaped)
{
    while (p < end && *p != '"') {
        p = skip_special(p, end, escaped);
        if (!p)
            return NULL;
        p = skip_plain(p, end);
    }
    return p < end ? p + 1 : NULL;
}

/* After the opening quote; returns what is behind the closing one, or NULL. */
static inline const char *skip_string(const char *p, const char *end, bool *escaped)
{
    p = skip_plain(p, end);
    return p < end && *p == '"' ? p + 1 : skip_string_rest(p, end, escaped);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const char *skip_number(const char *p, const char *end)
{
    const char *start;

    if (p < end && *p == '-')
        p++;
    start = p;
    p = skip_digits(p, end);
    if (p == start || (*start == '0' && p - start > 1))
        return NULL;
    if (p < end && *p == '.') {
        start = ++p;
        p = skip_digits(p, end);
        if (p == start)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        start = p;
        p = skip_digits(p, end);
        if (p == start)
            return NULL;
    }
    return p;
}

static const char *skip_word(const char *p, const char *end, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0 ? p + len : NULL;
}

/* A value that is no object or array. */
static const char *skip_scalar(const char *p, const char *end, struct json_value *out)
{
    switch (*p) {
    case '"':
        out->kind = JSON_STRING;
        return skip_string(p + 1, end, &out->escaped);
    case 't':
        out->kind = JSON_TRUE;
        return skip_word(p, end, "true");
    case 'f':
        out->kind = JSON_FALSE;
        return skip_word(p, end, "false");
    case 'n':
        out->kind = JSON_NULL;
        return skip_word(p, end, "null");
    default:
        out->kind = JSON_NUMBER;
        return skip_number(p, end);
    }
}

/* As json_skip_space, noting whether there was any. */
static const char *skip_noting(const char *p, const char *end, bool *spaced)
{
    const char *next = json_skip_space(p, end);

    *spaced |= next != p;
    return next;
}

/* `"key" :` inside of an object, up to the value. */
static const char *skip_key(const char *p, const char *end, bool *spaced)
{
    bool escaped;

    p = skip_noting(p, end, spaced);
    if (p == end || *p != '"')
        return NULL;
    p = skip_string(p + 1, end, &escaped);
    if (!p)
        return NULL;
    p = skip_noting(p, end, spaced);
    return p < end && *p == ':' ? p + 1 : NULL;
}

/*
 * An object or array. The kinds of the open ones are bits of a stack, so that
 * depth costs no recursion. `p` is behind the opening bracket.
 */
static const char *skip_composite(const char *p, const char *end, bool object, bool *spaced)
{
    uint64_t kinds[JSON_DEPTH_MAX / 64] = {object};
    unsigned depth = 1;
    struct json_value ignored = {0};
    bool fresh = true; /* just opened: may close at once */

    for (;;) {
        p = skip_noting(p, end, spaced);
        if (p == end)
            return NULL;
        object = kinds[(depth - 1) / 64] >> ((depth - 1) % 64) & 1;
        if (*p == (object ? '}' : ']')) {
            if (--depth == 0)
                return p + 1;
            p++;
            fresh = false;
            continue;
        }
        if (!fresh) {
            if (*p != ',')
                return NULL;
            p = skip_noting(p + 1, end, spaced);
        }
        if (object) {
            p = skip_key(p, end, spaced);
            if (!p)
                return NULL;
            p = skip_noting(p, end, spaced);
        }
        if (p == end)
            return NULL;
        fresh = *p == '{' || *p == '[';
        if (!fresh) {
            p = skip_scalar(p, end, &ignored);
            if (!p)
                return NULL;
            continue;
        }
        if (depth == JSON_DEPTH_MAX)
            return NULL;
        if (*p == '{')
            kinds[depth / 64] |= (uint64_t)1 << (depth % 64);
        else
            kinds[depth / 64] &= ~((uint64_t)1 << (depth % 64));
        depth++;
        p++;
    }
}

const char *json_read(const char *p, const char *end, struct json_value *out)
{
    const char *start = p;

    if (p == end)
        return NULL;
    out->escaped = out->spaced = false;
    if (*p == '"') { /* most are */
        out->kind = JSON_STRING;
        p = skip_string(p + 1, end, &out->escaped);
    } else if (*p == '{' || *p == '[') {
        out->kind = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
        p = skip_composite(p + 1, end, *p == '{', &out->spaced);
    } else {
        p = skip_scalar(p, end, out);
    }
    if (p)
        out->raw = (struct slice){start, (size_t)(p - start)};
    return p;
}

const char *json_read_string(const char *p, const char *end, struct json_value *out)
{
    return p < end && *p == '"' ? json_read(p, end, out) : NULL;
}

char *utf8_write(char *p, uint32_t c)
{
    if (c < 0x80) {
        *p++ = (char)c;
    } else if (c < 0x800) {
        *p++ = (char)(0xc0 | c >> 6);
        *p++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *p++ = (char)(0xe0 | c >> 12);
        *p++ = (char)(0x80 | (c >> 6 & 0x3f));
        *p++ = (char)(0x80 | (c & 0x3f));
    } else {
        *p++ = (char)(0xf0 | c >> 18);
        *p++ = (char)(0x80 | (c >> 12 & 0x3f));
        *p++ = (char)(0x80 | (c >> 6 & 0x3f));
        *p++ = (char)(0x80 | (c & 0x3f));
    }
    return p;
}

/* \uXXXX at `s`, with its second half when it is a surrogate pair; returns the bytes read. */
static size_t unescape_unicode(const char *s, const char *end, char **out)
{
    uint32_t c = (uint32_t)read_hex4(s + 2, end);
    size_t n = 6;
    int low;

    if (c >= 0xd800 && c <= 0xdbff && end - s >= 12 && s[6] == '\\' && s[7] == 'u') {
        low = read_hex4(s + 8, end);
        if (low >= 0xdc00 && low <= 0xdfff) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            n = 12;
        }
    }
    if (c >= 0xd800 && c <= 0xdfff)
        c = 0xfffd;
    *out = utf8_write(*out, c);
    return n;
}

size_t json_unescape(struct slice raw, char *out)
{
    const char *s = raw.data + 1, *end = raw.data + raw.len - 1;
    char *p = out;

    while (s < end) {
        if (*s != '\\') {
            *p++ = *s++;
            continue;
        }
        switch (s[1]) {
        case 'u':
            s += unescape_unicode(s, end, &p);
            continue;
        case 'b':
            *p++ = '\b';
            break;
        case 'f':
            *p++ = '\f';
            break;
        case 'n':
            *p++ = '\n';
            break;
        case 'r':
            *p++ = '\r';
            break;
        case 't':
            *p++ = '\t';
            break;
        default:
            *p++ = s[1];
        }
        s += 2;
    }
    return (size_t)(p - out);
}

#define SAFE_DIGITS 18 /* with a sign or without, so many are no number that is too large */

bool json_integer(struct slice raw, int64_t *out)
{
    bool negative = raw.len && raw.data[0] == '-';
    uint64_t value = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    size_t i = negative;

    if (i == raw.len)
        return false;
    for (; i < raw.len; i++) {
        unsigned digit = (unsigned)(raw.data[i] - '0');

        if (digit > 9 || (i >= SAFE_DIGITS && value > (limit - digit) / 10))
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
