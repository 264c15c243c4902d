/*
 * test_networks.c - lists of networks, as people write them.
 */
#include "indexer/enrich/networks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/scope.h"

static void addresses_are_in_or_out(void **state)
{
    static const struct {
        const char *network, *address;
        bool is_in;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.0/24", "::ffff:192.0.2.1", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.6/31", "192.0.2.7", true},
        {"192.0.2.6/31", "192.0.2.8", false},
        {"0.0.0.0/0", "203.0.113.5", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.5", true},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"10.0.0.0/9", "10.127.255.255", true},
        {"10.0.0.0/9", "10.128.0.0", false},
        {"10.0.0.0/8", "host.example", false},
        {"10.0.0.0/8", "", false},
        {"10.0.0.0/8", "10.0.0.1 ", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct networks networks = {.count = 0};

        assert_int_equal(networks_add(&networks, cases[i].network, NULL), OK);
        assert_int_equal(networks_have(&networks, slice_of(cases[i].address)), cases[i].is_in);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const cases[] = {"",
                                        "/8",
                                        "10.0.0.0/",
                                        "10.0.0.0/33",
                                        "10.0.0.0/-1",
                                        "10.0.0.0/8x",
                                        "10.0.0.0/ 8",
                                        "10.0.0.1/8",
                                        "10.0.0",
                                        "10.0.0.0.0/8",
                                        "2001:db8::/129",
                                        "2001:db8::1/64",
                                        "example.org",
                                        "::ffff:10.0.0.0/8",
                                        "10.0.0.0/99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct networks networks = {.count = 0};
        struct error err;

        assert_int_equal(networks_add(&networks, cases[i], &err), REJECT);
        assert_int_equal(networks.count, 0);
    }
}

static void any_of_the_list_will_do(void **state)
{
    struct networks networks = {.count = 0};
    struct error err;

    (void)state;
    assert_false(networks_have(&networks, SLICE("10.0.0.1")));
    for (int i = 0; i < NETWORKS_MAX; i++)
        assert_int_equal(networks_add(&networks, i % 2 ? "10.0.0.0/8" : "2001:db8::/32", NULL), OK);
    assert_int_equal(networks_add(&networks, "10.0.0.0/8", &err), REJECT);
    assert_true(networks_have(&networks, SLICE("10.9.9.9")));
    assert_true(networks_have(&networks, SLICE("2001:db8::9")));
    assert_false(networks_have(&networks, SLICE("11.0.0.0")));
}

static void addresses_longer_than_any_are_none(void **state)
{
    struct networks networks = {.count = 0};
    char text[300];

    (void)state;
    memset(text, '1', sizeof(text));
    networks_add(&networks, "0.0.0.0/0", NULL);
    assert_false(networks_have(&networks, (struct slice){text, sizeof(text)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_in_or_out),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(any_of_the_list_will_do),
        cmocka_unit_test(addresses_longer_than_any_are_none),
    };

    return cmocka_run_group_tests_name("networks", tests, NULL, NULL);
}
