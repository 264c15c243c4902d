/*
 * test_geoip_address.c - addresses are read as inet_pton reads them.
 */
#include "indexer/enrich/geoip_address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static bool is_nowhere(const unsigned char *address)
{
    return address[0] == 0 || address[0] == 10 || address[0] == 127 || address[0] >= 224 ||
           (address[0] == 100 && address[1] / 64 == 1) ||
           (address[0] == 169 && address[1] == 254) ||
           (address[0] == 172 && address[1] / 16 == 1) ||
           (address[0] == 192 && address[1] == 168) ||
           (address[0] == 192 && address[1] == 0 && address[2] == 0) ||
           (address[0] == 198 && address[1] / 2 == 9);
}

static void check(const char *text)
{
    union geoip_address address;
    unsigned char expected[4];
    bool found = geoip_address_read(slice_of(text), &address);

    if (inet_pton(AF_INET, text, expected) != 1) {
        assert_false(found);
        return;
    }
    if (found != !is_nowhere(expected))
        fail_msg("%s", text);
    if (!found)
        return;
    assert_int_equal(address.any.sa_family, AF_INET);
    assert_memory_equal(&address.in4.sin_addr, expected, 4);
}

static void ipv4_is_read_as_the_library_reads_it(void **state)
{
    char text[32];

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        snprintf(text, sizeof(text), "%u.%u.0.255", i >> 8, i & 255);
        check(text);
        snprintf(text, sizeof(text), "192.0.%u.%u", i >> 8, i & 255);
        check(text);
    }
}

static void damaged_ipv4_is_refused_as_the_library_refuses_it(void **state)
{
    static const char bytes[] = "0123456789..../ a";
    unsigned seed = (unsigned)time(NULL), at;
    char text[32];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        snprintf(text, sizeof(text), "%d.%d.%d.%d", rand_r(&seed) % 300, rand_r(&seed) % 260,
                 rand_r(&seed) % 20, rand_r(&seed) % 260);
        at = (unsigned)rand_r(&seed) % (unsigned)strlen(text);
        if (i % 4)
            text[at] = bytes[(unsigned)rand_r(&seed) % (sizeof(bytes) - 1)];
        if (i % 4 == 1)
            memmove(text + at, text + at + 1, strlen(text + at));
        check(text);
    }
}

static void ipv4_within_ipv6_is_ipv4(void **state)
{
    union geoip_address address;

    (void)state;
    assert_true(geoip_address_read(SLICE("::ffff:192.0.2.7"), &address));
    assert_int_equal(address.any.sa_family, AF_INET);
    assert_int_equal(ntohl(address.in4.sin_addr.s_addr), 0xc0000207);
    assert_true(geoip_address_read(SLICE("2001:db8::7"), &address));
    assert_int_equal(address.any.sa_family, AF_INET6);
    assert_int_equal(address.in6.sin6_addr.s6_addr[15], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_read_as_the_library_reads_it),
        cmocka_unit_test(damaged_ipv4_is_refused_as_the_library_refuses_it),
        cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
