/*
 * find_address.c - IP addresses in a text, and what is left of them.
 */
#include <arpa/inet.h>

#include "shipper/process/scan.h"

#define V6_TEXT_MAX  45 /* bytes of the longest form, with an IPv4 address at its end */
#define PRODUCT_MAX  32 /* bytes of a product's name, as in Chrome/120.0.0.0 */
#define V6_KEEP      6  /* bytes that truncation leaves: /48 */
#define MAPPED_BYTES 12 /* of ::ffff:a.b.c.d before the IPv4 address */

static const uint8_t mapped_head[MAPPED_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct address {
    bool v6;
    uint8_t bytes[16]; /* 4 of them without v6 */
};

/* Nobody's: no place, this host, groups. */
static bool is_impersonal(const struct address *a)
{
    static const uint8_t zero[15];

    if (!a->v6)
        return a->bytes[0] == 0 || a->bytes[0] == 127 || a->bytes[0] >= 224;
    return a->bytes[0] == 0xff || (memcmp(a->bytes, zero, 15) == 0 && a->bytes[15] <= 1);
}

/* A mapped address is the IPv4 address that it maps. */
static void simplify(struct address *a)
{
    if (!a->v6 || memcmp(a->bytes, mapped_head, MAPPED_BYTES) != 0)
        return;
    a->v6 = false;
    memmove(a->bytes, a->bytes + MAPPED_BYTES, 4);
}

/* As inet_ntop does, several times as fast: there is one in most lines. */
static size_t print_v4(const uint8_t bytes[4], char *out)
{
    char *p = out;

    for (int i = 0; i < 4; i++) {
        unsigned n = bytes[i];

        if (i > 0)
            *p++ = '.';
        if (n >= 100)
            *p++ = (char)('0' + n / 100);
        if (n >= 10)
            *p++ = (char)('0' + n / 10 % 10);
        *p++ = (char)('0' + n % 10);
    }
    return (size_t)(p - out);
}

static size_t print_address(const struct address *a, char *out)
{
    if (!a->v6)
        return print_v4(a->bytes, out);
    inet_ntop(AF_INET6, a->bytes, out, SCAN_STANDIN_MAX);
    return strlen(out);
}

/* What stands for the address. False: it stays. */
static bool stand_in(const struct scan_rules *rules, struct address *a, char *out, size_t *len)
{
    char text[SCAN_STANDIN_MAX];

    simplify(a);
    if (is_impersonal(a))
        return false;
    if (rules->actions[SECRET_IP] == REDACT_TRUNCATE) {
        memset(a->bytes + (a->v6 ? V6_KEEP : 3), 0, a->v6 ? 16 - V6_KEEP : 1);
        *len = print_address(a, out);
    } else {
        *len = print_address(a, text);
        *len = scan_standin(rules, SECRET_IP, (struct slice){text, *len}, out);
    }
    return true;
}

/* Four numbers up to 255, zeros before them allowed; returns where they end, or NULL. */
static const char *read_v4(const char *p, const char *end, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned number = 0, digits = 0;

        if (i > 0 && (p == end || *p++ != '.'))
            return NULL;
        for (; p < end && *p >= '0' && *p <= '9' && digits < 4; p++, digits++)
            number = number * 10 + (unsigned)(*p - '0');
        if (digits == 0 || digits > 3 || number > 255)
            return NULL;
        bytes[i] = (uint8_t)number;
    }
    return p;
}

/*
 * `Chrome/120.0.0.0` is a version: a product's name stands before it that is no part of a path.
 * In other texts than a user agent's name, host/10.1.2.3 is an address: only x.y.0.0 is none.
 */
static bool is_version(const struct scan *scan, const char *p, const uint8_t bytes[4])
{
    const char *q = p - 1;

    if (p <= scan->floor || *q != '/' || (!scan->agent && (bytes[2] || bytes[3])))
        return false;
    while (q > scan->floor && p - q < PRODUCT_MAX &&
           (scan_is_word(q[-1]) || q[-1] == '_' || q[-1] == '-' || q[-1] == '.'))
        q--;
    return q < p - 1 && (q == scan->start || !strchr("/\\:@=&?%", q[-1]));
}

/* What is truncated already stays, and counts once. */
static void replace(struct scan *scan, const char *from, const char *to, struct slice text)
{
    if (!slice_equal(text, (struct slice){from, (size_t)(to - from)}))
        scan_replace_by(scan, from, to, SECRET_IP, text);
}

const char *find_address_v4(struct scan *scan, const char *p)
{
    struct address address = {0};
    const char *end = read_v4(p, scan->end, address.bytes);
    char text[SCAN_STANDIN_MAX];
    size_t len;

    if (!end || (p > scan->floor && p != scan->word && p[-1] == '.'))
        return NULL;
    /* No part of something longer: 1.2.3.4.5, 1.2.3.4th. */
    if (end < scan->end &&
        (scan_is_word(*end) || (*end == '.' && end + 1 < scan->end && scan_is_word(end[1]) &&
                                end[1] >= '0' && end[1] <= '9')))
        return NULL;
    if (is_version(scan, p, address.bytes) || !stand_in(scan->rules, &address, text, &len))
        return end;
    replace(scan, p, end, (struct slice){text, len});
    return end;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The bytes of an address from `p` on, %3A read as a colon; returns where they end. */
static const char *gather_v6(const char *p, const char *end, char text[V6_TEXT_MAX + 1],
                             size_t *len)
{
    for (*len = 0; p < end && *len < V6_TEXT_MAX; (*len)++) {
        if (*p == '%' && scan_hex(p, end) == ':') {
            text[*len] = ':';
            p += 3;
        } else if (is_hex(*p) || *p == ':' || *p == '.') {
            text[*len] = *p++;
        } else {
            break;
        }
    }
    return p;
}

/* A full stop or colon behind an address belongs to the sentence. */
static const char *drop_tail(const char *end, char *text, size_t *len)
{
    while (*len > 2 &&
           (text[*len - 1] == '.' || (text[*len - 1] == ':' && text[*len - 2] != ':'))) {
        end -= end[-1] == ':' || end[-1] == '.' ? 1 : 3;
        --*len;
    }
    text[*len] = '\0';
    return end;
}

/* Letters and colons alone are rather C++ than an address. */
static bool has_digit(const char *text)
{
    return text[strcspn(text, "0123456789")] != '\0';
}

const char *find_address_v6(struct scan *scan, const char *p)
{
    struct address address = {.v6 = true};
    char text[V6_TEXT_MAX + 1], standin[SCAN_STANDIN_MAX];
    const char *from = p, *end;
    size_t len;

    while (from > scan->floor && p - from < 5 && is_hex(from[-1]) && from != scan->word)
        from--;
    if (!scan_is_start(scan, from) ||
        (from > scan->floor && from != scan->word && (from[-1] == ':' || from[-1] == '.')))
        return NULL;
    end = gather_v6(from, scan->end, text, &len);
    end = drop_tail(end, text, &len);
    if ((end < scan->end && (scan_is_word(*end) || *end == '_')) || !has_digit(text) ||
        inet_pton(AF_INET6, text, address.bytes) != 1)
        return NULL;
    if (!stand_in(scan->rules, &address, standin, &len))
        return end;
    replace(scan, from, end, (struct slice){standin, len});
    return end;
}

bool scan_address(const struct scan_rules *rules, struct slice text, char *out, size_t *len)
{
    char copy[V6_TEXT_MAX + 1];
    struct address address = {0};
    const char *end = text.data + text.len;

    if (text.len == 0 || text.len > V6_TEXT_MAX)
        return false;
    if (read_v4(text.data, end, address.bytes) == end)
        return stand_in(rules, &address, out, len);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    address.v6 = true;
    return inet_pton(AF_INET6, copy, address.bytes) == 1 && stand_in(rules, &address, out, len);
}
