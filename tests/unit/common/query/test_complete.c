/*
 * What may come at a place of a query.
 */
#include "tests/unit/common/query/query_check.h"

#include "common/query/complete.h"

static struct buf offered = BUF_INIT(1u << 20);
static const char kinds[] = {[COMPLETION_FIELD] = 'f',
                             [COMPLETION_OPERATOR] = 'o',
                             [COMPLETION_VALUE] = 'v',
                             [COMPLETION_WORD] = 'w'};

static void take(void *user, enum completion_kind kind, struct slice text, const char *about)
{
    (void)user;
    (void)about;
    buf_addf(&offered, "%c:%.*s ", kinds[kind], SLICE_FMT(text));
}

/* The cursor is at "|". */
static struct query_completion complete(const char *text)
{
    const char *bar = strchr(text, '|');

    buf_clear(&offered);
    return query_complete(slice_of(text), (size_t)(bar - text), &check_context, take, NULL);
}

static void expect_all(const char *text, const char *expected)
{
    complete(text);
    assert_string_equal(buf_str(&offered), expected);
}

static void expect_some(const char *text, const char *expected)
{
    complete(text);
    if (!strstr(buf_str(&offered), expected))
        fail_msg("'%s' offers %s", text, buf_str(&offered));
}

static void expect_none(const char *text, const char *unexpected)
{
    complete(text);
    if (strstr(buf_str(&offered), unexpected))
        fail_msg("'%s' offers %s", text, buf_str(&offered));
}

static void fields_are_offered_where_a_condition_begins(void **state)
{
    (void)state;
    expect_all("stat|", "f:status ");
    expect_all("path:/x STAT|us", "f:status ");
    expect_all("not (-stat|", "f:status ");
    expect_some("|", "w:not f:@timestamp f:timestamp f:message ");
    expect_some("a or |", "f:status ");
    expect_none("a or |", "w:and");
    expect_none("|", "f:error.stack_trace");
    assert_int_equal(complete("a and http.resp|").from, 6);
}

static void operators_are_offered_behind_a_field(void **state)
{
    (void)state;
    expect_some("status |", "o:> o:>= o:< o:<= o:= o:!= w:and w:or w:not ");
    expect_some("path |", "o:= o:!= w:and ");
    expect_none("message |", "o:");
    expect_none("status:500 |", "o:");
    expect_none("(status) |", "o:");
    expect_none("nope |", "o:");
}

static void values_are_offered_behind_an_operator(void **state)
{
    (void)state;
    expect_all("bot:|", "v:true v:false ");
    expect_all("bot:t|", "v:true ");
    expect_all("method = p|", "v:POST v:PUT v:PATCH ");
    expect_all("status:50|3", "v:500 v:502 v:503 v:504 ");
    expect_all("status:(401, 40|", "v:400 v:401 v:403 v:404 v:405 v:408 ");
    expect_all("status:(401 or 3|", "v:3xx v:301 v:302 v:304 v:307 v:308 ");
    expect_all("status:(401 |", "w:or ");
    expect_some("@timestamp >= |", "v:now-15m ");
    expect_all("path:|", "");
    assert_int_equal(complete("x path:/a|").field, FIELD_URL_PATH);
    assert_int_equal(complete("x path:/a|").from, 7);
    assert_int_equal(complete("x|").field, FIELD_COUNT);
}

static void words_are_offered_behind_a_condition(void **state)
{
    (void)state;
    expect_some("status:500 |", "w:and w:or w:not f:@timestamp ");
    expect_some("(a) |", "w:and ");
    expect_some("status:(500) |", "w:and ");
    expect_all("status:500 an|", "w:and ");
    expect_all("\"a b\" o|",
               "w:or f:outcome f:os f:observer.vendor f:observer.product f:observer.version ");
}

static void nothing_is_offered_of_what_is_hidden_or_forbidden(void **state)
{
    uint64_t hidden[RECORD_WORDS] = {0};

    (void)state;
    hidden[FIELD_HTTP_RESPONSE_STATUS_CODE / 64] |= (uint64_t)1
                                                    << (FIELD_HTTP_RESPONSE_STATUS_CODE % 64);
    check_context.hidden = hidden;
    check_context.rule = true;
    expect_all("stat|", "");
    expect_all("status:|", "");
    expect_all("@timestamp:|", "");
}

static void every_place_of_broken_text_is_survived(void **state)
{
    static const char text[] = "a)( \"b c status:(1 or or,,)) >= path=\"x\\\" @timestamp:";

    (void)state;
    for (size_t cursor = 0; cursor <= sizeof(text); cursor++)
        query_complete(SLICE(text), cursor, &check_context, take, NULL);
}

static int release(void **state)
{
    buf_release(&offered);
    return tear_down(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fields_are_offered_where_a_condition_begins),
        CASE(operators_are_offered_behind_a_field),
        CASE(values_are_offered_behind_an_operator),
        CASE(words_are_offered_behind_a_condition),
        CASE(nothing_is_offered_of_what_is_hidden_or_forbidden),
        CASE(every_place_of_broken_text_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
