/*
 * syslog.c - the formats of syslog, told from each other line by line.
 *
 * After the PRI, RFC 5424 has a version, a blank, and a time that begins with
 * a digit or is `-`; nothing that came before it looks like that. Files under
 * /var/log have no PRI: what is there is of the older form.
 */
#include "shipper/parser/syslog.h"

#include <stdlib.h>
#include <strings.h>

#include "common/scope.h"
#include "shipper/parser/level.h"
#include "shipper/parser/scan.h"

#define PRI_MAX       191
#define PID_DIGITS    10
#define FACILITY_MAX  23
#define VERSION_WIDTH 3

enum syslog_form { FORM_ANY, FORM_3164, FORM_5424 };

struct syslog {
    struct timed_parser timed;
    enum syslog_form form;
};

/* RFC 5424, 6.2.1; the names are those of syslog.conf(5), 12 to 15 as other systems have them. */
static const struct slice facilities[FACILITY_MAX + 1] = {
    SLICE("kern"),     SLICE("user"),   SLICE("mail"),   SLICE("daemon"), SLICE("auth"),
    SLICE("syslog"),   SLICE("lpr"),    SLICE("news"),   SLICE("uucp"),   SLICE("cron"),
    SLICE("authpriv"), SLICE("ftp"),    SLICE("ntp"),    SLICE("audit"),  SLICE("alert"),
    SLICE("clock"),    SLICE("local0"), SLICE("local1"), SLICE("local2"), SLICE("local3"),
    SLICE("local4"),   SLICE("local5"), SLICE("local6"), SLICE("local7"),
};

static const struct slice severities[] = {
    SLICE("emergency"), SLICE("alert"),  SLICE("critical"),      SLICE("error"),
    SLICE("warning"),   SLICE("notice"), SLICE("informational"), SLICE("debug"),
};

static void set_facility(struct record *record, unsigned code)
{
    record_set_long(record, FIELD_LOG_SYSLOG_FACILITY_CODE, code);
    record_set_plain(record, FIELD_LOG_SYSLOG_FACILITY_NAME, facilities[code]);
}

static void set_severity(struct record *record, unsigned code)
{
    record_set_long(record, FIELD_LOG_SYSLOG_SEVERITY_CODE, code);
    record_set_plain(record, FIELD_LOG_SYSLOG_SEVERITY_NAME, severities[code]);
    record_set_long(record, FIELD_EVENT_SEVERITY, code);
    level_set(record, (enum level)code);
}

/* -1: no such facility. */
static int find_facility(struct slice name)
{
    int64_t number;

    if (scan_is_number(name, 2, &number))
        return number <= FACILITY_MAX ? (int)number : -1;
    for (int code = 0; code <= FACILITY_MAX; code++)
        if (slice_equal(facilities[code], name))
            return code;
    return slice_is(name, "security") ? 4 : -1; /* auth's old name */
}

/* -1: no such severity. The words of syslog.conf(5), and full ones; `mail.log` is none of them. */
static int find_severity(struct slice name)
{
    static const struct {
        struct slice word;
        int code;
    } words[] = {
        {SLICE("emerg"), 0},   {SLICE("panic"), 0},    {SLICE("emergency"), 0}, {SLICE("alert"), 1},
        {SLICE("crit"), 2},    {SLICE("critical"), 2}, {SLICE("err"), 3},       {SLICE("error"), 3},
        {SLICE("warning"), 4}, {SLICE("warn"), 4},     {SLICE("notice"), 5},    {SLICE("info"), 6},
        {SLICE("debug"), 7},
    };

    if (name.len == 1 && name.data[0] >= '0' && name.data[0] <= '7')
        return name.data[0] - '0';
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].word.len == name.len &&
            strncasecmp(words[i].word.data, name.data, name.len) == 0)
            return words[i].code;
    return -1;
}

bool syslog_set_priority_name(struct record *record, struct slice text)
{
    struct slice name = text, severity_name;
    int facility, severity;

    while (name.len && name.data[name.len - 1] != '.' && name.data[name.len - 1] != ':')
        name.len--;
    if (name.len < 2)
        return false;
    severity_name = (struct slice){text.data + name.len, text.len - name.len};
    name.len--;
    facility = find_facility(scan_until(&name, '|')); /* AIX: auth|security */
    severity = find_severity(severity_name);
    if (facility < 0 || severity < 0)
        return false;
    if (!record_has(record, FIELD_LOG_SYSLOG_PRIORITY)) {
        set_facility(record, (unsigned)facility);
        set_severity(record, (unsigned)severity);
    }
    return true;
}

bool syslog_set_severity_name(struct record *record, struct slice name)
{
    int severity = find_severity(name);

    if (severity >= 0 && !record_has(record, FIELD_LOG_SYSLOG_PRIORITY))
        set_severity(record, (unsigned)severity);
    return severity >= 0;
}

enum syslog_pri syslog_take_pri(struct slice *rest, struct record *record)
{
    struct slice p = *rest;
    bool padded;
    int64_t pri;

    if (!scan_char(&p, '<') || scan_digits(p) == 0)
        return SYSLOG_PRI_ABSENT;
    padded = p.data[0] == '0' && scan_digits(p) > 1;
    if (!scan_number(&p, 3, &pri) || !scan_char(&p, '>') || pri > PRI_MAX)
        return SYSLOG_PRI_WRONG;
    record_set_long(record, FIELD_LOG_SYSLOG_PRIORITY, pri);
    set_facility(record, (unsigned)pri / 8);
    set_severity(record, (unsigned)pri % 8);
    *rest = p;
    return padded ? SYSLOG_PRI_PADDED : SYSLOG_PRI_FOUND;
}

void syslog_set_host(struct record *record, struct slice host)
{
    record_set_text(record, FIELD_LOG_SYSLOG_HOSTNAME, host);
    record_set_text(record, FIELD_HOST_HOSTNAME, host);
}

void syslog_set_app(struct record *record, struct slice name)
{
    record_set_text(record, FIELD_LOG_SYSLOG_APPNAME, name);
    record_set_text(record, FIELD_PROCESS_NAME, name);
}

void syslog_set_procid(struct record *record, struct slice procid)
{
    int64_t pid;

    record_set_text(record, FIELD_LOG_SYSLOG_PROCID, procid);
    if (scan_is_number(procid, PID_DIGITS, &pid))
        record_set_long(record, FIELD_PROCESS_PID, pid);
}

/* `1 2026-` or `1 - `: a version, a blank and how a time begins. */
static bool is_5424(struct slice rest)
{
    size_t digits = scan_digits(rest);

    if (digits == 0 || digits > VERSION_WIDTH || scan_peek(rest, digits) != ' ')
        return false;
    scan_skip(&rest, digits + 1);
    return (scan_peek(rest, 0) == '-' && scan_peek(rest, 1) == ' ') ||
           (scan_digits(rest) == 4 && scan_peek(rest, 4) == '-');
}

static const char *syslog_parse(struct parser *parser, struct slice line,
                                struct parser_memory *memory, struct record *record)
{
    struct syslog *syslog = (struct syslog *)parser;
    enum syslog_pri pri;

    scan_bom(&line);
    pri = syslog_take_pri(&line, record);
    if (pri == SYSLOG_PRI_WRONG)
        return "there is no such priority";
    if (syslog->form == FORM_3164 || (syslog->form == FORM_ANY && !(pri && is_5424(line))))
        return syslog_3164_parse(&syslog->timed.clock, line, memory, record);
    if (pri != SYSLOG_PRI_FOUND)
        return "the line does not begin with a priority as RFC 5424 has it";
    return syslog_5424_parse(&syslog->timed.clock, line, memory, record);
}

static const struct parser_format formats[] = {
    {"syslog", "syslog", "syslog of both kinds, told from each other line by line"},
    {"syslog-3164", "syslog", "BSD syslog and files under /var/log (RFC 3164 and what is like it)"},
    {"syslog-5424", "syslog", "RFC 5424 with structured data"},
    {0},
};

static enum status syslog_compile(const char *name, const char *argument,
                                  const struct parser_options *options, struct parser **out,
                                  struct error *err)
{
    enum status status = timed_parser_open(sizeof(struct syslog), options, out, err);

    (void)argument;
    if (status == OK)
        ((struct syslog *)*out)->form = strcmp(name, "syslog-5424") == 0   ? FORM_5424
                                        : strcmp(name, "syslog-3164") == 0 ? FORM_3164
                                                                           : FORM_ANY;
    return status;
}

const struct parser_type parser_syslog = {
    .formats = formats,
    .compile = syslog_compile,
    .parse = syslog_parse,
    .close = timed_parser_close,
};
