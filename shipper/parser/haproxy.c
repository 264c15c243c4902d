/*
 * haproxy.c - HAProxy's logs: option httplog, httpslog and tcplog, connections and errors.
 *
 * Source: HAProxy's configuration manual, section 8 (Logging). A line may stand behind a header
 * of syslog or not. The date in its brackets has no zone: it is in the input's. What HAProxy says
 * of itself (a server is down) has no form; behind a header it is a message like any other.
 */
#include "shipper/parser/haproxy.h"

#include <stdlib.h>

#include "shipper/parser/scan.h"
#include "shipper/parser/syslog.h"

struct haproxy {
    struct timed_parser timed;
    struct haproxy_labels labels;
};

/*
 * The header of syslog, if there is one: PRI and RFC 5424, or PRI, time and host, or just
 * `haproxy[123]: `. What follows becomes *body. False: there is none.
 */
static bool take_header(const struct haproxy *haproxy, const struct parser_memory *memory,
                        struct slice line, struct record *record, struct slice *body)
{
    struct slice rest = line;
    struct parser_memory known = *memory;
    struct syslog_tag tag;
    enum syslog_pri pri = syslog_take_pri(&rest, record);
    const char *problem;

    if (pri == SYSLOG_PRI_WRONG)
        return false;
    if (pri == SYSLOG_PRI_ABSENT && syslog_take_tag(&rest, &tag) && tag.procid.len) {
        syslog_set_app(record, tag.name);
        syslog_set_procid(record, tag.procid);
        scan_blanks(&rest);
        *body = rest;
        return true;
    }
    rest = pri == SYSLOG_PRI_ABSENT ? line : rest;
    if (!memory->reference.s) /* a year is of no use: the traffic's own time has one */
        known.reference.s = 1;
    problem = scan_digits(rest) == 1 && scan_peek(rest, 1) == ' ' && pri != SYSLOG_PRI_ABSENT
                  ? syslog_5424_parse(&haproxy->timed.clock, rest, &known, record)
                  : syslog_3164_parse(&haproxy->timed.clock, rest, &known, record);
    if (problem || !record_has(record, FIELD_TIMESTAMP) ||
        !record_has(record, FIELD_PROCESS_NAME) || !record_text(record, FIELD_MESSAGE, body))
        return false;
    if (!memory->reference.s)
        record_drop(record, FIELD_TIMESTAMP);
    return true;
}

static const char *haproxy_parse(struct parser *parser, struct slice line,
                                 struct parser_memory *memory, struct record *record)
{
    struct haproxy *haproxy = (struct haproxy *)parser;
    const char *problem;
    struct slice body;

    scan_bom(&line);
    problem = haproxy_parse_body(&haproxy->labels, &haproxy->timed.clock, memory, line, record);
    if (!problem)
        return NULL;
    record_clear(record);
    if (!take_header(haproxy, memory, line, record, &body))
        return problem;
    problem = haproxy_parse_body(&haproxy->labels, &haproxy->timed.clock, memory, body, record);
    if (problem && record_has(record, FIELD_SOURCE_ADDRESS))
        return problem; /* it has a client and a date: traffic in a format of its own */
    if (problem)
        record_set_text(record, FIELD_MESSAGE, body);
    return NULL;
}

static enum status haproxy_compile(const char *name, const char *argument,
                                   const struct parser_options *options, struct parser **out,
                                   struct error *err)
{
    enum status status = timed_parser_open(sizeof(struct haproxy), options, out, err);

    (void)name;
    (void)argument;
    if (status == OK)
        haproxy_labels_init(&((struct haproxy *)*out)->labels);
    return status;
}

static const struct parser_format formats[] = {
    {"haproxy", "haproxy.access", "HAProxy: option httplog, httpslog, tcplog; errors"},
    {0},
};

const struct parser_type parser_haproxy = {
    .formats = formats,
    .compile = haproxy_compile,
    .parse = haproxy_parse,
    .close = timed_parser_close,
};
