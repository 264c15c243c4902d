/*
 * text_bracket.c - what programs put into square brackets in front of a message.
 *
 *     [ERROR]  [123]  [2026-11-21 12:00:00 +0000]  [2026-11-21T12:00:00Z INFO  a::b]
 *     [2026-11-21T12:00:00.123 #123]  [2026-11-21 12:00:00,123: INFO/MainProcess]
 *     [main]  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774]  [MY-010068]
 */
#include "shipper/parser/text.h"

#include "shipper/parser/scan.h"

#define BRACKET_MAX 240
#define ID_DIGITS   18
#define LINE_DIGITS 7

/* Up to the bracket that closes the first one; false: there is none nearby. */
static bool find_content(struct slice rest, struct slice *content)
{
    size_t depth = 0, end = rest.len < BRACKET_MAX ? rest.len : BRACKET_MAX;

    for (size_t i = 0; i < end; i++) {
        if (rest.data[i] == '[')
            depth++;
        if (rest.data[i] != ']' || --depth > 0)
            continue;
        *content = (struct slice){rest.data + 1, i - 1};
        return true;
    }
    return false;
}

static struct slice trim(struct slice text)
{
    scan_blanks(&text);
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* What stands behind the time in its brackets: ` #123`, `: INFO/MainProcess`, ` INFO  a::b`. */
static void read_behind_time(struct text_line *line, struct slice rest)
{
    struct slice word;
    int64_t pid;

    text_skip_separators(&rest);
    if (scan_char(&rest, '#') && scan_number(&rest, ID_DIGITS, &pid))
        text_set_pid(line, pid);
    word = text_level_word(rest);
    if (word.len && level_find(word) != LEVEL_NONE) {
        text_set_level(line, level_find(word));
        scan_skip(&rest, word.len);
        if (scan_char(&rest, '/'))
            text_set_thread(line, rest);
        else if (trim(rest).len)
            text_set_logger(line, trim(rest));
    }
}

static bool read_time(struct text_line *line, struct slice content)
{
    struct text_line inner = *line;

    inner.rest = content;
    if (line->has_time || !text_take_time(&inner)) {
        line->impossible |= inner.impossible;
        return false;
    }
    line->has_time = line->time_in_brackets = true;
    line->has_date = inner.has_date;
    read_behind_time(line, inner.rest);
    return true;
}

/* 123; `pid 12:tid 34`; 123-1, which PostgreSQL counts its lines with */
static bool read_number(struct text_line *line, struct slice content)
{
    int64_t first, second;

    if (!line->has_time && !line->has_level)
        return false;
    scan_text(&content, SLICE("pid "));
    scan_char(&content, '#');
    if (!scan_number(&content, ID_DIGITS, &first))
        return false;
    if (scan_char(&content, '-') && !scan_number(&content, ID_DIGITS, &second))
        return false;
    if (scan_text(&content, SLICE(":tid ")) && content.len) {
        text_set_pid(line, first);
        if (!scan_number(&content, ID_DIGITS, &first))
            return false;
    }
    if (content.len)
        return false;
    text_set_pid(line, first);
    return true;
}

/* MySQL's code and subsystem: [MY-010068] [Server] */
static bool read_mysql(struct text_line *line, struct slice content)
{
    struct slice digits = content;

    if (scan_text(&digits, SLICE("MY-")) && digits.len && scan_digits(digits) == digits.len) {
        record_set_text(line->record, FIELD_EVENT_CODE, content);
        return true;
    }
    if (!record_has(line->record, FIELD_EVENT_CODE) || line->has_logger || content.len == 0 ||
        text_name(content).len != content.len)
        return false;
    text_set_logger(line, content);
    return true;
}

/* ZooKeeper's %t:%C{1}@%L */
static bool read_thread_and_class(struct text_line *line, struct slice content)
{
    const char *at = content.len ? memrchr(content.data, '@', content.len) : NULL;
    struct slice head, digits;
    const char *colon;
    int64_t number;

    if (!at)
        return false;
    head = (struct slice){content.data, (size_t)(at - content.data)};
    digits = (struct slice){at + 1, content.len - head.len - 1};
    colon = head.len ? memrchr(head.data, ':', head.len) : NULL;
    if (!colon || !scan_is_number(digits, LINE_DIGITS, &number))
        return false;
    record_set_long(line->record, FIELD_LOG_ORIGIN_FILE_LINE, number);
    text_set_logger(line, (struct slice){colon + 1, (size_t)(at - colon - 1)});
    text_set_thread(line, (struct slice){head.data, (size_t)(colon - head.data)});
    return true;
}

/* oslo.log: [req-ID user project ...], or [-] without a request */
static bool read_request(struct text_line *line, struct slice content)
{
    struct slice id = scan_word(content);

    if (!line->has_logger || (!scan_begins(content, SLICE("req-")) && !slice_is(id, "-") &&
                              !slice_is(content, "None req-")))
        return false;
    if (scan_begins(id, SLICE("req-"))) {
        record_set_text(line->record, FIELD_HTTP_REQUEST_ID, id);
        if (id.len < content.len)
            record_label(line->record, SLICE("context"), content);
    }
    return true;
}

/* A name says only by what follows that it is not the message's own. */
static bool read_name(struct text_line *line, struct slice content, struct slice behind)
{
    if (!line->has_time && !line->has_level)
        return false;
    if (text_is_qualified(content) && text_name(content).len == content.len && !line->has_logger &&
        !text_is_prefix(behind)) {
        text_set_logger(line, content);
        return true;
    }
    if (content.len == 0 || !text_is_prefix(behind))
        return false;
    text_set_thread(line, content);
    return true;
}

bool text_take_bracket(struct text_line *line)
{
    struct slice content, behind = line->rest;
    enum level level;

    if (!find_content(line->rest, &content))
        return false;
    scan_skip(&behind, content.len + 2);
    content = trim(content);
    level = line->has_level ? LEVEL_NONE : level_find(content);
    if (level != LEVEL_NONE)
        text_set_level(line, level);
    else if (!read_time(line, content) && !read_number(line, content) &&
             !read_mysql(line, content) && !read_thread_and_class(line, content) &&
             !read_request(line, content) && !read_name(line, content, behind))
        return false;
    line->rest = behind;
    return true;
}
