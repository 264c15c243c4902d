/*
 * test_regex.c - lines by grok and by regular expressions: what becomes of them as a whole.
 */
#include "shipper/parser/parser.h"

#include "common/json_text.h"
#include "common/record.h"
#include "common/scope.h"
#include "tests/unit/support/record_bench.h"
#include "tests/unit/support/rng.h"

#define REFERENCE_S 1700000000 /* 2023-11-14: dates without a year are near it */

static struct parser *open_parser(const char *format)
{
    struct parser *parser = NULL;
    struct error err;

    if (parser_open(format, NULL, &parser, &err))
        fail_msg("%s: %s", format, err.text);
    return parser;
}

/* The record as JSON; to be freed. */
static char *parse(struct record_bench *bench, struct parser *parser, struct slice line)
{
    struct parser_memory memory = {.reference = {REFERENCE_S, 0}};
    uint64_t invalid = 0;
    char *text;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    parser_apply(parser, line, &memory, &bench->record);
    text = malloc(record_encode_bound(&bench->record) + 1);
    assert_non_null(text);
    text[record_encode(&bench->record, text, &invalid)] = '\0';
    return text;
}

static const struct {
    const char *format, *line, *record;
} cases[] = {
    {"grok:%{IP:client} %{WORD:method} %{URIPATHPARAM:request} %{NUMBER:bytes} %{NUMBER:duration}",
     "55.3.244.1 GET /index.html?a=1 15824 0.043",
     "{\"message\":\"GET "
     "/index.html?a=1\",\"source\":{\"address\":\"55.3.244.1\",\"ip\":\"55.3.244.1\"},\"http\":{"
     "\"request\":{\"method\":\"GET\"},\"response\":{\"body\":{\"bytes\":15824}}},\"url\":{"
     "\"original\":\"/index.html?a=1\",\"path\":\"/"
     "index.html\",\"query\":\"a=1\"},\"labels\":{\"duration\":\"0.043\"}}"},
    {"grok:%{IP:client} %{NUMBER:bytes:int} %{NUMBER:duration:float}", "::1 15824 0.043",
     "{\"message\":\"::1 15824 "
     "0.043\",\"source\":{\"address\":\"::1\",\"ip\":\"::1\"},\"http\":{\"response\":{\"body\":{"
     "\"bytes\":15824}}},\"labels\":{\"duration\":0.043}}"},
    {"grok:%{NUMBER:a:int} %{NUMBER:b:long} %{NUMBER:c:float} %{NUMBER:d:double} %{WORD:e:boolean} "
     "%{WORD:f:bool} %{NUMBER:g:string} %{NUMBER:h}",
     "12.7 -007 +1.50 .5 TRUE no 1 2",
     "{\"message\":\"12.7 -007 +1.50 .5 TRUE no 1 "
     "2\",\"labels\":{\"a\":12,\"b\":-7,\"c\":1.50,\"d\":0.5,\"e\":true,\"f\":false,\"g\":\"1\","
     "\"h\":\"2\"}}"},
    {"grok:%{WORD:a:int} %{NUMBER:b:bool}", "word 7",
     "{\"message\":\"word "
     "7\",\"tags\":[\"_typeconflict\"],\"labels\":{\"a\":\"word\",\"b\":\"7\"}}"},
    {"grok:%{DATA:status:int} %{GREEDYDATA:bytes:long}$", "OK many",
     "{\"message\":\"OK "
     "many\",\"tags\":[\"_typeconflict\"],\"labels\":{\"status\":\"OK\",\"bytes\":\"many\"}}"},
    {"grok:%{WORD:[nested][field]} %{WORD:a.b.c} %{WORD:[x]} %{WORD:http.request.method}",
     "one two three GET",
     "{\"message\":\"one two three "
     "GET\",\"http\":{\"request\":{\"method\":\"GET\"}},\"labels\":{\"x\":\"three\"},\"a\":{\"b\":{"
     "\"c\":\"two\"}},\"nested\":{\"field\":\"one\"}}"},
    {"grok:%{WORD:a} %{WORD:a} %{WORD:a}", "x y z",
     "{\"message\":\"x y z\",\"labels\":{\"a\":[\"x\",\"y\",\"z\"]}}"},
    {"grok:%{WORD:a} %{WORD:a}", "x x", "{\"message\":\"x x\",\"labels\":{\"a\":\"x\"}}"},
    {"grok:(?:%{IP:addr}|%{WORD:addr})", "10.0.0.1",
     "{\"message\":\"10.0.0.1\",\"labels\":{\"addr\":\"10.0.0.1\"}}"},
    {"grok:%{WORD:user} %{WORD:user}", "anna bob",
     "{\"message\":\"anna bob\",\"user\":{\"name\":\"anna\"},\"labels\":{\"user\":\"bob\"}}"},
    {"grok:%{QS:referrer} %{QS:agent} %{QS:other}", "\"http://x/\" \"curl/8\" \"kept\"",
     "{\"message\":\"\\\"http://x/\\\" \\\"curl/8\\\" "
     "\\\"kept\\\"\",\"http\":{\"request\":{\"referrer\":\"http://x/"
     "\"}},\"user_agent\":{\"original\":\"curl/8\"},\"labels\":{\"other\":\"\\\"kept\\\"\"}}"},
    {"grok:(?<host.hostname>\\S+) (?<queue_id>[0-9A-F]{10,11}): (?<x:int>\\d+)",
     "mail BEF25A72965: 12",
     "{\"message\":\"mail BEF25A72965: "
     "12\",\"host\":{\"hostname\":\"mail\"},\"labels\":{\"queue_id\":\"BEF25A72965\",\"x\":12}}"},
    {"grok:%{WORD:a}-(?<b>\\d+)-\\k<b>", "q-12-12",
     "{\"message\":\"q-12-12\",\"labels\":{\"a\":\"q\",\"b\":\"12\"}}"},
    {"grok:^%{DATA:a},%{DATA:b},%{GREEDYDATA:c}$", "-,,x",
     "{\"message\":\"-,,x\",\"labels\":{\"c\":\"x\"}}"},
    {"grok:%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \\[%{HTTPDATE:timestamp}\\] "
     "\"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})\" "
     "%{NUMBER:response} (?:%{NUMBER:bytes}|-) %{QS:referrer} %{QS:agent}",
     "h.example.org - anna [10/Oct/2000:13:55:36 -0700] \"GET /a?b HTTP/1.1\" 404 - \"-\" \"curl\"",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"GET /a?b "
     "HTTP/"
     "1.1\",\"event\":{\"outcome\":\"failure\"},\"log\":{\"level\":\"warn\"},\"source\":{"
     "\"address\":\"h.example.org\"},\"user\":{\"name\":\"anna\"},\"http\":{\"version\":\"1.1\","
     "\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":404}},\"url\":{\"original\":"
     "\"/a?b\",\"path\":\"/a\",\"query\":\"b\"},\"user_agent\":{\"original\":\"curl\"}}"},
    {"grok:%{COMMONAPACHELOG}",
     "127.0.0.1 id frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"GET /apache_pb.gif "
     "HTTP/"
     "1.0\",\"event\":{\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},\"source\":{"
     "\"address\":\"127.0.0.1\",\"ip\":\"127.0.0.1\"},\"user\":{\"name\":\"frank\"},\"http\":{"
     "\"version\":\"1.0\",\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":200,"
     "\"body\":{\"bytes\":2326}}},\"url\":{\"original\":\"/apache_pb.gif\",\"path\":\"/"
     "apache_pb.gif\"},\"labels\":{\"ident\":\"id\"}}"},
    {"grok:%{COMBINEDAPACHELOG}", "::1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 408 - \"-\" \"-\"",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"::1 - - [10/Oct/2000:13:55:36 "
     "-0700] \\\"-\\\" 408 - \\\"-\\\" "
     "\\\"-\\\"\",\"event\":{\"outcome\":\"failure\"},\"log\":{\"level\":\"warn\"},\"source\":{"
     "\"address\":\"::1\",\"ip\":\"::1\"},\"http\":{\"response\":{\"status_code\":408}}}"},
    {"grok:%{COMBINEDAPACHELOG}",
     "10.0.0.1 - Frank Z [10/Oct/2000:13:55:36 -0700] \"GET /a b HTTP/1.1\" 200 5 \"r\" \"a "
     "\\\"q\\\" b\"",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"GET /a b "
     "HTTP/"
     "1.1\",\"event\":{\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},\"source\":{"
     "\"address\":\"10.0.0.1\",\"ip\":\"10.0.0.1\"},\"user\":{\"name\":\"Frank "
     "Z\"},\"http\":{\"version\":\"1.1\",\"request\":{\"method\":\"GET\",\"referrer\":\"r\"},"
     "\"response\":{\"status_code\":200,\"body\":{\"bytes\":5}}},\"url\":{\"original\":\"/a "
     "b\",\"path\":\"/a b\"},\"user_agent\":{\"original\":\"a \\\\\\\"q\\\\\\\" b\"}}"},
    {"grok:%{COMBINEDAPACHELOG}",
     "10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"\\x16\\x03\" 400 226 \"-\" \"-\"",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"\\\\x16\\\\x03\",\"event\":{"
     "\"outcome\":\"failure\"},\"log\":{\"level\":\"warn\"},\"source\":{\"address\":\"10.0.0.1\","
     "\"ip\":\"10.0.0.1\"},\"http\":{\"response\":{\"status_code\":400,\"body\":{\"bytes\":226}}}"
     "}"},
    {"grok:%{HTTPD_ERRORLOG}",
     "[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] client denied by server configuration: "
     "/x",
     "{\"@timestamp\":\"2000-10-11T14:32:52.000Z\",\"message\":\"client denied by server "
     "configuration: "
     "/x\",\"log\":{\"level\":\"error\"},\"source\":{\"address\":\"127.0.0.1\",\"ip\":\"127.0.0."
     "1\"}}"},
    {"grok:%{HTTPD_ERRORLOG}",
     "[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client "
     "72.15.99.187:1234] AH00128: File does not exist: /x",
     "{\"@timestamp\":\"2011-09-09T10:42:29.902022Z\",\"message\":\"File does not exist: "
     "/x\",\"event\":{\"code\":\"AH00128\"},\"log\":{\"level\":\"error\"},\"source\":{\"address\":"
     "\"72.15.99.187\",\"ip\":\"72.15.99.187\",\"port\":1234},\"process\":{\"pid\":35708,"
     "\"thread\":{\"id\":4328636416}},\"apache\":{\"error\":{\"module\":\"core\"}}}"},
    {"grok:%{NGINXACCESS}",
     "1.2.3.4 - bob [10/Oct/2000:13:55:36 -0700] \"POST /x HTTP/2.0\" 201 12 \"-\" \"ua\"",
     "{\"@timestamp\":\"2000-10-10T20:55:36.000Z\",\"message\":\"POST /x "
     "HTTP/"
     "2.0\",\"event\":{\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},\"source\":{"
     "\"address\":\"1.2.3.4\",\"ip\":\"1.2.3.4\"},\"user\":{\"name\":\"bob\"},\"http\":{"
     "\"version\":\"2.0\",\"request\":{\"method\":\"POST\"},\"response\":{\"status_code\":201,"
     "\"body\":{\"bytes\":12}}},\"url\":{\"original\":\"/x\",\"path\":\"/"
     "x\"},\"user_agent\":{\"original\":\"ua\"}}"},
    {"grok:%{NGINXERROR}", "2023/10/27 10:00:00 [error] 12#34: *5 open() failed",
     "{\"@timestamp\":\"2023-10-27T10:00:00.000Z\",\"message\":\"open() "
     "failed\",\"log\":{\"level\":\"error\"},\"process\":{\"pid\":12,\"thread\":{\"id\":34}},"
     "\"nginx\":{\"error\":{\"connection_id\":5}}}"},
    {"grok:%{SYSLOGLINE}",
     "Mar 16 00:01:25 evita postfix/smtpd[1713]: connect from camomile.cloud9.net[168.100.1.3]",
     "{\"@timestamp\":\"2023-03-16T00:01:25.000Z\",\"message\":\"connect from "
     "camomile.cloud9.net[168.100.1.3]\",\"process\":{\"name\":\"postfix/"
     "smtpd\",\"pid\":1713},\"host\":{\"hostname\":\"evita\"}}"},
    {"grok:%{SYSLOGBASE}", "Mar 16 00:01:25 evita su: x",
     "{\"@timestamp\":\"2023-03-16T00:01:25.000Z\",\"message\":\"Mar 16 00:01:25 evita su: "
     "x\",\"process\":{\"name\":\"su\"},\"host\":{\"hostname\":\"evita\"}}"},
    {"grok:%{SYSLOG5424LINE}",
     "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 ID47 [a@1 x=\"y\"] It is time",
     "{\"@timestamp\":\"2003-08-24T12:14:15.000003Z\",\"message\":\"It is "
     "time\",\"log\":{\"syslog\":{\"priority\":165,\"version\":\"1\",\"msgid\":\"ID47\"}},"
     "\"process\":{\"name\":\"myproc\",\"pid\":8710},\"host\":{\"hostname\":\"192.0.2.1\"},"
     "\"labels\":{\"structured_data\":\"[a@1 x=\\\"y\\\"]\"}}"},
    {"grok:%{HAPROXYHTTP}",
     "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in "
     "static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html "
     "HTTP/1.1\"",
     "{\"@timestamp\":\"2009-02-06T12:14:14.655Z\",\"message\":\"GET /index.html "
     "HTTP/"
     "1.1\",\"event\":{\"duration\":109000000,\"outcome\":\"success\"},\"log\":{\"level\":\"info\"}"
     ",\"source\":{\"address\":\"10.0.1.2\",\"ip\":\"10.0.1.2\",\"port\":33317},\"http\":{"
     "\"version\":\"1.1\",\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":200,"
     "\"bytes\":2750}},\"url\":{\"original\":\"/index.html\",\"path\":\"/"
     "index.html\"},\"process\":{\"name\":\"haproxy\",\"pid\":14389},\"host\":{\"hostname\":"
     "\"localhost\"},\"haproxy\":{\"backend_name\":\"static\",\"backend_queue\":0,\"connection_"
     "wait_time_ms\":30,\"connections\":{\"active\":1,\"backend\":1,\"frontend\":1,\"retries\":0,"
     "\"server\":1},\"frontend_name\":\"http-in\",\"http\":{\"request\":{\"captured_headers\":"
     "\"1wt.eu\",\"time_wait_ms\":10},\"response\":{\"time_wait_ms\":69}},\"server_name\":\"srv1\","
     "\"server_queue\":0,\"termination_state\":\"----\",\"total_waiting_time_ms\":0}}"},
    {"grok:%{S3_ACCESS_LOG}",
     "79a5 mybucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57427F3EXAMPLE "
     "REST.GET.VERSIONING - \"GET /mybucket?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" "
     "\"S3Console/0.4\" -",
     "{\"@timestamp\":\"2019-02-06T00:00:38.000Z\",\"message\":\"GET /mybucket?versioning "
     "HTTP/"
     "1.1\",\"event\":{\"duration\":7000000,\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},"
     "\"source\":{\"address\":\"192.0.2.3\",\"ip\":\"192.0.2.3\"},\"user\":{\"id\":\"79a5\"},"
     "\"http\":{\"version\":\"1.1\",\"request\":{\"method\":\"GET\"},\"response\":{\"status_code\":"
     "200,\"body\":{\"bytes\":113}}},\"url\":{\"original\":\"/mybucket?versioning\",\"path\":\"/"
     "mybucket\",\"query\":\"versioning\"},\"user_agent\":{\"original\":\"S3Console/"
     "0.4\"},\"aws\":{\"s3access\":{\"bucket\":\"mybucket\",\"bucket_owner\":\"79a5\","
     "\"operation\":\"REST.GET.VERSIONING\",\"request_id\":\"3E57427F3EXAMPLE\"}}}"},
    {"grok:%{ELB_ACCESS_LOG}",
     "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 "
     "0.001048 0.000057 200 200 0 29 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - "
     "-",
     "{\"@timestamp\":\"2015-05-13T23:39:43.945958Z\",\"message\":\"GET http://www.example.com:80/ "
     "HTTP/"
     "1.1\",\"event\":{\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},\"source\":{"
     "\"address\":\"192.168.131.39\",\"ip\":\"192.168.131.39\",\"port\":2817},\"http\":{"
     "\"version\":\"1.1\",\"request\":{\"method\":\"GET\",\"body\":{\"bytes\":0}},\"response\":{"
     "\"status_code\":200,\"body\":{\"bytes\":29}}},\"url\":{\"original\":\"http://"
     "www.example.com:80/"
     "\",\"domain\":\"www.example.com\",\"port\":80,\"scheme\":\"http\",\"path\":\"/"
     "\"},\"user_agent\":{\"original\":\"curl/"
     "7.38.0\"},\"aws\":{\"elb\":{\"backend\":{\"http\":{\"response\":{\"status_code\":200}},"
     "\"ip\":\"10.0.0.1\",\"port\":80},\"backend_processing_time\":{\"sec\":0.001048},\"name\":"
     "\"my-loadbalancer\",\"request_processing_time\":{\"sec\":0.000073},\"response_processing_"
     "time\":{\"sec\":0.000057}}}}"},
    {"grok:%{POSTGRESQL}", "2012-04-09 16:45:08 UTC postgres 4f8311ac.1d3 467 LOG: x",
     "{\"@timestamp\":\"2012-04-09T16:45:08.000Z\",\"message\":\"LOG: "
     "x\",\"event\":{\"timezone\":\"UTC\"},\"user\":{\"name\":\"postgres\"},\"process\":{\"pid\":"
     "467},\"postgresql\":{\"log\":{\"connection_id\":\"4f8311ac.1d3\"}}}"},
    {"grok:%{REDISLOG}", "[4018] 14 Nov 07:01:22.119 * Background saving terminated with success",
     "{\"@timestamp\":\"2023-11-14T07:01:22.119Z\",\"message\":\"Background saving terminated with "
     "success\",\"process\":{\"pid\":4018}}"},
    {"grok:%{RUBY_LOGGER}", "I, [2014-07-17T14:57:43.123456 #1234]  INFO -- main: Hello",
     "{\"@timestamp\":\"2014-07-17T14:57:43.123456Z\",\"message\":\"Hello\",\"log\":{\"level\":"
     "\"info\"},\"process\":{\"name\":\"main\",\"pid\":1234}}"},
    {"grok:%{CATALINALOG}", "Jan 9, 2013 7:13:13 AM org.apache.Foo bar\nSEVERE: boom",
     "{\"@timestamp\":\"2013-01-09T07:13:13.000Z\",\"message\":\"boom\",\"log\":{\"level\":"
     "\"error\",\"logger\":\"org.apache.Foo\",\"origin\":{\"function\":\"bar\"}}}"},
    {"grok:%{SQUID3}",
     "1446087590.222     74 192.0.2.7 TCP_MISS/200 1024 GET http://x.org/a - HIER_DIRECT/93.1.1.1 "
     "text/html",
     "{\"@timestamp\":\"2015-10-29T02:59:50.222Z\",\"message\":\"GET "
     "http://x.org/"
     "a\",\"event\":{\"duration\":74000000,\"outcome\":\"success\"},\"log\":{\"level\":\"info\"},"
     "\"source\":{\"address\":\"192.0.2.7\",\"ip\":\"192.0.2.7\"},\"destination\":{\"address\":"
     "\"93.1.1.1\",\"ip\":\"93.1.1.1\"},\"http\":{\"request\":{\"method\":\"GET\"},\"response\":{"
     "\"status_code\":200,\"bytes\":1024,\"mime_type\":\"text/"
     "html\"}},\"url\":{\"original\":\"http://x.org/"
     "a\",\"domain\":\"x.org\",\"scheme\":\"http\",\"path\":\"/"
     "a\"},\"squid\":{\"hierarchy_code\":\"HIER_DIRECT\",\"request\":{\"status\":\"TCP_MISS\"}}}"},
    {"grok:%{MONGO3_LOG}",
     "2014-11-03T18:28:32.450-0500 I NETWORK  [initandlisten] waiting for connections on port "
     "27017",
     "{\"@timestamp\":\"2014-11-03T23:28:32.450Z\",\"message\":\"waiting for connections on port "
     "27017\",\"log\":{\"level\":\"info\"},\"mongodb\":{\"component\":\"NETWORK\",\"context\":"
     "\"initandlisten\"}}"},
    {"grok:%{BIND9}",
     "17-Feb-2018 23:06:56.326 queries: info: client 172.26.0.1#12345 (test.example.com): query: "
     "test.example.com IN A +E(0)K (172.26.0.3)",
     "{\"@timestamp\":\"2018-02-17T23:06:56.326Z\",\"message\":\"17-Feb-2018 23:06:56.326 queries: "
     "info: client 172.26.0.1#12345 (test.example.com): query: test.example.com IN A +E(0)K "
     "(172.26.0.3)\",\"log\":{\"level\":\"info\"},\"source\":{\"address\":\"172.26.0.1\",\"ip\":"
     "\"172.26.0.1\",\"port\":12345},\"bind\":{\"log\":{\"category\":\"queries\",\"question\":{"
     "\"flags\":\"+E(0)K\"}}},\"dns\":{\"question\":{\"class\":\"IN\",\"name\":\"test.example."
     "com\",\"registered_domain\":\"test.example.com\",\"type\":\"A\"}},\"server\":{\"ip\":\"172."
     "26.0.3\"}}"},
    {"grok:%{BACULA_LOGLINE}", "03-Sep 17:51 backup-dir JobId 12: Start Backup",
     "{\"@timestamp\":\"2023-09-03T17:51:00.000Z\",\"message\":\"Start "
     "Backup\",\"host\":{\"hostname\":\"backup-dir\"},\"bacula\":{\"job\":{\"id\":\"12\"}}}"},
    {"grok:%{NAGIOSLOGLINE}",
     "[1427925600] CURRENT SERVICE STATE: nagioshost;nagiosservice;OK;HARD;1;OK: fine",
     "{\"@timestamp\":\"2015-04-01T22:00:00.000Z\",\"message\":\"OK: "
     "fine\",\"service\":{\"name\":\"nagiosservice\",\"state\":\"OK\"},\"host\":{\"hostname\":"
     "\"nagioshost\"},\"nagios\":{\"log\":{\"attempt\":1,\"state_type\":\"HARD\",\"type\":"
     "\"CURRENT SERVICE STATE\"}}}"},
    {"grok:%{CISCO_TAGGED_SYSLOG} %{CISCOFW106023}",
     "<161>Mar  1 2013 00:01:01: %ASA-1-106023: Deny tcp src outside:192.168.1.2/61833 dst "
     "inside:192.168.1.3/80 by access-group \"acl_out\" [0x5063b82f, 0x0]",
     "{\"@timestamp\":\"2013-03-01T00:01:01.000Z\",\"message\":\"<161>Mar  1 2013 00:01:01: "
     "%ASA-1-106023: Deny tcp src outside:192.168.1.2/61833 dst inside:192.168.1.3/80 by "
     "access-group \\\"acl_out\\\" [0x5063b82f, "
     "0x0]\",\"event\":{\"action\":\"Deny\"},\"log\":{\"syslog\":{\"priority\":161}},\"source\":{"
     "\"address\":\"192.168.1.2\",\"ip\":\"192.168.1.2\",\"port\":61833},\"destination\":{"
     "\"address\":\"192.168.1.3\",\"ip\":\"192.168.1.3\",\"port\":80},\"network\":{\"transport\":"
     "\"tcp\"},\"cisco\":{\"asa\":{\"destination\":{\"interface\":\"inside\"},\"hashcode1\":"
     "\"0x5063b82f\",\"hashcode2\":\"0x0\",\"rule_name\":\"acl_out\",\"source\":{\"interface\":"
     "\"outside\"},\"tag\":\"ASA-1-106023\"}}}"},
    {"grok:%{EXIM}",
     "2014-01-27 03:33:00 1W7bSu-00059P-BD <= a@x.org H=mx.x.org [10.0.0.5] P=esmtp S=1234 id=abc "
     "for b@y.org",
     "{\"@timestamp\":\"2014-01-27T03:33:00.000Z\",\"message\":\"2014-01-27 03:33:00 "
     "1W7bSu-00059P-BD <= a@x.org H=mx.x.org [10.0.0.5] P=esmtp S=1234 id=abc for "
     "b@y.org\",\"source\":{\"address\":\"10.0.0.5\",\"ip\":\"10.0.0.5\"},\"network\":{"
     "\"protocol\":\"esmtp\"},\"exim\":{\"log\":{\"flags\":\"<=\",\"header_id\":\"abc\","
     "\"message\":{\"body\":{\"size\":1234},\"id\":\"1W7bSu-00059P-BD\"},\"recipients\":\"b@y."
     "org\",\"sender\":{\"email\":\"a@x.org\"}}}}"},
    {"grok:%{TIMESTAMP_ISO8601:timestamp} %{GREEDYDATA:message}", "2023-10-27 10:00:00,123 hello",
     "{\"@timestamp\":\"2023-10-27T10:00:00.123Z\",\"message\":\"hello\"}"},
    {"grok:%{DATE:date} %{TIME:time}", "10/27/2023 10:00:00",
     "{\"@timestamp\":\"2023-10-27T10:00:00.000Z\",\"message\":\"10/27/2023 10:00:00\"}"},
    {"grok:%{NOTSPACE:date} %{NUMBER:time}", "2023-10-27T10:00:00Z 0.25",
     "{\"@timestamp\":\"2023-10-27T10:00:00.000Z\",\"message\":\"2023-10-27T10:00:00Z "
     "0.25\",\"labels\":{\"time\":\"0.25\"}}"},
    {"grok:%{YEAR:date}-%{GREEDYDATA:time}", "2023-02-30",
     "{\"message\":\"2023-02-30\",\"labels\":{\"date\":\"2023\",\"time\":\"02-30\"}}"},
    {"grok:%{NOTSPACE:timestamp}", "2023-02-30T10:00:00Z",
     "{\"message\":\"2023-02-30T10:00:00Z\",\"event\":{\"original\":\"2023-02-30T10:00:00Z\"},"
     "\"error\":{\"message\":\"no such time\"},\"tags\":[\"_parsefailure\"]}"},
    {"grok:%{NOTSPACE:timestamp}", "yesterday",
     "{\"message\":\"yesterday\",\"event\":{\"original\":\"yesterday\"},\"error\":{\"message\":"
     "\"no such time\"},\"tags\":[\"_parsefailure\"]}"},
    {"grok:%{NOTSPACE:ts}", "yesterday",
     "{\"message\":\"yesterday\",\"labels\":{\"ts\":\"yesterday\"}}"},
    {"grok:%{NOTSPACE:ts} %{NOTSPACE:started:date}",
     "1700000000.123456789 2023-10-27T12:00:00+02:00",
     "{\"@timestamp\":\"2023-11-14T22:13:20.123456789Z\",\"message\":\"1700000000.123456789 "
     "2023-10-27T12:00:00+02:00\",\"labels\":{\"started\":\"2023-10-27T10:00:00.000Z\"}}"},
    {"grok:%{WORD:loglevel} %{WORD:severity} %{NUMBER:pid:int}", "WARNING err 12",
     "{\"message\":\"WARNING err "
     "12\",\"log\":{\"level\":\"warn\"},\"process\":{\"pid\":12},\"labels\":{\"severity\":\"err\"}"
     "}"},
    {"grok:%{WORD:severity} %{WORD:level}", "4 audit",
     "{\"message\":\"4 audit\",\"event\":{\"severity\":4},\"log\":{\"level\":\"audit\"}}"},
    {"grok:%{NOTSPACE:duration} %{NUMBER:took_ms}", "1.5s 3",
     "{\"message\":\"1.5s 3\",\"event\":{\"duration\":1500000000},\"labels\":{\"took_ms\":\"3\"}}"},
    {"grok:%{NUMBER:duration_ms}", "12.5",
     "{\"message\":\"12.5\",\"event\":{\"duration\":12500000}}"},
    {"grok:%{HOSTPORT:client}", "example.org:8080",
     "{\"message\":\"example.org:8080\",\"source\":{\"address\":\"example.org\",\"port\":8080}}"},
    {"grok:%{WORD:host} %{WORD:file} %{WORD:id} %{WORD:event.dataset}", "a b c d",
     "{\"message\":\"a b c "
     "d\",\"host\":{\"hostname\":\"a\"},\"labels\":{\"file\":\"b\",\"id\":\"c\",\"event\":{"
     "\"dataset\":\"d\"}}}"},
    {"regex:^(?<timestamp>\\S+) (?<level>\\w+) (?<http__response__status_code>\\d+) (?<n:int>\\d+) "
     "(?<message>.*)$",
     "2023-01-01T00:00:00Z ERROR 404 007 boom",
     "{\"@timestamp\":\"2023-01-01T00:00:00.000Z\",\"message\":\"boom\",\"event\":{\"outcome\":"
     "\"failure\"},\"log\":{\"level\":\"error\"},\"http\":{\"response\":{\"status_code\":404}},"
     "\"labels\":{\"n\":7}}"},
    {"regex:(?P<remote_addr>[^ ]+) (?'user'\\S+) (?<a.b>\\d+)", "10.0.0.1 anna 7",
     "{\"message\":\"10.0.0.1 anna "
     "7\",\"source\":{\"address\":\"10.0.0.1\",\"ip\":\"10.0.0.1\"},\"user\":{\"name\":\"anna\"},"
     "\"a\":{\"b\":\"7\"}}"},
    {"regex:(?<a_very_long_name_of_a_group_that_pcre2_would_not_take>\\d+)", "7",
     "{\"message\":\"7\",\"labels\":{\"a_very_long_name_of_a_group_that_pcre2_would_not_take\":"
     "\"7\"}}"},
    {"regex:(?<q>['\\\"])(?<x>.*?)\\k<q>", "say \"hi\"",
     "{\"message\":\"say \\\"hi\\\"\",\"labels\":{\"q\":\"\\\"\",\"x\":\"hi\"}}"},
    {"regex:(?J)(?<v>a)|(?<v>b)", "b", "{\"message\":\"b\",\"labels\":{\"v\":\"b\"}}"},
    {"regex:(?<=a)(?<v>b)", "ab", "{\"message\":\"ab\",\"labels\":{\"v\":\"b\"}}"},
    {"regex:[(?<x>]+(?<v>\\d)\\Q(?<y>\\E", "<<7(?<y>",
     "{\"message\":\"<<7(?<y>\",\"labels\":{\"v\":\"7\"}}"},
    {"regex:(?<v>.)", "\xc3\xa4",
     "{\"message\":\"\xc3\xa4"
     "\",\"labels\":{\"v\":\"\xc3\xa4"
     "\"}}"},
    {"grok:%{WORD:funcName} %{NOTSPACE:request_time:float} %{WORD:x} %{WORD:host.name}",
     "main 0.25 y h",
     "{\"message\":\"main 0.25 y h\",\"event\":{\"duration\":250000000},\"log\":{\"origin\":{"
     "\"function\":\"main\"}},\"host\":{\"name\":\"h\"},\"labels\":{\"x\":\"y\"}}"},
    {"regex:^x", "y",
     "{\"message\":\"y\",\"event\":{\"original\":\"y\"},\"error\":{\"message\":\"the line does not "
     "fit the pattern\"},\"tags\":[\"_parsefailure\"]}"},
    {"regex:(?<v>\\w+)", "caf\xc3\xa9",
     "{\"message\":\"caf\xc3\xa9"
     "\",\"labels\":{\"v\":\"caf\xc3\xa9"
     "\"}}"},
    {"grok:%{CATALINALOG}",
     "Jan 9, 2013 7:13:13 AM org.apache.Foo bar\nSEVERE: boom\n\tat x.Y.z(Y.java:1)",
     "{\"@timestamp\":\"2013-01-09T07:13:13.000Z\",\"message\":\"boom\\n\\tat "
     "x.Y.z(Y.java:1)\",\"log\":{\"level\":\"error\",\"logger\":\"org.apache.Foo\",\"origin\":{"
     "\"function\":\"bar\"}}}"},
    {"grok:^%{TIMESTAMP_ISO8601:timestamp} %{GREEDYDATA:message}$",
     "2023-10-27T10:00:00Z boom\n  at a\n  at b",
     "{\"@timestamp\":\"2023-10-27T10:00:00.000Z\",\"message\":\"boom\\n  at a\\n  at b\"}"},
    {"grok:%{GREEDYDATA:message}", "", "{\"message\":\"\"}"},
    {"grok:%{DATA:x}$",
     "bad \xff\xfe"
     " bytes",
     "{\"message\":\"bad \xef\xbf\xbd\xef\xbf\xbd"
     " bytes\",\"labels\":{\"x\":\"bad \xef\xbf\xbd\xef\xbf\xbd"
     " bytes\"}}"},
    {"grok:(?:%{WORD:x.y} )?%{WORD:x.y.z} %{WORD:x.q}", "a b c",
     "{\"message\":\"a b c\",\"labels\":{\"x.y\":\"a\"},\"x\":{\"q\":\"c\",\"y\":{\"z\":\"b\"}}}"},
    {"grok:%{WORD:http.request.captured.a} %{WORD:http.request.captured.b}", "a b",
     "{\"message\":\"a b\",\"http\":{\"request\":{\"captured\":{\"a\":\"a\",\"b\":\"b\"}}}}"},
};

static void lines_become_records(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = open_parser(cases[i].format);

        for (int round = 0; round < 2; round++) { /* the second with what the first has left */
            scoped_free char *got = parse(*state, parser, slice_of(cases[i].line));

            if (strcmp(got, cases[i].record) != 0)
                fail_msg("%s\n on %s\n  got      %s\n  expected %s", cases[i].format, cases[i].line,
                         got, cases[i].record);
        }
        parser_close(parser);
    }
}

static void a_line_that_fails_leaves_nothing_behind(void **state)
{
    struct parser *parser = open_parser("grok:%{WORD:a.b} %{NOTSPACE:timestamp} %{WORD:a.c}");

    for (int round = 0; round < 2; round++) {
        scoped_free char *bad = parse(*state, parser, SLICE("x 2023-02-30T00:00:00Z y"));
        scoped_free char *good = parse(*state, parser, SLICE("p 2023-02-28T00:00:00Z q"));

        assert_non_null(strstr(bad, "_parsefailure"));
        assert_null(strstr(bad, "\"a\":"));
        assert_non_null(strstr(good, "\"a\":{\"b\":\"p\",\"c\":\"q\"}"));
    }
    parser_close(parser);
}

static void zones_are_the_input_s(void **state)
{
    const struct parser_options options = {.timezone = "Europe/Berlin"};
    struct parser *parser = NULL;
    struct error err;
    scoped_free char *got = NULL;

    assert_int_equal(parser_open("grok:%{TIMESTAMP_ISO8601:timestamp}", &options, &parser, &err),
                     OK);
    got = parse(*state, parser, SLICE("2023-07-01 12:00:00"));
    assert_non_null(strstr(got, "2023-07-01T10:00:00.000Z"));
    parser_close(parser);
}

static void wrong_patterns_are_refused_with_the_place(void **state)
{
    static const struct {
        const char *format, *text;
    } wrong[] = {
        {"grok:", "grok: the pattern is missing"},
        {"regex:", "regex: the pattern is missing"},
        {"regex:(?<a>x", "missing closing parenthesis at character 7"},
        {"regex:ab[z-a]", "at character 6"},
        {"regex:(?<a.b>x)(?<c>y)(*)", "at character"},
        {"regex:(?<bad name>x)", "not a group's name: 'bad name' at character 1"},
        {"regex:(?<x:zork>y)", "no type 'zork' for 'x'"},
        {"regex:\\C", "at character"},
        {"grok:%{WORD:x} (", "missing closing parenthesis at character 12"},
        {"grok:a %{NOPE} b", "no grok pattern 'NOPE' at character 3"},
        {"grok:%{WROD:x}", "did you mean 'WORD'?"},
        {"grok:%{WORD", "without a closing brace: '%{WORD' at character 1"},
        {"grok:%{WORD:}", "not a field's name"},
        {"grok:%{WORD:a:}", "not a field's name"},
        {"grok:%{WORD:[a}", "not a field's name"},
        {"grok:%{WORD:a:huge}", "no type 'huge' for 'a'"},
        {"grok:%{}", "no grok pattern ''"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct parser *parser = NULL;
        struct error err;

        if (parser_open(wrong[i].format, NULL, &parser, &err) != REJECT)
            fail_msg("taken: %s", wrong[i].format);
        if (!strstr(err.text, wrong[i].text))
            fail_msg("%s: got '%s', expected '%s'", wrong[i].format, err.text, wrong[i].text);
    }
}

static void patterns_that_explode_are_given_up(void **state)
{
    struct parser *parser = open_parser("regex:^(?<x>(a|aa|a?)+)b$");
    char text[300];
    scoped_free char *got = NULL;

    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 2, "b!", 2); /* or a look ahead tells that it cannot fit */
    got = parse(*state, parser, (struct slice){text, sizeof(text)});
    assert_non_null(strstr(got, "the pattern takes too long on this line"));
    assert_non_null(strstr(got, "_parsefailure"));
    parser_close(parser);
}

/* Whatever a line holds, its record is one line of strict JSON. */
static void damaged_lines_are_survived(void **state)
{
    struct rng rng = rng_start();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parser *parser = open_parser(cases[i].format);
        size_t len = strlen(cases[i].line);

        for (int round = 0; round < 200 && len; round++) {
            scoped_free char *line = strdup(cases[i].line), *got = NULL;
            struct json_value value;

            assert_non_null(line);
            for (uint32_t n = rng_below(&rng, 4); n; n--)
                line[rng_below(&rng, (uint32_t)len)] = (char)rng_next(&rng);
            got = parse(*state, parser, (struct slice){line, 1 + rng_below(&rng, (uint32_t)len)});
            if (json_read(got, got + strlen(got), &value) != got + strlen(got) || value.spaced)
                fail_msg("no JSON: %s", got);
        }
        parser_close(parser);
    }
}

static void many_values_of_one_name_are_all_kept(void **state)
{
    char format[4000] = "regex:", expected[2000] = "[";
    struct parser *parser;
    scoped_free char *got = NULL;

    strncat(format, "(?J)", sizeof(format) - strlen(format) - 1);
    for (int i = 0; i < 100; i++) {
        char part[16];

        strncat(format, "(?<v>\\w) ", sizeof(format) - strlen(format) - 1);
        snprintf(part, sizeof(part), "%s\"%d\"", i ? "," : "", i % 10);
        strncat(expected, part, sizeof(expected) - strlen(expected) - 1);
    }
    strncat(expected, "]", sizeof(expected) - strlen(expected) - 1);
    parser = open_parser(format);
    {
        char line[201];

        for (int i = 0; i < 200; i++)
            line[i] = i % 2 ? ' ' : (char)('0' + i / 2 % 10);
        line[200] = '\0';
        got = parse(*state, parser, slice_of(line));
    }
    if (!strstr(got, expected))
        fail_msg("%s", got);
    parser_close(parser);
}

#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, record_bench_set_up, record_bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lines_become_records),
        CASE(a_line_that_fails_leaves_nothing_behind),
        CASE(zones_are_the_input_s),
        CASE(wrong_patterns_are_refused_with_the_place),
        CASE(patterns_that_explode_are_given_up),
        CASE(damaged_lines_are_survived),
        CASE(many_values_of_one_name_are_all_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
