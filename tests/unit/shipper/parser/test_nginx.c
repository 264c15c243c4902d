/*
 * test_nginx.c - log_format strings of nginx: lines and the records they become.
 */
#include "tests/unit/support/fragments.h"
#include "tests/unit/support/logged.h"
#include "tests/unit/support/parsed.h"
#include "tests/unit/support/rng.h"

static void one_variable_each(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:$remote_addr", "192.0.2.1", "{" TEST_CLIENT "}"},
        {"nginx:$remote_addr", "unix:", "{'source':{'address':'unix:'}}"},
        {"nginx:$remote_port", "51234", "{'source':{'port':51234}}"},
        {"nginx:$remote_user", "frank", "{'user':{'name':'frank'}}"},
        {"nginx:$remote_user", "-", "{}"},
        {"nginx:$time_local", "10/Oct/2000:13:55:36 -0700", "{" OCTOBER "}"},
        {"nginx:$time_iso8601", "2000-10-10T13:55:36-07:00", "{" OCTOBER "}"},
        {"nginx:$msec", "971211336.123", "{'@timestamp':'2000-10-10T20:55:36.123Z'}"},
        {"nginx:$request", "GET / HTTP/2.0",
         "{'message':'GET / HTTP/2.0','http':{'version':'2.0','request':{'method':'GET'}}," GET_ROOT
         "}"},
        {"nginx:$request_method", "GET", "{'http':{'request':{'method':'GET'}}}"},
        {"nginx:$request_uri", "/a?b=c#d",
         "{'url':{'original':'/a?b=c#d','path':'/a','query':'b=c','fragment':'d'}}"},
        {"nginx:$uri", "/index.html", "{'url':{'original':'/index.html','path':'/index.html'}}"},
        {"nginx:$document_uri", "/i", "{'url':{'original':'/i','path':'/i'}}"},
        {"nginx:$args", "a=b", "{'url':{'query':'a=b'}}"},
        {"nginx:$query_string", "a=b", "{'url':{'query':'a=b'}}"},
        {"nginx:$args", "-", "{}"},
        {"nginx:$status", "200", "{" GOOD_EVENT "," OK_RESPONSE "}"},
        {"nginx:$status", "000", "{}"},
        {"nginx:$body_bytes_sent", "0", "{'http':{'response':{'body':{'bytes':0}}}}"},
        {"nginx:$bytes_sent", "154", "{'http':{'response':{'bytes':154}}}"},
        {"nginx:$request_length", "77", "{'http':{'request':{'bytes':77}}}"},
        {"nginx:$request_time", "0.123", "{'event':{'duration':123000000}}"},
        {"nginx:$request_time", "1.000", "{'event':{'duration':1000000000}}"},
        {"nginx:$request_time", "-", "{}"},
        {"nginx:$upstream_response_time", "0.001", "{'labels':{'upstream_response_time':'0.001'}}"},
        {"nginx:$upstream_addr", "127.0.0.1:8080", "{'labels':{'upstream_addr':'127.0.0.1:8080'}}"},
        {"nginx:$upstream_status", "502, 200", "{'labels':{'upstream_status':'502, 200'}}"},
        {"nginx:$upstream_cache_status", "HIT", "{'labels':{'upstream_cache_status':'HIT'}}"},
        {"nginx:$http_referer", "http://x/", "{'http':{'request':{'referrer':'http://x/'}}}"},
        {"nginx:$http_user_agent", "x y", "{'user_agent':{'original':'x y'}}"},
        {"nginx:$http_x_forwarded_for", "192.0.2.1, 10.0.0.1",
         "{" TEST_CLIENT ",'client':{'address':'192.0.2.1','ip':'192.0.2.1'},'labels':{'http_x_"
         "forwarded_for':'192.0.2.1, 10.0.0.1'}}"},
        {"nginx:$http_host", "example.org:8080", "{'url':{'domain':'example.org','port':8080}}"},
        {"nginx:$host", "example.org", "{'url':{'domain':'example.org'}}"},
        {"nginx:$server_name", "_", "{'labels':{'server_name':'_'}}"},
        {"nginx:$host $server_name", "a.example _",
         "{'url':{'domain':'a.example'},'labels':{'server_name':'_'}}"},
        {"nginx:$server_name", "a.example", "{'url':{'domain':'a.example'}}"},
        {"nginx:$server_port", "443", "{'destination':{'port':443}}"},
        {"nginx:$server_addr", "10.0.0.2",
         "{'destination':{'address':'10.0.0.2','ip':'10.0.0.2'}}"},
        {"nginx:$scheme", "https", "{'url':{'scheme':'https'}}"},
        {"nginx:$server_protocol", "HTTP/2.0", "{'http':{'version':'2.0'}}"},
        {"nginx:$ssl_protocol", "TLSv1.3", "{'tls':{'version':'1.3','version_protocol':'tls'}}"},
        {"nginx:$ssl_cipher", "TLS_AES_128_GCM_SHA256",
         "{'tls':{'cipher':'TLS_AES_128_GCM_SHA256'}}"},
        {"nginx:$ssl_server_name", "a.example", "{'tls':{'client':{'server_name':'a.example'}}}"},
        {"nginx:$ssl_session_reused", "r", "{'tls':{'resumed':true}}"},
        {"nginx:$ssl_session_reused", ".", "{'tls':{'resumed':false}}"},
        {"nginx:$ssl_client_s_dn", "CN=x y", "{'labels':{'ssl_client_s_dn':'CN=x y'}}"},
        {"nginx:$connection", "12", "{'labels':{'connection':'12'}}"},
        {"nginx:$connection_requests", "3", "{'labels':{'connection_requests':'3'}}"},
        {"nginx:$connection_time", "0.5", "{'labels':{'connection_time':'0.5'}}"},
        {"nginx:$pipe", ".", "{'labels':{'pipe':'.'}}"},
        {"nginx:$pipe", "p", "{'labels':{'pipe':'p'}}"},
        {"nginx:$gzip_ratio", "2.71", "{'labels':{'gzip_ratio':'2.71'}}"},
        {"nginx:$gzip_ratio", "-", "{}"},
        {"nginx:$request_id", "0f1e2d", "{'http':{'request':{'id':'0f1e2d'}}}"},
        {"nginx:$request_id $http_x_request_id", "0f1e 77",
         "{'http':{'request':{'id':'0f1e'}},'labels':{'http_x_request_id':'77'}}"},
        {"nginx:$http_x_foo", "a b", "{'labels':{'http_x_foo':'a b'}}"},
        {"nginx:$sent_http_content_type", "text/html",
         "{'http':{'response':{'mime_type':'text/html'}}}"},
        {"nginx:$sent_http_etag", "W/\"1\"", "{'labels':{'sent_http_etag':'W/\\'1\\''}}"},
        {"nginx:$cookie_sid", "s", "{'labels':{'cookie_sid':'s'}}"},
        {"nginx:$arg_q", "a", "{'labels':{'arg_q':'a'}}"},
        {"nginx:$geoip_country_code", "DE", "{'labels':{'geoip_country_code':'DE'}}"},
        {"nginx:$my_own", "v", "{'labels':{'my_own':'v'}}"},
        {"nginx:$pid", "7", "{'process':{'pid':7}}"},
        {"nginx:$hostname", "web1", "{'host':{'hostname':'web1'}}"},
        {"nginx:$realip_remote_addr $remote_addr", "10.0.0.1 192.0.2.1",
         "{" TEST_CLIENT ",'labels':{'peer_address':'10.0.0.1'}}"},
        {"nginx:$realip_remote_addr", "10.0.0.1",
         "{'source':{'address':'10.0.0.1','ip':'10.0.0.1'}}"},
        {"nginx:$proxy_protocol_addr", "192.0.2.1",
         "{'client':{'address':'192.0.2.1','ip':'192.0.2.1'}}"},
        {"nginx:$proxy_add_x_forwarded_for", "192.0.2.1, 10.0.0.1",
         "{'client':{'address':'192.0.2.1','ip':'192.0.2.1'},'labels':{'proxy_add_x_forwarded_for':"
         "'192.0.2.1, 10.0.0.1'}}"},
        {"nginx:$content_type", "text/plain", "{'http':{'request':{'mime_type':'text/plain'}}}"},
        {"nginx:$content_length", "-", "{}"},
        {"nginx:${request_time}s", "0.250s", "{'event':{'duration':250000000}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void labels_in_quotes(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:\"$http_x_foo\"", "\"a b\"", "{'labels':{'http_x_foo':'a b'}}"},
        {"nginx:\"$http_x_foo\"", "\" a \"", "{'labels':{'http_x_foo':' a '}}"},
        {"nginx:\"$http_x_foo\"", "\"-\"", "{}"},
        {"nginx:\"$http_x_foo\"", "\"\"", "{}"},
        {"nginx:\"$http_x_foo\"", "\"\\x22a\\x22\"", "{'labels':{'http_x_foo':'\\'a\\''}}"},
        {"nginx:\"$http_x_foo\"", "\"\303\251\"", "{'labels':{'http_x_foo':'\303\251'}}"},
        {"nginx:a=\"$http_a\" b=\"$pipe\" $status", "a=\"1\" b=\".\" 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'http_a':'1','pipe':'.'}}"},
        /* the first quote is not the one that ends it */
        {"nginx:\"$http_a\" \"$http_b\"", "\"a\"b\" \"c\"",
         "{'labels':{'http_a':'a\\'b','http_b':'c'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void combined_lines(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx-combined",
         "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?b HTTP/1.1\" 200 5 \"-\" \"x\"",
         "{" OCTOBER ",'message':'GET /a?b HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}},'url':{'original':'/a?b','path':'/"
         "a','query':'b'},'user_agent':{'original':'x'}}"},
        {"nginx-combined",
         "2001:db8::1 - a b [10/Oct/2000:13:55:36 -0700] \"\\x16\\x03\\x01\" 400 150 \"-\" \"-\"",
         "{" OCTOBER ",'message':'\\u0016\\u0003\\u0001'," POOR_EVENT
         ",'source':{'address':'2001:db8::1','ip':'2001:db8::1'},'user':{'name':'a "
         "b'},'http':{'response':{'status_code':400,'body':{'bytes':150}}}}"},
        {"nginx-combined", "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"\" 400 0 \"-\" \"-\"",
         "{" OCTOBER "," POOR_EVENT "," TEST_CLIENT
         ",'http':{'response':{'status_code':400,'body':{'bytes':0}}}}"},
        {"nginx:combined",
         "h - - [10/Oct/2000:13:55:36 -0700] \"-\" 000 0 \"-\" \"say \\x22hi\\x22 \\xC3\\xA9\"",
         "{" OCTOBER ",'source':{'address':'h'},'http':{'response':{'body':{'bytes':0}}},'user_"
         "agent':{'original':'say \\'hi\\' \303\251'}}"},
        {"nginx-combined",
         "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\" "
         "\"10.0.0.1\" 0.003",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}}," GET_ROOT
         ",'user_agent':{'original':'x'},'labels':{'extra':'\\'10.0.0.1\\' 0.003'}}"},
        {"nginx-combined",
         "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\"", NULL},
        {"nginx-combined", "", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void lists_of_upstreams(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:$status $upstream_addr $upstream_status $upstream_response_time $pipe",
         "200 10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80 502, 504 : 200 0.001, 0.002 : 0.003 .",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'upstream_addr':'10.0.0.1:80, 10.0.0.2:80 : "
         "10.0.0.3:80','upstream_status':'502, 504 : 200','upstream_response_time':'0.001, 0.002 : "
         "0.003','pipe':'.'}}"},
        {"nginx:rt=$request_time uct=\"$upstream_connect_time\" urt=\"$upstream_response_time\"",
         "rt=0.010 uct=\"0.001, -\" urt=\"-, 0.2\"",
         "{'event':{'duration':10000000},'labels':{'upstream_connect_time':'0.001, "
         "-','upstream_response_time':'-, 0.2'}}"},
        {"nginx:$upstream_response_time", "-", "{}"},
        {"nginx:$upstream_addr", "unix:/run/a.sock, 10.0.0.1:80",
         "{'labels':{'upstream_addr':'unix:/run/a.sock, 10.0.0.1:80'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void times_that_say_the_same(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:[$time_local] $msec", "[10/Oct/2000:13:55:36 -0700] 971211336.005",
         "{'@timestamp':'2000-10-10T20:55:36.005Z'}"},
        {"nginx:$msec $time_iso8601 $time_local",
         "971211336.005 2000-10-10T13:55:36-07:00 10/Oct/2000:13:55:36 -0700",
         "{'@timestamp':'2000-10-10T20:55:36.005Z'}"},
        {"nginx:$time_iso8601 $status", "2000-10-10T13:55:36+02:00 200",
         "{'@timestamp':'2000-10-10T11:55:36.000Z'," GOOD_EVENT "," OK_RESPONSE "}"},
        {"nginx:$msec", "x", NULL},
        {"nginx:$time_iso8601", "2000-13-10T13:55:36-07:00", NULL},
        {"nginx:[$time_local]", "[32/Oct/2000:13:55:36 -0700]", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void targets_in_parts(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:$scheme://$host$request_uri", "https://a.example/x?y=z",
         "{'url':{'original':'/x?y=z','domain':'a.example','scheme':'https','path':'/"
         "x','query':'y=z'}}"},
        {"nginx:$request_method $scheme://$host:$server_port$uri$is_args$args $server_protocol",
         "GET https://a.example:8443/x?y=z HTTP/1.1",
         "{'message':'GET /x?y=z HTTP/1.1','destination':{'port':8443}," GET_1_1
         ",'url':{'original':'/x?y=z','domain':'a.example','scheme':'https','path':'/"
         "x','query':'y=z'}}"},
        {"nginx:$uri$is_args$args $status", "/x 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'url':{'original':'/x','path':'/x'}}"},
        {"nginx:\"$request\" \"$uri\" \"$args\"", "\"GET /a?b HTTP/1.1\" \"/index.php\" \"q=/a&b\"",
         "{'message':'GET /a?b HTTP/1.1'," GET_1_1
         ",'url':{'original':'/a?b','path':'/a','query':'b'},'labels':{'uri':'/"
         "index.php','args':'q=/a&b'}}"},
        {"nginx:$uri?$args", "/x?", "{'url':{'original':'/x','path':'/x'}}"},
        {"nginx:$request_uri $uri", "/a/../b?c /b",
         "{'url':{'original':'/a/../b?c','path':'/a/../b','query':'c'},'labels':{'uri':'/b'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void escape_json(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:escape=json "
         "{\"t\":\"$time_iso8601\",\"ip\":\"$remote_addr\",\"r\":\"$request\",\"s\":$status,\"rt\":"
         "$request_time,\"xff\":\"$http_x_forwarded_for\",\"ua\":\"$http_user_agent\"}",
         "{\"t\":\"2000-10-10T13:55:36-07:00\",\"ip\":\"192.0.2.1\",\"r\":\"GET /\\\"a\\u00e9\\\" "
         "HTTP/1.1\",\"s\":200,\"rt\":0.5,\"xff\":\"\",\"ua\":\"a\\\\ \\/ \\n\\u0001 "
         "\\\"200,\\\"\"}",
         "{" OCTOBER ",'message':'GET /\\'a\303\251\\' "
         "HTTP/"
         "1.1','event':{'duration':500000000,'outcome':'success'},'log':{'level':'info'"
         "}," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200}},'url'"
         ":{'original':'/\\'a\303\251\\'','path':'/"
         "\\'a\303\251\\''},'user_agent':{'original':'a\\\\ / \\n\\u0001 \\'200,\\''}}"},
        {"nginx:escape=json {\"u\":\"$upstream_response_time\",\"s\":\"$status\"}",
         "{\"u\":\"0.1, 0.2 : 0.3\",\"s\":\"404\"}",
         "{" POOR_EVENT ",'http':{'response':{'status_code':404}},'labels':{'upstream_response_"
         "time':'0.1, 0.2 : 0.3'}}"},
        {"nginx:escape=json \"$http_x\"", "\"bad \\x escape \\u12\"",
         "{'labels':{'http_x':'bad \\\\x escape \\\\u12'}}"},
        {"nginx:escape=json \"$http_x\"", "\"\\ud83d\\ude00\"",
         "{'labels':{'http_x':'\360\237\230\200'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void escape_none(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:escape=none \"$http_x\" $status", "\"a\\\" 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'http_x':'a\\\\'}}"},
        {"nginx:escape=none \"$http_x\" $status", "\"a\" b\" 200",
         "{" GOOD_EVENT "," OK_RESPONSE ",'labels':{'http_x':'a\\' b'}}"},
        {"nginx:escape=none \"$http_user_agent\"", "\"C:\\\\x\"",
         "{'user_agent':{'original':'C:\\\\\\\\x'}}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void statements_may_be_pasted(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n    "
         "'$status $body_bytes_sent \"$http_referer\" '\n    '\"$http_user_agent\" "
         "\"$http_x_forwarded_for\"';",
         "192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\" \"-\"",
         "{" OCTOBER ",'message':'GET / HTTP/1.1'," GOOD_EVENT "," TEST_CLIENT
         ",'http':{'version':'1.1','request':{'method':'GET'},'response':{'status_code':200,'body':"
         "{'bytes':5}}}," GET_ROOT ",'user_agent':{'original':'x'}}"},
        {"nginx:  log_format j escape=json # why\n '{\"s\":$status,' '\"u\":\"$uri\"}';",
         "{\"s\":200,\"u\":\"/\\\"x\"}",
         "{" GOOD_EVENT "," OK_RESPONSE ",'url':{'original':'/\\'x','path':'/\\'x'}}"},
        {"nginx:log_format t \"$remote_addr\\t$status \\\"$uri\\\"\";", "192.0.2.1\t200 \"/a\"",
         "{" GOOD_EVENT "," TEST_CLIENT "," OK_RESPONSE ",'url':{'original':'/a','path':'/a'}}"},
        {"nginx:log_format b $status;", "200", "{" GOOD_EVENT "," OK_RESPONSE "}"},
        {"nginx:'$status '\n '$uri';", "200 /x",
         "{" GOOD_EVENT "," OK_RESPONSE ",'url':{'original':'/x','path':'/x'}}"},
        {"nginx:log_format n escape=none '$status';", "200", "{" GOOD_EVENT "," OK_RESPONSE "}"},
    };

    (void)state;
    logged_expect_all(cases);
}

static void lines_that_do_not_fit(void **state)
{
    static const struct logged_case cases[] = {
        {"nginx:$status \"$request\"", "200 \"GET /", NULL},
        {"nginx:$status", "2000", NULL},
        {"nginx:$request_time", "fast", NULL},
        {"nginx:$msec", "1.2.3", NULL},
        {"nginx:escape=json {\"s\":$status}", "{\"s\":200", NULL},
        {"nginx:escape=json {\"s\":$status}", "{\"s\":\"200\"}", NULL},
    };

    (void)state;
    logged_expect_all(cases);
}

static void formats_that_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"nginx:", "no directive"},
        {"nginx:$", "begins no variable"},
        {"nginx:${status", "character 1 of the format begins no variable"},
        {"nginx:a $-", "character 3"},
        {"nginx:$remote_user$http_x", "nothing between"},
        {"nginx:$body_bytes_sent$request_time", "directives 1 and 2"},
        {"nginx:log_format x '$status", "is not closed"},
        {"nginx:log_format x;", "has no format"},
        {"nginx:$status\n$uri", "line break at character 8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        logged_refused(cases[i][0], cases[i][1]);
}

/* Times, servers: what is kept of a line makes the next one faster, never another record. */
static void lines_do_not_depend_on_those_before(void **state)
{
    static const char format[] = "nginx:[$time_local] \"$http_x\" $host $server_name";
    static const char *const servers[] = {
        "a.example",
        "b.example",
        "_",
        "a.example:80",
        "u@a.example",
        "[::1]:8",
        "a\\x41b",
        "-",
        "\xc3\xa4.example",
        "a-name-that-is-longer-than-the-sixty-four-bytes-that-are-kept.example"};
    static const char *const zones[] = {"+0000", "+0000", "+0000", "-0730", "+2500"};
    static const char *const seconds[] = {"59", "60", "61", "6", "x0", "0x", ":0", "99"};
    static const char *const values[] = {"1", "", "-", "\\x22", "a b", "\xff"};
    struct rng rng = rng_start();
    struct parsed all;

    (void)state;
    parsed_open(&all, format, &(struct parser_options){0});
    for (int i = 0; i < 4000; i++) {
        struct parsed alone;
        char second[4], line[400];
        bool fits;

        snprintf(second, sizeof(second), "%02u", (unsigned)rng_below(&rng, 60));
        snprintf(line, sizeof(line), "[%02u/Mar/2026:10:%02u:%s %s] \"%s\" %s %s",
                 rng_one_in(&rng, 20) ? 32 : 1, (unsigned)rng_below(&rng, 2) + 58,
                 rng_one_in(&rng, 4) ? seconds[rng_below(&rng, ARRAY_LEN(seconds))] : second,
                 zones[rng_below(&rng, ARRAY_LEN(zones))],
                 values[rng_below(&rng, ARRAY_LEN(values))],
                 servers[rng_below(&rng, rng_one_in(&rng, 3) ? ARRAY_LEN(servers) : 2)],
                 servers[rng_below(&rng, rng_one_in(&rng, 3) ? ARRAY_LEN(servers) : 2)]);
        fits = parsed_line(&all, slice_of(line));
        parsed_open(&alone, format, &(struct parser_options){0});
        if (parsed_line(&alone, slice_of(line)) != fits || strcmp(alone.text, all.text) != 0)
            fail_msg("%s: %s, alone %s", line, all.text, alone.text);
        parsed_close(&alone);
    }
    parsed_close(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_variable_each),
        cmocka_unit_test(labels_in_quotes),
        cmocka_unit_test(combined_lines),
        cmocka_unit_test(lists_of_upstreams),
        cmocka_unit_test(times_that_say_the_same),
        cmocka_unit_test(targets_in_parts),
        cmocka_unit_test(escape_json),
        cmocka_unit_test(escape_none),
        cmocka_unit_test(statements_may_be_pasted),
        cmocka_unit_test(lines_that_do_not_fit),
        cmocka_unit_test(formats_that_are_refused),
        cmocka_unit_test(lines_do_not_depend_on_those_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
