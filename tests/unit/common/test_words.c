#include "common/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support/rng.h"

static struct arena arena;
static struct record record;
static struct buf out = BUF_INIT(1u << 20);

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4096, 1u << 20);
    record_init(&record, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    buf_release(&out);
    return 0;
}

static void expect_words(const char *text, const char *expected)
{
    buf_clear(&out);
    words_add(&out, slice_of(text));
    assert_string_equal(buf_str(&out), expected);
}

static void expect_record(const char *expected)
{
    buf_clear(&out);
    record_words(&record, &out);
    assert_string_equal(buf_str(&out), expected);
}

static void ascii_is_folded_and_cut(void **state)
{
    (void)state;
    expect_words("", "");
    expect_words(" \t\r\n-\"", "");
    expect_words("GET /Index.html?a=1", "get index html a 1 ");
    expect_words("2001:DB8::17", "2001 db8 17 ");
    expect_words("foo_bar", "foo bar ");
    buf_clear(&out);
    words_add(&out, (struct slice){"a\0b\x7f"
                                   "c",
                                   5});
    assert_string_equal(buf_str(&out), "a b c ");
}

static void what_is_not_ascii_is_kept(void **state)
{
    (void)state;
    expect_words("Über STRASSE ẞ", "Über strasse ẞ ");
    expect_words("日本。x", "日本。x ");
    expect_words("a\u00a0b \u2007", "a\u00a0b \u2007 "); /* no blanks to Java */
}

static void wide_blanks_cut(void **state)
{
    (void)state;
    expect_words("a\u3000b\u2003c\u2028d\u2029e\u1680f\u205fg\u2000h\u200ai", "a b c d e f g h i ");
    expect_words("\u200b\xc2\x85", "\u200b\xc2\x85 ");
}

static void invalid_bytes_become_the_replacement_character(void **state)
{
    (void)state;
    expect_words("a\xff\xfe"
                 "b \xc3",
                 "a\ufffd\ufffdb \ufffd ");
}

static void long_words_are_cut_between_characters(void **state)
{
    char text[1024], expected[1024];

    (void)state;
    memset(text, 'x', 511);
    text[511] = '\0';
    snprintf(expected, sizeof(expected), "%.255s %.255s x ", text, text);
    expect_words(text, expected);
    text[254] = '\0';
    snprintf(expected, sizeof(expected), "%.254s é ", text);
    strncat(text, "é", 3);
    expect_words(text, expected);
}

/* A word beyond ASCII behind it sends the same text the other way. */
static void short_ascii_becomes_the_words_of_any_text(void **state)
{
    static const char tail[] = " \u00e9 ";
    struct rng rng = rng_start();
    char text[300], expected[700];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t len = rng_below(&rng, WORD_MAX + 1 - (uint32_t)sizeof(tail));

        for (size_t j = 0; j < len; j++)
            text[j] =
                (char)(rng_one_in(&rng, 3) ? rng_below(&rng, 128) : 'a' + rng_below(&rng, 26));
        memcpy(text + len, tail, sizeof(tail) - 1);
        buf_clear(&out);
        words_add(&out, (struct slice){text, len + sizeof(tail) - 1});
        snprintf(expected, sizeof(expected), "%s", buf_str(&out));
        buf_clear(&out);
        words_add(&out, (struct slice){text, len});
        words_add(&out, SLICE("\u00e9"));
        assert_string_equal(buf_str(&out), expected);
    }
}

static void any_bytes_fit_into_the_room(void **state)
{
    char text[3000];

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        static const char *const bytes[] = {"\xff", "x", "é", "a "};

        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = bytes[kind][i % strlen(bytes[kind])];
        buf_clear(&out);
        words_add(&out, (struct slice){text, sizeof(text)});
        assert_false(out.failed);
        assert_true(out.len <= out.cap);
    }
}

static void original_line_goes_first(void **state)
{
    (void)state;
    record_set_text(&record, FIELD_MESSAGE, SLICE("GET / HTTP/1.1"));
    record_set_text(&record, FIELD_EVENT_ORIGINAL, SLICE("Raw LINE"));
    expect_record("raw line ");
    record_set_json(&record, FIELD_EVENT_ORIGINAL, SLICE("\"Raw \\\"LINE\\\"\\tx\\u00fc\\n\""));
    expect_record("raw line xü ");
}

static void access_line_is_put_together(void **state)
{
    (void)state;
    record_set_text(&record, FIELD_SOURCE_ADDRESS, SLICE("10.1.2.3"));
    record_set_text(&record, FIELD_SOURCE_IP, SLICE("10.1.2.3"));
    record_set_text(&record, FIELD_USER_NAME, SLICE("Alice"));
    record_set_text(&record, FIELD_MESSAGE, SLICE("GET /a?b HTTP/1.1"));
    record_set_text(&record, FIELD_URL_ORIGINAL, SLICE("/a?b"));
    record_set_long(&record, FIELD_HTTP_RESPONSE_STATUS_CODE, 404);
    record_set_long(&record, FIELD_HTTP_RESPONSE_BODY_BYTES, 512);
    record_set_text(&record, FIELD_HTTP_REQUEST_REFERRER, SLICE("https://x.org/"));
    record_set_text(&record, FIELD_USER_AGENT_ORIGINAL, SLICE("curl/8.5"));
    record_set_text(&record, FIELD_SOURCE_GEO_CITY_NAME,
                    SLICE("Berlin")); /* added later: no word */
    expect_record("10 1 2 3 alice get a b http 1 1 404 512 https x org curl 8 5 ");
    record_drop(&record, FIELD_SOURCE_ADDRESS);
    expect_record("10 1 2 3 alice get a b http 1 1 404 512 https x org curl 8 5 ");
}

static void request_stands_for_a_missing_message(void **state)
{
    (void)state;
    record_set_json(&record, FIELD_HTTP_REQUEST_METHOD, SLICE("\"GET\""));
    record_set_json(&record, FIELD_URL_ORIGINAL, SLICE("\"/a\""));
    record_set_json(&record, FIELD_HTTP_RESPONSE_STATUS_CODE, SLICE("404"));
    expect_record("get a 404 ");
}

static void fields_of_the_words_are_known(void **state)
{
    (void)state;
    assert_true(record_words_of(FIELD_MESSAGE));
    assert_true(record_words_of(FIELD_EVENT_ORIGINAL));
    assert_true(record_words_of(FIELD_SOURCE_IP));
    assert_true(record_words_of(FIELD_URL_ORIGINAL));
    assert_false(record_words_of(FIELD_SOURCE_GEO_CITY_NAME));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ascii_is_folded_and_cut),
        CASE(what_is_not_ascii_is_kept),
        CASE(wide_blanks_cut),
        CASE(invalid_bytes_become_the_replacement_character),
        CASE(long_words_are_cut_between_characters),
        CASE(short_ascii_becomes_the_words_of_any_text),
        CASE(any_bytes_fit_into_the_room),
        CASE(original_line_goes_first),
        CASE(access_line_is_put_together),
        CASE(request_stands_for_a_missing_message),
        CASE(fields_of_the_words_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
