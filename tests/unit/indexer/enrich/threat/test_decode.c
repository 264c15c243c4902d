/*
 * test_decode.c - each encoding, several of them over each other, and what is none.
 */
#include "indexer/enrich/threat/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/scope.h"

#define ROOM 256

struct sample {
    const char *in;
    struct slice out;
};

static void check(const struct sample *samples, size_t count, bool plus)
{
    char room[ROOM];
    size_t len;

    for (size_t i = 0; i < count; i++) {
        len = strlen(samples[i].in);
        memcpy(room, samples[i].in, len);
        len = threat_decode(room, len, plus);
        if (!slice_equal((struct slice){room, len}, samples[i].out))
            fail_msg("'%s' became '%.*s'", samples[i].in, (int)len, room);
    }
}

static void each_encoding_is_undone(void **state)
{
    static const struct sample samples[] = {
        {"%3Cscript%3e", SLICE("<script>")},
        {"%u003cscript%U003E", SLICE("<script>")},
        {"\\x3cscript\\x3E", SLICE("<script>")},
        {"\\u003cscript\\u{3e}\\u{0003e}", SLICE("<script>>")},
        {"\\074script\\076", SLICE("<script>")},
        {"&lt;script&gt;", SLICE("<script>")},
        {"&#60;script&#x3e;", SLICE("<script>")},
        {"&#0000060script&#X3E", SLICE("<script>")},
        {"&Tab;&colon;&quot;&NewLine;", SLICE("\t:\"\n")},
        {"%EF%BC%9Cscript%EF%BC%9E", SLICE("<script>")},
        {"%C0%AE%C0%AE%C0%AF", SLICE("../")},
        {"%E0%80%AE%F0%80%80%AE%F8%80%80%80%AF", SLICE("../")},
        {"..%c0%2f..%c1%1c", SLICE("../..\\")},
        {"%E2%80%98%CA%BC%E2%80%9D", SLICE("''\"")},
        {"%E2%88%95%E2%81%84", SLICE("//")},
        {"%E2%91%A0%E2%93%9B%E3%80%82", SLICE("1l.")},
        {"a%00b", SLICE("a\0b")},
        {"%C3%A9 \xc3\xa9", SLICE("\xc3\xa9 \xc3\xa9")},
        {"%F0%9F%98%80", SLICE("\xf0\x9f\x98\x80")},
        {"\\ud83d", SLICE("\xed\xa0\xbd")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), false);
}

static void encodings_over_each_other_are_undone(void **state)
{
    static const struct sample samples[] = {
        {"%253Cscript%253E", SLICE("<script>")},
        {"%25253C", SLICE("<")},
        {"%2525253C", SLICE("<")},
        {"%%33C", SLICE("<")},
        {"%26lt%3b", SLICE("<")},
        {"%5cu003c", SLICE("<")},
        {"%25u003c", SLICE("<")},
        {"&amp;lt;", SLICE("<")},
        {"%25252525252525253C", SLICE("%2525253C")}, /* there is an end to it */
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), false);
}

static void what_is_not_encoded_stays(void **state)
{
    static const struct sample samples[] = {
        {"", SLICE("")},
        {"100%", SLICE("100%")},
        {"100%a", SLICE("100%a")},
        {"%zz%u12g4%u123", SLICE("%zz%u12g4%u123")},
        {"\\x4 \\u12 \\u{} \\u{110000} \\q \\", SLICE("\\x4 \\u12 \\u{} \\u{110000} \\q \\")},
        {"&; &#; &#x; &nothing; &lt &", SLICE("&; &#; &#x; &nothing; &lt &")},
        {"&#99999999;", SLICE("&#99999999;")},
        {"\xe9 \xc3 \xff", SLICE("\xe9 \xc3 \xff")},
        {"C++", SLICE("C++")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), false);
}

static void a_plus_is_a_blank_unless_it_was_encoded(void **state)
{
    static const struct sample samples[] = {
        {"a+b%2Bc%252B", SLICE("a b+c+")},
        {"++", SLICE("  ")},
    };

    (void)state;
    check(samples, ARRAY_LEN(samples), true);
}

/* Random bytes, many of which begin something: never longer, and stable when decoded again. */
static void random_bytes_become_no_longer(void **state)
{
    static const char favourites[] = "%%\\\\&&#xu{};0123456789abcdefABCDEF\xc0\xc1\xe0\x80\xbc\xef";
    unsigned seed = (unsigned)time(NULL);
    char room[ROOM], copy[ROOM];
    size_t len, made;

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        len = (size_t)rand_r(&seed) % ROOM;
        for (size_t j = 0; j < len; j++)
            room[j] = rand_r(&seed) % 4
                          ? favourites[(size_t)rand_r(&seed) % (sizeof(favourites) - 1)]
                          : (char)rand_r(&seed);
        memcpy(copy, room, len);
        made = threat_decode(room, len, false);
        assert_true(made <= len);
        if (!threat_is_encoded(copy, len)) {
            assert_int_equal(made, len);
            assert_memory_equal(room, copy, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_encoding_is_undone),
        cmocka_unit_test(encodings_over_each_other_are_undone),
        cmocka_unit_test(what_is_not_encoded_stays),
        cmocka_unit_test(a_plus_is_a_blank_unless_it_was_encoded),
        cmocka_unit_test(random_bytes_become_no_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
