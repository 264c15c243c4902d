/*
 * test_dlq_show.c - records as they are shown.
 */
#include "indexer/command/dlq.h"

#include "common/scope.h"
#include "tests/unit/support/check.h"

static void check_indent(const char *json, const char *expected)
{
    scoped_buf struct buf out = BUF_INIT(1u << 20);

    dlq_indent(slice_of(json), &out);
    assert_slice(buf_slice(&out), expected);
}

static void members_have_their_lines(void **state)
{
    (void)state;
    check_indent("1", "1");
    check_indent("\"a b\"", "\"a b\"");
    check_indent("{}", "{}");
    check_indent("[]", "[]");
    check_indent("{\"a\":1}", "{\n    \"a\": 1\n  }");
    check_indent("{\"a\":{},\"b\":[],\"c\":[1,2]}",
                 "{\n    \"a\": {},\n    \"b\": [],\n    \"c\": [\n      1,\n      2\n    ]\n  }");
}

static void values_stay_as_they_are(void **state)
{
    (void)state;
    check_indent(" {\n\"n\" : 1.50 , \"s\":\"{\\\"x\\\" : [1, 2] }\"}\t",
                 "{\n    \"n\": 1.50,\n    \"s\": \"{\\\"x\\\" : [1, 2] }\"\n  }");
    check_indent("[\"\\\\\",\"\\\\\\\"\",9007199254740993]",
                 "[\n    \"\\\\\",\n    \"\\\\\\\"\",\n    9007199254740993\n  ]");
}

static void times(void **state)
{
    char text[64];

    (void)state;
    dlq_time_text(1790000000123, text);
    assert_string_equal(text, "2026-09-21T14:13:20.123Z");
    dlq_time_text(0, text);
    assert_string_equal(text, "");
    dlq_time_text(-1, text);
    assert_string_equal(text, "");
    dlq_time_text(INT64_MAX, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_have_their_lines),
        cmocka_unit_test(values_stay_as_they_are),
        cmocka_unit_test(times),
    };

    return cmocka_run_group_tests_name("dlq show", tests, NULL, NULL);
}
