/*
 * test_w3c.c - the extended log format: directives, changing fields, IIS, CloudFront, Exchange.
 */
#include "tests/unit/support/parsed.h"

static int set_up(void **state)
{
    int failed = parsed_set_up(state, "w3c");

    ((struct parsed *)*state)->as_is = true;
    return failed;
}

static void iis(void **state)
{
    static const struct parsed_case cases[] = {
        {"2026-11-21 12:00:00 192.0.2.1", NULL},
        {"#Software: Microsoft Internet Information Services 10.0", ""},
        {"#Version: 1.0", ""},
        {"#Date: 2026-11-21 00:00:00", ""},
        {"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
         "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
         ""},
        {"2026-11-21 12:00:00 10.0.0.1 GET /a.aspx b=1 443 DOM\\u 192.0.2.1 "
         "Mozilla/5.0+(compatible;+Bot;++http://b) https://e.com/ 404 0 2 15",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'GET /a.aspx?b=1',"
         "'event':{'duration':15000000,'outcome':'failure'},'log':{'level':'warn'},"
         "'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'destination':{'address':'10.0.0.1','ip':'10.0.0.1','port':443},"
         "'user':{'name':'DOM\\\\u'},"
         "'http':{'request':{'method':'GET','referrer':'https://e.com/'},"
         "'response':{'status_code':404}},"
         "'url':{'original':'/a.aspx?b=1','path':'/a.aspx','query':'b=1'},"
         "'user_agent':{'original':'Mozilla/5.0 (compatible; Bot; +http://b)'},"
         "'labels':{'sc-substatus':'0','sc-win32-status':'2'}}"},
        {"2026-11-21 12:00:00 - - - - - - - - - - - - -",
         "{'@timestamp':'2026-11-21T12:00:00.000Z'}"},
        {"2026-11-21 12:00:00 10.0.0.1 GET", NULL},
        {"", NULL},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void fields_may_change(void **state)
{
    static const struct parsed_case cases[] = {
        {"#Fields: date time c-ip", ""},
        {"2026-11-21 12:00:00 192.0.2.1", "{'@timestamp':'2026-11-21T12:00:00.000Z',"
                                          "'source':{'address':'192.0.2.1','ip':'192.0.2.1'}}"},
        {"#Fields: time cs-method cs-uri sc-bytes cs-bytes x-own", ""},
        {"12:00:01 GET http://e.com/x?y 10 20 z",
         "{'message':'GET http://e.com/x?y',"
         "'http':{'request':{'method':'GET','bytes':20},'response':{'bytes':10}},"
         "'url':{'original':'http://e.com/x?y','domain':'e.com','scheme':'http','path':'/x',"
         "'query':'y'},'tags':['_dateparsefailure'],'labels':{'x-own':'z','time':'12:00:01'}}"},
        {"#Date: 2026-11-22 00:00:00", ""},
        {"12:00:01 GET / 10 20 z",
         "{'@timestamp':'2026-11-22T12:00:01.000Z','message':'GET /',"
         "'http':{'request':{'method':'GET','bytes':20},'response':{'bytes':10}},"
         "'url':{'original':'/','path':'/'},'labels':{'x-own':'z'}}"},
        {"12:00:01 GET / 10 20 z more",
         "{'@timestamp':'2026-11-22T12:00:01.000Z','message':'GET /',"
         "'http':{'request':{'method':'GET','bytes':20},'response':{'bytes':10}},"
         "'url':{'original':'/','path':'/'},'tags':['_columnmismatch'],"
         "'labels':{'x-own':'z','column_7':'more'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void times_are_in_utc_whatever_the_input_says(void **state)
{
    const struct parser_options options = {.timezone = "Asia/Tokyo"};
    struct parsed parsed;

    (void)state;
    parsed_open(&parsed, "w3c", &options);
    assert_true(parsed_line(&parsed, SLICE("#Fields: date time")));
    parsed_expect_part(&parsed, "2026-11-21 12:00:00", "2026-11-21T12:00:00.000Z");
    parsed_close(&parsed);
}

static void cloudfront(void **state)
{
    static const struct parsed_case cases[] = {
        {"#Version: 1.0", ""},
        {"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem "
         "sc-status cs(User-Agent) cs-uri-query x-edge-request-id x-host-header cs-protocol "
         "time-taken x-forwarded-for ssl-protocol cs-protocol-version",
         ""},
        {"2026-11-21\t12:00:00\tFRA2\t1045\t2001:db8::1\tGET\td1.cloudfront.net\t/x.css\t200\t"
         "Mozilla/5.0%2520(Windows)\t-\tID==\te.com\thttps\t0.001\t192.0.2.9\tTLSv1.3\tHTTP/2.0",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'GET /x.css HTTP/2.0',"
         "'event':{'duration':1000000,'outcome':'success'},'log':{'level':'info'},"
         "'source':{'address':'2001:db8::1','ip':'2001:db8::1'},"
         "'client':{'address':'192.0.2.9','ip':'192.0.2.9'},"
         "'http':{'version':'2.0','request':{'method':'GET','id':'ID=='},"
         "'response':{'status_code':200,'bytes':1045}},"
         "'url':{'original':'/x.css','domain':'e.com','scheme':'https','path':'/x.css'},"
         "'user_agent':{'original':'Mozilla/5.0 (Windows)'},'tls':{'version':'TLSv1.3'},"
         "'labels':{'x-edge-location':'FRA2','cs(Host)':'d1.cloudfront.net'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void others(void **state)
{
    static const struct parsed_case cases[] = {
        {"#Fields: date-time,client-ip,event-id,message-subject", ""},
        {"2026-11-21T12:00:00.123Z,192.0.2.1,SEND,\"a, b\"",
         "{'@timestamp':'2026-11-21T12:00:00.123Z',"
         "'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'labels':{'event-id':'SEND','message-subject':'a, b'}}"},
        {"#Fields: date time cs(User-Agent) x-a", ""},
        {"2026-11-21  12:00:00 \"Mozilla \"\"5\"\" (x)\" b\"",
         "{'@timestamp':'2026-11-21T12:00:00.000Z',"
         "'user_agent':{'original':'Mozilla \\\"5\\\" (x)'},'labels':{'x-a':'b\\\"'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, parsed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(iis),
        CASE(fields_may_change),
        CASE(times_are_in_utc_whatever_the_input_says),
        CASE(cloudfront),
        CASE(others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
