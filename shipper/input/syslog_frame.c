/*
 * syslog_frame.c - a TCP stream of syslog into messages.
 */
#include "shipper/input/syslog_frame.h"

#define DIGITS_MAX 10

enum head { HEAD_NONE, HEAD_COUNT, HEAD_UNKNOWN /* more bytes will tell */ };

/* Does a counted message begin here? */
static enum head read_count(struct slice bytes, size_t *head, size_t *count)
{
    size_t i = 0, value = 0;

    if (bytes.len == 0 || bytes.data[0] < '1' || bytes.data[0] > '9')
        return HEAD_NONE;
    while (i < bytes.len && i < DIGITS_MAX && bytes.data[i] >= '0' && bytes.data[i] <= '9')
        value = value * 10 + (size_t)(bytes.data[i++] - '0');
    if (i + 1 >= bytes.len)
        return i < bytes.len && bytes.data[i] != ' ' ? HEAD_NONE : HEAD_UNKNOWN;
    if (bytes.data[i] != ' ' || bytes.data[i + 1] != '<')
        return HEAD_NONE;
    *head = i + 1;
    *count = value;
    return HEAD_COUNT;
}

static void advance(struct slice *bytes, size_t len)
{
    bytes->data += len;
    bytes->len -= len;
}

/* The newline or NUL that ends a message; NULL: it is not there yet. */
static const char *line_end(struct slice bytes)
{
    const char *newline = bytes.len ? memchr(bytes.data, '\n', bytes.len) : NULL;
    size_t len = newline ? (size_t)(newline - bytes.data) : bytes.len;
    const char *nul = len ? memchr(bytes.data, '\0', len) : NULL;

    return nul ? nul : newline;
}

/* Leaves out what is left of a message that was cut. */
static void skip(struct syslog_framer *framer, struct slice *bytes)
{
    size_t n = framer->skip < bytes->len ? framer->skip : bytes->len;
    const char *end;

    advance(bytes, n);
    framer->skip -= n;
    if (!framer->skipping)
        return;
    end = line_end(*bytes);
    framer->skipping = !end;
    advance(bytes, end ? (size_t)(end + 1 - bytes->data) : bytes->len);
}

static struct slice trim(struct slice text)
{
    while (text.len && strchr("\r\n", text.data[text.len - 1])) /* also a NUL */
        text.len--;
    return text;
}

static bool give_counted(struct syslog_framer *framer, struct slice *bytes, size_t head,
                         size_t count, bool last, struct slice *message, bool *cut)
{
    size_t want = count < framer->message_max ? count : framer->message_max;
    size_t have = bytes->len - head;

    if (have < want && !last)
        return false;
    if (have < want)
        want = have;
    *cut = want < count;
    *message = trim((struct slice){bytes->data + head, want});
    advance(bytes, head + want);
    framer->skip = count - want;
    return true;
}

static bool give_line(struct syslog_framer *framer, struct slice *bytes, bool last,
                      struct slice *message, bool *cut)
{
    const char *end = line_end(*bytes);
    size_t len;

    if (!end && !last && bytes->len <= framer->message_max)
        return false;
    len = end ? (size_t)(end - bytes->data) : bytes->len;
    *cut = len > framer->message_max;
    *message = trim((struct slice){bytes->data, *cut ? framer->message_max : len});
    framer->skipping = !end;
    advance(bytes, end ? len + 1 : len);
    return true;
}

bool syslog_frame(struct syslog_framer *framer, struct slice *bytes, bool last,
                  struct slice *message, bool *cut)
{
    size_t head = 0, count = 0;

    for (;;) {
        enum head kind;

        skip(framer, bytes);
        if (bytes->len == 0)
            return false;
        kind = read_count(*bytes, &head, &count);
        if (kind == HEAD_UNKNOWN && !last)
            return false;
        if (!(kind == HEAD_COUNT ? give_counted(framer, bytes, head, count, last, message, cut)
                                 : give_line(framer, bytes, last, message, cut)))
            return false;
        if (message->len) /* empty lines between messages are none */
            return true;
    }
}
