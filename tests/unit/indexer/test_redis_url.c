/*
 * test_redis_url.c - where Redis is, and what is refused.
 */
#include "indexer/redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char *or_none(const char *text)
{
    return text ? text : "(none)";
}

static void expect_network(const char *text, const char *host, int port, unsigned db,
                           const char *user, const char *password)
{
    struct redis_url url;
    struct error err;

    assert_int_equal(redis_url_parse(text, &url, &err), OK);
    assert_null(url.path);
    assert_string_equal(or_none(url.host), host);
    assert_int_equal(url.port, port);
    assert_int_equal(url.db, db);
    assert_string_equal(or_none(url.user), user);
    assert_string_equal(or_none(url.password), password);
    redis_url_release(&url);
}

static void expect_socket(const char *text, const char *path, const char *password)
{
    struct redis_url url;
    struct error err;

    assert_int_equal(redis_url_parse(text, &url, &err), OK);
    assert_null(url.host);
    assert_string_equal(or_none(url.path), path);
    assert_string_equal(or_none(url.password), password);
    redis_url_release(&url);
}

static void expect_refused(const char *text, const char *reason)
{
    struct redis_url url;
    struct error err = {0};

    assert_int_equal(redis_url_parse(text, &url, &err), REJECT);
    assert_non_null(strstr(err.text, reason));
    assert_null(strstr(err.text, "secret"));
}

static void port_and_database_have_defaults(void **state)
{
    (void)state;
    expect_network("redis://cache", "cache", 6379, 0, "(none)", "(none)");
    expect_network("redis://cache/", "cache", 6379, 0, "(none)", "(none)");
    expect_network("redis://cache:7000", "cache", 7000, 0, "(none)", "(none)");
    expect_network("redis://127.0.0.1:6379/12", "127.0.0.1", 6379, 12, "(none)", "(none)");
}

static void log_in_is_decoded(void **state)
{
    (void)state;
    expect_network("redis://me:p%40ss%3A%2f%25@h:1/2", "h", 1, 2, "me", "p@ss:/%");
    expect_network("redis://:only@h", "h", 6379, 0, "(none)", "only");
    expect_network("redis://:a:b@h", "h", 6379, 0, "(none)", "a:b");
    expect_network("redis://:not@quoted@h", "h", 6379, 0, "(none)", "not@quoted");
}

static void ipv6_hosts_stand_in_brackets(void **state)
{
    (void)state;
    expect_network("redis://[::1]:6380/1", "::1", 6380, 1, "(none)", "(none)");
    expect_network("redis://u:p@[2001:db8::1]", "2001:db8::1", 6379, 0, "u", "p");
}

static void sockets_are_paths(void **state)
{
    (void)state;
    expect_socket("unix:///run/redis/redis.sock", "/run/redis/redis.sock", "(none)");
    expect_socket("unix://:pw@/run/my%20redis.sock", "/run/my redis.sock", "pw");
}

static void tls_is_asked_for_by_the_scheme(void **state)
{
    struct redis_url url;

    (void)state;
    assert_int_equal(redis_url_parse("rediss://:secret@cache:6380/2", &url, NULL), OK);
    assert_true(url.tls);
    assert_string_equal(url.host, "cache");
    assert_int_equal(url.port, 6380);
    redis_url_release(&url);
    assert_int_equal(redis_url_parse("redis://cache", &url, NULL), OK);
    assert_false(url.tls);
    redis_url_release(&url);
}

static void malformed_urls_are_refused_without_repeating_them(void **state)
{
    (void)state;
    expect_refused("", "expected redis://");
    expect_refused("localhost:6379", "expected redis://");
    expect_refused("http://secret", "expected redis://");
    expect_refused("redis://", "expected redis://");
    expect_refused("redis://:secret@", "expected redis://");
    expect_refused("redis://secret@host", ":password");
    expect_refused("redis://:secret%4@host", "%25");
    expect_refused("redis://:secret%00@host", "%25");
    expect_refused("redis://:secret/with-slash@host:1", "number");
    expect_refused("redis://host:secret", "port");
    expect_refused("redis://host:0", "port");
    expect_refused("redis://host:65536", "port");
    expect_refused("redis://host:1/secret", "/db");
    expect_refused("redis://host:1/1?x=secret", "/db");
    expect_refused("redis://[::1]secret", "]");
    expect_refused("unix://secret", "expected redis://");
    expect_refused("unix://secret/path", "expected redis://");
    expect_refused("unix:///"
                   "secretsecretsecretsecretsecretsecretsecretsecretsecretsecretsecretsecret"
                   "secretsecretsecretsecretsecretsecretsecretsecretsecretsecretsecretsecret",
                   "longer than 107 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_and_database_have_defaults),
        cmocka_unit_test(log_in_is_decoded),
        cmocka_unit_test(ipv6_hosts_stand_in_brackets),
        cmocka_unit_test(sockets_are_paths),
        cmocka_unit_test(tls_is_asked_for_by_the_scheme),
        cmocka_unit_test(malformed_urls_are_refused_without_repeating_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
