/*
 * test_json_text_blocks.c - JSON strings by blocks of 16 bytes, and of 8.
 *
 * The source is compiled a second time here, as it is for machines without SSE2: both must write
 * what a writer writes that looks at each byte, and read it back.
 */
#include "common/json_text.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define JSON_TEXT_PLAIN
#define utf8_sequence     plain_utf8_sequence
#define json_write_string plain_write_string
#define json_read         plain_read
#define json_read_string  plain_read_string
#define json_unescape     plain_unescape
#define json_integer      plain_integer
#define json_add_string   plain_add_string
#define json_plain_len    plain_plain_len
#define utf8_write        plain_utf8_write
#include "common/json_text.c"
#undef utf8_sequence
#undef json_write_string
#undef json_read
#undef json_read_string
#undef json_unescape
#undef json_integer
#undef json_add_string
#undef json_plain_len
#undef utf8_write

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define LEN_MAX 100

/* Byte by byte; the text is valid UTF-8 or has single bytes from 0x80 on, which are invalid. */
static size_t write_slowly(char *p, struct slice text, uint64_t *invalid)
{
    char *start = p;

    *p++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        const char *form = c ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", c) : NULL;

        if (c < 0x20 || c == '"' || c == '\\') {
            if (form && (c < 0x20 || c == '"' || c == '\\'))
                p += snprintf(p, 4, "\\%c", c == '"' || c == '\\' ? c : form[1]);
            else
                p += snprintf(p, 8, "\\u%04x", c);
        } else if (c < 0x80) {
            *p++ = (char)c;
        } else {
            p = mempcpy(p, "\xef\xbf\xbd", 3);
            ++*invalid;
        }
    }
    *p++ = '"';
    return (size_t)(p - start);
}

/* Mostly plain; 0xff is never part of UTF-8. */
static char random_byte(struct rng *rng, uint32_t rare)
{
    static const char special[] = "\"\\\b\f\n\r\t\x01\x1f\xff\x7f";

    return rng_one_in(rng, rare) ? special[rng_below(rng, sizeof(special))]
                                 : (char)(' ' + 2 + rng_below(rng, 50));
}

static size_t plain_len_slowly(struct slice text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] >= ' ' && text.data[len] != '"' &&
           text.data[len] != '\\')
        len++;
    return len;
}

/* Sequences of two to four bytes, some of them cut or overlong, among plain text. */
static void what_is_no_ascii_is_read_and_repaired(void **state)
{
    static const char *const pieces[] = {
        "a",    "bcdefghijklmnopq", "\xc3\xa4",     "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "\xc3", "\xe2\x82",         "\xed\xa0\x80", "\xc0\xaf",     "\""};
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 100000; round++) {
        char text[20 * 20 + 2], written[JSON_STRING_MAX(sizeof(text))], again[sizeof(written)];
        size_t len = 0, pieces_used = rng_below(&rng, 20), valid = 1;
        uint64_t invalid = 0, none = 0;
        struct json_value value;
        char *end;

        text[len++] = '"';
        for (size_t i = 0; i < pieces_used; i++) {
            uint32_t chosen = rng_below(&rng, rng_one_in(&rng, 4) ? ARRAY_LEN(pieces) - 1 : 5);

            valid &= chosen < 5;
            len = (size_t)(stpcpy(text + len, pieces[chosen]) - text);
        }
        text[len++] = '"';
        if (valid != (json_read(text, text + len, &value) == text + len))
            fail_msg("%.*s is %svalid", (int)len, text, valid ? "" : "in");
        end = json_write_string(written, (struct slice){text + 1, len - 2}, &invalid);
        assert_true((invalid == 0) == (valid == 1));
        assert_ptr_equal(json_read(written, end, &value), end);
        end = json_write_string(again, (struct slice){written + 1, value.raw.len - 2}, &none);
        assert_int_equal(end - again, value.raw.len);
        assert_int_equal(none, 0);
        if (valid)
            assert_memory_equal(written, text, len);
    }
}

static void both_write_and_read_the_same(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 200000; round++) {
        size_t len = rng_below(&rng, LEN_MAX), expected_len, room = JSON_STRING_MAX(len);
        uint32_t rare = 2 + rng_below(&rng, 200);
        char *text = malloc(len ? len : 1), *by_16 = malloc(room), *by_8 = malloc(room);
        char expected[JSON_STRING_MAX(LEN_MAX) + 8];
        uint64_t invalid[3] = {0};
        struct json_value value;
        struct slice slice = {text, len};

        for (size_t i = 0; i < len; i++)
            text[i] = random_byte(&rng, rare);
        assert_int_equal(json_plain_len(slice), plain_len_slowly(slice));
        assert_int_equal(plain_plain_len(slice), plain_len_slowly(slice));
        expected_len = write_slowly(expected, slice, &invalid[0]);
        assert_int_equal(json_write_string(by_16, slice, &invalid[1]) - by_16, expected_len);
        assert_int_equal(plain_write_string(by_8, slice, &invalid[2]) - by_8, expected_len);
        assert_memory_equal(by_16, expected, expected_len);
        assert_memory_equal(by_8, expected, expected_len);
        assert_true(invalid[0] == invalid[1] && invalid[0] == invalid[2]);
        assert_ptr_equal(json_read(by_16, by_16 + expected_len, &value), by_16 + expected_len);
        assert_ptr_equal(plain_read(by_8, by_8 + expected_len, &value), by_8 + expected_len);
        /* Without its closing quote, and with a raw control character, it is no string. */
        assert_null(json_read(by_16, by_16 + expected_len - 1, &value));
        by_16[expected_len / 2] = by_8[expected_len / 2] = '\x02';
        assert_null(json_read(by_16, by_16 + expected_len, &value));
        assert_null(plain_read(by_8, by_8 + expected_len, &value));
        free(text);
        free(by_16);
        free(by_8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_write_and_read_the_same),
        cmocka_unit_test(what_is_no_ascii_is_read_and_repaired),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
