/*
 * view.c - the parts of a request as texts that rules look at.
 */
#include "indexer/enrich/threat/view.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "indexer/enrich/threat/decode.h"

enum {
    IS_NAME = 1,  /* may be in the name of an argument as it is sent */
    IS_WORD = 2,  /* of words of a shell */
    IS_BLANK = 4, /* not the plain blank */
};

static const unsigned char classes[256] = {
    ['0' ... '9'] = IS_NAME | IS_WORD,
    ['a' ... 'z'] = IS_NAME | IS_WORD,
    ['A' ... 'Z'] = IS_NAME | IS_WORD,
    ['_'] = IS_NAME | IS_WORD,
    ['-'] = IS_NAME | IS_WORD,
    ['.'] = IS_NAME | IS_WORD,
    ['/'] = IS_WORD,
    ['%'] = IS_NAME,
    ['+'] = IS_NAME,
    ['['] = IS_NAME,
    [']'] = IS_NAME,
    ['$'] = IS_NAME,
    ['~'] = IS_NAME,
    [':'] = IS_NAME,
    [0] = IS_BLANK,
    ['\t' ... '\r'] = IS_BLANK,
};

static bool is(unsigned char c, int class)
{
    return classes[c] & class;
}

/* Decodes what stands at `out` and frees it of our marks. */
static size_t finish(char *out, size_t len, bool plus)
{
    len = threat_decode(out, len, plus);
    for (size_t i = 0; i < len; i++)
        if ((out[i] & 0xfe) == MARK_NAME)
            out[i] = ' ';
    return len;
}

static size_t add_decoded(char *out, const char *from, const char *to, bool plus)
{
    size_t len = (size_t)(to - from);

    if (len == 0)
        return 0;
    memcpy(out, from, len);
    return finish(out, len, plus);
}

/* A part of a URL. What is not encoded otherwise may still have references: "&lt;". */
static size_t add_part(char *out, const char *from, const char *to, bool is_encoded)
{
    size_t len = (size_t)(to - from);

    if (is_encoded || (len && memchr(from, '&', len)))
        return add_decoded(out, from, to, true);
    if (len)
        memcpy(out, from, len);
    return len;
}

/* Where the '=' behind a name is, or NULL when there is no name. */
static const char *name_end(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && is((unsigned char)*at, IS_NAME))
        at++;
    return at < end && *at == '=' && at > start ? at : NULL;
}

/* Where the argument that begins at `at` ends: at an '&' that a name follows, or at the end. */
static const char *argument_end(const char *at, const char *end)
{
    const char *and = at;

    while ((and = memchr(and, '&', (size_t)(end - and)))) {
        if (end - and > 4 && memcmp(and, "&amp;", 5) == 0 && name_end(and+5, end))
            return and;
        if (name_end(and+1, end))
            return and;
        and++;
    }
    return end;
}

static size_t add_arguments(char *out, const char *at, const char *end, bool is_encoded)
{
    const char *stop, *equals;
    char *start = out;

    for (; at < end; at = stop + 1) {
        if (end - at > 4 && at[-1] == '&' && memcmp(at, "amp;", 4) == 0)
            at += 4;
        stop = argument_end(at, end);
        equals = name_end(at, stop);
        *out++ = MARK_NAME;
        if (equals)
            out += add_part(out, at, equals, is_encoded);
        *out++ = MARK_VALUE;
        out += add_part(out, equals ? equals + 1 : at, stop, is_encoded);
    }
    return (size_t)(out - start);
}

size_t view_url(struct slice url, bool is_encoded, char *out)
{
    const char *end = url.data + url.len;
    const char *mark = url.len ? memchr(url.data, '?', url.len) : NULL;
    size_t len = add_part(out, url.data, mark ? mark : end, is_encoded);

    if (mark)
        len += add_arguments(out + len, mark + 1, end, is_encoded);
    return len;
}

size_t view_header(struct slice header, char *out)
{
    *out = MARK_VALUE;
    return 1 + add_decoded(out + 1, header.data, header.data + header.len, false);
}

/*
 * What a byte says of the text that it is in. Some do together with the one before: BEFORE_x << 1
 * is AFTER_x.
 */
enum {
    KIND_WORDS = 0,
    KIND_MARK = 1,
    KIND_OTHER = 2,
    KIND_SQUASH = 4,
    KIND_UNQUOTE = 8,
    BEFORE_SLASH = 16,
    AFTER_SLASH = BEFORE_SLASH << 1,
    BEFORE_DOT = 64,
    AFTER_DOT = BEFORE_DOT << 1,
    BEFORE_BLANK = 256,
    AFTER_BLANK = BEFORE_BLANK << 1,
    BEFORE_DASH = 1024,
    AFTER_DASH = BEFORE_DASH << 1,
    KIND_ENCODED = 4096,
};

static const unsigned short kinds[256] = {
    [0] = KIND_OTHER | KIND_SQUASH,
    [1 ... 8] = KIND_OTHER,
    ['\t' ... '\r'] = KIND_OTHER | KIND_SQUASH,
    [14 ... 29] = KIND_OTHER,
    [MARK_NAME] = KIND_MARK | KIND_ENCODED,
    [MARK_VALUE] = KIND_MARK | KIND_ENCODED,
    [' '] = KIND_OTHER | BEFORE_BLANK | AFTER_BLANK,
    ['!'] = KIND_OTHER,
    ['"'] = KIND_OTHER | KIND_UNQUOTE,
    ['#'] = KIND_OTHER,
    ['$'] = KIND_OTHER | KIND_UNQUOTE,
    ['%'] = KIND_OTHER | KIND_ENCODED,
    ['&'] = KIND_OTHER,
    ['\''] = KIND_OTHER | KIND_UNQUOTE,
    ['(' ... ')'] = KIND_OTHER,
    ['*'] = KIND_OTHER | AFTER_SLASH,
    ['+'] = KIND_OTHER | KIND_ENCODED,
    ['-'] = BEFORE_DASH | AFTER_DASH,
    ['.'] = AFTER_SLASH | BEFORE_DOT,
    ['/'] = BEFORE_SLASH | AFTER_SLASH,
    [';'] = KIND_OTHER | AFTER_DOT,
    ['<' ... '@'] = KIND_OTHER,
    ['['] = KIND_OTHER,
    ['\\'] = KIND_OTHER | KIND_SQUASH | KIND_UNQUOTE | KIND_ENCODED,
    [']'] = KIND_OTHER,
    ['^'] = KIND_OTHER | KIND_UNQUOTE,
    ['`'] = KIND_OTHER | KIND_UNQUOTE,
    ['{'] = KIND_OTHER | KIND_UNQUOTE,
    ['|' ... '}'] = KIND_OTHER,
    [127] = KIND_OTHER,
    [128 ... 255] = KIND_OTHER | KIND_ENCODED,
};

#define BLOCK 16

typedef unsigned char block __attribute__((vector_size(BLOCK))); /* the compiler's own vectors */

/* Each byte in turn: is it between `first` and `last`? */
static block between(block bytes, unsigned char first, unsigned char last)
{
    return (block)((block)(bytes - first) <= (block){0} + (unsigned char)(last - first));
}

/* Bytes that are no words, or are a pair that says something with the one behind; ~0, else 0. */
static block telling(const char *at)
{
    block now, next;

    memcpy(&now, at, BLOCK);
    memcpy(&next, at + 1, BLOCK);
    return ~(between(now | 0x20, 'a', 'z') | between(now, ',', ':') | between(now, '_', '_') |
             between(now, '~', '~')) |
           (between(now, '/', '/') & between(next, '.', '/')) |
           (between(now, '-', '-') & between(next, '-', '-'));
}

/* Are these words without anything that is told of them? The most frequent kind, by blocks. */
static bool is_plain(struct slice text)
{
    size_t last = text.len - BLOCK - 1; /* the block behind which one byte is left */
    block found = {0};
    uint64_t halves[2];

    for (size_t at = 0; at < last; at += BLOCK)
        found |= telling(text.data + at);
    found |= telling(text.data + last);
    memcpy(halves, &found, sizeof(halves));
    return !(halves[0] | halves[1] |
             (kinds[(unsigned char)text.data[text.len - 1]] & (KIND_MARK | KIND_OTHER)));
}

struct view_kind view_kind(struct slice text)
{
    struct view_kind kind = {.traits = 0, .alphabet = VIEW_WORDS};
    unsigned seen = 0, pairs = 0, before = 0, now;

    if (text.len > BLOCK && is_plain(text))
        return kind;
#pragma GCC unroll 4
    for (size_t i = 0; i < text.len; before = now, i++) {
        now = kinds[(unsigned char)text.data[i]];
        seen |= now;
        pairs |= now & before << 1;
    }
    if (seen & KIND_SQUASH || pairs & (AFTER_SLASH | AFTER_DOT | AFTER_BLANK))
        kind.traits |= VIEW_SQUASH;
    if (seen & KIND_UNQUOTE)
        kind.traits |= VIEW_UNQUOTE;
    if (seen & (KIND_MARK | KIND_OTHER))
        kind.alphabet = seen & KIND_OTHER ? VIEW_ANY : VIEW_ARGUMENTS;
    kind.is_encoded = seen & KIND_ENCODED;
    kind.has_comment = seen & KIND_OTHER || pairs & AFTER_DASH;
    return kind;
}

struct alphabet view_alphabet(enum view_alphabet which)
{
    static const unsigned excluded[] = {
        [VIEW_WORDS] = KIND_MARK | KIND_OTHER, [VIEW_ARGUMENTS] = KIND_OTHER, [VIEW_ANY] = 0};
    struct alphabet alphabet;

    for (int c = 0; c < 256; c++)
        alphabet.has[c] = !(kinds[c] & excluded[which]);
    return alphabet;
}

/* A complete comment at `at`; returns where it ends. Those that MySQL reads are opened only. */
static const char *skip_comment(const char *at, const char *end)
{
    const char *close;

    at += 2;
    if (at < end && *at == '!') {
        for (at++; at < end && isdigit((unsigned char)*at);)
            at++;
        return at;
    }
    close = memmem(at, (size_t)(end - at), "*/", 2);
    return close ? close + 2 : at;
}

static bool begins_with(const char *at, const char *end, const char *text, size_t len)
{
    return (size_t)(end - at) >= len && memcmp(at, text, len) == 0;
}

/* One step of view_squash at a slash of either kind; returns how far it goes. */
static size_t squash_slash(const char *at, const char *end, char before)
{
    if (before == '/')
        return 1; /* the second of two */
    if (begins_with(at + 1, end, "./", 2) || begins_with(at + 1, end, ".\\", 2))
        return 2; /* the next slash stays */
    return 0;
}

size_t view_squash(struct slice text, char *out)
{
    const char *at = text.data, *end = text.data + text.len;
    char *start = out, before = 0, c;
    size_t skipped;

    while (at < end) {
        c = *at == '\\' ? '/' : is((unsigned char)*at, IS_BLANK) ? ' ' : *at;
        if (begins_with(at, end, "/*", 2)) {
            at = skip_comment(at, end);
            c = ' ';
        } else if (begins_with(at, end, "*/", 2)) {
            at += 2;
            c = ' ';
        } else if (c == '/' && (skipped = squash_slash(at, end, before))) {
            at += skipped;
            continue;
        } else if (*at == '\0' || (*at == ';' && before == '.' && end - at > 1 && at[1] == '/')) {
            at++;
            continue;
        } else {
            at++;
        }
        if (c == ' ' && before == ' ')
            continue;
        *out++ = before = c;
    }
    return (size_t)(out - start);
}

/* The name of a variable at `at`, behind its '$'; returns its end. */
static const char *variable_end(const char *at, const char *end)
{
    const char *close;

    if (at == end)
        return at;
    if (*at == '{') {
        close = memchr(at, '}', (size_t)(end - at));
        return close ? close + 1 : at + 1;
    }
    if (strchr("@*!?0123456789", *at) && *at)
        return at + 1;
    while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
        at++;
    return at;
}

static bool is_field_separator(const char *at, const char *end)
{
    at += at < end && *at == '{';
    return begins_with(at, end, "IFS", 3) || begins_with(at, end, "ifs", 3);
}

/* Is `at` the brace that opens "{a,b}"? Returns its end, or NULL. */
static const char *brace_list_end(const char *at, const char *end)
{
    const char *close = memchr(at, '}', (size_t)(end - at));

    if (!close || !memchr(at, ',', (size_t)(close - at)))
        return NULL;
    for (const char *p = at + 1; p < close; p++)
        if (!is((unsigned char)*p, IS_WORD) && *p != ',' && *p != '\'' && *p != '"')
            return NULL;
    return close + 1;
}

static char *put_braces(const char *at, const char *stop, char *out)
{
    for (at++; at < stop - 1; at++)
        *out++ = *at == ',' ? ' ' : *at;
    return out;
}

size_t view_unquote(struct slice text, char *out)
{
    const char *at = text.data, *end = text.data + text.len, *stop;
    char *start = out;

    while (at < end) {
        switch (*at) {
        case '\'':
        case '"':
        case '`':
        case '\\':
        case '^':
            at++;
            break;
        case '$':
            if (end - at > 1 && at[1] == '(') { /* a command: that is looked for */
                *out++ = *at++;
                break;
            }
            if (is_field_separator(at + 1, end))
                *out++ = ' ';
            at = variable_end(at + 1, end);
            break;
        case '{':
            stop = brace_list_end(at, end);
            if (stop) {
                out = put_braces(at, stop, out);
                at = stop;
                break;
            }
            *out++ = *at++;
            break;
        default:
            *out++ = *at++;
        }
    }
    return (size_t)(out - start);
}
