/*
 * test_apache_error.c - httpd's error log: 2.4, 2.2, and formats of one's own.
 */
#include "tests/unit/support/parser_bench.h"

static const struct parser_case cases[] = {
    {"[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client "
     "72.15.99.187] File does not exist: /usr/local/apache2/htdocs/favicon.ico",
     "@timestamp=2011-09-09T10:42:29.902022Z | message=File does not exist: "
     "/usr/local/apache2/htdocs/favicon.ico | log.level=error | log.logger=core | "
     "source.address=72.15.99.187 | source.ip=72.15.99.187 | process.pid=35708 | "
     "process.thread.id=4328636416"},
    {"[Thu May 12 08:28:57.652118 2011] [core:error] [pid 8777:tid 4326490112] "
     "(13)Permission denied: [client ::1:5861] AH00035: access to / denied (filesystem path "
     "'/srv/x')",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=access to / denied (filesystem path "
     "'/srv/x') | event.code=AH00035 | log.level=error | log.logger=core | "
     "source.address=::1 | source.ip=::1 | source.port=5861 | process.pid=8777 | "
     "process.thread.id=4326490112 | error.code=AH00035 | error.message=Permission denied | "
     "labels.errno=\"13\""},
    {"[Thu May 12 08:28:57.652118 2011] [core:error] [pid 8777:tid 4326490112] [client "
     "192.0.2.7:50012] AH00037: Symbolic link not allowed, referer: http://example.org/a, b",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Symbolic link not allowed | "
     "event.code=AH00037 | log.level=error | log.logger=core | source.address=192.0.2.7 | "
     "source.ip=192.0.2.7 | source.port=50012 | http.request.referrer=http://example.org/a, "
     "b | process.pid=8777 | process.thread.id=4326490112 | error.code=AH00037"},
    {"[Thu May 12 08:28:57.652118 2011] [proxy:error] [pid 8777] (111)Connection refused: "
     "AH00957: HTTP: attempt to connect to 127.0.0.1:8080 (localhost) failed",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=HTTP: attempt to connect to "
     "127.0.0.1:8080 (localhost) failed | event.code=AH00957 | log.level=error | "
     "log.logger=proxy | process.pid=8777 | error.code=AH00957 | error.message=Connection "
     "refused | labels.errno=\"111\""},
    {"[Thu May 12 08:28:57.652118 2011] [proxy:error] [pid 8777:tid 1] (OS 10060)A "
     "connection attempt failed because it did not respond.  : AH00957: HTTP: attempt failed",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=HTTP: attempt failed | "
     "event.code=AH00957 | log.level=error | log.logger=proxy | process.pid=8777 | "
     "process.thread.id=1 | error.code=AH00957 | error.message=A connection attempt failed "
     "because it did not respond. | labels.errno=\"10060\""},
    {"[Thu May 12 08:28:57.652118 2011] [core:crit] [pid 8777] (EAI 2)Name or service not "
     "known: AH00547: Could not resolve host name *80",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Could not resolve host name *80 | "
     "event.code=AH00547 | log.level=critical | log.logger=core | process.pid=8777 | "
     "error.code=AH00547 | error.message=Name or service not known | labels.errno=\"EAI 2\""},
    {"[Thu May 12 08:28:57.652118 2011] [proxy_fcgi:error] [pid 8777:tid 2] (70008)Partial "
     "results are valid but processing is incomplete: [client 192.0.2.7:59307] AH01075: "
     "Error dispatching request to : (reading input brigade), referer: "
     "http://example.org/index.php?id=11&c=p",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Error dispatching request to : "
     "(reading input brigade) | event.code=AH01075 | log.level=error | "
     "log.logger=proxy_fcgi | source.address=192.0.2.7 | source.ip=192.0.2.7 | "
     "source.port=59307 | http.request.referrer=http://example.org/index.php?id=11&c=p | "
     "process.pid=8777 | process.thread.id=2 | error.code=AH01075 | error.message=Partial "
     "results are valid but processing is incomplete | labels.errno=\"70008\""},
    {"[Thu May 12 08:28:57.652118 2011] [ssl:debug] [pid 8777:tid 2] ssl_engine_io.c(1212): "
     "(70014)End of file found: [client 2001:db8::7:59307] AH02007: SSL handshake "
     "interrupted",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=SSL handshake interrupted | "
     "event.code=AH02007 | log.level=debug | log.logger=ssl | "
     "log.origin.file.name=ssl_engine_io.c | log.origin.file.line=1212 | "
     "source.address=2001:db8::7 | source.ip=2001:db8::7 | source.port=59307 | "
     "process.pid=8777 | process.thread.id=2 | error.code=AH02007 | error.message=End of "
     "file found | labels.errno=\"70014\""},
    {"[Thu May 12 08:28:57.652118 2011] [core:trace5] [pid 8777:tid 2] protocol.c(618): "
     "[client 192.0.2.7:59307] Request received from client: GET / HTTP/1.1",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Request received from client: GET / "
     "HTTP/1.1 | log.level=trace | log.logger=core | log.origin.file.name=protocol.c | "
     "log.origin.file.line=618 | source.address=192.0.2.7 | source.ip=192.0.2.7 | "
     "source.port=59307 | process.pid=8777 | process.thread.id=2"},
    {"[Thu May 12 08:28:57.652118 2011] [mpm_prefork:notice] [pid 8777] AH00163: "
     "Apache/2.4.58 (Unix) configured -- resuming normal operations",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Apache/2.4.58 (Unix) configured -- "
     "resuming normal operations | event.code=AH00163 | log.level=notice | "
     "log.logger=mpm_prefork | process.pid=8777 | error.code=AH00163"},
    {"[Thu May 12 08:28:57.652118 2011] [:error] [pid 8777] [client 192.0.2.7:59307] PHP "
     "Warning:  Undefined variable $x in /var/www/a.php on line 12",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=PHP Warning:  Undefined variable $x "
     "in /var/www/a.php on line 12 | log.level=error | source.address=192.0.2.7 | "
     "source.ip=192.0.2.7 | source.port=59307 | process.pid=8777"},
    {"[Thu May 12 08:28:57.652118 2011] [php:warn] [pid 8777] [client 192.0.2.7:0] PHP "
     "Warning:  no port",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=PHP Warning:  no port | "
     "log.level=warn | log.logger=php | source.address=192.0.2.7 | source.ip=192.0.2.7 | "
     "process.pid=8777"},
    {"[Thu May 12 08:28:57.652118 2011] [proxy_http:error] [pid 8777] (20014)Internal error "
     "(specific information not available): [remote 192.0.2.9:8080] AH01102: error reading "
     "status line from remote server backend:8080",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=error reading status line from "
     "remote server backend:8080 | event.code=AH01102 | log.level=error | "
     "log.logger=proxy_http | destination.address=192.0.2.9 | destination.ip=192.0.2.9 | "
     "destination.port=8080 | process.pid=8777 | error.code=AH01102 | "
     "error.message=Internal error (specific information not available) | "
     "labels.errno=\"20014\""},
    {"[Thu May 12 08:28:57.652118 2011] [security2:error] [pid 8777] [client "
     "192.0.2.7:59307] [client 192.0.2.7] ModSecurity: Access denied [file \"/etc/x.conf\"] "
     "[id \"1\"]",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=ModSecurity: Access denied [file "
     "\"/etc/x.conf\"] [id \"1\"] | log.level=error | log.logger=security2 | "
     "source.address=192.0.2.7 | source.ip=192.0.2.7 | source.port=59307 | process.pid=8777"},
    {"[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] client denied by server "
     "configuration: /srv/htdocs/test",
     "@timestamp=2000-10-11T14:32:52.000Z | message=client denied by server configuration: "
     "/srv/htdocs/test | log.level=error | source.address=127.0.0.1 | source.ip=127.0.0.1"},
    {"[Wed Oct 11 14:32:52 2000] [error] [client ::1] client denied",
     "@timestamp=2000-10-11T14:32:52.000Z | message=client denied | log.level=error | "
     "source.address=::1 | source.ip=::1"},
    {"[Wed Oct 11 14:32:52 2000] [error] [client 2001:db8::1:5861] no port before 2.4",
     "@timestamp=2000-10-11T14:32:52.000Z | message=no port before 2.4 | log.level=error | "
     "source.address=2001:db8::1:5861 | source.ip=2001:db8::1:5861"},
    {"[Wed Oct 11 14:32:52 2000] [error] [client host.example.org] (13)Permission denied: "
     "file permissions deny server access: /srv/x, referer: -",
     "@timestamp=2000-10-11T14:32:52.000Z | message=file permissions deny server access: "
     "/srv/x | log.level=error | source.address=host.example.org | error.code=13 | "
     "error.message=Permission denied | labels.errno=\"13\""},
    {"[Wed Oct 11 14:32:52 2000] [notice] Apache/2.2.3 (CentOS) configured -- resuming "
     "normal operations",
     "@timestamp=2000-10-11T14:32:52.000Z | message=Apache/2.2.3 (CentOS) configured -- "
     "resuming normal operations | log.level=notice"},
    {"[Wed Oct 11 14:32:52 2000] [warn] [Wed] is no part of it",
     "@timestamp=2000-10-11T14:32:52.000Z | message=[Wed] is no part of it | log.level=warn"},
    {"[Wed Oct 11 14:32:52 2000] PHP Notice:  a line of PHP itself",
     "@timestamp=2000-10-11T14:32:52.000Z | message=PHP Notice:  a line of PHP itself"},
    {"[2011-05-12 08:28:57.652118] [core:error] [R:rAnd0m] [C:c0nn] AH00126: Invalid URI in "
     "request",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Invalid URI in request | "
     "event.code=AH00126 | log.level=error | log.logger=core | http.request.id=rAnd0m | "
     "error.code=AH00126 | labels.connection=\"c0nn\""},
    {"[2011-05-12 08:28:57.652118] [R:rAnd0m] Request 0 on C:c0nn pid:8777 tid:1",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=Request 0 on C:c0nn pid:8777 tid:1 | "
     "http.request.id=rAnd0m"},
    {"[Thu May 12 08:28:57.652118 2011] [vhost www.example.org] [core:info] [tid 12] text",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=text | log.level=info | "
     "log.logger=core | url.domain=www.example.org | process.thread.id=12"},
    {"[Thu May 12 08:28:57.652118 2011] [-:error] [pid 1] text",
     "@timestamp=2011-05-12T08:28:57.652118Z | message=text | log.level=error | "
     "process.pid=1"},
    {"[21-Nov-2026 12:00:00 UTC] PHP Fatal error:  Uncaught Error",
     "@timestamp=2026-11-21T12:00:00.000Z | message=PHP Fatal error:  Uncaught Error"},
    {"[core:error] [pid 8777:tid 2] [client 192.0.2.7:59307] AH00128: through syslog, which "
     "has the time",
     "message=through syslog, which has the time | event.code=AH00128 | log.level=error | "
     "log.logger=core | source.address=192.0.2.7 | source.ip=192.0.2.7 | source.port=59307 "
     "| process.pid=8777 | process.thread.id=2 | error.code=AH00128"},
    {"AH00558: httpd: Could not reliably determine the server's fully qualified domain name",
     "message=httpd: Could not reliably determine the server's fully qualified domain name "
     "| event.code=AH00558 | error.code=AH00558"},
    {"(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80",
     "message=make_sock: could not bind to address [::]:80 | event.code=AH00072 | "
     "error.code=AH00072 | error.message=Address already in use | labels.errno=\"98\""},
    {"[Thu May 12 08:28:57.652118 2011] [core:error] [pid 1]",
     "@timestamp=2011-05-12T08:28:57.652118Z | log.level=error | log.logger=core | "
     "process.pid=1"},
    {"[Wed Oct 20 19:20:59.121211 2021] [rewrite:trace3] [pid 121591:tid 140413273032448] "
     "mod_rewrite.c(470): [client 10.121.192.8:38350] 10.121.192.8 - - "
     "[example.org/sid#55a3][rid#7fb4/initial] applying pattern '^/x/?(.*)$' to uri '/'",
     "@timestamp=2021-10-20T19:20:59.121211Z | message=10.121.192.8 - - "
     "[example.org/sid#55a3][rid#7fb4/initial] applying pattern '^/x/?(.*)$' to uri '/' | "
     "log.level=trace | log.logger=rewrite | log.origin.file.name=mod_rewrite.c | "
     "log.origin.file.line=470 | source.address=10.121.192.8 | source.ip=10.121.192.8 | "
     "source.port=38350 | process.pid=121591 | process.thread.id=140413273032448"},
    /* these do not fit */
    {"", NULL},
    {"sh: foo: not found", NULL},
    {"[client ", NULL},
    {"[Feb 30 10:00:00 2011] [error] no such day", NULL},
    {"[Fri Feb 30 10:42:29 2011] [error] no such day", NULL},
    {"[error: text", NULL},
    {"PHP Warning:  text", NULL},
    {"(text) more: text", NULL},
    {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1", NULL},
};

static void lines_become_records(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "apache-error", NULL);
    bench_expect_all(&bench, cases, ARRAY_LEN(cases));
    bench_close(&bench);
}

static void times_are_of_the_inputs_zone(void **state)
{
    static const struct parser_case local[] = {
        {"[Tue Jul 21 12:00:00 2026] [error] text",
         "@timestamp=2026-07-21T10:00:00.000Z | message=text | log.level=error"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "apache-error", "Europe/Berlin");
    bench_expect_all(&bench, local, ARRAY_LEN(local));
    bench_close(&bench);
}

static void any_bytes_are_a_record(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "apache-error", NULL);
    bench_expect_any(
        &bench,
        "[\n]\n[client \n[pid 1:tid 2]\n[core:error]\n(13)\n: \nAH00035: \na.c(1): \n, referer: \n"
        "[Wed Oct 11 14:32:52 2000] \n::1:80\n(OS \n-",
        20000);
    bench_expect_long(&bench, "[error] ", ", referer: ");
    bench_expect_long(&bench, "[error] ", "[client a] ");
    bench_expect_long(&bench, "[error] ", "(13)");
    bench_expect_long(&bench, "(", "1");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_records),
        cmocka_unit_test(times_are_of_the_inputs_zone),
        cmocka_unit_test(any_bytes_are_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
