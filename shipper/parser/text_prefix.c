/*
 * text_prefix.c - what stands in front of a message, in the order of the day.
 *
 * Logging libraries let people put time, level, thread, process and logger
 * into any order, with any separators. So the parts are recognised one after the
 * other, by their form and by what follows them; the message begins with the
 * first thing that could be prose.
 */
#include "shipper/parser/text.h"

#include "common/scope.h"
#include "shipper/parser/scan.h"

#define PARTS_MAX   12
#define NAME_BYTES  200
#define PID_DIGITS  10
#define LINE_DIGITS 7

enum level text_find_level(struct slice word)
{
    static const struct slice others[] = {
        SLICE("LOG"),     SLICE("NOTE"),    SLICE("SYSTEM"),  SLICE("CONFIG"),
        SLICE("FINE"),    SLICE("FINER"),   SLICE("FINEST"),  SLICE("FAIL"),
        SLICE("FAILURE"), SLICE("SUCCESS"), SLICE("VERBOSE"), SLICE("SILLY"),
    };

    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] >= 'a' && word.data[i] <= 'z')
            return LEVEL_NONE;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (slice_equal(word, others[i]))
            return LEVEL_NONE;
    return level_find(word);
}

struct slice text_level_word(struct slice rest)
{
    struct slice word = {rest.data, 0};

    while (word.len < rest.len && scan_is_letter(rest.data[word.len]))
        word.len++;
    if (word.len && word.len < rest.len && scan_is_digit(rest.data[word.len]))
        word.len++;
    return word;
}

static const bool name_bytes[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true, ['.'] = true,
    ['$'] = true,         ['-'] = true,         ['/'] = true,         ['@'] = true,
};

struct slice text_name(struct slice rest)
{
    struct slice name = {rest.data, 0};

    if (!scan_is_letter(scan_peek(rest, 0)) && scan_peek(rest, 0) != '_')
        return name;
    while (name.len < rest.len && name.len < NAME_BYTES) {
        if (name_bytes[(unsigned char)rest.data[name.len]])
            name.len++;
        else if (rest.data[name.len] == ':' && scan_peek(rest, name.len + 1) == ':' &&
                 scan_is_letter(scan_peek(rest, name.len + 2)))
            name.len += 2;
        else
            break;
    }
    return name;
}

bool text_is_qualified(struct slice name)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        char c = name.data[i];

        if (c == '$' || (c == ':' && name.data[i + 1] == ':') ||
            (c == '.' && (scan_is_letter(name.data[i + 1]) || name.data[i + 1] == '_')))
            return true;
    }
    return false;
}

void text_skip_separators(struct slice *rest)
{
    scan_blanks(rest);
    for (int i = 0; i < 3 && rest->len; i++) {
        struct slice p = *rest;
        char c = p.data[0];

        if (!scan_is_one_of(c, SLICE("-|:,")))
            return;
        while (scan_char(&p, c))
            ;
        if (c != '|' && !scan_at_blank(p))
            return;
        scan_blanks(&p);
        *rest = p;
    }
}

/* A blank, and then a separator with a blank: how `name - ` goes on. */
static bool at_separator(struct slice rest)
{
    if (!scan_at_blank(rest) || rest.len == 0)
        return false;
    scan_blanks(&rest);
    return rest.len > 1 && scan_is_one_of(rest.data[0], SLICE("-:|")) &&
           (rest.data[1] == ' ' || rest.data[1] == '\t');
}

static bool at_level(struct slice rest)
{
    struct slice word;
    char next;

    if (scan_char(&rest, '['))
        scan_blanks(&rest);
    word = text_level_word(rest);
    next = scan_peek(rest, word.len);
    if (!word.len || (next && !scan_is_one_of(next, SLICE(" \t:]|,"))))
        return false;
    return text_find_level(word) != LEVEL_NONE || (next == ':' && slice_is(word, "LOG")) ||
           (next == ']' && level_find(word) != LEVEL_NONE);
}

/*
 * Tomcat's `org.apache.catalina.startup.HostConfig.deployDirectory`: a class and its method, with
 * nothing but a blank behind. False: no package, no class or no method.
 */
static bool split_method(struct slice name, struct slice *class, struct slice *method)
{
    const char *last = name.len ? memrchr(name.data, '.', name.len) : NULL, *before;

    if (!last || last + 1 == name.data + name.len || last[1] < 'a' || last[1] > 'z')
        return false;
    before = memrchr(name.data, '.', (size_t)(last - name.data));
    if (!before || before[1] < 'A' || before[1] > 'Z' || memchr(name.data, '/', name.len))
        return false;
    *class = (struct slice){name.data, (size_t)(last - name.data)};
    *method = (struct slice){last + 1, name.len - class->len - 1};
    return true;
}

/* `a.b.C: `, `Name - `, `a.b.C.method ` */
static bool at_logger(struct slice rest)
{
    struct slice name = text_name(rest), class, method;

    if (name.len == 0)
        return false;
    scan_skip(&rest, name.len);
    if (scan_peek(rest, 0) == ':' && text_is_qualified(name))
        return rest.len == 1 || scan_peek(rest, 1) == ' ';
    return at_separator(rest) || (scan_at_blank(rest) && split_method(name, &class, &method));
}

/* 2026-11-21 */
static bool at_date(struct slice rest)
{
    return scan_digits(rest) == 4 && (scan_peek(rest, 4) == '-' || scan_peek(rest, 4) == '/');
}

bool text_is_prefix(struct slice rest)
{
    if (at_separator(rest) || scan_begins(rest, SLICE(": ")))
        return true;
    scan_blanks(&rest);
    for (int i = 0; i < 2 && scan_peek(rest, 0) == '[' && !at_level(rest); i++) {
        scan_until(&rest, ']');
        scan_char(&rest, ']');
        if (at_separator(rest))
            return true;
        scan_blanks(&rest);
    }
    return at_level(rest) || at_logger(rest) || at_date(rest);
}

/* ---- the parts ---- */

/* `main.go:12`, `Storage.java:123`: where in the source; a separator or a tab follows. */
static bool take_origin(struct text_line *line)
{
    struct slice rest = line->rest, name = text_name(rest);
    int64_t number;

    scan_skip(&rest, name.len);
    if (!text_is_qualified(name) || !scan_char(&rest, ':') ||
        !scan_number(&rest, LINE_DIGITS, &number))
        return false;
    if (!at_separator(rest) && scan_peek(rest, 0) != '\t' && scan_peek(rest, 0) != ']' &&
        !scan_begins(rest, SLICE(": ")))
        return false;
    record_set_text(line->record, FIELD_LOG_ORIGIN_FILE_NAME, name);
    record_set_long(line->record, FIELD_LOG_ORIGIN_FILE_LINE, number);
    scan_char(&rest, ']');
    line->rest = rest;
    return true;
}

/* loguru: `module:function:12 - `, `module:<module>:12 - ` */
static bool take_function(struct text_line *line)
{
    struct slice rest = line->rest, module = text_name(rest), function;
    int64_t number;

    scan_skip(&rest, module.len);
    if (!module.len || !scan_char(&rest, ':'))
        return false;
    function = scan_until(&rest, ':');
    if (!function.len || memchr(function.data, ' ', function.len) || !scan_char(&rest, ':') ||
        !scan_number(&rest, LINE_DIGITS, &number) || !at_separator(rest))
        return false;
    text_set_logger(line, module);
    record_set_text(line->record, FIELD_LOG_ORIGIN_FUNCTION, function);
    record_set_long(line->record, FIELD_LOG_ORIGIN_FILE_LINE, number);
    line->rest = rest;
    return true;
}

/* `in app: ` behind Flask's level */
static bool take_flask(struct text_line *line)
{
    struct slice rest = line->rest, name;

    if (!line->has_level || line->has_logger || !scan_text(&rest, SLICE("in ")))
        return false;
    name = text_name(rest);
    scan_skip(&rest, name.len);
    if (!name.len || !scan_text(&rest, SLICE(": ")))
        return false;
    text_set_logger(line, name);
    line->rest = rest;
    return true;
}

/* `app.ERROR: ` of Monolog. */
static bool take_channel(struct text_line *line, struct slice name)
{
    const char *dot = name.len ? memrchr(name.data, '.', name.len) : NULL;
    struct slice word;

    if (!dot || line->has_level || scan_peek(line->rest, name.len) != ':')
        return false;
    word = (struct slice){dot + 1, name.len - (size_t)(dot + 1 - name.data)};
    if (text_find_level(word) == LEVEL_NONE)
        return false;
    text_set_level(line, text_find_level(word));
    text_set_logger(line, (struct slice){name.data, (size_t)(dot - name.data)});
    scan_skip(&line->rest, name.len + 1);
    return true;
}

/* `CBS    `: capital letters in a column of their own. */
static bool is_column(struct slice name, struct slice rest)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < 'A' || name.data[i] > 'Z')
            return false;
    return scan_begins(rest, SLICE("  "));
}

static bool take_logger(struct text_line *line)
{
    struct slice rest = line->rest, name = text_name(rest), method;

    if (name.len == 0 || line->has_logger || (!line->has_time && !line->has_level))
        return false;
    if (take_channel(line, name))
        return true;
    scan_skip(&rest, name.len);
    if (scan_peek(rest, 0) == ':' && (rest.len == 1 || scan_peek(rest, 1) == ' ')) {
        if (!line->has_level || !text_is_qualified(name))
            return false;
        scan_skip(&rest, 1);
    } else if (at_separator(rest)) {
        struct slice behind = rest;

        text_skip_separators(&behind);
        if (!line->has_level && !at_level(behind))
            return false;
    } else if (line->has_level && (scan_peek(rest, 0) == '\t' || is_column(name, rest))) {
        scan_skip(&rest, 1); /* zap; Windows' CBS */
    } else if (line->has_level && line->has_thread && scan_at_blank(rest) &&
               split_method(name, &name, &method)) {
        record_set_text(line->record, FIELD_LOG_ORIGIN_FUNCTION, method);
    } else if (!text_is_qualified(name) || !line->has_level ||
               (!scan_begins(rest, SLICE(" [req-")) && !scan_begins(rest, SLICE(" [-")))) {
        return false;
    }
    text_set_logger(line, name);
    line->rest = rest;
    return true;
}

/* A number in front of a level, or behind it in front of `---`. */
static bool take_pid(struct text_line *line)
{
    struct slice rest = line->rest;
    int64_t number;

    if (line->has_pid || !line->has_time || !scan_number(&rest, PID_DIGITS, &number) ||
        !scan_at_blank(rest))
        return false;
    scan_blanks(&rest);
    if (!at_level(rest) && !scan_begins(rest, SLICE("--- ")))
        return false;
    if (scan_peek(rest, 0) == '[') /* MySQL's is a connection's thread */
        record_set_long(line->record, FIELD_PROCESS_THREAD_ID, number);
    else
        text_set_pid(line, number);
    line->rest = rest;
    return true;
}

/* The level's word is followed by what a message does not follow on. */
static bool ends_level(struct text_line *line, struct slice word, struct slice rest)
{
    char next = scan_peek(rest, 0);

    if (text_find_level(word) != LEVEL_NONE)
        return scan_at_blank(rest) || scan_is_one_of(next, SLICE(":|,[]"));
    if (!line->has_time)
        return false;
    /* `error: ` and `Info      ` are levels directly behind the time; `Error opening` is prose. */
    return next == '|' || next == '\t' || scan_begins(rest, SLICE(": ")) ||
           scan_begins(rest, SLICE("  ")) || scan_begins(rest, SLICE(" | "));
}

/* `ERROR`, `ERROR:`, logrus' `WARN[0001]` */
static bool take_level(struct text_line *line)
{
    struct slice rest = line->rest, word = text_level_word(rest);
    enum level level = line->has_level || !word.len ? LEVEL_NONE : level_find(word);

    scan_skip(&rest, word.len);
    if (level == LEVEL_NONE || !ends_level(line, word, rest))
        return false;
    if (scan_peek(rest, 0) == '[') {
        scan_skip(&rest, 1);
        scan_skip(&rest, scan_digits(rest));
        if (!scan_char(&rest, ']'))
            return false;
    }
    scan_char(&rest, ':');
    text_set_level(line, level);
    line->rest = rest;
    return true;
}

/* `root:` behind Python's `ERROR:` */
static bool take_python_logger(struct text_line *line)
{
    struct slice rest = line->rest, name = text_name(rest);

    if (line->has_time || line->has_logger || !line->has_level || rest.data == NULL ||
        rest.data[-1] != ':' || name.len == 0)
        return false;
    scan_skip(&rest, name.len);
    if (!scan_char(&rest, ':') || scan_peek(rest, 0) == '/')
        return false;
    text_set_logger(line, name);
    line->rest = rest;
    return true;
}

static bool take_part(struct text_line *line)
{
    if (scan_peek(line->rest, 0) == '[')
        return text_take_bracket(line);
    if (!line->has_time && text_take_time(line))
        return true;
    return take_level(line) || take_pid(line) || take_origin(line) || take_function(line) ||
           take_flask(line) || take_logger(line);
}

/* ---- fields between pipes ---- */

void text_read_pipes(struct text_line *line)
{
    for (int i = 0; i < 4; i++) {
        struct slice rest = line->rest, field;
        int64_t number;
        enum level level;

        scan_blanks(&rest);
        field = scan_until(&rest, '|');
        if (!scan_char(&rest, '|'))
            return;
        while (field.len && field.data[field.len - 1] == ' ')
            field.len--;
        level = line->has_level ? LEVEL_NONE : level_find(field);
        if (level != LEVEL_NONE)
            text_set_level(line, level);
        else if (scan_is_number(field, PID_DIGITS, &number) && !line->has_pid)
            text_set_pid(line, number);
        else if (field.len && text_name(field).len == field.len && !line->has_logger)
            text_set_logger(line, field);
        else
            return;
        line->rest = rest;
    }
}

/* ---- the level a little further on ---- */

/* `name LEVEL `: the word before it is the logger's name; PostgreSQL's is user@database. */
static void find_level_behind_name(struct text_line *line)
{
    struct slice rest = line->rest, name, database;

    scan_blanks(&rest);
    name = text_name(rest);
    if (name.len == 0 || (name.data[0] >= 'A' && name.data[0] <= 'Z' && !text_is_qualified(name)))
        return;
    scan_skip(&rest, name.len);
    if (!scan_at_blank(rest))
        return;
    scan_blanks(&rest);
    if (!at_level(rest))
        return;
    line->rest = rest;
    if (scan_peek(rest, 0) != '[' ? !take_level(line) : !text_take_bracket(line))
        return;
    database = name;
    name = scan_until(&database, '@');
    if (scan_char(&database, '@') && database.len) {
        record_set_text(line->record, FIELD_USER_NAME, name);
        record_label(line->record, SLICE("database"), database);
    } else {
        text_set_logger(line, name);
    }
}

void text_read_prefix(struct text_line *line)
{
    struct slice before = line->rest;
    int parts = 0;

    for (; parts < PARTS_MAX; parts++) {
        struct slice rest = line->rest;

        if (parts && take_python_logger(line))
            continue;
        text_skip_separators(&line->rest);
        if (line->has_time && parts &&
            memchr(rest.data, '|', (size_t)(line->rest.data - rest.data))) {
            text_read_pipes(line);
            text_skip_separators(&line->rest);
        }
        if (line->rest.len == 0 || !take_part(line))
            break;
    }
    if (line->has_time && !line->has_level)
        find_level_behind_name(line);
    if (!line->has_time && !line->has_level)
        line->rest = before;
    else
        text_skip_separators(&line->rest);
}
