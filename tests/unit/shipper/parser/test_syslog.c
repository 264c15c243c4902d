/*
 * test_syslog.c - lines of both syslog formats, as their RFCs and many senders write them.
 */
#include "tests/unit/support/parser_bench.h"

/* What every PRI sets, and fields that say the same as another one, are looked at apart. */
static void open_bench(struct parser_bench *bench, const char *format)
{
    static const enum record_field derived[] = {
        FIELD_LOG_SYSLOG_SEVERITY_CODE, FIELD_LOG_SYSLOG_SEVERITY_NAME,
        FIELD_LOG_SYSLOG_FACILITY_CODE, FIELD_LOG_SYSLOG_FACILITY_NAME,
        FIELD_EVENT_SEVERITY,           FIELD_LOG_LEVEL,
        FIELD_LOG_SYSLOG_APPNAME,       FIELD_LOG_SYSLOG_HOSTNAME,
    };

    bench_open(bench, format, NULL);
    for (size_t i = 0; i < ARRAY_LEN(derived); i++)
        bench->skip[derived[i]] = true;
}

static void expect_all(const char *format, const struct parser_case *cases, size_t count)
{
    struct parser_bench bench;

    open_bench(&bench, format);
    bench_expect_all(&bench, cases, count);
    bench_close(&bench);
}

/* ---- RFC 5424 ---- */

static const struct parser_case rfc5424[] = {
    {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for "
     "lonvick on /dev/pts/8",
     "@timestamp=2003-10-11T22:14:15.003Z | message='su root' failed for lonvick on "
     "/dev/pts/8 | log.syslog.priority=34 | log.syslog.version=1 | log.syslog.msgid=ID47 | "
     "process.name=su | host.hostname=mymachine.example.com"},
    {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to "
     "make the do-nuts.",
     "@timestamp=2003-08-24T12:14:15.000003Z | message=%% It's time to make the do-nuts. | "
     "log.syslog.priority=165 | log.syslog.version=1 | log.syslog.procid=8710 | "
     "process.name=myproc | process.pid=8710 | host.hostname=192.0.2.1"},
    {"<0>1 - - - - - -", "log.syslog.priority=0 | log.syslog.version=1"},
    {"<191>1 - - - - - - ", "log.syslog.priority=191 | log.syslog.version=1"},
    {"<13>1 2026-11-21T12:00:00.123456789+05:45 h a 1 m - nanoseconds are kept",
     "@timestamp=2026-11-21T06:15:00.123456789Z | message=nanoseconds are kept | "
     "log.syslog.priority=13 | log.syslog.version=1 | log.syslog.procid=1 | "
     "log.syslog.msgid=m | process.name=a | process.pid=1 | host.hostname=h"},
    {"<13>1 2026-11-21T12:00:00 h a 1 m - no offset",
     "@timestamp=2026-11-21T12:00:00.000Z | message=no offset | log.syslog.priority=13 | "
     "log.syslog.version=1 | log.syslog.procid=1 | log.syslog.msgid=m | process.name=a | "
     "process.pid=1 | host.hostname=h"},
    {"<13>1 2026-12-31T23:59:60Z h a 1 m - leap second",
     "@timestamp=2027-01-01T00:00:00.000Z | message=leap second | log.syslog.priority=13 | "
     "log.syslog.version=1 | log.syslog.procid=1 | log.syslog.msgid=m | process.name=a | "
     "process.pid=1 | host.hostname=h"},
    {"<14>1 2026-11-21T12:00:00Z 2001:db8::1 app-with.dots_and/slashes web.1 - - text  with "
     "blanks ",
     "@timestamp=2026-11-21T12:00:00.000Z | message=text  with blanks  | "
     "log.syslog.priority=14 | log.syslog.version=1 | log.syslog.procid=web.1 | "
     "process.name=app-with.dots_and/slashes | host.hostname=2001:db8::1"},
    {"<14>999 - - - - - - later versions",
     "message=later versions | log.syslog.priority=14 | log.syslog.version=999"},
    {"<165>1 - h a - - [exampleSDID@32473 iut=\"3\" eventSource=\"Application\" "
     "eventID=\"1011\"] message",
     "message=message | log.syslog.priority=165 | log.syslog.version=1 | process.name=a | "
     "host.hostname=h | "
     "log.syslog.structured_data.exampleSDID@32473={\"eventID\":\"1011\",\"eventSource\":"
     "\"Application\",\"iut\":\"3\"}"},
    {"<165>1 - h a - - [a@1 x=\"1\"][b@2][c@3 y=\"2\"] several, and one that is empty",
     "message=several, and one that is empty | log.syslog.priority=165 | "
     "log.syslog.version=1 | process.name=a | host.hostname=h | "
     "log.syslog.structured_data.a@1={\"x\":\"1\"} | log.syslog.structured_data.b@2={} | "
     "log.syslog.structured_data.c@3={\"y\":\"2\"}"},
    {"<165>1 - h a - - [empty] ",
     "log.syslog.priority=165 | log.syslog.version=1 | process.name=a | host.hostname=h | "
     "log.syslog.structured_data.empty={}"},
    {"<165>1 - h a - - [origin ip=\"10.0.0.1\" ip=\"10.0.0.2\" ip=\"10.0.0.1\" "
     "software=\"x\"] a list",
     "message=a list | log.syslog.priority=165 | log.syslog.version=1 | process.name=a | "
     "host.hostname=h | "
     "log.syslog.structured_data.origin={\"ip\":[\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.1\"],"
     "\"software\":\"x\"}"},
    {"<165>1 - h a - - [a x=\"1\"][b][a x=\"2\" y=\"\"] an id that comes again",
     "message=an id that comes again | log.syslog.priority=165 | log.syslog.version=1 | "
     "process.name=a | host.hostname=h | "
     "log.syslog.structured_data.a={\"x\":[\"1\",\"2\"],\"y\":\"\"} | "
     "log.syslog.structured_data.b={}"},
    {"<165>1 - h a - - [a q=\"say \\\"hi\\\"\" b=\"back\\\\slash\" c=\"br\\]acket\" "
     "n=\"line\\nfeed\" u=\"C:\\Users\" e=\"\\\\\"] escapes",
     "message=escapes | log.syslog.priority=165 | log.syslog.version=1 | process.name=a | "
     "host.hostname=h | "
     "log.syslog.structured_data.a={\"b\":\"back\\\\slash\",\"c\":\"br]acket\",\"e\":\"\\\\\","
     "\"n\":\"line\\\\nfeed\",\"q\":\"say \\\"hi\\\"\",\"u\":\"C:\\\\Users\"}"},
    {"<165>1 - h a - - [a c=\"plain ] bracket\" eq=\"a=b [c]\"] lenient",
     "message=lenient | log.syslog.priority=165 | log.syslog.version=1 | process.name=a | "
     "host.hostname=h | log.syslog.structured_data.a={\"c\":\"plain ] "
     "bracket\",\"eq\":\"a=b [c]\"}"},
    {"<165>1 - h a - - [a x=\"1\" ] a blank before the bracket",
     "message=a blank before the bracket | log.syslog.priority=165 | log.syslog.version=1 | "
     "process.name=a | host.hostname=h | log.syslog.structured_data.a={\"x\":\"1\"}"},
    {"<165>1 - h a - - [a x=\"1\"] [b y=\"2\"] the second is message",
     "message=[b y=\"2\"] the second is message | log.syslog.priority=165 | "
     "log.syslog.version=1 | process.name=a | host.hostname=h | "
     "log.syslog.structured_data.a={\"x\":\"1\"}"},
    {"<165>1 - h a - - [zo\303\253@1 "
     "\320\272\320\273\321\216\321\207="
     "\"\320\267\320\275\320\260\321\207\320\265\320\275\320\270\320\265\"] UTF-8",
     "message=UTF-8 | log.syslog.priority=165 | log.syslog.version=1 | process.name=a | "
     "host.hostname=h | "
     "log.syslog.structured_data.zo\303\253@1={\"\320\272\320\273\321\216\321\207\":"
     "\"\320\267\320\275\320\260\321\207\320\265\320\275\320\270\320\265\"}"},
    {"<165>1 - h a - - [a x=\"1\"]",
     "log.syslog.priority=165 | log.syslog.version=1 | process.name=a | host.hostname=h | "
     "log.syslog.structured_data.a={\"x\":\"1\"}"},
    {"<165>1 - h a - - - [not sd] message",
     "message=[not sd] message | log.syslog.priority=165 | log.syslog.version=1 | "
     "process.name=a | host.hostname=h"},
    {"<14>1 - h a - - - \357\273\277with a mark",
     "message=with a mark | log.syslog.priority=14 | log.syslog.version=1 | process.name=a "
     "| host.hostname=h"},
    {"<14>1 - h a - - [a x=\"1\"] \357\273\277with a mark",
     "message=with a mark | log.syslog.priority=14 | log.syslog.version=1 | process.name=a "
     "| host.hostname=h | log.syslog.structured_data.a={\"x\":\"1\"}"},
    {"<14>1 - h a - - - \377\376 bytes",
     "message=\377\376 bytes | log.syslog.priority=14 | log.syslog.version=1 | "
     "process.name=a | host.hostname=h"},
    {"\357\273\277<14>1 - h a - - - a mark in front",
     "message=a mark in front | log.syslog.priority=14 | log.syslog.version=1 | "
     "process.name=a | host.hostname=h"},
    {"", NULL},
    {"<192>1 - - - - - -", NULL},
    {"<999>1 - - - - - -", NULL},
    {"<1000>1 - - - - - -", NULL},
    {"<014>1 - - - - - -", NULL},
    {"<>1 - - - - - -", NULL},
    {"<x>1 - - - - - -", NULL},
    {"<-1>1 - - - - - -", NULL},
    {"1 - - - - - -", NULL},
    {"<14>0 - - - - - -", NULL},
    {"<14>1000 - - - - - -", NULL},
    {"<14>- - - - - - -", NULL},
    {"<14>1", NULL},
    {"<14>1 -", NULL},
    {"<14>1 - h a - -", NULL},
    {"<14>1 - h a - m", NULL},
    {"<14>1  - h a - - - x", NULL},
    {"<14>1 2026-11-21 12:00:00Z h a - - - x", NULL},
    {"<14>1 2026-02-30T12:00:00Z h a - - - x", NULL},
    {"<14>1 2026-11-21T24:30:00Z h a - - - x", NULL},
    {"<14>1 2026-11-21T12:00:00+25:00 h a - - - x", NULL},
    {"<14>1 2026-11-21T12:00:00Zx h a - - - x", NULL},
    {"<14>1 yesterday h a - - - x", NULL},
    {"<14>1 - h a - - x", NULL},
    {"<14>1 - h a - - []", NULL},
    {"<14>1 - h a - - [a", NULL},
    {"<14>1 - h a - - [a x]", NULL},
    {"<14>1 - h a - - [a x=1]", NULL},
    {"<14>1 - h a - - [a x=\"1]", NULL},
    {"<14>1 - h a - - [a x=\"1\\\"]", NULL},
    {"<14>1 - h a - - [a x=\"1\"y=\"2\"]", NULL},
    {"<14>1 - h a - - [a =\"1\"]", NULL},
    {"<14>1 - h a - - [a x=\"1\"]message", NULL},
    {"<14>1 - h a - - -message", NULL},
    {"<14>Oct 11 22:14:15 h a: b", NULL},
};

static void rfc5424_lines(void **state)
{
    (void)state;
    expect_all("syslog-5424", rfc5424, ARRAY_LEN(rfc5424));
}

/* ---- what was there before ---- */

static const struct parser_case rfc3164[] = {
    {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
     "@timestamp=2026-10-11T22:14:15.000Z | message='su root' failed for lonvick on "
     "/dev/pts/8 | log.syslog.priority=34 | process.name=su | host.hostname=mymachine"},
    {"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
     "@timestamp=2026-02-05T17:32:18.000Z | message=Use the BFG! | log.syslog.priority=13 | "
     "host.hostname=10.0.0.99"},
    {"<007>Oct 11 22:14:15 h a: leading zeros",
     "@timestamp=2026-10-11T22:14:15.000Z | message=leading zeros | log.syslog.priority=7 | "
     "process.name=a | host.hostname=h"},
    {"Oct 11 22:14:15 host sshd[123]: no priority",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no priority | log.syslog.procid=123 | "
     "process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Oct  1 02:14:15 host sshd[123]: one digit behind a blank",
     "@timestamp=2026-10-01T02:14:15.000Z | message=one digit behind a blank | "
     "log.syslog.procid=123 | process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Oct 1 02:14:15 host sshd[123]: one digit",
     "@timestamp=2026-10-01T02:14:15.000Z | message=one digit | log.syslog.procid=123 | "
     "process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Oct 01 02:14:15 host sshd[123]: one digit behind a zero",
     "@timestamp=2026-10-01T02:14:15.000Z | message=one digit behind a zero | "
     "log.syslog.procid=123 | process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Nov 21 12:00:00.123456 host a[1]: fractions",
     "@timestamp=2026-11-21T12:00:00.123456Z | message=fractions | log.syslog.procid=1 | "
     "process.name=a | process.pid=1 | host.hostname=host"},
    {"Nov 21 2026 12:00:00 host a[1]: a year",
     "@timestamp=2026-11-21T12:00:00.000Z | message=a year | log.syslog.procid=1 | "
     "process.name=a | process.pid=1 | host.hostname=host"},
    {"Nov 21 12:00:00 2026 host a[1]: a year behind the time",
     "@timestamp=2026-11-21T12:00:00.000Z | message=a year behind the time | "
     "log.syslog.procid=1 | process.name=a | process.pid=1 | host.hostname=host"},
    {"2026 Nov 21 12:00:00 host a[1]: a year in front",
     "@timestamp=2026-11-21T12:00:00.000Z | message=a year in front | log.syslog.procid=1 | "
     "process.name=a | process.pid=1 | host.hostname=host"},
    {"Sat Nov 21 12:00:00 CET 2026 host a[1]: a zone",
     "@timestamp=2026-11-21T11:00:00.000Z | message=a zone | log.syslog.procid=1 | "
     "process.name=a | process.pid=1 | host.hostname=host"},
    {"2026-11-21T12:00:00.123456+01:00 host a[1]: as rsyslog writes files",
     "@timestamp=2026-11-21T11:00:00.123456Z | message=as rsyslog writes files | "
     "log.syslog.procid=1 | process.name=a | process.pid=1 | host.hostname=host"},
    {"<13>2026-11-21T12:00:00Z host a[1]: as rsyslog forwards",
     "@timestamp=2026-11-21T12:00:00.000Z | message=as rsyslog forwards | "
     "log.syslog.priority=13 | log.syslog.procid=1 | process.name=a | process.pid=1 | "
     "host.hostname=host"},
    {"2026-11-21 12:00:00 host a[1]: a blank instead of a T",
     "@timestamp=2026-11-21T12:00:00.000Z | message=a blank instead of a T | "
     "log.syslog.procid=1 | process.name=a | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 fe80::1 a: an IPv6 host",
     "@timestamp=2026-10-11T22:14:15.000Z | message=an IPv6 host | process.name=a | "
     "host.hostname=fe80::1"},
    {"Oct 11 22:14:15 2001:db8:: a: that ends with a colon",
     "@timestamp=2026-10-11T22:14:15.000Z | message=that ends with a colon | process.name=a "
     "| host.hostname=2001:db8::"},
    {"Oct 11 22:14:15 [2001:db8::1] a: in brackets",
     "@timestamp=2026-10-11T22:14:15.000Z | message=in brackets | process.name=a | "
     "host.hostname=2001:db8::1"},
    {"Oct 11 22:14:15 192.0.2.1 a: an IPv4 host",
     "@timestamp=2026-10-11T22:14:15.000Z | message=an IPv4 host | process.name=a | "
     "host.hostname=192.0.2.1"},
    {"Oct 11 22:14:15 dn228/dn228 crond(pam_unix)[2915]: a relay and a host",
     "@timestamp=2026-10-11T22:14:15.000Z | message=a relay and a host | "
     "log.syslog.procid=2915 | process.name=crond(pam_unix) | process.pid=2915 | "
     "host.hostname=dn228/dn228"},
    {"Oct 11 22:14:15 su: no host",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no host | process.name=su"},
    {"Oct 11 22:14:15 haproxy[73411]: no host",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no host | log.syslog.procid=73411 | "
     "process.name=haproxy | process.pid=73411"},
    {"Oct 11 22:14:15 host postfix/smtpd[1]: a slash",
     "@timestamp=2026-10-11T22:14:15.000Z | message=a slash | log.syslog.procid=1 | "
     "process.name=postfix/smtpd | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 host (systemd)[1]: parentheses",
     "@timestamp=2026-10-11T22:14:15.000Z | message=parentheses | log.syslog.procid=1 | "
     "process.name=(systemd) | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 host kernel: [   12.345678] usb 1-1: new device",
     "@timestamp=2026-10-11T22:14:15.000Z | message=[   12.345678] usb 1-1: new device | "
     "process.name=kernel | host.hostname=host"},
    {"Oct 11 22:14:15 host CRON[1]: (root) CMD (command -v x)",
     "@timestamp=2026-10-11T22:14:15.000Z | message=(root) CMD (command -v x) | "
     "log.syslog.procid=1 | process.name=CRON | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 host app.name-x_y: dots",
     "@timestamp=2026-10-11T22:14:15.000Z | message=dots | process.name=app.name-x_y | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host user@1000.service: an instance",
     "@timestamp=2026-10-11T22:14:15.000Z | message=an instance | "
     "process.name=user@1000.service | host.hostname=host"},
    {"Oct 11 22:14:15 host Foo::Bar: colons",
     "@timestamp=2026-10-11T22:14:15.000Z | message=colons | process.name=Foo::Bar | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host app:no blank",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no blank | process.name=app | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host app[12]:no blank",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no blank | log.syslog.procid=12 | "
     "process.name=app | process.pid=12 | host.hostname=host"},
    {"Oct 11 22:14:15 host app[12] no colon",
     "@timestamp=2026-10-11T22:14:15.000Z | message=no colon | log.syslog.procid=12 | "
     "process.name=app | process.pid=12 | host.hostname=host"},
    {"Oct 11 22:14:15 host app[web.1]: a name in brackets",
     "@timestamp=2026-10-11T22:14:15.000Z | message=a name in brackets | "
     "log.syslog.procid=web.1 | process.name=app | host.hostname=host"},
    {"Oct 11 22:14:15 host list[key] is no tag",
     "@timestamp=2026-10-11T22:14:15.000Z | message=list[key] is no tag | host.hostname=host"},
    {"Oct 11 22:14:15 host just some words: no tag",
     "@timestamp=2026-10-11T22:14:15.000Z | message=just some words: no tag | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host http://example.org/ is no tag",
     "@timestamp=2026-10-11T22:14:15.000Z | message=http://example.org/ is no tag | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host 12:30 is no tag",
     "@timestamp=2026-10-11T22:14:15.000Z | message=12:30 is no tag | host.hostname=host"},
    {"Oct 11 22:14:15 host C:\\dir is no tag",
     "@timestamp=2026-10-11T22:14:15.000Z | message=C:\\dir is no tag | host.hostname=host"},
    {"Oct 11 22:14:15 host last message repeated 3 times",
     "@timestamp=2026-10-11T22:14:15.000Z | message=last message repeated 3 times | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 last message repeated 3 times",
     "@timestamp=2026-10-11T22:14:15.000Z | message=last message repeated 3 times"},
    {"Oct 11 22:14:15 host sshd[12]: message repeated 2 times: [ Failed password]",
     "@timestamp=2026-10-11T22:14:15.000Z | message=message repeated 2 times: [ Failed "
     "password] | log.syslog.procid=12 | process.name=sshd | process.pid=12 | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 host -- MARK --",
     "@timestamp=2026-10-11T22:14:15.000Z | message=-- MARK -- | host.hostname=host"},
    {"Oct 11 22:14:15 --- last message repeated 1 time ---",
     "@timestamp=2026-10-11T22:14:15.000Z | message=--- last message repeated 1 time ---"},
    {"Oct 11 22:14:15 host {\"json\": \"is no tag\"}",
     "@timestamp=2026-10-11T22:14:15.000Z | message={\"json\": \"is no tag\"} | "
     "host.hostname=host"},
    {"Oct 11 22:14:15 {\"json\": \"is no host\"}",
     "@timestamp=2026-10-11T22:14:15.000Z | message={\"json\": \"is no host\"}"},
    {"Oct 11 22:14:15 host", "@timestamp=2026-10-11T22:14:15.000Z | host.hostname=host"},
    {"Oct 11 22:14:15 host a:",
     "@timestamp=2026-10-11T22:14:15.000Z | process.name=a | host.hostname=host"},
    {"Oct 11 22:14:15", "@timestamp=2026-10-11T22:14:15.000Z"},
    {"Oct 11 22:14:15 host syslogd 1.4.1: restart.",
     "@timestamp=2026-10-11T22:14:15.000Z | message=restart. | process.name=syslogd | "
     "service.version=1.4.1 | host.hostname=host"},
    {"Oct 11 22:14:15 host sshd[123]: [ID 800047 auth.info] Solaris",
     "@timestamp=2026-10-11T22:14:15.000Z | message=Solaris | log.syslog.procid=123 | "
     "log.syslog.msgid=800047 | process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Oct 11 22:14:15 host auth|security:info sshd[123]: AIX",
     "@timestamp=2026-10-11T22:14:15.000Z | message=AIX | log.syslog.procid=123 | "
     "process.name=sshd | process.pid=123 | host.hostname=host"},
    {"Oct 11 22:14:15 Message forwarded from other: sshd[123]: AIX",
     "@timestamp=2026-10-11T22:14:15.000Z | message=AIX | log.syslog.procid=123 | "
     "process.name=sshd | process.pid=123 | host.hostname=other"},
    {"Oct 11 22:14:15 relay Message forwarded from other: sshd[123]: AIX",
     "@timestamp=2026-10-11T22:14:15.000Z | message=AIX | log.syslog.procid=123 | "
     "process.name=sshd | process.pid=123 | host.hostname=other"},
    {"Oct 11 22:14:15 host syslog.notice klogd: BusyBox",
     "@timestamp=2026-10-11T22:14:15.000Z | message=BusyBox | process.name=klogd | "
     "host.hostname=host"},
    {"Wed Oct 14 22:14:15 2026 daemon.err dnsmasq[1]: OpenWrt",
     "@timestamp=2026-10-14T22:14:15.000Z | message=OpenWrt | log.syslog.procid=1 | "
     "process.name=dnsmasq | process.pid=1"},
    {"Oct 11 22:14:15 <auth.info> host sshd[1]: FreeBSD",
     "@timestamp=2026-10-11T22:14:15.000Z | message=FreeBSD | log.syslog.procid=1 | "
     "process.name=sshd | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 <4.6> host sshd[1]: FreeBSD with numbers",
     "@timestamp=2026-10-11T22:14:15.000Z | message=FreeBSD with numbers | "
     "log.syslog.procid=1 | process.name=sshd | process.pid=1 | host.hostname=host"},
    {"Oct 11 22:14:15 host kernel[0] <Debug>: macOS",
     "@timestamp=2026-10-11T22:14:15.000Z | message=macOS | log.syslog.procid=0 | "
     "process.name=kernel | process.pid=0 | host.hostname=host"},
    {"Oct 11 22:14:15 host com.apple.xpc.launchd[1] (com.apple.x[12]): macOS",
     "@timestamp=2026-10-11T22:14:15.000Z | message=macOS | log.syslog.procid=1 | "
     "process.name=com.apple.xpc.launchd | process.pid=1 | host.hostname=host | "
     "labels.context=\"com.apple.x[12]\""},
    {"<189>29: *Nov 16 12:33:02.123 UTC: %LINK-3-UPDOWN: Interface down",
     "@timestamp=2026-11-16T12:33:02.123Z | message=%LINK-3-UPDOWN: Interface down | "
     "event.sequence=29 | event.code=UPDOWN | event.provider=LINK | log.syslog.priority=189"},
    {"<189>29: .Nov 16 12:33:02: %LINK-3-UPDOWN: Interface down",
     "@timestamp=2026-11-16T12:33:02.000Z | message=%LINK-3-UPDOWN: Interface down | "
     "event.sequence=29 | event.code=UPDOWN | event.provider=LINK | log.syslog.priority=189"},
    {"<187>1234: router1: Nov  1 18:46:11.123 MST: %SYS-5-CONFIG_I: Configured",
     "@timestamp=2026-11-02T01:46:11.123Z | message=%SYS-5-CONFIG_I: Configured | "
     "event.sequence=1234 | event.code=CONFIG_I | event.provider=SYS | "
     "log.syslog.priority=187 | host.hostname=router1"},
    {"<166>Jul 15 2026 10:19:34: %ASA-6-302013: Built",
     "@timestamp=2026-07-15T10:19:34.000Z | message=%ASA-6-302013: Built | "
     "event.code=302013 | event.provider=ASA | log.syslog.priority=166"},
    {"<166>Jul 15 2026 10:19:34 fw01 : %ASA-6-106100: access",
     "@timestamp=2026-07-15T10:19:34.000Z | message=%ASA-6-106100: access | "
     "event.code=106100 | event.provider=ASA | log.syslog.priority=166 | host.hostname=fw01"},
    {"<166>Jul 15 2026 10:19:34 fw01: %ASA-session-4-106100: access",
     "@timestamp=2026-07-15T10:19:34.000Z | message=%ASA-session-4-106100: access | "
     "event.code=106100 | event.provider=ASA-session | log.syslog.priority=166 | "
     "host.hostname=fw01"},
    {"<166>%ASA-5-111010: no time",
     "message=%ASA-5-111010: no time | event.code=111010 | event.provider=ASA | "
     "log.syslog.priority=166"},
    {"<189>: 2026 Jan 17 15:14:08 UTC: %ETHPORT-5-IF_UP: NX-OS",
     "@timestamp=2026-01-17T15:14:08.000Z | message=%ETHPORT-5-IF_UP: NX-OS | "
     "event.code=IF_UP | event.provider=ETHPORT | log.syslog.priority=189"},
    {"RP/0/RSP0/CPU0:Nov 17 15:14:08.123 : ifmgr[216]: %PKT_INFRA-LINK-3-UPDOWN : IOS XR",
     "@timestamp=2026-11-17T15:14:08.123Z | message=%PKT_INFRA-LINK-3-UPDOWN : IOS XR | "
     "event.code=UPDOWN | event.provider=PKT_INFRA-LINK | log.syslog.procid=216 | "
     "process.name=ifmgr | process.pid=216 | host.hostname=RP/0/RSP0/CPU0"},
    {"Nov  1 18:46:11 192.0.2.1 1234: Nov  1 18:46:11.123: %SYS-5-CONFIG_I: relayed",
     "@timestamp=2026-11-01T18:46:11.000Z | message=1234: Nov  1 18:46:11.123: "
     "%SYS-5-CONFIG_I: relayed | event.code=CONFIG_I | event.provider=SYS | "
     "host.hostname=192.0.2.1"},
    {"<14>app[12]: a priority only",
     "message=a priority only | log.syslog.priority=14 | log.syslog.procid=12 | "
     "process.name=app | process.pid=12"},
    {"<14>words only", "message=words only | log.syslog.priority=14"},
    {"<14>100% of it-5-x", "message=100% of it-5-x | log.syslog.priority=14"},
    {"<14>", "log.syslog.priority=14"},
    {"Oct 11 22:14:15 mac Microsoft Word[14463]: two words",
     "@timestamp=2026-10-11T22:14:15.000Z | message=two words | log.syslog.procid=14463 | "
     "process.name=Microsoft Word | process.pid=14463 | host.hostname=mac"},
    {"Oct 11 22:14:15 mac BezelServices 255.10[94]: a version",
     "@timestamp=2026-10-11T22:14:15.000Z | message=a version | log.syslog.procid=94 | "
     "process.name=BezelServices 255.10 | process.pid=94 | host.hostname=mac"},
    {"Oct 11 22:14:15 combo  -- root[2421]: ROOT LOGIN ON tty2",
     "@timestamp=2026-10-11T22:14:15.000Z | message=ROOT LOGIN ON tty2 | "
     "log.syslog.procid=2421 | process.name=root | process.pid=2421 | host.hostname=combo"},
    {"Oct 11 22:14:15: host tag: a colon behind the time",
     "@timestamp=2026-10-11T22:14:15.000Z | message=a colon behind the time | "
     "process.name=tag | host.hostname=host"},
    {"May 11 15:40:51 host ansible-<stdin>: Invoked with filter=*",
     "@timestamp=2026-05-11T15:40:51.000Z | message=Invoked with filter=* | "
     "process.name=ansible-<stdin> | host.hostname=host"},
    {"<14>Jun 24 10:32:02 win-host WinFileService Event: read, Path: /.DS_Store",
     "@timestamp=2026-06-24T10:32:02.000Z | message=WinFileService Event: read, Path: "
     "/.DS_Store | log.syslog.priority=14 | host.hostname=win-host"},
    {"<27>xapi: [error|xen3|15|Guest liveness monitor] a priority, a tag",
     "message=[error|xen3|15|Guest liveness monitor] a priority, a tag | "
     "log.syslog.priority=27 | process.name=xapi"},
    {"<167>Mar  6 16:57:54 172.20.245.8 %PIX-7-710005: UDP request discarded",
     "@timestamp=2026-03-06T16:57:54.000Z | message=%PIX-7-710005: UDP request discarded | "
     "event.code=710005 | event.provider=PIX | log.syslog.priority=167 | "
     "host.hostname=172.20.245.8"},
    {"<14>Jan  6 2009 15:22:26 localhost",
     "@timestamp=2009-01-06T15:22:26.000Z | log.syslog.priority=14 | host.hostname=localhost"},
    /* these do not fit */
    {"", NULL},
    {"text", NULL},
    {"<text> more", NULL},
    {"{\"a\": 1}", NULL},
    {"<192>Oct 11 22:14:15 h a: b", NULL},
    {"<9999>Oct 11 22:14:15 h a: b", NULL},
    {"Feb 30 12:00:00 h a: b", NULL},
    {"Oct 11 25:14:15 h a: b", NULL},
    {"<13>Nov 31 12:00:00 h a: b", NULL},
    {"123: words: no time", NULL},
};

static void rfc3164_lines(void **state)
{
    (void)state;
    expect_all("syslog-3164", rfc3164, ARRAY_LEN(rfc3164));
}

static const struct parser_case both[] = {
    {"<14>1 2026-11-21T12:00:00Z h a 1 - - this is RFC 5424",
     "@timestamp=2026-11-21T12:00:00.000Z | message=this is RFC 5424 | "
     "log.syslog.priority=14 | log.syslog.version=1 | log.syslog.procid=1 | process.name=a "
     "| process.pid=1 | host.hostname=h"},
    {"<14>1 - - - - - -", "log.syslog.priority=14 | log.syslog.version=1"},
    {"<14>Nov 21 12:00:00 h a[1]: this is RFC 3164",
     "@timestamp=2026-11-21T12:00:00.000Z | message=this is RFC 3164 | "
     "log.syslog.priority=14 | log.syslog.procid=1 | process.name=a | process.pid=1 | "
     "host.hostname=h"},
    {"Nov 21 12:00:00 h a[1]: so is this",
     "@timestamp=2026-11-21T12:00:00.000Z | message=so is this | log.syslog.procid=1 | "
     "process.name=a | process.pid=1 | host.hostname=h"},
    {"<14>1 message", "message=1 message | log.syslog.priority=14"},
    {"<14>1: Nov 21 12:00:00: %A-5-B: Cisco",
     "@timestamp=2026-11-21T12:00:00.000Z | message=%A-5-B: Cisco | event.sequence=1 | "
     "event.code=B | event.provider=A | log.syslog.priority=14"},
    {"<14>2026-11-21T12:00:00Z h a[1]: not 5424",
     "@timestamp=2026-11-21T12:00:00.000Z | message=not 5424 | log.syslog.priority=14 | "
     "log.syslog.procid=1 | process.name=a | process.pid=1 | host.hostname=h"},
};

static void the_form_is_found_line_by_line(void **state)
{
    (void)state;
    expect_all("syslog", both, ARRAY_LEN(both));
}

/* ---- facility, severity ---- */

static const struct parser_case priorities[] = {
    {"<165>Oct 11 22:14:15 h a: PRI",
     "event.severity=5 | log.level=notice | log.syslog.priority=165 | "
     "log.syslog.facility.code=20 | log.syslog.facility.name=local4 | "
     "log.syslog.severity.code=5 | log.syslog.severity.name=notice"},
    {"Oct 11 22:14:15 h a[1]: [ID 800047 auth.info] Solaris",
     "event.severity=6 | log.level=info | log.syslog.procid=1 | log.syslog.msgid=800047 | "
     "log.syslog.facility.code=4 | log.syslog.facility.name=auth | "
     "log.syslog.severity.code=6 | log.syslog.severity.name=informational | process.pid=1"},
    {"<165>Oct 11 22:14:15 h a[1]: [ID 800047 auth.info] Solaris; PRI wins",
     "event.severity=5 | log.level=notice | log.syslog.priority=165 | log.syslog.procid=1 | "
     "log.syslog.msgid=800047 | log.syslog.facility.code=20 | "
     "log.syslog.facility.name=local4 | log.syslog.severity.code=5 | "
     "log.syslog.severity.name=notice | process.pid=1"},
    {"Oct 11 22:14:15 h auth|security:err a[1]: AIX",
     "event.severity=3 | log.level=error | log.syslog.procid=1 | log.syslog.facility.code=4 "
     "| log.syslog.facility.name=auth | log.syslog.severity.code=3 | "
     "log.syslog.severity.name=error | process.pid=1"},
    {"Oct 11 22:14:15 h mail.crit a: BusyBox",
     "event.severity=2 | log.level=critical | log.syslog.facility.code=2 | "
     "log.syslog.facility.name=mail | log.syslog.severity.code=2 | "
     "log.syslog.severity.name=critical"},
    {"Oct 11 22:14:15 <4.6> h a[1]: FreeBSD",
     "event.severity=6 | log.level=info | log.syslog.procid=1 | log.syslog.facility.code=4 "
     "| log.syslog.facility.name=auth | log.syslog.severity.code=6 | "
     "log.syslog.severity.name=informational | process.pid=1"},
    {"Oct 11 22:14:15 h kernel[0] <Emergency>: macOS",
     "event.severity=0 | log.level=emergency | log.syslog.procid=0 | "
     "log.syslog.severity.code=0 | log.syslog.severity.name=emergency | process.pid=0"},
    {"Oct 11 22:14:15 h %SYS-2-MALLOCFAIL: Cisco",
     "event.severity=2 | event.code=MALLOCFAIL | event.provider=SYS | log.level=critical | "
     "log.syslog.severity.code=2 | log.syslog.severity.name=critical"},
    {"Oct 11 22:14:15 h mail.log a: no priority", ""},
    {"Oct 11 22:14:15 h a: kern.debug is text here", ""},
};

static void priorities_by_name(void **state)
{
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "syslog", NULL);
    bench.skip[FIELD_TIMESTAMP] = bench.skip[FIELD_MESSAGE] = true;
    bench.skip[FIELD_HOST_HOSTNAME] = bench.skip[FIELD_LOG_SYSLOG_HOSTNAME] = true;
    bench.skip[FIELD_PROCESS_NAME] = bench.skip[FIELD_LOG_SYSLOG_APPNAME] = true;
    bench_expect_all(&bench, priorities, ARRAY_LEN(priorities));
    bench_close(&bench);
}

static void every_priority_is_facility_and_severity(void **state)
{
    static const char *const levels[] = {"emergency", "alert",  "critical", "error",
                                         "warn",      "notice", "info",     "debug"};
    struct parser_bench bench;
    struct slice text;
    char line[64];

    (void)state;
    bench_open(&bench, "syslog", NULL);
    for (int pri = 0; pri <= 191; pri++) {
        int64_t facility, severity;

        snprintf(line, sizeof(line), "<%d>%s", pri, pri % 2 ? "1 - - - - - -" : "text");
        assert_true(bench_parse(&bench, slice_of(line)));
        assert_true(record_long(&bench.record, FIELD_LOG_SYSLOG_FACILITY_CODE, &facility));
        assert_true(record_long(&bench.record, FIELD_LOG_SYSLOG_SEVERITY_CODE, &severity));
        assert_int_equal(facility, pri / 8);
        assert_int_equal(severity, pri % 8);
        assert_true(record_text(&bench.record, FIELD_LOG_LEVEL, &text));
        assert_slice(text, levels[pri % 8]);
        assert_true(record_text(&bench.record, FIELD_LOG_SYSLOG_FACILITY_NAME, &text));
        if (pri / 8 >= 16)
            assert_int_equal(text.data[5], '0' + pri / 8 - 16);
    }
    bench_close(&bench);
}

static void host_and_tag_are_in_both_places(void **state)
{
    static const struct parser_case cases[] = {
        {"Nov 21 12:00:00 web1 nginx[7]: text",
         "@timestamp=2026-11-21T12:00:00.000Z | message=text | log.syslog.appname=nginx | "
         "log.syslog.hostname=web1 | log.syslog.procid=7 | process.name=nginx | process.pid=7 | "
         "host.hostname=web1"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "syslog", NULL);
    bench_expect_all(&bench, cases, ARRAY_LEN(cases));
    bench_close(&bench);
}

/* ---- times ---- */

static void times_without_an_offset_are_of_the_input(void **state)
{
    static const struct parser_case cases[] = {
        {"Nov 21 12:00:00 h a: winter",
         "@timestamp=2026-11-21T11:00:00.000Z | message=winter | process.name=a | host.hostname=h"},
        {"Jul 21 12:00:00 h a: summer",
         "@timestamp=2026-07-21T10:00:00.000Z | message=summer | process.name=a | host.hostname=h"},
        {"2026-11-21T12:00:00Z h a: its own", "@timestamp=2026-11-21T12:00:00.000Z | message=its "
                                              "own | process.name=a | host.hostname=h"},
        {"Dec 31 23:59:59 h a: last year's",
         "@timestamp=2025-12-31T22:59:59.000Z | message=last year's | process.name=a | "
         "host.hostname=h"},
    };
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "syslog", "Europe/Berlin");
    bench.skip[FIELD_LOG_SYSLOG_HOSTNAME] = bench.skip[FIELD_LOG_SYSLOG_APPNAME] = true;
    bench_expect_all(&bench, cases, ARRAY_LEN(cases));
    bench_close(&bench);
}

/* ---- hostile ---- */

static void many_parameters_cost_no_square(void **state)
{
    enum { COUNT = 100000 };
    scoped_buf struct buf line = BUF_INIT(16 << 20);
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "syslog-5424", NULL);
    buf_add_text(&line, "<14>1 - - - - - [a");
    for (int i = 0; i < COUNT; i++)
        buf_addf(&line, " p%d=\"%d\"", i * 7919 % 50000, i);
    buf_add_text(&line, "]");
    assert_true(bench_parse(&bench, buf_slice(&line)));
    bench_expect_valid(&bench);
    buf_clear(&line);
    buf_add_text(&line, "<14>1 - - - - - ");
    for (int i = 0; i < COUNT; i++)
        buf_add_text(&line, "[a b=\"\x01\xff\"]");
    assert_true(bench_parse(&bench, buf_slice(&line)));
    bench_expect_valid(&bench);
    buf_clear(&line);
    buf_add_text(&line, "<14>1 - - - - - ");
    for (int i = 0; i < COUNT; i++)
        buf_addf(&line, "[%d]", i);
    bench_parse(&bench, buf_slice(&line)); /* whether a record may hold so many is its affair */
    bench_expect_valid(&bench);
    bench_close(&bench);
}

static void any_bytes_are_a_record(void **state)
{
    static const char pieces[] =
        "<14>\n<14>1 - - - - - \n[a b=\"\n\"]\n\\\nNov 21 12:00:00 \nhost \n"
        "a[1]: \n%A-1-B: \n: \n123: \n\xef\xbb\xbf\n[ID 1 auth.info] \n<";
    struct parser_bench bench;

    (void)state;
    bench_open(&bench, "syslog", NULL);
    bench_expect_any(&bench, pieces, 20000);
    bench_expect_long(&bench, "<14>1 - - - - - [a b=\"", "\\\\");
    bench_expect_long(&bench, "Nov 21 12:00:00 ", "a::");
    bench_expect_long(&bench, "<14>", "1: ");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc5424_lines),
        cmocka_unit_test(rfc3164_lines),
        cmocka_unit_test(the_form_is_found_line_by_line),
        cmocka_unit_test(priorities_by_name),
        cmocka_unit_test(every_priority_is_facility_and_severity),
        cmocka_unit_test(host_and_tag_are_in_both_places),
        cmocka_unit_test(times_without_an_offset_are_of_the_input),
        cmocka_unit_test(many_parameters_cost_no_square),
        cmocka_unit_test(any_bytes_are_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
