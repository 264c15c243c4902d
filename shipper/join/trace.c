/*
 * trace.c - stack traces, by the way that runtimes print them: Java and its
 * relatives, Python, Go, Ruby, PHP, .NET, Node.js, Rust, C++ sanitizers.
 *
 * A trace belongs to the log line before it. Indented lines always go on; the
 * others are known by how they begin, some only within their language's trace.
 */
#include "common/scope.h"
#include "shipper/join/rule.h"

enum state {
    STATE_NONE,
    STATE_PYTHON,     /* behind "Traceback …": frames, then one line that names the error */
    STATE_PYTHON_END, /* behind that line: a blank line may lead to a chained traceback */
    STATE_PYTHON_GAP,
    STATE_GO,   /* behind "panic:" or "fatal error:" */
    STATE_RUST, /* behind "thread '…' panicked at" */
};

static bool begins(struct slice line, const char *text)
{
    size_t len = strlen(text);

    return line.len >= len && memcmp(line.data, text, len) == 0;
}

static bool begins_with_any(struct slice line, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (begins(line, texts[i]))
            return true;
    return false;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

/* "java.lang.IllegalStateException: text": a dotted name that ends as errors do. */
static bool is_error_class(struct slice line)
{
    static const char *const ends[] = {"Exception", "Error", "Throwable", "Failure"};
    size_t len = 0, dots = 0;

    while (len < line.len && (is_name_char(line.data[len]) || line.data[len] == '.'))
        dots += line.data[len++] == '.';
    if (dots == 0 || (len < line.len && line.data[len] != ':' && line.data[len] != ' '))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);

        if (len > n && memcmp(line.data + len - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

/* "#0 /app/index.php(12): run()", "#1 0x4c2f in main" */
static bool is_numbered_frame(struct slice line)
{
    size_t i = 1;

    if (line.len < 3 || line.data[0] != '#')
        return false;
    while (i < line.len && line.data[i] >= '0' && line.data[i] <= '9')
        i++;
    return i > 1 && i < line.len && line.data[i] == ' ';
}

/* "}", "])", "});": what ends a printed object. */
static bool is_closing(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!strchr("}])>;,", line.data[i]))
            return false;
    return line.len > 0 && line.len <= 8;
}

static bool goes_on_anywhere(struct slice line)
{
    static const char *const texts[] = {
        "Caused by: ",  "Suppressed: ",     "... ",         "at ",
        "Stack trace:", "--- End of ",      "---> ",        "Call stack:",
        "Backtrace:",   "stack backtrace:", "[stacktrace]", "[previous exception]",
    };

    if (line.data[0] == ' ' || line.data[0] == '\t')
        return true;
    return begins_with_any(line, texts, ARRAY_LEN(texts)) || is_error_class(line) ||
           is_numbered_frame(line);
}

static enum join_verdict judge_python(struct join_group *group, struct slice line)
{
    bool chained = begins(line, "During handling of the above exception") ||
                   begins(line, "The above exception was the direct cause");

    if (begins(line, "Traceback (most recent call last):")) {
        group->state = STATE_PYTHON;
        return JOIN_MORE;
    }
    if (group->state == STATE_PYTHON && line.len) {
        group->state = STATE_PYTHON_END;
        return JOIN_MORE;
    }
    if (line.len == 0 && group->state != STATE_PYTHON_GAP) {
        group->state = STATE_PYTHON_GAP;
        return JOIN_MORE;
    }
    if (line.len == 0 || chained)
        return JOIN_MORE;
    return JOIN_OTHER;
}

static enum join_verdict judge_go(struct slice line)
{
    static const char *const texts[] = {"goroutine ", "[signal ",  "created by ", "exit status ",
                                        "runtime.",   "runtime: ", "panic: ",     "main."};

    if (line.len == 0 || begins_with_any(line, texts, ARRAY_LEN(texts)))
        return JOIN_MORE;
    /* net/http.(*conn).serve(0xc000, 0x1) */
    return line.data[line.len - 1] == ')' && memchr(line.data, '(', line.len) &&
                   memchr(line.data, '.', line.len)
               ? JOIN_MORE
               : JOIN_OTHER;
}

static unsigned first_state(struct slice line)
{
    if (begins(line, "Traceback (most recent call last):"))
        return STATE_PYTHON;
    if (begins(line, "panic: ") || begins(line, "fatal error: ") || begins(line, "goroutine "))
        return STATE_GO;
    if (begins(line, "thread '"))
        return STATE_RUST;
    return STATE_NONE;
}

static enum join_verdict judge_trace(struct pattern *const patterns[3], struct join_group *group,
                                     struct slice line)
{
    (void)patterns;
    if (group->lines == 0) {
        group->state = first_state(line);
        return JOIN_MORE;
    }
    if (line.len && (line.data[0] == ' ' || line.data[0] == '\t'))
        return JOIN_MORE;
    if (begins(line, "Traceback (most recent call last):") || group->state == STATE_PYTHON ||
        group->state == STATE_PYTHON_END || group->state == STATE_PYTHON_GAP)
        return judge_python(group, line);
    if (group->state == STATE_GO)
        return judge_go(line);
    if (group->state == STATE_RUST && (begins(line, "note: ") || begins(line, "stack backtrace:")))
        return JOIN_MORE;
    if (line.len == 0)
        return JOIN_OTHER;
    return goes_on_anywhere(line) || (group->lines > 1 && is_closing(line)) ? JOIN_MORE
                                                                            : JOIN_OTHER;
}

const struct join_rule join_by_trace = {.name = "traces", .judge = judge_trace};
