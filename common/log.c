/*
 * log.c - JSON lines or text on stderr.
 *
 * A line is built on the stack and written at once, so that logging works
 * without memory and lines of several threads do not mix.
 */
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#define TEXT_MAX   1024 /* of a message; six times that escaped still fits into a line */
#define COUNT_MAX  (TEXT_MAX + 40)
#define LINE_BYTES 8192
#define LINE_END   2 /* always left for the closing brace and the newline */
#define REPEATS    8 /* texts remembered: several loops may complain in turn */

struct line {
    char bytes[LINE_BYTES];
    size_t len;
    bool full;
};

struct repeat {
    bool printed; /* false: the slot is unused */
    char text[TEXT_MAX];
    enum log_level level;
    int64_t printed_ms;
    unsigned count; /* not printed since */
};

static const char *const level_json[] = {"debug", "info", "warn", "error"};
static const char *const level_text[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};

static _Atomic(const char *) program_name = "alpex";
static atomic_int level_min = LEVEL_INFO;
static atomic_int format_set = LOG_FORMAT_AUTO;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the two below; leaf lock */
static struct repeat repeats[REPEATS];
static size_t repeat_next;

static void add(struct line *line, const char *bytes, size_t len)
{
    if (line->full || len > sizeof(line->bytes) - LINE_END - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_number(struct line *line, int64_t number)
{
    char digits[24];

    add(line, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)number));
}

/* Length of the well-formed UTF-8 sequence at `s`, 0 when it is none. */
static size_t utf8_len(const unsigned char *s)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

/* Control characters are escaped in both formats: a name must not forge a line or drive a terminal.
 */
static void add_escaped(struct line *line, const char *text, bool quotes)
{
    const unsigned char *s = (const unsigned char *)text;
    char code[8];
    size_t len;

    for (; *s; s += len) {
        len = utf8_len(s);
        if (len == 0) {
            add_text(line, "\xef\xbf\xbd"); /* U+FFFD */
            len = 1;
        } else if (quotes && (*s == '"' || *s == '\\')) {
            code[0] = '\\', code[1] = (char)*s;
            add(line, code, 2);
        } else if (*s < 0x20 || *s == 0x7f) {
            snprintf(code, sizeof(code), "\\u%04x", *s);
            add(line, code, 6);
        } else {
            add(line, (const char *)s, len);
        }
    }
}

static void add_quoted(struct line *line, const char *text)
{
    add_text(line, "\"");
    add_escaped(line, text, true);
    add_text(line, "\"");
}

static void add_time(struct line *line)
{
    int64_t now_ms = clock_wall_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    char stamp[32];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
    add_text(line, stamp);
    snprintf(stamp, sizeof(stamp), ".%03dZ", (int)(now_ms % 1000));
    add_text(line, stamp);
}

static void add_field_text(struct line *line, const struct log_field *field)
{
    add_text(line, " ");
    add_escaped(line, field->key, false);
    add_text(line, "=");
    if (!field->text)
        add_number(line, field->number);
    else if (*field->text && !strpbrk(field->text, " \"=\\"))
        add_escaped(line, field->text, false);
    else
        add_quoted(line, field->text);
}

static void add_field_json(struct line *line, const struct log_field *field)
{
    add_text(line, ",");
    add_quoted(line, field->key);
    add_text(line, ":");
    if (field->text)
        add_quoted(line, field->text);
    else
        add_number(line, field->number);
}

/* A field that does not fit is left out whole: what was written stays well-formed. */
static void add_fields(struct line *line, const struct log_field *fields, bool json)
{
    size_t len;

    for (; fields && fields->key; fields++) {
        len = line->len;
        if (json)
            add_field_json(line, fields);
        else
            add_field_text(line, fields);
        if (line->full) {
            line->len = len;
            line->full = false;
        }
    }
}

static void format_json(struct line *line, enum log_level level, const struct log_field *fields,
                        const char *text)
{
    add_text(line, "{\"@timestamp\":\"");
    add_time(line);
    add_text(line, "\",\"log.level\":\"");
    add_text(line, level_json[level]);
    add_text(line, "\",\"message\":");
    add_quoted(line, text);
    add_fields(line, (struct log_field[]){{"service.name", atomic_load(&program_name), 0}, {0}},
               true);
    add_fields(line, fields, true);
    line->bytes[line->len++] = '}';
}

static void format_text(struct line *line, enum log_level level, const struct log_field *fields,
                        const char *text)
{
    add_time(line);
    add_text(line, " ");
    add_text(line, level_text[level]);
    add_text(line, " ");
    add_escaped(line, text, false);
    add_fields(line, fields, false);
}

static void print(enum log_level level, const struct log_field *fields, const char *text)
{
    int format = atomic_load_explicit(&format_set, memory_order_relaxed);
    struct line line;
    const char *from = line.bytes;
    ssize_t n;

    line.len = 0;
    line.full = false;
    if (format == LOG_FORMAT_TEXT || (format == LOG_FORMAT_AUTO && isatty(STDERR_FILENO)))
        format_text(&line, level, fields, text);
    else
        format_json(&line, level, fields, text);
    line.bytes[line.len++] = '\n';
    while (line.len > 0) {
        n = write(STDERR_FILENO, from, line.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* there is nobody left to tell */
        from += n;
        line.len -= (size_t)n;
    }
}

static struct repeat *find(enum log_level level, const char *text)
{
    for (struct repeat *repeat = repeats; repeat < repeats + REPEATS; repeat++)
        if (repeat->level == level && strcmp(repeat->text, text) == 0)
            return repeat;
    return NULL;
}

/* Was `text` printed lately? Then it is counted. */
static bool count_repeat(enum log_level level, const char *text, int64_t now_ms)
{
    struct repeat *repeat;
    bool recent;

    pthread_mutex_lock(&lock);
    repeat = find(level, text);
    recent = repeat && repeat->printed && now_ms - repeat->printed_ms < LOG_REPEAT_MS;
    if (recent)
        repeat->count++;
    pthread_mutex_unlock(&lock);
    return recent;
}

static void remember(enum log_level level, const char *text, int64_t now_ms)
{
    struct repeat *repeat;

    pthread_mutex_lock(&lock);
    repeat = find(level, text);
    if (!repeat) {
        repeat = &repeats[repeat_next];
        repeat_next = (repeat_next + 1) % REPEATS;
        snprintf(repeat->text, sizeof(repeat->text), "%s", text);
        repeat->level = level;
    }
    repeat->printed = true;
    repeat->printed_ms = now_ms;
    pthread_mutex_unlock(&lock);
}

static bool take_count(enum log_level *level, char text[COUNT_MAX])
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (struct repeat *repeat = repeats; repeat < repeats + REPEATS && !found; repeat++) {
        if (repeat->count == 0)
            continue;
        snprintf(text, COUNT_MAX, "%s (repeated %u time%s)", repeat->text, repeat->count,
                 repeat->count == 1 ? "" : "s");
        *level = repeat->level;
        repeat->count = 0;
        found = true;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void print_counts(void)
{
    char text[COUNT_MAX];
    enum log_level level;

    while (take_count(&level, text))
        print(level, NULL, text);
}

void log_setup(const char *program, enum log_level level, enum log_format format)
{
    atomic_store(&program_name, program);
    atomic_store(&level_min, level);
    atomic_store(&format_set, format);
}

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, level);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&level_min, memory_order_relaxed);
}

void log_write(enum log_level level, const struct log_field *fields, const char *fmt, ...)
{
    int saved = errno;
    char text[TEXT_MAX];
    va_list args;
    int64_t now_ms;

    if (!log_enabled(level))
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    now_ms = clock_mono_ms();
    if (!count_repeat(level, text, now_ms)) {
        print_counts();
        remember(level, text, now_ms);
        print(level, fields, text);
    }
    errno = saved;
}
