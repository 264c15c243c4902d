/*
 * geoip_address.c - the text of an address into what databases are asked for.
 *
 * Ranges: the registries of special-purpose addresses (RFC 6890 and what it
 * was updated by), as far as they are not globally reachable.
 */
#include "indexer/enrich/geoip_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/address.h"
#include "common/scope.h"

struct network {
    const char *prefix;
    unsigned bits;
};

static bool in_network(const unsigned char *address, const struct network *network)
{
    const unsigned char *wanted = (const unsigned char *)network->prefix;
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    return memcmp(address, wanted, whole) == 0 &&
           (rest == 0 || ((address[whole] ^ wanted[whole]) >> (8 - rest)) == 0);
}

static bool in_any(const unsigned char *address, const struct network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (in_network(address, &networks[i]))
            return true;
    return false;
}

static bool is_nowhere4(const unsigned char *address)
{
    static const struct network networks[] = {
        {"\x0a", 8},          /* private */
        {"\xc0\xa8", 16},     /* private */
        {"\xac\x10", 12},     /* private */
        {"\x7f", 8},          /* loopback */
        {"\xa9\xfe", 16},     /* link-local */
        {"\x64\x40", 10},     /* shared by the customers of a carrier */
        {"\0", 8},            /* this network */
        {"\xc0\x00\x00", 24}, /* assignments of protocols */
        {"\xc6\x12", 15},     /* benchmarks of devices */
        {"\xe0", 4},          /* multicast */
        {"\xf0", 4},          /* reserved, broadcast */
    };

    switch (address[0]) {
    case 0:
    case 10:
    case 100:
    case 127:
    case 169:
    case 172:
    case 192:
    case 198:
        break;
    default: /* most addresses */
        if (address[0] < 224)
            return false;
    }
    return in_any(address, networks, ARRAY_LEN(networks));
}

static bool is_nowhere6(const unsigned char *address)
{
    static const struct network networks[] = {
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 127}, /* unspecified, loopback */
        {"\xfc", 7},                             /* private */
        {"\xfe\x80", 9},                         /* link-local, site-local */
        {"\xff", 8},                             /* multicast */
        {"\x01\0\0\0\0\0\0\0", 64},              /* discarded */
    };

    return in_any(address, networks, ARRAY_LEN(networks));
}

/* The IPv4 address that an IPv6 one carries, or NULL. */
static const unsigned char *carried4(const unsigned char *address)
{
    static const struct network networks[] = {
        {"\0\0\0\0\0\0\0\0\0\0\xff\xff", 96},   /* ::ffff:a.b.c.d */
        {"\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 96}, /* 64:ff9b::a.b.c.d */
    };

    return in_any(address, networks, ARRAY_LEN(networks)) ? address + 12 : NULL;
}

/* Of what is an address. */
static void read_ipv4(struct slice text, unsigned char out[4])
{
    memset(out, 0, 4);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '.')
            out++;
        else
            *out = (unsigned char)(*out * 10 + (text.data[i] - '0'));
}

bool geoip_address_read(struct slice text, union geoip_address *out)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[16];
    const unsigned char *address4 = address;

    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, '\0', text.len))
        return false;
    memset(out, 0, sizeof(*out));
    if (address_is_ipv4(text)) { /* inet_pton takes ten times as long */
        read_ipv4(text, address);
    } else {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        if (inet_pton(AF_INET6, copy, address) != 1)
            return false;
        address4 = carried4(address);
    }
    if (address4) {
        out->in4.sin_family = AF_INET;
        memcpy(&out->in4.sin_addr, address4, 4);
        return !is_nowhere4(address4);
    }
    out->in6.sin6_family = AF_INET6;
    memcpy(&out->in6.sin6_addr, address, 16);
    return !is_nowhere6(address);
}
