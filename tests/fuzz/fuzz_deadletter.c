/*
 * fuzz_deadletter.c - any bytes as a mark of the dead letter topic, and as a
 * record that is shown: what is indented is the same JSON.
 */
#include <stdint.h>
#include <stdlib.h>

#include "common/json_walk.h"
#include "indexer/command/dlq.h"
#include "indexer/deadletter/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds)
        abort();
}

static void read_mark(struct slice text)
{
    struct letter_mark mark;
    int64_t first, last;

    if (!letter_mark_decode(text, &mark))
        return;
    check(mark.state > LETTER_OPEN && mark.state < LETTER_STATES);
    while (letter_mark_next(&mark, &first, &last))
        check(first >= 0 && first <= last);
}

/* The text without white space between values, as far as strings are told apart. */
static void squeeze(struct slice json, struct buf *out)
{
    int quoted = 0;

    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i];

        if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            continue;
        buf_add_char(out, c);
        if (quoted && c == '\\' && i + 1 < json.len)
            buf_add_char(out, json.data[++i]);
        else if (c == '"')
            quoted = !quoted;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf struct buf shown = BUF_INIT(64u << 20), before = BUF_INIT(1u << 20),
                          after = BUF_INIT(1u << 20);
    struct slice text = {(const char *)data, size};
    struct json_value whole;

    read_mark(text);
    if (!json_whole(text, &whole))
        return 0;
    dlq_indent(text, &shown);
    check(!shown.failed && json_whole(buf_slice(&shown), &whole));
    squeeze(text, &before);
    squeeze(buf_slice(&shown), &after);
    check(slice_equal(buf_slice(&before), buf_slice(&after)));
    return 0;
}
