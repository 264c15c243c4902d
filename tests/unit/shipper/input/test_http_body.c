/*
 * test_http_body.c - posted bodies: lines, JSON values and arrays, gzip and its bombs.
 */
#include "shipper/input/http_body.h"

#include <zlib.h>

#include "common/scope.h"
#include "tests/unit/support/check.h"

#define MAX 30

static char seen[4096];

static void note(void *arg, struct slice line, bool cut)
{
    size_t n = strlen(seen);

    (void)arg;
    snprintf(seen + n, sizeof(seen) - n, "[%.*s%s]", SLICE_FMT(line), cut ? "|cut" : "");
}

static void test_lines(void **state)
{
    (void)state;
    seen[0] = '\0';
    assert_int_equal(http_body_lines(SLICE("a\r\n\n\nb c\nlast"), MAX, note, NULL), 3);
    assert_string_equal(seen, "[a][b c][last]");
    seen[0] = '\0';
    assert_int_equal(
        http_body_lines(SLICE("0123456789012345678901234567890123456789\nx"), MAX, note, NULL), 2);
    assert_string_equal(seen, "[012345678901234567890123456789|cut][x]");
    assert_int_equal(http_body_lines((struct slice){NULL, 0}, MAX, note, NULL), 0);
}

static void test_values(void **state)
{
    static const struct {
        const char *body, *expected; /* NULL: refused */
    } cases[] = {
        {"{\"a\":1}\n{\"b\":2}\n", "[{\"a\":1}][{\"b\":2}]"},
        {"{\"a\":1} {\"b\":2}", "[{\"a\":1}][{\"b\":2}]"},
        {"[{\"a\":1},\n {\"b\":[2]}]\n", "[{\"a\":1}][{\"b\":[2]}]"},
        {"{\n  \"a\": 1\n}", "[{\n  \"a\": 1\n}]"},
        {"[]", ""},
        {" \n", ""},
        {"", ""},
        {"1 \"x\" null", "[1][\"x\"][null]"},
        {"{\"a\":1}\n{\"b\":", NULL},
        {"[{\"a\":1}", NULL},
        {"[{\"a\":1},]", NULL},
        {"[{\"a\":1}] x", NULL},
        {"[1 2]", NULL},
        {"{'a':1}", NULL},
        {"{\"a\":\"0123456789012345678901234567890\"}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t count = 0;
        struct error err;
        enum status status;

        seen[0] = '\0';
        status = http_body_values(slice_of(cases[i].body), MAX, note, NULL, &count, &err);
        assert_int_equal(status, cases[i].expected ? OK : REJECT);
        if (cases[i].expected)
            assert_string_equal(seen, cases[i].expected);
        else
            assert_non_null(strstr(err.text, "byte"));
    }
}

static size_t pack(const char *text, size_t len, char *out, size_t room)
{
    z_stream zlib = {.next_in = (unsigned char *)text,
                     .avail_in = (unsigned)len,
                     .next_out = (unsigned char *)out,
                     .avail_out = (unsigned)room};

    assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    deflateEnd(&zlib);
    return room - zlib.avail_out;
}

static void test_gzip(void **state)
{
    char packed[4096], zeros[200000] = {0};
    size_t first = pack("hello\n", 6, packed, sizeof(packed));
    size_t both = first + pack("world\n", 6, packed + first, sizeof(packed) - first);
    struct buf out = BUF_INIT(100000);
    struct error err;

    (void)state;
    assert_int_equal(http_body_unpack((struct slice){packed, both}, &out, &err), OK);
    assert_slice(buf_slice(&out), "hello\nworld\n");
    for (size_t len = 0; len < both; len++) { /* cut anywhere but between the members */
        buf_clear(&out);
        assert_int_equal(http_body_unpack((struct slice){packed, len}, &out, &err),
                         len == first ? OK : REJECT);
        assert_false(out.failed);
    }
    buf_clear(&out);
    assert_int_equal(http_body_unpack(SLICE("not gzip at all"), &out, &err), REJECT);
    first = pack(zeros, sizeof(zeros), packed, sizeof(packed));
    buf_clear(&out);
    assert_int_equal(http_body_unpack((struct slice){packed, first}, &out, &err), REJECT);
    assert_true(out.failed); /* a bomb */
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_gzip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
