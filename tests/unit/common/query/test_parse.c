/*
 * What the language refuses, with the place and the words; its limits; how it is read.
 */
#include "tests/unit/common/query/query_check.h"

#include <stdlib.h>

/* clang-format off */
static const struct {
    const char *query, *code;
    size_t offset, length;
    const char *message, *hint;
} refused[] = {
    {"status:", "missing_value", 6, 1, "\"status:\" needs a value.", "Use status:* to test that the field exists."},
    {"(status:500", "unclosed_paren", 0, 1, "This \"(\" is never closed.", ""},
    {"status:abc", "bad_number", 7, 3, "\"status\" is a number, \"abc\" is not.", ""},
    {"staus:500", "unknown_field", 0, 5, "There is no field \"staus\".", "Did you mean \"status\"?"},
    {"\"never closed", "unclosed_quote", 0, 1, "This quote is never closed.", ""},
    {"path > 5", "bad_operator", 7, 1, "\"path\" compares text; \">\" works on numbers, times and addresses.", ""},
    {"ip:10.0.0", "bad_ip", 3, 6, "\"10.0.0\" is not an address or network.", ""},
    {"ip:1*", "wildcard_type", 3, 2, "An address takes \"*\" only for whole trailing parts.", "Write a network, for example ip:10.0.0.0/8."},
    {"status:5*", "wildcard_type", 7, 2, "\"status\" is a number; \"*\" works on text fields.", "Use a range, for example status:500..599."},
    {"status:(401 403)", "list_separator", 12, 1, "Values in a list are separated by \"or\" or \",\".", ""},
    {"and status:500", "missing_operand", 0, 3, "\"and\" needs something on its left.", ""},
    {"bytes > 10ms", "bad_unit", 8, 4, "\"bytes\" has no unit \"ms\".", "Units: B, KB, MB, GB, KiB, MiB, GiB"},
    {"status:599..500", "empty_range", 7, 8, "The range is empty: 599 is above 500.", "Write 500..599."},
    {"http://example.com", "unknown_field", 0, 4, "There is no field \"http\".", "To search for this text, put it in quotes."},
    {"foo-bar*", "wildcard_in_phrase", 0, 8, "\"*\" works inside one word.", "Search the fixed part in quotes, or use a field: path:foo-bar*"},
    {"status:500)", "unexpected_close", 10, 1, "There is no \"(\" for this \")\".", ""},
    {"@timestamp:yesterday", "bad_date", 11, 9, "\"yesterday\" is not a time.", "Write 2026-11-20, 2026-11-20T14:05:00Z or now-15m."},
    {"bot:maybe", "bad_value", 4, 5, "\"bot\" is true or false.", ""},

    /* missing_value */
    {"(status:)", "missing_value", 7, 1, "\"status:\" needs a value.", NULL},
    {"status: and bot:true", "missing_value", 6, 1, NULL, NULL},
    {"status >= ", "missing_value", 7, 2, "\"status >=\" needs a value.", NULL},
    {"status:>=", "missing_value", 6, 3, NULL, NULL},
    {"path = or bot:true", "missing_value", 5, 1, NULL, NULL},
    {"status:()", "missing_value", 7, 1, "The list needs a value here.", NULL},
    {"status:(500,)", "missing_value", 11, 1, NULL, NULL},
    {"status:(500 or)", "missing_value", 12, 1, NULL, NULL},
    {"status:(,500)", "missing_value", 7, 1, NULL, NULL},
    /* parentheses */
    {"()", "missing_operand", 0, 2, "There is nothing in these parentheses.", NULL},
    {"a (b or (c)", "unclosed_paren", 2, 1, NULL, NULL},
    {"status:(500", "unclosed_paren", 7, 1, NULL, NULL},
    {") a", "unexpected_close", 0, 1, NULL, NULL},
    {"status=(500)", "bad_operator", 7, 1, "A list goes with \":\", not with \"=\".", "Write status:(…)."},
    {"status:(500 and 501)", "list_separator", 12, 1, NULL, NULL},
    {"status:((500))", "missing_value", 7, 1, NULL, NULL},
    /* operators */
    {"a and", "missing_operand", 2, 3, "\"and\" needs something on its right.", NULL},
    {"a OR (b)or", "missing_operand", 8, 2, "\"or\" needs something on its right.", NULL},
    {"a and or b", "missing_operand", 2, 3, NULL, NULL},
    {"or", "missing_operand", 0, 2, NULL, NULL},
    {"not", "missing_operand", 0, 3, "\"not\" needs something on its right.", NULL},
    {"(not)", "missing_operand", 1, 3, NULL, NULL},
    {"-and x", "missing_operand", 0, 1, NULL, NULL},
    {"bot > true", "bad_operator", 6, 4, "\"bot\" is true or false; \">\" works on numbers, times and addresses.", NULL},
    {"tags:>a", "bad_operator", 6, 1, NULL, NULL},
    {"message > a", "bad_operator", 10, 1, NULL, NULL},
    {"message = a", "bad_operator", 10, 1, "\"message\" is searched by words, not as a whole.", "Write message:\"…\"."},
    {"status > 1..2", "bad_operator", 9, 4, "A range goes with \":\", not with \">\".", NULL},
    {"ip > 10.0.0.1..10.0.0.2", "bad_operator", 5, 18, NULL, NULL},
    {"@timestamp < 2026-11-20..", "bad_operator", 13, 12, NULL, NULL},
    {"error.stack_trace:x", "bad_operator", 18, 1, "\"error.stack_trace\" is kept but cannot be searched.", NULL},
    {"raw:*", "bad_operator", 4, 1, NULL, NULL},
    /* fields */
    {"Status:500", "unknown_field", 0, 6, NULL, "Did you mean \"status\"?"},
    {"http.response.statuscode:500", "unknown_field", 0, 24, NULL, "Did you mean \"http.response.status_code\"?"},
    {"qqqqqqqq:500", "unknown_field", 0, 8, NULL, "To search for this text, put it in quotes."},
    {"labels.:x", "unknown_field", 0, 7, NULL, NULL},
    {"foo>bar", "unknown_field", 0, 3, NULL, NULL},
    {"nope:", "unknown_field", 0, 4, NULL, NULL},
    /* numbers */
    {"status:500.5", "bad_number", 7, 5, "\"status\" is a whole number, \"500.5\" is not.", NULL},
    {"status:5s", "bad_unit", 7, 2, "\"status\" has no unit \"s\".", ""},
    {"status:5x", "bad_number", 7, 2, NULL, NULL},
    {"status:6xx", "bad_number", 7, 3, NULL, NULL},
    {"status:1.", "bad_number", 7, 2, NULL, NULL},
    {"status:-", "bad_number", 7, 1, NULL, NULL},
    {"status:..", "bad_number", 7, 2, NULL, NULL},
    {"status:\"\"", "bad_number", 7, 2, NULL, NULL},
    {"status:0x10", "bad_number", 7, 4, NULL, NULL},
    {"status:9223372036854775807", "bad_number", 7, 19, "\"9223372036854775807\" is too large or too long a number.", NULL},
    {"duration:3000000h", "bad_number", 9, 8, NULL, NULL},
    {"duration:0.1234567890123456789s", "bad_number", 9, 22, NULL, NULL},
    {"duration > 5 KB", NULL, 0, 0, NULL, NULL}, /* KB is a word of the line */
    {"duration:1.2ns..1.8ns", "empty_range", 9, 12, "The range is empty: there is no whole number from 1.2ns to 1.8ns.", ""},
    {"duration:2s..1500ms", "empty_range", 9, 10, "The range is empty: 2s is above 1500ms.", NULL},
    /* addresses */
    {"ip:10.0.0.0/33", "bad_ip", 3, 11, NULL, NULL},
    {"ip:10.0.0.0/", "bad_ip", 3, 9, NULL, NULL},
    {"ip:10.0.0.0/-1", "bad_ip", 3, 11, NULL, NULL},
    {"ip:2001:db8::/129", "bad_ip", 3, 14, NULL, NULL},
    {"ip:010.1.1.1", "bad_ip", 3, 9, NULL, NULL},
    {"ip:\"10.1.*\"", "bad_ip", 3, 8, NULL, NULL},
    {"ip:10.1.2.3.*", "wildcard_type", 3, 10, NULL, NULL},
    {"ip:10.*.1.*", "wildcard_type", 3, 8, NULL, NULL},
    {"ip:300.*", "wildcard_type", 3, 5, NULL, NULL},
    {"ip:2001:*", "wildcard_type", 3, 6, NULL, NULL},
    {"ip:10.0.0.2..10.0.0.1", "empty_range", 3, 18, NULL, "Write 10.0.0.1..10.0.0.2."},
    {"ip:10.0.0.2..x", "bad_ip", 3, 11, "\"x\" is not an address or network.", NULL},
    /* times */
    {"@timestamp:2026-02-30", "bad_date", 11, 10, NULL, NULL},
    {"@timestamp:2026-11-20T25:00:00Z", "bad_date", 11, 20, NULL, NULL},
    {"@timestamp:2026-1*", "wildcard_type", 11, 7, NULL, "Use a day or a range, for example @timestamp:2026-11-20."},
    {"@timestamp:now-5", "bad_date", 11, 5, NULL, NULL},
    {"@timestamp:now-5y", "bad_date", 11, 6, NULL, NULL},
    {"@timestamp:now/w", "bad_date", 11, 5, NULL, NULL},
    {"@timestamp:now-100000000w", "bad_date", 11, 14, NULL, NULL},
    {"@timestamp:nowhere", "bad_date", 11, 7, NULL, NULL},
    {"@timestamp:2026-11-21..2026-11-20", "empty_range", 11, 22, NULL, NULL},
    /* words */
    {"foo - bar", "no_text", 4, 1, "There is no letter or digit to search for.", NULL},
    {"\"*\"", "no_text", 0, 3, NULL, NULL},
    {"/api/*", "wildcard_in_phrase", 0, 6, NULL, NULL},
    {"message:foo-b*", "wildcard_in_phrase", 8, 6, NULL, NULL},
    /* wildcards */
    {"path:*1*2*3*4*5*6*7*8*", "too_many_wildcards", 5, 17, "A value takes at most 8 \"*\".", NULL},
    {"labels.team:*web", "wildcard_type", 12, 4, "\"labels.team\" takes \"*\" only at the end of a value.", NULL},
    {"bot:t*", "wildcard_type", 4, 2, "\"bot\" is true or false; \"*\" works on text fields.", NULL},
    {"status > *", "wildcard_type", 9, 1, NULL, NULL},
    {"labels:web", "bad_value", 7, 3, "\"labels\" has no value to compare.", "Name a key of it: labels.team:web."},
    {"location:5", "bad_value", 9, 1, NULL, "Use location:* to test that it exists."},
    {"path:\xff", "bad_encoding", 5, 1, NULL, NULL},
};
/* clang-format on */

static enum status parse_errors(struct slice text, struct query_errors *errors)
{
    struct query *query;

    return query_parse(&check_arena, text, &check_context, &query, errors);
}

static void expect_error(const char *text, const char *code, size_t offset, size_t length)
{
    struct query_errors errors;
    const struct query_error *error = &errors.list[0];

    if (parse_errors(slice_of(text), &errors) != REJECT)
        fail_msg("'%s' is accepted", text);
    if (strcmp(query_code_name(error->code), code) != 0 || error->offset != offset ||
        error->length != length)
        fail_msg("'%s': %s at %zu, %zu: %s", text, query_code_name(error->code), error->offset,
                 error->length, error->message);
}

static void what_is_wrong_is_refused_at_its_place(void **state)
{
    struct query_errors errors;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (!refused[i].code) {
            parse(refused[i].query);
            continue;
        }
        expect_error(refused[i].query, refused[i].code, refused[i].offset, refused[i].length);
        parse_errors(slice_of(refused[i].query), &errors);
        if (refused[i].message)
            assert_string_equal(errors.list[0].message, refused[i].message);
        if (refused[i].hint)
            assert_string_equal(errors.list[0].hint, refused[i].hint);
    }
}

static void now_means_nothing_in_a_rule(void **state)
{
    struct query_errors errors;

    (void)state;
    check_context.rule = true;
    expect_error("@timestamp >= now-1h", "now_in_rule", 14, 6);
    parse_errors(SLICE("@timestamp >= now-1h"), &errors);
    assert_string_equal(errors.list[0].message,
                        "\"now\" has no meaning in a rule or a filter: the record decides.");
    assert_string_equal(errors.list[0].hint, "Use the window of the rule instead.");
    expect_error("@timestamp:2026-11-20..now", "now_in_rule", 11, 15);
    parse("now @timestamp:2026-11-20");
}

static void hidden_field_is_an_unknown_one(void **state)
{
    uint64_t hidden[RECORD_WORDS] = {0};
    struct query_errors errors;

    (void)state;
    hidden[FIELD_SOURCE_IP / 64] |= (uint64_t)1 << (FIELD_SOURCE_IP % 64);
    check_context.hidden = hidden;
    expect_error("ip:10.0.0.1", "unknown_field", 0, 2);
    expect_error("source.ip:10.0.0.1", "unknown_field", 0, 9);
    parse_errors(SLICE("source.i:1"), &errors);
    assert_null(strstr(errors.list[0].hint, "source.ip"));
    parse("client.ip:10.0.0.1");
}

static void all_errors_are_reported_in_order(void **state)
{
    static const char text[] =
        "status:x or (path > 5 and staus:1) and ip:x bot:x and @timestamp:x or a:b";
    struct query_errors errors;

    (void)state;
    assert_int_equal(parse_errors(SLICE(text), &errors), REJECT);
    assert_int_equal(errors.count, QUERY_ERRORS_MAX);
    assert_int_equal(errors.list[0].code, QUERY_BAD_NUMBER);
    assert_int_equal(errors.list[1].code, QUERY_BAD_OPERATOR);
    assert_int_equal(errors.list[2].code, QUERY_UNKNOWN_FIELD);
    assert_int_equal(errors.list[3].code, QUERY_BAD_IP);
    assert_int_equal(errors.list[4].code, QUERY_BAD_VALUE);
}

static void error_is_shown_below_its_place(void **state)
{
    static const char text[] = "path:ä and\nstaus:500";
    struct query_errors errors;
    scoped_buf struct buf out = BUF_INIT(1000);

    (void)state;
    parse_errors(SLICE(text), &errors);
    query_error_print(SLICE(text), &errors.list[0], &out);
    assert_int_equal(query_column(SLICE(text), errors.list[0].offset), 11);
    assert_string_equal(buf_str(&out), "path:ä and staus:500\n"
                                       "           ^ There is no field \"staus\".\n"
                                       "             Did you mean \"status\"?\n");
}

/* `text` repeated, with an optional end. */
static struct slice repeat(const char *text, size_t times, const char *end)
{
    char *out = arena_bytes(&check_arena, strlen(text) * times + strlen(end) + 1), *p = out;

    for (size_t i = 0; i < times; i++)
        p = stpcpy(p, text);
    return (struct slice){out, (size_t)(stpcpy(p, end) - out)};
}

static void expect_limit(const char *text, size_t times, const char *end, const char *code)
{
    struct query_errors errors;

    if (parse_errors(repeat(text, times, end), &errors))
        fail_msg("%zu times '%s': %s", times, text, errors.list[0].message);
    assert_int_equal(parse_errors(repeat(text, times + 1, end), &errors), REJECT);
    assert_string_equal(query_code_name(errors.list[0].code), code);
}

static void length_is_limited(void **state)
{
    (void)state;
    expect_limit(" ", QUERY_BYTES_MAX, "", "too_long");
}

static void depth_is_limited(void **state)
{
    struct query_errors errors;

    (void)state;
    expect_limit("not ", QUERY_DEPTH_MAX, "a", "too_deep");
    expect_limit("-", QUERY_DEPTH_MAX, "a", "too_deep");
    parse_errors(repeat("(", 4000, ""), &errors);
    assert_int_equal(errors.list[0].code, QUERY_TOO_DEEP);
    assert_int_equal(errors.count, 1);
    assert_string_equal(print_of(parse("((((((((((((((((((((((((((((((((a))))))))))))))))))))))"
                                       "))))))))))")),
                        "a");
}

/* (b or a and (b or a and ( … */
static struct slice alternate(unsigned levels)
{
    char *text = arena_bytes(&check_arena, 1000), *p = text;

    for (unsigned i = 0; i < levels; i++)
        p = stpcpy(p, "(b or a (");
    p = stpcpy(p, "c");
    for (unsigned i = 0; i < levels; i++)
        p = stpcpy(p, "))");
    return (struct slice){text, (size_t)(p - text)};
}

static void nesting_is_limited_to_what_the_index_takes(void **state)
{
    struct query_errors errors;

    (void)state;
    assert_int_equal(parse_errors(alternate(13), &errors), OK);
    assert_int_equal(parse_errors(alternate(14), &errors), REJECT);
    assert_int_equal(errors.list[0].code, QUERY_TOO_DEEP);
}

static void conditions_are_limited(void **state)
{
    (void)state;
    expect_limit("a ", QUERY_CONDITIONS_MAX, "", "too_complex");
    expect_limit("status:1 ", QUERY_CONDITIONS_MAX, "", "too_complex");
}

/* "url:(0,0,…) " with so many values, so often. */
static struct slice lists(unsigned values, unsigned times)
{
    char *text = arena_bytes(&check_arena, 10000), *p = text;

    for (unsigned i = 0; i < times; i++) {
        p = stpcpy(p, "url:(0");
        for (unsigned j = 1; j < values; j++)
            p = stpcpy(p, ",0");
        p = stpcpy(p, ") ");
    }
    return (struct slice){text, (size_t)(p - text)};
}

static void list_values_are_limited(void **state)
{
    struct query_errors errors;

    (void)state;
    assert_int_equal(parse_errors(lists(QUERY_LIST_MAX, 2), &errors), OK);
    assert_int_equal(parse_errors(lists(QUERY_LIST_MAX + 1, 1), &errors), REJECT);
    assert_int_equal(errors.list[0].code, QUERY_TOO_COMPLEX);
    assert_int_equal(parse_errors(lists(QUERY_VALUES_MAX / 4, 4), &errors), OK);
    assert_int_equal(parse_errors(lists(QUERY_VALUES_MAX / 4 + 1, 4), &errors), REJECT);
    assert_int_equal(errors.list[0].code, QUERY_TOO_COMPLEX);
}

static void texts_are_limited_to_what_the_index_takes(void **state)
{
    struct query_errors errors;
    struct slice long_text = repeat("x", 1001, "");
    char text[1100];

    (void)state;
    snprintf(text, sizeof(text), "path:%.*s", 1000, long_text.data);
    parse(text);
    snprintf(text, sizeof(text), "path:%.*s", 1001, long_text.data);
    assert_int_equal(parse_errors(slice_of(text), &errors), REJECT);
    assert_int_equal(errors.list[0].code, QUERY_TOO_COMPLEX);
    snprintf(text, sizeof(text), "path=%.*s", 1001, long_text.data);
    parse(text);
    snprintf(text, sizeof(text), "path:%.*s*", 1000, long_text.data);
    parse(text);
    snprintf(text, sizeof(text), "path:*%.*s", 256, long_text.data);
    parse(text);
    snprintf(text, sizeof(text), "path:*%.*s", 257, long_text.data);
    assert_int_equal(parse_errors(slice_of(text), &errors), REJECT);
}

static void expect_print(const char *text, const char *expected)
{
    struct query *query = parse(text);

    assert_string_equal(print_of(query), expected);
    assert_true(query_equal(query, parse(expected)));
}

static void query_is_printed_in_the_usual_form(void **state)
{
    (void)state;
    expect_print("", "");
    expect_print(" \t\r\n", "");
    expect_print("*", "*");
    expect_print("a *", "a and *");
    expect_print("a AND(b Or c)", "a and (b or c)");
    expect_print("a or (b c) or (d or e)", "a or b and c or d or e");
    expect_print("a (b c) ((d))", "a and b and c and d");
    expect_print("-a !b not(c or d)", "not a and not b and not (c or d)");
    expect_print("not not a", "a");
    expect_print("not status != 200", "status=200");
    expect_print("not status = 200", "status!=200");
    expect_print("status:>=500", "status >= 500");
    expect_print("status: > 500", "status > 500");
    expect_print("status: 500", "status:500");
    expect_print("status:<( 1,2 OR 3 )", "status:<(1 or 2 or 3)");
    expect_print("status:(500)", "status:500");
    expect_print("not tags:(a,b)", "not tags:(a or b)");
    expect_print("a\"b c\"(d)", "a and \"b c\" and d");
    expect_print("path:/a\\ b\\*c", "path:/a\\ b\\*c");
    expect_print("path:\"a \\\" b\"", "path:\"a \\\" b\"");
    expect_print("level:and or level:\"or\"", "level:and or level:\"or\"");
    expect_print("@timestamp:now-1d/d", "@timestamp:now-1d/d");
    expect_print("path = =x", "path==x");
    expect_print("android normal notation", "android and normal and notation");
    expect_print("path:C:\\", "path:C:\\");
}

static void tree_is_explained(void **state)
{
    scoped_buf struct buf out = BUF_INIT(10000);

    (void)state;
    query_explain(parse("(status:5xx or duration>2s) not path:/health* ip:10.0.0.0/8 foo"), &out);
    assert_string_equal(buf_str(&out), "and\n"
                                       "  or\n"
                                       "    http.response.status_code in 500..599\n"
                                       "    event.duration in 2000000001..\n"
                                       "  not\n"
                                       "    url.path matches \"/health\" * \"\"\n"
                                       "  source.ip in 10.0.0.0..10.255.255.255\n"
                                       "  words \"foo\"\n");
}

static bool has(const uint64_t *fields, enum record_field field)
{
    return fields[field / 64] >> (field % 64) & 1;
}

static void fields_are_known(void **state)
{
    uint64_t fields[RECORD_WORDS];

    (void)state;
    assert_false(query_fields(parse("status:5xx or not (path:/x labels.team:web)"), fields));
    assert_true(has(fields, FIELD_HTTP_RESPONSE_STATUS_CODE));
    assert_true(has(fields, FIELD_URL_PATH));
    assert_true(has(fields, FIELD_LABELS));
    assert_false(has(fields, FIELD_MESSAGE));
    assert_true(query_fields(parse("foo"), fields));
    assert_true(has(fields, FIELD_MESSAGE));
    assert_true(has(fields, FIELD_EVENT_ORIGINAL));
    assert_false(has(fields, FIELD_URL_PATH));
}

static void slow_patterns_are_marked(void **state)
{
    (void)state;
    assert_true(query_is_slow(parse("a or not path:*x")));
    assert_true(query_is_slow(parse("*x*")));
    assert_false(query_is_slow(parse("path:x*y path:* conn* path:\"*x\"")));
}

static void small_arena_is_an_error_of_its_own(void **state)
{
    struct query_errors errors;
    struct arena arena;
    struct query *query;

    (void)state;
    for (size_t max = 0; max < 3000; max += 40) {
        enum status status;

        arena_init(&arena, 40, max);
        status = query_parse(&arena, SLICE("a or path:*x* and (status:(1,2) or -b)"),
                             &check_context, &query, &errors);
        assert_true(status == OK || status == FATAL);
        arena_release(&arena);
    }
    assert_int_equal(query_parse(&check_arena, SLICE("a"), &check_context, &query, &errors), OK);
}

static void errors_are_json_for_programs(void **state)
{
    static const char text[] = "level:\"ü\" staus:1 or bot:\"\x01\"";
    struct query_errors errors = {0};
    struct query *query;
    struct buf out = BUF_INIT(8192);

    (void)state;
    assert_int_equal(query_parse(&check_arena, slice_of(text), &check_context, &query, &errors),
                     REJECT);
    query_errors_json(slice_of(text), &errors, &out);
    assert_string_equal(
        buf_str(&out),
        "[{\"code\":\"unknown_field\",\"message\":\"There is no field \\\"staus\\\".\","
        "\"hint\":\"Did you mean \\\"status\\\"?\",\"offset\":11,\"length\":5,\"column\":10},"
        "{\"code\":\"bad_value\",\"message\":\"\\\"bot\\\" is true or false.\",\"hint\":\"\","
        "\"offset\":26,\"length\":3,\"column\":25}]");
    buf_release(&out);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_wrong_is_refused_at_its_place),
        CASE(now_means_nothing_in_a_rule),
        CASE(hidden_field_is_an_unknown_one),
        CASE(all_errors_are_reported_in_order),
        CASE(error_is_shown_below_its_place),
        CASE(errors_are_json_for_programs),
        CASE(length_is_limited),
        CASE(depth_is_limited),
        CASE(nesting_is_limited_to_what_the_index_takes),
        CASE(conditions_are_limited),
        CASE(list_values_are_limited),
        CASE(texts_are_limited_to_what_the_index_takes),
        CASE(query_is_printed_in_the_usual_form),
        CASE(tree_is_explained),
        CASE(fields_are_known),
        CASE(slow_patterns_are_marked),
        CASE(small_arena_is_an_error_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
