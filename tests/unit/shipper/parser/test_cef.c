/*
 * test_cef.c - ArcSight's CEF: header, escapes, extension, custom fields, syslog in front.
 */
#include "tests/unit/support/parsed.h"

#define HEADER "CEF:0|V|P|1.0|100|name|5|"
#define BEFORE "'event':{'severity':5,'code':'100'},'log':{'level':'warn'},"
#define AFTER  "'observer':{'vendor':'V','product':'P','version':'1.0'}"

static int set_up(void **state)
{
    int failed = parsed_set_up(state, "cef");

    ((struct parsed *)*state)->as_is = true;
    return failed;
}

static void headers(void **state)
{
    static const struct parsed_case cases[] = {
        {HEADER, "{'message':'name'," BEFORE AFTER "}"},
        {"CEF:0|V|P|1.0|100|name|5", "{'message':'name'," BEFORE AFTER "}"},
        {"CEF:0|V\\|x|P\\\\|1.0|100|a\\=b|5|",
         "{'message':'a=b'," BEFORE
         "'observer':{'vendor':'V|x','product':'P\\\\','version':'1.0'}}"},
        {"CEF:1||P|||n|Very-High|",
         "{'message':'n','event':{'severity':10},'log':{'level':'critical'},"
         "'observer':{'product':'P'}}"},
        {"CEF:0|V|P|1.0|100|name|Unknown|",
         "{'message':'name','event':{'code':'100'}," AFTER ",'labels':{'severity':'Unknown'}}"},
        {"CEF:0|V|P|1.0|100|name", NULL},
        {"CEF:|V|P|1.0|100|name|5|", NULL},
        {"xCEF:0|V|P|1.0|100|name|5|", NULL},
        {"", NULL},
        {"plain text", NULL},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void extensions(void **state)
{
    static const struct parsed_case cases[] = {
        {HEADER "src=192.0.2.1 spt=1232 dst=2001:db8::1 dpt=443 proto=TCP act=blocked",
         "{'message':'name','event':{'severity':5,'action':'blocked','code':'100'},"
         "'log':{'level':'warn'},'source':{'address':'192.0.2.1','ip':'192.0.2.1','port':1232},"
         "'destination':{'address':'2001:db8::1','ip':'2001:db8::1','port':443},"
         "'network':{'transport':'tcp'}," AFTER "}"},
        {HEADER "msg=a \\= b\\nc two  words  fname=x y=1",
         "{'message':'a = b\\nc two  words '," BEFORE AFTER
         ",'labels':{'fname':'x','y':'1','name':'name'}}"},
        {HEADER "request=http://e.com/?a=b&c=d requestMethod=GET",
         "{'message':'name'," BEFORE "'http':{'request':{'method':'GET'}},"
         "'url':{'original':'http://e.com/?a=b&c=d','domain':'e.com','scheme':'http','path':'/',"
         "'query':'a=b&c=d'}," AFTER "}"},
        {HEADER "cs1Label=Rule Name cs1=x y cn1=5 cs2=z cs3Label=alone",
         "{'message':'name'," BEFORE AFTER
         ",'labels':{'Rule Name':'x y','cn1':'5','cs2':'z','cs3Label':'alone'}}"},
        {HEADER "suser=bob duser=eve suid=7 outcome=Failure shost=h",
         "{'message':'name','event':{'outcome':'failure','severity':5,'code':'100'},"
         "'log':{'level':'warn'},'source':{'address':'h'},'user':{'name':'bob','id':'7'}," AFTER
         ",'labels':{'duser':'eve'}}"},
        {HEADER "fname=x  cs2=y \t ",
         "{'message':'name'," BEFORE AFTER ",'labels':{'fname':'x ','cs2':'y'}}"},
        {HEADER " moo=this|has =a pipe\\=",
         "{'message':'name'," BEFORE AFTER ",'labels':{'moo':'this|has =a pipe='}}"},
        {HEADER "a= b=1", "{'message':'name'," BEFORE AFTER ",'labels':{'b':'1'}}"},
        {HEADER "spt=x", "{'message':'name'," BEFORE AFTER ",'labels':{'spt':'x'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void times(void **state)
{
    parsed_expect_part(*state, HEADER "rt=1795262400123",
                       "'@timestamp':'2026-11-21T12:00:00.123Z'");
    parsed_expect_part(*state, HEADER "rt=Nov 21 2026 12:00:00.5 UTC",
                       "'@timestamp':'2026-11-21T12:00:00.500Z'");
    parsed_expect_part(*state, HEADER "start=1795262400000 end=1795262401000",
                       "'@timestamp':'2026-11-21T12:00:00.000Z'");
    parsed_expect_part(*state, HEADER "end=1795262401000", "'end':'2026-11-21T12:00:01.000Z'");
}

static void syslog_may_stand_in_front(void **state)
{
    parsed_expect_part(*state, "<134>1 2026-11-21T12:00:00.5Z fw1 app 12 - - " HEADER "act=x",
                       "'@timestamp':'2026-11-21T12:00:00.500Z','message':'name'");
    parsed_expect_part(*state,
                       "<134>1 2026-11-21T12:00:00.5Z fw1 app 12 - - " HEADER "rt=1795262401000",
                       "'@timestamp':'2026-11-21T12:00:01.000Z'");
    ((struct parsed *)*state)->memory.reference = (struct timestamp){1795262400, 0};
    parsed_expect_part(*state, "<134>Nov 21 11:00:00 fw1 " HEADER,
                       "'@timestamp':'2026-11-21T11:00:00.000Z'");
    parsed_expect_part(*state, "Nov 21 11:00:00 fw1 " HEADER, "'hostname':'fw1'");
    parsed_expect_part(*state, "something else " HEADER, "'labels':{'prefix':'something else'}");
}

/* Each key is looked at a few times, however many there are. */
static void many_keys_take_linear_time(void **state)
{
    scoped_buf struct buf line = BUF_INIT(4 << 20);

    buf_add_text(&line, HEADER);
    for (unsigned i = 0; i < 50000; i++)
        buf_addf(&line, "k%uLabel=v ", i);
    assert_true(parsed_line(*state, buf_slice(&line)));
    assert_non_null(strstr(((struct parsed *)*state)->text, "\"k49999Label\":\"v\""));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, parsed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(headers),
        CASE(extensions),
        CASE(times),
        CASE(syslog_may_stand_in_front),
        CASE(many_keys_take_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
