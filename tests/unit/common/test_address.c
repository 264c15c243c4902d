/*
 * test_address.c - what is an address is what inet_pton(3) takes for one.
 */
#include "common/address.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define ROUNDS   300000
#define TEXT_MAX 64

/* In memory of its own, so that reading beyond it is noticed. */
static void check(const char *text, size_t len)
{
    char whole[TEXT_MAX + 1] = {0}, *copy = malloc(len ? len : 1);
    struct slice slice = {copy, len};
    struct in6_addr address;
    bool nul = memchr(text, '\0', len) != NULL;

    memcpy(copy, text, len);
    memcpy(whole, text, len);
    if (address_is_ipv4(slice) != (!nul && inet_pton(AF_INET, whole, &address) == 1) ||
        address_is_ipv6(slice) != (!nul && inet_pton(AF_INET6, whole, &address) == 1))
        fail_msg("'%s' (%zu bytes): ipv4 %d, ipv6 %d", whole, len, address_is_ipv4(slice),
                 address_is_ipv6(slice));
    free(copy);
}

static void known_forms(void **state)
{
    static const char *const texts[] = {
        "",
        "0.0.0.0",
        "255.255.255.255",
        "256.1.1.1",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.04",
        "1.2.3",
        "1.2.3.4.5",
        "1..3.4",
        ".1.2.3",
        "1.2.3.",
        "1.2.3.4 ",
        "1.2.3.a",
        "1111.2.3.4",
        "99.100.199.200",
        "::",
        "::1",
        "1::",
        ":1",
        "1:",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "2001:DB8::ff00:42:8329",
        "12345::",
        "::ffff:10.1.2.3",
        "::ffff:10.1.2.03",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5::1.2.3.4",
        "1:2:3:4:5:6::1.2.3.4",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "fe80::1%eth0",
        "g::",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i], strlen(texts[i]));
    check("1.2.3.4\0", 8);
    check("2001:db8::\0"
          "1",
          12);
    check("::1\0", 4);
}

static size_t make(struct rng *rng, char *text)
{
    static const char bytes[] = "0123456789abcdefABCDEF.:.: -g";
    size_t len = 0;
    bool dotted = rng_one_in(rng, 2);
    unsigned parts = dotted ? 4 : 1 + rng_below(rng, 9);

    for (unsigned i = 0; i < parts && len < 40; i++) {
        if (dotted)
            len += (size_t)snprintf(text + len, 8, "%s%u", i ? "." : "", rng_below(rng, 300));
        else
            len += (size_t)snprintf(text + len, 8, "%s%x", i || rng_one_in(rng, 8) ? ":" : "",
                                    rng_below(rng, rng_one_in(rng, 9) ? 0x12000 : 0x10000));
        if (!dotted && rng_one_in(rng, 6))
            text[len++] = ':';
    }
    if (!dotted && rng_one_in(rng, 4))
        len += (size_t)snprintf(text + len, 20, ":%u.%u.%u.%u", rng_below(rng, 260),
                                rng_below(rng, 260), rng_below(rng, 260), rng_below(rng, 260));
    for (unsigned i = rng_one_in(rng, 3) ? rng_below(rng, 3) : 0; i > 0 && len; i--)
        text[rng_below(rng, (uint32_t)len)] =
            rng_one_in(rng, 20) ? (char)rng_next(rng) : bytes[rng_below(rng, sizeof(bytes) - 1)];
    return rng_one_in(rng, 8) ? rng_below(rng, (uint32_t)len + 1) : len;
}

static void random_texts(void **state)
{
    struct rng rng = rng_start();
    char text[TEXT_MAX + 8];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = make(&rng, text);

        check(text, len < TEXT_MAX ? len : TEXT_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_forms),
        cmocka_unit_test(random_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
