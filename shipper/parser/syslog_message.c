/*
 * syslog_message.c - tag and message, the part of a line behind its host.
 *
 * A tag is `name:`, `name[pid]:` or `name[pid] `; around it stands what
 * Solaris, macOS and sysklogd add. A word is a tag only when a colon or
 * a number in brackets says so: `last message repeated 3 times` has none.
 */
#include "shipper/parser/syslog.h"

#include "shipper/parser/scan.h"

#define TAG_MAX         200
#define PROCID_MAX      64
#define MNEMONIC_WITHIN 80 /* bytes; in front of it may stand the device's own number and time */

static bool is_tag_byte(unsigned char c)
{
    return c > ' ' && c != 0x7f && !scan_is_one_of((char)c, SLICE("\"'{}=,;|&[]:`"));
}

/* Name of a tag: has a letter; may hold `::`; is not Cisco's `%FACILITY-...`. */
static struct slice take_tag_name(struct slice *rest)
{
    struct slice name = {rest->data, 0};
    bool has_letter = false;

    if (scan_peek(*rest, 0) == '%' || scan_peek(*rest, 0) == '<')
        return name;
    while (name.len < rest->len && name.len < TAG_MAX) {
        unsigned char c = (unsigned char)rest->data[name.len];

        if (c == ':' && name.len && scan_peek(*rest, name.len + 1) == ':' &&
            scan_is_letter(scan_peek(*rest, name.len + 2))) {
            name.len += 2;
            continue;
        }
        if (!is_tag_byte(c))
            break;
        has_letter |= scan_is_letter((char)c) || c >= 0x80;
        name.len++;
    }
    if (!has_letter)
        name.len = 0;
    scan_skip(rest, name.len);
    return name;
}

/* `[123]:`, or `[123]` and a blank. What is no number needs the colon. */
static bool take_procid(struct slice *rest, struct slice *procid)
{
    struct slice p = *rest;

    if (!scan_char(&p, '['))
        return false;
    *procid = scan_until(&p, ']');
    if (procid->len == 0 || procid->len > PROCID_MAX || memchr(procid->data, ' ', procid->len) ||
        !scan_char(&p, ']'))
        return false;
    if (!scan_char(&p, ':') && !(scan_digits(*procid) == procid->len && scan_at_blank(p)))
        return false;
    *rest = p;
    return true;
}

/* `: ` behind a name; a colon within a word only where no port, path or URL begins. */
static bool take_colon(struct slice *rest)
{
    struct slice p = *rest;
    char next;

    if (!scan_char(&p, ':'))
        return false;
    next = scan_peek(p, 0);
    if (!scan_at_blank(p) && (scan_is_digit(next) || next == '/' || next == '\\' || next == ':'))
        return false;
    *rest = p;
    return true;
}

/* ` 1.4.1: ` behind the name of sysklogd's programs. */
static bool take_version(struct slice *rest, struct slice *version)
{
    struct slice p = *rest, word;

    if (!scan_char(&p, ' '))
        return false;
    word = scan_word(p);
    if (word.len < 2 || !scan_is_digit(word.data[0]) || word.data[word.len - 1] != ':')
        return false;
    for (size_t i = 0; i + 1 < word.len; i++)
        if (!scan_is_digit(word.data[i]) && word.data[i] != '.')
            return false;
    *version = (struct slice){word.data, word.len - 1};
    scan_skip(&p, word.len);
    *rest = p;
    return true;
}

/*
 * macOS calls programs by what people see: `Microsoft Word[12]:`, `BezelServices 255.10[94]:`.
 * Words in between must be capitalised, or numbers, and lead to a number in brackets.
 */
static void take_more_words(struct slice *rest)
{
    struct slice p = *rest;

    for (int i = 0; i < 3 && scan_char(&p, ' '); i++) {
        char first = scan_peek(p, 0);

        if (!scan_is_digit(first) && !(first >= 'A' && first <= 'Z'))
            return;
        while (scan_is_letter(scan_peek(p, 0)) || scan_is_digit(scan_peek(p, 0)) ||
               scan_peek(p, 0) == '.')
            scan_skip(&p, 1);
        if (scan_peek(p, 0) == '[' && scan_is_digit(scan_peek(p, 1))) {
            *rest = p;
            return;
        }
    }
}

bool syslog_take_tag(struct slice *rest, struct syslog_tag *tag)
{
    struct slice p = *rest;

    scan_text(&p, SLICE("-- ")); /* login(1) says who came with that in front */
    *tag = (struct syslog_tag){.name = take_tag_name(&p)};
    if (tag->name.len == 0)
        return false;
    take_more_words(&p);
    tag->name.len = (size_t)(p.data - tag->name.data);
    if (!take_procid(&p, &tag->procid) && !take_colon(&p) && !take_version(&p, &tag->version))
        return false;
    *rest = p;
    return true;
}

bool syslog_is_notice(struct slice rest)
{
    return scan_begins(rest, SLICE("last message repeated ")) ||
           scan_begins(rest, SLICE("message repeated ")) ||
           scan_begins(rest, SLICE("-- MARK --")) || scan_begins(rest, SLICE("--- MARK ---")) ||
           scan_begins(rest, SLICE("--- last message repeated "));
}

/* Solaris: `[ID 800047 auth.info] ` */
static void take_message_id(struct slice *rest, struct record *record)
{
    struct slice p = *rest, id, priority;

    if (!scan_text(&p, SLICE("[ID ")))
        return;
    id = scan_until(&p, ' ');
    if (id.len == 0 || scan_digits(id) != id.len || !scan_char(&p, ' '))
        return;
    priority = scan_until(&p, ']');
    if (!scan_char(&p, ']') || !syslog_set_priority_name(record, priority))
        return;
    record_set_text(record, FIELD_LOG_SYSLOG_MSGID, id);
    scan_blanks(&p);
    *rest = p;
}

/* macOS: `(com.apple.x[12]): ` behind name and number: whom it is about. */
static void take_context(struct slice *rest, struct record *record)
{
    struct slice p = *rest, context;

    if (!scan_char(&p, '('))
        return;
    context = scan_until(&p, ')');
    if (context.len == 0 || context.len > TAG_MAX || memchr(context.data, ' ', context.len) ||
        !scan_text(&p, SLICE("): ")))
        return;
    record_label(record, SLICE("context"), context);
    *rest = p;
}

/* macOS: `<Notice>: ` behind name and process number. */
static void take_severity(struct slice *rest, struct record *record)
{
    struct slice p = *rest, name;

    if (!scan_char(&p, '<'))
        return;
    name = scan_until(&p, '>');
    if (!scan_text(&p, SLICE(">:")) || !syslog_set_severity_name(record, name))
        return;
    scan_blanks(&p);
    *rest = p;
}

static void set_tag(struct record *record, const struct syslog_tag *tag)
{
    syslog_set_app(record, tag->name);
    if (tag->procid.len)
        syslog_set_procid(record, tag->procid);
    if (tag->version.len)
        record_set_text(record, FIELD_SERVICE_VERSION, tag->version);
}

/*
 * Cisco's `%FACILITY-SEVERITY-MNEMONIC: `. It stays in the message, where
 * people look for it; a facility may hold hyphens.
 */
static void find_mnemonic(struct slice message, struct record *record)
{
    struct slice head = {message.data,
                         message.len < MNEMONIC_WITHIN ? message.len : MNEMONIC_WITHIN};
    const char *percent = head.len ? memchr(head.data, '%', head.len) : NULL;
    struct slice name, facility;

    if (!percent || (percent > message.data && percent[-1] != ' '))
        return;
    name = (struct slice){percent + 1, message.len - (size_t)(percent + 1 - message.data)};
    name = scan_word(name);
    name = scan_until(&name, ':');
    for (size_t i = 2; i + 2 < name.len; i++) {
        if (name.data[i - 1] != '-' || name.data[i] < '0' || name.data[i] > '7' ||
            name.data[i + 1] != '-')
            continue;
        facility = (struct slice){name.data, i - 1};
        record_set_text(record, FIELD_EVENT_PROVIDER, facility);
        record_set_text(record, FIELD_EVENT_CODE,
                        (struct slice){name.data + i + 2, name.len - i - 2});
        syslog_set_severity_name(record, (struct slice){name.data + i, 1});
        return;
    }
}

void syslog_set_message(struct slice rest, struct record *record)
{
    struct syslog_tag tag;

    if (!syslog_is_notice(rest) && syslog_take_tag(&rest, &tag)) {
        set_tag(record, &tag);
        if (tag.procid.len && rest.data[-1] == ']') {
            scan_blanks(&rest);
            take_context(&rest, record);
            take_severity(&rest, record);
        }
        scan_blanks(&rest);
        take_message_id(&rest, record);
    }
    scan_bom(&rest);
    if (!rest.len)
        return;
    record_set_text(record, FIELD_MESSAGE, rest);
    find_mnemonic(rest, record);
}
