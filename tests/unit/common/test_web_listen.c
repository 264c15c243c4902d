#include "common/web_listen.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <civetweb.h>
#include <cmocka.h>

#include "common/scope.h"

static void expect_parsed(const char *text, const char *expected)
{
    struct web_listen listen;
    struct error err;

    if (web_listen_parse(text, &listen, &err) != OK)
        fail_msg("%s", err.text);
    assert_string_equal(listen.text, expected);
}

static void expect_refused(const char *text, const char *why)
{
    struct web_listen listen;
    struct error err;
    char expected[400];

    snprintf(expected, sizeof(expected), "cannot listen on '%s': %s", text, why);
    assert_int_equal(web_listen_parse(text, &listen, &err), REJECT);
    assert_string_equal(err.text, expected);
}

#define NO_TLS                                                                                     \
    "TLS is not offered, the packaged civetweb library's does not work; listen without it and "    \
    "put a proxy that ends TLS in front"
#define NO_PORT    "the port is missing, as in '127.0.0.1:8000'"
#define NO_ADDRESS "the address is missing, as in '127.0.0.1:8000'"
#define BAD_PORT   "the port is a number up to 65535, or 0 for any free one"
#define BAD_NAME   "the address is neither IPv4 nor a name with an IPv4 address"

static void addresses_are_read(void **state)
{
    (void)state;
    expect_parsed("127.0.0.1:8000", "127.0.0.1:8000");
    expect_parsed("0.0.0.0:0", "0.0.0.0:0");
    expect_parsed("localhost:65535", "127.0.0.1:65535");
}

static void tls_is_refused(void **state)
{
    (void)state;
    expect_refused("127.0.0.1:8443s", NO_TLS);
    expect_refused("127.0.0.1:8443r", NO_TLS);
    expect_refused("https://127.0.0.1:8443", NO_TLS);
}

static void missing_parts_are_named(void **state)
{
    (void)state;
    expect_refused("127.0.0.1", NO_PORT);
    expect_refused("localhost", NO_PORT);
    expect_refused("[::1]", NO_PORT);
    expect_refused("8000", NO_ADDRESS);
    expect_refused("", NO_ADDRESS);
    expect_refused(":8000", "the address is missing; '0.0.0.0:PORT' is all of them");
}

static void bad_ports_are_refused(void **state)
{
    (void)state;
    expect_refused("127.0.0.1:", BAD_PORT);
    expect_refused("127.0.0.1:65536", BAD_PORT);
    expect_refused("127.0.0.1:99999999999999999999", BAD_PORT);
    expect_refused("127.0.0.1:-1", BAD_PORT);
    expect_refused("127.0.0.1:80x", BAD_PORT);
    expect_refused("127.0.0.1:http", BAD_PORT);
}

static void bad_addresses_are_refused(void **state)
{
    (void)state;
    expect_refused("127.0.0.256:80", BAD_NAME);
    expect_refused("no-such-host.invalid:80", BAD_NAME);
    expect_refused("http://127.0.0.1:80", "leave 'http://' out: ADDRESS:PORT");
    expect_refused("127.0.0.1:80,127.0.0.2:80", "one ADDRESS:PORT is expected");
    expect_refused("::1:80", "an IPv6 address stands in brackets, as in '[::1]:8000'");
    expect_refused("[::1:80", "no IPv6 address between the brackets");
    expect_refused("[x]:80", "no IPv6 address between the brackets");
}

static void version_6_depends_on_the_library(void **state)
{
    (void)state;
    if (mg_check_feature(MG_FEATURES_IPV6))
        expect_parsed("[::1]:8000", "[::1]:8000");
    else
        expect_refused("[::1]:8000",
                       "the installed civetweb library was built without IPv6; use an IPv4 "
                       "address, as in '127.0.0.1:8000'");
}

static void foreign_address_cannot_be_listened_on(void **state)
{
    struct web_listen listen;
    struct error err;

    (void)state;
    assert_int_equal(web_listen_parse("192.0.2.1:8000", &listen, &err), OK);
    assert_int_equal(web_listen_try(&listen, "192.0.2.1:8000", &err), REJECT);
    assert_string_equal(err.text, "cannot listen on '192.0.2.1:8000': Cannot assign requested "
                                  "address; no interface of this host has that address");
}

/* A socket that listens on a free port of `address`. */
static int listen_on(struct web_listen *listening, const char *address, int *port)
{
    struct sockaddr_storage real = {0};
    socklen_t len = sizeof(real);
    struct error err;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(web_listen_parse(address, listening, &err), OK);
    assert_int_equal(bind(fd, (struct sockaddr *)&listening->address, listening->len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&real, &len), 0);
    *port = web_listen_port(&real);
    return fd;
}

static int is_readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0);
}

static void only_the_given_listener_is_woken(void **state)
{
    struct web_listen listening, other;
    int port, other_port;
    scoped_fd int other_fd = listen_on(&other, "127.0.0.1:0", &other_port);
    scoped_fd int fd = listen_on(&listening, "127.0.0.1:0", &port);

    (void)state;
    web_listen_wake(&listening, port);
    assert_int_equal(is_readable(fd), 1);
    assert_int_equal(is_readable(other_fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(tls_is_refused),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(bad_ports_are_refused),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(version_6_depends_on_the_library),
        cmocka_unit_test(foreign_address_cannot_be_listened_on),
        cmocka_unit_test(only_the_given_listener_is_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
