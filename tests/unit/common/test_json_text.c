/*
 * test_json_text.c - JSON as bytes, after RFC 8259.
 */
#include "common/json_text.h"

#include <cjson/cJSON.h>

#include "common/json.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BAD          "\xef\xbf\xbd"

/* Whether `text` as a whole is one value; read from a copy of its very length. */
static bool is_valid(struct slice text, struct json_value *value)
{
    char *copy = malloc(text.len ? text.len : 1);
    const char *end;
    bool valid;

    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.data, text.len);
    end = json_read(copy, copy + text.len, value);
    valid = end && end == copy + text.len;
    if (end)
        assert_int_equal(value->raw.len, end - copy);
    value->raw = text;
    free(copy);
    return valid;
}

static void expect_kind(const char *text, enum json_kind kind)
{
    struct json_value value;

    if (!is_valid(slice_of(text), &value))
        fail_msg("refused: %s", text);
    assert_int_equal(value.kind, kind);
}

static void expect_invalid(struct slice text)
{
    struct json_value value;

    if (is_valid(text, &value))
        fail_msg("accepted: %.*s", SLICE_FMT(text));
}

static void valid_values_are_read(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {
        {"{}", JSON_OBJECT},
        {"[]", JSON_ARRAY},
        {"[ ]", JSON_ARRAY},
        {"{\n}", JSON_OBJECT},
        {"[[[]],{}]", JSON_ARRAY},
        {"{\"a\":{},\"b\":[]}", JSON_OBJECT},
        {"{\"a\":1,\"a\":2}", JSON_OBJECT},
        {"[1, 2\t,\r3\n]", JSON_ARRAY},
        {"[null,true,false,\"\"]", JSON_ARRAY},
        {"\"\"", JSON_STRING},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"", JSON_STRING},
        {"\"\\ud800\"", JSON_STRING},
        {"\"\x7f\xc2\x80\xf4\x8f\xbf\xbf\"", JSON_STRING},
        {"0", JSON_NUMBER},
        {"-0", JSON_NUMBER},
        {"10", JSON_NUMBER},
        {"-1.5e+10", JSON_NUMBER},
        {"0.0E-0", JSON_NUMBER},
        {"123456789012345678901234567890", JSON_NUMBER},
        {"1e999", JSON_NUMBER},
        {"true", JSON_TRUE},
        {"false", JSON_FALSE},
        {"null", JSON_NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_kind(cases[i].text, cases[i].kind);
}

static void invalid_values_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "[,]",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[1}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{1:1}",
        "{a:1}",
        "{\"a\":1:2}",
        "{\"a\",\"b\"}",
        "[\"a\":1]",
        "\"",
        "\"a",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u\"",
        "\"\\u123\"",
        "\"\\u123g\"",
        "\"\\U0041\"",
        "\"\\'\"",
        "\"\n\"",
        "\"\t\"",
        "\"\x1f\"",
        "\"12345678\x1f\"",
        "'a'",
        "a",
        "01",
        "-",
        "-a",
        "--1",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "1E-",
        "0x10",
        "1_000",
        "00",
        "-01",
        "NaN",
        "Infinity",
        "-Infinity",
        "tru",
        "truee",
        "True",
        "nul",
        "nulll",
        "fals",
        "undefined",
        "1 ",
        "// c",
        "[1]]",
        "{}}",
        "\"\x80\"",
        "\"\xc0\x80\"",
        "\"\xc1\xbf\"",
        "\"\xe0\x9f\xbf\"",
        "\"\xed\xa0\x80\"",
        "\"\xed\xbf\xbf\"",
        "\"\xf0\x8f\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xe2\x82\"",
        "\"\xf0\x9f\x98\"",
        "[\"a\xff\"]",
        "{\"\xff\":1}",
        "\xef\xbb\xbf[]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        expect_invalid(slice_of(texts[i]));
    expect_invalid(SLICE("\"\0\""));
    expect_invalid(SLICE("\"\\\0\""));
    expect_invalid(SLICE("[\0]"));
    expect_invalid(SLICE("1\0"));
}

/* The same text, valid in every prefix only where it ends. */
static void no_prefix_of_a_composite_is_valid(void **state)
{
    static const char text[] = "{\"a\":[1,\"\\u00e9\xc3\xa9\",{\"b\":null}],\"c\":-1.5e3}";
    struct json_value value;

    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++)
        expect_invalid((struct slice){text, len});
    assert_true(is_valid(SLICE(text), &value));
}

static void expect_depth(unsigned depth, bool accepted)
{
    static const char *const open[] = {"[", "{\"a\":"};
    static const char close[] = "]}";
    struct json_value value;

    for (unsigned mix = 0; mix < 3; mix++) { /* arrays, objects, both by turns */
        scoped_buf struct buf text = BUF_INIT(1 << 20);

        for (unsigned i = 0; i < depth; i++)
            buf_add_text(&text, open[mix == 2 ? i % 2 : mix]);
        buf_add_char(&text, '1');
        for (unsigned i = depth; i-- > 0;)
            buf_add_char(&text, close[mix == 2 ? i % 2 : mix]);
        assert_int_equal(is_valid(buf_slice(&text), &value), accepted);
    }
}

static void nesting_ends_at_its_limit(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= JSON_DEPTH_MAX; depth++)
        expect_depth(depth, true);
    expect_depth(JSON_DEPTH_MAX + 1, false);
    expect_depth(10000, false);
}

static void flags_tell_escapes_and_white_space(void **state)
{
    static const struct {
        const char *text;
        bool escaped, spaced;
    } cases[] = {
        {"\"a b\"", false, false},     {"\"a\\n\"", true, false},   {"[1,2]", false, false},
        {"[1, 2]", false, true},       {"[ 1]", false, true},       {"[1 ]", false, true},
        {"{\"a b\":1}", false, false}, {"{\"a\" :1}", false, true}, {"{\"a\":\n1}", false, true},
        {"[\"a b\"]", false, false},   {"[[ ]]", false, true},      {"[{}\t]", false, true},
    };
    struct json_value value;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(is_valid(slice_of(cases[i].text), &value));
        assert_int_equal(value.escaped, cases[i].escaped);
        assert_int_equal(value.spaced, cases[i].spaced);
    }
}

static void expect_unescaped(const char *raw, struct slice expected)
{
    char out[200];
    struct json_value value;
    size_t len;

    assert_true(is_valid(slice_of(raw), &value));
    len = json_unescape(slice_of(raw), out);
    assert_true(len <= strlen(raw));
    assert_int_equal(len, expected.len);
    assert_memory_equal(out, expected.data, len);
}

static void escapes_are_resolved(void **state)
{
    (void)state;
    expect_unescaped("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SLICE("\"\\/\b\f\n\r\t"));
    expect_unescaped("\"\\u0041\\u00e9\\u20AC\\u0000\"", SLICE("A\xc3\xa9\xe2\x82\xac\0"));
    expect_unescaped("\"\\ud83d\\ude00\"", SLICE("\xf0\x9f\x98\x80"));
    expect_unescaped("\"\\uDBFF\\uDFFF\"", SLICE("\xf4\x8f\xbf\xbf"));
}

static void lone_surrogates_become_the_replacement_character(void **state)
{
    (void)state;
    expect_unescaped("\"\\ud83d\"", SLICE(BAD));
    expect_unescaped("\"\\ude00\"", SLICE(BAD));
    expect_unescaped("\"\\ude00\\ud83d\"", SLICE(BAD BAD));
    expect_unescaped("\"\\ud83d\\ud83d\\ude00\"", SLICE(BAD "\xf0\x9f\x98\x80"));
    expect_unescaped("\"\\ud83dx\\ude00\"", SLICE(BAD "x" BAD));
    expect_unescaped("\"\\ud83d\\n\"", SLICE(BAD "\n"));
    expect_unescaped("\"\\ud83d\\u0041\"", SLICE(BAD "A"));
}

static void integers_end_where_int64_does(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-1", true, -1},
        {"99999999999999999", true, 99999999999999999},
        {"-999999999999999999", true, -999999999999999999},
        {"0000000000000000000000001", true, 1},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1a", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 0;

        if (json_integer(slice_of(cases[i].text), &value) != cases[i].valid)
            fail_msg("'%s'", cases[i].text);
        assert_true(value == cases[i].value);
    }
}

/* Random code points, with many that are special. */
static struct slice random_text(struct rng *rng, char *out, size_t room)
{
    static const char special[] = "\"\\\b\f\n\r\t/\x01\x1f\x7f ab";
    size_t len = 0;

    for (uint32_t n = rng_below(rng, 40); n && len + 4 < room; n--) {
        uint32_t c = rng_below(rng, rng_one_in(rng, 2) ? 0x800 : 0x110000);

        if (rng_one_in(rng, 2) || c < 0x20 || (c >= 0xd800 && c <= 0xdfff)) {
            out[len++] = special[rng_below(rng, sizeof(special) - 1)];
        } else if (c < 0x80) {
            out[len++] = (char)c;
        } else if (c < 0x800) {
            out[len++] = (char)(0xc0 | c >> 6);
            out[len++] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            out[len++] = (char)(0xe0 | c >> 12);
            out[len++] = (char)(0x80 | (c >> 6 & 63));
            out[len++] = (char)(0x80 | (c & 63));
        } else {
            out[len++] = (char)(0xf0 | c >> 18);
            out[len++] = (char)(0x80 | (c >> 12 & 63));
            out[len++] = (char)(0x80 | (c >> 6 & 63));
            out[len++] = (char)(0x80 | (c & 63));
        }
    }
    out[len] = '\0';
    return (struct slice){out, len};
}

static void random_strings_survive_the_round_trip(void **state)
{
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[200], quoted[JSON_STRING_MAX(200) + 1], back[JSON_STRING_MAX(200)];
        struct slice text = random_text(&rng, bytes, sizeof(bytes)), raw;
        scoped_json cJSON *json = NULL;
        struct json_value value;
        uint64_t invalid = 0;

        raw = (struct slice){quoted, (size_t)(json_write_string(quoted, text, &invalid) - quoted)};
        assert_true(raw.len <= JSON_STRING_MAX(text.len));
        assert_int_equal(invalid, 0);
        assert_true(is_valid(raw, &value));
        assert_int_equal(json_unescape(raw, back), text.len);
        assert_memory_equal(back, text.data, text.len);
        quoted[raw.len] = '\0';
        json = cJSON_Parse(quoted);
        assert_non_null(json);
        assert_string_equal(json->valuestring, text.data);
    }
}

static void sequences_are_measured(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"", 0},
        {"a", 1},
        {"\xc2\x80", 2},
        {"\xe0\xa0\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xc1\x80", 0},
        {"\xed\xa0\x80", 0},
        {"\xed\x9f\xbf", 3},
        {"\xf4\x90\x80\x80", 0},
        {"\xe2\x28\xa1", 0},
        {"\xe2\x82\x28", 0},
        {"\xf0\x28\x8c\xbc", 0},
        {"\xbf", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *p = cases[i].bytes;

        assert_int_equal(utf8_sequence(p, p + strlen(p)), cases[i].length);
    }
}

/* What we accept, cJSON accepts as well. */
static void random_damage_is_judged_as_cjson_does(void **state)
{
    static const char good[] = "{\"a\":[1,-2.5e3,\"x\\n\\u00e9\",{\"b\":null}],\"c\":[true,false]}";
    static const char pool[] = "{}[]\",:\\0123456789-+.eEtrufalsn \n\t";
    struct rng rng = rng_start();

    (void)state;
    for (int round = 0; round < 50000; round++) {
        char text[sizeof(good)];
        scoped_json cJSON *json = NULL;
        struct json_value value;

        memcpy(text, good, sizeof(good));
        for (uint32_t n = 1 + rng_below(&rng, 3); n; n--)
            text[rng_below(&rng, sizeof(good) - 1)] = pool[rng_below(&rng, sizeof(pool) - 1)];
        if (!is_valid(slice_of(text), &value))
            continue;
        json = cJSON_ParseWithOpts(text, NULL, true);
        if (!json)
            fail_msg("only we accept: %s", text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_values_are_read),
        cmocka_unit_test(invalid_values_are_refused),
        cmocka_unit_test(no_prefix_of_a_composite_is_valid),
        cmocka_unit_test(nesting_ends_at_its_limit),
        cmocka_unit_test(flags_tell_escapes_and_white_space),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(lone_surrogates_become_the_replacement_character),
        cmocka_unit_test(integers_end_where_int64_does),
        cmocka_unit_test(random_strings_survive_the_round_trip),
        cmocka_unit_test(sequences_are_measured),
        cmocka_unit_test(random_damage_is_judged_as_cjson_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
