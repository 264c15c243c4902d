/*
 * test_syslog_frame.c - messages of a TCP stream, counted or by lines, in any pieces.
 */
#include "shipper/input/syslog_frame.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define MAX 20

/* The messages, each in brackets, of a stream that comes in pieces of `step` bytes. */
static const char *messages_of(struct slice stream, size_t step)
{
    static char out[4096];
    struct syslog_framer framer = {.message_max = MAX};
    struct slice bytes = {stream.data, 0}, message;
    size_t given = 0, n = 0;
    bool cut;

    out[0] = '\0';
    while (given < stream.len) {
        bool last;

        if (step > stream.len - given)
            step = stream.len - given;
        given += step;
        bytes.len += step;
        last = given == stream.len;
        while (syslog_frame(&framer, &bytes, last, &message, &cut))
            n += (size_t)snprintf(out + n, sizeof(out) - n, "[%.*s%s]", SLICE_FMT(message),
                                  cut ? "|cut" : "");
        assert_in_range(bytes.len, 0, MAX + SYSLOG_HEAD_MAX);
    }
    return out;
}

static void test_streams(void **state)
{
    static const struct {
        struct slice stream;
        const char *expected;
    } cases[] = {
        {{"<1>a\n<1>b\r\n<1>c", 15}, "[<1>a][<1>b][<1>c]"},
        {{"4 <1>a5 <1>bb", 13}, "[<1>a][<1>bb]"},
        {{"6 <1>a\nb<1>c\n", 13}, "[<1>a\nb][<1>c]"}, /* a newline inside; then one at the end */
        {{"<1>a\0<1>b\0", 10}, "[<1>a][<1>b]"},
        {{"\n\n<1>a\n\n", 8}, "[<1>a]"},
        {{"12 monkeys\n34\n", 14}, "[12 monkeys][34]"}, /* no count: no '<' follows */
        {{"30 <1>0123456789012345678901234564 <1>b", 39}, "[<1>01234567890123456|cut][<1>b]"},
        {{"<1>012345678901234567890123456\n<1>b\n", 36}, "[<1>01234567890123456|cut][<1>b]"},
        {{"<1>01234567890123456\n", 21}, "[<1>01234567890123456]"},
        {{"10 <1>ab", 8}, "[<1>ab|cut]"}, /* the sender is gone */
        {{"99999999999 <1>a\n", 17}, "[99999999999 <1>a]"},
        {{"0 <1>a\n", 7}, "[0 <1>a]"},
        {{"5", 1}, "[5]"},
        {{"5 ", 2}, "[5 ]"},
        {{"", 0}, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t step = 1; step <= cases[i].stream.len; step++)
            assert_string_equal(messages_of(cases[i].stream, step), cases[i].expected);
}

/* Whatever comes, in whatever pieces: the same messages, and no more than the limit is kept. */
static void test_pieces_do_not_matter(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 20000; round++) {
        static const char bytes[] = "<1> 25\n\r\0ab";
        char stream[80], whole[4096];
        size_t len = rng_below(&rng, sizeof(stream));

        for (size_t i = 0; i < len; i++)
            stream[i] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        snprintf(whole, sizeof(whole), "%s", messages_of((struct slice){stream, len}, len));
        assert_string_equal(messages_of((struct slice){stream, len}, 1 + rng_below(&rng, 9)),
                            whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_pieces_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
