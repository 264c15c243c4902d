/*
 * test_config_text.c - how configuration values are shown.
 */
#include "common/config/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/scope.h"

static void passwords_in_urls_are_masked(void **state)
{
    static const struct {
        const char *url, *masked;
    } rows[] = {
        {"", ""},
        {"http://es:9200", "http://es:9200"},
        {"http://elastic:pw@es:9200", "http://elastic:***@es:9200"},
        {"redis://:p@ss:word@h", "redis://:***@h"},
        {"redis://:pa/ss@h", "redis://:***@h"},
        {"http://es:9200/a@b", "http://es:9200/a@b"},
        {"http://u:p@a,http://u:q@b", "http://u:***@a,http://u:***@b"},
        {"http://u@a", "http://u@a"},
        {"http://u:@a", "http://u:@a"},
        {"://", "://"},
        {"a: b@c", "a: b@c"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped_buf struct buf out = BUF_INIT(1024);

        config_mask_urls(&out, slice_of(rows[i].url));
        assert_string_equal(buf_str(&out), rows[i].masked);
    }
}

static void quoted_values_are_one_printable_line(void **state)
{
    static const struct {
        struct slice value;
        const char *quoted;
    } rows[] = {
        {{"", 0}, "''"},
        {{NULL, 0}, "''"},
        {{"a b", 3}, "'a b'"},
        {{"a\nb\0\x1b\x7f", 6}, "'a?b?\?\?'"},
        {{"\xc3\xa4\xff\xe2\x80\xa8\xf0\x9f\x90\x98", 10}, "'\xc3\xa4?\?\xf0\x9f\x90\x98'"},
        {{"\xc3", 1}, "'?'"},
    };
    struct config_quoted quoted;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(config_quote(&quoted, rows[i].value, false), rows[i].quoted);
    assert_string_equal(config_quote(&quoted, SLICE("hunter2"), true), "'***'");
}

static void long_values_are_cut_between_characters(void **state)
{
    struct config_quoted quoted;
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    for (size_t i = 0; i < 8; i++) {
        config_quote(&quoted, (struct slice){text + i % 2 * 2, sizeof(text) - 4}, false);
        assert_true(config_text_is_valid(slice_of(quoted.text)));
        assert_string_equal(quoted.text + strlen(quoted.text) - 4, "...'");
        memmove(text + 1, text, sizeof(text) - 1);
        text[0] = 'x';
    }
}

static void utf8_is_checked_strictly(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xc3",
                                      "\xc3(",
                                      "\xe2\x82",
                                      "\xff"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(config_text_is_valid(slice_of(bad[i])));
    assert_false(config_text_is_valid(SLICE("a\0b")));
    assert_true(config_text_is_valid(SLICE("")));
    assert_true(
        config_text_is_valid(SLICE("a\x7f\xc2\x80\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf")));
}

static void secret_keys_are_known_by_their_ending(void **state)
{
    static const char *const secret[] = {"password", "key_password", "PASSWORD", "client_secret",
                                         "token",    "bot_token",    "api_key"};
    static const char *const open[] = {"password_file", "tokens", "key", "api_keys", "", "ken"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(secret); i++)
        assert_true(config_key_is_secret(secret[i]));
    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        assert_false(config_key_is_secret(open[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_in_urls_are_masked),
        cmocka_unit_test(quoted_values_are_one_printable_line),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(utf8_is_checked_strictly),
        cmocka_unit_test(secret_keys_are_known_by_their_ending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
