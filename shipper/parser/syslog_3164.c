/*
 * syslog_3164.c - syslog before RFC 5424, as RFC 3164 and decades of senders have it.
 *
 *     <34>Oct 11 22:14:15 mymachine su[12]: message
 *
 * Nothing of this is certain to be there. What is recognised, in this order:
 *   a sequence number and a host in front of the time, each with a colon (Cisco IOS);
 *   a time in any form, `<auth.info>` behind it (FreeBSD -v);
 *   a host; `auth.info` or `auth|security:info` behind it (BusyBox, AIX);
 *   a tag: `name:`, `name[pid]:`, `name[pid] `, with what AIX, Solaris, macOS and sysklogd add.
 * The rest is the message. A word is a tag only when a colon or a number in
 * brackets says so: `last message repeated 3 times` has none.
 */
#include "shipper/parser/syslog.h"

#include "shipper/parser/address.h"
#include "shipper/parser/scan.h"

#define HOST_MAX 255

/* ---- in front of the host ---- */

/*
 * `123: router1: *Mar  1 18:46:11.123: ` of IOS, `: 2013 Jan 17 ...` of NX-OS,
 * `RP/0/RSP0/CPU0:Jan 17 ...` of IOS XR: words that end with a colon, and then a time.
 */
static enum timestamp_result take_time_behind_words(const struct line_clock *clock,
                                                    const struct parser_memory *memory,
                                                    struct slice *rest, struct record *record)
{
    struct slice p = *rest, host = {NULL, 0};
    int64_t sequence = -1;

    for (int words = 0; words < 3; words++) {
        struct slice word = scan_word(p);
        enum timestamp_result result;

        word = scan_until(&word, ':');
        scan_skip(&p, word.len);
        if (!scan_char(&p, ':'))
            return TIMESTAMP_ABSENT;
        scan_blanks(&p);
        if (!scan_is_number(word, 18, &sequence) && word.len)
            host = word;
        result = line_time_take(clock, memory, &p, record);
        if (result == TIMESTAMP_ABSENT)
            continue;
        if (result == TIMESTAMP_FOUND) {
            if (sequence >= 0)
                record_set_long(record, FIELD_EVENT_SEQUENCE, sequence);
            if (host.len)
                syslog_set_host(record, host);
            *rest = p;
        }
        return result;
    }
    return TIMESTAMP_ABSENT;
}

/* `<auth.info> ` or `<4.6> ` */
static void take_bracketed_priority(struct slice *rest, struct record *record)
{
    struct slice p = *rest, priority;

    if (!scan_char(&p, '<'))
        return;
    priority = scan_until(&p, '>');
    if (!scan_char(&p, '>') || !syslog_set_priority_name(record, priority))
        return;
    scan_blanks(&p);
    *rest = p;
}

/* ---- the host ---- */

static bool is_host(struct slice word)
{
    if (word.len == 0 || word.len > HOST_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.data[i];

        if (c < 0x80 && !scan_is_digit((char)c) && !scan_is_letter((char)c) &&
            !scan_is_one_of((char)c, SLICE(".-_:/@#%~+*")))
            return false;
    }
    return true;
}

/* `fw01: %ASA-6-...`: a host with a colon, though it looks like a tag. */
static bool is_before_mnemonic(struct slice rest, struct slice word)
{
    scan_skip(&rest, word.len);
    scan_blanks(&rest);
    return scan_peek(rest, 0) == '%';
}

static void take_host(struct slice *rest, struct record *record)
{
    struct slice word = scan_word(*rest), host = word, p = *rest;
    struct syslog_tag tag;

    if (syslog_is_notice(*rest) || scan_peek(*rest, 0) == '%')
        return;
    if (word.len > 2 && word.data[0] == '[' && word.data[word.len - 1] == ']')
        host = (struct slice){word.data + 1, word.len - 2};
    if (!address_is_ipv6(host)) {
        if (host.len != word.len)
            return;
        if (syslog_take_tag(&p, &tag) && !tag.version.len &&
            !memchr(tag.name.data, ' ', tag.name.len)) {
            if (tag.procid.len || !is_before_mnemonic(*rest, word))
                return;
            host = tag.name;
        }
        if (!is_host(host))
            return;
    }
    syslog_set_host(record, host);
    scan_skip(rest, word.len);
    scan_blanks(rest);
}

/* `auth.info ` or `auth|security:info `, as a word of its own. */
static void take_priority(struct slice *rest, struct record *record)
{
    struct slice word = scan_word(*rest);

    if (!syslog_set_priority_name(record, word))
        return;
    scan_skip(rest, word.len);
    scan_blanks(rest);
}

/* AIX: `Message forwarded from HOST: `, which is where it really comes from. */
static bool take_forwarded(struct slice *rest, struct record *record)
{
    struct slice p = *rest, host;

    if (!scan_text(&p, SLICE("Message forwarded from ")))
        return false;
    host = scan_word(p);
    if (host.len < 2 || host.len > HOST_MAX || host.data[host.len - 1] != ':')
        return false;
    scan_skip(&p, host.len);
    host.len--;
    syslog_set_host(record, host);
    scan_blanks(&p);
    *rest = p;
    return true;
}

/* What stands between time and tag. */
static void take_sender(struct slice *rest, struct record *record)
{
    take_bracketed_priority(rest, record);
    take_priority(rest, record);
    if (!take_forwarded(rest, record))
        take_host(rest, record);
    if (scan_peek(*rest, 0) == ':' && (rest->len == 1 || scan_peek(*rest, 1) == ' ')) {
        scan_skip(rest, 1); /* ASA: `fw01 : %ASA-...` */
        scan_blanks(rest);
    }
    take_priority(rest, record);
    take_forwarded(rest, record);
}

const char *syslog_3164_parse(const struct line_clock *clock, struct slice rest,
                              const struct parser_memory *memory, struct record *record)
{
    enum timestamp_result result;

    scan_blanks(&rest);
    result = line_time_take(clock, memory, &rest, record);
    if (result == TIMESTAMP_ABSENT)
        result = take_time_behind_words(clock, memory, &rest, record);
    if (result == TIMESTAMP_IMPOSSIBLE)
        return "there is no such time";
    if (result == TIMESTAMP_ABSENT && !record_has(record, FIELD_LOG_SYSLOG_PRIORITY))
        return "the line begins neither with a priority nor with a time";
    scan_blanks(&rest);
    if (result == TIMESTAMP_FOUND) {
        if (scan_char(&rest, ':')) /* Cisco */
            scan_blanks(&rest);
        take_sender(&rest, record);
    }
    syslog_set_message(rest, record);
    return NULL;
}
