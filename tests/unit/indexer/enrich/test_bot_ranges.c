/*
 * test_bot_ranges.c - networks of files of either form, and addresses in them.
 */
#include "indexer/enrich/bot_ranges.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/scope.h"

static struct bot_ranges *read_text(const char *text)
{
    struct bot_ranges *ranges = bot_ranges_new();
    struct error err;

    assert_non_null(ranges);
    if (bot_ranges_read(ranges, slice_of(text), &err))
        fail_msg("%s: %s", text, err.text);
    return ranges;
}

static void expect(const struct bot_ranges *ranges, const char *address, enum bot_place place)
{
    if (bot_ranges_find(ranges, slice_of(address)) != place)
        fail_msg("%s: expected %d", address, place);
}

static void addresses_are_inside_or_outside(void **state)
{
    struct bot_ranges *ranges = read_text("# ours\n"
                                          "192.0.2.0/24\n"
                                          "  198.51.100.7\t# one\r\n"
                                          "\n"
                                          "2001:db8::/32\n"
                                          "203.0.113.128/25");

    (void)state;
    expect(ranges, "192.0.2.0", BOT_PLACE_INSIDE);
    expect(ranges, "192.0.2.255", BOT_PLACE_INSIDE);
    expect(ranges, "192.0.1.255", BOT_PLACE_OUTSIDE);
    expect(ranges, "192.0.3.0", BOT_PLACE_OUTSIDE);
    expect(ranges, "198.51.100.7", BOT_PLACE_INSIDE);
    expect(ranges, "198.51.100.6", BOT_PLACE_OUTSIDE);
    expect(ranges, "198.51.100.8", BOT_PLACE_OUTSIDE);
    expect(ranges, "203.0.113.127", BOT_PLACE_OUTSIDE);
    expect(ranges, "203.0.113.128", BOT_PLACE_INSIDE);
    expect(ranges, "2001:db8::", BOT_PLACE_INSIDE);
    expect(ranges, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", BOT_PLACE_INSIDE);
    expect(ranges, "2001:db9::", BOT_PLACE_OUTSIDE);
    expect(ranges, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", BOT_PLACE_OUTSIDE);
    expect(ranges, "::ffff:192.0.2.9", BOT_PLACE_INSIDE); /* IPv4 within IPv6 */
    expect(ranges, "::", BOT_PLACE_OUTSIDE);
    expect(ranges, "255.255.255.255", BOT_PLACE_OUTSIDE);
    bot_ranges_close(ranges);
}

static void what_is_no_address_is_not_judged(void **state)
{
    static const char *const texts[] = {
        "", "-", "host.example", "192.0.2", "192.0.2.1.5", "192.0.2.1/24", "300.1.1.1"};
    struct bot_ranges *ranges = read_text("0.0.0.0/0\n");
    char longest[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect(ranges, texts[i], BOT_PLACE_UNKNOWN);
    memset(longest, '1', sizeof(longest));
    assert_int_equal(bot_ranges_find(ranges, (struct slice){longest, sizeof(longest)}),
                     BOT_PLACE_UNKNOWN);
    expect(ranges, "8.8.8.8", BOT_PLACE_INSIDE);
    expect(ranges, "::1", BOT_PLACE_OUTSIDE);
    bot_ranges_close(ranges);
}

static void json_is_read_as_operators_publish_it(void **state)
{
    static const char *const texts[] = {
        "{\"creationTime\":\"2026-01-01T00:00:00\",\"prefixes\":[{\"ipv6Prefix\":\"2001:db8:5::/"
        "48\"},"
        "{\"ipv4Prefix\":\"192.0.2.64/27\"}]}",
        "\n [\"192.0.2.64/27\", \"2001:db8:5::/48\"]",
        "{\"a\":{\"b\":[1,null,true,{\"cidr\":\"192.0.2.64/"
        "27\",\"region\":\"x\"}]},\"c\":\"2001:db8:5::/48\"}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct bot_ranges *ranges = read_text(texts[i]);

        assert_int_equal(bot_ranges_count(ranges), 2);
        expect(ranges, "192.0.2.64", BOT_PLACE_INSIDE);
        expect(ranges, "192.0.2.96", BOT_PLACE_OUTSIDE);
        expect(ranges, "2001:db8:5:1::", BOT_PLACE_INSIDE);
        bot_ranges_close(ranges);
    }
}

static void what_overlaps_becomes_one(void **state)
{
    struct bot_ranges *ranges = read_text("10.0.0.0/8\n10.1.0.0/16\n10.0.0.0/8\n10.255.255.255\n"
                                          "9.0.0.0/8\n11.0.0.0/30\n");

    (void)state;
    assert_int_equal(bot_ranges_count(ranges), 3);
    expect(ranges, "10.200.1.1", BOT_PLACE_INSIDE);
    expect(ranges, "11.0.0.4", BOT_PLACE_OUTSIDE);
    bot_ranges_close(ranges);
}

static void what_is_no_list_of_networks_is_refused(void **state)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", "no network"},
        {"# nothing\n\n", "no network"},
        {"{}", "no network"},
        {"{\"prefixes\":[]}", "no network"},
        {"{\"prefixes\":[\"x\"]}", "no network"},
        {"{", "not valid JSON"},
        {"192.0.2.0/24\nhello\n", "line 2 is no network"},
        {"192.0.2.0/33\n", "line 1"},
        {"192.0.2.0/-1\n", "line 1"},
        {"192.0.2.0/\n", "line 1"},
        {"192.0.2.0/ 8\n", "line 1"},
        {"192.0.2.0/8x\n", "line 1"},
        {"192.0.2.0/99999999999999999999\n", "line 1"},
        {"2001:db8::/129\n", "line 1"},
        {"192.0.2/24\n", "line 1"},
        {"1111111111111111111111111111111111111111111111111111111111111111111111111\n", "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bot_ranges *ranges = bot_ranges_new();
        struct error err;

        assert_int_equal(bot_ranges_read(ranges, slice_of(cases[i].text), &err), REJECT);
        if (!strstr(err.text, cases[i].problem))
            fail_msg("%s: got '%s'", cases[i].text, err.text);
        bot_ranges_close(ranges);
    }
    bot_ranges_close(NULL);
}

static void files_are_read_together(void **state)
{
    char path[] = "/tmp/test_bot_rangesXXXXXX", *files[] = {path, path, (char *)"/there/is/none"};
    struct bot_ranges *ranges = NULL;
    struct error err;
    scoped_fd int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, "192.0.2.0/24\n", 13), 13);
    assert_int_equal(bot_ranges_open(files, 2, &ranges, &err), OK);
    assert_int_equal(bot_ranges_count(ranges), 1);
    bot_ranges_close(ranges);
    ranges = NULL;
    assert_int_equal(bot_ranges_open(files, 3, &ranges, &err), REJECT);
    assert_non_null(strstr(err.text, "/there/is/none"));
    assert_null(ranges);
    unlink(path);
}

/* Against the plain way: every network in turn. */
static void random_networks_are_found_as_the_plain_way_does(void **state)
{
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 100; round++) {
        uint32_t networks[20], masks[20];
        char text[1000];
        size_t len = 0;
        struct bot_ranges *ranges;

        for (int i = 0; i < 20; i++) {
            int bits = 20 + rand_r(&seed) % 13;

            networks[i] = 0x0a000000u | ((uint32_t)rand_r(&seed) & 0xffff);
            masks[i] = bits == 32 ? 0xffffffffu : ~(0xffffffffu >> bits);
            len += (size_t)snprintf(text + len, sizeof(text) - len, "10.0.%u.%u/%d\n",
                                    networks[i] >> 8 & 255, networks[i] & 255, bits);
        }
        ranges = read_text(text);
        for (int n = 0; n < 500; n++) {
            uint32_t address = 0x0a000000u | ((uint32_t)rand_r(&seed) & 0xffff);
            bool inside = false;
            char name[32];

            for (int i = 0; i < 20; i++)
                inside |= (address & masks[i]) == (networks[i] & masks[i]);
            snprintf(name, sizeof(name), "10.0.%u.%u", address >> 8 & 255, address & 255);
            expect(ranges, name, inside ? BOT_PLACE_INSIDE : BOT_PLACE_OUTSIDE);
        }
        bot_ranges_close(ranges);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_inside_or_outside),
        cmocka_unit_test(what_is_no_address_is_not_judged),
        cmocka_unit_test(json_is_read_as_operators_publish_it),
        cmocka_unit_test(what_overlaps_becomes_one),
        cmocka_unit_test(what_is_no_list_of_networks_is_refused),
        cmocka_unit_test(files_are_read_together),
        cmocka_unit_test(random_networks_are_found_as_the_plain_way_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
