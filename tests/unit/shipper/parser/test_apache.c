/*
 * test_apache.c - LogFormat strings of httpd: lines and the records they become.
 *
 * Directives stand alone where they can; traps of whole lines are in test_parser.c.
 */
#include "tests/unit/support/fragments.h"
#include "tests/unit/support/logged.h"

static void one_directive_each(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%a", "192.0.2.1", "{" TEST_CLIENT "}"},
        {"apache:%a", "2001:db8::1", "{'source':{'address':'2001:db8::1','ip':'2001:db8::1'}}"},
        {"apache:%{c}a", "192.0.2.1", "{" TEST_CLIENT "}"},
        {"apache:%a %{c}a", "192.0.2.1 10.0.0.1",
         "{" TEST_CLIENT ",'labels':{'peer_address':'10.0.0.1'}}"},
        {"apache:%a %h", "192.0.2.1 host.example.org",
         "{'source':{'address':'host.example.org','ip':'192.0.2.1'}}"},
        {"apache:%h %a", "host.example.org 192.0.2.1",
         "{'source':{'address':'host.example.org','ip':'192.0.2.1'}}"},
        {"apache:%A", "10.0.0.2", "{'destination':{'address':'10.0.0.2','ip':'10.0.0.2'}}"},
        {"apache:%B", "0", "{'http':{'response':{'body':{'bytes':0}}}}"},
        {"apache:%b", "-", "{}"},
        {"apache:%{sid}C", "abc", "{'labels':{'cookie_sid':'abc'}}"},
        {"apache:%{sid}C", "-", "{}"},
        {"apache:%{UNIQUE}e", "x", "{'labels':{'env_unique':'x'}}"},
        {"apache:%f", "/var/www/a b.html", "{'labels':{'filename':'/var/www/a b.html'}}"},
        {"apache:%H", "HTTP/1.1", "{'http':{'version':'1.1'}}"},
        {"apache:%H", "-", "{}"},
        {"apache:%{X-Foo-Bar}i", "a b  c", "{'labels':{'http_x_foo_bar':'a b  c'}}"},
        {"apache:%{Content-Type}i", "text/html; charset=utf-8",
         "{'http':{'request':{'mime_type':'text/html; charset=utf-8'}}}"},
        {"apache:%{X-Request-Id}i", "77", "{'http':{'request':{'id':'77'}}}"},
        {"apache:%k", "3", "{'labels':{'connection_requests':'3'}}"},
        {"apache:%l", "frank", "{'labels':{'ident':'frank'}}"},
        {"apache:%L", "VHpJ+w", "{'labels':{'log_id':'VHpJ+w'}}"},
        {"apache:%{c}L", "VHpJ+w", "{'labels':{'connection_log_id':'VHpJ+w'}}"},
        {"apache:%m", "GET", "{'http':{'request':{'method':'GET'}}}"},
        {"apache:%{n}n", "1", "{'labels':{'note_n':'1'}}"},
        {"apache:%{Content-Type}o", "text/css", "{'http':{'response':{'mime_type':'text/css'}}}"},
        {"apache:%{ETag}o", "\"x\"", "{'labels':{'sent_http_etag':'\\'x\\''}}"},
        {"apache:%p", "443", "{'url':{'port':443}}"},
        {"apache:%{canonical}p", "80", "{'url':{'port':80}}"},
        {"apache:%{local}p", "8080", "{'destination':{'port':8080}}"},
        {"apache:%{REMOTE}p", "51234", "{'source':{'port':51234}}"},
        {"apache:%P", "17", "{'process':{'pid':17}}"},
        {"apache:%{pid}P", "17", "{'process':{'pid':17}}"},
        {"apache:%{tid}P", "140168282543872", "{'process':{'thread':{'id':140168282543872}}}"},
        {"apache:%{hextid}P", "7f7b0e7fc700", "{'process':{'thread':{'id':140166500960000}}}"},
        {"apache:%q", "?a=b", "{'url':{'query':'a=b'}}"},
        {"apache:%q", "", "{}"},
        {"apache:%r", "GET / HTTP/1.1", "{'message':'GET / HTTP/1.1'," GET_1_1 "," GET_ROOT "}"},
        {"apache:%R", "proxy-server", "{'labels':{'handler':'proxy-server'}}"},
        {"apache:%s", "404", "{" POOR_EVENT ",'http':{'response':{'status_code':404}}}"},
        {"apache:%>s", "000", "{}"},
        {"apache:%<s", "302", "{" GOOD_EVENT ",'http':{'response':{'status_code':302}}}"},
        {"apache:%<s %>s", "302 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'original_status':'302'}}"},
        {"apache:%s %>s", "302 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'original_status':'302'}}"},
        {"apache:%u", "frank", "{'user':{'name':'frank'}}"},
        {"apache:%u", "\"\"", "{}"},
        {"apache:%U", "/a", "{'url':{'original':'/a','path':'/a'}}"},
        {"apache:%v", "example.org", "{'url':{'domain':'example.org'}}"},
        {"apache:%V", "www.example.org", "{'url':{'domain':'www.example.org'}}"},
        {"apache:%X", "+", "{'labels':{'connection_status':'+'}}"},
        {"apache:%X", "-", "{'labels':{'connection_status':'-'}}"},
        {"apache:%I", "512", "{'http':{'request':{'bytes':512}}}"},
        {"apache:%O", "1024", "{'http':{'response':{'bytes':1024}}}"},
        {"apache:%S", "1536", "{'labels':{'bytes_transferred':'1536'}}"},
        {"apache:%^FB", "890", "{'labels':{'first_byte_us':'890'}}"},
        {"apache:%{X-T}^ti", "v", "{'labels':{'trailer_x_t':'v'}}"},
        {"apache:%{X-T}^to", "w", "{'labels':{'sent_trailer_x_t':'w'}}"},
        {"apache:%{SSL_PROTOCOL}x", "TLSv1.3",
         "{'tls':{'version':'1.3','version_protocol':'tls'}}"},
        {"apache:%{SSL_CIPHER}x", "TLS_AES_256_GCM_SHA384",
         "{'tls':{'cipher':'TLS_AES_256_GCM_SHA384'}}"},
        {"apache:%{SSL_TLS_SNI}x", "a.example.org",
         "{'tls':{'client':{'server_name':'a.example.org'}}}"},
        {"apache:%{SSL_CLIENT_S_DN}x", "CN=Joe,O=Example Corp",
         "{'labels':{'ssl_client_s_dn':'CN=Joe,O=Example Corp'}}"},
        {"apache:%{SSL_SESSION_RESUMED}x", "Resumed", "{'tls':{'resumed':true}}"},
        {"apache:%{version}c", "TLSv1", "{'tls':{'version':'1','version_protocol':'tls'}}"},
        {"apache:%{cipher}c", "-", "{}"},
        {"apache:%{errstr}c", "x", "{'labels':{'ssl_errstr':'x'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void durations_are_nanoseconds(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%D", "1966093", "{'event':{'duration':1966093000}}"},
        {"apache:%T", "3", "{'event':{'duration':3000000000}}"},
        {"apache:%{s}T", "3", "{'event':{'duration':3000000000}}"},
        {"apache:%{ms}T", "1042", "{'event':{'duration':1042000000}}"},
        {"apache:%{MS}T", "7", "{'event':{'duration':7000000}}"},
        {"apache:%{us}T", "7", "{'event':{'duration':7000}}"},
        {"apache:%T %{ms}T %D", "1 1042 1042001", "{'event':{'duration':1042001000}}"},
        {"apache:%T", "-", "{}"},
        {"apache:%D", "-5", "{'labels':{'duration':'-5'}}"},
        {"apache:%D", "x", NULL},
        {"apache:%T", "99999999999", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void times_of_every_kind(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%t", "[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER "}"},
        {"apache:%{}t", "[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER "}"},
        {"apache:%{begin}t", "[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER "}"},
        {"apache:%{begin:}t", "[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER "}"},
        {"apache:%{end}t", "[10/Oct/2000:13:55:36 -0700]",
         "{" OCTOBER ",'event':{'end':'2000-10-10T20:55:36.000Z'}}"},
        {"apache:%t %{end}t", "[10/Oct/2000:13:55:36 -0700] [10/Oct/2000:13:55:38 -0700]",
         "{" OCTOBER ",'event':{'end':'2000-10-10T20:55:38.000Z'}}"},
        {"apache:%{sec}t", "1511642826", "{'@timestamp':'2017-11-25T20:47:06.000Z'}"},
        {"apache:%{msec}t", "1511642826123", "{'@timestamp':'2017-11-25T20:47:06.123Z'}"},
        {"apache:%{usec}t", "1511642826123456", "{'@timestamp':'2017-11-25T20:47:06.123456Z'}"},
        {"apache:%{sec}t.%{usec_frac}t", "1511642826.000456",
         "{'@timestamp':'2017-11-25T20:47:06.000456Z'}"},
        {"apache:%{sec}t%{msec_frac}t", "1511642826042",
         "{'@timestamp':'2017-11-25T20:47:06.042Z'}"},
        {"apache:%t.%{msec_frac}t", "[10/Oct/2000:13:55:36 -0700].042",
         "{'@timestamp':'2000-10-10T20:55:36.042Z'}"},
        {"apache:%t %{usec}t", "[10/Oct/2000:13:55:36 -0700] 971211336123456",
         "{'@timestamp':'2000-10-10T20:55:36.123456Z'}"},
        {"apache:%{end:sec}t.%{end:msec_frac}t", "1511642826.250",
         "{'@timestamp':'2017-11-25T20:47:06.250Z','event':{'end':'2017-11-25T20:47:06.250Z'}}"},
        {"apache:%{sec}t", "x", NULL},
        {"apache:%{sec}t", "-", "{}"},
        {"apache:%{sec}t.%{msec_frac}t", "1511642826.1000",
         "{'@timestamp':'2017-11-25T20:47:06.100Z','labels':{'extra':'0'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void conditions_may_leave_a_dash(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:\"%400,501{User-agent}i\"", "\"-\"", "{}"},
        {"apache:%!200,304,302{Referer}i", "http://x/",
         "{'http':{'request':{'referrer':'http://x/'}}}"},
        {"apache:%200t", "-", "{}"},
        {"apache:%200t", "[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER "}"},
        {"apache:%200t %s", "[10/Oct/2000:13:55:36 -0700] 200",
         "{" OCTOBER "," GOOD_EVENT "," OK_RESPONSE "}"},
        {"apache:%200t %s", "- 500", "{" FAILED_EVENT ",'http':{'response':{'status_code':500}}}"},
        {"apache:%>!200T", "-", "{}"},
        {"apache:%{s}!200>T", "4", "{'event':{'duration':4000000000}}"},
        {"apache:%<200<!>T", "-", "{}"},
        {"apache:%200{msec_frac}t", "-", "{}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void literals_may_be_anything(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%%%h", "%h.example", "{'source':{'address':'h.example'}}"},
        {"apache:%h\\t%s", "h\t200", "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE "}"},
        {"apache:%h <-> %s", "h <-> 200",
         "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE "}"},
        {"apache:a%hb", "axb", "{'source':{'address':'x'}}"},
        {"apache:%h|%u|%s", "h|a b|200",
         "{" GOOD_EVENT ",'source':{'address':'h'},'user':{'name':'a b'}," OK_RESPONSE "}"},
        {"apache:'%h' \\'%s\\'", "'h' '200'",
         "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE "}"},
        {"apache:%h %s\\n", "h 200", "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE "}"},
        {"apache:\\\"%r\\\" %s", "\"GET / HTTP/1.0\" 200",
         "{'message':'GET / HTTP/1.0'," GOOD_EVENT ",'http':{'version':'1.0','request':{'method':'"
         "GET'},'response':{'status_code':200}}," GET_ROOT "}"},
        {"apache:[%h] [%u]", "[h] [u]", "{'source':{'address':'h'},'user':{'name':'u'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void directives_may_touch_each_other(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%m %U%q %H", "POST /a?b=c HTTP/1.1",
         "{'message':'POST /a?b=c "
         "HTTP/1.1','http':{'version':'1.1','request':{'method':'POST'}},'url':{'original':'/"
         "a?b=c','path':'/a','query':'b=c'}}"},
        {"apache:%U%q", "/a", "{'url':{'original':'/a','path':'/a'}}"},
        {"apache:%U%q", "/a?", "{'url':{'original':'/a','path':'/a'}}"},
        {"apache:\"%v%U%q\"", "\"example.org/a?b\"",
         "{'url':{'original':'/a?b','domain':'example.org','path':'/a','query':'b'}}"},
        {"apache:%s%U", "200/x",
         "{" GOOD_EVENT "," OK_RESPONSE ",'url':{'original':'/x','path':'/x'}}"},
        {"apache:%a:%{remote}p", "2001:db8::1:443",
         "{'source':{'address':'2001:db8::1','ip':'2001:db8::1','port':443}}"},
        {"apache:%v:%p %h", "example.org:443 h",
         "{'source':{'address':'h'},'url':{'domain':'example.org','port':443}}"},
        {"apache:%h%t", "h[10/Oct/2000:13:55:36 -0700]", "{" OCTOBER ",'source':{'address':'h'}}"},
        {"apache:\"%m\" \"%U\" \"%q\" \"%H\"", "\"GET\" \"/x y\" \"?q\" \"HTTP/2.0\"",
         "{'message':'GET /x y?q "
         "HTTP/2.0','http':{'version':'2.0','request':{'method':'GET'}},'url':{'original':'/x "
         "y?q','path':'/x y','query':'q'}}"},
        {"apache:%X%s", "+200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'connection_status':'+'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void requests_of_every_kind(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:\"%r\"", "\"-\"", "{}"},
        {"apache:\"%r\"", "\"\"", "{}"},
        {"apache:\"%r\"", "\"\\x16\\x03\\x01\\x02\"", "{'message':'\\u0016\\u0003\\u0001\\u0002'}"},
        {"apache:\"%r\"", "\"GET /\"",
         "{'message':'GET /','http':{'request':{'method':'GET'}}," GET_ROOT "}"},
        {"apache:\"%r\"", "\"GET /a b c HTTP/1.1\"",
         "{'message':'GET /a b c HTTP/1.1'," GET_1_1
         ",'url':{'original':'/a b c','path':'/a b c'}}"},
        {"apache:\"%r\"", "\"get /x http\"",
         "{'message':'get /x http','http':{'request':{'method':'get'}},'url':{'original':'/x "
         "http','path':'/x http'}}"},
        {"apache:\"%r\"", "\"CONNECT example.org:443 HTTP/1.1\"",
         "{'message':'CONNECT example.org:443 "
         "HTTP/"
         "1.1','http':{'version':'1.1','request':{'method':'CONNECT'}},'url':{'original':'example."
         "org:443','domain':'example.org','port':443}}"},
        {"apache:\"%r\"", "\"OPTIONS * HTTP/1.1\"",
         "{'message':'OPTIONS * "
         "HTTP/"
         "1.1','http':{'version':'1.1','request':{'method':'OPTIONS'}},'url':{'original':'*','path'"
         ":'*'}}"},
        {"apache:\"%r\"", "\"GET http://u:p@example.org:8080/a/b?c#d HTTP/1.1\"",
         "{'message':'GET http://u:p@example.org:8080/a/b?c#d HTTP/1.1'," GET_1_1
         ",'url':{'original':'http://u:p@example.org:8080/a/"
         "b?c#d','domain':'example.org','port':8080,'scheme':'http','path':'/a/"
         "b','query':'c','fragment':'d'}}"},
        {"apache:\"%r\"", "\"GET /a#b?c HTTP/3.0\"",
         "{'message':'GET /a#b?c "
         "HTTP/3.0','http':{'version':'3.0','request':{'method':'GET'}},'url':{'original':'/"
         "a#b?c','path':'/a','fragment':'b?c'}}"},
        {"apache:\"%r\"", "\"GET / HTTP/1.1 \"",
         "{'message':'GET / HTTP/1.1 '," GET_1_1 "," GET_ROOT "}"},
        {"apache:\"%r\" %U %>s", "\"GET /old HTTP/1.1\" /new 200",
         "{'message':'GET /old HTTP/1.1'," GOOD_EVENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200}},'url'"
         ":{'original':'/old','path':'/old'},'labels':{'uri':'/new'}}"},
        {"apache:\"%r\" %U%q", "\"GET /a?b HTTP/1.1\" /a?b",
         "{'message':'GET /a?b HTTP/1.1'," GET_1_1
         ",'url':{'original':'/a?b','path':'/a','query':'b'}}"},
        {"apache:\"%r\" %m %H", "\"-\" GET HTTP/1.0",
         "{'http':{'version':'1.0','request':{'method':'GET'}}}"},
        {"apache:%r %>s %b", "GET /a b HTTP/1.1 200 5",
         "{'message':'GET /a b HTTP/1.1'," GOOD_EVENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}},'url':{'original':'/a b','path':'/a b'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void clients_behind_proxies(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"192.0.2.1\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'192.0.2.1','ip':'"
         "192.0.2.1'}}"},
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"192.0.2.1, 10.1.1.1, 10.2.2.2\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'192.0.2.1','ip':'"
         "192.0.2.1'},'labels':{'http_x_forwarded_for':'192.0.2.1, 10.1.1.1, 10.2.2.2'}}"},
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"unknown, 192.0.2.1\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'192.0.2.1','ip':'"
         "192.0.2.1'},'labels':{'http_x_forwarded_for':'unknown, 192.0.2.1'}}"},
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"-\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'}}"},
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"[2001:db8::1]:4711\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'2001:db8::1','ip':'"
         "2001:db8::1','port':4711},'labels':{'http_x_forwarded_for':'[2001:db8::1]:4711'}}"},
        {"apache:%{X-Forwarded-For}i %l %u %t",
         "192.0.2.1, 10.0.0.1 - - [10/Oct/2000:13:55:36 -0700]",
         "{" OCTOBER "," TEST_CLIENT ",'client':{'address':'192.0.2.1','ip':'192.0.2.1'},'labels':{"
         "'http_x_forwarded_for':'192.0.2.1, 10.0.0.1'}}"},
        {"apache:%{X-Forwarded-For}i %h", "- 10.0.0.1",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'}}"},
        {"apache:%h %{X-Real-IP}i %{X-Forwarded-For}i", "10.0.0.1 192.0.2.1 192.0.2.1",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'192.0.2.1','ip':'"
         "192.0.2.1'}}"},
        {"apache:%h \"%{X-Forwarded-For}i\"", "10.0.0.1 \"garbage here\"",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'},'client':{'address':'garbage here'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void hosts_and_ports(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%v %{Host}i", "main www.example.org:8080",
         "{'url':{'domain':'www.example.org','port':8080},'labels':{'server_name':'main'}}"},
        {"apache:%v:%p \"%r\"", "a.example:443 \"GET http://b.example:81/ HTTP/1.1\"",
         "{'message':'GET http://b.example:81/ HTTP/1.1'," GET_1_1
         ",'url':{'original':'http://b.example:81/"
         "','domain':'b.example','port':81,'scheme':'http','path':'/"
         "'},'labels':{'server_name':'a.example'}}"},
        {"apache:%v", "-", "{}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void texts_are_unescaped(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:\"%{X}i\"", "\"a\\\"b\\\\c\\td\\xc3\\xa9\\xff\"",
         "{'labels':{'http_x':'a\\'b\\\\c\\td\\\\xc3\\\\xa9\\\\xff'}}"},
        {"apache:%u", "caf\\xc3\\xa9", "{'user':{'name':'caf\303\251'}}"},
        {"apache:\"%{User-Agent}i\"", "\"ends with a backslash\\\\\"",
         "{'user_agent':{'original':'ends with a backslash\\\\'}}"},
        {"apache:\"%{User-Agent}i\" %s", "\"\\\"quoted\\\" \\\" 200\" 500",
         "{" FAILED_EVENT ",'http':{'response':{'status_code':500}},'user_agent':{'original':'\\'"
         "quoted\\' \\' 200'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void values_that_hold_their_end(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%h %l %u %t", "h - a [b] [10/Oct/2000:13:55:36 -0700]",
         "{" OCTOBER ",'source':{'address':'h'},'user':{'name':'a [b]'}}"},
        {"apache:\"%{User-Agent}i\" %s", "\"raw \"quotes\" 404 in it\" 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'user_agent':{'original':'raw \\'quotes\\' 404 in it'}}"},
        {"apache:%{User-Agent}i %s %b", "Mozilla/5.0 (X11) 200 5",
         "{" GOOD_EVENT ",'http':{'response':{'status_code':200,'body':{'bytes':5}}},'user_agent':{"
         "'original':'Mozilla/5.0 (X11)'}}"},
        {"apache:\"%r\" %s", "\"GET /\" 200 HTTP/1.1\" 404",
         "{'message':'GET /\\' 200 HTTP/1.1'," POOR_EVENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':404}},'url'"
         ":{'original':'/\\' 200','path':'/\\' 200'}}"},
        {"apache:%h %l %u %t \"%r\" %>s %b",
         "0.0.0.0 -  -  [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200  5",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'0.0.0.0','ip':'0.0.0.0'},'http':{'version':'1.1','request':{'"
         "method':'GET'},'response':{'status_code':200,'body':{'bytes':5}}}," GET_ROOT "}"},
        {"apache:\"%{User-Agent}i\" %D", "\"-\"  8", "{'event':{'duration':8000}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void lines_that_do_not_fit(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%h %s", "h", NULL},
        {"apache:%h %s", "h x", NULL},
        {"apache:%h %s", "", NULL},
        {"apache:\"%r\"", "GET /", NULL},
        {"apache:\"%r\"", "\"GET /", NULL},
        {"apache:%s %b", "200 5k", NULL},
        {"apache:%{hextid}P", "xyz", NULL},
        {"apache:%t", "10/Oct/2000", NULL},
        {"apache:%t", "[10/Oct/2000:13:55:36]", NULL},
        {"apache:%a:%p", "h:99x", NULL},
        {"apache:a %h", "b h", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void what_follows_is_kept(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%h %s", "h 200 more \"of it\"",
         "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE
         ",'labels':{'extra':'more \\'of it\\''}}"},
        {"apache:\"%r\"", "\"GET /\" 1 2",
         "{'message':'GET /','http':{'request':{'method':'GET'}}," GET_ROOT
         ",'labels':{'extra':'1 2'}}"},
        {"apache:%s", "200 -", "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'extra':'-'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void vhosts_with_and_without_port(void **state)
{
    static const struct logged_case cases[] = {
        {"apache-vhost-combined",
         "www.example.org:80 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 "
         "\"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}},'url':{'original':'/','domain':'www.example.org','port':80,'path':'/"
         "'},'user_agent':{'original':'x'}}"},
        {"apache-vhost-combined",
         "www.example.org 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 "
         "\"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}},'url':{'original':'/','domain':'www.example.org','path':'/"
         "'},'user_agent':{'original':'x'}}"},
        {"apache-vhost-combined",
         "[::1]:8080 ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'::1','ip':'::1'},'http':{'version':'1.1','request':{'method':'GET'}"
         ",'response':{'status_code':200,'body':{'bytes':5}}},'url':{'original':'/"
         "','domain':'[::1]','port':8080,'path':'/'},'user_agent':{'original':'x'}}"},
        {"apache-vhost-combined", "nonsense", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void access_goes_by_the_line(void **state)
{
    static const struct logged_case cases[] = {
        {"apache-access", "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}}," GET_ROOT "}"},
        {"apache-access",
         "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}}," GET_ROOT ",'user_agent':{'original':'x'}}"},
        {"apache-access",
         "::1 - a b [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'::1','ip':'::1'},'user':{'name':'a "
         "b'},'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'"
         "body':{'bytes':5}}}," GET_ROOT ",'user_agent':{'original':'x'}}"},
        {"apache-access",
         "w.example:443 ::1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'::1','ip':'::1'},'http':{'version':'1.1','request':{'method':'GET'}"
         ",'response':{'status_code':200,'body':{'bytes':5}}},'url':{'original':'/"
         "','domain':'w.example','port':443,'path':'/'}}"},
        {"apache-access", "w.example ::1 - u [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'::1','ip':'::1'},'user':{'name':'u'},'http':{'version':'1.1','"
         "request':{'method':'GET'},'response':{'status_code':200,'body':{'bytes':5}}},'url':{'"
         "original':'/','domain':'w.example','path':'/'}}"},
        {"apache-access",
         "w.example ::1 - u [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"r\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'::1','ip':'::1'},'user':{'name':'u'},'http':{'version':'1.1','"
         "request':{'method':'GET','referrer':'r'},'response':{'status_code':200,'body':{'bytes':5}"
         "}},'url':{'original':'/','domain':'w.example','path':'/"
         "'},'user_agent':{'original':'x'}}"},
        {"apache-access", "Oct 10 something else [1]: x", NULL},
        {"apache-combinedio",
         "h - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\" 300 500",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'h'},'http':{'version':'1.1','request':{'method':'GET','bytes':300},"
         "'response':{'status_code':200,'bytes':500,'body':{'bytes':5}}}," GET_ROOT
         ",'user_agent':{'original':'x'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void httpd_conf_may_be_pasted(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:LogFormat \"%h \\\"%r\\\" %>s\" mine", "h \"GET / HTTP/1.1\" 200",
         "{'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'h'},'http':{'version':'1.1','request':{'method':'GET'},'response':{"
         "'status_code':200}}," GET_ROOT "}"},
        {"apache:  CustomLog logs/access.log \"%h %>s\" env=!x", "h 200",
         "{" GOOD_EVENT ",'source':{'address':'h'}," OK_RESPONSE "}"},
        {"apache:combined",
         "h - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT
         ",'source':{'address':'h'},'http':{'version':'1.1','request':{'method':'GET'},'response':{"
         "'status_code':200,'body':{'bytes':5}}}," GET_ROOT ",'user_agent':{'original':'x'}}"},
        {"apache:{\"time\":\"%{sec}t\",\"client\":\"%a\",\"request\":\"%U%q\",\"ua\":\"%{User-"
         "agent}i\"}",
         "{\"time\":\"1511642826\",\"client\":\"192.0.2.1\",\"request\":\"/a?b\",\"ua\":\"x "
         "\\\"y\\\"\"}",
         "{'@timestamp':'2017-11-25T20:47:06.000Z'," TEST_CLIENT
         ",'url':{'original':'/a?b','path':'/a','query':'b'},'user_agent':{'original':'x "
         "\\'y\\''}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void times_by_strftime(void **state)
{
    static const struct logged_case cases[] = {
        {"apache:%{%Y-%m-%d %H:%M:%S}t %r", "2017-11-25 20:47:06 GET / HTTP/1.1",
         "{'@timestamp':'2017-11-25T20:47:06.000Z','message':'GET / HTTP/1.1'," GET_1_1 "," GET_ROOT
         "}"},
        {"apache:%{%Y-%m-%d %H:%M:%S %z}t [%{msec_frac}t] %s",
         "2019-05-05 20:49:14 +0000 [690] 403",
         "{'@timestamp':'2019-05-05T20:49:14.690Z'," POOR_EVENT
         ",'http':{'response':{'status_code':403}}}"},
        {"apache:%{%Y-%m-%d}t %{%H:%M:%S}t %{%z}t %s", "2017-11-25 20:47:06 -0500 200",
         "{'@timestamp':'2017-11-26T01:47:06.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
        {"apache:%>{%Y-%m-%dT%H:%M:%S}t.%>{usec_frac}t%>{%z}t", "2019-05-06T12:09:43.123456-0400",
         "{'@timestamp':'2019-05-06T16:09:43.123456Z'}"},
        {"apache:%{%s}t %s", "1511642826 200",
         "{'@timestamp':'2017-11-25T20:47:06.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
        {"apache:%{%D%t%T}t", "05/06/19\t13:42:26", "{'@timestamp':'2019-05-06T13:42:26.000Z'}"},
        {"apache:%{%F %R:%S}t", "2019-05-06 13:42:26", "{'@timestamp':'2019-05-06T13:42:26.000Z'}"},
        {"apache:%{%A, %d. %B %Y %T}t %h", "Saturday, 25. November 2017 20:47:06 h",
         "{'@timestamp':'2017-11-25T20:47:06.000Z','source':{'address':'h'}}"},
        {"apache:%{%a %b %e %T %Y}t %h", "Sat Nov  4 20:47:06 2017 h",
         "{'@timestamp':'2017-11-04T20:47:06.000Z','source':{'address':'h'}}"},
        {"apache:%{%c}t|%s", "Sat Nov 25 20:47:06 2017|200",
         "{'@timestamp':'2017-11-25T20:47:06.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
        {"apache:%{%d/%b/%Y:%I:%M:%S %p}t", "10/Oct/2000:01:55:36 PM",
         "{'@timestamp':'2000-10-10T13:55:36.000Z'}"},
        {"apache:%{begin:%F %T}t %{end:%F %T}t", "2017-11-25 20:47:06 2017-11-25 20:47:09",
         "{'@timestamp':'2017-11-25T20:47:06.000Z','event':{'end':'2017-11-25T20:47:09.000Z'}}"},
        {"apache:%{end:%F %T}t.%{end:msec_frac}t", "2017-11-25 20:47:06.250",
         "{'@timestamp':'2017-11-25T20:47:06.250Z','event':{'end':'2017-11-25T20:47:06.250Z'}}"},
        {"apache:[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t] \"%r\"",
         "[10/Oct/2000:13:55:36.042 -0700] \"GET / HTTP/1.0\"",
         "{'@timestamp':'2000-10-10T20:55:36.042Z','message':'GET / "
         "HTTP/1.0','http':{'version':'1.0','request':{'method':'GET'}}," GET_ROOT "}"},
        {"apache:%200{%Y-%m-%d}t", "-", "{}"},
        {"apache:%200{%F %T}t %s", "- 500",
         "{" FAILED_EVENT ",'http':{'response':{'status_code':500}}}"},
        {"apache:%200{%F %T}t %s", "2017-11-25 20:47:06 200",
         "{'@timestamp':'2017-11-25T20:47:06.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
        {"apache:%{%a %b %d}t %h", "Sat Nov 25 h",
         "{'source':{'address':'h'},'labels':{'time':'Sat Nov 25'}}"},
        {"apache:%{%B}t %{%A}t|%h", "November Saturday|h",
         "{'source':{'address':'h'},'labels':{'time':'November','time_2':'Saturday'}}"},
        {"apache:%{%H:%M}t %{%Y}t %h", "20:47 2017 h",
         "{'source':{'address':'h'},'labels':{'time':'20:47','time_2':'2017'}}"},
        {"apache:%{%F %T}t", "2017-13-25 20:47:06", NULL},
        {"apache:%{%F %T}t", "2017-11-25", NULL},
        {"apache:%{%F %T}t %{usec}t", "2017-11-25 20:47:06 1511642826123456",
         "{'@timestamp':'2017-11-25T20:47:06.123456Z'}"},
        {"apache:{\"t\":\"%{%Y-%m-%dT%H:%M:%S%z}t\",\"s\":%>s}",
         "{\"t\":\"2015-11-25T15:24:45+0100\",\"s\":200}",
         "{'@timestamp':'2015-11-25T14:24:45.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void formats_that_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"apache:", "no directive"},
        {"apache:plain text", "no directive"},
        {"apache:%h %Z", "'%Z' at character 4"},
        {"apache:%{x}Q", "'%{x}Q' at character 1"},
        {"apache:%h %", "character 4 of the format has no end"},
        {"apache:%{Referer", "character 1 of the format has no end"},
        {"apache:%h%u", "nothing between"},
        {"apache:%{A}i%{B}i", "directives 1 and 2"},
        {"apache:%h %u%f %s", "directives 2 and 3"},
        {"apache:%b%D", "put a blank"},
        {"apache:%h\\n%s", "line break at character 3"},
        {"apache:%^t", "has no end"},
        {"apache:%{%d/%b/%Y %H:%M:%S %!}t", "%!"},
        {"apache:%{%B}t%u", "nothing between"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        logged_refused(cases[i][0], cases[i][1]);
}

static void times_without_offset_are_of_the_zone_of_the_input(void **state)
{
    const struct parser_options options = {.timezone = "Europe/Berlin"};
    struct parsed parsed;

    (void)state;
    parsed_open(&parsed, "apache:%{%d/%b/%Y %T}t %{end:%d/%b %T}t", &options);
    parsed.memory.reference.s = 1499000000; /* July 2017 */
    parsed_expect(&parsed,
                  &(struct parsed_case){"01/Jul/2017 12:00:00 01/Jul 12:00:01",
                                        "{'@timestamp':'2017-07-01T10:00:00.000Z','event':{'end':"
                                        "'2017-07-01T10:00:01.000Z'}}"});
    parsed_close(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_directive_each),
        cmocka_unit_test(durations_are_nanoseconds),
        cmocka_unit_test(times_of_every_kind),
        cmocka_unit_test(conditions_may_leave_a_dash),
        cmocka_unit_test(literals_may_be_anything),
        cmocka_unit_test(directives_may_touch_each_other),
        cmocka_unit_test(requests_of_every_kind),
        cmocka_unit_test(clients_behind_proxies),
        cmocka_unit_test(hosts_and_ports),
        cmocka_unit_test(texts_are_unescaped),
        cmocka_unit_test(values_that_hold_their_end),
        cmocka_unit_test(lines_that_do_not_fit),
        cmocka_unit_test(what_follows_is_kept),
        cmocka_unit_test(vhosts_with_and_without_port),
        cmocka_unit_test(access_goes_by_the_line),
        cmocka_unit_test(httpd_conf_may_be_pasted),
        cmocka_unit_test(times_by_strftime),
        cmocka_unit_test(formats_that_are_refused),
        cmocka_unit_test(times_without_offset_are_of_the_zone_of_the_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
