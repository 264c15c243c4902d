/*
 * text.c - lines of programs that have no format of their own.
 *
 * What stands in front of the message - time, level, process, thread, logger - goes
 * into fields, and the message is the rest: what a person reads. A line of which
 * nothing is understood is its own message, and fits: text is text. Only a date
 * that does not exist makes a line unfit, for it would get another time silently.
 * A level is a word in capital letters, in brackets, after `level=`, or directly
 * behind the time; the word error in prose is none. ANSI colours are removed.
 */
#include "shipper/parser/text.h"

#include <stdlib.h>

#include "common/scope.h"
#include "shipper/parser/scan.h"

#define ESCAPE      '\x1b'
#define SEARCH_MAX  160 /* bytes in which level= and a late time are looked for */
#define WORDS_MAX   5   /* words in front of a late time */
#define PREFIX_MAX  80
#define LOGGER_MAX  120
#define EPOCH_MIN   9  /* digits: a bare number of so many is no time */
#define COMPACT_LEN 14 /* 20261121120000 is one */

/* 2026-02-30: a whole date by its form. */
static bool is_date(struct slice rest)
{
    scan_char(&rest, '[');
    return scan_digits(rest) == 4 && scan_is_one_of(scan_peek(rest, 4), SLICE("-/."));
}

bool text_take_time(struct text_line *line)
{
    const struct timestamp_hints hints = line_clock_hints(line->clock, line->memory);
    struct timestamp_found found;
    enum timestamp_result result = timestamp_scan(line->rest, &hints, &found);
    size_t digits = scan_digits(line->rest);

    if (result == TIMESTAMP_IMPOSSIBLE)
        line->impossible |= is_date(line->rest);
    if (result != TIMESTAMP_FOUND ||
        (digits == found.len && digits >= EPOCH_MIN && digits != COMPACT_LEN))
        return false;
    record_set_time(line->record, FIELD_TIMESTAMP, found.time);
    line->has_time = true;
    line->has_date = found.has_date;
    line->time_in_brackets = line->rest.data[0] == '[';
    scan_skip(&line->rest, found.len);
    return true;
}

void text_set_level(struct text_line *line, enum level level)
{
    level_set(line->record, level);
    line->has_level |= level != LEVEL_NONE;
}

void text_set_pid(struct text_line *line, int64_t pid)
{
    record_set_long(line->record, line->has_pid ? FIELD_PROCESS_THREAD_ID : FIELD_PROCESS_PID, pid);
    line->has_pid = true;
}

void text_set_logger(struct text_line *line, struct slice name)
{
    record_set_text(line->record, FIELD_LOG_LOGGER, name);
    line->has_logger = true;
}

void text_set_thread(struct text_line *line, struct slice name)
{
    struct slice before;

    /* Spring Boot 3 has its application's name in front of the thread's. */
    if (line->has_thread && record_text(line->record, FIELD_PROCESS_THREAD_NAME, &before))
        record_label(line->record, SLICE("context"), before);
    record_set_text(line->record, FIELD_PROCESS_THREAD_NAME, name);
    line->has_thread = true;
}

/* Length of an ANSI sequence (ECMA-48, 5.4) at `p`, 0: none. */
static size_t escape_len(const char *p, const char *end)
{
    const char *start = p;

    if (end - p < 2 || p[0] != ESCAPE || p[1] != '[')
        return 0;
    for (p += 2; p < end && *p >= 0x20 && *p < 0x40; p++)
        ;
    return p < end && *p >= 0x40 && *p < 0x7f ? (size_t)(p + 1 - start) : 0;
}

static struct slice without_colours(struct record *record, struct slice line)
{
    const char *p = line.data, *end = line.data + line.len;
    char *start, *out;

    if (!line.len || !memchr(p, ESCAPE, line.len))
        return line;
    start = out = arena_bytes(record->arena, line.len);
    if (!start)
        return line;
    while (p < end) {
        size_t len = escape_len(p, end);

        if (len)
            p += len;
        else
            *out++ = *p++;
    }
    return (struct slice){start, (size_t)(out - start)};
}

/* `level=error`, `lvl="warn"`, `severity: INFO` anywhere near the beginning. */
static void find_level_pair(struct text_line *line, struct slice text)
{
    static const struct slice names[] = {SLICE("level="), SLICE("lvl="), SLICE("severity="),
                                         SLICE("loglevel=")};
    struct slice head = {text.data, text.len < SEARCH_MAX ? text.len : SEARCH_MAX};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *at = head.len ? memmem(head.data, head.len, names[i].data, names[i].len) : NULL;
        struct slice word;

        if (!at || (at > head.data && at[-1] != ' ' && at[-1] != '\t'))
            continue;
        word =
            (struct slice){at + names[i].len, text.len - (size_t)(at + names[i].len - text.data)};
        scan_char(&word, '"');
        word = text_level_word(word);
        if (level_find(word) == LEVEL_NONE)
            continue;
        text_set_level(line, level_find(word));
        return;
    }
}

/* `time=2026-...`, `ts="2026-..."` */
static void find_time_pair(struct text_line *line, struct slice text)
{
    static const struct slice names[] = {SLICE("time="), SLICE("ts="), SLICE("timestamp=")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct text_line tried = *line;

        tried.rest = text;
        if (!scan_text(&tried.rest, names[i]))
            continue;
        scan_char(&tried.rest, '"');
        if (text_take_time(&tried)) {
            line->has_time = true;
            line->has_date = tried.has_date;
        }
        return;
    }
}

/* Not prose: a file's name, a container's, a host's. */
static bool is_tag(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (scan_is_digit(word.data[i]) || scan_is_one_of(word.data[i], SLICE("_-./|")))
            return true;
    return false;
}

/*
 * A time behind the first words. Behind one name (of a file, of a container), the line begins
 * anew there; behind more it only gives the time, and all is message.
 */
static void find_late_time(struct text_line *line)
{
    struct slice whole = line->rest, rest = whole;

    for (int words = 1; words <= WORDS_MAX; words++) {
        struct text_line tried = *line;
        struct slice word = scan_word(rest), prefix = {whole.data, 0};

        scan_skip(&rest, word.len);
        prefix.len = (size_t)(rest.data - whole.data);
        scan_blanks(&rest);
        if (scan_char(&rest, '|'))
            scan_blanks(&rest);
        if (prefix.len == 0 || prefix.len > SEARCH_MAX)
            return;
        tried.rest = rest;
        if ((scan_is_digit(scan_peek(rest, 0)) || scan_peek(rest, 0) == '[') &&
            text_take_time(&tried) && tried.has_date) {
            tried.rest = words == 1 && is_tag(prefix) && prefix.len <= PREFIX_MAX ? rest : whole;
            if (tried.rest.data == rest.data) {
                record_label(line->record, SLICE("prefix"), prefix);
                tried.has_time = false;
                text_read_prefix(&tried);
            }
            *line = tried;
            return;
        }
    }
}

/* log4j's `%m (%c)`: Kafka's servers */
static void take_trailing_logger(struct text_line *line)
{
    struct slice name = {line->rest.data + line->rest.len, 0};

    if (!line->time_in_brackets || !line->has_level || line->has_logger || line->rest.len < 4 ||
        line->rest.data[line->rest.len - 1] != ')')
        return;
    name.data--;
    while (name.data > line->rest.data && name.data[-1] != '(' && name.len < LOGGER_MAX) {
        name.data--;
        name.len++;
    }
    if (name.data - line->rest.data < 2 || name.data[-1] != '(' || name.data[-2] != ' ' ||
        text_name(name).len != name.len || !text_is_qualified(name))
        return;
    text_set_logger(line, name);
    line->rest.len -= name.len + 3;
}

/* PHP's own words: `PHP Warning:  ...`. They stay. */
static void find_php_level(struct text_line *line)
{
    static const struct {
        struct slice begin;
        enum level level;
    } words[] = {
        {SLICE("PHP Fatal error:"), LEVEL_CRITICAL}, {SLICE("PHP Parse error:"), LEVEL_CRITICAL},
        {SLICE("PHP Warning:"), LEVEL_WARN},         {SLICE("PHP Notice:"), LEVEL_NOTICE},
        {SLICE("PHP Deprecated:"), LEVEL_NOTICE},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (scan_begins(line->rest, words[i].begin))
            text_set_level(line, words[i].level);
}

static void understand(struct text_line *line, struct slice text)
{
    line->rest = text;
    if (text_read_shape(line))
        return;
    line->rest = text;
    text_read_prefix(line);
    if (!line->has_time)
        find_time_pair(line, text);
    if (!line->has_time && !line->has_level)
        find_late_time(line);
    take_trailing_logger(line);
    if (!line->has_level)
        find_php_level(line);
    if (!line->has_level)
        find_level_pair(line, text);
}

static const char *text_parse(struct parser *parser, struct slice raw, struct parser_memory *memory,
                              struct record *record)
{
    struct text_line line = {
        .clock = &((struct timed_parser *)parser)->clock, .memory = memory, .record = record};
    struct slice text = without_colours(record, raw), message;

    scan_bom(&text);
    message = text;
    scan_blanks(&text);
    understand(&line, text);
    if (line.impossible && !line.has_time)
        return "there is no such time";
    if (line.has_time && !line.has_date && !line.has_level) { /* 12:00:00 may be anything */
        record_clear(record);
        line.rest = message;
    }
    if (!line.has_time) /* a shape that came to nothing may have left one */
        record_drop(record, FIELD_TIMESTAMP);
    scan_blanks(&line.rest);
    if (!line.has_time && !line.has_level)
        line.rest = message;
    if (line.rest.len)
        record_set_text(record, FIELD_MESSAGE, line.rest);
    else if (message.len && !record_has(record, FIELD_MESSAGE))
        record_set_text(record, FIELD_MESSAGE, message);
    return NULL;
}

static const struct parser_format formats[] = {
    {"text", "text", "any text: time and level are found where there are some"},
    {0},
};

const struct parser_type parser_text = {
    .formats = formats,
    .compile = timed_parser_compile,
    .parse = text_parse,
    .close = timed_parser_close,
};
