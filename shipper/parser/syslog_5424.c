/*
 * syslog_5424.c - the syslog protocol, RFC 5424, section 6.
 *
 *     <34>1 2003-10-11T22:14:15.003Z host su 12 ID47 [id a="b"] message
 *
 * Strict about what there must be and in which order; lenient about lengths
 * (6 has limits that senders exceed), versions other than 1, digits of a
 * second, and times without an offset. The message's byte order mark is removed.
 */
#include "shipper/parser/syslog.h"

#include "common/json_text.h"
#include "shipper/parser/scan.h"

#define VERSION_DIGITS 3

/* A field and the blank behind it. False: empty, or the line ends here. */
static bool take_field(struct slice *rest, struct slice *field)
{
    *field = scan_until(rest, ' ');
    return field->len > 0 && scan_char(rest, ' ');
}

static bool is_nil(struct slice field)
{
    return field.len == 1 && field.data[0] == '-';
}

static bool take_version(struct slice *rest, struct record *record)
{
    struct slice version;

    if (!take_field(rest, &version) || scan_digits(version) != version.len ||
        version.len > VERSION_DIGITS || version.data[0] == '0')
        return false;
    record_set_text(record, FIELD_LOG_SYSLOG_VERSION, version);
    return true;
}

/* Nearly all are RFC 3339; what else there is in the field's place is looked at as well. */
static bool take_time(const struct line_clock *clock, const struct parser_memory *memory,
                      struct slice *rest, struct record *record)
{
    struct timestamp time;
    struct slice text;

    if (!take_field(rest, &text))
        return false;
    if (is_nil(text))
        return true;
    if (line_time_iso(clock, text, &time)) {
        record_set_time(record, FIELD_TIMESTAMP, time);
        return true;
    }
    return line_time_take(clock, memory, &text, record) == TIMESTAMP_FOUND && text.len == 0;
}

static bool take_header(struct slice *rest, struct record *record)
{
    struct slice host, app, procid, msgid;

    if (!take_field(rest, &host) || !take_field(rest, &app) || !take_field(rest, &procid) ||
        !take_field(rest, &msgid))
        return false;
    if (!is_nil(host))
        syslog_set_host(record, host);
    if (!is_nil(app))
        syslog_set_app(record, app);
    if (!is_nil(procid))
        syslog_set_procid(record, procid);
    if (!is_nil(msgid))
        record_set_text(record, FIELD_LOG_SYSLOG_MSGID, msgid);
    return true;
}

const char *syslog_5424_parse(const struct line_clock *clock, struct slice rest,
                              const struct parser_memory *memory, struct record *record)
{
    struct slice header = rest;
    const char *problem;

    if (!take_version(&rest, record))
        return "there is no version of syslog behind the priority";
    if (!take_time(clock, memory, &rest, record))
        return "there is no time where RFC 5424 has it";
    if (!take_header(&rest, record))
        return "the line ends before RFC 5424's header does";
    header.len -= rest.len;
    if (json_plain_len(header) == header.len)
        record_mark_plain(record, header);
    if (!scan_char(&rest, '-')) {
        problem = syslog_take_data(&rest, record);
        if (problem)
            return problem;
    }
    if (rest.len && !scan_char(&rest, ' '))
        return "structured data is followed by something else than a blank";
    scan_bom(&rest);
    if (rest.len)
        record_set_text(record, FIELD_MESSAGE, rest);
    return NULL;
}
