/*
 * decode.c - what a web server, a browser or an interpreter makes of encoded text.
 */
#include "indexer/enrich/threat/decode.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/scope.h"

struct place { /* of one encoded character */
    const unsigned char *at, *end;
};

/* Bytes that may begin an encoded character. */
static const unsigned char begins[256] = {
    ['%'] = 1,  ['\\'] = 1, ['&'] = 1,  [0xc0] = 1, [0xc1] = 1, [0xc2] = 1, [0xca] = 1,
    [0xe0] = 1, [0xe2] = 1, [0xe3] = 1, [0xef] = 1, [0xf0] = 1, [0xf8] = 1, [0xfc] = 1,
};

static const signed char hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Exactly `digits` hexadecimal digits; -1: they are not there. */
static int32_t fixed_hex(struct place p, size_t digits)
{
    int32_t value = 0;

    if ((size_t)(p.end - p.at) < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (!hex_values[p.at[i]])
            return -1;
        value = value * 16 + hex_values[p.at[i]] - 1;
    }
    return value;
}

/*
 * A number in `base` up to what it may be; leading zeros are without end, as browsers take them.
 * Returns where it ends, or NULL.
 */
static const unsigned char *open_number(struct place p, unsigned base, uint32_t *value)
{
    const unsigned char *start = p.at;
    unsigned digit;

    *value = 0;
    for (; p.at < p.end && hex_values[*p.at]; p.at++) {
        digit = (unsigned)hex_values[*p.at] - 1;
        if (digit >= base)
            break;
        *value = *value * base + digit;
        if (*value > 0x10ffff)
            return NULL;
    }
    return p.at > start ? p.at : NULL;
}

/* Characters that are folded to ASCII, but for the full-width forms. */
static unsigned char folded(uint32_t c)
{
    switch (c) {
    case 0xa0: /* no-break space, then other blanks */
    case 0x2003:
    case 0x2028:
    case 0x3000:
        return ' ';
    case 0x2b9:
    case 0x2bc:
    case 0x2018:
    case 0x2019:
    case 0x2032:
        return '\'';
    case 0x2ba:
    case 0x201c:
    case 0x201d:
    case 0x2033:
        return '"';
    case 0x2039:
    case 0x2329:
    case 0x3008:
        return '<';
    case 0x203a:
    case 0x232a:
    case 0x3009:
        return '>';
    case 0x2044:
    case 0x2215:
        return '/';
    case 0x2216:
        return '\\';
    case 0x2024:
    case 0x3002:
    case 0xff61:
        return '.';
    case 0x24ea:
        return '0';
    default:
        break;
    }
    if (c >= 0x2460 && c <= 0x2468) /* letters and digits in circles */
        return (unsigned char)(c - 0x2460 + '1');
    if (c >= 0x24b6 && c <= 0x24e9)
        return (unsigned char)(c - (c < 0x24d0 ? 0x24b6 : 0x24d0) + 'a');
    return 0;
}

/* Writes `c` as UTF-8, or as the ASCII that it is folded to. */
static size_t put_character(char *out, uint32_t c)
{
    unsigned char plain =
        c >= 0xff01 && c <= 0xff5e ? (unsigned char)(c - 0xff01 + '!') : folded(c);

    if (plain || c < 0x80) {
        *out = (char)(plain ? plain : c);
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/*
 * The readers below take one encoded character at p->at, write what it is to
 * `out` and move p->at behind it. 0: it is none, nothing has moved.
 */

static size_t read_percent(struct place *p, char *out)
{
    struct place rest = {p->at + 1, p->end};
    int32_t c;

    if (rest.at < rest.end && (*rest.at | 0x20) == 'u') {
        rest.at++;
        c = fixed_hex(rest, 4);
        if (c < 0)
            return 0;
        p->at += 6;
        return put_character(out, (uint32_t)c);
    }
    c = fixed_hex(rest, 2);
    if (c < 0)
        return 0;
    p->at += 3;
    *out = (char)c; /* a byte, not a character: the next round sees the whole */
    return 1;
}

static size_t read_braced(struct place *p, char *out)
{
    uint32_t value;
    const unsigned char *end = open_number((struct place){p->at + 3, p->end}, 16, &value);

    if (!end || end == p->end || *end != '}')
        return 0;
    p->at = end + 1;
    return put_character(out, value);
}

static size_t read_octal(struct place *p, char *out)
{
    const unsigned char *at = p->at;

    if (at + 3 >= p->end || at[1] > '3' || at[2] < '0' || at[2] > '7' || at[3] < '0' || at[3] > '7')
        return 0;
    *out = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
    p->at += 4;
    return 1;
}

static size_t read_backslash(struct place *p, char *out)
{
    struct place rest = {p->at + 2, p->end};
    unsigned char kind = p->at + 1 < p->end ? p->at[1] : 0;
    int32_t c;

    if (kind >= '0' && kind <= '3')
        return read_octal(p, out);
    if (kind == 'x') {
        c = fixed_hex(rest, 2);
        if (c < 0)
            return 0;
        p->at += 4;
        *out = (char)c;
        return 1;
    }
    if (kind != 'u')
        return 0;
    if (rest.at < rest.end && *rest.at == '{')
        return read_braced(p, out);
    c = fixed_hex(rest, 4);
    if (c < 0)
        return 0;
    p->at += 6;
    return put_character(out, (uint32_t)c);
}

static size_t read_named(struct place *p, char *out)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {
        {"amp;", '&'},    {"apos;", '\''},  {"bsol;", '\\'}, {"colon;", ':'},  {"comma;", ','},
        {"equals;", '='}, {"grave;", '`'},  {"gt;", '>'},    {"lbrace;", '{'}, {"lcub;", '{'},
        {"lpar;", '('},   {"lsqb;", '['},   {"lt;", '<'},    {"nbsp;", ' '},   {"newline;", '\n'},
        {"num;", '#'},    {"period;", '.'}, {"quot;", '"'},  {"rbrace;", '}'}, {"rcub;", '}'},
        {"rpar;", ')'},   {"rsqb;", ']'},   {"semi;", ';'},  {"sol;", '/'},    {"tab;", '\t'},
    };
    size_t left = (size_t)(p->end - p->at - 1), len;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        len = strlen(names[i].name);
        if (left < len || strncasecmp((const char *)p->at + 1, names[i].name, len) != 0)
            continue;
        p->at += 1 + len;
        *out = names[i].c;
        return 1;
    }
    return 0;
}

/* "&#60;", "&#x3c;"; browsers do not insist on the semicolon. */
static size_t read_reference(struct place *p, char *out)
{
    const unsigned char *at = p->at + 1, *end;
    bool hex;
    uint32_t value;

    if (at == p->end || *at != '#')
        return read_named(p, out);
    at++;
    hex = at < p->end && (*at | 0x20) == 'x';
    end = open_number((struct place){at + hex, p->end}, hex ? 16 : 10, &value);
    if (!end)
        return 0;
    p->at = end < p->end && *end == ';' ? end + 1 : end;
    return put_character(out, value);
}

/* UTF-8 that is too long for its character, or a character that is folded to ASCII. */
static size_t read_utf8(struct place *p, char *out)
{
    static const unsigned char masks[] = {0, 0, 0x1f, 0x0f, 0x07, 0x03, 0x01};
    unsigned char first = *p->at;
    size_t len = first >= 0xfc ? 6 : first >= 0xf8 ? 5 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    uint32_t c = first & masks[len];

    if ((size_t)(p->end - p->at) < len)
        return 0;
    if (first <= 0xc1 && p->at[1] < 0x80) { /* such decoders did not look at the second byte */
        c = (c << 6 | (p->at[1] & 0x3f)) & 0x7f;
        p->at += len;
        return put_character(out, c);
    }
    for (size_t i = 1; i < len; i++) {
        if ((p->at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p->at[i] & 0x3f);
    }
    if (c >= 0x80 && !folded(c) && !(c >= 0xff01 && c <= 0xff5e))
        return 0;
    p->at += len;
    return put_character(out, c);
}

static size_t read_encoded(struct place *p, char *out)
{
    switch (*p->at) {
    case '%':
        return read_percent(p, out);
    case '\\':
        return read_backslash(p, out);
    case '&':
        return read_reference(p, out);
    default:
        return read_utf8(p, out);
    }
}

/* Decodes once, in place. True: something has changed. */
static bool decode_round(char *text, size_t *len)
{
    struct place p = {(const unsigned char *)text, (const unsigned char *)text + *len};
    char *out = text, room[4];
    size_t made;
    bool changed = false;

    while (p.at < p.end) {
        made = begins[*p.at] ? read_encoded(&p, room) : 0;
        if (made) {
            memcpy(out, room, made); /* not longer than what it was read from */
            out += made;
            changed = true;
        } else {
            *out++ = (char)*p.at++;
        }
    }
    *len = (size_t)(out - text);
    return changed;
}

bool threat_is_encoded(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (begins[(unsigned char)text[i]])
            return true;
    return false;
}

size_t threat_decode(char *text, size_t len, bool plus)
{
    if (plus)
        for (size_t i = 0; i < len; i++)
            if (text[i] == '+')
                text[i] = ' ';
    if (!threat_is_encoded(text, len))
        return len;
    for (int i = 0; i < DECODE_ROUNDS && decode_round(text, &len); i++)
        ;
    return len;
}
