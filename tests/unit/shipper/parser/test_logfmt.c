/*
 * test_logfmt.c - key=value pairs: quoting, bare keys, what is none, Heroku and Grafana.
 */
#include "tests/unit/support/parsed.h"

static int set_up(void **state)
{
    int failed = parsed_set_up(state, "logfmt");

    ((struct parsed *)*state)->as_is = true;
    return failed;
}

static void pairs(void **state)
{
    static const struct parsed_case cases[] = {
        {"level=info msg=\"two words\" k=v",
         "{'message':'two words','log':{'level':'info'},'labels':{'k':'v'}}"},
        {"  a=1\tb=2  ", "{'labels':{'a':'1','b':'2'}}"},
        {"\xef\xbb\xbf"
         "a=1",
         "{'labels':{'a':'1'}}"},
        {"a.b-c/d=1", "{'labels':{'a.b-c/d':'1'}}"},
        {"a=b=c u=/x?y=z", "{'labels':{'a':'b=c','u':'/x?y=z'}}"},
        {"a=b\"c", "{'labels':{'a':'b\\'c'}}"},
        {"a= b=\"\" c=- d=1", "{'labels':{'d':'1'}}"},
        {"done a=1 debug", "{'labels':{'done':true,'a':'1','debug':true}}"},
        {"a=1 a=2 a=3", "{'labels':{'a':['1','2','3']}}"},
        {"msg=a msg=b", "{'message':'a','labels':{'msg':'b'}}"},
        {"a=\"x\"b=1", "{'labels':{'a':'x','b':'1'}}"},
        {"a=1\x1e b=2", "{'labels':{'a':'1','b':'2'}}"},
        {"a='two words' b='' c=d", "{'labels':{'a':'two words','c':'d'}}"},
        {"\xc3\xa4=1", "{'labels':{'\xc3\xa4':'1'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void apostrophes_are_no_quotes(void **state)
{
    struct parsed *parsed = *state;

    assert_true(parsed_line(parsed, SLICE("a='tis b=it's c='x'y")));
    assert_string_equal(parsed->text,
                        "{\"labels\":{\"a\":\"'tis\",\"b\":\"it's\",\"c\":\"'x'y\"}}");
}

static void quoted_values_have_escapes(void **state)
{
    static const struct parsed_case cases[] = {
        {"msg=\"say \\\"hi\\\" \\\\ \\n \\t \\u00e4\"",
         "{'message':'say \\\"hi\\\" \\\\ \\n \\t \xc3\xa4'}"},
        {"msg=\"a\tb\\\"c\"", "{'message':'a\\tb\\\"c'}"},
        {"msg=\"a\\x41\"", "{'message':'a\\\\x41'}"},
        {"msg=\"a=b c=d\" e=f", "{'message':'a=b c=d','labels':{'e':'f'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void what_is_no_logfmt_does_not_fit(void **state)
{
    static const char *const lines[] = {
        "", "   ", "plain text", "a=\"open", "a=\"open\\\"", "=x", "a=1 =x", "\"a\"=1", "a\"b=1",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        parsed_expect_failure(*state, slice_of(lines[i]));
}

static void lines_of_programs(void **state)
{
    static const struct parsed_case cases[] = {
        /* Grafana's programs */
        {"ts=2026-11-21T12:00:00.5Z caller=db.go:7 level=warn traceID=ab err=\"EOF\" "
         "duration=1.5ms component=querier",
         "{'@timestamp':'2026-11-21T12:00:00.500Z','event':{'duration':1500000},"
         "'log':{'level':'warn','logger':'querier','origin':{'file':{'name':'db.go','line':7}}},"
         "'trace':{'id':'ab'},'error':{'message':'EOF'}}"},
        /* log15 */
        {"t=2026-11-21T07:00:00-0500 lvl=eror msg=gone",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'gone','log':{'level':'error'}}"},
        /* Heroku's router */
        {"at=info method=GET path=\"/x?y=1\" host=ex.com request_id=8601 fwd=\"192.0.2.1\" "
         "dyno=web.1 connect=1ms service=18ms status=200 bytes=13 protocol=https",
         "{'message':'GET /x?y=1','event':{'duration':18000000,'outcome':'success'},"
         "'log':{'level':'info'},'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'client':{'address':'192.0.2.1','ip':'192.0.2.1'},'network':{'protocol':'https'},"
         "'http':{'request':{'method':'GET','id':'8601'},"
         "'response':{'status_code':200,'body':{'bytes':13}}},"
         "'url':{'original':'/x?y=1','domain':'ex.com','path':'/x','query':'y=1'},"
         "'labels':{'dyno':'web.1','connect':'1ms'}}"},
        {"service=checkout msg=x", "{'message':'x','service':{'name':'checkout'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

/* What comes twice is looked up by its hash. */
static void many_pairs_take_linear_time(void **state)
{
    scoped_buf struct buf line = BUF_INIT(8 << 20);

    for (unsigned i = 0; i < 90000; i++)
        buf_addf(&line, "k%u=v ", i);
    assert_true(parsed_line(*state, buf_slice(&line)));
    assert_non_null(strstr(((struct parsed *)*state)->text, "\"k89999\":\"v\""));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, parsed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(pairs),
        CASE(apostrophes_are_no_quotes),
        CASE(quoted_values_have_escapes),
        CASE(what_is_no_logfmt_does_not_fit),
        CASE(lines_of_programs),
        CASE(many_pairs_take_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
