/*
 * text_shape.c - programs whose lines say more than words do: a letter for the
 * level, bare numbers, columns.
 *
 * Each reader looks at the line's beginning and says no quickly. What it leaves
 * is the message.
 */
#include "shipper/parser/text.h"

#include "common/scope.h"
#include "common/time/epoch.h"
#include "shipper/parser/scan.h"
#include "shipper/parser/syslog.h"

#define ID_DIGITS    10
#define EPOCH_DIGITS 10
#define TAG_MAX      80
#define LABEL_MAX    24
#define NODE_MAX     80
#define LINE_DIGITS  7

/* A word and the blanks behind it. */
static struct slice take_word(struct slice *rest)
{
    struct slice word = scan_word(*rest);

    scan_skip(rest, word.len);
    scan_blanks(rest);
    return word;
}

static bool take_id(struct slice *rest, int64_t *id)
{
    if (!scan_number(rest, ID_DIGITS, id) || !scan_at_blank(*rest))
        return false;
    scan_blanks(rest);
    return true;
}

static bool set_epoch(struct text_line *line, struct slice digits)
{
    struct timestamp time;

    if (digits.len != EPOCH_DIGITS || scan_digits(digits) != digits.len ||
        !timestamp_parse_epoch(digits, EPOCH_S, &time))
        return false;
    record_set_time(line->record, FIELD_TIMESTAMP, time);
    line->has_time = line->has_date = true;
    return true;
}

/* ---- logs of clusters ---- */

/* BGL: behind the node the same time again, the node again, then type, component, level. */
static void read_blue_gene(struct text_line *line, struct slice rest)
{
    struct slice component;
    enum level level;

    take_word(&rest);
    take_word(&rest);
    take_word(&rest);
    component = take_word(&rest);
    level = level_find(take_word(&rest));
    if (level == LEVEL_NONE)
        return;
    text_set_level(line, level);
    text_set_logger(line, component);
    line->rest = rest;
}

/* `- 1131566461 2005.11.09 node ...`: an alert's label or -, POSIX time, date, node. */
static bool read_cluster(struct text_line *line)
{
    struct slice rest = line->rest, label = take_word(&rest), epoch, date, node;

    if (label.len == 0 || label.len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (scan_is_letter(label.data[i]) ? label.data[i] >= 'a'
                                          : !scan_is_one_of(label.data[i], SLICE("-_0123456789")))
            return false;
    epoch = take_word(&rest);
    date = take_word(&rest);
    node = take_word(&rest);
    if (date.len != 10 || date.data[4] != '.' || date.data[7] != '.' || node.len == 0 ||
        node.len > NODE_MAX || !set_epoch(line, epoch))
        return false;
    if (!slice_is(label, "-"))
        record_label(line->record, SLICE("alert"), label);
    if (scan_is_letter(scan_peek(rest, 0))) { /* a line of syslog follows */
        struct timestamp time = line->record->values[FIELD_TIMESTAMP].time;

        if (!syslog_3164_parse(line->clock, rest, line->memory, line->record))
            line->rest = (struct slice){rest.data + rest.len, 0};
        else
            line->rest = rest;
        record_set_time(line->record, FIELD_TIMESTAMP, time);
        return true;
    }
    record_set_text(line->record, FIELD_HOST_HOSTNAME, node);
    line->rest = rest;
    read_blue_gene(line, rest);
    return true;
}

/* `134681 node-246 unix.hw state_change.unavailable 1077804742 1 ...` */
static bool read_state_log(struct text_line *line)
{
    struct slice rest = line->rest, node, component, state, flag, digits;
    int64_t number;

    if (!take_id(&rest, &number))
        return false;
    node = take_word(&rest);
    component = take_word(&rest);
    state = take_word(&rest);
    if (node.len == 0 || node.len > NODE_MAX || component.len == 0 || state.len == 0 ||
        !set_epoch(line, take_word(&rest)))
        return false;
    record_set_long(line->record, FIELD_EVENT_SEQUENCE, number);
    record_set_text(line->record, FIELD_HOST_HOSTNAME, node);
    record_set_text(line->record, FIELD_EVENT_ACTION, state);
    text_set_logger(line, component);
    flag = scan_word(rest);
    digits = flag;
    scan_char(&digits, '-');
    if (digits.len && scan_digits(digits) == digits.len) {
        record_label(line->record, SLICE("flag"), flag);
        take_word(&rest);
    }
    line->rest = rest;
    return true;
}

/* ---- between pipes ---- */

/* HealthApp: `20171223-22:5:3:7|Step_LSC|30002312|message`, numbers without zeros in front. */
static bool read_unpadded(struct text_line *line)
{
    struct slice rest = line->rest, date = {rest.data, 8};
    struct text_line tried = *line;
    int64_t hour, minute, second, ms;
    char text[40];

    if (scan_digits(rest) != date.len || scan_peek(rest, date.len) != '-')
        return false;
    scan_skip(&rest, date.len + 1);
    if (!scan_number(&rest, 2, &hour) || !scan_char(&rest, ':') ||
        !scan_number(&rest, 2, &minute) || !scan_char(&rest, ':') ||
        !scan_number(&rest, 2, &second) || !scan_char(&rest, ':') || !scan_number(&rest, 3, &ms) ||
        scan_peek(rest, 0) != '|')
        return false;
    snprintf(text, sizeof(text), "%.8sT%02d%02d%02d.%03d", date.data, (int)hour, (int)minute,
             (int)second, (int)ms);
    tried.rest = slice_of(text);
    if (!text_take_time(&tried))
        return false;
    line->has_time = line->has_date = true;
    scan_skip(&rest, 1);
    line->rest = rest;
    text_read_pipes(line);
    return true;
}

/* ---- a letter for the level ---- */

static bool is_level_letter(char letter)
{
    return letter && strchr("VTDINWECFA", letter);
}

/* logcat: `03-17 16:13:38.811  1702  2395 D Tag: `, `D/Tag( 1702): ` */
static bool read_logcat(struct text_line *line, struct slice rest)
{
    int64_t pid = -1, tid = -1;
    struct slice tag;
    char letter;

    scan_blanks(&rest);
    if (scan_is_digit(scan_peek(rest, 0)) && (!take_id(&rest, &pid) || !take_id(&rest, &tid)))
        return false;
    letter = scan_peek(rest, 0);
    if (!is_level_letter(letter) || scan_peek(rest, 1) != (pid < 0 ? '/' : ' '))
        return false;
    scan_skip(&rest, 2);
    tag = scan_until(&rest, pid < 0 ? '(' : ':');
    if (tag.len == 0 || tag.len > TAG_MAX)
        return false;
    if (pid < 0) {
        scan_char(&rest, '(');
        scan_blanks(&rest);
        if (!scan_number(&rest, ID_DIGITS, &pid) || !scan_char(&rest, ')'))
            return false;
    }
    if (!scan_char(&rest, ':'))
        return false;
    while (tag.len && tag.data[tag.len - 1] == ' ')
        tag.len--;
    text_set_level(line, level_of_letter(letter));
    text_set_pid(line, pid);
    if (tid >= 0)
        record_set_long(line->record, FIELD_PROCESS_THREAD_ID, tid);
    text_set_logger(line, tag);
    line->rest = rest;
    return true;
}

/* mongod before 4.4: ` I NETWORK  [conn1] `, ` I CONTROL  ` */
static bool read_mongo(struct text_line *line, struct slice rest)
{
    struct slice component, context;
    char letter;

    if (!scan_char(&rest, ' '))
        return false;
    letter = scan_peek(rest, 0);
    if (!is_level_letter(letter))
        return false;
    scan_skip(&rest, 1 + scan_digits((struct slice){rest.data + 1, rest.len - 1})); /* D2 */
    if (!scan_char(&rest, ' '))
        return false;
    component = take_word(&rest);
    for (size_t i = 0; i < component.len; i++)
        if (component.data[i] >= 'a' && component.data[i] <= 'z')
            return false;
    if (component.len == 0 ||
        (scan_peek(rest, 0) != '[' && (component.len < 2 || rest.data[-2] != ' ')))
        return false;
    text_set_level(line, level_of_letter(letter));
    if (!slice_is(component, "-"))
        text_set_logger(line, component);
    line->rest = rest;
    if (!scan_char(&rest, '['))
        return true;
    context = scan_until(&rest, ']');
    if (scan_char(&rest, ']')) {
        text_set_thread(line, context);
        line->rest = rest;
    }
    return true;
}

/* glog, klog: `I1121 12:00:00.123456  1234 file.cc:12] `; the time's reader knows the letter. */
static bool read_glog(struct text_line *line)
{
    struct slice file, rest;
    enum level level = level_of_letter(scan_peek(line->rest, 0));
    int64_t tid, number;

    rest = line->rest;
    if (level == LEVEL_NONE || rest.len < 6)
        return false;
    scan_skip(&rest, 1);
    if (scan_digits(rest) != 4 || !text_take_time(line))
        return false;
    text_set_level(line, level);
    rest = line->rest;
    scan_blanks(&rest);
    if (take_id(&rest, &tid)) {
        record_set_long(line->record, FIELD_PROCESS_THREAD_ID, tid);
        line->rest = rest;
    }
    file = scan_until(&rest, ':');
    if (file.len == 0 || memchr(file.data, ' ', file.len) || !scan_char(&rest, ':') ||
        !scan_number(&rest, LINE_DIGITS, &number) || !scan_char(&rest, ']'))
        return true;
    record_set_text(line->record, FIELD_LOG_ORIGIN_FILE_NAME, file);
    record_set_long(line->record, FIELD_LOG_ORIGIN_FILE_LINE, number);
    line->rest = rest;
    return true;
}

/* Ruby's Logger: `I, [2026-11-21T12:00:00.123456 #1234]  INFO -- program: ` */
static bool read_ruby(struct text_line *line)
{
    struct slice rest = line->rest, name;

    if (!is_level_letter(scan_peek(rest, 0)) || scan_peek(rest, 1) != ',' ||
        scan_peek(rest, 2) != ' ' || scan_peek(rest, 3) != '[')
        return false;
    scan_skip(&line->rest, 3);
    if (!text_take_bracket(line) || !line->has_time) {
        line->rest = rest;
        return false;
    }
    rest = line->rest;
    scan_blanks(&rest);
    name = take_word(&rest);
    text_set_level(line, slice_is(name, "ANY") ? LEVEL_NONE : level_find(name));
    if (!scan_text(&rest, SLICE("-- ")))
        return true;
    name = scan_until(&rest, ':');
    if (!scan_char(&rest, ':'))
        return true;
    if (name.len)
        text_set_logger(line, name);
    line->rest = rest;
    return true;
}

/* `1:M 21 Nov 2026 12:00:00.123 * `, before 3.0 `[1] 21 Nov 12:00:00 # ` */
static bool read_redis(struct text_line *line)
{
    static const char marks[] = ".-*#";
    static const enum level levels[] = {LEVEL_DEBUG, LEVEL_TRACE, LEVEL_NOTICE, LEVEL_WARN};
    struct text_line tried = *line;
    bool bracket = scan_char(&tried.rest, '[');
    const char *mark;
    int64_t pid;

    if (!scan_number(&tried.rest, ID_DIGITS, &pid) || !scan_char(&tried.rest, bracket ? ']' : ':'))
        return false;
    if (!bracket && (!scan_is_one_of(scan_peek(tried.rest, 0), SLICE("MSCX")) ||
                     scan_peek(tried.rest, 1) != ' '))
        return false;
    scan_skip(&tried.rest, !bracket);
    scan_blanks(&tried.rest);
    if (!text_take_time(&tried) || scan_peek(tried.rest, 0) != ' ' ||
        scan_peek(tried.rest, 2) != ' ')
        return false;
    mark = tried.rest.len > 1 && tried.rest.data[1] ? strchr(marks, tried.rest.data[1]) : NULL;
    if (!mark)
        return false;
    *line = tried;
    text_set_level(line, levels[mark - marks]);
    text_set_pid(line, pid);
    scan_skip(&line->rest, 3);
    return true;
}

/* ---- a time, and then a shape ---- */

/* `host name[12]: ` as in files of syslog; with a month's name also `host name: `. */
static bool is_syslog(struct slice line, struct slice behind_time)
{
    struct slice host;
    struct syslog_tag tag;

    scan_blanks(&behind_time);
    host = scan_word(behind_time);
    if (host.len == 0 || host.data[host.len - 1] == ':' || host.data[0] == '[' ||
        text_find_level(host) != LEVEL_NONE)
        return false;
    scan_skip(&behind_time, host.len);
    scan_blanks(&behind_time);
    if (scan_begins(behind_time, SLICE("last message repeated ")))
        return scan_is_letter(line.data[0]);
    return syslog_take_tag(&behind_time, &tag) &&
           (tag.procid.len || scan_is_letter(line.data[0])) &&
           text_find_level(tag.name) == LEVEL_NONE;
}

/* `[10.30 16:49:06] chrome.exe - ` of Proxifier, `chrome.exe *64 - ` */
static bool read_program(struct text_line *line, struct slice rest)
{
    struct slice name;

    scan_blanks(&rest);
    name = scan_word(rest);
    if (name.len < 5 || strncasecmp(name.data + name.len - 4, ".exe", 4) != 0)
        return false;
    scan_skip(&rest, name.len);
    scan_text(&rest, SLICE(" *64"));
    if (!scan_text(&rest, SLICE(" - ")))
        return false;
    record_set_text(line->record, FIELD_PROCESS_NAME, name);
    line->rest = rest;
    return true;
}

/* java.util.logging: class and method behind the time; the level begins the second line. */
static bool read_java(struct text_line *line, struct slice rest)
{
    struct slice name, method, word;

    scan_blanks(&rest);
    name = text_name(rest);
    scan_skip(&rest, name.len);
    if (!text_is_qualified(name) || !scan_char(&rest, ' '))
        return false;
    method = scan_until(&rest, '\n');
    if (method.len == 0 || memchr(method.data, ' ', method.len) || !scan_char(&rest, '\n'))
        return false;
    word = text_level_word(rest);
    if (word.len == 0 || level_find(word) == LEVEL_NONE)
        return false;
    scan_skip(&rest, word.len);
    if (!scan_text(&rest, SLICE(": ")))
        return false;
    text_set_logger(line, name);
    record_set_text(line->record, FIELD_LOG_ORIGIN_FUNCTION, method);
    text_set_level(line, level_find(word));
    line->rest = rest;
    return true;
}

static bool read_behind_time(struct text_line *line)
{
    struct text_line tried = *line;
    const struct slice whole = line->rest;

    if (!text_take_time(&tried))
        return false;
    if (read_logcat(&tried, tried.rest) || read_mongo(&tried, tried.rest) ||
        read_program(&tried, tried.rest) || read_java(&tried, tried.rest)) {
        *line = tried;
        return true;
    }
    if (!tried.has_date || !is_syslog(whole, tried.rest) ||
        syslog_3164_parse(line->clock, whole, line->memory, line->record))
        return false;
    *line = tried;
    line->rest = (struct slice){whole.data + whole.len, 0};
    return true;
}

bool text_read_shape(struct text_line *line)
{
    char first = scan_peek(line->rest, 0);

    if (scan_is_letter(first) && (read_glog(line) || read_ruby(line)))
        return true;
    if (first == '[' || scan_is_digit(first))
        if (read_redis(line) || read_state_log(line) || read_unpadded(line))
            return true;
    if ((first == '-' || (first >= 'A' && first <= 'Z')) && read_cluster(line))
        return true;
    return read_behind_time(line);
}
