/*
 * address.c - is a text an IP address?
 */
#include "common/address.h"

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define GROUPS_MAX   8  /* of an IPv6 address */
#define IPV6_LEN_MAX 45 /* with the last two groups in dotted form */

/* clang-format off */
static const bool is_hex_digit[256] = {
    ['0' ... '9'] = true, ['A' ... 'F'] = true, ['a' ... 'f'] = true};
/* clang-format on */

#if defined(__SSE2__) && !defined(ADDRESS_PLAIN) /* tests compare both */

/* Is [start, start + len) of `bytes` a number up to 255 without leading zeros? Compared as text. */
static inline bool is_octet(const char *bytes, unsigned start, unsigned len)
{
    static const uint32_t least[] = {1, 0, 0x3130, 0x313030}, most[] = {0, 0x39, 0x3939, 0x323535};
    uint32_t word;

    if (len > 3)
        return false;
    memcpy(&word, bytes + start, sizeof(word));
    word = __builtin_bswap32(word) >> (32 - 8 * len) % 32;
    return word >= least[len] && word <= most[len];
}

/* All bytes at once: lengths of addresses differ, and loops over them are foreseen badly. */
bool address_is_ipv4(struct slice text)
{
    char bytes[16 + sizeof(uint32_t)] = {0};
    unsigned dots, behind_first, last, digits, all, first, second, third;
    __m128i value;

    if (text.len < 7 || text.len > 15)
        return false;
    memcpy(bytes, text.data, 4); /* copies of a constant length that overlap */
    memcpy(bytes + 3, text.data + 3, 4);
    if (text.len >= 8) {
        memcpy(bytes, text.data, 8);
        memcpy(bytes + text.len - 8, text.data + text.len - 8, 8);
    }
    value = _mm_loadu_si128((const __m128i *)bytes);
    dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(value, _mm_set1_epi8('.')));
    digits =
        (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpgt_epi8(value, _mm_set1_epi8('0' - 1)),
                                                  _mm_cmplt_epi8(value, _mm_set1_epi8('9' + 1))));
    all = (1u << text.len) - 1;
    behind_first = dots & (dots - 1);
    last = behind_first & (behind_first - 1);
    if ((dots | digits) != all || !last || (last & (last - 1))) /* three dots */
        return false;
    first = (unsigned)__builtin_ctz(dots);
    second = (unsigned)__builtin_ctz(behind_first);
    third = (unsigned)__builtin_ctz(last);
    return is_octet(bytes, 0, first) && is_octet(bytes, first + 1, second - first - 1) &&
           is_octet(bytes, second + 1, third - second - 1) &&
           is_octet(bytes, third + 1, (unsigned)text.len - third - 1);
}

#else

bool address_is_ipv4(struct slice text)
{
    const char *p = text.data, *end = text.data + text.len;
    int parts = 0;

    if (text.len < 7 || text.len > 15)
        return false;
    for (;;) {
        const char *start = p;
        unsigned value = 0, digit;

        for (; p < end && (digit = (unsigned)(*p - '0')) <= 9; p++)
            value = value * 10 + digit;
        if (p == start || p - start > 3 || value > 255 || (*start == '0' && p - start > 1))
            return false;
        parts++;
        if (p == end)
            return parts == 4;
        if (*p++ != '.' || parts == 4)
            return false;
    }
}

#endif

/* The dotted form of the last two of eight groups; `groups` stand before it. */
static bool is_dotted_end(struct slice text, unsigned groups, bool gap)
{
    return address_is_ipv4(text) && (gap ? groups <= GROUPS_MAX - 3 : groups == GROUPS_MAX - 2);
}

bool address_is_ipv6(struct slice text)
{
    const char *p = text.data, *end = text.data + text.len, *start;
    unsigned groups = 0;
    bool gap = text.len >= 2 && p[0] == ':' && p[1] == ':';

    if (text.len < 2 || text.len > IPV6_LEN_MAX)
        return false;
    p += gap ? 2 : 0;
    while (p < end) {
        for (start = p; p < end && is_hex_digit[(uint8_t)*p]; p++)
            ;
        if (p < end && *p == '.')
            return is_dotted_end((struct slice){start, (size_t)(end - start)}, groups, gap);
        if (p == start || p - start > 4 || ++groups > GROUPS_MAX)
            return false;
        if (p == end)
            break;
        if (*p++ != ':' || p == end)
            return false;
        if (*p == ':') {
            if (gap)
                return false;
            gap = true;
            p++;
        }
    }
    return gap ? groups < GROUPS_MAX : groups == GROUPS_MAX;
}
