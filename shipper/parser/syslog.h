/*
 * syslog.h - private to syslog*.c: what both forms of syslog share.
 *
 * Sources: RFC 5424 (the syslog protocol), RFC 3164 (what was there before it).
 */
#ifndef SHIPPER_PARSER_SYSLOG_H
#define SHIPPER_PARSER_SYSLOG_H

#include "common/record.h"
#include "shipper/parser/line_time.h"
#include "shipper/parser/parser.h"

enum syslog_pri {
    SYSLOG_PRI_ABSENT, /* the line does not begin with one */
    SYSLOG_PRI_WRONG,  /* it does, but there is no such priority */
    SYSLOG_PRI_PADDED, /* `<013>`: old devices write that, RFC 5424 forbids it */
    SYSLOG_PRI_FOUND
};

/* Takes `<0>` to `<191>` and sets log.syslog.priority, facility, severity and log.level. */
enum syslog_pri syslog_take_pri(struct slice *rest, struct record *record);

/*
 * Facility and severity by name or number: `auth.info`, `auth|security:info`, `4.6`. They are
 * set unless the line has a PRI, which says the same. False: it is none.
 */
bool syslog_set_priority_name(struct record *record, struct slice text);
bool syslog_set_severity_name(struct record *record,
                              struct slice name); /* the same for one alone */

void syslog_set_host(struct record *record, struct slice host);
void syslog_set_app(struct record *record, struct slice name);
void syslog_set_procid(struct record *record, struct slice procid);

/* `rest` is what follows the PRI. NULL, or a constant text: why it does not fit. */
const char *syslog_5424_parse(const struct line_clock *clock, struct slice rest,
                              const struct parser_memory *memory, struct record *record);
const char *syslog_3164_parse(const struct line_clock *clock, struct slice rest,
                              const struct parser_memory *memory, struct record *record);

struct syslog_tag {
    struct slice name, procid; /* an empty procid: none */
    struct slice version;      /* `syslogd 1.4.1: restart` */
};

/* Takes `name:`, `name[pid]:`, `name[pid] `, `name 1.2: `. */
bool syslog_take_tag(struct slice *rest, struct syslog_tag *tag);

/* Does a message of syslogd itself begin here? Some have no host, none has a tag. */
bool syslog_is_notice(struct slice rest);

/* Everything behind the host. */
void syslog_set_message(struct slice rest, struct record *record);

/* Takes the elements of structured data. NULL, or a constant text: what is wrong with them. */
const char *syslog_take_data(struct slice *rest, struct record *record);

#endif
