/*
 * networks.c - a list of networks.
 */
#include "indexer/enrich/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define BITS        128
#define BITS_BEFORE 96 /* of IPv4 within IPv6 */
#define TEXT_MAX    64

/* False: no address. *is_v4 says which family it was written in. */
static bool read_address(const char *text, unsigned char out[16], bool *is_v4)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

    *is_v4 = inet_pton(AF_INET, text, out + 12) == 1;
    if (!*is_v4)
        return inet_pton(AF_INET6, text, out) == 1;
    memcpy(out, mapped, sizeof(mapped));
    return true;
}

/* Are the first `bits` equal? */
static bool matches(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

/* Are there no bits behind the first? 10.0.0.1/8 is a mistake rather than 10.0.0.0/8. */
static bool is_clean(const struct network *network)
{
    for (unsigned bit = network->bits; bit < BITS; bit++)
        if (network->prefix[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    return true;
}

/* The length behind the slash; false: none that fits the family. */
static bool read_length(const char *text, bool is_v4, unsigned *bits)
{
    unsigned before = is_v4 ? BITS_BEFORE : 0;
    char *end;
    unsigned long length = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || length > BITS - before)
        return false;
    *bits = before + (unsigned)length;
    return true;
}

enum status networks_add(struct networks *networks, const char *text, struct error *err)
{
    struct network network = {.bits = BITS};
    char address[TEXT_MAX];
    size_t len = strcspn(text, "/");
    bool is_v4;

    if (networks->count == NETWORKS_MAX)
        return error_set(err, REJECT, "more than %d networks", NETWORKS_MAX);
    if (len >= sizeof(address))
        return error_set(err, REJECT, "'%s' is no network", text);
    memcpy(address, text, len);
    address[len] = '\0';
    if (!read_address(address, network.prefix, &is_v4) ||
        (text[len] && !read_length(text + len + 1, is_v4, &network.bits)))
        return error_set(err, REJECT,
                         "'%s' is no network; expected e.g. 192.0.2.0/24 or 2001:db8::/32", text);
    if (!is_clean(&network))
        return error_set(err, REJECT, "'%s' has bits behind its length", text);
    networks->items[networks->count++] = network;
    return OK;
}

bool networks_have(const struct networks *networks, struct slice address)
{
    unsigned char bytes[16];
    char text[TEXT_MAX];
    bool is_v4;

    if (networks->count == 0 || address.len == 0 || address.len >= sizeof(text))
        return false;
    memcpy(text, address.data, address.len);
    text[address.len] = '\0';
    if (!read_address(text, bytes, &is_v4))
        return false;
    for (size_t i = 0; i < networks->count; i++)
        if (matches(bytes, networks->items[i].prefix, networks->items[i].bits))
            return true;
    return false;
}
