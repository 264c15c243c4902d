/*
 * test_nginx_error.c - nginx's error log: messages, circumstances, and text that looks like them.
 */
#include "tests/unit/support/parser_bench.h"

static const struct parser_case cases[] = {
    {"2026/11/21 12:00:00 [error] 123#456: *789 open() \"/srv/x\" failed (2: No such file "
     "or directory), client: 192.0.2.1, server: example.org, request: \"GET /x?a=1 "
     "HTTP/1.1\", host: \"example.org\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=open() \"/srv/x\" failed (2: No such "
     "file or directory) | log.level=error | source.address=192.0.2.1 | source.ip=192.0.2.1 "
     "| http.version=1.1 | http.request.method=GET | url.original=/x?a=1 | "
     "url.domain=example.org | url.path=/x | url.query=a=1 | process.pid=123 | "
     "process.thread.id=456 | error.code=2 | error.message=No such file or directory | "
     "labels.connection=\"789\""},
    {"2026/11/21 12:00:00 [error] 123#456: *789 connect() failed (111: Connection refused) "
     "while connecting to upstream, client: 2001:db8::1, server: _, request: \"POST /api "
     "HTTP/2.0\", subrequest: \"/auth\", upstream: \"http://127.0.0.1:8080/api\", host: "
     "\"example.org:8443\", referrer: \"https://example.org/a, b\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=connect() failed (111: Connection "
     "refused) while connecting to upstream | log.level=error | source.address=2001:db8::1 "
     "| source.ip=2001:db8::1 | http.version=2.0 | http.request.method=POST | "
     "http.request.referrer=https://example.org/a, b | url.original=/api | "
     "url.domain=example.org | url.port=8443 | url.path=/api | process.pid=123 | "
     "process.thread.id=456 | error.code=111 | error.message=Connection refused | "
     "labels.connection=\"789\" | labels.server_name=\"_\" | labels.subrequest=\"/auth\" | "
     "labels.upstream=\"http://127.0.0.1:8080/api\""},
    {"2026/11/21 12:00:00 [error] 123#456: *789 FastCGI sent in stderr: \"PHP message: PHP "
     "Warning:  a, client: b, server: c in /x.php on line 3\" while reading response header "
     "from upstream, client: 192.0.2.1, server: example.org, request: \"GET / HTTP/1.1\", "
     "upstream: \"fastcgi://unix:/run/php.sock:\", host: \"example.org\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=FastCGI sent in stderr: \"PHP message: "
     "PHP Warning:  a, client: b, server: c in /x.php on line 3\" while reading response "
     "header from upstream | log.level=error | source.address=192.0.2.1 | "
     "source.ip=192.0.2.1 | http.version=1.1 | http.request.method=GET | url.original=/ | "
     "url.domain=example.org | url.path=/ | process.pid=123 | process.thread.id=456 | "
     "labels.connection=\"789\" | labels.upstream=\"fastcgi://unix:/run/php.sock:\""},
    {"2026/11/21 12:00:00 [info] 123#456: *789 client sent invalid request while reading "
     "client request line, client: 192.0.2.1, server: example.org, request: "
     "\"\\x16\\x03\\x01\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=client sent invalid request while "
     "reading client request line | log.level=info | source.address=192.0.2.1 | "
     "source.ip=192.0.2.1 | url.domain=example.org | process.pid=123 | "
     "process.thread.id=456 | labels.connection=\"789\" | "
     "labels.request=\"\\\\x16\\\\x03\\\\x01\""},
    {"2026/11/21 12:00:00 [info] 123#456: *789 client closed connection while waiting for "
     "request, client: 192.0.2.1, server: 0.0.0.0:80",
     "@timestamp=2026-11-21T12:00:00.000Z | message=client closed connection while waiting "
     "for request | log.level=info | source.address=192.0.2.1 | source.ip=192.0.2.1 | "
     "process.pid=123 | process.thread.id=456 | labels.connection=\"789\" | "
     "labels.server_name=\"0.0.0.0:80\""},
    {"2026/11/21 12:00:00 [crit] 123#456: *789 SSL_do_handshake() failed (SSL: "
     "error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: 192.0.2.1, "
     "server: 0.0.0.0:443",
     "@timestamp=2026-11-21T12:00:00.000Z | message=SSL_do_handshake() failed (SSL: "
     "error:0A00006C:SSL routines::bad key share) while SSL handshaking | "
     "log.level=critical | source.address=192.0.2.1 | source.ip=192.0.2.1 | process.pid=123 "
     "| process.thread.id=456 | labels.connection=\"789\" | "
     "labels.server_name=\"0.0.0.0:443\""},
    {"2026/11/21 12:00:00 [warn] 123#456: *789 a client request body is buffered to a "
     "temporary file /var/x, client: unix:, server: , request: \"POST / HTTP/1.1\", host: "
     "\"localhost\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=a client request body is buffered to a "
     "temporary file /var/x | log.level=warn | source.address=unix: | http.version=1.1 | "
     "http.request.method=POST | url.original=/ | url.domain=localhost | url.path=/ | "
     "process.pid=123 | process.thread.id=456 | labels.connection=\"789\""},
    {"2026/11/21 12:00:00 [error] 123#456: *789 no live upstreams while connecting to "
     "upstream, client: 192.0.2.1, server: 0.0.0.0:53, upstream: \"dns\", bytes from/to "
     "client:33/0, bytes from/to upstream:0/0",
     "@timestamp=2026-11-21T12:00:00.000Z | message=no live upstreams while connecting to "
     "upstream | log.level=error | source.address=192.0.2.1 | source.ip=192.0.2.1 | "
     "process.pid=123 | process.thread.id=456 | labels.connection=\"789\" | "
     "labels.server_name=\"0.0.0.0:53\" | labels.upstream=\"dns\" | "
     "labels.client_bytes=\"33/0\" | labels.upstream_bytes=\"0/0\""},
    {"2026/11/21 12:00:00 [info] 123#456: *789 client login failed: \"Invalid login\" while "
     "in http auth state, client: 192.0.2.1, server: 0.0.0.0:143, login: \"joe\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=client login failed: \"Invalid login\" "
     "while in http auth state | log.level=info | source.address=192.0.2.1 | "
     "source.ip=192.0.2.1 | user.name=joe | process.pid=123 | process.thread.id=456 | "
     "labels.connection=\"789\" | labels.server_name=\"0.0.0.0:143\""},
    {"2026/11/21 12:00:00 [error] 123#456: *789 [lua] a.lua:3: text, context: x, client: "
     "192.0.2.1, server: s, request: \"GET / HTTP/1.1\", host: \"h\", request_id: \"0a1b\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=[lua] a.lua:3: text, context: x | "
     "log.level=error | source.address=192.0.2.1 | source.ip=192.0.2.1 | http.version=1.1 | "
     "http.request.method=GET | http.request.id=0a1b | url.original=/ | url.domain=h | "
     "url.path=/ | process.pid=123 | process.thread.id=456 | labels.connection=\"789\" | "
     "labels.server_name=\"s\""},
    {"2026/11/21 12:00:00 [error] 123#456: *789 the line was cut, client: 192.0.2.1, "
     "server: s, request: \"GET /long/long",
     "@timestamp=2026-11-21T12:00:00.000Z | message=the line was cut | log.level=error | "
     "source.address=192.0.2.1 | source.ip=192.0.2.1 | http.request.method=GET | "
     "url.original=/long/long | url.domain=s | url.path=/long/long | process.pid=123 | "
     "process.thread.id=456 | labels.connection=\"789\""},
    {"2026/11/21 12:00:00 [error] 123#456: recv() failed (104: Connection reset by peer) "
     "while resolving, resolver: 192.0.2.53:53",
     "@timestamp=2026-11-21T12:00:00.000Z | message=recv() failed (104: Connection reset by "
     "peer) while resolving, resolver: 192.0.2.53:53 | log.level=error | process.pid=123 | "
     "process.thread.id=456 | error.code=104 | error.message=Connection reset by peer"},
    {"2026/11/21 12:00:00 [error] 123#456: *789 open() \"/a (1: b)\" failed (36: File name "
     "too long), client: 192.0.2.1, server: s, request: \"GET / HTTP/1.1\", host: \"h\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=open() \"/a (1: b)\" failed (36: File "
     "name too long) | log.level=error | source.address=192.0.2.1 | source.ip=192.0.2.1 | "
     "http.version=1.1 | http.request.method=GET | url.original=/ | url.domain=h | "
     "url.path=/ | process.pid=123 | process.thread.id=456 | error.code=36 | "
     "error.message=File name too long | labels.connection=\"789\" | "
     "labels.server_name=\"s\""},
    {"2026/11/21 12:00:00 [notice] 1#1: using the \"epoll\" event method",
     "@timestamp=2026-11-21T12:00:00.000Z | message=using the \"epoll\" event method | "
     "log.level=notice | process.pid=1 | process.thread.id=1"},
    {"2026/11/21 12:00:00 [notice] 1#1: signal 17 (SIGCHLD) received from 29",
     "@timestamp=2026-11-21T12:00:00.000Z | message=signal 17 (SIGCHLD) received from 29 | "
     "log.level=notice | process.pid=1 | process.thread.id=1"},
    {"2026/11/21 12:00:00 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in "
     "use)",
     "@timestamp=2026-11-21T12:00:00.000Z | message=bind() to 0.0.0.0:80 failed (98: "
     "Address already in use) | log.level=emergency | process.pid=1 | process.thread.id=1 | "
     "error.code=98 | error.message=Address already in use"},
    {"2026/11/21 12:00:00 [alert] 12#12: worker process 13 exited on signal 11 (core dumped)",
     "@timestamp=2026-11-21T12:00:00.000Z | message=worker process 13 exited on signal 11 "
     "(core dumped) | log.level=alert | process.pid=12 | process.thread.id=12"},
    {"2026/11/21 12:00:00 [debug] 12#34: *5 http header: \"Host: example.org\"",
     "@timestamp=2026-11-21T12:00:00.000Z | message=http header: \"Host: example.org\" | "
     "log.level=debug | process.pid=12 | process.thread.id=34 | labels.connection=\"5\""},
    {"2026/11/21 12:00:00 [notice] 12#12: http file cache: /var/cache 0.000M, bsize: 4096",
     "@timestamp=2026-11-21T12:00:00.000Z | message=http file cache: /var/cache 0.000M, "
     "bsize: 4096 | log.level=notice | process.pid=12 | process.thread.id=12"},
    {"2026/11/21 12:00:00 [error] 1#1: *2 text with no client, server: x",
     "@timestamp=2026-11-21T12:00:00.000Z | message=text with no client, server: x | "
     "log.level=error | process.pid=1 | process.thread.id=1 | labels.connection=\"2\""},
    {"2026/11/21 12:00:00 [error] 1#1:",
     "@timestamp=2026-11-21T12:00:00.000Z | log.level=error | process.pid=1 | "
     "process.thread.id=1"},
    /* these do not fit */
    {"", NULL},
    {"text", NULL},
    {"2026/11/21 12:00:00 text", NULL},
    {"2026/11/21 12:00:00 [error] text", NULL},
    {"2026/11/21 12:00:00 [noise] 1#1: text", NULL},
    {"2026/11/21 12:00:00 [error] 1: text", NULL},
    {"2026/02/30 12:00:00 [error] 1#1: text", NULL},
    {"nginx: [emerg] unknown directive \"x\" in /etc/nginx/nginx.conf:1", NULL},
    {"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1 \"-\" \"-\"", NULL},
};

static void lines_become_records(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "nginx-error", NULL);
    bench_expect_all(&bench, cases, ARRAY_LEN(cases));
    bench_close(&bench);
}

static void times_are_of_the_inputs_zone(void **state)
{
    static const struct parser_case local[] = {
        {"2026/07/21 12:00:00 [error] 1#2: text",
         "@timestamp=2026-07-21T10:00:00.000Z | message=text | log.level=error | process.pid=1 | "
         "process.thread.id=2"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "nginx-error", "Europe/Berlin");
    bench_expect_all(&bench, local, ARRAY_LEN(local));
    bench_close(&bench);
}

static void any_bytes_are_a_record(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "nginx-error", NULL);
    bench_expect_any(&bench,
                     "2026/11/21 12:00:00 [error] 1#1: \n*1 \n, client: \n, server: \n, request: "
                     "\"\n\", host: \"\n\"\n(2: \n)\n"
                     "10.0.0.1\n, \n, upstream: \"\nGET / HTTP/1.1",
                     20000);
    bench_expect_long(&bench, "2026/11/21 12:00:00 [error] 1#1: ", ", client: a");
    bench_expect_long(&bench, "2026/11/21 12:00:00 [error] 1#1: x, client: a, request: \"", "\", ");
    bench_expect_long(&bench, "2026/11/21 12:00:00 [error] 1#1: ", ", client: a, request: \"");
    bench_expect_long(&bench, "2026/11/21 12:00:00 [error] 1#1: ", "(1: ");
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
