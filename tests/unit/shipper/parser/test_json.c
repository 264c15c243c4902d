/*
 * test_json.c - JSON lines: strictness, types, names of loggers, hostile input.
 */
#include "tests/unit/support/parsed.h"
#include "tests/unit/support/rng.h"

static int set_up(void **state)
{
    return parsed_set_up(state, "json");
}

/* ---- RFC 8259 ---- */

static void what_json_does_not_allow_does_not_fit(void **state)
{
    static const char *const lines[] = {
        "",
        " ",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{\"a\":1}{\"b\":2}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":'x'}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":undefined}",
        "{\"a\":True}",
        "{\"a\":nul}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":0x10}",
        "{\"a\":1_000}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"x}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"\xff\":1}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1}",
        "{\"a\":{\"b\":1}",
        "{\"a\":1/*c*/}",
        "{\"a\":1}//c",
        "{\"a\":{\"b\":tru}}",
        "{1:2}",
        "{null:2}",
        "\xa0{\"a\":1}",
        "\x0c{\"a\":1}",
        "[1,2",
        "tru",
        "plain text",
        "\xef\xbb\xbf",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        parsed_expect_failure(*state, slice_of(lines[i]));
    parsed_expect_failure(*state, (struct slice){"{\"a\":\"\0\"}", 9});
    parsed_expect_failure(*state, (struct slice){"{\"a\":1}\0", 8});
}

static void what_json_allows_fits(void **state)
{
    static const struct parsed_case cases[] = {
        {"{}", "{}"},
        {" \t{ 'a' :\r 1 , 'b' : [ 1 , 2 ] } \n", "{'labels':{'a':1,'b':[1,2]}}"},
        {"\xef\xbb\xbf{'a':1}", "{'labels':{'a':1}}"},
        {"{'a':-0,'b':1E+2,'c':1e-2,'d':0.5,'e':-1.0}",
         "{'labels':{'a':-0,'b':1E+2,'c':1e-2,'d':0.5,'e':-1.0}}"},
        {"{'a':123456789012345678901234567890.123456789012345678901234567890}",
         "{'labels':{'a':123456789012345678901234567890.123456789012345678901234567890}}"},
        {"{'a':'\\ud800','b':'\\udc00x','c':'\\ud83d\\ude00'}",
         "{'labels':{'a':'\xef\xbf\xbd','b':'\xef\xbf\xbdx','c':'\xf0\x9f\x98\x80'}}"},
        {"{'a':'\\u0000\\u001f\\/\\b'}", "{'labels':{'a':'\\u0000\\u001f\\/\\b'}}"},
        {"{'a':'\x7f\xc3\xa4'}", "{'labels':{'a':'\x7f\xc3\xa4'}}"},
        {"{'a':1,'a':2,'\\u0061':3}", "{'labels':{'a':3}}"},
        {"{'a':[{'x':1,'x':2}]}", "{'labels':{'a':[{'x':2}]}}"},
        {"{'':1}", "{'labels':{'':1}}"},
        {"{'a':null}", "{}"},
        {"{'a':{},'b':[]}", "{'labels':{'a':{},'b':[]}}"},
        {"{'\\u0000':1}", "{'labels':{'\\ufffd':1}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void values_that_are_no_objects_become_the_message(void **state)
{
    static const struct parsed_case cases[] = {
        {"[1, 2]", "{'message':'[1, 2]'}"}, {"'two words'", "{'message':'two words'}"},
        {"42", "{'message':'42'}"},         {"null", "{'message':'null'}"},
        {"''", "{'message':'\\'\\''}"},     {" true ", "{'message':'true'}"},
        {"'a\\nb'", "{'message':'a\\nb'}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

/* ---- ECS ---- */

static void names_of_ecs_may_be_nested_or_dotted(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'http':{'request':{'method':'GET'}},'url.path':'/a'}",
         "{'message':'GET /a','http':{'request':{'method':'GET'}},"
         "'url':{'original':'/a','path':'/a'}}"},
        {"{'log':{'level':'ERROR','logger':'a.b'},'message':'m'}",
         "{'message':'m','log':{'level':'error','logger':'a.b'}}"},
        {"{'http.response':{'status_code':200}}",
         "{'event':{'outcome':'success'},'log':{'level':'info'},"
         "'http':{'response':{'status_code':200}}}"},
        {"{'process':{'pid':'77','thread':{'id':5}}}", "{'process':{'pid':77,'thread':{'id':5}}}"},
        {"{'labels':{'team':'a'},'labels.x':1,'tags':['a','b']}",
         "{'tags':['a','b'],'labels':{'team':'a','x':1}}"},
        {"{'event':{'kind':'event','category':['web']},'ecs.version':'8.11'}",
         "{'event':{'kind':'event','category':['web']},'ecs.version':'8.11'}"},
        {"{'host':{'name':'h','os':{'name':'Linux'}}}", "{'host':{'name':'h','os.name':'Linux'}}"},
        {"{'source':{'address':'[::1]:80'}}", "{'source':{'address':'::1','ip':'::1','port':80}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void wrong_types_under_names_of_ecs_become_labels(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'source':'x'}", "{'tags':['_typeconflict'],'labels':{'source':'x'}}"},
        {"{'http':5,'url':['a','b']}",
         "{'tags':['_typeconflict'],'labels':{'http':5,'url':['a','b']}}"},
        {"{'source':{'ip':'nowhere','port':'http'}}",
         "{'tags':['_typeconflict'],'labels':{'source.ip':'nowhere','source.port':'http'}}"},
        {"{'http.response.status_code':'OK'}",
         "{'tags':['_typeconflict'],'labels':{'http.response.status_code':'OK'}}"},
        {"{'http.response.status_code':99999999999999999999}",
         "{'tags':['_typeconflict'],'labels':{'http.response.status_code':99999999999999999999}}"},
        {"{'event.duration':1.5}", "{'tags':['_typeconflict'],'labels':{'event.duration':1.5}}"},
        {"{'event.duration':2.0}", "{'event':{'duration':2}}"},
        {"{'message':{'a':1}}", "{'labels':{'message.a':1}}"},
        {"{'message':['a','b']}", "{'tags':['_typeconflict'],'labels':{'message':['a','b']}}"},
        {"{'message':['a']}", "{'message':'a'}"},
        {"{'message':5,'log.level':true}",
         "{'message':'5','tags':['_typeconflict'],'labels':{'log.level':true}}"},
        {"{'tags':[{'a':1}]}", "{'tags':['_typeconflict'],'labels':{'tags':[{'a':1}]}}"},
        {"{'tags':'one'}", "{'tags':['one']}"},
        {"{'labels':'x'}", "{'tags':['_typeconflict'],'labels':{'labels':'x'}}"},
        {"{'@timestamp':{'a':1}}", "{'labels':{'@timestamp.a':1}}"},
        {"{'user':{'name':{'first':'a'}}}", "{'labels':{'user.name.first':'a'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void absent_values_are_no_values(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'user':'-','referer':'','status':null,'x':'','y':'-'}", "{'labels':{'x':'','y':'-'}}"},
        {"{'status':0}", "{}"},
        {"{'message':''}", "{}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void what_is_ours_is_kept_apart(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'event':{'id':'x','dataset':'y'},'agent':{'id':'a'},'kafka':{'offset':1}}",
         "{'labels':{'event.id':'x','event.dataset':'y','agent.id':'a','kafka.offset':1}}"},
        {"{'log':{'offset':5,'file':{'path':'/x'}}}",
         "{'labels':{'log.offset':5,'log.file.path':'/x'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void two_names_for_one_field_lose_nothing(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'msg':'a','message':'b'}", "{'message':'b','labels':{'msg':'a'}}"},
        {"{'message':'b','msg':'a'}", "{'message':'b','labels':{'msg':'a'}}"},
        {"{'msg':'a','msg':'b'}", "{'message':'b'}"},
        {"{'level':'info','log.level':'warn'}",
         "{'log':{'level':'warn'},'labels':{'level':'info'}}"},
        {"{'time':'2026-01-01T00:00:00Z','@timestamp':'2026-01-02T00:00:00Z'}",
         "{'@timestamp':'2026-01-02T00:00:00.000Z','labels':{'time':'2026-01-01T00:00:00Z'}}"},
        {"{'url':'/b?c','path':'/a'}",
         "{'message':'/b?c','url':{'original':'/b?c','path':'/a','query':'c'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases) - 1);
    parsed_expect_part(*state, "{'path':'/a','url':'/b?c'}",
                       "'url':{'original':'/b?c','path':'/a','query':'c'}");
    parsed_expect_part(*state, cases[ARRAY_LEN(cases) - 1].line,
                       "'url':{'original':'/b?c','path':'/a','query':'c'}");
}

/* ---- when ---- */

static void times_are_exact(void **state)
{
    static const struct {
        const char *member, *time;
    } cases[] = {
        {"'@timestamp':'2026-11-21T12:00:00.123456789Z'", "2026-11-21T12:00:00.123456789Z"},
        {"'time':'2026-11-21T12:00:00+05:45'", "2026-11-21T06:15:00.000Z"},
        {"'timestamp':'2026-11-21 12:00:00,123'", "2026-11-21T12:00:00.123Z"},
        {"'ts':1795262400", "2026-11-21T12:00:00.000Z"},
        {"'ts':1795262400.123456789", "2026-11-21T12:00:00.123456789Z"},
        {"'ts':1.795262400123e9", "2026-11-21T12:00:00.123Z"},
        {"'ts':'1795262400.1'", "2026-11-21T12:00:00.100Z"},
        {"'time':1795262400123", "2026-11-21T12:00:00.123Z"},
        {"'time':1795262400123456", "2026-11-21T12:00:00.123456Z"},
        {"'time':1795262400123456789", "2026-11-21T12:00:00.123456789Z"},
        {"'eventTime':'2026-11-21T12:00:00Z'", "2026-11-21T12:00:00.000Z"},
        {"'_timestamp':'2026-11-21T12:00:00Z'", "2026-11-21T12:00:00.000Z"},
        {"'datetime':'2026-11-21T12:00:00Z'", "2026-11-21T12:00:00.000Z"},
        {"'T':'2026-11-21T12:00:00Z'", "2026-11-21T12:00:00.000Z"},
        {"'@t':'2026-11-21T12:00:00Z'", "2026-11-21T12:00:00.000Z"},
        {"'t':{'$date':'2026-11-21T12:00:00.000+00:00'}", "2026-11-21T12:00:00.000Z"},
        {"'date':'2026-11-21','time':'12:00:00.5'", "2026-11-21T12:00:00.500Z"},
        {"'time':'12:00:00','date':'2026-11-21'", "2026-11-21T12:00:00.000Z"},
        {"'date':'2026-11-21'", "2026-11-21T00:00:00.000Z"},
        {"'time_local':'21/Nov/2026:13:00:00 +0100'", "2026-11-21T12:00:00.000Z"},
        {"'msec':'1795262400.250'", "2026-11-21T12:00:00.250Z"},
        {"'timeMillis':1795262400123", "2026-11-21T12:00:00.123Z"},
        {"'instant':{'epochSecond':1795262400,'nanoOfSecond':5}", "2026-11-21T12:00:00.000000005Z"},
        {"'__REALTIME_TIMESTAMP':'1795262400123456'", "2026-11-21T12:00:00.123456Z"},
        {"'timeUnixNano':'1795262400000000001'", "2026-11-21T12:00:00.000000001Z"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char line[200], part[80];

        snprintf(line, sizeof(line), "{%s}", cases[i].member);
        snprintf(part, sizeof(part), "{'@timestamp':'%s'}", cases[i].time);
        parsed_expect_part(*state, line, part);
    }
}

static void no_time_is_kept_and_said(void **state)
{
    static const struct parsed_case cases[] = {
        {"{'time':'2026-02-30T00:00:00Z'}",
         "{'tags':['_dateparsefailure'],'labels':{'time':'2026-02-30T00:00:00Z'}}"},
        {"{'@timestamp':'soon'}", "{'tags':['_dateparsefailure'],'labels':{'@timestamp':'soon'}}"},
        {"{'ts':12}", "{'tags':['_dateparsefailure'],'labels':{'ts':12}}"},
        {"{'ts':true}", "{'labels':{'ts':true}}"},
        {"{'time':'x','ts':1795262400}",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','labels':{'time':'x'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases) - 1);
    parsed_expect_part(*state, cases[ARRAY_LEN(cases) - 1].line, "'labels':{'time':'x'}");
}

static void times_without_offset_are_in_the_zone_of_the_input(void **state)
{
    const struct parser_options options = {.timezone = "Europe/Berlin"};
    struct parsed berlin;

    (void)state;
    parsed_open(&berlin, "json", &options);
    parsed_expect_part(&berlin, "{'time':'2026-07-01 12:00:00'}", "2026-07-01T10:00:00.000Z");
    parsed_expect_part(&berlin, "{'time':'2026-07-01T12:00:00Z'}", "2026-07-01T12:00:00.000Z");
    parsed_close(&berlin);
}

/* ---- loggers ---- */

static void levels_are_in_one_set_of_words(void **state)
{
    static const struct {
        const char *member, *level;
    } cases[] = {
        {"'level':'INFO'", "info"},
        {"'lvl':'warning'", "warn"},
        {"'severity':'ERROR'", "error"},
        {"'loglevel':'Fatal'", "critical"},
        {"'log_level':'debug'", "debug"},
        {"'levelname':'CRITICAL'", "critical"},
        {"'level':10", "trace"},
        {"'level':60", "critical"},
        {"'level':3", "error"},
        {"'level':'3'", "error"},
        {"'levelno':30", "warn"},
        {"'severityNumber':17", "error"},
        {"'SeverityText':'INFO'", "info"},
        {"'level':'E'", "error"},
        {"'PRIORITY':'4'", "warn"},
        {"'@l':'Warning'", "warn"},
        {"'level':'Audit'", "audit"},
        {"'level_value':20000", "info"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char line[200], part[80];

        snprintf(line, sizeof(line), "{%s}", cases[i].member);
        snprintf(part, sizeof(part), "'level':'%s'", cases[i].level);
        parsed_expect_part(*state, line, part);
    }
    parsed_expect_part(*state, "{'level':35}", "{'labels':{'level':35}}");
    parsed_expect_part(*state, "{'level':30}", "'severity':30");
    parsed_expect_part(*state, "{'severity':'High'}", "{'labels':{'severity':'High'}}");
}

static void lines_of_loggers(void **state)
{
    static const struct parsed_case cases[] = {
        /* bunyan */
        {"{'name':'shop','hostname':'web1','pid':40161,'level':30,'msg':'hi',"
         "'time':'2026-11-21T12:00:00.000Z','v':0}",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'hi','event':{'severity':30},"
         "'log':{'level':'info','logger':'shop'},'process':{'pid':40161},"
         "'host':{'hostname':'web1'},'labels':{'v':0}}"},
        /* zap */
        {"{'level':'error','ts':1795262400.5,'logger':'db','caller':'db/pool.go:57',"
         "'msg':'gone','error':'EOF','stacktrace':'main.f\\n\\tx'}",
         "{'@timestamp':'2026-11-21T12:00:00.500Z','message':'gone',"
         "'log':{'level':'error','logger':'db','origin':{'file':{'name':'db/pool.go','line':57}}},"
         "'error':{'message':'EOF','stack_trace':'main.f\\n\\tx'}}"},
        /* slog */
        {"{'time':'2026-11-21T12:00:00Z','level':'WARN','source':{'function':'main.f',"
         "'file':'/a.go','line':7},'msg':'m','k':1}",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'m','log':{'level':'warn',"
         "'origin':{'function':'main.f','file':{'name':'/a.go','line':7}}},'labels':{'k':1}}"},
        /* python-json-logger */
        {"{'asctime':'2026-11-21 12:00:00,250','levelname':'ERROR','name':'app.db',"
         "'message':'no','funcName':'f','lineno':3,'process':12,'threadName':'MainThread',"
         "'exc_info':'Traceback'}",
         "{'@timestamp':'2026-11-21T12:00:00.250Z','message':'no','log':{'level':'error',"
         "'logger':'app.db','origin':{'function':'f','file':{'line':3}}},"
         "'process':{'pid':12,'thread':{'name':'MainThread'}},'error':{'stack_trace':'Traceback'}"
         "}"},
        /* GELF */
        {"{'version':'1.1','host':'h','short_message':'s','full_message':'f',"
         "'timestamp':1795262400.25,'level':4,'_user_id':7,'_x':'y'}",
         "{'@timestamp':'2026-11-21T12:00:00.250Z','message':'s','event':{'severity':4},"
         "'log':{'level':'warn'},'user':{'id':'7'},'host':{'hostname':'h'},"
         "'labels':{'version':'1.1','full_message':'f','x':'y'}}"},
        /* Docker's json-file */
        {"{'log':'a line\\n','stream':'stderr','time':'2026-11-21T12:00:00.000000001Z'}",
         "{'@timestamp':'2026-11-21T12:00:00.000000001Z','message':'a line',"
         "'labels':{'stream':'stderr'}}"},
        /* Datadog's and OpenTelemetry's trace ids */
        {"{'dd.trace_id':'1','dd.span_id':'2','dd':{'service':'s','env':'prod','version':'3'}}",
         "{'service':{'name':'s','version':'3','environment':'prod'},'trace':{'id':'1'},"
         "'span':{'id':'2'}}"},
        /* structlog: the message is called event */
        {"{'event':'logged in','level':'info','user':'ada'}",
         "{'message':'logged in','log':{'level':'info'},'user':{'name':'ada'}}"},
        {"{'name':'Ada','n':1}", "{'labels':{'n':1,'name':'Ada'}}"},
        {"{'err':{'message':'m','name':'TypeError','stack':'s','code':'E1'}}",
         "{'error':{'code':'E1','type':'TypeError','message':'m','stack_trace':'s'}}"},
        {"{'logger':'l','thread':'main','thread_name':'t'}",
         "{'log':{'logger':'l'},'process':{'thread':{'name':'t'}},'labels':{'thread':'main'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

static void access_logs_in_json(void **state)
{
    static const struct parsed_case cases[] = {
        /* nginx */
        {"{'time_iso8601':'2026-11-21T12:00:00+00:00','remote_addr':'192.0.2.1',"
         "'remote_user':'','request':'GET /a?b=1 HTTP/1.1','status':'404',"
         "'body_bytes_sent':'12','request_time':'0.005','http_referrer':'-',"
         "'http_user_agent':'UA','host':'example.com','upstream':'u'}",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'GET /a?b=1 HTTP/1.1',"
         "'event':{'duration':5000000,'outcome':'failure'},'log':{'level':'warn'},"
         "'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'http':{'version':'1.1','request':{'method':'GET'},"
         "'response':{'status_code':404,'body':{'bytes':12}}},"
         "'url':{'original':'/a?b=1','domain':'example.com','path':'/a','query':'b=1'},"
         "'user_agent':{'original':'UA'},'labels':{'upstream':'u'}}"},
        /* Caddy */
        {"{'level':'info','ts':1795262400.5,'logger':'http.log.access','msg':'handled request',"
         "'request':{'remote_ip':'::1','remote_port':'4134','client_ip':'192.0.2.9',"
         "'proto':'HTTP/2.0','method':'GET','host':'localhost:8443','uri':'/x?y',"
         "'headers':{'User-Agent':['curl'],'Accept':['*/*']}},'duration':5.8e-05,'size':10,"
         "'status':200}",
         "{'@timestamp':'2026-11-21T12:00:00.500Z','message':'handled request',"
         "'event':{'duration':58000,'outcome':'success'},"
         "'log':{'level':'info','logger':'http.log.access'},"
         "'source':{'address':'::1','ip':'::1','port':4134},"
         "'client':{'address':'192.0.2.9','ip':'192.0.2.9'},"
         "'http':{'version':'2.0','request':{'method':'GET'},"
         "'response':{'status_code':200,'body':{'bytes':10}}},"
         "'url':{'original':'/x?y','domain':'localhost','port':8443,'path':'/x','query':'y'},"
         "'user_agent':{'original':'curl'},'labels':{'request.headers.Accept':['*/*']}}"},
        /* Traefik */
        {"{'ClientAddr':'192.0.2.1:5000','DownstreamStatus':200,'Duration':1234567,"
         "'RequestMethod':'GET','RequestPath':'/foo','RequestProtocol':'HTTP/1.1',"
         "'RequestHost':'ex.com','time':'2026-11-21T12:00:00Z'}",
         "{'@timestamp':'2026-11-21T12:00:00.000Z','message':'GET /foo HTTP/1.1',"
         "'event':{'duration':1234567,'outcome':'success'},'log':{'level':'info'},"
         "'source':{'address':'192.0.2.1','ip':'192.0.2.1','port':5000},"
         "'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200}},"
         "'url':{'original':'/foo','domain':'ex.com','path':'/foo'}}"},
        /* Google Cloud */
        {"{'severity':'INFO','httpRequest':{'requestMethod':'GET','requestUrl':"
         "'https://ex.com/a?b','status':200,'latency':'0.25s','remoteIp':'192.0.2.1'}}",
         "{'message':'GET https://ex.com/a?b','event':{'duration':250000000,'outcome':'success'},"
         "'log':{'level':'info'},'source':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'http':{'request':{'method':'GET'},'response':{'status_code':200}},"
         "'url':{'original':'https://ex.com/a?b','domain':'ex.com','scheme':'https',"
         "'path':'/a','query':'b'}}"},
        {"{'duration_ms':12.5}", "{'event':{'duration':12500000}}"},
        {"{'latency':'1m2.5s'}", "{'event':{'duration':62500000000}}"},
        {"{'duration':3}", "{'labels':{'duration':3}}"},
        {"{'x_forwarded_for':'192.0.2.1, 10.0.0.1'}",
         "{'client':{'address':'192.0.2.1','ip':'192.0.2.1'},"
         "'labels':{'x_forwarded_for':'192.0.2.1, 10.0.0.1'}}"},
        {"{'method':'getUser','path':'C:/x','status':'ok','request':'none','response':'yes'}",
         "{'labels':{'method':'getUser','status':'ok','request':'none',"
         "'response':'yes','path':'C:/x'}}"},
    };

    parsed_expect_all(*state, cases, ARRAY_LEN(cases));
}

/* ---- hostile ---- */

static void depth_is_bounded(void **state)
{
    struct parsed *parsed = *state;

    /* What is taken apart counts by itself, so objects may go deeper than lists. */
    for (unsigned depth = 1; depth < 400; depth++)
        for (int objects = 0; objects < 2; objects++) {
            scoped_buf struct buf line = BUF_INIT(65536);
            bool fits;

            buf_add_text(&line, "{\"a\":");
            for (unsigned i = 0; i < depth; i++)
                buf_add_text(&line, objects ? "{\"b\":" : "[");
            buf_add_text(&line, "1");
            for (unsigned i = 0; i < depth; i++)
                buf_add_text(&line, objects ? "}" : "]");
            buf_add_text(&line, "}");
            fits = parsed_line(parsed, buf_slice(&line));
            if ((depth <= JSON_DEPTH_MAX - 1 && !fits) || (depth > 2 * JSON_DEPTH_MAX && fits))
                fail_msg("depth %u", depth);
        }
}

static void tens_of_thousands_of_members_are_kept(void **state)
{
    static const unsigned counts[] = {9999, 30000, 120000};
    struct parsed *parsed = *state;

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        scoped_buf struct buf line = BUF_INIT(16 << 20);
        char last[64];

        buf_add_text(&line, "{\"o\":{");
        for (unsigned k = 0; k < counts[i]; k++)
            buf_addf(&line, "%s\"k%u\":%u", k ? "," : "", k, k);
        buf_add_text(&line, "}}");
        assert_true(parsed_line(parsed, buf_slice(&line)));
        snprintf(last, sizeof(last), counts[i] < 100000 ? "\"o.k%u\":%u" : "o.k%u\\\":%u",
                 counts[i] - 1, counts[i] - 1);
        assert_non_null(strstr(parsed->text, last));
    }
}

static void long_names_do_not_multiply(void **state)
{
    struct parsed *parsed = *state;
    scoped_buf struct buf line = BUF_INIT(4 << 20);

    buf_add_text(&line, "{\"");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&line, 'n');
    buf_add_text(&line, "\":{");
    for (unsigned k = 0; k < 50000; k++)
        buf_addf(&line, "%s\"%u\":1", k ? "," : "", k);
    buf_add_text(&line, "}}");
    assert_true(parsed_line(parsed, buf_slice(&line)));
    assert_true(strlen(parsed->text) < 3 * line.len);
    assert_non_null(strstr(parsed->text, "\"more_members\":"));
}

static void deep_lists_become_text(void **state)
{
    struct parsed *parsed = *state;

    parsed_expect_part(parsed, "{'a':[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "'a':[[");
    parsed_expect_part(parsed, "{'a':[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", "'a':'[[");
}

static void random_changes_never_break_the_record(void **state)
{
    static const char seed_line[] =
        "{\"@timestamp\":\"2026-11-21T12:00:00Z\",\"level\":30,\"msg\":\"a\\u00e4\",\"req\":{"
        "\"method\":\"GET\",\"url\":\"/x?y\",\"headers\":{\"host\":[\"h:1\"]}},\"source\":{\"ip\":"
        "\"::1\"},\"tags\":[\"a\"],\"err\":{\"stack\":\"s\"},\"d\":[1,{\"e\":null}]}";
    struct parsed *parsed = *state;
    struct rng rng = rng_start();

    for (int i = 0; i < 20000; i++) {
        char line[sizeof(seed_line)];

        memcpy(line, seed_line, sizeof(line));
        for (unsigned n = 1 + (unsigned)rng_below(&rng, 4); n; n--)
            line[rng_below(&rng, sizeof(line) - 1)] = (char)rng_below(&rng, 256);
        parsed_line(parsed, (struct slice){line, sizeof(line) - 1});
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, parsed_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_json_does_not_allow_does_not_fit),
        CASE(what_json_allows_fits),
        CASE(values_that_are_no_objects_become_the_message),
        CASE(names_of_ecs_may_be_nested_or_dotted),
        CASE(wrong_types_under_names_of_ecs_become_labels),
        CASE(absent_values_are_no_values),
        CASE(what_is_ours_is_kept_apart),
        CASE(two_names_for_one_field_lose_nothing),
        CASE(times_are_exact),
        CASE(no_time_is_kept_and_said),
        CASE(times_without_offset_are_in_the_zone_of_the_input),
        CASE(levels_are_in_one_set_of_words),
        CASE(lines_of_loggers),
        CASE(access_logs_in_json),
        CASE(depth_is_bounded),
        CASE(tens_of_thousands_of_members_are_kept),
        CASE(long_names_do_not_multiply),
        CASE(deep_lists_become_text),
        CASE(random_changes_never_break_the_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
